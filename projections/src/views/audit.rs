//! The audit trail: where every event is, by tenant, by stream and by license. The numbers of a
//! tenant's events are dense: 0, 1, 2, …, so that a missing one would be seen. The events
//! themselves stay in the log.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use ledger_log::RecordedEvent;
use schemas::meter::MeterEvent;
use schemas::{
    AccountId, LedgerEvent, LicenseId, LogPosition, MeterId, Revision, StreamName, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::digest::{RowHasher, Sum, ViewDigest, ViewVersion};
use crate::page::{Page, Window};
use crate::row_text::RowText;
use crate::scope::{Scope, VendorScope, sees_all_of, sees_license};
use crate::views::{ApplyError, Views};

/// Where one event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number in the list that was asked for: of a tenant, of a stream, of a license, or of
    /// everything.
    pub ordinal: u64,
    /// Its place in the log.
    pub position: LogPosition,
    /// When the ledger recorded it.
    pub recorded_at: Timestamp,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its number in the stream.
    pub revision: Revision,
}

/// One event: its stream is an index into the list of streams, to keep entries small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    position: LogPosition,
    recorded_at: Timestamp,
    stream: u32,
    revision: u32,
}

/// An event as a snapshot keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditRecord {
    pub position: LogPosition,
    pub recorded_at: Timestamp,
    pub stream: StreamName,
    pub revision: Revision,
    pub tenant: Option<AccountId>,
    pub license: Option<LicenseId>,
}

/// Where all events are.
#[derive(Debug)]
pub struct Audit {
    entries: Vec<Entry>,
    streams: Vec<StreamName>,
    /// The index of a stream, and the places of its events in the order of their revisions.
    by_stream: HashMap<StreamName, (u32, Vec<u32>)>,
    by_tenant: BTreeMap<Option<AccountId>, Vec<u32>>,
    by_license: HashMap<LicenseId, Vec<u32>>,
    metered: HashMap<MeterId, LicenseId>,
    settled: Mutex<Settled>,
}

/// The running state hash: entries never change, so each tenant's list is hashed from where it was
/// left.
#[derive(Debug)]
struct Settled {
    hasher: RowHasher,
    sum: Sum,
    rows: u64,
    hashed: BTreeMap<Option<AccountId>, usize>,
    grown: BTreeSet<Option<AccountId>>,
}

impl Settled {
    fn new() -> Self {
        Self {
            hasher: RowHasher::new(Audit::VERSION),
            sum: Sum::default(),
            rows: 0,
            hashed: BTreeMap::new(),
            grown: BTreeSet::new(),
        }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            streams: Vec::new(),
            by_stream: HashMap::new(),
            by_tenant: BTreeMap::new(),
            by_license: HashMap::new(),
            metered: HashMap::new(),
            settled: Mutex::new(Settled::new()),
        }
    }
}

impl Audit {
    pub(crate) const VERSION: ViewVersion = ViewVersion { name: "audit", version: 1 };

    /// Takes an event in. It goes first and checks: no other view takes in what this one refuses.
    pub(crate) fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), ApplyError> {
        let header = &recorded.header;
        let license = self.license_of(recorded);
        self.add(&AuditRecord {
            position: recorded.position,
            recorded_at: header.recorded_at,
            stream: header.stream,
            revision: header.revision,
            tenant: header.tenant,
            license,
        })
    }

    /// Takes an event in, live or from a snapshot.
    pub(crate) fn add(&mut self, record: &AuditRecord) -> Result<(), ApplyError> {
        let place = u32::try_from(self.entries.len()).map_err(|_| ApplyError::TooManyEvents)?;
        let known = self.by_stream.get(&record.stream).map_or(0, |(_, places)| places.len());
        let expected = u64::try_from(known).unwrap_or(u64::MAX);
        let found = record.revision;
        if found != expected {
            return Err(ApplyError::RevisionGap { stream: record.stream, expected, found });
        }
        let revision = u32::try_from(found).map_err(|_| ApplyError::TooManyEvents)?;
        let next = u32::try_from(self.streams.len()).map_err(|_| ApplyError::TooManyEvents)?;
        let (stream, places) = self.by_stream.entry(record.stream).or_insert_with(|| {
            self.streams.push(record.stream);
            (next, Vec::new())
        });
        places.push(place);
        let (position, recorded_at) = (record.position, record.recorded_at);
        self.entries.push(Entry { position, recorded_at, stream: *stream, revision });
        self.by_tenant.entry(record.tenant).or_default().push(place);
        if let Some(license) = record.license {
            self.by_license.entry(license).or_default().push(place);
        }
        let settled = self.settled.get_mut().unwrap_or_else(PoisonError::into_inner);
        settled.grown.insert(record.tenant);
        Ok(())
    }

    /// The license an event is about: its own, or the one its meter counts for.
    fn license_of(&mut self, recorded: &RecordedEvent) -> Option<LicenseId> {
        let id = recorded.header.stream.id;
        match &recorded.event {
            LedgerEvent::License(_) => Some(LicenseId::new(id)),
            LedgerEvent::Meter(MeterEvent::MeterOpened(opened)) => {
                self.metered.insert(MeterId::new(id), opened.license);
                Some(opened.license)
            }
            LedgerEvent::Meter(MeterEvent::UnitsGranted(_) | MeterEvent::UsageRecorded(_)) => {
                self.metered.get(&MeterId::new(id)).copied()
            }
            LedgerEvent::Ledger(_)
            | LedgerEvent::Product(_)
            | LedgerEvent::Account(_)
            | LedgerEvent::Staff(_)
            | LedgerEvent::Access(_)
            | LedgerEvent::Claim(_) => None,
        }
    }

    /// What the meters of a restored license count for.
    pub(crate) fn restore_meter(&mut self, meter: MeterId, license: LicenseId) {
        self.metered.insert(meter, license);
    }

    /// Every event with its tenant and license, in the order of the log.
    pub(crate) fn records(&self) -> Vec<AuditRecord> {
        let mut tenants = vec![None; self.entries.len()];
        let mut licenses = vec![None; self.entries.len()];
        for (tenant, places) in &self.by_tenant {
            fill(&mut tenants, places, *tenant);
        }
        for (license, places) in &self.by_license {
            fill(&mut licenses, places, Some(*license));
        }
        let known = self.entries.iter().zip(tenants).zip(licenses);
        known
            .filter_map(|((entry, tenant), license)| {
                let stream = *self.stream(entry.stream)?;
                let (position, recorded_at) = (entry.position, entry.recorded_at);
                let revision = u64::from(entry.revision);
                Some(AuditRecord { position, recorded_at, stream, revision, tenant, license })
            })
            .collect()
    }

    fn stream(&self, index: u32) -> Option<&StreamName> {
        self.streams.get(usize::try_from(index).ok()?)
    }

    fn entry(&self, place: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(place).ok()?)
    }

    fn page(&self, places: &[u32], window: &Window<u64>) -> Page<AuditEntry> {
        let bounds = ordinals(places.len(), window);
        let rows = bounds.filter_map(|ordinal| {
            let place = *places.get(usize::try_from(ordinal).ok()?)?;
            self.shown(ordinal, self.entry(place)?)
        });
        window.fill(rows)
    }

    fn shown(&self, ordinal: u64, entry: &Entry) -> Option<AuditEntry> {
        Some(AuditEntry {
            ordinal,
            position: entry.position,
            recorded_at: entry.recorded_at,
            stream: *self.stream(entry.stream)?,
            revision: u64::from(entry.revision),
        })
    }

    fn write(&self, tenant: Option<AccountId>, ordinal: usize, place: u32, text: &mut RowText) {
        let Some(entry) = self.entry(place) else { return };
        let Some(stream) = self.stream(entry.stream) else { return };
        text.start("event", ordinal);
        text.option("tenant", tenant);
        text.field("stream", stream);
        text.field("revision", entry.revision);
        text.instant("recorded_at", entry.recorded_at);
    }

    fn settle(&self, settled: &mut Settled) {
        let mut text = RowText::default();
        for tenant in std::mem::take(&mut settled.grown) {
            let Some(places) = self.by_tenant.get(&tenant) else { continue };
            let from = settled.hashed.insert(tenant, places.len()).unwrap_or(0);
            for (ordinal, place) in places.iter().enumerate().skip(from) {
                text.clear();
                self.write(tenant, ordinal, *place, &mut text);
                settled.sum.add(&settled.hasher.hash(&text));
                settled.rows = settled.rows.saturating_add(1);
            }
        }
    }

    /// How many entries wait to be hashed.
    pub(crate) fn pending(&self) -> usize {
        let settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let hashed = usize::try_from(settled.rows).unwrap_or(usize::MAX);
        self.entries.len().saturating_sub(hashed)
    }

    pub(crate) fn digest(&self) -> ViewDigest {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        self.settle(&mut settled);
        ViewDigest { view: Self::VERSION, rows: settled.rows, digest: settled.sum.digest() }
    }

    pub(crate) fn recomputed(&self) -> ViewDigest {
        let mut settled = Settled::new();
        settled.grown.extend(self.by_tenant.keys());
        self.settle(&mut settled);
        ViewDigest { view: Self::VERSION, rows: settled.rows, digest: settled.sum.digest() }
    }

    pub(crate) fn text(&self) -> RowText {
        let mut text = RowText::default();
        for (tenant, places) in &self.by_tenant {
            for (ordinal, place) in places.iter().enumerate() {
                self.write(*tenant, ordinal, *place, &mut text);
            }
        }
        text
    }

    /// The position of the newest event recorded at or before this instant.
    pub(crate) fn position_at(&self, at: Timestamp) -> Option<LogPosition> {
        let known = self.entries.partition_point(|entry| entry.recorded_at <= at);
        self.entries.get(known.checked_sub(1)?).map(|entry| entry.position)
    }
}

fn fill<T: Copy>(slots: &mut [T], places: &[u32], value: T) {
    for place in places {
        if let Some(slot) = usize::try_from(*place).ok().and_then(|place| slots.get_mut(place)) {
            *slot = value;
        }
    }
}

/// The ordinals of a list of this length that lie inside a window.
fn ordinals(length: usize, window: &Window<u64>) -> std::ops::Range<u64> {
    let end = u64::try_from(length).unwrap_or(u64::MAX);
    let from = window.after.map_or(0, |after| after.saturating_add(1));
    let until = window.before.map_or(end, |before| before.min(end));
    from..until.max(from)
}

/// Reads of the audit trail.
impl Views {
    /// The events of an account; `None` when the reader may not see everything of it.
    #[must_use]
    pub fn audit_of_account(
        &self,
        scope: &impl Scope,
        account: AccountId,
        window: &Window<u64>,
    ) -> Option<Page<AuditEntry>> {
        self.accounts.row(account)?;
        sees_all_of(scope, &self.accounts, account)
            .then(|| self.audit.page(self.tenant_places(Some(account)), window))
    }

    /// How many events an account has; their ordinals run from 0 without a gap.
    #[must_use]
    pub fn audit_count(&self, scope: &impl Scope, account: AccountId) -> Option<u64> {
        self.accounts.row(account)?;
        let length = self.tenant_places(Some(account)).len();
        sees_all_of(scope, &self.accounts, account)
            .then(|| u64::try_from(length).unwrap_or(u64::MAX))
    }

    /// The events of a license and of its meters; `None` when the reader may not see the license.
    #[must_use]
    pub fn audit_of_license(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        window: &Window<u64>,
    ) -> Option<Page<AuditEntry>> {
        let row = self.entitlements.row(license)?;
        let places = self.audit.by_license.get(&license).map(Vec::as_slice).unwrap_or_default();
        sees_license(scope, &self.accounts, row).then(|| self.audit.page(places, window))
    }

    /// The vendor's own events: catalog, staff, ledger.
    #[must_use]
    pub fn audit_of_vendor(&self, _: &VendorScope, window: &Window<u64>) -> Page<AuditEntry> {
        self.audit.page(self.tenant_places(None), window)
    }

    /// The events of one stream.
    #[must_use]
    pub fn audit_of_stream(
        &self,
        _: &VendorScope,
        stream: StreamName,
        window: &Window<u64>,
    ) -> Page<AuditEntry> {
        let places = self.audit.by_stream.get(&stream).map(|(_, places)| places.as_slice());
        self.audit.page(places.unwrap_or_default(), window)
    }

    /// Every event of the ledger.
    #[must_use]
    pub fn audit_of_everything(&self, _: &VendorScope, window: &Window<u64>) -> Page<AuditEntry> {
        let entries = &self.audit.entries;
        window.fill(ordinals(entries.len(), window).filter_map(|ordinal| {
            self.audit.shown(ordinal, entries.get(usize::try_from(ordinal).ok()?)?)
        }))
    }

    /// The position of the newest event that was recorded at or before this instant.
    #[must_use]
    pub fn position_at(&self, recorded_at: Timestamp) -> Option<LogPosition> {
        self.audit.position_at(recorded_at)
    }

    fn tenant_places(&self, tenant: Option<AccountId>) -> &[u32] {
        self.audit.by_tenant.get(&tenant).map(Vec::as_slice).unwrap_or_default()
    }
}
