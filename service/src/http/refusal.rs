//! How a listener says no outside GraphQL: one JSON shape, a stable code, what to do. Our own causes never
//! reach the body.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A refusal as JSON: `{"error": {"code", "message", "advice"}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    advice: &'static str,
    retry_after: Option<Duration>,
}

#[derive(Serialize)]
struct Body {
    error: Named,
}

#[derive(Serialize)]
struct Named {
    code: &'static str,
    message: &'static str,
    advice: &'static str,
}

impl Refusal {
    const fn new(
        status: StatusCode,
        code: &'static str,
        message: &'static str,
        advice: &'static str,
    ) -> Self {
        Self { status, code, message, advice, retry_after: None }
    }

    /// The one answer to an unknown e-mail, a wrong password, and a person of the other side.
    pub const SIGN_IN_REFUSED: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        "SIGN_IN_REFUSED",
        "this e-mail and password do not open this door",
        "check both, and that this is your side: customers use the portal, the vendor the console",
    );
    /// The password is right, and somebody who set up a second factor shows a code as well.
    pub const CODE_NEEDED: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        "CODE_NEEDED",
        "a code of the authenticator is needed as well",
        "POST {\"ticket\": \"…\", \"code\": \"…\"} to /sign-in within five minutes; a recovery code does too",
    );
    /// The password is right, and the account lets people in through its identity provider only.
    pub const SINGLE_SIGN_ON_REQUIRED: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        "SINGLE_SIGN_ON_REQUIRED",
        "your organization lets people in through its own sign-in only",
        "sign in with your organization, in a browser: /sign-in/organization",
    );
    /// It was asked in the clear, and others could read what is sent.
    pub const TLS_REQUIRED: Self = Self::new(
        StatusCode::FORBIDDEN,
        "TLS_REQUIRED",
        "this service is asked over TLS only",
        "use https://; whoever runs it finds in docs/operate.md how a proxy in front says so",
    );
    /// No bearer token, or one that is not accepted here.
    pub const UNAUTHENTICATED: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        "UNAUTHENTICATED",
        "a valid bearer token of this side is needed",
        "POST your e-mail and password to /sign-in here and send the token as `Authorization: Bearer …`",
    );
    /// Too many people sign in at this moment.
    pub const SIGN_IN_BUSY: Self = Self {
        retry_after: Some(Duration::from_secs(1)),
        ..Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SIGN_IN_BUSY",
            "too many people sign in at this moment",
            "try again after the seconds in Retry-After",
        )
    };
    /// The body is not the JSON object that was expected.
    pub const BODY_NOT_UNDERSTOOD: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "BODY_NOT_UNDERSTOOD",
        "the body is not a JSON object with the text fields `email` and `password`",
        "send {\"email\": \"…\", \"password\": \"…\"}",
    );
    /// The body is not said to be JSON.
    pub const JSON_ONLY: Self = Self::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "JSON_ONLY",
        "the body must be JSON",
        "send the header `Content-Type: application/json`",
    );
    /// The body is too large.
    pub const BODY_TOO_LARGE: Self = Self::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "BODY_TOO_LARGE",
        "the body is larger than this address takes",
        "send less",
    );
    /// There is nothing at this address.
    pub const NOT_FOUND: Self = Self::new(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "there is nothing at this address",
        "the API is at /graphql; / says how to use it",
    );
    /// The address does not take this method.
    pub const METHOD_NOT_ALLOWED: Self = Self::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "this address does not take that method",
        "see the Allow header",
    );
    /// Our fault; the log has the cause.
    pub const INTERNAL: Self = Self::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL",
        "something went wrong on our side",
        "try again; if it stays so, tell the operator the x-request-id of this answer",
    );
    /// Writing is not possible now.
    pub const LEDGER_UNAVAILABLE: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "LEDGER_UNAVAILABLE",
        "the ledger takes no writes now, and a sign-in is written down",
        "ask the operator to look at /readyz",
    );

    /// Too many failed sign-ins.
    #[must_use]
    pub const fn sign_in_throttled(wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "SIGN_IN_THROTTLED",
                "too many failed sign-ins",
                "try again after the seconds in Retry-After",
            )
        }
    }

    /// What happened.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        self.message
    }

    /// What to do next.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        self.advice
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let named = Named { code: self.code, message: self.message, advice: self.advice };
        let mut response = (self.status, Json(Body { error: named })).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            // Rounded up: whoever waits that long is let in.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
