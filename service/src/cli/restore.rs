//! `deedbook restore`.

use serde_json::json;

use super::arguments::Restore as Asked;
use super::backup::{copied_json, copied_line};
use super::verify::trust;
use super::{Exit, Failure, output};
use crate::data_folder::DataFolder;
use crate::restore::{self, Restore, Restored};

/// Makes a data folder from a backup.
///
/// # Errors
/// When the backup does not verify, acknowledged events would be missing, or the folder cannot be made.
pub async fn run(asked: &Asked) -> Result<Exit, Failure> {
    let restore = Restore {
        from: DataFolder::at(&asked.from),
        to: DataFolder::at(&asked.to),
        keys: asked.keys.clone(),
        until: asked.until,
        checkpoints: trust(None, &asked.checkpoint)?.checkpoints,
        may_fork: asked.fork,
        sizes: asked.segments.sizes(),
    };
    let bar = output::progress(None, "verifying and copying");
    let restored = restore::restore(&restore).await;
    bar.finish_and_clear();
    let restored = restored?;
    if asked.json {
        output::json(&json(&restored, &restore.to))?;
    } else {
        print(&restored, &restore)?;
    }
    Ok(Exit::Done)
}

fn print(restored: &Restored, asked: &Restore) -> Result<(), Failure> {
    output::line(&copied_line(&restored.copied, &asked.to))?;
    match &restored.proven {
        Some(proven) => output::line(&format!(
            "proven: the first {} events are those that `{}` signed, with root {}",
            proven.size, proven.origin, proven.root
        ))?,
        None => output::line("proven: nothing; no checkpoint was signed about it")?,
    }
    if let Some(forked) = &restored.forked {
        return output::line(&format!(
            "another ledger: {} goes on from the first {} events of {}; who kept a checkpoint or the public \
             key of that one needs the new ones in `proofs`",
            forked.ledger, forked.events, forked.from
        ));
    }
    if asked.checkpoints.is_empty() {
        output::line(
            "whether anything came later is not known: name a checkpoint that was kept elsewhere with \
             --checkpoint",
        )?;
    }
    Ok(())
}

fn json(restored: &Restored, to: &DataFolder) -> serde_json::Value {
    let mut value = copied_json(&restored.copied, to);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("proven".to_owned(), restored.proven.as_ref().map_or(json!(null), |proven| {
            json!({ "origin": proven.origin, "size": proven.size, "root": proven.root.to_string() })
        }));
        fields.insert("forked".to_owned(), json!(restored.forked));
    }
    value
}
