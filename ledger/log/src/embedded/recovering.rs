//! Opening a ledger for writing: heals and cuts its tail, starts the writer, records what was recovered.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use schemas::ledger::{LedgerFact, LogRecovered};
use schemas::{
    Actor, CommandId, CorrelationId, Digest, EventId, FactSet, Part, StreamName, Timestamp,
};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::background::{Background, Workplace, is_full};
use super::disk::{self, Access, Disk, DiskFile};
use super::finding::Finding;
use super::folder::Folder;
use super::format::on_disk;
use super::frame::Frame;
use super::opening::{Opened, RecoveryReport, Source};
use super::queue::{Queue, Waiting};
use super::recovery::Torn;
use super::segment::{Segment, write_zeros};
use super::store::Store;
use super::writer::Writer;
use super::{
    BACKEND, EmbeddedLog, EmbeddedOptions, OpenError, Shared, append_bytes_max, index_file,
};
use crate::numbering::Head;
use crate::port::{Append, AppendOutcome, ExpectedRevision, LogIdentity, NewEvent};

/// Which rule decides that a recovery is recorded.
const RULE: &str = "ledger.recovery_recorded";

pub(crate) fn open(
    path: &Path,
    options: EmbeddedOptions,
) -> Result<(EmbeddedLog, RecoveryReport), OpenError> {
    let folder = Folder::new(path);
    let disk = Arc::clone(&options.disk);
    let ledger = folder.read_format(&*disk)?;
    let lock = folder.take(&*disk, Access::Write)?;
    let source = Source { disk: &*disk, folder: &folder, ledger, access: Access::Write };
    let opened = source.open()?;
    let Opened { index, active, rebuilt, chain, last, healed, torn } = opened;
    let last = last.ok_or_else(|| OpenError::NotALedger { path: path.to_owned() })?;
    mend(&*disk, &folder, &last, &healed, torn.as_ref())?;
    let indexes_rebuilt = rebuilt.iter().map(|index| index.segment).collect();
    for index in &rebuilt {
        keep_index(&*disk, &folder, ledger, index);
    }
    let head = index.head(StreamName::ledger());
    let geometry = last.header.geometry;
    let identity = LogIdentity { ledger, backend: BACKEND };
    let place = (Arc::clone(&disk), folder.clone());
    let store = Arc::new(Store::new(place, identity, index, Vec::new(), options.cache_bytes_max));
    let workplace = Workplace {
        disk,
        folder,
        ledger,
        segment_bytes: geometry.segment_bytes,
        reserve_bytes: options.reserve_bytes,
        retry_space: options.retry_space,
    };
    let background = Background::start(workplace).map_err(OpenError::io("start work on", path))?;
    let queue = Arc::new(Queue::default());
    let mut writer = Writer {
        store: Arc::clone(&store),
        queue: Arc::clone(&queue),
        background,
        before_commit: options.before_commit,
        on_fatal: options.on_fatal,
        idle_seal: options.idle_seal,
        header: last.header,
        file: last.file,
        chain,
        active,
        unsealed: true,
        recovering: true,
    };
    if let Some(torn) = &torn {
        record(&mut writer, torn, head, options.clock.now())?;
    }
    writer.recovering = false;
    let report = RecoveryReport {
        segments: writer.header.segment,
        events: store.index().next_position(),
        healed: healed.into_iter().map(|(finding, _)| finding).collect(),
        torn: torn.map(|torn| torn.finding),
        indexes_rebuilt,
        damage: Vec::new(),
    };
    let thread = std::thread::Builder::new().name("ledger-writer".to_owned());
    let thread = thread.spawn(move || writer.run()).map_err(OpenError::io("write to", path))?;
    let shared = Shared {
        store,
        queue,
        writer: Mutex::new(Some(thread)),
        append_bytes_max: append_bytes_max(geometry),
        _lock: lock,
    };
    Ok((EmbeddedLog { shared: Arc::new(shared) }, report))
}

/// Writes what the tail of the last segment needs.
fn mend(
    disk: &dyn Disk,
    folder: &Folder,
    last: &Segment,
    healed: &[(Finding, Frame)],
    torn: Option<&Torn>,
) -> Result<(), OpenError> {
    let path = folder.segment(last.header.segment);
    for (_, frame) in healed {
        heal(&*last.file, frame).map_err(OpenError::io("heal", &path))?;
    }
    let Some(torn) = torn else { return Ok(()) };
    quarantine(disk, folder, last.header.segment, torn)?;
    let end = torn.offset + on_disk(torn.bytes.len());
    write_zeros(&*last.file, torn.offset, end).map_err(OpenError::io("cut", &path))
}

/// Writes a frame again that was whole only in its mirror.
fn heal(file: &dyn DiskFile, frame: &Frame) -> io::Result<()> {
    file.write_at(&frame.bytes, frame.header.offset)?;
    file.sync()
}

/// Keeps the bytes of a torn tail before they are cut off.
fn quarantine(
    disk: &dyn Disk,
    folder: &Folder,
    segment: u64,
    torn: &Torn,
) -> Result<(), OpenError> {
    let kept = folder.quarantine();
    disk.create_folder(&kept).map_err(OpenError::io("make", &kept))?;
    let path = kept.join(format!("segment-{segment:08}-at-{}.torn", torn.offset));
    let mut written = disk::write_whole(disk, &path, &torn.bytes);
    if written.as_ref().is_err_and(is_full) {
        written = disk
            .remove(&folder.reserve())
            .and_then(|()| disk::write_whole(disk, &path, &torn.bytes));
    }
    written.map_err(OpenError::io("write", &path))
}

fn keep_index(disk: &dyn Disk, folder: &Folder, ledger: Uuid, index: &super::index::SegmentIndex) {
    let path = folder.index(index.segment);
    let kept = disk::write_whole(disk, &path, &index_file::encode(ledger, index));
    if let Err(error) = kept {
        tracing::warn!(%error, "the index of a segment was not kept; it is made again when needed");
    }
}

/// Appends what was cut off to the ledger's own stream, before anybody else appends.
fn record(
    writer: &mut Writer,
    torn: &Torn,
    head: Option<Head>,
    now: Timestamp,
) -> Result<(), OpenError> {
    let bytes = on_disk(torn.bytes.len());
    let (segment, offset) = (torn.finding.segment, torn.offset);
    let fact = LedgerFact::from(LogRecovered { segment, offset, bytes });
    let encoded = fact.encode();
    let id = recovery_id(writer, torn, now);
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

/// A UUIDv7 whose random part comes from what was recovered: the same recovery has the same id.
fn recovery_id(writer: &Writer, torn: &Torn, now: Timestamp) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key("ent-ledger 2026 recovery id v1");
    hasher.update(writer.store.identity.ledger.as_bytes());
    hasher.update(&writer.header.segment.to_be_bytes());
    hasher.update(&torn.offset.to_be_bytes());
    hasher.update(&writer.chain.hash.0);
    hasher.update(&torn.bytes);
    let mut random = [0; 10];
    hasher.finalize_xof().fill(&mut random);
    let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
