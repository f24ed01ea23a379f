//! The index of one full segment as a file beside it, so that opening does not read every segment. It is only
//! a copy of what the segment says: a missing or wrong one is made again.

use std::collections::HashMap;

use schemas::{AccountId, CommandId, Digest, StreamKind, StreamName, Timestamp};
use uuid::Uuid;

use super::format::{Cursor, FORMAT_VERSION, FormatError, on_disk, seal, unseal};
use super::index::{EventEntry, FramePlace, SegmentIndex};

const INDEX_MAGIC: [u8; 8] = *b"DEEDIDX\x01";

/// The bytes of the file.
pub(crate) fn encode(ledger: Uuid, index: &SegmentIndex) -> Vec<u8> {
    let (events, frames, roots) = (index.events.len(), index.frames.len(), index.roots.len());
    let mut out = Vec::with_capacity(events * 64 + frames * 32 + roots * 64 + 256);
    out.extend_from_slice(&INDEX_MAGIC);
    out.extend_from_slice(&FORMAT_VERSION.to_be_bytes());
    out.extend_from_slice(ledger.as_bytes());
    for number in [index.segment, index.first_position, index.last_batch] {
        put(&mut out, number);
    }
    out.extend_from_slice(&index.last_hash.0);
    out.extend_from_slice(&index.recorded_at.micros().to_be_bytes());
    put(&mut out, on_disk(index.frames.len()));
    for frame in &index.frames {
        for number in [frame.offset, frame.bytes, frame.first_position, frame.count] {
            put(&mut out, number);
        }
    }
    put(&mut out, on_disk(index.events.len()));
    for event in &index.events {
        put_stream(&mut out, event.stream);
        put(&mut out, event.revision);
        out.push(u8::from(event.tenant.is_some()));
        if let Some(tenant) = event.tenant {
            out.extend_from_slice(&tenant.bytes());
        }
        out.extend_from_slice(&event.command_id.bytes());
    }
    put(&mut out, on_disk(index.roots.len()));
    // In order, so that the same events give the same file.
    let mut roots: Vec<_> = index.roots.iter().collect();
    roots.sort_unstable_by_key(|(stream, _)| **stream);
    for (stream, root) in roots {
        put_stream(&mut out, *stream);
        out.extend_from_slice(&root.0);
    }
    seal(out)
}

/// The index that these bytes are.
pub(crate) fn decode(ledger: Uuid, bytes: &[u8]) -> Result<SegmentIndex, FormatError> {
    let mut rest = Cursor(unseal(bytes)?);
    if rest.array()? != INDEX_MAGIC {
        return Err(FormatError::Magic);
    }
    let version = rest.u32()?;
    if version != FORMAT_VERSION {
        return Err(FormatError::Version { found: version });
    }
    let found = Uuid::from_bytes(rest.array()?);
    if found != ledger {
        let (expected, found) = (ledger.to_string(), found.to_string());
        return Err(FormatError::Field { field: "ledger", expected, found });
    }
    let (segment, first_position) = (rest.u64()?, rest.u64()?);
    let mut index = SegmentIndex::new(segment, first_position);
    index.last_batch = rest.u64()?;
    index.last_hash = Digest(rest.array()?);
    index.recorded_at = Timestamp::from_micros(i64::from_be_bytes(rest.array()?));
    for _ in 0..rest.u64()? {
        index.frames.push(FramePlace {
            offset: rest.u64()?,
            bytes: rest.u64()?,
            first_position: rest.u64()?,
            count: rest.u64()?,
        });
    }
    for _ in 0..rest.u64()? {
        index.events.push(EventEntry {
            stream: take_stream(&mut rest)?,
            revision: rest.u64()?,
            tenant: match rest.byte()? {
                0 => None,
                _ => Some(AccountId::from_bytes(rest.array()?)),
            },
            command_id: CommandId::from_bytes(rest.array()?),
        });
    }
    let mut roots = HashMap::new();
    for _ in 0..rest.u64()? {
        roots.insert(take_stream(&mut rest)?, Digest(rest.array()?));
    }
    index.roots = roots;
    Ok(index)
}

/// The name of the file beside a segment.
pub(crate) fn name(segment: u64) -> String {
    format!("segment-{segment:08}.idx")
}

fn put(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_be_bytes());
}

fn put_stream(out: &mut Vec<u8>, stream: StreamName) {
    out.push(stream.kind.code());
    out.extend_from_slice(stream.id.as_bytes());
}

fn take_stream(rest: &mut Cursor<'_>) -> Result<StreamName, FormatError> {
    let code = rest.byte()?;
    let kind = StreamKind::from_code(code).ok_or_else(|| FormatError::Field {
        field: "stream",
        expected: "a known kind".to_owned(),
        found: code.to_string(),
    })?;
    Ok(StreamName::new(kind, Uuid::from_bytes(rest.array()?)))
}
