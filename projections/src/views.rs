//! All views together, folded in the order of the log. One event changes all of them or none.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod catalog;
mod customers;
pub mod directory;
pub mod entitlements;
pub(crate) mod names;
mod pairs;
mod people;
pub mod single_sign_on;
pub(crate) mod tallied;
mod words;

use std::sync::Arc;

use ledger_log::RecordedEvent;
use schemas::account::{AccountEvent, Party};
use schemas::license::LicenseEvent;
use schemas::{
    AccountId, ActivationId, Digest, LedgerEvent, LicenseId, LogPosition, MemberId, Revision,
    StreamName, SubjectId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::digest::{Digests, ViewVersion};
use crate::kept::Source;
use crate::row_text::RowText;
use access::{Access, AccessKey};
use accounts::{Accounts, AccountsKey};
use audit::Audit;
use catalog::Catalog;
use directory::{Bound, Directory};
use entitlements::{Entitlements, EntitlementsKey};
use names::Names;
use tallied::TalliedView;

/// What is known of the past, up to one position of the log.
#[derive(Debug, Default)]
pub struct Views {
    pub(crate) last: Option<LastEvent>,
    pub(crate) catalog: Catalog,
    pub(crate) accounts: Accounts,
    pub(crate) directory: Directory,
    pub(crate) entitlements: Entitlements,
    pub(crate) access: Access,
    pub(crate) audit: Audit,
    /// Where rows that were not asked for yet are; `None`: all were, or there was no snapshot.
    pub(crate) source: Option<Arc<Source>>,
    stopped: Option<Arc<Stop>>,
    events_since_snapshot: u64,
}

/// The last event that the views know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEvent {
    /// Its place in the log.
    pub position: LogPosition,
    /// Its stream.
    pub stream: StreamName,
    /// Its number in the stream.
    pub revision: Revision,
    /// The commitment to its content.
    pub content_root: Digest,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// Why the views stopped. They stay as they were before the event, and nobody is let in on that
/// knowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The last event that was taken in.
    pub after: Option<LogPosition>,
    /// The stable code, such as `SCHEMA_UNKNOWN`.
    pub code: &'static str,
    /// What happened, for the operator.
    pub reason: String,
}

/// Why an event cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The event is not after the last one.
    #[error("event at position {found} came after the one at position {last}")]
    PositionOrder {
        /// The position of the last event.
        last: LogPosition,
        /// The position of this one.
        found: LogPosition,
    },
    /// An event of the stream is missing, or came twice.
    #[error("`{stream}` goes on with revision {found}, not {expected}")]
    RevisionGap {
        /// The stream.
        stream: StreamName,
        /// The revision that comes next.
        expected: Revision,
        /// The revision that came.
        found: Revision,
    },
    /// The log has more events than the audit trail can number.
    #[error("the log has more events than the views can number")]
    TooManyEvents,
    /// Taking the event in ended in a panic.
    #[error("taking in the event at position {position} ended in a panic")]
    Panicked {
        /// The position of the event.
        position: LogPosition,
    },
}

impl ApplyError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PositionOrder { .. } => "VIEW_POSITION_ORDER",
            Self::RevisionGap { .. } => "VIEW_REVISION_GAP",
            Self::TooManyEvents => "VIEW_FULL",
            Self::Panicked { .. } => "VIEW_PANICKED",
        }
    }
}

impl Views {
    /// Views of an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next event in.
    ///
    /// # Errors
    /// When it is not the next one; then nothing changed.
    pub fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), ApplyError> {
        let found = recorded.position;
        if let Some(last) = self.position().filter(|last| found <= *last) {
            return Err(ApplyError::PositionOrder { last, found });
        }
        self.audit.apply(recorded)?;
        self.dispatch(recorded);
        self.events_since_snapshot = self.events_since_snapshot.saturating_add(1);
        self.last = Some(LastEvent {
            position: recorded.position,
            stream: recorded.header.stream,
            revision: recorded.header.revision,
            content_root: recorded.content_root,
            recorded_at: recorded.header.recorded_at,
        });
        Ok(())
    }

    fn dispatch(&mut self, recorded: &RecordedEvent) {
        match &recorded.event {
            LedgerEvent::Product(event) => self.catalog.apply(event, recorded),
            LedgerEvent::Account(event) => {
                self.accounts.apply(event, recorded);
                self.index_account(event, recorded);
            }
            LedgerEvent::License(event) => {
                self.entitlements.apply(event, recorded);
                self.index_license(event, recorded);
            }
            LedgerEvent::Meter(event) => self.entitlements.apply_meter(event, recorded),
            LedgerEvent::Staff(event) => self.access.apply_staff(event, recorded),
            LedgerEvent::Access(event) => self.access.apply(event, recorded),
            LedgerEvent::Policy(event) => self.catalog.apply_policy(event, recorded),
            LedgerEvent::Notices(event) => self.access.apply_notice(event, recorded),
            // The audit trail has them; nothing else is read from them.
            LedgerEvent::Ledger(_) | LedgerEvent::Claim(_) => {}
        }
    }

    fn index_account(&mut self, event: &AccountEvent, recorded: &RecordedEvent) {
        match event {
            AccountEvent::AccountOpened(opened) => {
                if let Some(row) =
                    self.accounts.row(opened.account).filter(|_| recorded.header.revision == 0)
                {
                    self.directory.add_account(row);
                }
            }
            AccountEvent::MemberAdded(added) => {
                self.access.add_member(added.email_digest, added.member);
                if let Some(row) = self.accounts.member_row(added.member) {
                    self.directory.add_member(row);
                }
            }
            AccountEvent::MemberProfileChanged(changed) => {
                if let Some(row) = self.accounts.member_row(changed.member) {
                    if let Some(before) = changed.email_before {
                        self.access.remove_member(before, row.member);
                        self.directory.remove_email(before, row.member);
                        self.access.add_member(row.email_digest, row.member);
                    }
                    self.directory.change_member(row);
                }
                self.call_anew(recorded);
            }
            AccountEvent::AccountPromoted(_) => self.call_anew(recorded),
            AccountEvent::MemberErased(erased) => self.unindex_member(erased.member),
            AccountEvent::AccountErased(erased) => {
                for member in &erased.members {
                    self.unindex_member(*member);
                    self.access.end_sessions(member.uuid());
                }
            }
            AccountEvent::MemberSuspended(suspended) => {
                self.access.end_sessions(suspended.member.uuid());
            }
            AccountEvent::MemberRoleChanged(_)
            | AccountEvent::MemberRestored(_)
            | AccountEvent::SecondFactorRuleSet(_)
            | AccountEvent::LegalHoldPlaced(_)
            | AccountEvent::LegalHoldLifted(_)
            | AccountEvent::RoleGranted(_)
            | AccountEvent::RoleGrantEnded(_)
            | AccountEvent::PartnerLinked(_)
            | AccountEvent::PartnerUnlinked(_)
            | AccountEvent::IdentityProviderConnected(_)
            | AccountEvent::IdentityProviderDisconnected(_)
            | AccountEvent::IdentityLinked(_)
            | AccountEvent::IdentityUnlinked(_)
            | AccountEvent::SingleSignOnRequired(_)
            | AccountEvent::SingleSignOnNoLongerRequired(_)
            | AccountEvent::ContractDefaultsSet(_) => {}
        }
    }

    /// An account of a person, or that was one's, is found by what it is called now only.
    fn call_anew(&mut self, recorded: &RecordedEvent) {
        let row = self.accounts.row(AccountId::new(recorded.header.stream.id));
        if let Some(row) = row.filter(|row| row.party == Party::Person) {
            self.directory.change_account(row);
        }
    }

    /// Nobody signs in with the e-mail of whoever is erased, nor is found by it.
    fn unindex_member(&mut self, member: MemberId) {
        if let Some(row) = self.accounts.member_row(member) {
            self.access.remove_member(row.email_digest, row.member);
            self.directory.remove_email(row.email_digest, row.member);
        }
    }

    fn index_license(&mut self, event: &LicenseEvent, recorded: &RecordedEvent) {
        let license = LicenseId::new(recorded.header.stream.id);
        if let LicenseEvent::LicenseIssued(_) = event {
            if let Some(row) = self.entitlements.row(license) {
                self.directory.add_license(row);
            }
        } else if let LicenseEvent::DeviceActivated(device) = event {
            self.index_binding(license, device.activation, device.fingerprint);
        } else if let LicenseEvent::DomainActivated(domain) = event {
            self.index_binding(license, domain.activation, domain.domain);
        }
    }

    fn index_binding(&mut self, license: LicenseId, activation: ActivationId, digest: Digest) {
        self.directory.add_binding(digest, Bound { license, activation });
        if let Some(row) = self.entitlements.row(license) {
            self.directory.name_binding(row, activation);
        }
    }

    /// The last event that the views know; `None`: none.
    #[must_use]
    pub fn position(&self) -> Option<LogPosition> {
        self.last.map(|last| last.position)
    }

    /// When the last event that the views know was recorded.
    #[must_use]
    pub fn recorded_at(&self) -> Option<Timestamp> {
        self.last.map(|last| last.recorded_at)
    }

    /// Why the views were stopped; `None`: they were not.
    #[must_use]
    pub fn stopped(&self) -> Option<&Arc<Stop>> {
        self.stopped.as_ref()
    }

    /// Whether the views take nothing more in, and nobody is let in on what they hold.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.is_some() || self.unreadable().is_some()
    }

    /// Why a row of the snapshot could not be read when somebody asked for it.
    pub(crate) fn unreadable(&self) -> Option<&str> {
        self.source.as_ref().and_then(|source| source.failure())
    }

    /// Whether some rows may still be bytes, or names of the snapshot are missing.
    pub(crate) fn is_thawing(&self) -> bool {
        self.source.is_some() || self.directory.names().are_missing()
    }

    /// Empty views that a start fills from the log, and whose names are gathered after that.
    pub(crate) fn of_start() -> Self {
        let mut views = Self::new();
        *views.directory.names_mut() = Names::to_be_gathered();
        views
    }

    /// The start has read the log.
    pub(crate) const fn started(&mut self) {
        self.directory.names_mut().started();
    }

    /// Lets go of the bytes of the snapshot once every row was decoded. Drop them outside the lock.
    pub(crate) fn release(&mut self) -> Option<Arc<Source>> {
        let all = self.accounts.rows_mut().release()
            & self.access.credentials_mut().release()
            & self.entitlements.licenses_mut().release()
            & self.entitlements.meters_mut().release();
        if all && self.unreadable().is_none() { self.source.take() } else { None }
    }

    /// The view of the first row that cannot be read or is not what it was hashed to, among some
    /// from everywhere.
    pub(crate) fn first_wrong_row(&self, of_each: usize) -> Option<ViewVersion> {
        let accounts = self.accounts.rows().sample(of_each).into_iter();
        let mut accounts = accounts.map(AccountsKey::Account);
        let credentials = self.access.credentials().sample(of_each).into_iter();
        let mut credentials = credentials.map(AccessKey::Credentials);
        let licenses = self.entitlements.licenses().sample(of_each).into_iter();
        let licenses = licenses.map(EntitlementsKey::License);
        let meters = self.entitlements.sample_meters(of_each).into_iter();
        let mut entitlements = licenses.chain(meters.map(EntitlementsKey::Meter));
        if !accounts.all(|key| self.accounts.holds(&key)) {
            return Some(Accounts::VERSION);
        }
        if !credentials.all(|key| self.access.holds(&key)) {
            return Some(Access::VERSION);
        }
        let hold = entitlements.all(|key| self.entitlements.holds(&key));
        (!hold).then_some(Entitlements::VERSION)
    }

    pub(crate) fn stop(&mut self, stop: Arc<Stop>) {
        self.stopped = Some(stop);
    }

    /// The state hashes, from what was hashed before and the rows that changed since.
    #[must_use]
    pub fn digests(&self) -> Digests {
        let views = vec![
            self.access.digest(),
            self.accounts.digest(),
            self.audit.digest(),
            self.catalog.digest(),
            self.directory.digest(),
            self.entitlements.digest(),
        ];
        Digests { position: self.position(), views }
    }

    /// The state hashes, from all rows. When they differ from [`Views::digests`], a view has
    /// drifted.
    #[must_use]
    pub fn digests_recomputed(&self) -> Digests {
        let views = vec![
            self.access.recomputed(),
            self.accounts.recomputed(),
            self.audit.recomputed(),
            self.catalog.recomputed(),
            self.directory.recomputed(),
            self.entitlements.recomputed(),
        ];
        Digests { position: self.position(), views }
    }

    /// All rows of all views as text, to find where two states differ. No personal values.
    #[must_use]
    pub fn texts(&self) -> Vec<(ViewVersion, RowText)> {
        vec![
            (Access::VERSION, self.access.text()),
            (Accounts::VERSION, self.accounts.text()),
            (Audit::VERSION, self.audit.text()),
            (Catalog::VERSION, self.catalog.text()),
            (Directory::VERSION, self.directory.text()),
            (Entitlements::VERSION, self.entitlements.text()),
        ]
    }

    /// The views and the versions of their meaning.
    #[must_use]
    pub const fn versions() -> [ViewVersion; 6] {
        [
            Access::VERSION,
            Accounts::VERSION,
            Audit::VERSION,
            Catalog::VERSION,
            Directory::VERSION,
            Entitlements::VERSION,
        ]
    }

    /// How many events came since the last snapshot was written, or since the start.
    pub(crate) fn events_since_snapshot(&self) -> u64 {
        self.events_since_snapshot
    }

    /// A snapshot was written.
    pub(crate) fn snapshot_written(&mut self) {
        self.events_since_snapshot = 0;
    }

    /// Hashes some of the rows that changed, at most so many of each view; answers how many still wait.
    pub(crate) fn settle_some(&self, rows_max: usize) -> usize {
        self.access.settle_some(rows_max)
            + self.accounts.settle_some(rows_max)
            + self.audit.settle_some(rows_max)
            + self.catalog.settle_some(rows_max)
            + self.directory.settle_some(rows_max)
            + self.entitlements.settle_some(rows_max)
    }

    /// Drops the personal values of a subject whose key was destroyed. What was computed from ids
    /// stays.
    pub fn forget(&mut self, subject: SubjectId) {
        let account = AccountId::new(subject.uuid());
        let member = self.accounts.member_row(MemberId::new(subject.uuid()));
        let home = member.map_or(account, |row| row.account);
        if let Some(row) = self.accounts.row(home) {
            self.directory.forget_account(row, subject);
        }
        for license in self.entitlements.of_account(home) {
            if let Some(row) = self.entitlements.row(license) {
                self.directory.forget_license(row, subject);
            }
        }
        self.accounts.forget(subject);
        self.entitlements.forget(subject);
        self.access.forget(subject);
    }
}
