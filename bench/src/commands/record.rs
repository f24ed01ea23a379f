//! The records that the other stores keep: as large as those the embedded log just wrote, as random as hashes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use schemas::{Part, StoredEvent};
use uuid::Uuid;

use super::deedbook::{Deedbook, Streams};
use super::load::load;
use crate::chance::Chance;
use crate::options::Options;

/// The sizes of real records, and what counts command ids.
pub struct Shape {
    records: Vec<Vec<u8>>,
    ids: AtomicU64,
}

/// One command of another store: to which stream, at which revision, under which id, what.
#[derive(Debug, Clone)]
pub struct Record {
    /// The stream.
    pub stream: Uuid,
    /// The revision, from 0.
    pub revision: i64,
    /// The command id. Ids rise, which is kind to trees.
    pub command: Uuid,
    /// The event, with its envelope.
    pub body: Vec<u8>,
}

/// A caller of another store: its streams, and where they are.
pub struct Records {
    chance: Chance,
    streams: Vec<(Uuid, i64)>,
    heads: Arc<Heads>,
}

/// How many streams the other stores write to: as many as the licenses and meters of the ledger.
const STREAMS: usize = 8_192;
/// How many real records are looked at.
const RECORDS: usize = 4_096;

impl Shape {
    /// Lets the ledger write for a moment and takes the newest records.
    pub async fn of(deedbook: &Arc<Deedbook>, options: &Options) -> Self {
        load(Arc::clone(deedbook).over(Streams::Many), options, 64).await;
        let records = deedbook.newest_events(RECORDS).await;
        let records = records.iter().map(|event| vec![0x5a; record_bytes(event)]).collect();
        Self { records, ids: AtomicU64::new(0) }
    }

    /// The mean size of a record.
    pub fn mean_bytes(&self) -> usize {
        self.records.iter().map(Vec::len).sum::<usize>() / self.records.len()
    }

    /// What one record holds.
    pub fn body(&self, chance: &mut Chance) -> Vec<u8> {
        let mut body = self.records[chance.below(self.records.len())].clone();
        // What a header mostly is: ids and hashes, which nothing compresses.
        for chunk in body.chunks_exact_mut(8) {
            chunk.copy_from_slice(&chance.bits().to_ne_bytes());
        }
        body
    }

    fn id(&self, chance: &mut Chance) -> Uuid {
        chance.id_in_order(self.ids.fetch_add(1, Ordering::Relaxed))
    }
}

/// What an event takes in a frame of the embedded log: its length, header, content root and parts.
fn record_bytes(event: &StoredEvent) -> usize {
    let parts = event.parts.iter().map(|part| match part {
        Part::Public(bytes) => 5 + bytes.len(),
        Part::Personal { sealed, .. } => 21 + sealed.len(),
        Part::Removed { .. } => 33,
    });
    4 + 4 + event.header.encode().len() + 32 + 4 + parts.sum::<usize>()
}

/// Where the streams of a store are, from round to round.
pub struct Heads {
    streams: Vec<Uuid>,
    next: Mutex<HashMap<Uuid, i64>>,
}

impl Default for Heads {
    fn default() -> Self {
        let mut chance = Chance::new(77);
        Self { streams: (0..STREAMS).map(|_| chance.id()).collect(), next: Mutex::default() }
    }
}

impl Heads {
    /// The caller with this number, of this many.
    pub fn caller(heads: &Arc<Self>, number: usize, callers: usize) -> Records {
        let known = heads.next.lock().unwrap();
        let mine = heads.streams.iter().skip(number).step_by(callers);
        let streams = mine.map(|id| (*id, known.get(id).copied().unwrap_or(0))).collect();
        let chance = Chance::new(u64::try_from(number).unwrap());
        Records { chance, streams, heads: Arc::clone(heads) }
    }
}

impl Records {
    /// The next command of this caller.
    pub fn next(&mut self, shape: &Shape) -> Record {
        let number = self.chance.below(self.streams.len());
        let (stream, next) = &mut self.streams[number];
        let (stream, revision) = (*stream, *next);
        *next += 1;
        let command = shape.id(&mut self.chance);
        Record { stream, revision, command, body: shape.body(&mut self.chance) }
    }
}

/// What a caller wrote, the next one has to know.
impl Drop for Records {
    fn drop(&mut self) {
        self.heads.next.lock().unwrap().extend(self.streams.drain(..));
    }
}
