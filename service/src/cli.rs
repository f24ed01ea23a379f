//! The command line: reads it, runs one command, says how it ended. Each command is a file of its own.

pub mod arguments;
pub mod backup;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod erasures;
pub mod export;
pub mod failure;
pub mod import;
pub mod init;
pub mod inspect;
pub mod keys;
pub mod mailing;
pub mod output;
pub mod password;
pub mod prove;
pub mod replay;
pub mod restore;
pub mod serve;
pub mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

pub use arguments::{Arguments, Command};
pub use failure::{Exit, Failure};

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let usual = if matches!(arguments.command, Command::Serve(_)) { "info" } else { "warn" };
    let filter = arguments.log.as_deref().unwrap_or(usual);
    let ended = crate::logging::start(arguments.log_format, filter)
        .map_err(|error| Failure::usage("LOG_FILTER", error))
        .and_then(|()| dispatch(arguments.command));
    crate::logging::settle();
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            // Nothing is left to do when standard error is gone.
            let _ = writeln!(std::io::stderr(), "{failure}");
            failure.exit.into()
        }
    }
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Serve(asked) => wait(serve::run(&asked)),
        Command::Init(asked) => wait(init::run(&asked)),
        Command::Import(asked) => wait(import::run(&asked)),
        Command::Password(asked) => wait(password::run(&asked)),
        Command::Verify(asked) => verify::run(&asked),
        Command::Prove(asked) => wait(prove::run(&asked)),
        Command::Doctor(asked) => wait(doctor::run(&asked)),
        Command::Replay(asked) => wait(replay::run(&asked)),
        Command::Inspect(asked) => wait(inspect::run(&asked)),
        Command::Keys(asked) => wait(keys::run(&asked)),
        Command::Erasures(asked) => erasures::run(&asked),
        Command::Backup(asked) => backup::back_up(&asked),
        Command::Restore(asked) => wait(restore::run(&asked)),
        Command::Demo(asked) => wait(demo::run(&asked)),
        Command::Export(asked) => wait(export::run(&asked)),
        Command::Completions(asked) => Ok(completions::run(&asked)),
    }
}

/// Runs a command that waits for things.
fn wait(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::caused("NO_THREADS", &error))?;
    runtime.block_on(command)
}
