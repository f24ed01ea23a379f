//! A disk in memory that keeps what was written apart from what is durable, fails when it is told to, and loses
//! power. For tests and simulations; the same seed and the same calls give the same bytes and the same trace.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fixture: a file that is not there is a bug of the simulation"
)]

mod content;
mod faults;
mod file;
mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use content::SECTOR_BYTES;
pub use faults::{Fault, FaultCounts, FaultKind, Faults};
pub use random::{Random, seed_this_thread};
pub(crate) use random::{fill_seeded, is_seeded};

use super::disk::{Access, Disk, DiskFile, Lock};
use content::Content;
use faults::Call;
use file::SimulatedFile;

/// The longest that a call stalls, in seconds.
const STALL_SECONDS_MAX: u64 = 30;

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    files: BTreeMap<u64, Content>,
    locks: BTreeSet<PathBuf>,
    made: u64,
    /// Writes, syncs and changes of names so far.
    operations: u64,
    faults: Faults,
    counts: FaultCounts,
    /// Decides the details of faults.
    random: Random,
    stalled_seconds: u64,
    trace: blake3::Hasher,
}

impl SimulatedDisk {
    /// An empty disk whose faults follow from this seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        let state = State { random: Random(seed), ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Changes what goes wrong from now on.
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.lock_state().faults);
    }

    /// How many writes, syncs and changes of names there were.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.lock_state().operations
    }

    /// Whether the power went.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.lock_state().is_dead()
    }

    /// What went wrong so far.
    #[must_use]
    pub fn counts(&self) -> FaultCounts {
        self.lock_state().counts.clone()
    }

    /// How long calls stalled, in seconds, since this was asked last.
    #[must_use]
    pub fn take_stalled_seconds(&self) -> u64 {
        std::mem::take(&mut self.lock_state().stalled_seconds)
    }

    /// A hash of every operation and its bytes so far.
    #[must_use]
    pub fn trace(&self) -> [u8; 32] {
        *self.lock_state().trace.finalize().as_bytes()
    }

    /// Another disk with the same files, all of them durable.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.lock_state();
        let mut copy = State { made: state.made, ..State::default() };
        copy.names = state.names.clone();
        copy.durable_names = state.names.clone();
        for id in state.names.values() {
            copy.files.insert(*id, Content::of_durable(state.files[id].bytes.clone()));
        }
        Self { state: Arc::new(Mutex::new(copy)) }
    }

    /// The disk after the power went: of what was not synced any sectors are there, in any combination.
    #[must_use]
    pub fn after_crash(&self, seed: u64) -> Self {
        let mut random = Random(seed);
        let state = self.lock_state();
        let mut after = State { made: state.made, ..State::default() };
        after.counts = state.counts.clone();
        after.trace = state.trace.clone();
        after.names = state.durable_names.clone();
        let changed =
            state.names.iter().filter(|(path, id)| state.durable_names.get(*path) != Some(*id));
        for (path, id) in changed {
            if random.below(2) == 0 {
                after.names.insert(path.clone(), *id);
            } else {
                after.counts.add(FaultKind::NameLost);
            }
        }
        after.durable_names = after.names.clone();
        for id in after.names.values() {
            let bytes = state.files[id].settle(&mut random, &mut after.counts);
            after.files.insert(*id, Content::of_durable(bytes));
        }
        after.random = Random(random.next());
        Self { state: Arc::new(Mutex::new(after)) }
    }

    /// What a reader sees of a file.
    #[must_use]
    pub fn read(&self, path: &Path) -> Vec<u8> {
        let state = self.lock_state();
        state.files[&state.names[path]].bytes.clone()
    }

    /// What of a file would survive if nothing but what was synced does.
    #[must_use]
    pub fn read_durable(&self, path: &Path) -> Vec<u8> {
        let state = self.lock_state();
        state.files[&state.names[path]].durable.clone()
    }

    /// Changes a file behind the ledger's back.
    pub fn change(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock_state();
        let id = state.names[path];
        let mut bytes = std::mem::take(&mut state.files.get_mut(&id).unwrap().bytes);
        change(&mut bytes);
        state.trace.update(&bytes);
        state.files.insert(id, Content::of_durable(bytes));
    }

    /// Changes a file behind the ledger's back and counts it as this fault.
    pub fn rot(&self, kind: FaultKind, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        self.change(path, change);
        self.lock_state().counts.add(kind);
    }

    /// Puts a durable file there.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.lock_state();
        let id = state.make();
        state.files.insert(id, Content::of_durable(bytes));
        state.names.insert(path.to_owned(), id);
        state.durable_names.insert(path.to_owned(), id);
    }

    /// Removes a file behind the ledger's back.
    pub fn forget(&self, path: &Path) {
        let mut state = self.lock_state();
        state.names.remove(path);
        state.durable_names.remove(path);
    }

    /// Whether there is a file of this name.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        self.lock_state().names.contains_key(path)
    }

    /// The names of all files, in order.
    #[must_use]
    pub fn names(&self) -> Vec<PathBuf> {
        self.lock_state().names.keys().cloned().collect()
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn make(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    fn is_dead(&self) -> bool {
        let Faults { dead_from, dead_after, .. } = self.faults;
        dead_from.is_some_and(|from| self.operations >= from)
            || dead_after.is_some_and(|after| self.operations >= after)
    }

    /// Counts an operation that changes something; fails when the machine is gone. `true`: the machine goes when
    /// the operation is done.
    fn operate(&mut self) -> io::Result<bool> {
        self.operations += 1;
        let Faults { dead_from, dead_after, .. } = self.faults;
        if dead_after == Some(self.operations) {
            self.counts.add(FaultKind::CrashAfter);
            return Ok(true);
        }
        if dead_from == Some(self.operations) {
            self.counts.add(FaultKind::CrashBefore);
        }
        if self.is_dead() { Err(gone()) } else { Ok(false) }
    }

    fn count_down(&mut self) {
        let next = self.operations + 1;
        match &mut self.faults.dead_at_folder_sync {
            Some(0) => {
                (self.faults.dead_at_folder_sync, self.faults.dead_from) = (None, Some(next))
            }
            Some(left) => *left -= 1,
            None => {}
        }
    }

    /// The fault that meets a call on this path, if one does. A stall only takes its time.
    fn meet(&mut self, call: Call, path: &str) -> Option<FaultKind> {
        if self.faults.planned.is_empty() {
            return None;
        }
        let kind = self.faults.meet(call, path)?;
        self.counts.add(kind);
        if kind == FaultKind::Stalls {
            self.stalled_seconds += 1 + self.random.below(STALL_SECONDS_MAX);
            return None;
        }
        Some(kind)
    }

    fn note(&mut self, call: &str, id: u64, bytes: &[u8]) {
        let number = self.operations;
        self.trace.update(call.as_bytes());
        for number in [number, id, bytes.len() as u64] {
            self.trace.update(&number.to_be_bytes());
        }
        self.trace.update(bytes);
    }

    fn path_of(&self, id: u64) -> String {
        let named = self.names.iter().find(|(_, named)| **named == id);
        named.map_or_else(String::new, |(path, _)| path.display().to_string())
    }

    fn id(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Counts a change of names, which one of the planned faults may meet.
    fn change_names(&mut self, call: &str, path: &Path) -> io::Result<bool> {
        let dies = self.operate()?;
        self.note(call, 0, path.as_os_str().as_encoded_bytes());
        match self.meet(Call::Name, &path.display().to_string()) {
            Some(_) => Err(failed()),
            None => Ok(dies),
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the machine is gone")
}

fn failed() -> io::Error {
    io::Error::other("input/output error")
}

/// The end of an operation after which the machine may be gone.
fn done<T>(dies: bool, value: T) -> io::Result<T> {
    if dies { Err(gone()) } else { Ok(value) }
}

impl Disk for SimulatedDisk {
    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock_state();
        let dies = state.change_names("create", path)?;
        let id = state.make();
        state.files.insert(id, Content::default());
        state.names.insert(path.to_owned(), id);
        done(dies, Arc::new(SimulatedFile::new(&self.state, id)))
    }

    fn open(&self, path: &Path, _: Access) -> io::Result<Arc<dyn DiskFile>> {
        let id = self.lock_state().id(path)?;
        Ok(Arc::new(SimulatedFile::new(&self.state, id)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = self.lock_state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        let dies = state.change_names("rename", from)?;
        let id = state.id(from)?;
        state.names.remove(from);
        state.names.insert(to.to_owned(), id);
        done(dies, ())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        let dies = state.change_names("remove", path)?;
        let id = state.id(path)?;
        state.names.remove(path);
        let freed = state.files[&id].bytes.len() as u64;
        if let Some(room) = &mut state.faults.room {
            *room += freed;
        }
        done(dies, ())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.count_down();
        let dies = state.operate()?;
        state.note("sync folder", 0, folder.as_os_str().as_encoded_bytes());
        if state.meet(Call::FolderSync, &folder.display().to_string()).is_some() {
            return Err(failed());
        }
        let inside = |path: &PathBuf| path.parent() == Some(folder);
        let State { names, durable_names, .. } = &mut *state;
        durable_names.retain(|path, _| !inside(path));
        let now = names.iter().filter(|(path, _)| inside(path));
        durable_names.extend(now.map(|(path, id)| (path.clone(), *id)));
        done(dies, ())
    }

    fn sync_below(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        let dies = state.operate()?;
        state.note("sync below", 0, folder.as_os_str().as_encoded_bytes());
        if state.meet(Call::FolderSync, &folder.display().to_string()).is_some() {
            return Err(failed());
        }
        let State { names, durable_names, files, .. } = &mut *state;
        durable_names.retain(|path, _| !path.starts_with(folder));
        for (path, id) in names.iter().filter(|(path, _)| path.starts_with(folder)) {
            durable_names.insert(path.clone(), *id);
            if let Some(content) = files.get_mut(id) {
                content.sync();
            }
        }
        done(dies, ())
    }

    fn lock(&self, path: &Path, _: Access) -> io::Result<Option<Lock>> {
        let taken = self.lock_state().locks.insert(path.to_owned());
        let held = Held { disk: self.clone(), path: path.to_owned() };
        Ok(taken.then(|| Box::new(held) as Lock))
    }
}

struct Held {
    disk: SimulatedDisk,
    path: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.disk.lock_state().locks.remove(&self.path);
    }
}
