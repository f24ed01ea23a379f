//! `deedbook backup`.

use serde_json::{Value, json};

use super::arguments::Backup;
use super::{Exit, Failure, output};
use crate::backup;
use crate::copying::Copied;
use crate::data_folder::DataFolder;

/// Copies a ledger to another folder.
///
/// # Errors
/// When there is no copy, or it does not verify.
pub fn back_up(asked: &Backup) -> Result<Exit, Failure> {
    let (from, to) = (DataFolder::at(&asked.data.path), DataFolder::at(&asked.to));
    let bar = output::progress(None, "copying and verifying");
    let copied = backup::backup(&from, &to, asked.with_keys);
    bar.finish_and_clear();
    let copied = copied?;
    report(&copied, &to, asked.json)?;
    if !asked.json {
        output::line(if asked.with_keys { KEYS_INSIDE } else { KEYS_APART })?;
    }
    Ok(Exit::Done)
}

const KEYS_APART: &str =
    "The keys are not in it: back up the folder `keys` too, in a separate place.";
const KEYS_INSIDE: &str = "The keys are in it: it opens also what is known of people who are erased later. Restore it with \
                           the newest list of `deedbook erasures list`.";

fn report(copied: &Copied, to: &DataFolder, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&copied_json(copied, to));
    }
    output::line(&copied_line(copied, to))
}

/// What was copied, as JSON.
pub fn copied_json(copied: &Copied, to: &DataFolder) -> Value {
    let Copied { checked, files, bytes, with_keys } = copied;
    json!({
        "folder": to.path().display().to_string(), "files": files, "bytes": bytes, "withKeys": with_keys,
        "events": checked.log.events, "position": checked.log.newest.map(|position| position.0),
    })
}

/// What was copied, as a line.
pub fn copied_line(copied: &Copied, to: &DataFolder) -> String {
    let Copied { checked, files, .. } = copied;
    format!("{}: {} events in {files} files, verified", to.path().display(), checked.log.events)
}
