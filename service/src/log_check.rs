//! Checks a ledger that nobody writes to, from its first byte to its last, and all that was signed about it.

use std::sync::Arc;

use ledger::proof::note::VerifierKey;
use ledger_log::embedded::disk::Disk;
use ledger_log::embedded::{EmbeddedOptions, Finding, VerifyReport, verify};
use ledger_log::sealing::{Audit, AuditReport, ProofFinding};
use schemas::StoredEvent;
use serde_json::{Value, json};

use crate::data_folder::DataFolder;
use crate::engine::EngineError;

/// What to do about damage.
pub const DAMAGE_ADVICE: &str = "keep the folder as it is, restore the newest backup that verifies, and read \
what is healthy with `deedbook inspect --stream`";

/// What to do when the log is whole and only what is derived from it is not.
pub const COPIES_ADVICE: &str =
    "the log itself is whole: `deedbook doctor --mend` makes the copies again from it";

/// Why a ledger is not known to be whole.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It is not.
    #[error("the ledger is damaged")]
    Damaged(Box<Checked>),
    /// It cannot be opened.
    #[error("the ledger cannot be opened")]
    Open(#[source] Box<EngineError>),
}

/// What a check trusts beside the ledger's own files.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The keys that checkpoints must be signed with, or with those that follow or precede them in the log; the public
    /// key in the data folder unless any is given. Whoever can write the folder can write that one too.
    pub keys: Vec<VerifierKey>,
    /// Checkpoints that were kept elsewhere: what each is called, and the signed note.
    pub checkpoints: Vec<(String, String)>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// About the log.
    pub log: VerifyReport,
    /// About what was signed.
    pub proofs: AuditReport,
}

impl Checked {
    /// Whether everything that was acknowledged is there as it was written, and as it was signed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.log.is_whole() && self.proofs.findings.is_empty()
    }

    /// Whether the log is whole and all that is wrong can be made again from it.
    #[must_use]
    pub fn only_copies_differ(&self) -> bool {
        self.log.is_whole() && self.proofs.findings.iter().all(|finding| finding.is_copy)
    }
}

/// Checks a data folder and calls `each` for every whole event. Writes nothing.
///
/// # Errors
/// When it is damaged, or cannot be opened.
pub fn check(
    folder: &DataFolder,
    trust: &Trust,
    each: &mut dyn FnMut(&StoredEvent),
) -> Result<Checked, CheckError> {
    let path = folder.path();
    let refuse = |error: EngineError| CheckError::Open(Box::new(error));
    if !folder.holds_a_ledger() {
        return Err(refuse(EngineError::NoLedger { path: path.to_owned() }));
    }
    let options = EmbeddedOptions::default();
    let disk: Arc<dyn Disk> = Arc::clone(&options.disk);
    let folders = (folder.proofs(), folder.keys());
    let folders = (folders.0.as_path(), folders.1.as_path());
    let audit = Audit::begin(&disk, folders, &trust.keys, &trust.checkpoints);
    let mut audit = audit.map_err(|error| refuse(error.into()))?;
    let log = verify(path, &options, &mut |event| {
        audit.event(event);
        each(event);
    });
    let log = log.map_err(|error| refuse(error.into()))?;
    let checked = Checked { log, proofs: audit.finish() };
    if checked.is_whole() { Ok(checked) } else { Err(CheckError::Damaged(Box::new(checked))) }
}

/// A check as JSON.
#[must_use]
pub fn checked_json(checked: &Checked) -> Value {
    let Checked { log, proofs } = checked;
    json!({
        "whole": checked.is_whole(),
        "ledger": log.ledger.to_string(),
        "segments": log.segments,
        "batches": log.batches,
        "events": log.events,
        "streams": log.streams,
        "position": log.newest.map(|position| position.0),
        "lastHash": log.last_hash.to_string(),
        "findings": log.findings.iter().map(finding_json).collect::<Vec<_>>(),
        "key": proofs.key,
        "keyChanges": proofs.chain.links().iter().map(|(position, change)| json!({
            "position": position.0, "old": change.old.to_string(), "new": change.new.to_string(),
        })).collect::<Vec<_>>(),
        "checkpoint": proofs.newest.as_ref().map(|held| json!({
            "origin": held.checkpoint.origin,
            "size": held.checkpoint.size,
            "root": held.checkpoint.root.to_string(),
        })),
        "checkpointsCompared": proofs.checkpoints,
        "tilesCompared": proofs.tiles,
        "proofFindings": proofs.findings.iter().map(proof_finding_json).collect::<Vec<_>>(),
    })
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.code(),
        "segment": finding.segment,
        "offset": finding.offset,
        "positions": finding.positions.map(|(first, last)| [first.0, last.0]),
        "stream": finding.event.map(|event| event.stream.to_string()),
        "revision": finding.event.map(|event| event.revision),
        "expected": finding.expected,
        "found": finding.found,
    })
}

fn proof_finding_json(finding: &ProofFinding) -> Value {
    json!({
        "kind": finding.kind.code(),
        "place": finding.place,
        "positions": finding.positions.map(|(first, last)| [first.0, last.0]),
        "expected": finding.expected,
        "found": finding.found,
        "copyOnly": finding.is_copy,
    })
}
