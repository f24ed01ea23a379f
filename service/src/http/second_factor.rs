//! Setting up a second factor and removing it, for whoever is signed in and knows the password.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, json};

use super::Side;
use super::password::{asked, proof_ended, refused_by};
use super::renewed::renewed;
use super::sign_in::Zeroized;

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
    let asked = asked(&side, &headers, &body, "the text field `password`");
    let (principal, session, Begin { password }) = match asked {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let begun = side.auth.begin_second_factor(principal, session, password.0, from.ip()).await;
    proof_ended(&side, from.ip(), principal, "new second factor", &begun);
    match begun {
        Ok(begun) => Json(json!({
            "secret": begun.secret, "address": begun.address, "setup": begun.setup,
        }))
        .into_response(),
        Err(error) => refused_by(&error),
    }
}

/// Takes the first code; answers the recovery codes, this once.
pub async fn confirm(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = asked(&side, &headers, &body, "the text fields `setup` and `code`");
    let (principal, session, Confirm { setup, code }) = match asked {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let set = side.auth.confirm_second_factor(principal, side.audience, &setup, &code).await;
    proof_ended(&side, from.ip(), principal, "first code", &set);
    match set {
        Ok(codes) => {
            let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
            let said = Map::from_iter([("recoveryCodes".to_owned(), codes.into())]);
            renewed(&side, &headers, principal, session, said).await
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
    let asked = asked(&side, &headers, &body, "the text fields `password` and `code`");
    let (principal, session, Remove { password, code }) = match asked {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let removed = side.auth.remove_second_factor(principal, session, password.0, &code, from.ip());
    let removed = removed.await;
    proof_ended(&side, from.ip(), principal, "no second factor", &removed);
    match removed {
        Ok(()) => renewed(&side, &headers, principal, session, Map::new()).await,
        Err(error) => refused_by(&error),
    }
}
