//! The records of the key files: one fixed-size slot for each key, each with its own checksum.

use schemas::SubjectId;

/// What a record stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The key of blind indexes; always the first record.
    Index,
    /// A subject's key.
    Subject,
    /// A subject whose key was destroyed.
    Erased,
}

impl Kind {
    pub const fn code(self) -> u8 {
        match self {
            Self::Index => 1,
            Self::Subject => 2,
            Self::Erased => 3,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [Self::Index, Self::Subject, Self::Erased].into_iter().find(|kind| kind.code() == code)
    }
}

/// A key, wrapped: `nonce24 || ciphertext48`.
pub(super) const WRAPPED_BYTES: usize = 72;

/// The size of a record in the file: kind, subject, wrapped key, CRC-32C of these.
pub(super) const RECORD_BYTES: usize = 1 + 16 + WRAPPED_BYTES + 4;

/// One key as the files hold it. It has no `Debug`: even wrapped keys stay out of logs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub kind: Kind,
    pub subject: SubjectId,
    pub wrapped: [u8; WRAPPED_BYTES],
}

impl Record {
    /// The record that takes the place of a destroyed key.
    pub const fn erased(subject: SubjectId) -> Self {
        Self { kind: Kind::Erased, subject, wrapped: [0; WRAPPED_BYTES] }
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        bytes.push(self.kind.code());
        bytes.extend_from_slice(&self.subject.bytes());
        bytes.extend_from_slice(&self.wrapped);
        let check = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&check.to_be_bytes());
        out.extend_from_slice(&bytes);
    }

    /// The record in these bytes, if they are one.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, check) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(body) != u32::from_be_bytes(*check) {
            return None;
        }
        let (kind, rest) = body.split_first()?;
        let (subject, wrapped) = rest.split_first_chunk::<16>()?;
        Some(Self {
            kind: Kind::from_code(*kind)?,
            subject: SubjectId::from_bytes(*subject),
            wrapped: wrapped.try_into().ok()?,
        })
    }
}
