//! How a command can fail. Each failure has a stable code, says whether it is certain that nothing was written,
//! and what to do about it.

use ledger::Rejection;
use schemas::{CommandId, Revision, Timestamp};

use crate::codec::CodecError;
use crate::port::{AppendRefusal, ReadError};

/// What is certain about a failed command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeClass {
    /// Nothing was written.
    DefiniteFail,
    /// Nobody knows yet. Repeat with the same command id: the answer will be exact.
    Unknown,
}

impl OutcomeClass {
    /// The name that clients see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DefiniteFail => "DEFINITE_FAIL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Why a command has no receipt.
#[derive(Debug, thiserror::Error)]
pub enum TransactError<R: Rejection> {
    /// The rules refuse it.
    #[error(transparent)]
    Rejected(R),
    /// The command id was used before, for something else.
    #[error("command id `{command_id}` was used before with other content")]
    IdempotencyMismatch {
        /// The id.
        command_id: CommandId,
    },
    /// The facts would be true from an instant that has not come.
    #[error("the effective time is later than the present")]
    EffectiveInFuture {
        /// The instant asked for.
        effective_at: Timestamp,
        /// The present.
        now: Timestamp,
    },
    /// The stream is not at the revision that the caller saw, or others kept writing to it.
    #[error("the record changed meanwhile")]
    Conflict {
        /// The revision it has; `None` when it has no events.
        actual: Option<Revision>,
    },
    /// There is no room on the disk.
    #[error("the ledger's disk is full")]
    Full,
    /// The log found damage and takes no writes.
    #[error("the ledger is read-only because damage was found")]
    Halted,
    /// The events do not fit one append.
    #[error("the command would record {bytes} bytes, more than the {bytes_max} that fit at once")]
    TooLarge {
        /// Their size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Nobody knows yet whether it was written.
    #[error("the outcome is not known yet: {reason}")]
    Unknown {
        /// What happened, for the log.
        reason: String,
    },
    /// The past that the rules need cannot be read.
    #[error("the past of the record cannot be read")]
    Read(#[source] ReadError),
    /// An event cannot be encoded or decoded.
    #[error("an event of the record cannot be encoded or decoded")]
    Codec(#[source] CodecError),
    /// The service is shutting down.
    #[error("the ledger is shutting down")]
    Closed,
}

impl<R: Rejection> TransactError<R> {
    /// The stable code, upper case with underscores.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::IdempotencyMismatch { .. } => "IDEMPOTENCY_MISMATCH",
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::Conflict { .. } => "CONFLICT",
            Self::Full => "LEDGER_FULL",
            Self::Halted => "LEDGER_HALTED",
            Self::TooLarge { .. } => "APPEND_TOO_LARGE",
            Self::Unknown { .. } => "OUTCOME_UNKNOWN",
            Self::Read(ReadError::Damaged { .. }) => "INTEGRITY_HOLD",
            Self::Read(ReadError::Unavailable { .. }) => "LEDGER_UNAVAILABLE",
            Self::Codec(source) => source.code(),
            Self::Closed => "LEDGER_CLOSED",
        }
    }

    /// Whether it is certain that nothing was written.
    #[must_use]
    pub const fn class(&self) -> OutcomeClass {
        match self {
            Self::Unknown { .. } => OutcomeClass::Unknown,
            Self::Rejected(_)
            | Self::IdempotencyMismatch { .. }
            | Self::EffectiveInFuture { .. }
            | Self::Conflict { .. }
            | Self::Full
            | Self::Halted
            | Self::TooLarge { .. }
            | Self::Read(_)
            | Self::Codec(_)
            | Self::Closed => OutcomeClass::DefiniteFail,
        }
    }

    /// What to do next, as one sentence.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Rejected(rejection) => return rejection.advice(),
            Self::IdempotencyMismatch { .. } => "Use a new command id for a new intent.",
            Self::EffectiveInFuture { .. } => "Give an effective time that is not in the future.",
            Self::Conflict { .. } => "Read the record again, then decide anew.",
            Self::Full => "Nothing was written: free space on the ledger's disk, then retry.",
            Self::Halted => "Nothing was written: the operator has to run `deedbook verify`.",
            Self::TooLarge { .. } => "Split the command into smaller ones.",
            Self::Unknown { .. } => "Retry with the same command id: the answer will be exact.",
            Self::Read(ReadError::Damaged { .. }) => "The operator has to run `deedbook verify`.",
            Self::Read(ReadError::Unavailable { .. }) => "Retry later with the same command id.",
            Self::Codec(_) => "The operator finds the event and the cause in the service's log.",
            Self::Closed => "Retry with the same command id when the service is back.",
        }
        .to_owned()
    }
}

/// Why the past of a stream cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The log cannot be read.
    #[error("the past of the record cannot be read")]
    Read(#[from] ReadError),
    /// An event cannot be decoded.
    #[error("an event of the record cannot be decoded")]
    Codec(#[from] CodecError),
}

impl LoadError {
    /// The stable code, upper case with underscores.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(ReadError::Damaged { .. }) => "INTEGRITY_HOLD",
            Self::Read(ReadError::Unavailable { .. }) => "LEDGER_UNAVAILABLE",
            Self::Codec(source) => source.code(),
        }
    }
}

impl<R: Rejection> From<LoadError> for TransactError<R> {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Read(source) => Self::Read(source),
            LoadError::Codec(source) => Self::Codec(source),
        }
    }
}

impl<R: Rejection> From<CodecError> for TransactError<R> {
    fn from(source: CodecError) -> Self {
        Self::Codec(source)
    }
}

impl<R: Rejection> From<AppendRefusal> for TransactError<R> {
    fn from(refusal: AppendRefusal) -> Self {
        match refusal {
            AppendRefusal::TooLarge { bytes, bytes_max } => Self::TooLarge { bytes, bytes_max },
            AppendRefusal::Full => Self::Full,
            AppendRefusal::Halted => Self::Halted,
            // INVARIANT (no empty append): a decision without events is never appended.
            AppendRefusal::Empty => Self::Unknown { reason: refusal.to_string() },
            AppendRefusal::Closed => Self::Closed,
        }
    }
}
