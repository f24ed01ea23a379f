//! What can be typed after `deedbook keys`.

use clap::{Args, Subcommand, ValueEnum};

use super::DataFolder;

/// `deedbook keys`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook keys list --data ./ledger
  deedbook keys rotate key-encryption --data ./ledger
  deedbook keys rotate log --data ./ledger
  deedbook keys rotate licensing --data ./ledger

Never shows a key: what it prints of each is its id, a hash. The service must not be running on the folder.")]
pub struct Keys {
    /// What to do with them.
    #[command(subcommand)]
    pub what: KeysCommand,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Which keys there are, what each is for, and how it is changed.
    List(ListKeys),
    /// Change a key for a new one.
    Rotate(RotateKey),
}

/// `deedbook keys list`.
#[derive(Debug, Args)]
pub struct ListKeys {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// Print the keys as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook keys rotate`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
key-encryption: makes a new key and wraps all others with it, in both copies. What was sealed opens as before, and no other
key changes. An older backup of the folder goes on to be whole by itself: destroy it where the old key was what leaked.

log: makes a new key that signs checkpoints. The log takes a fact by which the old key vouches for the new one, so whoever kept
the old one goes on to believe the log. For 30 days both sign; then the next start destroys the old one. A second change before
that ends the first one's time.

licensing: makes a new key that signs what software with a license key is told. The public half of the one before is published
for 30 days more; the key itself is gone.

Interrupted at any moment, the next start has all keys: with the old one, or with the new. Copy the folder `keys` to where its
backup is when it is done.")]
pub struct RotateKey {
    /// Which.
    pub key: Rotatable,
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// Print what was done as JSON.
    #[arg(long)]
    pub json: bool,
}

/// A key that can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rotatable {
    /// The key that wraps the keys of all people.
    KeyEncryption,
    /// The key that signs checkpoints of the log.
    Log,
    /// The key that signs what software with a license key is told.
    Licensing,
}
