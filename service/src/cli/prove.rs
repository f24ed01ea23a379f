//! `deedbook prove`: proofs in files that can be mailed, from a ledger that nobody writes to. The arithmetic is the
//! prover's, the same that answers at `/tlog`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use ledger::proof::{Checkpoint, CheckpointError, NoteError, TrustedKeys, Untrusted};
use ledger_log::embedded::{EmbeddedLog, EmbeddedOptions, SystemDisk};
use ledger_log::sealing::{ProveError, Prover, key_changes};
use ledger_log::{EventLog, ReadError};
use schemas::{LogPosition, StoredEvent, StreamName};

use super::arguments::Prove;
use super::verify::text_of;
use super::{Exit, Failure, output};
use crate::data_folder::DataFolder;
use crate::engine::EngineError;
use crate::log_check::DAMAGE_ADVICE;

/// Gives the proof that was asked for.
///
/// # Errors
/// When there is no such proof, with exit code 3 when that is because the log is not the one that was signed.
pub async fn run(asked: &Prove) -> Result<Exit, Failure> {
    let folder = DataFolder::at(&asked.data.path);
    if !folder.holds_a_ledger() {
        return Err(EngineError::NoLedger { path: folder.path().to_owned() }.into());
    }
    let (log, _) = EmbeddedLog::open_read_only(folder.path(), EmbeddedOptions::default())
        .map_err(|error| Failure::from(EngineError::from(error)))?;
    let prover = Prover::open(Arc::new(SystemDisk), &folder.proofs());
    let prover = prover.map_err(|error| failure(&error))?;
    let (proof, says) = match (asked.event, &asked.since) {
        (Some(position), _) => of_event(&prover, &log, position).await?,
        (None, Some(file)) => since(&prover, &log, file).await?,
        (None, None) if asked.keys => of_keys(&prover, &log).await?,
        (None, None) => {
            return Err(Failure::usage("NOTHING_TO_PROVE", "name --event, --since or --keys"));
        }
    };
    let Some(out) = &asked.out else {
        // A person sees it, and a pipe gets the proof alone. Without standard error the proof is still one.
        let _ = writeln!(std::io::stderr(), "{says}");
        return output::line(proof.trim_end_matches('\n')).map(|()| Exit::Done);
    };
    fs::write(out, proof).map_err(|error| {
        Failure::refused("PROOF_NOT_WRITTEN", format!("`{}`: {error}", out.display()))
            .advice("look at the room and the permissions there")
    })?;
    output::line(&says)?;
    Ok(Exit::Done)
}

/// The proof of an event, and what it proves.
async fn of_event(
    prover: &Prover,
    log: &EmbeddedLog,
    position: u64,
) -> Result<(String, String), Failure> {
    let event = event_at(log, position).await?;
    let proof = prover.inclusion(&event).map_err(|error| failure(&error))?;
    let (root, size) = (event.content_root, prover.newest().checkpoint.size);
    Ok((proof.to_text(), format!("event {position} of {size} signed, content root {root}")))
}

async fn event_at(log: &EmbeddedLog, position: u64) -> Result<StoredEvent, Failure> {
    let after = position.checked_sub(1).map(LogPosition);
    let read = log.read_all(after, 1).await.map_err(|error| unread(&error))?;
    read.into_iter().find(|event| event.position.0 == position).ok_or_else(|| {
        Failure::refused("NO_SUCH_EVENT", format!("the ledger has no event {position}"))
            .advice("`deedbook inspect` prints the events with their positions")
    })
}

fn unread(error: &ReadError) -> Failure {
    match error {
        ReadError::Damaged { .. } => {
            Failure::damaged("INTEGRITY_HOLD", error).advice(DAMAGE_ADVICE)
        }
        ReadError::Unavailable { .. } => Failure::caused("LEDGER_UNREADABLE", error),
    }
}

/// The changes of the key, so that whoever kept an earlier one believes the present one.
async fn of_keys(prover: &Prover, log: &EmbeddedLog) -> Result<(String, String), Failure> {
    let proof = prover.key_changes(&ledger_stream(log).await?).map_err(|error| failure(&error))?;
    let (changes, key) = (proof.facts.len(), prover.key());
    let what = if changes == 1 { "change" } else { "changes" };
    Ok((proof.to_text(), format!("{changes} {what} of the key; {key} signs now")))
}

async fn ledger_stream(log: &EmbeddedLog) -> Result<Vec<StoredEvent>, Failure> {
    let read = log.read_stream(StreamName::ledger(), None, usize::MAX).await;
    read.map_err(|error| unread(&error))
}

/// The proof that the newest checkpoint goes on from the one in this file, and what it proves.
async fn since(
    prover: &Prover,
    log: &EmbeddedLog,
    file: &Path,
) -> Result<(String, String), Failure> {
    let mut keys = TrustedKeys::from(prover.key().clone());
    for change in key_changes(&ledger_stream(log).await?) {
        // One that does not hold makes no key known: what it signed is refused below.
        let _ = keys.take(change.position, &change.fact);
    }
    let old = earlier(prover, &keys, file)?;
    let proof = prover.consistency(&old).map_err(|error| failure(&error))?;
    let size = prover.newest().checkpoint.size;
    Ok((proof.to_text(), format!("{size} events signed go on from the first {}", old.size)))
}

/// The checkpoint in this file, if it is an earlier one of this log.
fn earlier(prover: &Prover, keys: &TrustedKeys, file: &Path) -> Result<Checkpoint, Failure> {
    let text = text_of(file)?;
    let name = file.display();
    let own = &prover.newest().checkpoint;
    let checkpoint = match keys.open(&text) {
        Ok(checkpoint) => checkpoint,
        Err(Untrusted::OtherLog { origin, .. }) => {
            return Err(other_log(format!(
                "`{name}` is of `{origin}`, and this is `{}`",
                own.origin
            )));
        }
        Err(
            error @ (Untrusted::Replaced
            | Untrusted::Checkpoint(CheckpointError::Note(
                NoteError::Unsigned | NoteError::SignatureWrong,
            ))),
        ) => {
            let says = text.lines().next().unwrap_or_default();
            if says == own.origin {
                let what = format!("`{name}` is of this log, and this log's key: {error}");
                return Err(Failure::damaged("UNKNOWN_KEY", what).advice(
                    "one of the two was signed by somebody else: compare proofs/log.vkey with the key that you kept",
                ));
            }
            return Err(other_log(format!(
                "`{name}` is of `{says}`, and this is `{}`",
                own.origin
            )));
        }
        Err(error) => {
            let what = format!("`{name}` is no checkpoint: {error}");
            return Err(Failure::usage("CHECKPOINT_NOT_UNDERSTOOD", what)
                .advice("name a copy of proofs/checkpoint that was kept elsewhere"));
        }
    };
    if checkpoint.origin == own.origin && checkpoint.size > own.size {
        let (kept, newest) = (checkpoint.size, own.size);
        let what =
            format!("`{name}` was signed for {kept} events, the newest checkpoint is for {newest}");
        return Err(Failure::damaged("ROLLBACK", what).advice(DAMAGE_ADVICE));
    }
    Ok(checkpoint)
}

fn other_log(what: String) -> Failure {
    Failure::refused("OTHER_LOG", what).advice("name a checkpoint that this ledger published")
}

fn failure(error: &ProveError) -> Failure {
    match error {
        ProveError::NotSealed => Failure::caused("NOT_SEALED", error)
            .advice("start the service on the folder once: it signs what is there, and every second"),
        ProveError::NotYet { .. } => Failure::caused("NOT_SEALED_YET", error)
            .advice("start the service on the folder once: it signs what is there"),
        ProveError::OtherLog { .. } => other_log(error.to_string()),
        ProveError::Fork(_) => Failure::damaged("FORK", super::failure::with_causes(error)).advice(
            "keep the folder and the checkpoint as they are: together they show that history was rewritten",
        ),
        ProveError::Tiles(_) => Failure::damaged("PROOF_DOES_NOT_HOLD", super::failure::with_causes(error))
            .advice("run `deedbook verify`: it says whether the log or only a tile is wrong"),
        ProveError::Unreadable(_) => Failure::caused("TILES_UNREADABLE", error).advice(
            "a backup has no tiles: start the service on a restored copy, or run `deedbook doctor --mend`",
        ),
        ProveError::Folder { .. } => Failure::damaged("CHECKPOINT_NOT_BELIEVED", error)
            .advice("run `deedbook verify`, and restore the newest backup that verifies"),
    }
}
