//! What can be typed after the commands that copy a ledger: backup and restore.

use std::path::PathBuf;

use clap::Args;

use super::{DataFolder, Segments};
use crate::moment::Moment;

/// `deedbook backup`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook backup --data ./ledger /backups/2026-11-22
  deedbook backup --data ./ledger --with-keys /backups/2026-11-22

The service may be running or stopped. Everything that was acknowledged before the backup started is in it;
what is written meanwhile may or may not be. The copy is verified before the command ends.
Without --with-keys the copy holds nothing personal in the clear and cannot open it: keep the folder `keys`
in a second, separate backup.")]
pub struct Backup {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// The folder to write to; it must not exist or be empty.
    #[arg(value_name = "BACKUP")]
    pub to: PathBuf,
    /// Copy the keys too. Whoever holds such a backup can read all personal fields.
    #[arg(long)]
    pub with_keys: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook restore`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook restore /backups/2026-11-22 ./restored
  deedbook restore /backups/2026-11-22 ./restored --keys /safe/keys --checkpoint /elsewhere/checkpoint
  deedbook restore /backups/2026-11-22 ./june --until 2026-06-01 --fork
  deedbook restore /backups/2026-11-22 ./restored --erasures /elsewhere/erasures --fork

The backup is verified before anything is written, and the copy after. A folder that is not empty is refused.

A checkpoint that was kept elsewhere (proofs/checkpoint of the running ledger) tells whether the backup goes as
far as what was signed, and holds the same history. What a backup lacks is said, and nothing is restored; another
history is damage (exit code 3). With --fork, a copy that lacks what was acknowledged goes on as another ledger:
under an id and a signing key of its own, with a first new fact that says from which ledger, event and root it
left.

Keys that were copied before somebody was erased open what is known of that person again. Name the newest list of
`deedbook erasures list` with --erasures: the keys of everybody on it are destroyed before the copy is a ledger. Such a
list tells also how far the log went when it was made, as a checkpoint does.")]
pub struct Restore {
    /// The backup.
    #[arg(value_name = "BACKUP")]
    pub from: PathBuf,
    /// The data folder to make; it must not exist or be empty.
    #[arg(value_name = "FOLDER")]
    pub to: PathBuf,
    /// The folder of keys, when the backup has none.
    #[arg(long, value_name = "FOLDER")]
    pub keys: Option<PathBuf>,
    /// Go back to a moment: the last time, or the last event, that is to be in the copy.
    #[arg(long, value_name = "TIME|POSITION")]
    pub until: Option<Moment>,
    /// A checkpoint that was kept elsewhere; the backup must hold the history that it signs. May be given several
    /// times.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// A list of `deedbook erasures list`: the keys of everybody on it are destroyed in the copy.
    #[arg(long, value_name = "FILE")]
    pub erasures: Option<PathBuf>,
    /// Let a copy that lacks what was acknowledged go on as another ledger.
    #[arg(long)]
    pub fork: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
    /// How large the files of a ledger that goes on are.
    #[command(flatten)]
    pub segments: Segments,
}
