//! `deedbook erasures`.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::arguments::{Erasures, ErasuresCommand, ListErasures};
use super::{Exit, Failure, output};
use crate::data_folder::DataFolder;
use crate::erasures::{self, List};
use crate::moment::rfc3339;

/// Lists who was erased.
///
/// # Errors
/// When the ledger does not verify, nothing of it is signed, or the file cannot be written.
pub fn run(asked: &Erasures) -> Result<Exit, Failure> {
    let ErasuresCommand::List(asked) = &asked.what;
    let bar = output::progress(None, "verifying");
    let list = erasures::list(&DataFolder::at(&asked.data.path));
    bar.finish_and_clear();
    let list = list?;
    if let Some(out) = &asked.out {
        write(out, &list)?;
    }
    print(&list, asked)?;
    Ok(Exit::Done)
}

fn write(out: &Path, list: &List) -> Result<(), Failure> {
    fs::write(out, list.proof.to_text()).map_err(|error| {
        Failure::refused("LIST_NOT_WRITTEN", format!("`{}`: {error}", out.display()))
            .advice("look at the room and the permissions there")
    })
}

fn print(list: &List, asked: &ListErasures) -> Result<(), Failure> {
    let erasures = &list.erasures;
    if asked.json {
        let rows = erasures.iter().map(|one| {
            json!({
                "person": one.whose.to_string(), "erasedAt": rfc3339(one.at),
                "position": one.position.0,
            })
        });
        return output::json(&json!({
            "erasures": rows.collect::<Vec<_>>(), "unsigned": list.unsigned, "file": asked.out,
        }));
    }
    erasures.iter().try_for_each(|one| {
        output::line(&format!("{}  {}  event {}", rfc3339(one.at), one.whose, one.position))
    })?;
    let written = asked.out.as_ref().map(|out| format!(", in {}", out.display()));
    output::line(&format!("{} erasures{}", erasures.len(), written.unwrap_or_default()))?;
    if list.unsigned == 0 {
        return Ok(());
    }
    output::line(&format!(
        "{} more are not signed yet and not on the list: start the service on the folder once",
        list.unsigned
    ))
}
