//! `/confirm`: somebody who is signed in shows again who it is, before what matters most.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Side;
use super::password::{refused, refused_by};
use super::refusal::Refusal;
use super::sign_in::{Zeroized, is_json, shown};
use crate::auth::Proof;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    password: Zeroized,
    code: Option<Zeroized>,
}

/// Takes the password and, where a second factor is set up, a code. It counts for five minutes, in this session only.
pub async fn confirm(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_json(&headers) {
        return Refusal::JSON_ONLY.into_response();
    }
    let Some((principal, session)) = shown(&side, &headers) else {
        return Refusal::UNAUTHENTICATED.into_response();
    };
    let Ok(typed) = serde_json::from_slice::<Typed>(&body) else {
        let message = "the body is not a JSON object with the text fields `password` and, where it is needed, `code`";
        return refused(StatusCode::BAD_REQUEST, "BODY_NOT_UNDERSTOOD", message);
    };
    let proof = Proof { password: typed.password.0, code: typed.code.map(|code| code.0) };
    match side.auth.confirm(principal, session, proof, from.ip()).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused_by(&error),
    }
}
