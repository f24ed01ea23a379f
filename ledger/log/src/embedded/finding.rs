//! What is wrong with a stored log, said so that a person can find it: which kind, which file, which byte,
//! which event.

use std::fmt;

use schemas::{LogPosition, Revision, StoredEvent, StreamName};

use super::format::FormatError;
use super::frame::FrameHeader;
use crate::port::ReadError;

/// The kinds of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// The last write before a crash is incomplete. Nothing in it was acknowledged.
    TornTail,
    /// Bytes are not those that were written.
    BitRot,
    /// A file or its end is missing.
    Truncated,
    /// Whole batches that do not follow from each other: parts of two histories, or a misdirected write.
    Fork,
    /// A whole batch whose events do not give the commitments or the order that is recorded.
    Rewrite,
    /// The log has fewer events than a signed checkpoint says.
    Rollback,
    /// A checkpoint's signature is not its key's.
    BadSignature,
    /// A checkpoint is signed by a key that is not known.
    UnknownKey,
}

impl FindingKind {
    /// The name in reports: `BIT_ROT`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TornTail => "TORN_TAIL",
            Self::BitRot => "BIT_ROT",
            Self::Truncated => "TRUNCATED",
            Self::Fork => "FORK",
            Self::Rewrite => "REWRITE",
            Self::Rollback => "ROLLBACK",
            Self::BadSignature => "BAD_SIGNATURE",
            Self::UnknownKey => "UNKNOWN_KEY",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Which event a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    /// Its stream.
    pub stream: StreamName,
    /// Its number in the stream.
    pub revision: Revision,
    /// Its place in the log.
    pub position: LogPosition,
}

impl From<&StoredEvent> for EventPlace {
    fn from(event: &StoredEvent) -> Self {
        let (stream, revision) = (event.header.stream, event.header.revision);
        Self { stream, revision, position: event.position }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of damage.
    pub kind: FindingKind,
    /// In which segment.
    pub segment: u64,
    /// At which byte of its file.
    pub offset: u64,
    /// The first and the last position it touches, as far as is known.
    pub positions: Option<(LogPosition, LogPosition)>,
    /// The event it touches, when it is known to be one.
    pub event: Option<EventPlace>,
    /// What should be there.
    pub expected: Box<str>,
    /// What is there.
    pub found: Box<str>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, segment, offset, expected, found, .. } = self;
        write!(f, "{kind} in segment {segment} at byte {offset}")?;
        match (&self.event, &self.positions) {
            (Some(event), _) => {
                let EventPlace { stream, revision, position } = event;
                write!(f, ", event {position} ({stream} revision {revision})")?;
            }
            (None, Some((first, last))) if first == last => write!(f, ", event {first}")?,
            (None, Some((first, last))) => write!(f, ", events {first} to {last}")?,
            (None, None) => {}
        }
        write!(f, ": expected {expected}, found {found}")
    }
}

impl Finding {
    /// A finding without events.
    pub(crate) fn new(
        kind: FindingKind,
        (segment, offset): (u64, u64),
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let (expected, found) = (expected.into().into(), found.into().into());
        Self { kind, segment, offset, positions: None, event: None, expected, found }
    }

    /// A finding from bytes that are not what they should be.
    pub(crate) fn of_format(kind: FindingKind, place: (u64, u64), error: &FormatError) -> Self {
        let (expected, found) = match error {
            FormatError::Hash { expected, found } => (found.to_string(), expected.to_string()),
            FormatError::Checksum { expected, found } => {
                (format!("checksum {found:08x}"), format!("{expected:08x}"))
            }
            FormatError::Field { field, expected, found } => {
                (format!("{field} {expected}"), found.clone())
            }
            FormatError::Truncated
            | FormatError::Magic
            | FormatError::Version { .. }
            | FormatError::Event { .. } => ("a whole batch".to_owned(), error.to_string()),
        };
        Self::new(kind, place, expected, found)
    }

    pub(crate) fn at_frame(mut self, header: &FrameHeader) -> Self {
        let last = header.first_position.saturating_add(u64::from(header.count.max(1)) - 1);
        self.positions = Some((LogPosition(header.first_position), LogPosition(last)));
        self
    }

    pub(crate) fn at_event(mut self, event: &StoredEvent) -> Self {
        self.positions = Some((event.position, event.position));
        self.event = Some(event.into());
        self
    }

    /// The same, as a reader of events is told it.
    pub(crate) fn read_error(&self) -> ReadError {
        let what = format!("{}: expected {}, found {}", self.kind, self.expected, self.found);
        ReadError::Damaged { segment: self.segment, offset: self.offset, what }
    }
}
