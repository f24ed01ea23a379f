//! Setting up a second factor and removing it, for whoever is signed in and knows the password.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use projections::Principal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Side;
use super::password::{refused, refused_by};
use super::refusal::Refusal;
use super::sign_in::{Zeroized, is_json, shown};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    password: Zeroized,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    setup: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    password: Zeroized,
    code: String,
}

/// Answers what an authenticator is told; nothing changes yet.
pub async fn begin(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (principal, Begin { password }) = match asked(&side, &headers, &body) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let begun = side.auth.begin_second_factor(principal, side.audience, password.0, from.ip());
    match begun.await {
        Ok(begun) => Json(json!({
            "secret": begun.secret, "address": begun.address, "setup": begun.setup,
        }))
        .into_response(),
        Err(error) => refused_by(&error),
    }
}

/// Takes the first code; answers the recovery codes, this once.
pub async fn confirm(State(side): State<Side>, headers: HeaderMap, body: Bytes) -> Response {
    let (principal, Confirm { setup, code }) = match asked(&side, &headers, &body) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    match side.auth.confirm_second_factor(principal, side.audience, &setup, &code).await {
        Ok(codes) => {
            let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
            Json(json!({ "recoveryCodes": codes })).into_response()
        }
        Err(error) => refused_by(&error),
    }
}

/// Removes it.
pub async fn remove(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (principal, Remove { password, code }) = match asked(&side, &headers, &body) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let removed = side.auth.remove_second_factor(principal, password.0, &code, from.ip());
    match removed.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused_by(&error),
    }
}

fn asked<T: DeserializeOwned>(
    side: &Side,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Principal, T), Box<Response>> {
    if !is_json(headers) {
        return Err(Box::new(Refusal::JSON_ONLY.into_response()));
    }
    let (principal, _) =
        shown(side, headers).ok_or_else(|| Box::new(Refusal::UNAUTHENTICATED.into_response()))?;
    let asked = serde_json::from_slice(body).map_err(|_| {
        let message = "the body is not a JSON object with the fields that are expected here";
        Box::new(refused(StatusCode::BAD_REQUEST, "BODY_NOT_UNDERSTOOD", message))
    })?;
    Ok((principal, asked))
}
