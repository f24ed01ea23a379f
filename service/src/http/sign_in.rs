//! `/sign-in` and `/sign-out`, for programs and for people: one answer for everybody who does not come in.

pub(super) mod form;
pub mod organization;

use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use projections::Principal;
use projections::scope::Session;
use schemas::access::Audience;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use self::form::page;
use super::observe::name;
use super::refusal::Refusal;
use super::{Side, session};
use crate::auth::{Credentials, IssueError, SignInError, SignedIn};
use crate::moment::rfc3339;
use crate::tokens::bearer;

/// The most that is read of a sign-in: an e-mail and a password.
pub const BODY_BYTES_MAX: usize = 4 * 1024;

/// What signs somebody in.
enum Shown {
    Password(Credentials),
    Code { ticket: String, code: Zeroizing<String> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Typed {
    Password(TypedPassword),
    Code(TypedCode),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedPassword {
    email: String,
    password: Zeroized,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedCode {
    ticket: String,
    code: Zeroized,
}

/// A text that is wiped when it is dropped.
pub(super) struct Zeroized(pub(super) Zeroizing<String>);

impl<'de> Deserialize<'de> for Zeroized {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    token: String,
    token_type: &'static str,
    expires_at: String,
    audience: &'static str,
    person: String,
}

/// Signs in at this side: a program with JSON, which gets its token; a person with the form, who gets a cookie.
pub async fn sign_in(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if is(&headers, "application/x-www-form-urlencoded") {
        form::sign_in(&side, from.ip(), &headers, &body).await
    } else {
        by_json(&side, from.ip(), &headers, &body).await
    }
}

async fn by_json(side: &Side, from: IpAddr, headers: &HeaderMap, body: &[u8]) -> Response {
    let outcome = match typed(headers, body) {
        Ok(shown) => match admit(side, from, shown).await {
            Err(SignInError::CodeNeeded { ticket }) => return code_needed(&ticket),
            outcome => outcome.map_err(|error| refusal(&error)),
        },
        Err(refusal) => {
            count(side.audience, from, NOBODY, refusal.code());
            Err(refusal)
        }
    };
    if outcome.is_ok() {
        side.auth.end_former(shown(side, headers)).await;
    }
    let answer = outcome.map(|signed_in| Answer {
        token: signed_in.token,
        token_type: "Bearer",
        expires_at: rfc3339(signed_in.expires_at),
        audience: name(side.audience),
        person: person(signed_in.principal),
    });
    answer.map_or_else(IntoResponse::into_response, |answer| Json(answer).into_response())
}

/// Lets somebody in or not, and counts it.
async fn admit(side: &Side, from: IpAddr, shown: Shown) -> Result<SignedIn, SignInError> {
    let tried = match &shown {
        Shown::Password(credentials) => whose(side, &credentials.email),
        Shown::Code { .. } => NOBODY.to_owned(),
    };
    let outcome = match shown {
        Shown::Password(credentials) => side.auth.sign_in(side.audience, credentials, from).await,
        Shown::Code { ticket, code } => {
            side.auth.sign_in_with_code(side.audience, &ticket, code, from).await
        }
    };
    match &outcome {
        Ok(signed_in) => count(side.audience, from, &person(signed_in.principal), "SIGNED_IN"),
        Err(error) => count(side.audience, from, &tried, refusal(error).code()),
    }
    outcome
}

/// What the line of a sign-in says where nobody is named.
pub(super) const NOBODY: &str = "nobody";

/// An e-mail as the log tells it: the same for the same e-mail, and no e-mail.
fn whose(side: &Side, email: &str) -> String {
    let digest = crate::people::email_digest(side.engine.keystore(), email);
    format!("email:{}", digest.to_string().get(..16).unwrap_or_default())
}

pub(super) fn count(audience: Audience, from: IpAddr, who: &str, ended: &'static str) {
    let listener = name(audience);
    metrics::counter!("deedbook_sign_ins_total", "listener" => listener, "outcome" => ended)
        .increment(1);
    tracing::info!(listener, %from, who, outcome = ended, "sign-in");
}

/// Signs out: the token that is shown is no longer accepted.
pub async fn sign_out(State(side): State<Side>, headers: HeaderMap) -> Response {
    let mut response = match shown(&side, &headers) {
        None => Refusal::UNAUTHENTICATED.into_response(),
        Some((principal, session)) => match side.auth.sign_out(principal, session).await {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            // The session goes on, and so does the cookie: else nobody could end it.
            Err(error) => return not_issued(&error).into_response(),
        },
    };
    if let Some(cookie) = session::forget(&headers, side.audience) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Somebody touched the page: the session is used. Requests that pages make by themselves do not say so.
pub async fn used(State(side): State<Side>, headers: HeaderMap) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match (shown(&side, &headers), token.and_then(bearer)) {
        (Some(_), Some(token)) => {
            side.auth.used(token);
            StatusCode::NO_CONTENT.into_response()
        }
        (Some(_) | None, _) => Refusal::UNAUTHENTICATED.into_response(),
    }
}

/// Who shows a session of this side.
pub(super) fn shown(side: &Side, headers: &HeaderMap) -> Option<(Principal, Session)> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = shown.and_then(bearer)?;
    match side.audience {
        Audience::Portal => {
            let scope = side.auth.portal(token)?;
            Some((Principal::Member(scope.member()), scope.session()?))
        }
        Audience::Console => {
            let scope = side.auth.console(token)?;
            Some((super::staff_of(&scope)?, scope.session()?))
        }
    }
}

/// Whether the body is said to be JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    is(headers, "application/json")
}

fn is(headers: &HeaderMap, expected: &str) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case(expected))
}

/// The password was right; the code of the authenticator is missing.
fn code_needed(ticket: &str) -> Response {
    let refusal = Refusal::CODE_NEEDED;
    let body = serde_json::json!({
        "error": { "code": refusal.code(), "message": refusal.message(), "advice": refusal.advice() },
        "ticket": ticket,
    });
    let (parts, _) = refusal.into_response().into_parts();
    let mut response = Json(body).into_response();
    *response.status_mut() = parts.status;
    response
}

fn typed(headers: &HeaderMap, body: &[u8]) -> Result<Shown, Refusal> {
    if !is_json(headers) {
        return Err(Refusal::JSON_ONLY);
    }
    let typed: Typed = serde_json::from_slice(body).map_err(|_| Refusal::BODY_NOT_UNDERSTOOD)?;
    Ok(match typed {
        Typed::Password(typed) => {
            Shown::Password(Credentials { email: typed.email, password: typed.password.0 })
        }
        Typed::Code(typed) => Shown::Code { ticket: typed.ticket, code: typed.code.0 },
    })
}

fn refusal(error: &SignInError) -> Refusal {
    match error {
        SignInError::Refused => Refusal::SIGN_IN_REFUSED,
        SignInError::CodeNeeded { .. } => Refusal::CODE_NEEDED,
        SignInError::SingleSignOnRequired => Refusal::SINGLE_SIGN_ON_REQUIRED,
        SignInError::Throttled { wait } => Refusal::sign_in_throttled(*wait),
        SignInError::Busy => Refusal::SIGN_IN_BUSY,
        SignInError::ViewsStopped => Refusal::LEDGER_UNAVAILABLE,
        SignInError::Issue(error) => not_issued(error),
    }
}

pub(super) fn not_issued(error: &IssueError) -> Refusal {
    tracing::error!(error = %crate::cli::failure::with_causes(error), "a token was not recorded");
    match error {
        IssueError::Random => Refusal::INTERNAL,
        IssueError::Ledger(_) => Refusal::LEDGER_UNAVAILABLE,
    }
}

pub(super) fn person(principal: Principal) -> String {
    match principal {
        Principal::Member(member) => member.to_string(),
        Principal::Staff(staff) => staff.to_string(),
    }
}
