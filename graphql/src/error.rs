//! Where the user's fault and our fault part ways. What the rules refuse becomes a `UserError` in
//! the payload; what went wrong on our side goes to the log, and the user gets a stable code and
//! the request's id.

use std::error::Error as StdError;
use std::fmt::Display;

use async_graphql::{Error, ErrorExtensions, SimpleObject};
use ledger::Rejection;
use ledger_log::{LoadError, TransactError};

/// Why nothing happened, in words for a person and in a code for a program.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// The stable code, such as `NO_SEAT_AVAILABLE`. New codes may be added: keep a default branch.
    pub code: String,
    /// What is so.
    pub message: String,
    /// The path to the input it is about, such as `["input", "memberId"]`; null when it is about
    /// the whole.
    pub field: Option<Vec<String>>,
    /// What to do next.
    pub advice: String,
    /// The rule that refused, such as `license.seats_fit`; null when the request did not get as far
    /// as the rules.
    pub rule: Option<String>,
}

impl UserError {
    /// An error about one field of the input.
    #[must_use]
    pub fn about(code: &str, field: &str, message: impl Display, advice: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_string(),
            field: Some(vec!["input".to_owned(), field.to_owned()]),
            advice: advice.to_owned(),
            rule: None,
        }
    }

    /// What was named does not exist, or not for this caller: the two are told alike.
    #[must_use]
    pub fn not_found(field: &str) -> Self {
        Self::about("NOT_FOUND", field, "there is no such thing here", "check the id")
    }

    /// The caller may not do this.
    #[must_use]
    pub fn forbidden() -> Self {
        Self {
            code: "FORBIDDEN".to_owned(),
            message: "your role does not allow this".to_owned(),
            field: None,
            advice: "ask an admin of your organization".to_owned(),
            rule: Some("access.role_allows".to_owned()),
        }
    }

    /// A program may not do this with the token that it shows, whatever the person may who made it.
    #[must_use]
    pub fn beyond_token() -> Self {
        Self {
            code: "FORBIDDEN".to_owned(),
            message: "the token does not allow this".to_owned(),
            field: None,
            advice:
                "use a token with the scope for it; what no token allows, do yourself, signed in"
                    .to_owned(),
            rule: Some("access.beyond_token".to_owned()),
        }
    }

    /// The caller may do this, but has not shown for too long who it is.
    #[must_use]
    pub fn step_up_required() -> Self {
        Self {
            code: "STEP_UP_REQUIRED".to_owned(),
            message: "it is more than five minutes ago that you showed who you are".to_owned(),
            field: None,
            advice: "confirm your password, then send the same command again".to_owned(),
            rule: Some("access.step_up".to_owned()),
        }
    }

    /// A refusal of the rules.
    #[must_use]
    pub fn rejected(rejection: &impl Rejection) -> Self {
        Self {
            code: rejection.code().to_owned(),
            message: rejection.to_string(),
            field: None,
            advice: rejection.advice(),
            rule: Some(rejection.rule().to_owned()),
        }
    }
}

/// How a mutation ended that did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The user can do something about it.
    User(UserError),
    /// The user cannot.
    Ours(Error),
}

impl From<UserError> for Failure {
    fn from(error: UserError) -> Self {
        Self::User(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl<R: Rejection> From<TransactError<R>> for Failure {
    fn from(error: TransactError<R>) -> Self {
        let (code, advice) = (error.code(), error.advice());
        match error {
            TransactError::Rejected(rejection) => Self::User(UserError::rejected(&rejection)),
            TransactError::IdempotencyMismatch { .. } => {
                let message = "the command id was used for something else";
                Self::User(UserError::about(code, "commandId", message, &advice))
            }
            TransactError::EffectiveInFuture { .. } => {
                let message = "facts are recorded when they are true, not before";
                Self::User(UserError::about(code, "effectiveAt", message, &advice))
            }
            TransactError::Conflict { .. } => {
                let message = "it was changed by somebody else in between";
                Self::User(UserError::about(code, "commandId", message, &advice))
            }
            TransactError::TooLarge { .. } => {
                let message = "the input is too large to be recorded";
                Self::User(UserError::about(code, "input", message, &advice))
            }
            ours @ (TransactError::Full
            | TransactError::Halted
            | TransactError::Unknown { .. }
            | TransactError::Read(_)
            | TransactError::Codec(_)
            | TransactError::Closed) => {
                let message = public_words(code);
                log(code, &ours);
                let class = ours.class().name();
                Self::Ours(coded(code, message).extend_with(|_, values| {
                    values.set("class", class);
                    values.set("advice", advice.as_str());
                }))
            }
        }
    }
}

/// What a caller is told of a fault of ours. The cause stays in the log.
fn public_words(code: &str) -> &'static str {
    match code {
        "LEDGER_FULL" => "the ledger takes no new facts: its disk is full; reads go on",
        "LEDGER_HALTED" => "the ledger takes no new facts until it was checked; reads go on",
        "LEDGER_CLOSED" => "the service is shutting down; repeat it with the same `commandId`",
        "OUTCOME_UNKNOWN" => {
            "whether it was recorded is not known; repeat it with the same `commandId`"
        }
        _ => "something went wrong on our side; the request id finds it",
    }
}

fn log(code: &str, error: &dyn StdError) {
    let mut causes = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push_str(": ");
        causes.push_str(&cause.to_string());
        source = cause.source();
    }
    tracing::error!(code, error = %causes, "a request failed on our side");
}

/// A fault of ours while reading.
pub fn fault(error: &dyn StdError) -> Error {
    log("INTERNAL", error);
    coded("INTERNAL", public_words("INTERNAL"))
}

/// What could not be loaded.
pub fn load_fault(error: &LoadError) -> Error {
    fault(error)
}

/// An input that is refused before anything is read.
#[must_use]
pub fn bad_input(message: &str) -> Error {
    coded("BAD_USER_INPUT", message)
}

/// A top-level error with this code.
#[must_use]
pub fn coded(code: &str, message: &str) -> Error {
    let retryable = matches!(
        code,
        "INTERNAL" | "OUTCOME_UNKNOWN" | "LEDGER_CLOSED" | "LEDGER_FULL" | "NOT_YET"
    );
    Error::new(message).extend_with(|_, values| {
        values.set("code", code);
        values.set("retryable", retryable);
    })
}
