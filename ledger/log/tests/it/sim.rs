//! A disk in memory that keeps what was written apart from what is durable, and fails when it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use ledger_log::embedded::disk::{Access, Disk, DiskFile, Lock};

const SECTOR_BYTES: usize = 512;

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimDisk {
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
}

/// What goes wrong, and when.
#[derive(Default, Clone)]
pub struct Faults {
    /// From this operation on every operation that changes something fails: the machine is gone.
    pub dead_from: Option<u64>,
    /// The next sync of a file with this in its name fails.
    pub sync_fails: Option<&'static str>,
    /// The next write of a file with this in its name writes only half.
    pub write_is_short: Option<&'static str>,
    /// How many more bytes files may grow.
    pub room: Option<u64>,
}

#[derive(Default, Clone)]
struct Content {
    /// What a reader sees.
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// Ranges that were written since the last sync.
    unsynced: Vec<(usize, usize)>,
}

impl SimDisk {
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.lock_state().faults);
    }

    pub fn operations(&self) -> u64 {
        self.lock_state().operations
    }

    /// Another disk with the same files, all of them durable.
    pub fn copy(&self) -> Self {
        let state = self.lock_state();
        let mut copy = State { made: state.made, ..State::default() };
        copy.names = state.names.clone();
        copy.durable_names = state.names.clone();
        for (id, content) in &state.files {
            let bytes = content.bytes.clone();
            let content = Content { durable: bytes.clone(), bytes, unsynced: Vec::new() };
            copy.files.insert(*id, content);
        }
        Self { state: Arc::new(Mutex::new(copy)) }
    }

    /// The disk after the power went: of what was not synced any sectors are there, in any combination.
    pub fn after_crash(&self, seed: u64) -> Self {
        let mut random = Random(seed);
        let state = self.lock_state();
        let mut after = State { made: state.made, ..State::default() };
        after.names = state.durable_names.clone();
        for (path, id) in &state.names {
            if state.durable_names.get(path) != Some(id) && random.next().is_multiple_of(2) {
                after.names.insert(path.clone(), *id);
            }
        }
        after.durable_names = after.names.clone();
        for id in after.names.values() {
            let bytes = state.files[id].settle(&mut random);
            let content = Content { durable: bytes.clone(), bytes, unsynced: Vec::new() };
            after.files.insert(*id, content);
        }
        Self { state: Arc::new(Mutex::new(after)) }
    }

    pub fn read(&self, path: &Path) -> Vec<u8> {
        let state = self.lock_state();
        state.files[&state.names[path]].bytes.clone()
    }

    /// What of a file would survive if nothing but what was synced does.
    pub fn read_durable(&self, path: &Path) -> Vec<u8> {
        let state = self.lock_state();
        state.files[&state.names[path]].durable.clone()
    }

    /// Changes a file behind the ledger's back.
    pub fn change(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock_state();
        let id = state.names[path];
        let content = state.files.get_mut(&id).unwrap();
        change(&mut content.bytes);
        content.durable = content.bytes.clone();
        content.unsynced.clear();
    }

    /// Puts a durable file there.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.lock_state();
        state.made += 1;
        let id = state.made;
        let content = Content { durable: bytes.clone(), bytes, unsynced: Vec::new() };
        state.files.insert(id, content);
        state.names.insert(path.to_owned(), id);
        state.durable_names.insert(path.to_owned(), id);
    }

    /// Removes a file behind the ledger's back.
    pub fn forget(&self, path: &Path) {
        let mut state = self.lock_state();
        state.names.remove(path);
        state.durable_names.remove(path);
    }

    pub fn has(&self, path: &Path) -> bool {
        self.lock_state().names.contains_key(path)
    }

    pub fn names(&self) -> Vec<PathBuf> {
        self.lock_state().names.keys().cloned().collect()
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Content {
    /// What the medium holds after a crash.
    fn settle(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        if self.bytes.len() > bytes.len() && !random.next().is_multiple_of(3) {
            bytes.resize(self.bytes.len(), 0);
        }
        // A whole write often reaches the medium: half of the crashes lose sectors, the others lose nothing or all.
        let mode = random.next() % 4;
        for &(start, end) in &self.unsynced {
            let mut from = start;
            while from < end {
                let to = (from / SECTOR_BYTES + 1) * SECTOR_BYTES;
                let to = to.min(end);
                let written = match mode {
                    0 => false,
                    1 => true,
                    _ => random.next().is_multiple_of(2),
                };
                if written && to <= bytes.len() {
                    bytes[from..to].copy_from_slice(&self.bytes[from..to]);
                }
                from = to;
            }
        }
        bytes
    }
}

impl State {
    /// Counts an operation; fails when the machine is gone.
    fn operate(&mut self) -> io::Result<()> {
        self.operations += 1;
        match self.faults.dead_from {
            Some(from) if self.operations >= from => Err(io::Error::other("the machine is gone")),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the file has this in its name.
    fn meets(&self, id: u64, part: Option<&str>) -> bool {
        let Some(part) = part else { return false };
        self.names.iter().any(|(path, named)| *named == id && path.to_str().unwrap().contains(part))
    }

    fn id(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for SimDisk {
    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock_state();
        state.operate()?;
        state.made += 1;
        let id = state.made;
        state.files.insert(id, Content::default());
        state.names.insert(path.to_owned(), id);
        Ok(Arc::new(SimFile { state: Arc::clone(&self.state), id }))
    }

    fn open(&self, path: &Path, _: Access) -> io::Result<Arc<dyn DiskFile>> {
        let id = self.lock_state().id(path)?;
        Ok(Arc::new(SimFile { state: Arc::clone(&self.state), id }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = self.lock_state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.operate()?;
        let id = state.id(from)?;
        state.names.remove(from);
        state.names.insert(to.to_owned(), id);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.operate()?;
        let id = state.id(path)?;
        state.names.remove(path);
        let freed = state.files[&id].bytes.len() as u64;
        if let Some(room) = &mut state.faults.room {
            *room += freed;
        }
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.operate()?;
        let inside = |path: &PathBuf| path.parent() == Some(folder);
        let State { names, durable_names, .. } = &mut *state;
        durable_names.retain(|path, _| !inside(path));
        let now = names.iter().filter(|(path, _)| inside(path));
        durable_names.extend(now.map(|(path, id)| (path.clone(), *id)));
        Ok(())
    }

    fn sync_below(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.operate()?;
        let State { names, durable_names, files, .. } = &mut *state;
        durable_names.retain(|path, _| !path.starts_with(folder));
        for (path, id) in names.iter().filter(|(path, _)| path.starts_with(folder)) {
            durable_names.insert(path.clone(), *id);
            if let Some(content) = files.get_mut(id) {
                content.durable = content.bytes.clone();
                content.unsynced.clear();
            }
        }
        Ok(())
    }

    fn lock(&self, path: &Path, _: Access) -> io::Result<Option<Lock>> {
        let taken = self.lock_state().locks.insert(path.to_owned());
        let held = Held { disk: self.clone(), path: path.to_owned() };
        Ok(taken.then(|| Box::new(held) as Lock))
    }
}

struct Held {
    disk: SimDisk,
    path: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.disk.lock_state().locks.remove(&self.path);
    }
}

struct SimFile {
    state: Arc<Mutex<State>>,
    id: u64,
}

impl DiskFile for SimFile {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.state.lock().unwrap().files[&self.id].bytes.len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.state.lock().unwrap();
        let start = usize::try_from(offset).unwrap();
        let found = state.files[&self.id].bytes.get(start..start + into.len());
        into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.operate()?;
        let start = usize::try_from(offset).unwrap();
        let short = state.meets(self.id, state.faults.write_is_short);
        if short {
            state.faults.write_is_short = None;
        }
        let written = if short { &bytes[..bytes.len() / 2] } else { bytes };
        let end = start + written.len();
        let grown = end.saturating_sub(state.files[&self.id].bytes.len()) as u64;
        if let Some(room) = &mut state.faults.room {
            if *room < grown {
                return Err(io::ErrorKind::StorageFull.into());
            }
            *room -= grown;
        }
        let content = state.files.get_mut(&self.id).unwrap();
        if content.bytes.len() < end {
            content.bytes.resize(end, 0);
        }
        content.bytes[start..end].copy_from_slice(written);
        content.unsynced.push((start, end));
        if short { Err(io::ErrorKind::WriteZero.into()) } else { Ok(()) }
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.operate()?;
        if state.meets(self.id, state.faults.sync_fails) {
            state.faults.sync_fails = None;
            return Err(io::Error::other("input/output error"));
        }
        let content = state.files.get_mut(&self.id).unwrap();
        let Content { bytes, durable, unsynced } = content;
        durable.resize(bytes.len(), 0);
        for (start, end) in unsynced.drain(..) {
            durable[start..end].copy_from_slice(&bytes[start..end]);
        }
        Ok(())
    }

    fn forget_cached(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Numbers that only depend on the seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
