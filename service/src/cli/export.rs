//! `deedbook export`.

use ledger_log::{Clock, ReadError, SystemClock};
use schemas::LogPosition;

use super::arguments::Export;
use super::{Exit, Failure, output};
use crate::export::{self, ExportError, Manifest, Selection};
use crate::offline::Offline;

/// Writes what is so, or was so, to files.
///
/// # Errors
/// When the ledger cannot be opened or read, or a file cannot be written.
pub async fn run(asked: &Export) -> Result<Exit, Failure> {
    let as_of = asked.as_of.as_deref().map(str::parse).transpose();
    let as_of = as_of.map_err(|error| Failure::usage("MOMENT_NOT_UNDERSTOOD", error))?;
    let selection = Selection {
        after: asked.after.map(LogPosition),
        as_of,
        tenant: asked.account,
        with_personal: asked.personal,
        person: asked.person,
    };
    let offline = Offline::open(&asked.data.path)?;
    let bar = output::progress(None, "exporting");
    let now = SystemClock.now();
    let written =
        export::to_folder(&*offline.log, &offline.codec, &asked.to, &selection, now).await;
    bar.finish_and_clear();
    let manifests = written.map_err(|error| failure(&error))?;
    if asked.json {
        output::json(&manifests)?;
    } else {
        manifests.iter().try_for_each(print)?;
    }
    Ok(Exit::Done)
}

fn print(manifest: &Manifest) -> Result<(), Failure> {
    let Manifest { file, rows, bytes, blake3, as_of_time, .. } = manifest;
    output::line(&format!(
        "{file}: {rows} rows, {bytes} bytes, as of {as_of_time}, BLAKE3 {blake3}"
    ))
}

fn failure(error: &ExportError) -> Failure {
    match error {
        ExportError::Read(cause @ ReadError::Damaged { .. }) => {
            Failure::damaged("INTEGRITY_HOLD", cause).advice(crate::log_check::DAMAGE_ADVICE)
        }
        ExportError::Read(ReadError::Unavailable { .. }) => {
            Failure::caused("LEDGER_UNAVAILABLE", error)
        }
        ExportError::Decode(cause) => Failure::caused(cause.code(), error)
            .advice("use the version of deedbook that wrote the event, or a newer one"),
        ExportError::Body(_) => Failure::caused("EXPORT_FAILED", error),
        ExportError::Write(_) => Failure::caused("EXPORT_NOT_WRITTEN", error).advice(
            "look at the room and the permissions there, remove the partial export, try again",
        ),
        ExportError::NotEmpty { .. } => Failure::caused("FOLDER_NOT_EMPTY", error)
            .advice("name a folder that does not exist or is empty"),
    }
}
