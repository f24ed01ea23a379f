//! `deedbook restore`.

use std::path::Path;

use serde_json::json;

use super::arguments::Restore as Asked;
use super::backup::{copied_json, copied_line};
use super::verify::{text_of, trust};
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
        erasures: asked.erasures.as_deref().map(read_list).transpose()?,
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

fn read_list(path: &Path) -> Result<(String, String), Failure> {
    Ok((path.display().to_string(), text_of(path)?))
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
    print_erased(restored)?;
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

fn print_erased(restored: &Restored) -> Result<(), Failure> {
    let Some(erased) = &restored.erased else {
        return output::line(
            "erased: nobody by a list. Whoever was erased after these keys were copied can be read again: name the newest \
             list of `deedbook erasures list` with --erasures",
        );
    };
    let (listed, destroyed) = (erased.listed.len(), erased.destroyed);
    output::line(&format!(
        "erased: {listed} people are on the list; {destroyed} keys were destroyed again"
    ))?;
    if erased.unknown.is_empty() {
        return Ok(());
    }
    output::line(
        "the log does not know yet that these were erased; erase them again, so that it does:",
    )?;
    erased.unknown.iter().try_for_each(|one| output::line(&format!("  {}", one.whose)))
}

fn json(restored: &Restored, to: &DataFolder) -> serde_json::Value {
    let mut value = copied_json(&restored.copied, to);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("proven".to_owned(), restored.proven.as_ref().map_or(json!(null), |proven| {
            json!({ "origin": proven.origin, "size": proven.size, "root": proven.root.to_string() })
        }));
        fields.insert("forked".to_owned(), json!(restored.forked));
        fields.insert("erased".to_owned(), restored.erased.as_ref().map_or(json!(null), |erased| {
            let unknown: Vec<_> = erased.unknown.iter().map(|one| one.whose.to_string()).collect();
            json!({ "listed": erased.listed.len(), "destroyed": erased.destroyed, "unknown": unknown })
        }));
    }
    value
}
