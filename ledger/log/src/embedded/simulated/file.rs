//! An open file of a simulated disk.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fixture: a file that is not there is a bug of the simulation"
)]

use std::io;
use std::sync::{Arc, Mutex};

use super::content::SECTOR_BYTES;
use super::faults::{Call, FaultKind};
use super::{State, done, failed, lock};
use crate::embedded::disk::DiskFile;
use crate::embedded::format::in_memory;

/// How far a misdirected write lands from its place, in sectors, at most.
const MISDIRECTED_SECTORS_MAX: usize = 16;
/// How much of a read is stale at a time.
const PAGE_BYTES: usize = 4096;

pub(super) struct SimulatedFile {
    state: Arc<Mutex<State>>,
    id: u64,
}

impl SimulatedFile {
    pub fn new(state: &Arc<Mutex<State>>, id: u64) -> Self {
        Self { state: Arc::clone(state), id }
    }
}

impl State {
    fn meet_file(&mut self, call: Call, id: u64) -> Option<FaultKind> {
        if self.faults.planned.is_empty() {
            return None;
        }
        let path = self.path_of(id);
        self.meet(call, &path)
    }

    /// Takes room for a write that ends here.
    fn grow(&mut self, id: u64, end: usize) -> io::Result<()> {
        let grown = end.saturating_sub(self.files[&id].bytes.len()) as u64;
        let Some(room) = &mut self.faults.room else { return Ok(()) };
        if *room < grown {
            self.counts.add(FaultKind::Full);
            return Err(io::ErrorKind::StorageFull.into());
        }
        *room -= grown;
        Ok(())
    }

    /// Another place in the file for a write of this length.
    fn misdirect(&mut self, id: u64, start: usize, length: usize) -> usize {
        let shift = SECTOR_BYTES * (1 + self.random.index(MISDIRECTED_SECTORS_MAX));
        let end = self.files[&id].bytes.len();
        if start + shift + length <= end { start + shift } else { start.saturating_sub(shift) }
    }
}

impl DiskFile for SimulatedFile {
    fn bytes(&self) -> io::Result<u64> {
        Ok(lock(&self.state).files[&self.id].bytes.len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = lock(&self.state);
        let start = in_memory(offset);
        let fault = state.meet_file(Call::Read, self.id);
        if fault == Some(FaultKind::ReadFails) {
            return Err(failed());
        }
        let content = &state.files[&self.id];
        let found = content.bytes.get(start..start + into.len());
        into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        if fault == Some(FaultKind::ReadStale) && !into.is_empty() {
            let stale = content.stale();
            // One page of it: two copies of the same bytes are never in one page.
            let page = state.random.index(into.len()) / PAGE_BYTES * PAGE_BYTES;
            let end = into.len().min(page + PAGE_BYTES);
            into[page..end].copy_from_slice(&stale[start + page..start + end]);
        }
        if fault == Some(FaultKind::ReadFlipped) && !into.is_empty() {
            let at = state.random.index(into.len() * 8);
            into[at / 8] ^= 1 << (at % 8);
        }
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = lock(&self.state);
        let dies = state.operate()?;
        state.note("write", self.id, &offset.to_be_bytes());
        state.note("bytes", self.id, bytes);
        let mut start = in_memory(offset);
        let fault = state.meet_file(Call::Write, self.id);
        if fault == Some(FaultKind::WriteFails) {
            return Err(failed());
        }
        let short = fault == Some(FaultKind::WriteShort);
        let written = if short { &bytes[..bytes.len() / 2] } else { bytes };
        state.grow(self.id, start + written.len())?;
        if fault == Some(FaultKind::WriteMisdirected) {
            start = state.misdirect(self.id, start, written.len());
        }
        let content = state.files.get_mut(&self.id).unwrap();
        content.write(start, written, fault == Some(FaultKind::WriteLost));
        if short {
            return Err(io::ErrorKind::WriteZero.into());
        }
        done(dies, ())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        let dies = state.operate()?;
        state.note("sync", self.id, &[]);
        let fault = state.meet_file(Call::Sync, self.id);
        let State { files, random, .. } = &mut *state;
        let content = files.get_mut(&self.id).unwrap();
        match fault {
            Some(kind) => {
                content.fail_sync(kind == FaultKind::SyncFailsDropped, random);
                Err(failed())
            }
            None => {
                content.sync();
                done(dies, ())
            }
        }
    }

    fn forget_cached(&self) -> io::Result<()> {
        lock(&self.state).files.get_mut(&self.id).unwrap().forget_cached();
        Ok(())
    }
}
