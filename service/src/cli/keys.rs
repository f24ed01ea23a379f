//! `deedbook keys`.

use ledger_log::embedded::hold;
use ledger_log::sealing::open_log_key;
use ledger_log::{Keystore, KeystoreError};
use serde::Serialize;
use serde_json::json;

use super::arguments::{DataFolder as Asked, Keys, KeysCommand, ListKeys, Rotatable, RotateKey};
use super::{Exit, Failure, output};
use crate::data_folder::DataFolder;
use crate::engine::EngineError;

/// Lists the keys of a ledger, or changes one.
///
/// # Errors
/// When there is no ledger, another process has it open, or its keys cannot be used.
pub fn run(asked: &Keys) -> Result<Exit, Failure> {
    match &asked.what {
        KeysCommand::List(asked) => list(asked),
        KeysCommand::Rotate(asked) => rotate(asked),
    }
}

/// A key as it is told: never itself.
#[derive(Serialize)]
struct Told {
    name: &'static str,
    id: String,
    purpose: &'static str,
    algorithm: &'static str,
    place: &'static str,
    changed: &'static str,
}

fn list(asked: &ListKeys) -> Result<Exit, Failure> {
    let folder = folder(&asked.data)?;
    let _held = hold(folder.path()).map_err(EngineError::from)?;
    let keys = inventory(&folder)?;
    if asked.json {
        output::json(&json!({ "keys": keys }))?;
        return Ok(Exit::Done);
    }
    for key in keys {
        output::line(&format!("{:<15} {}", key.name, key.id))?;
        output::line(&format!("{:<15} for: {}", "", key.purpose))?;
        output::line(&format!("{:<15} is: {}, in {}", "", key.algorithm, key.place))?;
        output::line(&format!("{:<15} changed: {}", "", key.changed))?;
    }
    Ok(Exit::Done)
}

fn inventory(folder: &DataFolder) -> Result<Vec<Told>, Failure> {
    let kept = Keystore::open(&folder.keys()).map_err(EngineError::from)?.inventory();
    let log = open_log_key(&folder.keys())
        .map_err(|error| Failure::caused("LOG_KEY", &error).advice(RESTORE))?;
    let log = log.map_or_else(
        || "none".to_owned(),
        |key| format!("{}+{:08x}", key.verifier().name(), key.verifier().key_id()),
    );
    Ok(vec![
        Told {
            name: "key-encryption",
            id: kept.key_encryption.to_string(),
            purpose: "wraps the keys of people and that of hashes",
            algorithm: "XChaCha20-Poly1305, 256 bits",
            place: "keys/kek",
            changed: "deedbook keys rotate key-encryption",
        },
        Told {
            name: "people",
            id: format!("{} keys, {} destroyed", kept.subjects, kept.erased),
            purpose: "one for each person, account and license: seals what is personal and secret",
            algorithm: "XChaCha20-Poly1305 with a BLAKE3 commitment, 256 bits",
            place: "keys/subjects.a, keys/subjects.b",
            changed: "destroyed when a person is erased; what is in the log stays sealed with it",
        },
        Told {
            name: "hashes",
            id: kept.index.to_string(),
            purpose: "keyed hashes of e-mails, keys and codes, and what follows from them: tickets, programs' tokens",
            algorithm: "keyed BLAKE3, 256 bits",
            place: "keys/subjects.a, keys/subjects.b",
            changed: "never: the log holds its hashes for good",
        },
        Told {
            name: "log",
            id: log,
            purpose: "signs checkpoints of the log",
            algorithm: "Ed25519",
            place: "keys/log.key",
            changed: "not yet: whoever kept the public key would no longer believe the log",
        },
    ])
}

const RESTORE: &str = "restore the folder `keys` from its backup";

fn rotate(asked: &RotateKey) -> Result<Exit, Failure> {
    let folder = folder(&asked.data)?;
    let _held = hold(folder.path()).map_err(EngineError::from)?;
    let rotated = match asked.key {
        Rotatable::KeyEncryption => Keystore::rotate_key_encryption(&folder.keys()),
    };
    let rotated = rotated.map_err(|error: KeystoreError| EngineError::from(error))?;
    if asked.json {
        output::json(&json!({
            "key": "key-encryption", "before": rotated.before.to_string(),
            "now": rotated.now.to_string(), "wrapped": rotated.wrapped,
        }))?;
        return Ok(Exit::Done);
    }
    let (before, now) = (rotated.before, rotated.now);
    output::line(&format!("key-encryption was {before} and is {now}."))?;
    output::line(&format!("{} keys are wrapped with it.", rotated.wrapped))?;
    let keys = folder.keys();
    output::line(&format!("Back up {} anew, apart from the rest.", keys.display()))?;
    Ok(Exit::Done)
}

fn folder(asked: &Asked) -> Result<DataFolder, Failure> {
    let folder = DataFolder::at(&asked.path);
    if folder.holds_a_ledger() {
        return Ok(folder);
    }
    Err(EngineError::NoLedger { path: asked.path.clone() }.into())
}
