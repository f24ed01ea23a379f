//! Structured logs on standard error, for people or for machines. Knows nothing of what is logged.

mod lines;

use std::io::IsTerminal;
use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

use lines::Lines;

static LINES: OnceLock<Lines> = OnceLock::new();

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Starts logging to standard error. Asking again changes nothing, so that tests may. Nobody who logs waits for whoever reads:
/// lines that are not read in time are dropped, and their number is told.
///
/// # Errors
/// When the filter is not understood, or there is no room for a thread.
pub fn start(format: LogFormat, filter: &str) -> Result<(), LoggingError> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|source| LoggingError::Filter { filter: filter.to_owned(), source })?;
    if LINES.get().is_none() {
        // A second one that is begun at the same instant ends by itself.
        let _ = LINES.set(Lines::begin(format, std::io::stderr()).map_err(LoggingError::Thread)?);
    }
    let Some(lines) = LINES.get().cloned() else { return Ok(()) };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let started = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    // A second start is a test's, and the first one's choice stands.
    drop(started);
    Ok(())
}

/// Waits until what was logged is written, as far as somebody reads it: before the program ends.
pub fn settle() {
    if let Some(lines) = LINES.get() {
        lines.settle();
    }
}

/// Why logging does not start.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The log filter is not understood.
    #[error("`{filter}` is not a log filter such as `info` or `warn,deedbook_service=debug`")]
    Filter {
        /// As it was given.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// There is no room for the thread that writes.
    #[error("the thread that writes log lines cannot be started")]
    Thread(#[source] std::io::Error),
}
