//! The keys that seal personal fields, one for each subject, kept beside the log and never in it. Destroying a
//! subject's key makes everything sealed for it unreadable, while every proof over the log still holds.
//!
//! Subjects' keys stay wrapped by the key-encryption key, on disk and in memory, and are unwrapped for each use.

mod copies;
mod error;
mod merge;
mod record;
mod rotation;
mod seal;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use schemas::SubjectId;
use zeroize::Zeroizing;

pub use copies::KeyRecovery;
pub use error::KeystoreError;
pub use rotation::{KeyId, KeyInventory, Rotated};
pub use seal::Opened;
pub(crate) use seal::random;

use copies::Copies;
use record::{Kind, Record};

/// The keys of one ledger. All calls may be made from any thread.
pub struct Keystore {
    kek: Zeroizing<[u8; 32]>,
    index_key: Zeroizing<[u8; 32]>,
    kept: RwLock<Kept>,
    /// How many records are in memory, and how many of them are durable.
    ensured: AtomicUsize,
    flushed: AtomicUsize,
    /// `None`: the keys live in memory only.
    files: Option<Mutex<Copies>>,
    recovery: KeyRecovery,
}

struct Kept {
    records: Vec<Record>,
    slots: HashMap<SubjectId, u32>,
}

impl Keystore {
    /// New keys in this folder, which is made if it is missing.
    ///
    /// # Errors
    /// When there are keys already, or the folder cannot be written.
    pub fn create(dir: &Path) -> Result<Self, KeystoreError> {
        let kek = Zeroizing::new(random()?);
        let first = Self::first_record(&kek)?;
        let copies = Copies::create(dir, &kek, random()?, vec![first])?;
        Self::of(kek, vec![first], Some(copies), KeyRecovery::default(), dir)
    }

    /// The keys of this folder. A copy that is damaged or half written is healed from the other, and a change of the key
    /// that wraps all others that was interrupted is finished.
    ///
    /// # Errors
    /// When the key-encryption key is missing or wrong, or both copies are damaged in the same place.
    pub fn open(dir: &Path) -> Result<Self, KeystoreError> {
        rotation::finish(dir)?;
        let kek = copies::read_kek(dir)?;
        let (copies, records, recovery) = Copies::open(dir)?;
        if recovery != KeyRecovery::default() {
            tracing::warn!(healed = ?recovery.healed, torn = recovery.torn, "keys were mended");
        }
        Self::of(kek, records, Some(copies), recovery, dir)
    }

    /// New keys that live as long as the process.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn in_memory() -> Result<Self, KeystoreError> {
        let kek = Zeroizing::new(random()?);
        let first = Self::first_record(&kek)?;
        Self::of(kek, vec![first], None, KeyRecovery::default(), Path::new(""))
    }

    /// What opening had to mend.
    #[must_use]
    pub const fn recovery(&self) -> &KeyRecovery {
        &self.recovery
    }

    /// Makes sure that each of these subjects has a key. A new key can be used at once; it is durable after the
    /// next [`Keystore::flush`].
    ///
    /// # Errors
    /// When a subject was erased, or the machine gives no random bytes.
    pub fn ensure(&self, subjects: &[SubjectId]) -> Result<(), KeystoreError> {
        let missing = {
            let kept = self.read();
            let mut missing = Vec::new();
            for subject in subjects {
                match kept.get(*subject).map(|record| record.kind) {
                    Some(Kind::Subject) => {}
                    Some(Kind::Erased | Kind::Index) => {
                        return Err(KeystoreError::Erased { subject: *subject });
                    }
                    None => missing.push(*subject),
                }
            }
            missing
        };
        for subject in missing {
            let key = Zeroizing::new(random()?);
            let record = self.wrapped(Kind::Subject, subject, &key)?;
            let mut kept = self.write();
            // Another thread may have been quicker; its key is the one in use.
            if kept.get(subject).is_none() {
                kept.push(record)?;
                self.ensured.store(kept.records.len(), Ordering::Release);
            }
        }
        Ok(())
    }

    /// Makes all keys durable in both copies. Cheap when nothing is new.
    ///
    /// # Errors
    /// When a file cannot be written. After a failed sync every later call that has something to write fails too.
    pub fn flush(&self) -> Result<(), KeystoreError> {
        let Some(files) = &self.files else { return Ok(()) };
        if self.flushed.load(Ordering::Acquire) >= self.ensured.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut copies = lock(files);
        self.flush_into(&mut copies)
    }

    /// The hook by which the log makes keys durable before the events that need them.
    #[must_use]
    pub fn before_commit(self: &Arc<Self>) -> Arc<dyn Fn() -> io::Result<()> + Send + Sync> {
        let keystore = Arc::clone(self);
        Arc::new(move || Ok(keystore.flush()?))
    }

    /// Destroys a subject's key in both copies, durably. What was sealed with it is [`Opened::Erased`] from now on,
    /// and nothing can be sealed for the subject again. A subject without a key is marked as erased.
    ///
    /// # Errors
    /// When a file cannot be written: repeat the call.
    pub fn erase(&self, subject: SubjectId) -> Result<(), KeystoreError> {
        self.erase_all(&[subject])
    }

    /// The same for many subjects at once, with as few syncs as for one.
    ///
    /// # Errors
    /// When a file cannot be written: repeat the call.
    pub fn erase_all(&self, subjects: &[SubjectId]) -> Result<(), KeystoreError> {
        // Held throughout, so that no flush writes an old key after the new record.
        let mut copies = self.files.as_ref().map(lock);
        let mut erased = Vec::with_capacity(subjects.len());
        {
            let mut kept = self.write();
            for subject in subjects {
                let record = Record::erased(*subject);
                erased.push((kept.put(record)?, record));
            }
            self.ensured.store(kept.records.len(), Ordering::Release);
        }
        let Some(copies) = copies.as_mut() else { return Ok(()) };
        erased.retain(|(slot, _)| *slot < copies.written);
        self.flush_into(copies)?;
        copies.overwrite(&erased)
    }

    /// Whether the subject's key was destroyed.
    #[must_use]
    pub fn is_erased(&self, subject: SubjectId) -> bool {
        self.read().get(subject).is_some_and(|record| record.kind == Kind::Erased)
    }

    /// How many subjects have a key or had one.
    #[must_use]
    pub fn subjects(&self) -> usize {
        self.read().slots.len()
    }

    fn first_record(kek: &[u8; 32]) -> Result<Record, KeystoreError> {
        let key = Zeroizing::new(random()?);
        seal::wrap(kek, Kind::Index, SubjectId::default(), &key)
    }

    fn of(
        kek: Zeroizing<[u8; 32]>,
        records: Vec<Record>,
        copies: Option<Copies>,
        recovery: KeyRecovery,
        dir: &Path,
    ) -> Result<Self, KeystoreError> {
        let index = records.first().filter(|record| record.kind == Kind::Index);
        let index_key = index.and_then(|record| seal::unwrap(&kek, record));
        let index_key =
            index_key.ok_or_else(|| KeystoreError::KekWrong { path: copies::kek_path(dir) })?;
        let mut kept = Kept { slots: HashMap::with_capacity(records.len()), records };
        for (slot, record) in kept.records.iter().enumerate().skip(1) {
            let slot = u32::try_from(slot).map_err(|_| KeystoreError::TooMany)?;
            if kept.slots.insert(record.subject, slot).is_some() {
                return Err(KeystoreError::CopiesDisagree);
            }
        }
        let count = kept.records.len();
        Ok(Self {
            kek,
            index_key,
            kept: RwLock::new(kept),
            ensured: AtomicUsize::new(count),
            flushed: AtomicUsize::new(count),
            files: copies.map(Mutex::new),
            recovery,
        })
    }

    fn flush_into(&self, copies: &mut Copies) -> Result<(), KeystoreError> {
        let fresh = {
            let kept = self.read();
            kept.records.get(copies.written..).unwrap_or_default().to_vec()
        };
        if fresh.is_empty() {
            return Ok(());
        }
        copies.append(&fresh)?;
        self.flushed.store(copies.written, Ordering::Release);
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        // Nothing panics while it changes what is kept: what another thread's panic left is whole.
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn get(&self, subject: SubjectId) -> Option<&Record> {
        let slot = usize::try_from(*self.slots.get(&subject)?).ok()?;
        self.records.get(slot)
    }

    fn push(&mut self, record: Record) -> Result<usize, KeystoreError> {
        let slot = self.records.len();
        let short = u32::try_from(slot).map_err(|_| KeystoreError::TooMany)?;
        self.slots.insert(record.subject, short);
        self.records.push(record);
        Ok(slot)
    }

    /// Puts the record in the place of the subject's, or at the end.
    fn put(&mut self, record: Record) -> Result<usize, KeystoreError> {
        let slot = self.slots.get(&record.subject).and_then(|slot| usize::try_from(*slot).ok());
        let Some(slot) = slot else { return self.push(record) };
        if let Some(place) = self.records.get_mut(slot) {
            *place = record;
        }
        Ok(slot)
    }
}

impl fmt::Debug for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystore").field("subjects", &self.subjects()).finish_non_exhaustive()
    }
}

fn lock(files: &Mutex<Copies>) -> MutexGuard<'_, Copies> {
    files.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
