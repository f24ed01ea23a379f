//! `deedbook verify`.

use std::fmt::Write;

use ledger_log::embedded::VerifyReport;

use super::arguments::Verify;
use super::{Exit, Failure, output};
use crate::data_folder::DataFolder;
use crate::log_check::{self, CheckError};

/// Reads every byte of the log.
///
/// # Errors
/// When the ledger cannot be opened, or is damaged: then with exit code 3.
pub fn run(asked: &Verify) -> Result<Exit, Failure> {
    let folder = DataFolder::at(&asked.data.path);
    let bar = output::progress(None, "verifying");
    let outcome = log_check::check(&folder, &mut || bar.inc(1));
    bar.finish_and_clear();
    match outcome {
        Ok(report) => {
            print(&report, asked.json)?;
            Ok(Exit::Done)
        }
        Err(CheckError::Damaged(report)) => {
            if asked.json {
                print(&report, true)?;
            }
            Err(damaged(&report))
        }
        Err(CheckError::Open(error)) => Err(Failure::from(*error)),
    }
}

/// The failure that says where the damage is.
#[must_use]
pub fn damaged(report: &VerifyReport) -> Failure {
    let mut message = String::from("the ledger is damaged");
    for finding in &report.findings {
        // Writing to a text does not fail.
        let _ = write!(message, "\n  {finding}");
    }
    Failure::damaged("LEDGER_DAMAGED", message).advice(super::failure::DAMAGE_ADVICE)
}

fn print(report: &VerifyReport, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&log_check::report_json(report));
    }
    let VerifyReport { events, streams, segments, .. } = report;
    output::line(&format!("whole: {events} events of {streams} streams in {segments} segments"))?;
    report.findings.iter().try_for_each(|finding| output::line(&format!("note: {finding}")))
}
