//! The audit trail: where every event is, by tenant, by stream and by license. The numbers of a
//! tenant's events are dense: 0, 1, 2, …, so that a missing one would be seen. The events
//! themselves stay in the log.

mod postings;
mod trail;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use ledger_log::RecordedEvent;
use schemas::meter::MeterEvent;
use schemas::{
    AccountId, LedgerEvent, LicenseId, LogPosition, MeterId, Revision, StreamKind, StreamName,
    Timestamp,
};

use crate::digest::{RowHasher, Sum, ViewDigest, ViewVersion};
use crate::page::{PAGE_ROWS_MAX, Page, Window};
use crate::row_text::RowText;
use crate::scope::{Scope, VendorScope};
use crate::views::{ApplyError, Views};
use postings::Numbers;
pub(crate) use trail::Trail;
use trail::{AuditRecord, Entry};

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

/// Where all events are.
#[derive(Debug, Default)]
pub struct Audit {
    trail: Trail,
    metered: BTreeMap<MeterId, LicenseId>,
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
    /// Whether the lists of the snapshot are in the sum from the start.
    restored: bool,
}

impl Settled {
    fn new() -> Self {
        Self {
            hasher: RowHasher::new(Audit::VERSION),
            sum: Sum::default(),
            rows: 0,
            hashed: BTreeMap::new(),
            grown: BTreeSet::new(),
            restored: false,
        }
    }
}

impl Default for Settled {
    fn default() -> Self {
        Self::new()
    }
}

impl Audit {
    pub(crate) const VERSION: ViewVersion = ViewVersion { name: "audit", version: 1 };

    /// Takes an event in. It goes first and checks: no other view takes in what this one refuses.
    pub(crate) fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), ApplyError> {
        let header = &recorded.header;
        let license = self.license_of(recorded);
        self.trail.add(&AuditRecord {
            position: recorded.position,
            recorded_at: header.recorded_at,
            stream: header.stream,
            revision: header.revision,
            tenant: header.tenant,
            license,
        })?;
        let settled = self.settled.get_mut().unwrap_or_else(PoisonError::into_inner);
        settled.grown.insert(header.tenant);
        Ok(())
    }

    /// The audit trail of a snapshot, with the state hash it had, and what its meters count for.
    pub(crate) fn restored(
        trail: Trail,
        held: &ViewDigest,
        metered: BTreeMap<MeterId, LicenseId>,
    ) -> Self {
        let settled = Settled {
            sum: Sum::of(&held.digest),
            rows: held.rows,
            restored: true,
            ..Settled::new()
        };
        Self { trail, metered, settled: Mutex::new(settled) }
    }

    /// Where all events are, for a snapshot.
    pub(crate) fn freeze(&self) -> Trail {
        self.trail.clone()
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
            | LedgerEvent::Claim(_)
            | LedgerEvent::Policy(_)
            | LedgerEvent::Notices(_) => None,
        }
    }

    fn page(&self, places: Numbers<'_>, window: &Window<u64>) -> Page<AuditEntry> {
        let bounds = ordinals(places.len(), window);
        let rows = bounds.filter_map(|ordinal| {
            let place = places.get(usize::try_from(ordinal).ok()?)?;
            self.shown(ordinal, self.trail.entry(place)?)
        });
        window.fill(rows)
    }

    fn shown(&self, ordinal: u64, entry: &Entry) -> Option<AuditEntry> {
        Some(AuditEntry {
            ordinal,
            position: entry.position,
            recorded_at: entry.recorded_at,
            stream: *self.trail.stream(entry.stream)?,
            revision: u64::from(entry.revision),
        })
    }

    fn write(&self, tenant: Option<AccountId>, ordinal: usize, place: u32, text: &mut RowText) {
        let Some(entry) = self.trail.entry(place) else { return };
        let Some(stream) = self.trail.stream(entry.stream) else { return };
        text.start("event", ordinal);
        text.option("tenant", tenant);
        text.field("stream", stream);
        text.field("revision", entry.revision);
        text.instant("recorded_at", entry.recorded_at);
    }

    /// Hashes new entries, at most so many.
    fn settle(&self, settled: &mut Settled, entries_max: usize) {
        let mut text = RowText::default();
        let mut left = entries_max;
        while let Some(tenant) = settled.grown.iter().next().copied() {
            let places = self.trail.of_tenant(tenant);
            let before = settled.hashed.get(&tenant).copied();
            let restored = || settled.restored.then(|| self.trail.by_tenant.restored(&tenant));
            let from = before.or_else(restored).unwrap_or(0);
            let to = places.len().min(from.saturating_add(left));
            for (ordinal, place) in places.iter().enumerate().take(to).skip(from) {
                text.clear();
                self.write(tenant, ordinal, place, &mut text);
                settled.sum.add(&settled.hasher.hash(&text));
                settled.rows = settled.rows.saturating_add(1);
            }
            settled.hashed.insert(tenant, to);
            if to < places.len() {
                return;
            }
            left -= to - from;
            settled.grown.remove(&tenant);
        }
    }

    /// Hashes some of the new entries, at most so many; answers how many still wait.
    pub(crate) fn settle_some(&self, entries_max: usize) -> usize {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        self.settle(&mut settled, entries_max);
        let hashed = usize::try_from(settled.rows).unwrap_or(usize::MAX);
        self.trail.entries.len().saturating_sub(hashed)
    }

    pub(crate) fn digest(&self) -> ViewDigest {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        self.settle(&mut settled, usize::MAX);
        ViewDigest { view: Self::VERSION, rows: settled.rows, digest: settled.sum.digest() }
    }

    pub(crate) fn recomputed(&self) -> ViewDigest {
        let mut settled = Settled::new();
        settled.grown.extend(self.trail.by_tenant.keys());
        self.settle(&mut settled, usize::MAX);
        ViewDigest { view: Self::VERSION, rows: settled.rows, digest: settled.sum.digest() }
    }

    pub(crate) fn text(&self) -> RowText {
        let mut text = RowText::default();
        for tenant in self.trail.by_tenant.keys() {
            for (ordinal, place) in self.trail.of_tenant(tenant).iter().enumerate() {
                self.write(tenant, ordinal, place, &mut text);
            }
        }
        text
    }

    /// The position of the newest event recorded at or before this instant.
    pub(crate) fn position_at(&self, at: Timestamp) -> Option<LogPosition> {
        let entries = &self.trail.entries;
        let known = entries.partition_point(|entry| entry.recorded_at <= at);
        entries.get(known.checked_sub(1)?).map(|entry| entry.position)
    }
}

/// Among how many of the newest events of an account its changes are looked for.
const CHANGES_AMONG_MAX: usize = 50_000;

/// Which events of an account are told.
#[derive(Clone, Copy)]
enum Told {
    Everything,
    Changes,
}

impl Told {
    const fn has(self, entry: &AuditEntry) -> bool {
        match self {
            Self::Everything => true,
            Self::Changes => {
                matches!(entry.stream.kind, StreamKind::License | StreamKind::Account)
            }
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
        self.sees_whole_account(scope, account)
            .then(|| self.audit.page(self.audit.trail.of_tenant(Some(account)), window))
    }

    /// The newest events of an account and the accounts below it, before a place in the ledger's order; `None` when
    /// the reader may not see everything of it. Their ordinals are such places.
    #[must_use]
    pub fn audit_of_tree(
        &self,
        scope: &impl Scope,
        account: AccountId,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Page<AuditEntry>> {
        self.audit_of_trees(Told::Everything, scope, &[account], before, limit)
    }

    /// The same of several accounts, and of licenses and accounts themselves only, without usage and sign-ins. Looks at the newest 50,000
    /// events of each account only.
    #[must_use]
    pub fn audit_changes_of_trees(
        &self,
        scope: &impl Scope,
        accounts: &[AccountId],
        before: Option<u64>,
        limit: usize,
    ) -> Option<Page<AuditEntry>> {
        self.audit_of_trees(Told::Changes, scope, accounts, before, limit)
    }

    fn audit_of_trees(
        &self,
        told: Told,
        scope: &impl Scope,
        accounts: &[AccountId],
        before: Option<u64>,
        limit: usize,
    ) -> Option<Page<AuditEntry>> {
        let all = accounts.iter().all(|account| {
            self.accounts.row(*account).is_some() && self.sees_whole_account(scope, *account)
        });
        if !all {
            return None;
        }
        let end = before.and_then(|before| u32::try_from(before).ok()).unwrap_or(u32::MAX);
        // One more than asked for, to know whether there are more.
        let rows = limit.min(PAGE_ROWS_MAX).saturating_add(1);
        let mut found = BTreeMap::new();
        for one in accounts.iter().flat_map(|root| self.account_tree(scope, *root)) {
            let own = self.audit.trail.of_tenant(Some(one.account));
            let until = own.below(end);
            let newest = (until.saturating_sub(CHANGES_AMONG_MAX)..until).rev();
            let shown = newest.filter_map(|at| {
                let place = own.get(at)?;
                Some((place, self.audit.shown(u64::from(place), self.audit.trail.entry(place)?)?))
            });
            found.extend(shown.filter(|(_, entry)| told.has(entry)).take(rows));
        }
        Some(Window::last(limit).before(before).fill(found.into_values()))
    }

    /// How many events an account and the accounts below it have.
    #[must_use]
    pub fn audit_count_of_tree(&self, scope: &impl Scope, account: AccountId) -> u64 {
        let counts =
            self.account_tree(scope, account).map(|one| self.audit_count(scope, one.account));
        counts.map(Option::unwrap_or_default).sum()
    }

    /// How many events an account has; their ordinals run from 0 without a gap.
    #[must_use]
    pub fn audit_count(&self, scope: &impl Scope, account: AccountId) -> Option<u64> {
        self.accounts.row(account)?;
        let length = self.audit.trail.of_tenant(Some(account)).len();
        self.sees_whole_account(scope, account).then(|| u64::try_from(length).unwrap_or(u64::MAX))
    }

    /// The events of a license and of its meters; `None` when the reader may not see everything of the license.
    #[must_use]
    pub fn audit_of_license(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        window: &Window<u64>,
    ) -> Option<Page<AuditEntry>> {
        self.entitlements.row(license)?;
        let places = self.audit.trail.by_license.of(&license);
        self.sees_whole_license(scope, license).then(|| self.audit.page(places, window))
    }

    /// The vendor's own events: catalog, staff, ledger.
    #[must_use]
    pub fn audit_of_vendor(&self, _: &VendorScope, window: &Window<u64>) -> Page<AuditEntry> {
        self.audit.page(self.audit.trail.of_tenant(None), window)
    }

    /// The events of one stream.
    #[must_use]
    pub fn audit_of_stream(
        &self,
        _: &VendorScope,
        stream: StreamName,
        window: &Window<u64>,
    ) -> Page<AuditEntry> {
        self.audit.page(self.audit.trail.by_stream.of(&stream), window)
    }

    /// Every event of the ledger.
    #[must_use]
    pub fn audit_of_everything(&self, _: &VendorScope, window: &Window<u64>) -> Page<AuditEntry> {
        let entries = &self.audit.trail.entries;
        window.fill(ordinals(entries.len(), window).filter_map(|ordinal| {
            self.audit.shown(ordinal, entries.get(usize::try_from(ordinal).ok()?)?)
        }))
    }

    /// The position of the newest event that was recorded at or before this instant.
    #[must_use]
    pub fn position_at(&self, recorded_at: Timestamp) -> Option<LogPosition> {
        self.audit.position_at(recorded_at)
    }
}
