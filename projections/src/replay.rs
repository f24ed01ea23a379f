//! Folds a log from its first event, up to any moment, without a service: what the views held then,
//! and the hashes to compare with what the live service said. Personal fields stay closed: no hash
//! depends on them.

use ledger_log::{Codec, CodecError, EventLog, ReadError, RecordedEvent};
use schemas::{LogPosition, StoredEvent, Timestamp};

use crate::views::{ApplyError, Views};

/// How many events are read at once.
const BATCH_EVENTS: usize = 1_024;

/// Up to where a log is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The end of the log as it is when the replay gets there.
    Tail,
    /// This position.
    Position(LogPosition),
    /// The last event recorded at or before this instant.
    Time(Timestamp),
}

impl Until {
    fn includes(self, event: &StoredEvent) -> bool {
        match self {
            Self::Tail => true,
            Self::Position(position) => event.position <= position,
            Self::Time(at) => event.header.recorded_at <= at,
        }
    }
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayProgress {
    /// How many events were folded.
    pub events: u64,
    /// The position of the last of them.
    pub position: LogPosition,
}

/// Why a log cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log cannot be read.
    #[error("the ledger cannot be read")]
    Read(#[from] ReadError),
    /// An event cannot be decoded.
    #[error("an event cannot be decoded")]
    Codec(#[from] CodecError),
    /// An event cannot be folded.
    #[error("an event cannot be folded")]
    Apply(#[from] ApplyError),
}

impl ReplayError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(ReadError::Damaged { .. }) => "INTEGRITY_HOLD",
            Self::Read(ReadError::Unavailable { .. }) => "LEDGER_UNAVAILABLE",
            Self::Codec(source) => source.code(),
            Self::Apply(source) => source.code(),
        }
    }
}

/// Folds a log up to a moment. `progress` is called after each batch.
///
/// # Errors
/// When an event cannot be read, decoded or folded; nothing is skipped.
pub async fn replay(
    log: &dyn EventLog,
    codec: &Codec,
    until: Until,
    progress: impl FnMut(ReplayProgress),
) -> Result<Views, ReplayError> {
    replay_before(log, codec, until, progress, |_, _| {}).await
}

/// The same, where each event is looked at beside what was so just before it.
///
/// # Errors
/// When an event cannot be read, decoded or folded; nothing is skipped.
pub async fn replay_before(
    log: &dyn EventLog,
    codec: &Codec,
    until: Until,
    mut progress: impl FnMut(ReplayProgress),
    mut before: impl FnMut(&Views, &RecordedEvent),
) -> Result<Views, ReplayError> {
    let mut views = Views::new();
    let mut events: u64 = 0;
    loop {
        let batch = log.read_all(views.position(), BATCH_EVENTS).await?;
        if batch.is_empty() {
            return Ok(views);
        }
        for stored in &batch {
            if !until.includes(stored) {
                return Ok(views);
            }
            let recorded = codec.decode_closed(stored)?;
            before(&views, &recorded);
            views.apply(&recorded)?;
            events = events.saturating_add(1);
        }
        if let Some(position) = views.position() {
            progress(ReplayProgress { events, position });
        }
    }
}
