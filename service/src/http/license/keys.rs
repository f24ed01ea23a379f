//! `/v1/keys`: what the answers of the license API are checked with, as a JSON Web Key Set (RFC 7517, RFC 8037).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Here;

#[derive(Serialize)]
pub(super) struct Keys {
    keys: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    kty: &'static str,
    crv: &'static str,
    x: String,
    kid: String,
    alg: &'static str,
    r#use: &'static str,
}

/// The present key first, then those that were replaced lately.
pub(super) async fn published(State(here): State<Arc<Here>>) -> Json<Keys> {
    let engine = &here.side.engine;
    let published = engine.licensing().published(engine.ledger().clock().now());
    let keys = published.iter().map(|key| Key {
        kty: "OKP",
        crv: "Ed25519",
        x: key.x(),
        kid: key.id(),
        alg: "EdDSA",
        r#use: "sig",
    });
    Json(Keys { keys: keys.collect() })
}
