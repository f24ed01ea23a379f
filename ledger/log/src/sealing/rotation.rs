//! Changing the key that signs the log. The new key is staged beside the present one, the log takes a fact by which the
//! present one vouches for it, and only then it takes its place. Whatever interrupts it, the next start reads from the log
//! which of the two signs.
//!
//! INVARIANT (the log says who signs): nobody signs before `settle_log_keys`, so a checkpoint that covers a change is
//! signed by the new key, and no key signs that no fact vouches for.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use ledger::proof::facts_file::ledger_fact;
use ledger::proof::note::{SignerKey, VerifierKey};
use ledger::proof::rotation::{KeyChain, Rotation};
use ledger::proof::trust::TrustedKeys;
use schemas::ledger::{LedgerFact, LogKeyRotated};
use schemas::{LogPosition, Part, StoredEvent, Timestamp};

use super::key::{
    LogKeyError, format_key, io_error, log_key_path, new_key, read_key, read_private, sync_parent,
    write_private,
};

/// How long the key before signs beside the new one, in days: whoever looks in once a month goes on without being told.
pub const OVERLAP_DAYS: i64 = 30;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Where the next key waits until the log holds the fact that vouches for it.
const NEXT: &str = "log.key.next";
/// Where the key before lies while it still signs.
const BEFORE: &str = "log.key.before";
/// What a key is called while it is written, and once more while it is destroyed.
const PART: &str = "log.key.part";
/// The public halves of all keys before the present one, oldest first, one a line.
const FORMER: &str = "log.former";

/// The keys that sign checkpoints, and those that did.
#[derive(Debug)]
pub struct LogKeys {
    own: SignerKey,
    before: Option<SignerKey>,
    former: Vec<VerifierKey>,
    staged: Option<VerifierKey>,
}

/// A change of the key that the log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotatedKey {
    /// Where.
    pub position: LogPosition,
    /// When it was recorded.
    pub at: Timestamp,
    /// What it says.
    pub fact: LogKeyRotated,
}

impl LogKeys {
    /// The keys in a folder of keys; `None` when there is none. A staged one signs nothing yet.
    ///
    /// # Errors
    /// When a file cannot be read, or is not a key.
    pub fn open(keys: &Path) -> Result<Option<Self>, LogKeyError> {
        let Some(own) = read_key(&log_key_path(keys))? else { return Ok(None) };
        let before = read_key(&keys.join(BEFORE))?;
        // A change that was interrupted left a copy of the present one.
        let before = before.filter(|before| before.verifier() != own.verifier());
        let path = keys.join(FORMER);
        let text = read_private(&path)?;
        let lines = text.iter().flat_map(|text| text.lines());
        let former: Result<Vec<_>, _> = lines.map(str::parse::<VerifierKey>).collect();
        let former = former.map_err(|source| LogKeyError::Malformed { path, source })?;
        let staged = read_key(&keys.join(NEXT))?.map(|key| key.verifier());
        Ok(Some(Self { own, before, former, staged }))
    }

    /// The key that signs.
    #[must_use]
    pub const fn own(&self) -> &SignerKey {
        &self.own
    }

    /// The key before, while it signs too.
    #[must_use]
    pub const fn before(&self) -> Option<&SignerKey> {
        self.before.as_ref()
    }

    /// Whether the next start signs by this key, if it is the one that the log names.
    #[must_use]
    pub fn may_sign_by(&self, named: &VerifierKey) -> bool {
        self.own.verifier() == *named || self.staged.as_ref() == Some(named)
    }

    /// All keys that sign the next checkpoint.
    #[must_use]
    pub fn signing(&self) -> Vec<&SignerKey> {
        std::iter::once(&self.own).chain(&self.before).collect()
    }

    /// The public keys of this log, the present one first.
    #[must_use]
    pub fn known(&self) -> Vec<VerifierKey> {
        let own = self.own.verifier();
        let former = self.former.iter().filter(|key| **key != own).cloned();
        std::iter::once(own.clone()).chain(former).collect()
    }
}

impl From<SignerKey> for LogKeys {
    fn from(own: SignerKey) -> Self {
        Self { own, before: None, former: Vec::new(), staged: None }
    }
}

/// The changes of the key among these events, oldest first.
#[must_use]
pub fn key_changes(events: &[StoredEvent]) -> Vec<RotatedKey> {
    let change = |event: &StoredEvent| {
        let Some(Part::Public(body)) = event.parts.first() else { return None };
        match ledger_fact(&event.header, body)? {
            LedgerFact::LogKeyRotated(fact) => {
                let at = event.header.recorded_at;
                Some(RotatedKey { position: event.position, at, fact })
            }
            LedgerFact::LedgerOpened(_)
            | LedgerFact::LogRecovered(_)
            | LedgerFact::LedgerForked(_) => None,
        }
    };
    events.iter().filter_map(change).collect()
}

/// Until when the key before signs beside the one that took over at this time.
#[must_use]
pub fn signs_until(rotated_at: Timestamp) -> Timestamp {
    Timestamp::from_micros(rotated_at.micros().saturating_add(OVERLAP_DAYS * DAY_MICROS))
}

/// Whether a file of this name in a folder of keys is about signing the log, and not about what is personal.
#[must_use]
pub fn names_a_log_key(name: &str) -> bool {
    name == "log.key" || [NEXT, BEFORE, FORMER].contains(&name)
}

/// Makes the next key of the log and lays it beside the present one, durably. Gives the fact that the log must hold before
/// it signs anything.
///
/// # Errors
/// When there is no present key, the folder cannot be written, or the machine gives no randomness.
pub fn stage_log_key(keys: &Path) -> Result<LogKeyRotated, LogKeyError> {
    let path = log_key_path(keys);
    let own = read_key(&path)?.ok_or_else(|| LogKeyError::Missing { path: path.clone() })?;
    let staged = keys.join(NEXT);
    let next = new_key(own.name(), &staged)?;
    write_private(&staged, &format_key(&next))?;
    // Two new random keys of one name: this is refused for nothing that a person could do.
    Rotation::sign(&own, &next).map_err(|source| LogKeyError::NotVouchedFor { position: 0, source })
}

/// Makes the folder of keys what the ledger's own stream says: a staged key takes over when the log vouches for it and is
/// dropped when it does not, and the key before is destroyed when its time is over. Gives the keys that sign; `None` when
/// there is none, and never was one.
///
/// # Errors
/// When the folder is older or newer than the log, a change does not hold, or a file cannot be written.
pub fn settle_log_keys(
    keys: &Path,
    changes: &[RotatedKey],
    now: Timestamp,
) -> Result<Option<LogKeys>, LogKeyError> {
    let path = log_key_path(keys);
    let Some(found) = LogKeys::open(keys)? else { return Ok(None) };
    let own = found.own.verifier();
    let mut log = TrustedKeys::from(own.clone());
    for RotatedKey { position, fact, .. } in changes {
        let position = *position;
        log.take(position, fact)
            .map_err(|source| LogKeyError::NotVouchedFor { position: position.0, source })?;
    }
    let staged = keys.join(NEXT);
    overwrite(&keys.join(PART))?;
    match log.chain().newest() {
        None if found.former.is_empty() => destroy(&staged)?,
        None => return Err(LogKeyError::Ahead { path }),
        Some(newest) if *newest == own => destroy(&staged)?,
        Some(newest) if found.former.contains(newest) => return Err(LogKeyError::Ahead { path }),
        Some(newest) => {
            let is_staged = found.staged.as_ref() == Some(newest);
            let is_next = log.chain().links().last().is_some_and(|(_, link)| link.old == own);
            if !(is_staged && is_next) {
                return Err(LogKeyError::Replaced { path, by: newest.to_string() });
            }
            Step::ALL.into_iter().try_for_each(|step| step.run(keys, &found.own))?;
        }
    }
    end_overlap(keys, log.chain(), changes, now)?;
    LogKeys::open(keys)
}

/// Destroys the key before, unless it is the one that the log names and its time is not over.
fn end_overlap(
    keys: &Path,
    chain: &KeyChain,
    changes: &[RotatedKey],
    now: Timestamp,
) -> Result<(), LogKeyError> {
    let path = keys.join(BEFORE);
    let Some(kept) = read_key(&path)?.map(|key| key.verifier()) else { return Ok(()) };
    let signs = chain.links().last().is_some_and(|(position, link)| {
        let mut newest = changes.iter().filter(|change| change.position == *position);
        link.old == kept && newest.any(|change| now < signs_until(change.at))
    });
    if signs { Ok(()) } else { destroy(&path) }
}

/// What is done one after the other when the staged key takes over. Each leaves the folder so that it can be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The present key is among the former ones.
    Remember,
    /// What signed before the present one is destroyed.
    End,
    /// The present one is kept, to sign for some time.
    Keep,
    /// The staged one takes its place.
    Put,
}

impl Step {
    const ALL: [Self; 4] = [Self::Remember, Self::End, Self::Keep, Self::Put];

    fn run(self, keys: &Path, own: &SignerKey) -> Result<(), LogKeyError> {
        let (path, before) = (log_key_path(keys), keys.join(BEFORE));
        match self {
            Self::Remember => remember(keys, &own.verifier()),
            Self::End => destroy(&before),
            Self::Keep => write_private(&before, &format_key(own)),
            Self::Put => {
                let staged = keys.join(NEXT);
                let put = fs::rename(&staged, &path).and_then(|()| sync_parent(&path));
                put.map_err(io_error("put in its place", &path))
            }
        }
    }
}

fn remember(keys: &Path, own: &VerifierKey) -> Result<(), LogKeyError> {
    let path = keys.join(FORMER);
    let known = read_private(&path)?.map(|text| text.as_str().to_owned()).unwrap_or_default();
    let line = own.to_string();
    if known.lines().any(|known| known == line) {
        return Ok(());
    }
    write_private(&path, &format!("{known}{line}\n"))
}

/// Takes a key away, so that no half of it is ever read as one; one that is not there is gone already.
fn destroy(path: &Path) -> Result<(), LogKeyError> {
    let part = path.with_file_name(PART);
    match fs::rename(path, &part) {
        Ok(()) => overwrite(&part),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(io_error("destroyed", path)(source)),
    }
}

/// Overwrites a file, then removes it. What a disk keeps of overwritten bytes is not in our hands.
fn overwrite(path: &Path) -> Result<(), LogKeyError> {
    let file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(io_error("destroyed", path)(source)),
    };
    let overwrite = |mut file: fs::File| {
        let bytes = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        file.write_all(&vec![0; bytes])?;
        file.sync_all()?;
        fs::remove_file(path)?;
        sync_parent(path)
    };
    overwrite(file).map_err(io_error("destroyed", path))
}

#[cfg(test)]
mod tests;
