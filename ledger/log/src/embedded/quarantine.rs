//! Torn tails: kept as files of their own before they are cut off, then recorded in the ledger's own stream.
//! A crash between the two is made good at the next start.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::PathBuf;

use schemas::ledger::{LedgerFact, LogRecovered};
use schemas::{
    Actor, CommandId, CorrelationId, Digest, EventId, FactSet, OpenedPart, Part, StoredEvent,
    StreamName, Timestamp,
};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::OpenError;
use super::background::is_full;
use super::disk::{self, Access, Disk};
use super::folder::Folder;
use super::queue::Waiting;
use super::recovery::Torn;
use super::store::Store;
use super::writer::Writer;
use crate::port::{Append, AppendOutcome, ExpectedRevision, NewEvent};

/// Which rule decides that a recovery is recorded.
const RULE: &str = "ledger.recovery_recorded";

/// Keeps the bytes of a torn tail. On a full disk the reserve makes room.
pub(crate) fn keep(
    disk: &dyn Disk,
    folder: &Folder,
    segment: u64,
    torn: &Torn,
) -> Result<(), OpenError> {
    let kept = folder.quarantine();
    disk.create_folder(&kept).map_err(OpenError::io("make", &kept))?;
    let path = free_name(disk, folder, segment, torn.offset)?;
    let mut written = disk::write_whole(disk, &path, &torn.bytes);
    if written.as_ref().is_err_and(is_full) {
        written = disk
            .remove(&folder.reserve())
            .and_then(|()| disk::write_whole(disk, &path, &torn.bytes));
    }
    written.map_err(OpenError::io("write", &path))
}

/// A name that no file has: the tail may be torn again where it was torn before.
fn free_name(
    disk: &dyn Disk,
    folder: &Folder,
    segment: u64,
    offset: u64,
) -> Result<PathBuf, OpenError> {
    let taken = names(disk, folder)?;
    let free = (1_u64..).map(|time| format!("segment-{segment:08}-at-{offset}-{time}.torn"));
    let free = free.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
    Ok(folder.quarantine().join(free))
}

fn names(disk: &dyn Disk, folder: &Folder) -> Result<BTreeSet<String>, OpenError> {
    match disk.list(&folder.quarantine()) {
        Ok(names) => Ok(names.into_iter().filter(|name| name.ends_with(".torn")).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(OpenError::io("list", &folder.quarantine())(error)),
    }
}

/// What is in quarantine and not in the ledger's own stream.
pub(crate) fn unrecorded(store: &Store) -> Result<Vec<LogRecovered>, OpenError> {
    let (disk, folder) = (&*store.disk, &store.folder);
    let kept = names(disk, folder)?;
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    let refuse = |reason: String| OpenError::Recovery { reason };
    let places = store.index().stream_places(StreamName::ledger(), None, usize::MAX);
    let places = places.map_err(|finding| refuse(finding.to_string()))?;
    let events = store.events(&places).map_err(|error| refuse(error.to_string()))?;
    let recorded: BTreeSet<_> = events.iter().filter_map(recovered).collect();
    let mut missing = Vec::new();
    for name in kept {
        let Some((segment, offset)) = place_of(&name) else { continue };
        let path = folder.quarantine().join(&name);
        let file = disk.open(&path, Access::Read).and_then(|file| file.bytes());
        let bytes = file.map_err(OpenError::io("measure", &path))?;
        if !recorded.contains(&(segment, offset, bytes)) {
            missing.push(LogRecovered { segment, offset, bytes });
        }
    }
    Ok(missing)
}

/// The place in a name such as `segment-00000001-at-4096-1.torn`.
fn place_of(name: &str) -> Option<(u64, u64)> {
    let (segment, rest) = name.strip_prefix("segment-")?.split_once("-at-")?;
    let (offset, _) = rest.split_once('-')?;
    Some((segment.parse().ok()?, offset.parse().ok()?))
}

fn recovered(event: &StoredEvent) -> Option<(u64, u64, u64)> {
    let Some(Part::Public(body)) = event.parts.first() else { return None };
    match LedgerFact::decode(&event.header.wire_name, body, OpenedPart::None).ok()? {
        LedgerFact::LogRecovered(LogRecovered { segment, offset, bytes }) => {
            Some((segment, offset, bytes))
        }
        LedgerFact::LedgerOpened(_)
        | LedgerFact::LedgerForked(_)
        | LedgerFact::LogKeyRotated(_) => None,
    }
}

/// Appends what was cut off to the ledger's own stream, before anybody else appends.
pub(crate) fn record(
    writer: &mut Writer,
    recovered: LogRecovered,
    now: Timestamp,
) -> Result<(), OpenError> {
    let head = writer.store.index().head(StreamName::ledger());
    let id = recovery_id(writer, &recovered, now);
    let encoded = LedgerFact::from(recovered).encode();
    let (answer, mut receiver) = oneshot::channel();
    let append = Append {
        stream: StreamName::ledger(),
        expected: head.map_or(ExpectedRevision::NoStream, |h| ExpectedRevision::Exact(h.revision)),
        tenant: None,
        actor: Actor::System,
        on_behalf_of: None,
        command_id: CommandId::new(id),
        command_digest: Digest(*blake3::hash(&encoded.public).as_bytes()),
        correlation_id: CorrelationId::new(id),
        causation_id: None,
        rule: RULE,
        basis: None,
        decided_at: now,
        events: vec![NewEvent {
            event_id: EventId::new(id),
            wire_name: encoded.wire_name,
            effective_at: now,
            parts: vec![Part::Public(encoded.public)],
        }],
    };
    let served = writer.serve(VecDeque::from([Waiting { append, answer }]));
    served.map_err(|stopped| OpenError::Recovery { reason: stopped.0 })?;
    match receiver.try_recv() {
        Ok(AppendOutcome::Committed(_)) => Ok(()),
        Ok(other) => Err(OpenError::Recovery { reason: format!("{other:?}") }),
        Err(error) => Err(OpenError::Recovery { reason: error.to_string() }),
    }
}

/// A UUIDv7 whose random part comes from what was recovered and where the log stands.
fn recovery_id(writer: &Writer, recovered: &LogRecovered, now: Timestamp) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key("ent-ledger 2026 recovery id v1");
    hasher.update(writer.store.identity.ledger.as_bytes());
    for number in [recovered.segment, recovered.offset, recovered.bytes] {
        hasher.update(&number.to_be_bytes());
    }
    hasher.update(&writer.chain.hash.0);
    let mut random = [0; 10];
    hasher.finalize_xof().fill(&mut random);
    let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
