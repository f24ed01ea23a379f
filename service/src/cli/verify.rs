//! `deedbook verify`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use ledger::proof::note::VerifierKey;

use super::arguments::Verify;
use super::{Exit, Failure, output};
use crate::data_folder::DataFolder;
use crate::log_check::{self, COPIES_ADVICE, CheckError, Checked, DAMAGE_ADVICE, Trust};

/// Reads every byte of the log, and derives again all that was signed about it.
///
/// # Errors
/// When the ledger cannot be opened, or is damaged: then with exit code 3.
pub fn run(asked: &Verify) -> Result<Exit, Failure> {
    let folder = DataFolder::at(&asked.data.path);
    let trust = trust(asked.key.as_deref(), &asked.checkpoint)?;
    let bar = output::progress(None, "verifying");
    let outcome = log_check::check(&folder, &trust, &mut |_| bar.inc(1));
    bar.finish_and_clear();
    match outcome {
        Ok(checked) => {
            print(&checked, asked.json)?;
            Ok(Exit::Done)
        }
        Err(CheckError::Damaged(checked)) => {
            if asked.json {
                print(&checked, true)?;
            }
            Err(damaged(&checked))
        }
        Err(CheckError::Open(error)) => Err(Failure::from(*error)),
    }
}

/// What the person trusts: a public key, as text or in a file, and files of checkpoints.
///
/// # Errors
/// When the key is none, or a file cannot be read.
pub fn trust(key: Option<&str>, checkpoints: &[PathBuf]) -> Result<Trust, Failure> {
    let keys = key.map(verifier_key).transpose()?.into_iter().collect();
    let read = |path: &PathBuf| Ok((path.display().to_string(), text_of(path)?));
    let checkpoints = checkpoints.iter().map(read).collect::<Result<_, Failure>>()?;
    Ok(Trust { keys, checkpoints })
}

fn verifier_key(given: &str) -> Result<VerifierKey, Failure> {
    let path = Path::new(given);
    let text = if path.is_file() { text_of(path)? } else { given.to_owned() };
    text.trim().parse().map_err(|error| {
        Failure::usage("KEY_NOT_UNDERSTOOD", format!("`{given}` is no public key: {error}"))
            .advice("give the content of proofs/log.vkey, or the path of such a file")
    })
}

/// The text of a file that a person named.
///
/// # Errors
/// When it cannot be read.
pub fn text_of(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        Failure::usage("FILE_NOT_READ", format!("`{}` cannot be read: {error}", path.display()))
    })
}

/// The failure that says where the damage is.
#[must_use]
pub fn damaged(checked: &Checked) -> Failure {
    let mut message = String::from("the ledger is damaged");
    // Writing to a text does not fail.
    for finding in &checked.log.findings {
        let _ = write!(message, "\n  {finding}");
    }
    for finding in &checked.proofs.findings {
        let _ = write!(message, "\n  {finding}");
    }
    let advice = if checked.only_copies_differ() { COPIES_ADVICE } else { DAMAGE_ADVICE };
    Failure::damaged("LEDGER_DAMAGED", message).advice(advice)
}

fn print(checked: &Checked, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&log_check::checked_json(checked));
    }
    let Checked { log, proofs } = checked;
    let (events, streams, segments) = (log.events, log.streams, log.segments);
    output::line(&format!("whole: {events} events of {streams} streams in {segments} segments"))?;
    match (&proofs.newest, &proofs.key) {
        (Some(held), Some(key)) => {
            let (size, root) = (held.checkpoint.size, held.checkpoint.root);
            output::line(&format!("signed: {size} events with root {root}, by {key}"))?;
            let (checkpoints, tiles) = (proofs.checkpoints, proofs.tiles);
            output::line(&format!("compared: {checkpoints} checkpoints, {tiles} tiles"))?;
            proofs.chain.links().iter().try_for_each(|(position, change)| {
                let (old, new) = (&change.old, &change.new);
                output::line(&format!("key: event {position} has {new} follow {old}"))
            })?;
        }
        _ => output::line("signed: nothing yet; the service signs when it runs")?,
    }
    log.findings.iter().try_for_each(|finding| output::line(&format!("note: {finding}")))
}
