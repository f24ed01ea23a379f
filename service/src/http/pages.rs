//! The pages that are made here and work without the built applications: sign-in, a box to try queries in, and
//! the word on how to build the applications. Plain files, so that the content security policy needs no exception.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use schemas::access::Audience;

use super::refusal::Refusal;
use crate::tokens;

const STYLE: &str = include_str!("pages/page.css");
const QUERIES_SCRIPT: &str = include_str!("pages/queries.js");
const PASSKEY_SCRIPT: &str = include_str!("pages/passkey.js");

const BASE: Template = Template("base.html", include_str!("pages/base.html"));
const SIGN_IN: Template = Template("sign_in.html", include_str!("pages/sign_in.html"));
const ORGANIZATION: Template =
    Template("organization.html", include_str!("pages/organization.html"));
const WELCOME: Template = Template("welcome.html", include_str!("pages/welcome.html"));
const UNSUBSCRIBE: Template = Template("unsubscribe.html", include_str!("pages/unsubscribe.html"));
const QUERIES: Template = Template("queries.html", include_str!("pages/queries.html"));
const NOT_BUILT: Template = Template("not_built.html", include_str!("pages/not_built.html"));

/// A name, which ends in `.html` so that what is filled in is escaped, and the text.
#[derive(Clone, Copy)]
struct Template(&'static str, &'static str);

/// What stands in the form of the sign-in page.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignInForm<'a> {
    /// Where to go afterwards.
    pub next: &'a str,
    /// What was typed before.
    pub email: &'a str,
    /// What the password that was typed is worth; with it a code is asked for instead.
    pub ticket: Option<&'a str>,
    /// Why nobody came in.
    pub refusal: Option<&'a str>,
}

/// What stands on the page where customers sign in with their organization.
#[derive(Debug, Clone, Copy, Default)]
pub struct Organization<'a> {
    /// Where to go afterwards.
    pub next: &'a str,
    /// What was typed before.
    pub email: &'a str,
    /// Why nobody came in.
    pub refusal: Option<&'a str>,
    /// The provider's address, where the page leads at once.
    pub address: Option<&'a str>,
    /// Whether somebody has shown again who it is.
    pub done: bool,
}

/// What stands on the page behind a link to set a password.
#[derive(Debug, Clone, Copy, Default)]
pub struct WelcomeForm<'a> {
    /// The person's id, as in the link.
    pub who: &'a str,
    /// The secret, as in the link.
    pub code: &'a str,
    /// The person's e-mail.
    pub email: &'a str,
    /// Whether the link is good.
    pub good: bool,
    /// Why no password was set.
    pub refusal: Option<&'a str>,
}

/// What stands on the page behind the link at the foot of a mail.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnsubscribeForm<'a> {
    /// What the mail was about.
    pub topics: &'a [&'a str],
    /// Whether the link is good.
    pub good: bool,
    /// Whether it was switched off.
    pub done: bool,
}

/// The page behind the link at the foot of a mail.
#[must_use]
pub fn unsubscribe(form: UnsubscribeForm<'_>) -> Response {
    let UnsubscribeForm { topics, good, done } = form;
    form_page(
        Audience::Portal,
        UNSUBSCRIBE,
        context! { topics => Value::from(Serde(topics)), good, done },
    )
}

/// The page behind a link to set a password.
#[must_use]
pub fn welcome(audience: Audience, form: WelcomeForm<'_>) -> Response {
    let WelcomeForm { who, code, email, good, refusal } = form;
    form_page(audience, WELCOME, context! { who, code, email, good, refusal })
}

/// The sign-in page of this side.
#[must_use]
pub fn sign_in(audience: Audience, form: SignInForm<'_>) -> Response {
    let SignInForm { next, email, ticket, refusal } = form;
    let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
    form_page(audience, SIGN_IN, context! { next, query, email, ticket, refusal })
}

/// The page where customers sign in with their organization.
#[must_use]
pub fn organization(form: Organization<'_>) -> Response {
    let Organization { next, email, refusal, address, done } = form;
    let filled = context! { next, email, refusal, address, done };
    form_page(Audience::Portal, ORGANIZATION, filled)
}

fn form_page(audience: Audience, template: Template, filled: Value) -> Response {
    let mut response = page(audience, template, filled);
    // So that the browser says that the form comes from here; else it would say nothing.
    let same_origin = HeaderValue::from_static("same-origin");
    response.headers_mut().insert(header::REFERRER_POLICY, same_origin);
    response
}

/// The box to try queries in.
#[must_use]
pub fn queries(audience: Audience) -> Response {
    page(audience, QUERIES, context! { prefix => tokens::prefix(audience) })
}

/// How to build the application of this side, which is not in this program.
#[must_use]
pub fn not_built(audience: Audience) -> Response {
    page(audience, NOT_BUILT, context! {})
}

/// How these pages look.
pub async fn style() -> Response {
    file("text/css; charset=utf-8", STYLE)
}

/// What the box to try queries in does.
pub async fn queries_script() -> Response {
    file("text/javascript; charset=utf-8", QUERIES_SCRIPT)
}

/// What the button of the sign-in page does that signs in with a passkey.
pub async fn passkey_script() -> Response {
    file("text/javascript; charset=utf-8", PASSKEY_SCRIPT)
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], text).into_response()
}

fn page(audience: Audience, template: Template, filled: Value) -> Response {
    let (side, console) = match audience {
        Audience::Portal => ("customer portal", false),
        Audience::Console => ("vendor console", true),
    };
    match rendered(template, context! { side, console, ..filled }) {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(page = template.0, %error, "a page cannot be made");
            Refusal::INTERNAL.into_response()
        }
    }
}

fn rendered(template: Template, filled: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    for Template(name, text) in [BASE, template] {
        environment.add_template(name, text)?;
    }
    environment.get_template(template.0)?.render(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_need_no_exception_from_the_content_security_policy() {
        for template in [SIGN_IN, ORGANIZATION, WELCOME, UNSUBSCRIBE, QUERIES, NOT_BUILT] {
            for console in [false, true] {
                let page = rendered(template, context! { console }).unwrap();
                assert!(!page.contains("<style") && !page.contains(" style="), "{page}");
                assert!(!page.contains("onclick") && !page.contains("javascript:"), "{page}");
                assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
                for script in page.split("<script").skip(1) {
                    let own = ["/queries.js", "/passkey.js"];
                    let is_own = |file| script.starts_with(&format!(" src=\"{file}\""));
                    assert!(own.into_iter().any(is_own), "{script}");
                }
            }
        }
    }

    #[test]
    fn what_was_typed_comes_back_as_text() {
        let email = "\"><script>alert(1)</script>";
        let page = rendered(SIGN_IN, context! { email, next => "/\"&" }).unwrap();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
        assert!(!page.contains("/\"&\""), "{page}");
    }
}
