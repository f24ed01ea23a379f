//! How a command ends: the exit codes that scripts rely on, and the refusal that a person reads.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use ledger_log::embedded::OpenError;
use ledger_log::sealing::{LogKeyError, SealError};

use crate::copying::CopyError;
use crate::engine::EngineError;
use crate::erasures::ListError;
use crate::log_check::{CheckError, DAMAGE_ADVICE};

/// How a command ended. The numbers are a promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Refused or failed; nothing is damaged.
    Refused,
    /// The command line was not understood.
    Usage,
    /// Damage was found in the ledger.
    Damaged,
}

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Damaged => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what it was asked: what happened, why, and what to do.
#[derive(Debug)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// The stable code, upper case with underscores.
    pub code: &'static str,
    /// What happened and why.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Failure {
    /// The command was refused or failed.
    pub fn refused(code: &'static str, what: impl fmt::Display) -> Self {
        Self::new(Exit::Refused, code, what)
    }

    /// The command line was not understood.
    pub fn usage(code: &'static str, what: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, code, what)
    }

    /// Damage was found.
    pub fn damaged(code: &'static str, what: impl fmt::Display) -> Self {
        Self::new(Exit::Damaged, code, what)
    }

    /// The command failed because of this error and what caused it.
    pub fn caused(code: &'static str, error: &(dyn Error + 'static)) -> Self {
        Self::refused(code, with_causes(error))
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    fn new(exit: Exit, code: &'static str, what: impl fmt::Display) -> Self {
        Self { exit, code, message: what.to_string(), advice: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.message)?;
        match &self.advice {
            Some(advice) => write!(f, "\n  to do: {advice}"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match &error {
            EngineError::NoLedger { .. } => Self::caused("NO_LEDGER", &error).advice(
                "make one with `deedbook init --data FOLDER --vendor NAME`, or look first with `deedbook demo`",
            ),
            EngineError::NotVacant { .. } => Self::caused("FOLDER_NOT_EMPTY", &error)
                .advice("name a folder that does not exist or is empty"),
            EngineError::Folder { .. } => Self::caused("FOLDER_UNUSABLE", &error)
                .advice("look at the folder's permissions and the room on its disk"),
            EngineError::Keys(cause) => Self::caused(cause.code(), &error)
                .advice("restore the folder `keys` from its backup"),
            EngineError::Log(cause) => Self::of_log(cause),
            EngineError::Sealing(cause) => Self::of_sealing(cause, &error),
            EngineError::Licensing(_) => Self::caused("LICENSING_KEY_UNUSABLE", &error)
                .advice("restore the folder `keys` from its backup"),
            EngineError::Views(_) => Self::caused("VIEWS_NOT_STARTED", &error)
                .advice("run `deedbook verify`; if the log is whole, use the version that wrote it"),
            EngineError::NotRecorded { .. } => Self::caused("LEDGER_NOT_OPENED", &error)
                .advice("remove the new folder and try again"),
        }
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Check(CheckError::Damaged(checked)) => super::verify::damaged(&checked),
            CopyError::Check(CheckError::Open(error)) | CopyError::Open(error) => {
                Self::from(*error)
            }
            CopyError::NotALedger { .. } => Self::caused("NO_LEDGER", &error)
                .advice("name the folder that holds the file FORMAT"),
            CopyError::NotVacant { .. } => Self::caused("FOLDER_NOT_EMPTY", &error)
                .advice("name a folder that does not exist or is empty"),
            CopyError::Erasures { .. } => Self::caused("ERASURES_NOT_BELIEVED", &error).advice(
                "name a file that `deedbook erasures list --out` wrote for this very ledger",
            ),
            CopyError::NotErased(_) => Self::caused("NOT_ERASED", &error)
                .advice("remove the partial copy and try again: it must not be served like this"),
            CopyError::NoKeys { .. } => Self::caused("NO_KEYS", &error)
                .advice("name the separate backup of the keys with --keys FOLDER"),
            CopyError::NotReached { .. } => Self::caused("MOMENT_NOT_REACHED", &error)
                .advice("name an earlier moment, or take a newer backup"),
            CopyError::WouldFork { .. } => Self::caused("RESTORE_WOULD_FORK", &error).advice(
                "take a newer backup; or add --fork, and the copy goes on as another ledger that says so",
            ),
            CopyError::Copy { .. } | CopyError::Log(_) => Self::caused("COPY_FAILED", &error)
                .advice(
                    "look at the room and the permissions there, remove the partial copy, try again",
                ),
        }
    }
}

impl Failure {
    fn of_sealing(cause: &SealError, error: &EngineError) -> Self {
        match cause {
            SealError::Damaged { .. } => {
                Self::damaged("LEDGER_DAMAGED", cause).advice(DAMAGE_ADVICE)
            }
            SealError::Checkpoint { .. } => Self::damaged("CHECKPOINT_NOT_BELIEVED", cause)
                .advice("run `deedbook verify`, and restore the newest backup that verifies; where the key that signs the log was changed, the newest backup of the folder `keys`"),
            SealError::Key(LogKeyError::Ahead { .. }) => Self::caused("LOG_OLDER_THAN_KEYS", error)
                .advice("restore the newest backup of the log: it lacks the change of the key that made these keys"),
            SealError::Key(LogKeyError::Replaced { .. }) => {
                Self::caused("LOG_KEY_REPLACED", error)
                    .advice("restore the newest backup of the folder `keys`: this one is from before the key was changed")
            }
            SealError::Key(_) => Self::caused("LOG_KEY_UNUSABLE", error)
                .advice("restore the folder `keys` from its backup"),
            SealError::Io { .. } | SealError::ReadBack(_) | SealError::Refused(_) => {
                Self::caused("LEDGER_NOT_SEALED", error)
                    .advice("look at the folder's permissions and the room on its disk")
            }
        }
    }

    fn of_log(error: &OpenError) -> Self {
        match error {
            OpenError::InUse { .. } => Self::caused("DATA_FOLDER_IN_USE", error).advice(
                "stop the other process, or make a backup (that works while it runs) and look at the backup",
            ),
            OpenError::NewerFormat { .. } => Self::caused("NEWER_FORMAT", error)
                .advice("use the version of deedbook that wrote it, or a newer one"),
            OpenError::NotALedger { .. } => Self::caused("NO_LEDGER", error)
                .advice("name the folder that holds the file FORMAT"),
            OpenError::AlreadyExists { .. } => Self::caused("FOLDER_NOT_EMPTY", error)
                .advice("name a folder that does not exist or is empty"),
            OpenError::Damaged { .. } => {
                Self::damaged("LEDGER_DAMAGED", error).advice(DAMAGE_ADVICE)
            }
            OpenError::Sizes { .. } | OpenError::Io { .. } | OpenError::Recovery { .. } => {
                Self::caused("LOG_UNUSABLE", error)
                    .advice("look at the folder's permissions and the room on its disk")
            }
        }
    }
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Check(CheckError::Damaged(checked)) => super::verify::damaged(&checked),
            ListError::Check(CheckError::Open(error)) => Self::from(*error),
            ListError::NotSealed => Self::caused("NOT_SEALED", &error)
                .advice("start the service on the folder once: it signs what is there"),
        }
    }
}

/// An error and all its causes on one line.
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let failure = Failure::refused("DATA_FOLDER_IN_USE", "another process has `x` open")
            .advice("stop it, then try again");
        let text = failure.to_string();
        assert_eq!(
            text,
            "error[DATA_FOLDER_IN_USE]: another process has `x` open\n  to do: stop it, then try again"
        );
    }
}
