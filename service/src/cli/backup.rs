//! `deedbook backup` and `deedbook restore`.

use serde_json::json;

use super::arguments::{Backup, Restore};
use super::{Exit, Failure, output};
use crate::backup::{self, Copied, CopyError};
use crate::data_folder::DataFolder;
use crate::log_check::CheckError;

/// Copies a ledger to another folder.
///
/// # Errors
/// When there is no copy, or it does not verify.
pub fn back_up(asked: &Backup) -> Result<Exit, Failure> {
    let (from, to) = (DataFolder::at(&asked.data.path), DataFolder::at(&asked.to));
    let bar = output::progress(None, "copying and verifying");
    let copied = backup::backup(&from, &to, asked.with_keys);
    bar.finish_and_clear();
    let copied = copied.map_err(failure)?;
    report(&copied, &to, asked.json)?;
    if !asked.with_keys && !asked.json {
        output::line(
            "The keys are not in it: back up the folder `keys` too, in a separate place.",
        )?;
    }
    Ok(Exit::Done)
}

/// Makes a data folder from a backup.
///
/// # Errors
/// When the backup does not verify or the folder cannot be made.
pub fn restore(asked: &Restore) -> Result<Exit, Failure> {
    let (from, to) = (DataFolder::at(&asked.from), DataFolder::at(&asked.to));
    let bar = output::progress(None, "verifying and copying");
    let copied = backup::restore(&from, &to, asked.keys.as_deref());
    bar.finish_and_clear();
    report(&copied.map_err(failure)?, &to, asked.json)?;
    Ok(Exit::Done)
}

fn report(copied: &Copied, to: &DataFolder, as_json: bool) -> Result<(), Failure> {
    let Copied { checked, files, bytes, with_keys } = copied;
    let folder = to.path().display().to_string();
    if as_json {
        return output::json(&json!({
            "folder": folder, "files": files, "bytes": bytes, "withKeys": with_keys,
            "events": checked.log.events, "position": checked.log.newest.map(|position| position.0),
        }));
    }
    let events = checked.log.events;
    output::line(&format!("{folder}: {events} events in {files} files, verified"))
}

fn failure(error: CopyError) -> Failure {
    let code = match &error {
        CopyError::NotALedger { .. } => "NO_LEDGER",
        CopyError::NotVacant { .. } => "FOLDER_NOT_EMPTY",
        CopyError::NoKeys { .. } => "NO_KEYS",
        CopyError::Copy { .. } => "COPY_FAILED",
        CopyError::Check(_) => "COPY_NOT_VERIFIED",
    };
    match error {
        CopyError::Check(CheckError::Damaged(checked)) => super::verify::damaged(&checked),
        CopyError::Check(error) => Failure::caused(code, &error),
        CopyError::NotALedger { .. } => {
            Failure::caused(code, &error).advice("name the folder that holds the file FORMAT")
        }
        CopyError::NotVacant { .. } => {
            Failure::caused(code, &error).advice("name a folder that does not exist or is empty")
        }
        CopyError::NoKeys { .. } => Failure::caused(code, &error)
            .advice("name the separate backup of the keys with --keys FOLDER"),
        CopyError::Copy { .. } => Failure::caused(code, &error).advice(
            "look at the room and the permissions there, remove the partial copy, try again",
        ),
    }
}
