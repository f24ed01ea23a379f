//! What leaves the door: GraphQL responses as bytes, with stable codes, and nothing of our insides.

use async_graphql::{ErrorExtensionValues, PathSegment, Response, ServerError, Value};
use serde::Serialize;

use crate::refusal::Refusal;
use crate::request_id::RequestId;

/// An answer to one operation, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The JSON.
    pub body: Vec<u8>,
    /// Whether the operation was executed, be it with errors in fields.
    pub executed: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
}

impl Answer {
    /// The answer that this response is.
    #[must_use]
    pub fn from_response(mut response: Response, request_id: &RequestId) -> Self {
        let executed = was_executed(&response);
        for error in &mut response.errors {
            clean(error, executed, request_id);
        }
        let data = executed.then_some(&response.data);
        Self { body: to_json(&Body { errors: &response.errors, data }), executed }
    }

    /// The answer to a request that was turned away.
    #[must_use]
    pub fn from_refusal(refusal: &Refusal, request_id: &RequestId) -> Self {
        let error = refusal_error(refusal, request_id);
        Self { body: to_json(&Body { errors: &[error], data: None }), executed: false }
    }
}

/// The same error, as an element of `errors`.
#[must_use]
pub fn refusal_error(refusal: &Refusal, request_id: &RequestId) -> ServerError {
    let mut error = ServerError::new(refusal.to_string(), None);
    if let Refusal::Syntax { line: line @ 1.., column } = *refusal {
        error.locations.push(async_graphql::Pos { line, column });
    }
    let mut values = ErrorExtensionValues::default();
    values.set("code", refusal.code());
    values.set("retryable", refusal.retryable());
    values.set("requestId", request_id.as_str());
    error.extensions = Some(values);
    error
}

/// Errors of parsing and validation have no path; whatever was executed has data or a path.
#[must_use]
pub fn was_executed(response: &Response) -> bool {
    response.errors.is_empty()
        || response.data != Value::Null
        || response.errors.iter().any(|error| !error.path.is_empty())
}

/// Gives the error a code and the request's name. What has no code by now is either the caller's
/// input that a scalar refused, or a fault of ours: the latter goes to the log and its words go no
/// further.
pub fn clean(error: &mut ServerError, executed: bool, request_id: &RequestId) {
    let values = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if values.get("code").is_none() {
        let code = if is_input_error(&error.message) {
            "BAD_USER_INPUT"
        } else if error.message == "Query is too complex." {
            error.message =
                "the query is too complex: ask for smaller pages or fewer fields".into();
            "TOO_COMPLEX"
        } else if executed {
            let path = shown_path(&error.path);
            tracing::error!(%request_id, path, error = %error.message, "a resolver failed");
            error.message = "something went wrong on our side; the request id finds it".into();
            "INTERNAL"
        } else {
            "GRAPHQL_VALIDATION_FAILED"
        };
        values.set("code", code);
        values.set("retryable", code == "INTERNAL");
    }
    values.set("requestId", request_id.as_str());
}

/// The messages that the library gives to values which a scalar or an input type refuses.
fn is_input_error(message: &str) -> bool {
    const STARTS: [&str; 4] =
        ["Failed to parse ", "Expected input type ", "Invalid value for ", "Variable "];
    STARTS.iter().any(|start| message.starts_with(start))
}

fn shown_path(path: &[PathSegment]) -> String {
    let segments = path.iter().map(|segment| match segment {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    });
    segments.collect::<Vec<_>>().join(".")
}

fn to_json(body: &Body<'_>) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be written");
        br#"{"errors":[{"message":"something went wrong on our side","extensions":{"code":"INTERNAL"}}]}"#
            .to_vec()
    })
}
