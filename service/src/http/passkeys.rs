//! Passkeys: signing in with one, showing again who one is with it, adding and removing one. Each is asked for first, and
//! answered once. Browsers alone can: the script of the page passes on what is asked and what is answered.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use projections::Principal;
use projections::scope::Session;
use schemas::PasskeyId;
use serde::Deserialize;
use serde_json::{Map, json};
use tower_http::limit::RequestBodyLimitLayer;

use super::observe::name;
use super::password::{asked, refused};
use super::renewed::renewed;
use super::sign_in::form::own_address;
use super::sign_in::{NOBODY, count, is_json, not_issued, person, shown};
use super::{Side, session};
use crate::auth::passkey::{AskedFor, Browser, PasskeyError};
use crate::http::refusal::Refusal;
use crate::passkeys::{PublicKeyCredential, Refused, RegisterPublicKeyCredential};
use ledger::Rejection as _;

/// The most that is read of an answer: keys of some PCs are long, and browsers repeat them.
const BODY_BYTES_MAX: usize = 32 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    ceremony: String,
    credential: PublicKeyCredential,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    ceremony: String,
    credential: PublicKeyCredential,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    ceremony: String,
    name: String,
    credential: RegisterPublicKeyCredential,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    passkey: String,
}

/// What is at these addresses.
pub fn router() -> Router<Side> {
    Router::new()
        .route("/sign-in/passkey/begin", post(ask_to_sign_in))
        .route("/sign-in/passkey", post(sign_in))
        .route("/confirm/passkey/begin", post(ask_to_confirm))
        .route("/confirm/passkey", post(confirm))
        .route("/passkeys/begin", post(ask_to_make))
        .route("/passkeys", post(add))
        .route("/passkeys/remove", post(remove))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
}

async fn ask_to_sign_in(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !session::is_own_page(&headers) {
        return another_site();
    }
    let Some(origin) = session::origin(&headers) else { return no_name() };
    let browser = Browser { origin: &origin, from: from.ip() };
    asked_for(side.auth.ask_for_passkey(side.audience, browser))
}

async fn sign_in(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // Else another site could sign somebody in as somebody else, to learn what they then do.
    if !session::is_own_page(&headers) {
        return another_site();
    }
    if !is_json(&headers) {
        return Refusal::JSON_ONLY.into_response();
    }
    let Ok(typed) = serde_json::from_slice::<SignIn>(&body) else {
        count(side.audience, from.ip(), NOBODY, "BODY_NOT_UNDERSTOOD");
        let message = "the body is not a JSON object with `ceremony` and `credential`";
        return refused(StatusCode::BAD_REQUEST, "BODY_NOT_UNDERSTOOD", message);
    };
    let came = side.auth.sign_in_with_passkey(side.audience, &typed.ceremony, &typed.credential);
    let signed_in = match came.await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            count(side.audience, from.ip(), NOBODY, code_of(&error));
            let mut response = refused_by(&error);
            if response.status() == StatusCode::UNPROCESSABLE_ENTITY {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
            }
            return response;
        }
    };
    count(side.audience, from.ip(), &person(signed_in.principal), "SIGNED_IN");
    side.auth.end_former(shown(&side, &headers)).await;
    let mut response = Json(json!({ "next": own_address(&typed.next) })).into_response();
    if let Some(cookie) = session::keep(&headers, side.audience, &signed_in.token) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn ask_to_confirm(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    begun(&side, from, &headers, &body, |principal, session, browser| {
        side.auth.ask_to_confirm_with_passkey(principal, session, browser)
    })
}

async fn confirm(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = "`ceremony` and `credential`";
    let (principal, session, typed) = match asked::<Confirm>(&side, &headers, &body, fields) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let Confirm { ceremony, credential } = typed;
    let shown = side.auth.confirm_with_passkey(principal, session, &ceremony, &credential).await;
    ended(&side, from, principal, "confirm with a passkey", &shown);
    match shown {
        Ok(()) => renewed(&side, &headers, principal, session, Map::new()).await,
        Err(error) => refused_by(&error),
    }
}

async fn ask_to_make(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    begun(&side, from, &headers, &body, |principal, session, browser| {
        side.auth.ask_to_make_passkey(principal, session, browser)
    })
}

async fn add(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = "`ceremony`, `name` and `credential`";
    let (principal, session, typed) = match asked::<Add>(&side, &headers, &body, fields) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let Add { ceremony, name, credential } = typed;
    let added = side.auth.add_passkey(principal, session, &ceremony, &name, &credential).await;
    ended(&side, from, principal, "new passkey", &added);
    match added {
        Ok(passkey) => Json(json!({ "passkey": passkey.to_string() })).into_response(),
        Err(error) => refused_by(&error),
    }
}

async fn remove(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = "the text field `passkey`";
    let (principal, session, typed) = match asked::<Remove>(&side, &headers, &body, fields) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let removed = match typed.passkey.parse::<PasskeyId>() {
        Ok(passkey) => side.auth.remove_passkey(principal, session, passkey).await,
        Err(_) => Err(PasskeyError::Rejected(ledger::access::Rejection::PasskeyNotFound)),
    };
    ended(&side, from, principal, "passkey removed", &removed);
    removed.map_or_else(|error| refused_by(&error), |()| StatusCode::NO_CONTENT.into_response())
}

/// Asks the authenticator of somebody who is signed in for something.
fn begun(
    side: &Side,
    from: SocketAddr,
    headers: &HeaderMap,
    body: &[u8],
    ask: impl FnOnce(Principal, Session, Browser<'_>) -> Result<AskedFor, PasskeyError>,
) -> Response {
    let (principal, session, Begin {}) = match asked(side, headers, body, "no fields") {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let Some(origin) = session::origin(headers) else { return no_name() };
    asked_for(ask(principal, session, Browser { origin: &origin, from: from.ip() }))
}

fn asked_for(asked: Result<AskedFor, PasskeyError>) -> Response {
    match asked {
        Ok(AskedFor { ceremony, options }) => {
            Json(json!({ "ceremony": ceremony, "publicKey": options })).into_response()
        }
        Err(error) => refused_by(&error),
    }
}

/// Tells the log and the counters how a proof of who one is ended.
fn ended<T>(
    side: &Side,
    from: SocketAddr,
    principal: Principal,
    purpose: &'static str,
    ended: &Result<T, PasskeyError>,
) {
    let (listener, from) = (name(side.audience), from.ip());
    let outcome = ended.as_ref().map_or_else(code_of, |_| "PROVEN");
    metrics::counter!("deedbook_proofs_total", "listener" => listener, "outcome" => outcome)
        .increment(1);
    tracing::info!(listener, %from, who = person(principal), purpose, outcome, "proof");
}

fn another_site() -> Response {
    let message = "this was sent by another site";
    refused(StatusCode::FORBIDDEN, "FORM_OF_ANOTHER_SITE", message)
}

fn no_name() -> Response {
    refused_by(&PasskeyError::Refused(Refused::NoName))
}

fn code_of(error: &PasskeyError) -> &'static str {
    match error {
        PasskeyError::Refused(Refused::NoName) => "PASSKEYS_NEED_A_NAME",
        PasskeyError::Refused(Refused::KindOfKey) => "PASSKEY_KIND_OF_KEY",
        PasskeyError::Refused(Refused::CannotAsk(_)) => "INTERNAL",
        // Whoever has no passkey here learns nothing of who has one.
        PasskeyError::Refused(Refused::NotRight(_) | Refused::Unknown) | PasskeyError::KeptOut => {
            "PASSKEY_NOT_RIGHT"
        }
        PasskeyError::NotBegun => "NOT_BEGUN",
        PasskeyError::SingleSignOnRequired => "SINGLE_SIGN_ON_REQUIRED",
        PasskeyError::ProofNeeded => "PROOF_NEEDED",
        PasskeyError::PasskeyNeeded => "PASSKEY_NEEDED",
        PasskeyError::Rejected(rejection) => rejection.code(),
        PasskeyError::Issue(_) => "LEDGER_UNAVAILABLE",
    }
}

/// Why it was refused, for the person in front of the page.
fn refused_by(error: &PasskeyError) -> Response {
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let (status, words) = match error {
        PasskeyError::Issue(error) => return not_issued(error).into_response(),
        PasskeyError::Refused(Refused::CannotAsk(_)) => {
            tracing::error!(error = %crate::cli::failure::with_causes(error), "no passkey asked for");
            return Refusal::INTERNAL.into_response();
        }
        PasskeyError::Refused(Refused::NoName) => {
            let words = "Passkeys need the name of this service in the address, not a number.";
            (unprocessable, words.to_owned())
        }
        PasskeyError::Refused(Refused::KindOfKey) => {
            (unprocessable, "This device makes keys of a kind that is not accepted.".to_owned())
        }
        PasskeyError::Refused(Refused::NotRight(_) | Refused::Unknown) | PasskeyError::KeptOut => {
            tracing::info!(why = %crate::cli::failure::with_causes(error), "a passkey was refused");
            let words = "This passkey does not fit here. Use another one, or another way.";
            (unprocessable, words.to_owned())
        }
        PasskeyError::NotBegun => {
            (unprocessable, "This was begun too long ago. Begin again.".to_owned())
        }
        PasskeyError::SingleSignOnRequired => {
            let words = "Your organization lets people in through its own sign-in only.";
            (StatusCode::FORBIDDEN, words.to_owned())
        }
        PasskeyError::ProofNeeded => {
            (StatusCode::FORBIDDEN, "Show first who you are, then try again.".to_owned())
        }
        PasskeyError::PasskeyNeeded => {
            (StatusCode::FORBIDDEN, "Show one of your passkeys first.".to_owned())
        }
        PasskeyError::Rejected(rejection) => {
            (unprocessable, format!("{}.", sentence(&rejection.to_string())))
        }
    };
    refused(status, code_of(error), &words)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
