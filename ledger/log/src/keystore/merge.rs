//! What two copies of the key file say together. Pure: bytes in, records out.
//!
//! Copy A is always made durable before copy B is touched, and nothing that depends on a record is acknowledged
//! before B is durable too. So what only one copy has may be half written; what both have is whole in one of them.

use super::error::KeystoreError;
use super::record::{Kind, RECORD_BYTES, Record};

/// What a key file starts with; the last byte is the version of the format.
const MAGIC: [u8; 7] = *b"DBKEYS\0";
const VERSION: u8 = 1;
/// Magic, version, the keystore's id, CRC-32C of these.
pub(super) const HEADER_BYTES: usize = 8 + 16 + 4;

/// The first bytes of a key file.
pub(super) fn header(store: [u8; 16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.push(VERSION);
    bytes.extend_from_slice(&store);
    let check = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&check.to_be_bytes());
    bytes
}

/// Where a record starts in the file.
pub(super) fn offset_of(slot: usize) -> u64 {
    let bytes = slot.saturating_mul(RECORD_BYTES).saturating_add(HEADER_BYTES);
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// What both copies say together.
pub(super) struct Merged {
    pub store: [u8; 16],
    pub records: Vec<Record>,
    /// Records that were half written when the machine stopped.
    pub torn: usize,
}

impl Merged {
    /// The bytes that both files should have.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = header(self.store);
        bytes.reserve(self.records.len().saturating_mul(RECORD_BYTES));
        for record in &self.records {
            record.encode(&mut bytes);
        }
        bytes
    }
}

/// Puts two copies together.
///
/// # Errors
/// When a record, or the header, is damaged in both, or they are of different ledgers.
pub(super) fn merge(a: &[u8], b: &[u8]) -> Result<Merged, KeystoreError> {
    let store = match (store_id(a)?, store_id(b)?) {
        (Some(a), Some(b)) if a != b => return Err(KeystoreError::CopiesDisagree),
        (Some(store), _) | (None, Some(store)) => store,
        (None, None) => return Err(KeystoreError::Damaged { offset: 0 }),
    };
    let mut merged = Merged { store, records: Vec::new(), torn: 0 };
    let (mut slots_a, mut slots_b) = (slots(a), slots(b));
    for slot in 0.. {
        let record = match (slots_a.next(), slots_b.next()) {
            (None, None) => break,
            (Some(a), Some(b)) => either(a, b)?,
            (Some(Some(record)), None) | (None, Some(Some(record))) => Some(record),
            // Nothing that was acknowledged is in one file only, and damaged there.
            (Some(None), None) | (None, Some(None)) => {
                merged.torn += 1;
                continue;
            }
        };
        let damaged = KeystoreError::Damaged { offset: offset_of(slot) };
        merged.records.push(record.ok_or(damaged)?);
    }
    Ok(merged)
}

/// The one record that two copies of a slot stand for; `None` when both are damaged.
fn either(a: Option<Record>, b: Option<Record>) -> Result<Option<Record>, KeystoreError> {
    let (Some(first), Some(second)) = (a, b) else {
        return Ok(a.or(b));
    };
    if first == second {
        return Ok(Some(first));
    }
    // INVARIANT (erased is final): a crash between the copies leaves one of them behind.
    let one = [first, second].into_iter().find(|record| record.kind == Kind::Erased);
    match one {
        Some(erased) if first.subject == second.subject => Ok(Some(erased)),
        Some(_) | None => Err(KeystoreError::CopiesDisagree),
    }
}

fn slots(bytes: &[u8]) -> impl Iterator<Item = Option<Record>> {
    let body = bytes.get(HEADER_BYTES..).unwrap_or_default();
    body.chunks(RECORD_BYTES).map(Record::decode)
}

fn store_id(bytes: &[u8]) -> Result<Option<[u8; 16]>, KeystoreError> {
    let Some((body, check)) =
        bytes.get(..HEADER_BYTES).and_then(|header| header.split_last_chunk::<4>())
    else {
        return Ok(None);
    };
    if crc32c::crc32c(body) != u32::from_be_bytes(*check) {
        return Ok(None);
    }
    let Some((start, store)) = body.split_last_chunk::<16>() else {
        return Ok(None);
    };
    match start.strip_prefix(&MAGIC) {
        Some([VERSION]) => Ok(Some(*store)),
        Some([found]) => Err(KeystoreError::Version { found: *found, newest: VERSION }),
        Some(_) | None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
