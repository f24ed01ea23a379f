//! `deedbook keys`.

use ledger::proof::VerifierKey;
use ledger_log::embedded::{EmbeddedLog, EmbeddedOptions, hold};
use ledger_log::sealing::{LogKeyError, LogKeys, OVERLAP_DAYS, signs_until};
use ledger_log::{Clock, Keystore, KeystoreError, SystemClock};
use serde::Serialize;
use serde_json::json;

use super::arguments::{DataFolder as Asked, Keys, KeysCommand, ListKeys, Rotatable, RotateKey};
use super::{Exit, Failure, output};
use crate::data_folder::DataFolder;
use crate::engine::{Engine, EngineError};
use crate::licensing_keys::{LicensingKeys, PUBLISHED_DAYS};
use crate::moment::rfc3339;
use crate::sealing::key_changes;

/// Lists the keys of a ledger, or changes one.
///
/// # Errors
/// When there is no ledger, another process has it open, or its keys cannot be used.
pub async fn run(asked: &Keys) -> Result<Exit, Failure> {
    match &asked.what {
        KeysCommand::List(asked) => list(asked).await,
        KeysCommand::Rotate(asked) => match asked.key {
            Rotatable::KeyEncryption => rotate_key_encryption(asked),
            Rotatable::Log => rotate_log(asked).await,
            Rotatable::Licensing => rotate_licensing(asked),
        },
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
    changed: String,
}

async fn list(asked: &ListKeys) -> Result<Exit, Failure> {
    let folder = folder(&asked.data)?;
    let mut keys = {
        let _held = hold(folder.path()).map_err(EngineError::from)?;
        inventory(&folder)?
    };
    keys.extend(log_keys(&folder).await?);
    keys.push(licensing_key(&folder)?);
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
    Ok(vec![
        Told {
            name: "key-encryption",
            id: kept.key_encryption.to_string(),
            purpose: "wraps the keys of people and that of hashes",
            algorithm: "XChaCha20-Poly1305, 256 bits",
            place: "keys/kek",
            changed: "deedbook keys rotate key-encryption".to_owned(),
        },
        Told {
            name: "people",
            id: format!("{} keys, {} destroyed", kept.subjects, kept.erased),
            purpose: "one for each person, account and license: seals what is personal and secret",
            algorithm: "XChaCha20-Poly1305 with a BLAKE3 commitment, 256 bits",
            place: "keys/subjects.a, keys/subjects.b",
            changed: "destroyed when a person is erased; what is in the log stays sealed with it"
                .to_owned(),
        },
        Told {
            name: "hashes",
            id: kept.index.to_string(),
            purpose: "keyed hashes of e-mails, keys and codes, and what follows from them: tickets, programs' tokens",
            algorithm: "keyed BLAKE3, 256 bits",
            place: "keys/subjects.a, keys/subjects.b",
            changed: "never: the log holds its hashes for good".to_owned(),
        },
    ])
}

/// The keys that sign the log: the present one, and the one before while it signs too.
async fn log_keys(folder: &DataFolder) -> Result<Vec<Told>, Failure> {
    let refused = |error: LogKeyError| Failure::caused("LOG_KEY", &error).advice(RESTORE);
    let keys = LogKeys::open(&folder.keys()).map_err(refused)?;
    let (log, _) = EmbeddedLog::open_read_only(folder.path(), EmbeddedOptions::default())
        .map_err(EngineError::from)?;
    let changes = key_changes(&log).await;
    let changes = changes.map_err(|error| Failure::caused("LEDGER_UNREADABLE", &error))?;
    let newest = changes.last().map(|change| change.at);
    let id = |key: &VerifierKey| format!("{}+{:08x}", key.name(), key.key_id());
    let told = |name, id, place, changed| Told {
        name,
        id,
        purpose: "signs checkpoints of the log",
        algorithm: "Ed25519",
        place,
        changed,
    };
    let Some(keys) = keys else {
        let never = "with the first start of the service".to_owned();
        return Ok(vec![told("log", "none".to_owned(), "keys/log.key", never)]);
    };
    let since = newest.map_or_else(String::new, |at| format!("; signs since {}", rfc3339(at)));
    let own = format!("deedbook keys rotate log{since}");
    let mut all = vec![told("log", id(&keys.own().verifier()), "keys/log.key", own)];
    if let Some(before) = keys.before() {
        let until = newest.map_or_else(String::new, |at| rfc3339(signs_until(at)));
        let until = format!("replaced; signs too until {until}, then the next start destroys it");
        all.push(told("log-before", id(&before.verifier()), "keys/log.key.before", until));
    }
    Ok(all)
}

/// The key that signs what software is told.
fn licensing_key(folder: &DataFolder) -> Result<Told, Failure> {
    let found = LicensingKeys::look(&folder.keys()).map_err(EngineError::from)?;
    let (id, changed) = match found {
        Some(key) => (key.id(), "deedbook keys rotate licensing".to_owned()),
        None => ("none".to_owned(), "with the first start of the service".to_owned()),
    };
    Ok(Told {
        name: "licensing",
        id,
        purpose: "signs what software with a license key is told",
        algorithm: "Ed25519",
        place: "keys/licensing.key",
        changed,
    })
}

/// Has another key sign what software is told.
fn rotate_licensing(asked: &RotateKey) -> Result<Exit, Failure> {
    let folder = folder(&asked.data)?;
    let _held = hold(folder.path()).map_err(EngineError::from)?;
    let rotated = LicensingKeys::rotate(&folder.keys(), SystemClock.now());
    let (before, now) = rotated.map_err(EngineError::from)?;
    if asked.json {
        output::json(&json!({ "key": "licensing", "before": before.id(), "now": now.id() }))?;
        return Ok(Exit::Done);
    }
    output::line(&format!("What software is told is signed by {}", now.id()))?;
    output::line(&format!("{} is published for {PUBLISHED_DAYS} days more.", before.id()))?;
    let keys = folder.keys();
    output::line(&format!("Back up {} anew, apart from the rest.", keys.display()))?;
    Ok(Exit::Done)
}

const RESTORE: &str = "restore the folder `keys` from its backup";

/// Has another key sign the log.
async fn rotate_log(asked: &RotateKey) -> Result<Exit, Failure> {
    let folder = folder(&asked.data)?;
    let rotated = Engine::rotate_log_key(folder.path(), asked.data.sizes()).await?;
    if asked.json {
        output::json(&json!({ "key": "log", "before": rotated.old, "now": rotated.new }))?;
        return Ok(Exit::Done);
    }
    output::line(&format!("The log is signed by {}", rotated.new))?;
    output::line(&format!("and for {OVERLAP_DAYS} days also by {}", rotated.old))?;
    let keys = folder.keys();
    output::line(&format!("Back up {} anew, apart from the rest.", keys.display()))?;
    output::line(
        "Whoever kept the old key believes the new one by the log: `deedbook prove --keys`.",
    )?;
    Ok(Exit::Done)
}

fn rotate_key_encryption(asked: &RotateKey) -> Result<Exit, Failure> {
    let folder = folder(&asked.data)?;
    let _held = hold(folder.path()).map_err(EngineError::from)?;
    let rotated = Keystore::rotate_key_encryption(&folder.keys());
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
