//! The binary `bench`: `make bench` runs all of it. A child of itself measures how a cold process opens a ledger.

use bench::options::{Arguments, Task};
use bench::{opening, report, workload};
use clap::Parser;

/// The allocator that the service's release binary uses too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let Arguments { task, options } = Arguments::parse();
    match task {
        Some(Task::OpenOnce { folder }) => opening::open_once(&folder),
        None => report::write(&options, &workload::run(&options)),
    }
}
