//! `/confirm`: somebody who is signed in shows again who it is, before what matters most.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, json};

use super::password::{asked, proof_ended, refused_by};
use super::refusal::Refusal;
use super::renewed::renewed;
use super::sign_in::{Zeroized, shown};
use super::{Side, session};
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
    let fields = "the text fields `password` and, where it is needed, `code`";
    let (principal, session, typed) = match asked::<Typed>(&side, &headers, &body, fields) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let proof = Proof { password: typed.password.0, code: typed.code.map(|code| code.0) };
    let shown = side.auth.confirm(principal, session, proof, from.ip()).await;
    proof_ended(&side, from.ip(), principal, "confirm", &shown);
    match shown {
        Ok(()) => renewed(&side, &headers, principal, session, Map::new()).await,
        Err(error) => refused_by(&error),
    }
}

/// Where whoever is signed in shows who it is, whether that was done at the organization in the last five minutes, and
/// whether there is a passkey for this host to show.
pub async fn how(State(side): State<Side>, headers: HeaderMap) -> Response {
    let Some((principal, shown)) = shown(&side, &headers) else {
        return Refusal::UNAUTHENTICATED.into_response();
    };
    let at = if shown.single_sign_on.is_some() { "organization" } else { "password" };
    let proven = side.auth.just_came_from_provider(&shown);
    let origin = session::origin(&headers).unwrap_or_default();
    let passkey = side.auth.has_passkey(principal, side.audience, &origin);
    Json(json!({ "at": at, "proven": proven, "passkey": passkey })).into_response()
}
