//! The command line: reads it, runs one command, says how it ended. Each command is a file of its own.

pub mod arguments;
pub mod failure;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

pub use arguments::{Arguments, Command};
pub use failure::{Exit, Failure};

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = crate::logging::start(arguments.log_format, &arguments.log)
        .map_err(|error| Failure::usage("LOG_FILTER", error))
        .map(|()| Exit::Done);
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            // Nothing is left to do when standard error is gone.
            let _ = writeln!(std::io::stderr(), "{failure}");
            failure.exit.into()
        }
    }
}
