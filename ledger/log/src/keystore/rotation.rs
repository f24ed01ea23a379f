//! Changing the key that wraps all others. It is done step by step, so that whatever interrupts it, the next start finds
//! either the old key with what it wraps or goes on to the new one.

use std::fmt;
use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use super::copies::{self, NAMES, fail, kek_path, replace, sync_folder};
use super::error::KeystoreError;
use super::merge::{HEADER_BYTES, Merged};
use super::record::{Kind, RECORD_BYTES, Record};
use super::{Keystore, random, seal};

/// Where the next key that wraps all others waits until all are wrapped with it.
const NEXT_KEK: &str = "kek.next";

/// What a key is called where it must not be shown: a hash of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; 8]);

impl KeyId {
    fn of(purpose: &str, key: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("deedbook 2026 id of a key v1");
        hasher.update(purpose.as_bytes()).update(&[0]).update(key);
        let mut id = [0; 8];
        hasher.finalize_xof().fill(&mut id);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The keys of a keystore, without any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInventory {
    /// The key that wraps all others.
    pub key_encryption: KeyId,
    /// The key of keyed hashes and of derived ids.
    pub index: KeyId,
    /// How many subjects have a key.
    pub subjects: usize,
    /// How many had one that was destroyed.
    pub erased: usize,
}

/// What a change of the key that wraps all others did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The key before.
    pub before: KeyId,
    /// The key now.
    pub now: KeyId,
    /// How many keys were wrapped anew.
    pub wrapped: usize,
}

impl Keystore {
    /// Which keys there are.
    #[must_use]
    pub fn inventory(&self) -> KeyInventory {
        let kept = self.read();
        let of = |kind| kept.records.iter().filter(|record| record.kind == kind).count();
        KeyInventory {
            key_encryption: KeyId::of("key-encryption", &self.kek),
            index: KeyId::of("index", &self.index_key),
            subjects: of(Kind::Subject),
            erased: of(Kind::Erased),
        }
    }

    /// Changes the key that wraps all others, durably: each is wrapped anew, in both copies. Nobody else may have the
    /// folder open. What the keys sealed opens as before.
    ///
    /// # Errors
    /// When the keys cannot be opened or written, or the machine gives no random bytes. Repeat the call: nothing is lost.
    pub fn rotate_key_encryption(dir: &Path) -> Result<Rotated, KeystoreError> {
        let (before, rotation) = Rotation::prepare(dir)?;
        Step::ALL.iter().try_for_each(|step| rotation.run(*step))?;
        let now = KeyId::of("key-encryption", &rotation.kek);
        Ok(Rotated { before, now, wrapped: rotation.wrapped })
    }
}

/// What is done one after the other. Each leaves the folder so that it can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The next key lies beside the present one.
    Stage,
    /// One copy is wrapped with it.
    Copy(usize),
    /// It takes the place of the present one.
    Put,
}

impl Step {
    const ALL: [Self; 4] = [Self::Stage, Self::Copy(0), Self::Copy(1), Self::Put];
}

struct Rotation<'a> {
    dir: &'a Path,
    kek: Zeroizing<[u8; 32]>,
    copy: Vec<u8>,
    wrapped: usize,
}

impl<'a> Rotation<'a> {
    fn prepare(dir: &'a Path) -> Result<(KeyId, Self), KeystoreError> {
        // Opened as always first: what was interrupted before is finished, and what is damaged healed.
        let keystore = Keystore::open(dir)?;
        let (store, records) = (copies::store_of(dir)?, keystore.read().records.clone());
        let (before, old) = (keystore.inventory().key_encryption, &keystore.kek);
        let kek = Zeroizing::new(random()?);
        let mut wrapped = 0;
        let mut anew = Vec::with_capacity(records.len());
        for record in records {
            anew.push(match record.kind {
                Kind::Erased => record,
                Kind::Index | Kind::Subject => {
                    let broken = KeystoreError::SealBroken { subject: record.subject };
                    let key = seal::unwrap(old, &record).ok_or(broken)?;
                    wrapped += 1;
                    seal::wrap(&kek, record.kind, record.subject, &key)?
                }
            });
        }
        let copy = Merged { store, records: anew, torn: 0 }.encode();
        Ok((before, Self { dir, kek, copy, wrapped }))
    }

    fn run(&self, step: Step) -> Result<(), KeystoreError> {
        // Staged at each step: whoever opened the keys meanwhile may have dropped it, as nothing was wrapped with it yet.
        self.stage()?;
        match step {
            Step::Stage => Ok(()),
            Step::Copy(number) => {
                let name = NAMES.get(number).copied().unwrap_or_default();
                replace(self.dir, name, &self.copy)?;
                sync_folder(self.dir)
            }
            Step::Put => put(self.dir),
        }
    }

    fn stage(&self) -> Result<(), KeystoreError> {
        let path = self.dir.join(NEXT_KEK);
        if path.exists() {
            return Ok(());
        }
        copies::write_kek(&path, &self.kek)?;
        sync_folder(self.dir)
    }
}

/// Goes on with a change that was interrupted, or takes it back where nothing was wrapped anew yet.
pub(super) fn finish(dir: &Path) -> Result<(), KeystoreError> {
    let path = dir.join(NEXT_KEK);
    if !path.exists() {
        return Ok(());
    }
    let remove = || {
        fs::remove_file(&path).map_err(fail("removed", &path))?;
        sync_folder(dir)
    };
    let Ok(next) = copies::read_key(&path) else {
        // Half written: it was staged, and nothing was done with it.
        return remove();
    };
    let [a, b] = NAMES.map(|name| copies::read_copy(&dir.join(name)));
    let (a, b) = (a?, b?);
    let is_next = |copy: &[u8]| opens(&next, copy);
    match (is_next(&a), is_next(&b)) {
        (true, true) => put(dir),
        // A copy takes the place of another as a whole: this one is.
        (true, false) => {
            replace(dir, NAMES[1], &a)?;
            put(dir)
        }
        (false, true) => {
            replace(dir, NAMES[0], &b)?;
            put(dir)
        }
        (false, false) => {
            let present = copies::read_kek(dir)?;
            if [a, b].iter().any(|copy| opens(&present, copy)) {
                return remove();
            }
            // INVARIANT (no key is thrown away that may be needed): neither fits, so both stay.
            Err(KeystoreError::KekWrong { path: kek_path(dir) })
        }
    }
}

fn put(dir: &Path) -> Result<(), KeystoreError> {
    let (from, to) = (dir.join(NEXT_KEK), kek_path(dir));
    fs::rename(&from, &to).map_err(fail("renamed", &from))?;
    sync_folder(dir)
}

/// Whether the first record of a copy was wrapped with this key.
fn opens(kek: &[u8; 32], copy: &[u8]) -> bool {
    let first = copy.get(HEADER_BYTES..).and_then(|rest| rest.get(..RECORD_BYTES));
    first.and_then(Record::decode).is_some_and(|record| seal::unwrap(kek, &record).is_some())
}

#[cfg(test)]
mod tests;
