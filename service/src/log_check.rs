//! Checks a log that nobody writes to, from its first byte to its last.

use ledger_log::embedded::{EmbeddedOptions, Finding, VerifyReport, verify};
use serde_json::{Value, json};

use crate::data_folder::DataFolder;
use crate::engine::EngineError;

/// Why a log is not known to be whole.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It is not.
    #[error("the ledger is damaged")]
    Damaged(Box<VerifyReport>),
    /// It cannot be opened.
    #[error("the ledger cannot be opened")]
    Open(#[source] Box<EngineError>),
}

/// Checks the log of a data folder and calls `each` for every whole event. Writes nothing.
///
/// # Errors
/// When it is damaged, or cannot be opened.
pub fn check(folder: &DataFolder, each: &mut dyn FnMut()) -> Result<VerifyReport, CheckError> {
    let path = folder.path();
    if !folder.holds_a_ledger() {
        let error = EngineError::NoLedger { path: path.to_owned() };
        return Err(CheckError::Open(Box::new(error)));
    }
    let report = verify(path, &EmbeddedOptions::default(), &mut |_| each())
        .map_err(|error| CheckError::Open(Box::new(error.into())))?;
    if report.is_whole() { Ok(report) } else { Err(CheckError::Damaged(Box::new(report))) }
}

/// A report as JSON.
#[must_use]
pub fn report_json(report: &VerifyReport) -> Value {
    json!({
        "whole": report.is_whole(),
        "ledger": report.ledger.to_string(),
        "segments": report.segments,
        "batches": report.batches,
        "events": report.events,
        "streams": report.streams,
        "position": report.newest.map(|position| position.0),
        "lastHash": report.last_hash.to_string(),
        "findings": report.findings.iter().map(finding_json).collect::<Vec<_>>(),
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
