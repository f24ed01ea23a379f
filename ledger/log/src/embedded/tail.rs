//! The two tail slots of a segment: how far it is known to be durable, written after each commit's sync.
//! Pure.

use schemas::Digest;

use super::format::{Cursor, FormatError, Geometry, in_memory, seal, unseal};
use super::walk::Chain;

/// What a tail slot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TailSlot {
    pub segment: u64,
    /// The newest batch known to be durable.
    pub durable_through: u64,
    /// Where the frame after that batch would start.
    pub end: u64,
    /// The hash of that batch.
    pub hash: Digest,
    /// Whether a later segment follows: then this one is never the last.
    pub sealed: bool,
}

const SLOT_MAGIC: [u8; 8] = *b"DEEDTAIL";
const SLOT_BYTES: usize = 8 + 8 * 4 + 32 + 32;

impl TailSlot {
    /// What a slot says at the end of a walk.
    pub(crate) const fn at_end(chain: &Chain, segment: u64, sealed: bool) -> Self {
        let Chain { batch, hash, offset, .. } = *chain;
        Self { segment, durable_through: batch, end: offset, hash, sealed }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SLOT_BYTES);
        out.extend_from_slice(&SLOT_MAGIC);
        let sealed = u64::from(self.sealed);
        for number in [self.segment, self.durable_through, self.end, sealed] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.hash.0);
        seal(out)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let bytes = unseal(bytes.get(..SLOT_BYTES).ok_or(FormatError::Truncated)?)?;
        let mut rest = Cursor(bytes);
        if rest.array()? != SLOT_MAGIC {
            return Err(FormatError::Magic);
        }
        let (segment, durable_through, end) = (rest.u64()?, rest.u64()?, rest.u64()?);
        let sealed = rest.u64()? != 0;
        Ok(Self { segment, durable_through, end, hash: Digest(rest.array()?), sealed })
    }

    /// The slot of a segment image that says most. An error when neither slot can be read: one at a time is
    /// being written, so that is never what a crash leaves.
    pub(crate) fn newest(image: &[u8], segment: u64) -> Result<Self, FormatError> {
        let read = |batch| {
            let from = in_memory(Geometry::slot_offset(batch));
            let slot = Self::decode(image.get(from..).ok_or(FormatError::Truncated)?)?;
            if slot.segment == segment {
                return Ok(slot);
            }
            let (expected, found) = (segment.to_string(), slot.segment.to_string());
            Err(FormatError::Field { field: "segment", expected, found })
        };
        match (read(0), read(1)) {
            (Ok(a), Ok(b)) => {
                Ok(if (b.durable_through, b.sealed) > (a.durable_through, a.sealed) {
                    b
                } else {
                    a
                })
            }
            (Ok(slot), Err(_)) | (Err(_), Ok(slot)) => Ok(slot),
            (Err(error), Err(_)) => Err(error),
        }
    }
}
