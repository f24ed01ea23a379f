//! The bytes of a segment file: its header, the places in it, and the frames of batches. Pure.
//!
//! ```text
//! 0        header                       one block, hashed
//! 4,096    tail slot A, tail slot B     a block each, hashed
//! 12,288   mirror slot 0, mirror slot 1 `frame_bytes_max` each: copies of the newest two frames
//! ...      frames                       8-byte aligned, to the end of the file; zero where nothing is
//! ```

use schemas::Digest;
use uuid::Uuid;

/// The version of the format of segments and of the data folder that is written.
pub const FORMAT_VERSION: u32 = 1;
/// The oldest version that is read.
pub const FORMAT_VERSION_MIN: u32 = 1;

/// What a disk writes as one; header and tail slots have one each, so that no write touches two of them.
const BLOCK_BYTES: u64 = 4096;
const SLOTS: u64 = 2;
/// Frames start at multiples of this, so that a search for them is cheap.
pub(crate) const ALIGNMENT_BYTES: usize = 8;

/// How large the parts of a segment file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub segment_bytes: u64,
    pub frame_bytes_max: u64,
}

impl Geometry {
    pub(crate) const fn slot_offset(batch: u64) -> u64 {
        BLOCK_BYTES * (1 + batch % SLOTS)
    }

    pub(crate) const fn mirror_offset(self, batch: u64) -> u64 {
        BLOCK_BYTES * (1 + SLOTS) + self.frame_bytes_max * (batch % SLOTS)
    }

    pub(crate) const fn data_offset(self) -> u64 {
        BLOCK_BYTES * (1 + SLOTS) + self.frame_bytes_max * SLOTS
    }

    /// Whether a segment of this geometry holds at least one frame of the largest size.
    pub(crate) const fn is_sound(self) -> bool {
        let aligned =
            self.frame_bytes_max.is_multiple_of(8) && self.segment_bytes.is_multiple_of(8);
        let small = self.frame_bytes_max <= u32::MAX as u64 && self.segment_bytes < 1 << 40;
        aligned
            && small
            && self.frame_bytes_max >= 1024
            && self.segment_bytes >= self.data_offset() + self.frame_bytes_max
    }
}

/// What stands at the start of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub ledger: Uuid,
    pub segment: u64,
    pub geometry: Geometry,
    pub first_position: u64,
    /// The number and the hash of the last batch of the segment before; 0 and zeros when there is none.
    pub previous_batch: u64,
    pub previous_hash: Digest,
}

const SEGMENT_MAGIC: [u8; 8] = *b"DEEDSEG\x01";
const SEGMENT_FIELDS_BYTES: usize = 8 + 4 + 4 + 16 + 8 * 5 + 32;
/// How many bytes the header takes, with its hash.
pub(crate) const SEGMENT_HEADER_BYTES: usize = SEGMENT_FIELDS_BYTES + 32;

/// Why bytes are not what should be there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormatError {
    #[error("the bytes end early")]
    Truncated,
    #[error("the magic bytes are not there")]
    Magic,
    #[error(
        "the format version is {found}, this program reads {FORMAT_VERSION_MIN} to {FORMAT_VERSION}"
    )]
    Version { found: u32 },
    #[error("the checksum of the frame's header is {found:08x}, its bytes give {expected:08x}")]
    Checksum { expected: u32, found: u32 },
    #[error("the hash is {found}, the bytes give {expected}")]
    Hash { expected: Digest, found: Digest },
    #[error("the field `{field}` is {found}, expected {expected}")]
    Field { field: &'static str, expected: String, found: String },
    #[error("an event's record is not well formed: {what}")]
    Event { what: String },
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SEGMENT_HEADER_BYTES);
        out.extend_from_slice(&SEGMENT_MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_be_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(self.ledger.as_bytes());
        let Geometry { segment_bytes, frame_bytes_max } = self.geometry;
        let numbers = [
            self.segment,
            segment_bytes,
            frame_bytes_max,
            self.first_position,
            self.previous_batch,
        ];
        for number in numbers {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.previous_hash.0);
        seal(out)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut rest = Cursor(bytes);
        if rest.array()? != SEGMENT_MAGIC {
            return Err(FormatError::Magic);
        }
        let version = rest.u32()?;
        if !(FORMAT_VERSION_MIN..=FORMAT_VERSION).contains(&version) {
            return Err(FormatError::Version { found: version });
        }
        let mut rest = Cursor(unseal(bytes.get(..SEGMENT_HEADER_BYTES).unwrap_or(bytes))?);
        rest.take(16)?;
        let ledger = Uuid::from_bytes(rest.array()?);
        let segment = rest.u64()?;
        let geometry = Geometry { segment_bytes: rest.u64()?, frame_bytes_max: rest.u64()? };
        let header = Self {
            ledger,
            segment,
            geometry,
            first_position: rest.u64()?,
            previous_batch: rest.u64()?,
            previous_hash: Digest(rest.array()?),
        };
        if geometry.is_sound() {
            Ok(header)
        } else {
            let found = format!("{geometry:?}");
            Err(FormatError::Field { field: "geometry", expected: "a sound one".into(), found })
        }
    }
}

/// The bytes, followed by their hash.
pub(crate) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = blake3::hash(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

/// The bytes before their hash, when it is theirs.
pub(crate) fn unseal(sealed: &[u8]) -> Result<&[u8], FormatError> {
    let (bytes, hash) = sealed.split_last_chunk::<32>().ok_or(FormatError::Truncated)?;
    let (expected, found) = (Digest(*blake3::hash(bytes).as_bytes()), Digest(*hash));
    if expected == found { Ok(bytes) } else { Err(FormatError::Hash { expected, found }) }
}

/// Reads fixed-width big-endian fields, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn take(&mut self, bytes: usize) -> Result<&'a [u8], FormatError> {
        let (head, tail) = self.0.split_at_checked(bytes).ok_or(FormatError::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(FormatError::Truncated)?;
        self.0 = tail;
        Ok(*head)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, FormatError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FormatError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, FormatError> {
        self.array().map(u64::from_be_bytes)
    }
}

/// A length or offset in memory. Files are bounded by the geometry, far below what a `usize` holds.
pub(crate) fn in_memory(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A length or offset on disk.
pub(crate) fn on_disk(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
