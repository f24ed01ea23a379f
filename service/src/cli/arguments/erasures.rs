//! What can be typed after `deedbook erasures`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::DataFolder;

/// `deedbook erasures`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook erasures list --data ./ledger
  deedbook erasures list --data ./ledger --out /elsewhere/erasures
  deedbook erasures list --data /backups/2026-11-22 --out /elsewhere/erasures

Who was erased and when, by ids that name nobody. With --out the list is written to a file for `deedbook restore
--erasures`: the facts of the log, each with its proof, so that nobody can put somebody on it or take somebody off. All of
the log is verified on the way. The service must not be running on the folder; a backup gives the same list.")]
pub struct Erasures {
    /// What to do with them.
    #[command(subcommand)]
    pub what: ErasuresCommand,
}

/// What to do with erasures.
#[derive(Debug, Subcommand)]
pub enum ErasuresCommand {
    /// Who was erased, when, and the position of the fact that says so.
    List(ListErasures),
}

/// `deedbook erasures list`.
#[derive(Debug, Args)]
pub struct ListErasures {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// The file to write the list to, for `deedbook restore --erasures`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the list as JSON.
    #[arg(long)]
    pub json: bool,
}
