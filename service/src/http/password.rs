//! Passwords as their owners set them: by a link that an admin handed over, or with the present one.

use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use projections::Principal;
use projections::scope::Session;
use schemas::access::Audience;
use schemas::{MemberId, StaffId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::observe::name;
use super::pages::{self, WelcomeForm};
use super::refusal::Refusal;
use super::renewed::renewed;
use super::sign_in::{Zeroized, is_json, not_issued, person, shown};
use super::{Side, session};
use crate::auth::{CredentialError, Link, NewPassword};
use crate::passwords::{CHARACTERS_MIN, PasswordError};

/// What the address of a link says.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    who: String,
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
struct Typed {
    who: String,
    code: String,
    password: Zeroized,
    again: Zeroized,
}

/// The page behind a link.
pub async fn page(State(side): State<Side>, Query(asked): Query<Asked>) -> Response {
    welcome(&side, &asked.who, &asked.code, StatusCode::OK, None)
}

/// Sets the password of whoever holds the link, and signs the person in.
pub async fn set_by_link(State(side): State<Side>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(typed) = serde_urlencoded::from_bytes::<Typed>(&body) else {
        return welcome(&side, "", "", StatusCode::BAD_REQUEST, None);
    };
    let again = |status, why: &str| welcome(&side, &typed.who, &typed.code, status, Some(why));
    // Else another site could set a password that it knows.
    if !session::is_own_page(&headers) {
        return again(StatusCode::FORBIDDEN, "This form was sent by another site. Type it here.");
    }
    if *typed.password.0 != *typed.again.0 {
        return again(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The two are not the same. Type both again.",
        );
    }
    let Some(link) = link(&side, &typed.who, &typed.code) else {
        return again(StatusCode::GONE, "");
    };
    let set = side.auth.set_password_by_link(side.audience, &link, typed.password.0.clone()).await;
    let signed_in = match set {
        // A link stands for the password: not for the second factor, nor for the organization's own sign-in.
        Ok(principal) if side.auth.asks_for_more(principal) => {
            let to = HeaderValue::from_static("/sign-in");
            return (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
        }
        Ok(principal) => side.auth.issue_token(principal, side.audience).await,
        Err(CredentialError::LinkNotGood) => return again(StatusCode::GONE, ""),
        Err(error) => {
            let (status, words) = refusal_of(&error);
            return again(status, &words);
        }
    };
    let signed_in = match signed_in {
        Ok(signed_in) => signed_in,
        Err(error) => return not_issued(&error).into_response(),
    };
    side.auth.end_former(shown(&side, &headers)).await;
    let mut response = StatusCode::SEE_OTHER.into_response();
    let told = response.headers_mut();
    told.insert(header::LOCATION, HeaderValue::from_static("/"));
    if let Some(cookie) = session::keep(&headers, side.audience, &signed_in.token) {
        told.insert(header::SET_COOKIE, cookie);
    }
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    password: Zeroized,
    new: Zeroized,
    code: Option<Zeroized>,
}

/// Changes the password of whoever is signed in. The session that asks goes on, all others are over.
pub async fn change(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = "the text fields `password`, `new` and, where it is needed, `code`";
    let (principal, session, change) = match asked::<Change>(&side, &headers, &body, fields) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    let code = change.code.map(|code| code.0);
    let typed = NewPassword { present: change.password.0, new: change.new.0, code };
    let changed = side.auth.change_password(principal, session, typed, from.ip()).await;
    proof_ended(&side, from.ip(), principal, "new password", &changed);
    match changed {
        Ok(()) => renewed(&side, &headers, principal, session, Map::new()).await,
        Err(error) => refused_by(&error),
    }
}

/// Tells the log and the counters how it ended that somebody who is signed in showed again who it is.
pub(super) fn proof_ended<T>(
    side: &Side,
    from: IpAddr,
    principal: Principal,
    purpose: &'static str,
    ended: &Result<T, CredentialError>,
) {
    let listener = name(side.audience);
    let outcome = ended.as_ref().map_or_else(code_of, |_| "PROVEN");
    metrics::counter!("deedbook_proofs_total", "listener" => listener, "outcome" => outcome)
        .increment(1);
    tracing::info!(listener, %from, who = person(principal), purpose, outcome, "proof");
}

/// Who is signed in, and the JSON that was sent along; or what to answer instead.
pub(super) fn asked<T: DeserializeOwned>(
    side: &Side,
    headers: &HeaderMap,
    body: &[u8],
    fields: &str,
) -> Result<(Principal, Session, T), Box<Response>> {
    if !is_json(headers) {
        return Err(Box::new(Refusal::JSON_ONLY.into_response()));
    }
    let (principal, session) =
        shown(side, headers).ok_or_else(|| Box::new(Refusal::UNAUTHENTICATED.into_response()))?;
    let asked = serde_json::from_slice(body).map_err(|_| {
        let message = format!("the body is not a JSON object with {fields}");
        Box::new(refused(StatusCode::BAD_REQUEST, "BODY_NOT_UNDERSTOOD", &message))
    })?;
    Ok((principal, session, asked))
}

/// Why a password or second factor is not set, as JSON.
pub(super) fn refused_by(error: &CredentialError) -> Response {
    if let CredentialError::Issue(error) = error {
        return not_issued(error).into_response();
    }
    if let CredentialError::Throttled { wait } = error {
        return Refusal::sign_in_throttled(*wait).into_response();
    }
    let (status, words) = refusal_of(error);
    refused(status, code_of(error), &words)
}

pub(super) fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let advice = "correct it and try again";
    let body = json!({ "error": { "code": code, "message": message, "advice": advice } });
    (status, Json(body)).into_response()
}

const fn code_of(error: &CredentialError) -> &'static str {
    match error {
        CredentialError::LinkNotGood => "LINK_NOT_GOOD",
        CredentialError::WrongPassword => "WRONG_PASSWORD",
        CredentialError::SingleSignOnRequired => "SINGLE_SIGN_ON_REQUIRED",
        CredentialError::Throttled { .. } => "SIGN_IN_THROTTLED",
        CredentialError::Password(
            PasswordError::TooShort
            | PasswordError::TooLong
            | PasswordError::Guessable { .. }
            | PasswordError::Common
            | PasswordError::Breached,
        ) => "PASSWORD_REFUSED",
        CredentialError::WrongCode => "WRONG_CODE",
        CredentialError::CodeNeeded => "CODE_NEEDED",
        CredentialError::NotBegun => "NOT_BEGUN",
        CredentialError::PasskeyNeeded => "PASSKEY_NEEDED",
        CredentialError::Refused(_) => "SECOND_FACTOR_ALREADY_SET",
        CredentialError::Password(PasswordError::Busy) => "SIGN_IN_BUSY",
        CredentialError::Password(
            PasswordError::Random(_) | PasswordError::Hash { .. } | PasswordError::List(_),
        )
        | CredentialError::Issue(_) => "INTERNAL",
    }
}

/// Why a password was not set, for the person in front of the page.
fn refusal_of(error: &CredentialError) -> (StatusCode, String) {
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    match error {
        CredentialError::LinkNotGood => {
            (StatusCode::GONE, "This link is no longer good.".to_owned())
        }
        CredentialError::WrongPassword => {
            (unprocessable, "The present password is another one.".to_owned())
        }
        CredentialError::Throttled { wait } => {
            let words = format!("Too many tries failed. Try again in {} s.", wait.as_secs() + 1);
            (StatusCode::TOO_MANY_REQUESTS, words)
        }
        CredentialError::SingleSignOnRequired => {
            let words = "Your organization lets people in through its own sign-in only. Sign in there again.";
            (unprocessable, words.to_owned())
        }
        CredentialError::WrongCode => {
            let words = "This code is not right, or was used. Wait for the next one.";
            (unprocessable, words.to_owned())
        }
        CredentialError::CodeNeeded => {
            (unprocessable, "A code of your authenticator is needed as well.".to_owned())
        }
        CredentialError::NotBegun => {
            (unprocessable, "This was begun too long ago. Begin again.".to_owned())
        }
        CredentialError::PasskeyNeeded => {
            (unprocessable, "Show one of your passkeys first.".to_owned())
        }
        CredentialError::Refused(why) => {
            let words = why.to_string();
            (unprocessable, format!("{}.", words))
        }
        CredentialError::Password(PasswordError::TooShort) => {
            (unprocessable, format!("A password needs at least {CHARACTERS_MIN} characters."))
        }
        CredentialError::Password(PasswordError::TooLong) => {
            (unprocessable, "This password is too long.".to_owned())
        }
        CredentialError::Password(PasswordError::Guessable { why }) => {
            (unprocessable, format!("This password would be guessed soon. {why}"))
        }
        CredentialError::Password(PasswordError::Common) => {
            let words = "This password is one of the most common ones: it would be tried first. Choose another.";
            (unprocessable, words.to_owned())
        }
        CredentialError::Password(PasswordError::Breached) => {
            let words = "This password leaked from another service: strangers know it. Choose another, and change it wherever you use it.";
            (unprocessable, words.to_owned())
        }
        CredentialError::Password(PasswordError::Busy) => {
            let words = "Many people are signing in right now. Try again in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, words.to_owned())
        }
        CredentialError::Password(
            PasswordError::Random(_) | PasswordError::Hash { .. } | PasswordError::List(_),
        )
        | CredentialError::Issue(_) => {
            tracing::error!(error = %crate::cli::failure::with_causes(error), "no password was set");
            let words = "No password can be set right now. Please tell whoever runs this service.";
            (StatusCode::SERVICE_UNAVAILABLE, words.to_owned())
        }
    }
}

fn link(side: &Side, who: &str, code: &str) -> Option<Link> {
    let who: Uuid = match side.audience {
        Audience::Portal => who.parse::<MemberId>().ok()?.uuid(),
        Audience::Console => who.parse::<StaffId>().ok()?.uuid(),
    };
    Some(Link { who, code: Zeroizing::new(code.to_owned()) })
}

fn welcome(
    side: &Side,
    who: &str,
    code: &str,
    status: StatusCode,
    refusal: Option<&str>,
) -> Response {
    let holder = link(side, who, code).and_then(|link| side.auth.link_holder(side.audience, &link));
    let email = holder.and_then(|holder| email_of(side, holder)).unwrap_or_default();
    let status = if holder.is_some() { status } else { StatusCode::GONE };
    let refusal = refusal.filter(|_| holder.is_some());
    let form = WelcomeForm { who, code, email: &email, good: holder.is_some(), refusal };
    let mut response = pages::welcome(side.audience, form);
    *response.status_mut() = status;
    response
}

fn email_of(side: &Side, holder: Principal) -> Option<String> {
    side.engine.projections().read(|views| {
        let scope = views.authenticate_operator().ok()?;
        let profile = match holder {
            Principal::Member(member) => &views.member(&scope, member)?.profile,
            Principal::Staff(staff) => &views.staff(&scope, staff)?.profile,
        };
        profile.value.as_ref().map(|one| one.email.clone())
    })
}
