//! `deedbook completions`.

use clap::CommandFactory;

use super::arguments::Completions;
use super::{Arguments, Exit};

/// Prints the completions of a shell.
#[must_use]
pub fn run(asked: &Completions) -> Exit {
    let mut command = Arguments::command();
    clap_complete::generate(asked.shell, &mut command, "deedbook", &mut std::io::stdout());
    Exit::Done
}
