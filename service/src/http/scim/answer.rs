//! How the addresses under `/scim/v2` answer: resources, lists of them, and refusals as RFC 7644, 3.12, has them. Our own
//! causes never reach the body.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use graphql::error::UserError;
use graphql::refusal::Refusal;
use serde_json::{Value, json};

use super::filter::FilterError;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/scim+json");
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Why a request is refused: a status, what RFC 7644 calls it, and words that begin with a stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    status: StatusCode,
    scim_type: Option<&'static str>,
    detail: String,
    allow: Option<&'static str>,
    retry_after: Option<u64>,
}

impl Refused {
    fn new(status: StatusCode, scim_type: Option<&'static str>, detail: String) -> Self {
        Self { status, scim_type, detail, allow: None, retry_after: None }
    }

    fn bad(scim_type: &'static str, code: &str, words: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some(scim_type), format!("{code}: {words}"))
    }

    /// The body is not what this address takes.
    #[must_use]
    pub fn syntax(words: &str) -> Self {
        Self::bad("invalidSyntax", "BAD_USER_INPUT", words)
    }

    /// The path of a change is none.
    #[must_use]
    pub fn path(words: &str) -> Self {
        Self::bad("invalidPath", "BAD_USER_INPUT", &format!("the path of a change: {words}"))
    }

    /// A change does not say of what.
    #[must_use]
    pub fn no_target() -> Self {
        let words = "a change without a path needs an object of attributes, and a removal a path";
        Self::bad("noTarget", "BAD_USER_INPUT", words)
    }

    /// A value is not what it must be.
    #[must_use]
    pub fn value(words: &str) -> Self {
        Self::bad("invalidValue", "BAD_USER_INPUT", words)
    }

    /// What is asked for cannot be changed here.
    #[must_use]
    pub fn mutability(code: &str, words: &str) -> Self {
        Self::bad("mutability", code, words)
    }

    /// More is asked for at a time than is done at a time.
    #[must_use]
    pub fn too_many() -> Self {
        let words = "too many changes in one request: send them in several";
        Self::bad("tooMany", "TOO_MANY_CHANGES", words)
    }

    /// What was named does not exist, or not for this caller: the two are told alike.
    #[must_use]
    pub fn not_found() -> Self {
        let words = "NOT_FOUND: there is no such thing here; check the id";
        Self::new(StatusCode::NOT_FOUND, None, words.to_owned())
    }

    /// Somebody who was named as a value does not exist, or not for this caller.
    #[must_use]
    pub fn no_such_user() -> Self {
        Self::bad("invalidValue", "NOT_FOUND", "there is no such user here; check the id")
    }

    /// The address takes these methods only.
    #[must_use]
    pub fn method(allow: &'static str) -> Self {
        let words = format!("METHOD_NOT_ALLOWED: this address takes {allow}");
        let refused = Self::new(StatusCode::METHOD_NOT_ALLOWED, None, words);
        Self { allow: Some(allow), ..refused }
    }

    /// Whoever asks shows no token of a program that is accepted.
    #[must_use]
    pub fn unauthenticated() -> Self {
        let words = "UNAUTHENTICATED: send `Authorization: Bearer …` with the token of a program; \
                     an admin makes one on the page Your account";
        Self::new(StatusCode::UNAUTHORIZED, None, words.to_owned())
    }

    /// What is asked for stands in the way of what is so.
    #[must_use]
    pub fn conflict(code: &str, words: &str) -> Self {
        Self::new(StatusCode::CONFLICT, None, format!("{code}: {words}"))
    }

    /// Our fault; the log has the cause.
    #[must_use]
    pub fn ours(code: &str) -> Self {
        let (status, words) = match code {
            "LEDGER_FULL" | "LEDGER_HALTED" | "LEDGER_CLOSED" | "OUTCOME_UNKNOWN" => {
                (StatusCode::SERVICE_UNAVAILABLE, "the ledger takes no changes now; try again")
            }
            _ => {
                let words = "something went wrong on our side; the x-request-id finds it";
                (StatusCode::INTERNAL_SERVER_ERROR, words)
            }
        };
        Self::new(status, None, format!("{code}: {words}"))
    }

    /// What the rules said to a command.
    #[must_use]
    pub fn by_rules(code: &str, message: &str, advice: &str) -> Self {
        let (status, scim_type) = match code {
            "NOT_FOUND" => return Self::not_found(),
            "FORBIDDEN" | "ONESELF" | "NOT_AN_ADMIN" | "PERSON_MAY_DO_MORE"
            | "STEP_UP_REQUIRED" => (StatusCode::FORBIDDEN, None),
            "EMAIL_TAKEN" | "MEMBER_ALREADY_ADDED" => (StatusCode::CONFLICT, Some("uniqueness")),
            "BAD_USER_INPUT" => (StatusCode::BAD_REQUEST, Some("invalidValue")),
            _ => (StatusCode::CONFLICT, None),
        };
        Self::new(status, scim_type, format!("{code}: {message}; {advice}"))
    }

    /// How many seconds to wait before the same request, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// What RFC 7644 calls it.
    #[cfg(test)]
    pub const fn scim_type(&self) -> Option<&'static str> {
        self.scim_type
    }
}

impl From<UserError> for Refused {
    fn from(error: UserError) -> Self {
        Self::by_rules(&error.code, &error.message, &error.advice)
    }
}

impl From<FilterError> for Refused {
    fn from(error: FilterError) -> Self {
        Self::bad("invalidFilter", "BAD_USER_INPUT", &error.to_string())
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        if refusal == Refusal::Unauthenticated {
            return Self::unauthenticated();
        }
        let is_json = matches!(refusal, Refusal::Json { .. });
        let scim_type = is_json.then_some("invalidSyntax");
        let detail = format!("{}: {refusal}", refusal.code());
        let refused = Self::new(refusal.status(), scim_type, detail);
        Self { retry_after: refusal.retry_after(), ..refused }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": [ERROR],
            "status": self.status.as_u16().to_string(),
            "detail": self.detail,
        });
        if let Some(scim_type) = self.scim_type {
            set(&mut body, "scimType", scim_type.into());
        }
        let mut response = answer(self.status, &body);
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let unavailable = (self.status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        if let Some(seconds) = self.retry_after.or(unavailable) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Sets a member of an object; what is none stays as it is.
pub fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// An answer with this body.
#[must_use]
pub fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    response
}

/// The answer to what was made, which is at this address.
#[must_use]
pub fn created(body: &Value, location: &str) -> Response {
    let mut response = answer(StatusCode::CREATED, body);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The answer to what was done and leaves nothing to say.
#[must_use]
pub fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// A page of a list: how many there are in all, from which this page begins (from 1), and its rows.
#[must_use]
pub fn list(total: usize, start: usize, rows: Vec<Value>) -> Response {
    let body = json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": rows.len(),
        "Resources": rows,
    });
    answer(StatusCode::OK, &body)
}
