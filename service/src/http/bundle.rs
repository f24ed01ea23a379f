//! The built pages of each side, as the front's own build left them in `portal/dist`, in the binary.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use schemas::access::Audience;

#[derive(RustEmbed)]
#[folder = "../portal/dist"]
struct Built;

/// Their names hold a hash of what is in them.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// To be asked for each time, and sent when it changed.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The page that every address of this side's application starts with; `None` when the pages are not built in.
#[must_use]
pub fn index(audience: Audience, headers: &HeaderMap) -> Option<Response> {
    file(audience, "index.html", headers)
}

/// A file of this side's application; `None` when there is no such file.
#[must_use]
pub fn file(audience: Audience, path: &str, headers: &HeaderMap) -> Option<Response> {
    let content_type = content_type(path)?;
    let path = format!("{}/{path}", folder(audience));
    let (encoding, found) = smallest(&path, headers)?;
    let tag = tag(&found)?;
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let content = match found.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Response::new(Body::from(content))
    };
    let is_named_by_hash = path.contains("/assets/");
    let told = response.headers_mut();
    told.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    told.insert(header::ETAG, tag);
    told.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    told.insert(header::CACHE_CONTROL, if is_named_by_hash { FOR_EVER } else { ASK_AGAIN });
    if let Some(encoding) = encoding {
        told.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

const fn folder(audience: Audience) -> &'static str {
    match audience {
        Audience::Portal => "customer",
        Audience::Console => "console",
    }
}

/// `None` for what is not served: what the build left for itself.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "html" => Some("text/html; charset=utf-8"),
        "svg" => Some("image/svg+xml; charset=utf-8"),
        _ => None,
    }
}

/// The file in the smallest form that the caller takes.
fn smallest(path: &str, headers: &HeaderMap) -> Option<(Option<&'static str>, EmbeddedFile)> {
    let forms = [("br", "br"), ("gzip", "gz")];
    let taken = forms.iter().filter(|(encoding, _)| takes(headers, encoding));
    let mut found = taken.filter_map(|(encoding, extension)| {
        Some((Some(*encoding), Built::get(&format!("{path}.{extension}"))?))
    });
    found.next().or_else(|| Some((None, Built::get(path)?)))
}

fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let sent = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    let mut offers = sent.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    offers.any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        named && weight.is_none_or(|weight| weight > 0.0)
    })
}

fn tag(found: &EmbeddedFile) -> Option<HeaderValue> {
    let hash = found.metadata.sha256_hash();
    let short = u128::from_be_bytes(*hash.first_chunk()?);
    HeaderValue::from_str(&format!("\"{short:032x}\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taking(encodings: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encodings));
        headers
    }

    #[test]
    fn an_encoding_is_used_when_it_is_taken_and_not_when_it_is_refused() {
        for (encodings, expected) in [
            ("gzip, deflate, br, zstd", true),
            ("BR;q=0.5", true),
            ("br;q=0", false),
            ("br; q=0.000", false),
            ("gzip", false),
            ("", false),
        ] {
            assert_eq!(takes(&taking(encodings), "br"), expected, "{encodings}");
        }
    }

    #[test]
    fn what_the_build_left_for_itself_is_not_served() {
        for path in [".gitignore", ".vite/manifest.json", "assets/index.js.br", ""] {
            assert!(file(Audience::Portal, path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}
