//! Sessions of browsers: a bearer token in a cookie that only this side's own pages can use. Every other door
//! reads `Authorization`; here a cookie becomes one, if the request comes from a page that this listener served.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use schemas::access::Audience;

use super::proxies::FORWARDED_PROTO;
use crate::auth::Auth;
use crate::tokens;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Shows the token of the cookie as if it had been sent in `Authorization`. A request that brings a token of
/// its own, and one that another site's page makes, stays as it is; so does one of a session that lay unused for too long.
pub fn show_cookie(request: &mut Request, audience: Audience, auth: &Auth) {
    let headers = request.headers();
    if headers.contains_key(header::AUTHORIZATION) || !headers.contains_key(header::COOKIE) {
        return;
    }
    let Some(token) = token(headers, audience).filter(|_| is_own_page(headers)) else { return };
    if auth.lies_idle(audience, token) {
        return;
    }
    let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {token}")) else { return };
    value.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, value);
}

/// Whether a page that this listener served makes the request, as the browser tells. Programs tell nothing: they
/// send a token in `Authorization` instead.
#[must_use]
pub fn is_own_page(headers: &HeaderMap) -> bool {
    // Browsers leave it out where pages are not served over TLS; then `Origin` tells.
    if let Some(site) = headers.get(FETCH_SITE) {
        return site.as_bytes() == b"same-origin";
    }
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((origin, text(header::HOST)), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}

/// The cookie that keeps this token until it expires.
#[must_use]
pub fn keep(headers: &HeaderMap, audience: Audience, token: &str) -> Option<HeaderValue> {
    cookie(headers, audience, token, tokens::LIFETIME_SECONDS)
}

/// The cookie that takes the kept one away.
#[must_use]
pub fn forget(headers: &HeaderMap, audience: Audience) -> Option<HeaderValue> {
    cookie(headers, audience, "", 0)
}

/// Whether the token that is shown is the one that a browser keeps.
#[must_use]
pub fn is_kept(headers: &HeaderMap, audience: Audience) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(tokens::bearer);
    shown.is_some() && shown == token(headers, audience)
}

fn cookie(
    headers: &HeaderMap,
    audience: Audience,
    value: &str,
    seconds: i64,
) -> Option<HeaderValue> {
    let name = name(headers, audience);
    let secure = if is_over_tls(headers) { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let mut cookie = HeaderValue::from_str(&text).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

fn token(headers: &HeaderMap, audience: Audience) -> Option<&str> {
    value(headers, name(headers, audience))
}

/// What the browser keeps under this name.
#[must_use]
pub fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let sent = headers.get_all(header::COOKIE).into_iter();
    let pairs = sent.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut found = pairs.filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    found.find(|token| !token.is_empty())
}

/// Behind TLS only the name with `__Host-` counts: a browser takes it from this very host over TLS alone, so
/// that no neighbour plants a session of its own.
const fn name_of(audience: Audience, over_tls: bool) -> &'static str {
    match (audience, over_tls) {
        (Audience::Portal, true) => "__Host-deedbook_portal",
        (Audience::Portal, false) => "deedbook_portal",
        (Audience::Console, true) => "__Host-deedbook_console",
        (Audience::Console, false) => "deedbook_console",
    }
}

fn name(headers: &HeaderMap, audience: Audience) -> &'static str {
    name_of(audience, is_over_tls(headers))
}

/// Where this listener is, as whoever asks calls it. The provider knows the address it sends back to by heart, so a lie
/// about it leads nowhere.
pub(super) fn origin(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let scheme = if is_over_tls(headers) { "https" } else { "http" };
    host.bytes().all(plain).then(|| format!("{scheme}://{host}"))
}

/// Whether whoever terminates TLS in front of us says so. Who is not trusted to was not heard.
pub(super) fn is_over_tls(headers: &HeaderMap) -> bool {
    headers.get(FORWARDED_PROTO).is_some_and(|proto| proto.as_bytes() == b"https")
}
