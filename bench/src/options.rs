//! What can be asked of a run. Knows nothing of what is measured.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Measures this machine's ledger beside what else one could pick.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Arguments {
    /// What to do instead of measuring everything.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// How to measure.
    #[command(flatten)]
    pub options: Options,
}

/// What a child process does.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Opens a ledger, says how long it took and how much memory it takes, and ends at once.
    OpenOnce {
        /// The data folder.
        folder: PathBuf,
    },
}

/// How to measure.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Everything tiny: shows that the bench still works, and says nothing about speed.
    #[arg(long)]
    pub quick: bool,
    /// Only these workloads, by their letters.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Only engines whose names begin so, where a workload compares several; without the others there are no ratios.
    #[arg(long, value_delimiter = ',')]
    pub engines: Vec<String>,
    /// How often each engine is measured; the figures are medians.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// How many events the large ledger has.
    #[arg(long, default_value_t = 3_000_000)]
    pub events: usize,
    /// Where all stores keep their files. Not a file system in memory: what is measured is the sync.
    #[arg(long, default_value = "target/bench-data")]
    pub data: PathBuf,
    /// Where the two files of results go.
    #[arg(long, default_value = "bench")]
    pub results: PathBuf,
}

impl Options {
    /// Whether the workload with this letter is to run.
    #[must_use]
    pub fn wants(&self, letter: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| one.eq_ignore_ascii_case(letter))
    }

    /// Whether this engine is to be measured.
    #[must_use]
    pub fn wants_engine(&self, name: &str) -> bool {
        self.engines.is_empty() || self.engines.iter().any(|one| name.starts_with(one.as_str()))
    }

    /// How often each engine is measured.
    #[must_use]
    pub const fn rounds(&self) -> usize {
        if self.quick { 1 } else { self.rounds }
    }

    /// How long one measurement of one engine takes.
    #[must_use]
    pub const fn measured(&self) -> Duration {
        Duration::from_millis(if self.quick { 50 } else { 1_500 })
    }

    /// How long an engine runs before it is measured.
    #[must_use]
    pub const fn warm_up(&self) -> Duration {
        Duration::from_millis(if self.quick { 10 } else { 300 })
    }

    /// The full size, or the tiny one.
    #[must_use]
    pub const fn size(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}
