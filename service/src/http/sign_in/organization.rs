//! Signing in with one's organization, at `/sign-in/organization`: the way to its identity provider and back.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use projections::Principal;
use schemas::access::Audience;
use serde::Deserialize;

use super::form::{START, own_address};
use super::{NOBODY, count, person, shown, whose};
use crate::auth::SignedIn;
use crate::auth::single_sign_on::{Begun, Returned};
use crate::http::pages::{self, Organization, SignInForm};
use crate::http::{Side, session};
use crate::single_sign_on::{Refused, pending};

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Typed {
    email: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Answered {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// What is at these addresses: for customers only.
pub fn router() -> Router<Side> {
    Router::new()
        .route("/sign-in/organization", get(page).post(begin))
        .route("/sign-in/organization/again", get(again))
        .route("/sign-in/organization/done", get(done))
        .route("/sign-in/organization/{account}", get(come_back))
}

async fn page(Query(asked): Query<Asked>) -> Response {
    pages::organization(Organization { next: own_address(&asked.next), ..Organization::default() })
}

/// Somebody typed the e-mail: the page that is answered leads to the provider. It is not answered with a redirect, since
/// forms of this listener lead nowhere else.
async fn begin(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let typed = serde_urlencoded::from_bytes::<Typed>(&body).ok();
    let Some(typed) = typed.filter(|_| session::is_own_page(&headers)) else {
        count(side.audience, from.ip(), NOBODY, "FORM_NOT_UNDERSTOOD");
        let words = "Type your e-mail here.";
        let form = Organization { refusal: Some(words), ..Organization::default() };
        return with_status(StatusCode::BAD_REQUEST, pages::organization(form));
    };
    let (next, email) = (own_address(&typed.next), typed.email.as_str());
    let begun = match session::origin(&headers) {
        Some(origin) => {
            let former = shown(&side, &headers);
            side.auth.send_to_provider(email, next, &origin, from.ip(), former).await
        }
        None => Err(Refused::NotBegun),
    };
    match begun {
        Ok(begun) => {
            let form = Organization { address: Some(&begun.address), ..Organization::default() };
            holding(&headers, &begun, pages::organization(form))
        }
        Err(refused) => {
            told(&side, from, &whose(&side, email), &refused);
            let refusal = Some(refused.words());
            let form = Organization { next, email, refusal, ..Organization::default() };
            with_status(status_of(&refused), pages::organization(form))
        }
    }
}

/// Somebody who is signed in goes to show again who it is.
async fn again(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let Some((Principal::Member(member), session)) = shown(&side, &headers) else {
        return see("/sign-in/organization");
    };
    let next = own_address(&asked.next);
    let begun = match session::origin(&headers) {
        Some(origin) => side.auth.send_to_provider_again(member, session, next, &origin).await,
        None => Err(Refused::NotBegun),
    };
    match begun {
        Ok(begun) => holding(&headers, &begun, see(&begun.address)),
        Err(refused) => refused_page(&side, from, &member.to_string(), &refused),
    }
}

async fn done() -> Response {
    pages::organization(Organization { done: true, ..Organization::default() })
}

/// Somebody comes back from a provider.
async fn come_back(
    State(side): State<Side>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Path(account): Path<String>,
    Query(answered): Query<Answered>,
    headers: HeaderMap,
) -> Response {
    let returned = Returned {
        holder: session::value(&headers, cookie_name(&headers)).map(str::to_owned),
        account: account.parse().ok(),
        code: answered.code,
        state: answered.state,
        issuer: answered.iss,
        error: answered.error,
    };
    let mut response = match side.auth.come_back(returned).await {
        Ok(back) => {
            let who = person(back.signed_in.principal);
            count(side.audience, from.ip(), &who, "SIGNED_IN");
            signed_in(&headers, &back.signed_in, &back.next)
        }
        Err(Refused::CodeNeeded { ticket }) => {
            count(side.audience, from.ip(), NOBODY, "CODE_NEEDED");
            let ticket = Some(ticket.as_str());
            pages::sign_in(side.audience, SignInForm { next: START, ticket, ..Default::default() })
        }
        Err(refused) => refused_page(&side, from, NOBODY, &refused),
    };
    if let Some(cookie) = cookie(&headers, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn signed_in(headers: &HeaderMap, signed_in: &SignedIn, next: &str) -> Response {
    let mut response = see(next);
    if let Some(cookie) = session::keep(headers, Audience::Portal, &signed_in.token) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn refused_page(side: &Side, from: SocketAddr, who: &str, refused: &Refused) -> Response {
    told(side, from, who, refused);
    let form = Organization { refusal: Some(refused.words()), ..Organization::default() };
    with_status(status_of(refused), pages::organization(form))
}

/// The reason is for whoever runs the service; the person is told what to do.
fn told(side: &Side, from: SocketAddr, who: &str, refused: &Refused) {
    count(side.audience, from.ip(), who, refused.code());
    let reason = crate::cli::failure::with_causes(refused);
    tracing::warn!(code = refused.code(), %reason, "single sign-on refused");
}

const fn status_of(refused: &Refused) -> StatusCode {
    match refused {
        Refused::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
        Refused::Busy | Refused::Issue(_) => StatusCode::SERVICE_UNAVAILABLE,
        Refused::Unreachable(_) | Refused::NotUnderstood(_) | Refused::Code(_) => {
            StatusCode::BAD_GATEWAY
        }
        Refused::NotBegun
        | Refused::StateDiffers
        | Refused::AnotherProvider
        | Refused::ByProvider(_)
        | Refused::NoProvider
        | Refused::NoIdToken
        | Refused::Token(_)
        | Refused::EmailNotVerified
        | Refused::NotOfThisAccount
        | Refused::LinkedOtherwise
        | Refused::NotAgain
        | Refused::AnotherPerson
        | Refused::CodeNeeded { .. } => StatusCode::UNAUTHORIZED,
    }
}

fn with_status(status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    response
}

fn see(address: &str) -> Response {
    let to = HeaderValue::from_str(address).unwrap_or(const { HeaderValue::from_static(START) });
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

fn holding(headers: &HeaderMap, begun: &Begun, mut response: Response) -> Response {
    if let Some(cookie) = cookie(headers, &begun.holder, pending::SECONDS_MAX) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The browser comes back from another site, so this cookie goes along with such a request; nothing else does.
fn cookie(headers: &HeaderMap, value: &str, seconds: i64) -> Option<HeaderValue> {
    let name = cookie_name(headers);
    let secure = if session::is_over_tls(headers) { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut cookie = HeaderValue::from_str(&text).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

fn cookie_name(headers: &HeaderMap) -> &'static str {
    if session::is_over_tls(headers) {
        "__Host-deedbook_organization"
    } else {
        "deedbook_organization"
    }
}
