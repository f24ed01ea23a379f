//! What is answered once somebody who is signed in showed again who it is.

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use projections::Principal;
use projections::scope::Session;
use serde_json::{Map, Value};

use super::sign_in::not_issued;
use super::{Side, session};

/// INVARIANT (a proof renews): the session goes on with another secret, and the one of before opens nothing by the time this
/// is answered. A browser gets it as its cookie, which all its windows share; a program as `token`, beside what else is said.
pub(super) async fn renewed(
    side: &Side,
    headers: &HeaderMap,
    principal: Principal,
    session: Session,
    mut said: Map<String, Value>,
) -> Response {
    let token = match side.auth.renew(principal, session).await {
        Ok(token) => token,
        Err(error) => return not_issued(&error).into_response(),
    };
    let in_browser = session::is_kept(headers, side.audience);
    if !in_browser {
        said.insert("token".to_owned(), Value::String(token.clone()));
    }
    let mut response = if said.is_empty() {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Json(Value::Object(said)).into_response()
    };
    if let Some(cookie) = session::keep(headers, side.audience, &token).filter(|_| in_browser) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
