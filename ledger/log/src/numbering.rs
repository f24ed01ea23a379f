//! What an adapter that numbers events itself does to an append: checks it, then completes the headers.
//! Pure: knows nothing of where events are kept.

use std::sync::LazyLock;

use schemas::{Digest, Header, LogPosition, Part, Revision, StoredEvent, Timestamp};

use crate::port::{
    Append, AppendOutcome, AppendRefusal, CommandRecord, Committed, ExpectedRevision,
};

/// The most bytes that one append may take, counted by [`append_bytes`]. An append is atomic, so it lies in
/// one frame of the embedded log, and a frame with its own header must fit a 1 MiB mirror slot.
pub const APPEND_BYTES_MAX: usize = 1024 * 1024 - 4096;

/// What a canonical header, the lengths around it and the content root take at most.
const EVENT_OVERHEAD_BYTES_MAX: usize = 1024;
/// What the kind, the subject and the length of a part take at most.
const PART_OVERHEAD_BYTES_MAX: usize = 32;

/// The newest event of a stream, as far as the next one needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub revision: Revision,
    pub root: Digest,
}

/// An upper bound of the bytes that an append takes on disk.
#[must_use]
pub fn append_bytes(append: &Append) -> usize {
    append.events.iter().fold(0, |sum, event| {
        let parts = event.parts.iter().map(|part| PART_OVERHEAD_BYTES_MAX + part_bytes(part));
        parts.fold(sum + EVENT_OVERHEAD_BYTES_MAX, usize::saturating_add)
    })
}

/// Refuses an append that no revision of its stream could make right.
pub(crate) fn check_shape(append: &Append) -> Result<(), AppendRefusal> {
    check_shape_within(append, APPEND_BYTES_MAX)
}

/// The same for a log that takes smaller appends.
pub(crate) fn check_shape_within(append: &Append, bytes_max: usize) -> Result<(), AppendRefusal> {
    if append.events.is_empty() {
        return Err(AppendRefusal::Empty);
    }
    let bytes = append_bytes(append);
    if bytes > bytes_max {
        return Err(AppendRefusal::TooLarge { bytes, bytes_max });
    }
    Ok(())
}

/// Refuses an append whose stream is elsewhere than it expects.
pub(crate) fn check_revision(
    expected: ExpectedRevision,
    head: Option<Head>,
) -> Result<(), AppendOutcome> {
    let actual = head.map(|head| head.revision);
    let expected = match expected {
        ExpectedRevision::NoStream => None,
        ExpectedRevision::Exact(revision) => Some(revision),
    };
    if actual == expected { Ok(()) } else { Err(AppendOutcome::Conflict { actual }) }
}

/// The digest of the policy by which this program lets people act; computed once.
fn policy_digest() -> Digest {
    static DIGEST: LazyLock<Digest> = LazyLock::new(ledger::authority::policy_digest);
    *DIGEST
}

/// The stored events of a checked append: revisions follow the head, positions follow `next`, each event is
/// chained to the one before it in its stream.
pub(crate) fn number(
    append: Append,
    head: Option<Head>,
    next: LogPosition,
    recorded_at: Timestamp,
) -> Vec<StoredEvent> {
    let first = head.map_or(0, |head| head.revision + 1);
    let mut previous_root = head.map_or(Digest::ZERO, |head| head.root);
    let mut stored = Vec::with_capacity(append.events.len());
    for (number, event) in (0..).zip(append.events) {
        let (revision, position) = (first + number, LogPosition(next.0 + number));
        let header = Header {
            event_id: event.event_id,
            tenant: append.tenant,
            stream: append.stream,
            revision,
            previous_root,
            wire_name: event.wire_name.to_owned(),
            recorded_at,
            effective_at: event.effective_at,
            actor: append.actor,
            on_behalf_of: append.on_behalf_of,
            command_id: append.command_id,
            command_digest: append.command_digest,
            correlation_id: append.correlation_id,
            causation_id: append.causation_id,
            rule: append.rule.to_owned(),
            policy_digest: append.basis.map(|_| policy_digest()),
            basis: append.basis.map(|basis| basis.to_string()),
        };
        let content_root = ledger::proof::content_root(&header, &event.parts);
        stored.push(StoredEvent { position, header, parts: event.parts, content_root });
        previous_root = content_root;
    }
    stored
}

/// The answer to the append that these events came from. `None` for no events.
pub(crate) fn committed(events: &[StoredEvent]) -> Option<Committed> {
    let (first, last) = (events.first()?, events.last()?);
    Some(Committed {
        first_revision: first.header.revision,
        last_revision: last.header.revision,
        position: Some(last.position),
        recorded_at: last.header.recorded_at,
    })
}

/// What the command that these events came from recorded. `None` for no events.
pub(crate) fn command_record(events: &[StoredEvent]) -> Option<CommandRecord> {
    let (first, last) = (events.first()?, events.last()?);
    Some(CommandRecord {
        command_digest: first.header.command_digest,
        stream: first.header.stream,
        first_revision: first.header.revision,
        last_revision: last.header.revision,
        position: last.position,
        recorded_at: last.header.recorded_at,
    })
}

fn part_bytes(part: &Part) -> usize {
    match part {
        Part::Public(bytes) => bytes.len(),
        Part::Personal { sealed, .. } => sealed.len(),
        Part::Removed { .. } => 32,
    }
}
