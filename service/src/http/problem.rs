//! How the plain HTTP addresses under `/v1` say no: problem details as RFC 9457 has them, with a stable code.
//! Our own causes never reach the body.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use graphql::refusal::Refusal;
use graphql::request_id::RequestId;
use serde::Serialize;
use serde_json::{Map, Value};

use super::observe::REQUEST_ID;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A refusal as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<Said>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    field: Option<&'static str>,
    advice: Option<String>,
    rule: Option<String>,
    retryable: bool,
    retry_after: Option<u64>,
    challenge: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    retryable: bool,
    request_id: &'a str,
}

impl Problem {
    /// A problem with this stable code, in words for the caller.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Said {
            status,
            code: code.into(),
            detail: detail.into(),
            field: None,
            advice: None,
            rule: None,
            retryable: false,
            retry_after: None,
            challenge: None,
        }))
    }

    /// The same, asking for credentials of this scheme.
    #[must_use]
    pub fn challenging(mut self, scheme: &'static str) -> Self {
        self.0.challenge = Some(scheme);
        self
    }

    /// The same, about this field of the request.
    #[must_use]
    pub fn about(mut self, field: &'static str) -> Self {
        self.0.field = Some(field);
        self
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn advising(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    /// The same, by this rule.
    #[must_use]
    pub fn by(mut self, rule: impl Into<String>) -> Self {
        self.0.rule = Some(rule.into());
        self
    }

    /// The same request may succeed later.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    /// The rules or what is so stand against it.
    #[must_use]
    pub fn conflict(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What is so, in words for the caller.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether a rule refused, and not the shape of the request or the service.
    #[must_use]
    pub fn is_a_rejection(&self) -> bool {
        self.0.rule.is_some()
    }

    /// What was named does not exist, or not for this caller: the two are told alike.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such license here")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(refusal.status(), refusal.code(), refusal.to_string());
        let mut problem = problem;
        problem.0.retry_after = refusal.retry_after();
        if refusal.retryable() { problem.retryable() } else { problem }
    }
}

impl Problem {
    /// The status, the headers and the members of the body.
    pub(super) fn parts(&self) -> (StatusCode, HeaderMap, Map<String, Value>) {
        let request_id = RequestId::next();
        let body = Body {
            // RFC 9457, 4.2.1: the code says what it is, and the title is the status's own.
            r#type: "about:blank",
            title: self.0.status.canonical_reason().unwrap_or_default(),
            status: self.0.status.as_u16(),
            code: &self.0.code,
            detail: &self.0.detail,
            field: self.0.field,
            advice: self.0.advice.as_deref(),
            rule: self.0.rule.as_deref(),
            retryable: self.0.retryable,
            request_id: request_id.as_str(),
        };
        let members = match serde_json::to_value(body) {
            Ok(Value::Object(members)) => members,
            // The body is a struct of texts and numbers.
            Ok(_) | Err(_) => Map::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        if let Some(scheme) = self.0.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        } else if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let unavailable = (self.0.status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        if let Some(seconds) = self.0.retry_after.or(unavailable) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
            headers.insert(REQUEST_ID, id);
        }
        (self.0.status, headers, members)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, headers, members) = self.parts();
        let mut response = (status, Json(members)).into_response();
        response.headers_mut().extend(headers);
        response
    }
}
