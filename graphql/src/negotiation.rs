//! Which media type a request is answered in, and whether its body is declared as we take it.

use http::{HeaderMap, header};

use crate::refusal::Refusal;

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells whether the operation was executed.
    GraphqlResponse,
    /// `application/json`: 200 also when the document was refused.
    Json,
}

impl Media {
    /// The value of the `content-type` header.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// The media type that the caller likes best of ours. The order of the header breaks ties, except
/// that our own type wins over plain JSON when both are wanted equally.
///
/// # Errors
/// When the caller accepts neither.
pub fn accepted(headers: &HeaderMap) -> Result<Media, Refusal> {
    let mut stated = false;
    let mut graphql = 0_u16;
    let mut json = 0_u16;
    for value in headers.get_all(header::ACCEPT) {
        let Ok(value) = value.to_str() else { continue };
        for range in value.split(',').map(str::trim).filter(|range| !range.is_empty()) {
            stated = true;
            let (media, quality) = weighted(range);
            match media.to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => graphql = graphql.max(quality),
                "application/json" | "application/*" | "*/*" => json = json.max(quality),
                _ => {}
            }
        }
    }
    match (stated, graphql, json) {
        (false, _, _) => Ok(Media::Json),
        (true, 0, 0) => Err(Refusal::NotAcceptable),
        (true, graphql, json) if graphql >= json => Ok(Media::GraphqlResponse),
        (true, _, _) => Ok(Media::Json),
    }
}

/// A media range and its quality in thousandths.
fn weighted(range: &str) -> (&str, u16) {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let quality = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(1000, |(_, value)| thousandths(value.trim()));
    (media, quality)
}

fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    if whole != "0" {
        return if whole == "1" { 1000 } else { 0 };
    }
    let digits = fraction.chars().chain("000".chars()).take(3).collect::<String>();
    digits.parse().unwrap_or(0)
}

/// Refuses a body that is not declared as JSON in UTF-8.
///
/// # Errors
/// When `content-type` is missing or something else.
pub fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (declared.next(), declared.next()) else {
        return Err(Refusal::ContentType);
    };
    let value = value.to_str().map_err(|_| Refusal::ContentType)?;
    let mut parts = value.split(';').map(str::trim);
    if !parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
        return Err(Refusal::ContentType);
    }
    let mut charsets = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let utf8 =
        |(_, value): (&str, &str)| value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8");
    if charsets.all(utf8) { Ok(()) } else { Err(Refusal::ContentType) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Result<Media, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().expect("a header"));
        accepted(&headers)
    }

    #[test]
    fn the_media_type_is_the_one_that_the_caller_likes_best() {
        assert_eq!(accepted(&HeaderMap::new()), Ok(Media::Json));
        for (value, media) in [
            ("application/graphql-response+json", Ok(Media::GraphqlResponse)),
            ("application/json", Ok(Media::Json)),
            ("*/*", Ok(Media::Json)),
            ("application/json, application/graphql-response+json", Ok(Media::GraphqlResponse)),
            ("application/graphql-response+json;q=0.8, application/json", Ok(Media::Json)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Ok(Media::GraphqlResponse),
            ),
            ("text/html", Err(Refusal::NotAcceptable)),
            ("application/json;q=0", Err(Refusal::NotAcceptable)),
        ] {
            assert_eq!(accept(value), media, "{value}");
        }
    }

    #[test]
    fn a_body_is_declared_as_json_and_nothing_else() {
        let declared = |value: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::CONTENT_TYPE, value.parse().expect("a header"));
            }
            require_json(&headers).is_ok()
        };
        assert!(declared(Some("application/json")));
        assert!(declared(Some("Application/JSON; charset=UTF-8")));
        assert!(!declared(None));
        for other in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=latin1",
            "application/jsonp",
            "",
        ] {
            assert!(!declared(Some(other)), "{other}");
        }
    }
}
