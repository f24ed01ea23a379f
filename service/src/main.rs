//! The `deedbook` binary: reads the command line, runs one command, and ends with its exit code.

use std::process::ExitCode;

/// A request makes and drops many small values: this one did so in less time than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    deedbook_service::cli::run()
}
