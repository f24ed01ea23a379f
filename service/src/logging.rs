//! Structured logs on standard error, for people or for machines. Knows nothing of what is logged.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Starts logging to standard error. Asking again changes nothing, so that tests may.
///
/// # Errors
/// When the filter is not understood.
pub fn start(format: LogFormat, filter: &str) -> Result<(), FilterError> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|source| FilterError { filter: filter.to_owned(), source })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let started = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    // A second start is a test's, and the first one's choice stands.
    drop(started);
    Ok(())
}

/// The log filter is not understood.
#[derive(Debug, thiserror::Error)]
#[error("`{filter}` is not a log filter such as `info` or `warn,deedbook_service=debug`")]
pub struct FilterError {
    filter: String,
    #[source]
    source: tracing_subscriber::filter::ParseError,
}
