//! Signing in with the page's form, which needs no script: a session in a cookie, and the way back to where one was.

use std::net::IpAddr;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{NOBODY, Shown, Zeroized, admit, count, refusal};
use crate::auth::{Credentials, SignInError};
use crate::http::pages::{self, SignInForm};
use crate::http::{Side, session};

/// Where somebody goes who came from nowhere.
pub(super) const START: &str = "/";

/// What was typed: e-mail and password, or then the ticket of the page and a code.
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    email: String,
    password: Option<Zeroized>,
    ticket: Option<String>,
    code: Option<Zeroized>,
    #[serde(default)]
    next: String,
}

/// What the address of the page may say.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
}

/// The sign-in page.
pub async fn page(State(side): State<Side>, Query(asked): Query<Asked>) -> Response {
    let next = own_address(&asked.next);
    pages::sign_in(side.audience, SignInForm { next, ..SignInForm::default() })
}

/// Signs in with what was typed, or shows the page again with the reason.
pub(super) async fn sign_in(
    side: &Side,
    from: IpAddr,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    // Else another site could sign somebody in as somebody else, to learn what they then do.
    if !session::is_own_page(headers) {
        count(side.audience, from, NOBODY, "FORM_OF_ANOTHER_SITE");
        let words = "This form was sent by another site. Type your e-mail and password here.";
        let form = SignInForm { next: START, refusal: Some(words), ..SignInForm::default() };
        return again(side, StatusCode::FORBIDDEN, form);
    }
    let Ok(typed) = serde_urlencoded::from_bytes::<Typed>(body) else {
        return not_understood(side, from);
    };
    let next = own_address(&typed.next);
    let ticket = typed.ticket.as_deref();
    let shown = match (typed.password, ticket, typed.code) {
        (Some(password), ..) => {
            Shown::Password(Credentials { email: typed.email.clone(), password: password.0 })
        }
        (None, Some(ticket), Some(code)) => Shown::Code { ticket: ticket.to_owned(), code: code.0 },
        (None, ..) => return not_understood(side, from),
    };
    let signed_in = match admit(side, from, shown).await {
        Ok(signed_in) => signed_in,
        Err(SignInError::CodeNeeded { ticket }) => {
            let form = SignInForm { next, ticket: Some(&ticket), ..SignInForm::default() };
            return pages::sign_in(side.audience, form);
        }
        Err(SignInError::Refused) if ticket.is_some() => {
            let words = "This code is not right, was used, or too much time has passed.";
            let form = SignInForm { next, ticket, refusal: Some(words), ..SignInForm::default() };
            return again(side, StatusCode::UNAUTHORIZED, form);
        }
        Err(error) => {
            let words = words(&error);
            let email = typed.email.as_str();
            let form = SignInForm { next, email, ticket, refusal: Some(&words) };
            // Its status, and after how long to try again.
            let (refused, _) = refusal(&error).into_response().into_parts();
            let mut response = again(side, refused.status, form);
            let kept = [header::RETRY_AFTER, header::WWW_AUTHENTICATE];
            for (name, value) in
                kept.iter().filter_map(|name| Some((name, refused.headers.get(name)?)))
            {
                response.headers_mut().insert(name, value.clone());
            }
            return response;
        }
    };
    side.auth.end_former(super::shown(side, headers)).await;
    let mut response = StatusCode::SEE_OTHER.into_response();
    let told = response.headers_mut();
    let next = HeaderValue::from_str(next).unwrap_or(const { HeaderValue::from_static(START) });
    told.insert(header::LOCATION, next);
    if let Some(cookie) = session::keep(headers, side.audience, &signed_in.token) {
        told.insert(header::SET_COOKIE, cookie);
    }
    response
}

fn not_understood(side: &Side, from: IpAddr) -> Response {
    count(side.audience, from, NOBODY, "FORM_NOT_UNDERSTOOD");
    let words = "Type your e-mail and your password.";
    let form = SignInForm { next: START, refusal: Some(words), ..SignInForm::default() };
    again(side, StatusCode::BAD_REQUEST, form)
}

fn again(side: &Side, status: StatusCode, form: SignInForm<'_>) -> Response {
    let mut response = pages::sign_in(side.audience, form);
    *response.status_mut() = status;
    response
}

/// Why nobody came in, for the person in front of the page.
fn words(error: &SignInError) -> String {
    match error {
        SignInError::CodeNeeded { .. } => "A code is needed as well.".to_owned(),
        SignInError::Refused => "This e-mail and password do not fit here. Check both.".to_owned(),
        SignInError::SingleSignOnRequired => {
            "Your organization lets people in through its own sign-in only: use the button below."
                .to_owned()
        }
        SignInError::Throttled { wait } => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            format!("Too many tries failed. Try again in {seconds} seconds.")
        }
        SignInError::Busy => {
            "Many people are signing in right now. Try again in a moment.".to_owned()
        }
        SignInError::ViewsStopped | SignInError::Issue(_) => {
            "Nobody can sign in right now. Please tell whoever runs this service.".to_owned()
        }
    }
}

/// An address on this very listener, whatever was asked for: nobody is sent elsewhere after signing in.
pub(in crate::http) fn own_address(next: &str) -> &str {
    let visible = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // Two slashes start the name of another host.
    if visible && next.starts_with('/') && !next.starts_with("//") { next } else { START }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_back_to_an_address_of_this_listener_only() {
        for (asked, goes) in [
            ("/licenses?status=EXPIRED", "/licenses?status=EXPIRED"),
            ("/", "/"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/\r\nSet-Cookie: a=b", "/"),
            ("licenses", "/"),
        ] {
            assert_eq!(own_address(asked), goes, "{asked:?}");
        }
    }
}
