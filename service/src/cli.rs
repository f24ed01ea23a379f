//! The command line: reads it, runs one command, says how it ended. Each command is a file of its own.

pub mod arguments;
pub mod backup;
pub mod completions;
pub mod failure;
pub mod init;
pub mod inspect;
pub mod output;
pub mod replay;
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
    let ended = crate::logging::start(arguments.log_format, &arguments.log)
        .map_err(|error| Failure::usage("LOG_FILTER", error))
        .and_then(|()| dispatch(arguments.command));
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
        Command::Import(_) => Ok(Exit::Done),
        Command::Verify(asked) => verify::run(&asked),
        Command::Replay(asked) => wait(replay::run(&asked)),
        Command::Inspect(asked) => wait(inspect::run(&asked)),
        Command::Backup(asked) => backup::back_up(&asked),
        Command::Restore(asked) => backup::restore(&asked),
        Command::Demo(_) | Command::Export(_) => Err(Failure::refused("NOT_YET", "being wired")),
        Command::Completions(asked) => Ok(completions::run(&asked)),
    }
}

/// Runs a command that waits for things.
fn wait(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::caused("NO_THREADS", &error))?;
    runtime.block_on(command)
}
