//! What can be typed after the commands that read a ledger: verify, prove, doctor, replay, inspect, export.

use std::path::PathBuf;

use clap::Args;
use schemas::AccountId;

use super::DataFolder;
use crate::export::Person;

/// `deedbook verify`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook verify --data ./ledger
  deedbook verify --data ./ledger --json && echo whole
  deedbook verify --data ./ledger --key orbit.vkey --checkpoint kept-last-month

Reads every byte of the log, derives every hash, tile and root again, and changes nothing. The service must not
be running on the folder: verify a backup of it instead. It ends with 0 when all is as it was written and
signed, and with 3 when damage was found: then it prints the segment, the place and what is wrong.

Whoever can change every file of the folder can sign a changed history with a key of their own, or with the
ledger's. So keep the public key (proofs/log.vkey) and a checkpoint (proofs/checkpoint) elsewhere from time to
time, and name them here: then the log must be signed with that key and go on from that checkpoint. Where the key was
changed since, the log says so, and the old key vouches for the new one: the key that was kept is enough.")]
pub struct Verify {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// The public key that checkpoints must be signed with: its text, or a file with it.
    #[arg(long, value_name = "KEY|FILE")]
    pub key: Option<String>,
    /// A checkpoint that was kept elsewhere; the log must go on from it. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook prove`.
#[derive(Debug, Args)]
#[command(
    group = clap::ArgGroup::new("what").required(true),
    after_long_help = "\
Examples:
  deedbook prove --data ./ledger --event 3
  deedbook prove --data ./ledger --event 3 --out event-3.proof
  deedbook prove --data ./ledger --since kept-last-month --out since-last-month.proof
  deedbook prove --data ./ledger --keys --out keys.proof

With --event: that the event at this position is in the log that the newest checkpoint signs. With --since: that
the newest checkpoint goes on from one that was kept elsewhere, so that nothing before it was rewritten. With --keys:
which key signs now, for whoever kept an earlier one. The proof is checked before it is given away. Whoever gets it
needs the public key (proofs/log.vkey), from you and not from the ledger, and `ledger-verify`; for an event also its
content root, which is printed beside the proof.

The service must not be running on the folder: a running one gives the same proofs at /tlog. It ends with 1 when
the event is not sealed yet or the checkpoint is another log's, and with 3 when the log is not the one that was
signed.")]
pub struct Prove {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// The position of the event to prove.
    #[arg(long, value_name = "POSITION", group = "what")]
    pub event: Option<u64>,
    /// The checkpoint, kept elsewhere, from which the newest one has to go on.
    #[arg(long, value_name = "FILE", group = "what")]
    pub since: Option<PathBuf>,
    /// Prove that the present key follows those before it.
    #[arg(long, group = "what")]
    pub keys: bool,
    /// The file to write the proof to; standard output unless given.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `deedbook doctor`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook doctor --data ./ledger
  deedbook doctor --data ./ledger --json
  deedbook doctor --data ./ledger --mend

Looks at the folder, the room on its disk, the keys, the log, its signatures and its clock, says one line about
each, and what to do. It ends with 0 when nothing needs attention, with 1 when something does, and with 3 when
the log or what was signed about it is damaged.

Indexes, tiles and snapshots of the views are derived from the log. With --mend they are made again, if the log
itself is whole. The log, the keys and the signatures are never changed.")]
pub struct Doctor {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// Make again what is derived from the log.
    #[arg(long)]
    pub mend: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook replay`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook replay --data ./ledger
  deedbook replay --data ./ledger --as-of 2026-06-01T00:00:00Z
  deedbook replay --data ./ledger --as-of 1042 --json

Reads the log from its first event up to a time or a position, folds every view, and prints each view's
digest. The digests are those that the live service had at that moment.

Beside that it judges again, by what was so just before each fact, by which right it was recorded, and compares
with what the fact says. It ends with 1 when one comes out otherwise: somebody was let do what they may not. A
right that ended in the moment between its judgement and the record shows so too.")]
pub struct Replay {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// A time such as 2026-06-01T00:00:00Z, or a position such as 1042; the end of the log unless given.
    #[arg(long, value_name = "TIME|POSITION")]
    pub as_of: Option<String>,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook inspect`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook inspect --data ./ledger --limit 5
  deedbook inspect --data ./ledger --stream lic_01KB5Z0000000000000000000A
  deedbook inspect --data ./ledger --after 1000 --limit 50 --json

A stream is named by the id of what it is about (prd_…, acc_…, lic_…, mtr_…, stf_…), or in full, such as
license-0198b0c4-0000-7000-8000-000000000000. Personal fields are shown only with --personal.")]
pub struct Inspect {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// The stream, by the id of what it is about, or in full.
    #[arg(long, value_name = "STREAM")]
    pub stream: Option<String>,
    /// Only events after this position (with --stream: after this revision).
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<u64>,
    /// At most this many events.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub limit: usize,
    /// Show personal fields too.
    #[arg(long)]
    pub personal: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook export`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook export --data ./ledger --to ./export
  deedbook export --data ./ledger --to ./export --as-of 2026-06-01T00:00:00Z
  deedbook export --data ./ledger --to ./export --account acc_01KB5Z0000000000000000000A --personal
  deedbook export --data ./ledger --to ./export --person mem_01KB5Z0000000000000000000A

Writes events.jsonl for auditors and licenses.csv for finance, each with a manifest that names the moment and
the file's BLAKE3 hash. The same moment gives the same bytes, whenever and wherever it is exported. Names,
e-mails, external ids and masked keys are in the files only with --personal. With --person, events.jsonl holds what
the ledger knows about that person, with the personal fields of nobody else.")]
pub struct Export {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// The folder to write to; it must not exist or be empty.
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// A time such as 2026-06-01T00:00:00Z, or a position; the present unless given.
    #[arg(long, value_name = "TIME|POSITION")]
    pub as_of: Option<String>,
    /// Only events after this position.
    #[arg(long, value_name = "POSITION")]
    pub after: Option<u64>,
    /// Only this customer's.
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<AccountId>,
    /// With personal fields.
    #[arg(long)]
    pub personal: bool,
    /// Only what a person, of a customer or of the vendor, did or what was done about the person, for whoever asks what is
    /// known about them.
    #[arg(long, value_name = "PERSON", conflicts_with_all = ["account", "personal"])]
    pub person: Option<Person>,
    /// Print the manifests as JSON.
    #[arg(long)]
    pub json: bool,
}
