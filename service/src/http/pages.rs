//! The small page at `/` of each listener: what this is, how to sign in, a box to paste queries into.
//! It is plain files, so that the content security policy needs no exception.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use schemas::access::Audience;

const PORTAL: &str = include_str!("pages/portal.html");
const CONSOLE: &str = include_str!("pages/console.html");
const STYLE: &str = include_str!("pages/page.css");
const SCRIPT: &str = include_str!("pages/page.js");

/// The page of this side.
#[must_use]
pub fn home(audience: Audience) -> Response {
    match audience {
        Audience::Portal => Html(PORTAL).into_response(),
        Audience::Console => Html(CONSOLE).into_response(),
    }
}

/// How the page looks.
pub async fn style() -> Response {
    file("text/css; charset=utf-8", STYLE)
}

/// What the page does.
pub async fn script() -> Response {
    file("text/javascript; charset=utf-8", SCRIPT)
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_need_no_exception_from_the_content_security_policy() {
        for page in [PORTAL, CONSOLE] {
            assert!(!page.contains("<style") && !page.contains(" style="));
            assert!(!page.contains("onclick") && !page.contains("javascript:"));
            assert!(!page.contains("http://") && !page.contains("https://"));
            for script in page.split("<script").skip(1) {
                assert!(script.starts_with(" src=\"/page.js\""), "{script}");
            }
        }
    }
}
