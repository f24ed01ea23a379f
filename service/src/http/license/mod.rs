//! `/v1/license`: what software in the field does with its license key. It binds the device it runs on, asks whether it
//! may be used, says that it is still there, counts what was used, frees the device. Every answer to a key that is known is
//! signed. The same rules decide as behind GraphQL. Beside it, `/ofrep/v1` tells OpenFeature's providers which features are
//! on.

mod acts;
mod answer;
mod asks;
mod caller;
mod keys;
mod ofrep;
mod openapi;
mod usage;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use graphql::http::{read, refuse_other_sites};
use graphql::negotiation::require_json;
use graphql::refusal::Refusal;

use self::answer::Told;
use self::caller::Caller;
use super::Side;
use super::problem::Problem;
use crate::auth::LicenseKeyError;
use crate::guesses::Guesses;

pub use openapi::document;

/// Where it is.
pub const PATH: &str = "/v1/license";
/// Where the keys are that its answers are checked with.
pub const KEYS_PATH: &str = "/v1/keys";
/// Where its description is.
pub const DOCUMENT_PATH: &str = "/v1/openapi.json";

/// The most that is read of a request: a batch of usage, with room for what its sender adds to each event.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long a request may take to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// What a request costs that records something, in questions.
const RECORDING_COST: u64 = 10;
/// The scheme of `Authorization`.
const SCHEME: &str = "License";

/// What the addresses stand on.
struct Here {
    side: Side,
    guesses: Guesses,
}

/// What software asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Activate,
    Deactivate,
    Validate,
    Heartbeat,
    Usage,
}

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Validate => "validate",
            Self::Heartbeat => "heartbeat",
            Self::Usage => "usage",
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "activate" => Some(Self::Activate),
            "deactivate" => Some(Self::Deactivate),
            "validate" => Some(Self::Validate),
            "heartbeat" => Some(Self::Heartbeat),
            "usage" => Some(Self::Usage),
            _ => None,
        }
    }

    const fn cost(self) -> u64 {
        match self {
            // What is counted is paid for by the piece as well.
            Self::Validate | Self::Usage => 1,
            Self::Activate | Self::Deactivate | Self::Heartbeat => RECORDING_COST,
        }
    }
}

/// The addresses of the license API.
pub fn router(side: Side) -> Router {
    let here = Arc::new(Here { side, guesses: Guesses::default() });
    Router::new()
        .route("/v1/license/{operation}", any(enter))
        .route("/ofrep/v1/evaluate/flags", any(ofrep::all))
        .route("/ofrep/v1/evaluate/flags/{key}", any(ofrep::one))
        .route(KEYS_PATH, get(keys::published))
        .route(DOCUMENT_PATH, get(openapi::published))
        .with_state(here)
}

async fn enter(
    State(here): State<Arc<Here>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let operation = name.ok().and_then(|Path(name)| Operation::named(&name));
    let Some(operation) = operation else { return unknown_address() };
    if request.method() != Method::POST {
        return only_post();
    }
    match admit(&here, &request) {
        Ok(caller) => serve(&caller, operation, request).await,
        Err(problem) => problem.into_response(),
    }
}

fn unknown_address() -> Response {
    let words = "there is nothing at this address; see /v1/openapi.json";
    Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", words).into_response()
}

fn only_post() -> Response {
    let (status, words) = (StatusCode::METHOD_NOT_ALLOWED, "send the request by POST");
    let mut response = Problem::new(status, "METHOD_NOT_ALLOWED", words).into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// Whose license it is about. An unknown key, one that is none, and one of an account whose data is erased are told alike.
fn admit(here: &Here, request: &Request) -> Result<Caller, Problem> {
    refuse_other_sites(request.method(), request.headers())?;
    let typed = license_key(request.headers()).ok_or_else(no_key)?;
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|from| from.ip());
    // Where it is not known from where, as in a test without a listener, all are one guesser.
    let (guesser, now) = (from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), Instant::now());
    here.guesses.admit(guesser, now).map_err(Refusal::rate_limited)?;
    let scope = here.side.auth.license(typed).map_err(|error| match error {
        LicenseKeyError::Unknown => {
            here.guesses.wrong(guesser, now);
            metrics::counter!("deedbook_wrong_license_keys_total").increment(1);
            Problem::not_found()
        }
        LicenseKeyError::ViewsStopped => {
            let (status, words) =
                (StatusCode::SERVICE_UNAVAILABLE, "it cannot be told who has access");
            Problem::new(status, "VIEWS_STOPPED", words).retryable()
        }
    })?;
    Ok(Caller::new(&here.side, scope, from))
}

fn no_key() -> Problem {
    let words = "send the license key as `Authorization: License <key>`";
    Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", words).challenging(SCHEME)
}

/// The key as it was typed: behind the scheme, or as `X-API-Key` for tools that send nothing else.
fn license_key(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = text("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case(SCHEME).then_some(key)
    });
    let key = authorization.or_else(|| text("x-api-key"))?.trim();
    (!key.is_empty()).then_some(key)
}

/// From here on the license is known, and every answer is signed.
async fn serve(caller: &Caller, operation: Operation, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (body, read) = match read(body, &parts.headers, BODY_BYTES_MAX, BODY_TIME_MAX).await {
        Ok(body) => (body, Ok(())),
        Err(refusal) => (Bytes::new(), Err(Problem::from(refusal))),
    };
    let nonce = asks::nonce(&parts.headers, &body);
    let repeated = nonce.as_ref().ok().cloned().flatten();
    let repeated =
        answer::Request { operation: operation.name(), body: &body, nonce: repeated.as_deref() };
    let answered = match read.and(nonce).and_then(|_| caller.charge_for(operation.cost())) {
        Ok(()) => perform(caller, operation, &parts, &body).await,
        Err(problem) => Err(problem),
    };
    answer::signed(caller, &repeated, answered)
}

async fn perform(
    caller: &Caller,
    operation: Operation,
    parts: &Parts,
    body: &[u8],
) -> Result<Told, Problem> {
    match operation {
        Operation::Usage => usage::record(caller, &parts.headers, body).await,
        Operation::Activate => acts::activate(caller, &parts.headers, &ask(parts, body)?).await,
        Operation::Deactivate => acts::deactivate(caller, &parts.headers, &ask(parts, body)?).await,
        Operation::Heartbeat => acts::heartbeat(caller, &ask(parts, body)?).await,
        Operation::Validate => acts::validate(caller, &ask(parts, body)?).await,
    }
}

/// The body as what is asked. A field that is not known is refused, so that a misspelt one is not taken for one that was
/// left out.
fn ask<T: serde::de::DeserializeOwned>(parts: &Parts, body: &[u8]) -> Result<T, Problem> {
    require_json(&parts.headers)?;
    asks::parse(body)
}
