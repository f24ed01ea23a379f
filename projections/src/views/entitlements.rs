//! The live entitlement view: every license with seats, devices, blockers and meters. Portal,
//! console and enforcement read the same rows; status is computed from them at the instant of the
//! question.

mod rows;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use ledger::authority::Principal;
use ledger::status::{Displayed, Finality, TermPhase, status};
use ledger_log::RecordedEvent;
use schemas::license::LicenseEvent;
use schemas::meter::MeterEvent;
use schemas::{
    AccountId, FeatureKey, LicenseId, MemberId, MeterId, ProductId, SubjectId, Timestamp,
};

pub use rows::{BindingNote, LicenseMeters, LicenseRow, MeterNote, Origin, ReasonNote};

use crate::digest::{Tally, ViewVersion};
use crate::evaluation::EvaluationFacts;
use crate::kept::Rows;
use crate::page::{Page, Window};
use crate::personal::HoldsPersonal;
use crate::row_text::RowText;
use crate::scope::{Scope, VendorScope};
use crate::views::Views;
use crate::views::directory::{Bound, Found};
use crate::views::pairs::Pairs;
use crate::views::tallied::TalliedView;

/// The row of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum EntitlementsKey {
    License(LicenseId),
    Meter(MeterId),
}

/// What a snapshot keeps of them, beside the rows. Lists are in the order of their keys.
pub(crate) struct FrozenEntitlements {
    pub by_account: Vec<(AccountId, LicenseId)>,
    pub by_member: Vec<(MemberId, LicenseId)>,
    pub allocated: Vec<(AccountId, LicenseId)>,
    pub metered: Vec<(MeterId, LicenseId)>,
    pub hashes: Tally<EntitlementsKey>,
}

/// All licenses and their meters.
#[derive(Debug)]
pub struct Entitlements {
    licenses: Rows<LicenseId, LicenseRow>,
    by_account: Pairs<AccountId, LicenseId>,
    by_member: Pairs<MemberId, LicenseId>,
    /// The licenses of which an account has seats for its people, or once had.
    allocated: Pairs<AccountId, LicenseId>,
    meters: Rows<LicenseId, LicenseMeters>,
    metered: BTreeMap<MeterId, LicenseId>,
    no_meters: Arc<LicenseMeters>,
    tally: Mutex<Tally<EntitlementsKey>>,
}

impl Default for Entitlements {
    fn default() -> Self {
        Self {
            licenses: Rows::default(),
            by_account: Pairs::default(),
            by_member: Pairs::default(),
            allocated: Pairs::default(),
            meters: Rows::default(),
            metered: BTreeMap::new(),
            no_meters: Arc::default(),
            tally: Mutex::new(Tally::new(Self::VERSION)),
        }
    }
}

impl Entitlements {
    pub(crate) fn apply(&mut self, event: &LicenseEvent, recorded: &RecordedEvent) {
        let license = LicenseId::new(recorded.header.stream.id);
        if let Some(row) = self.licenses.get_mut(&license) {
            let left = released_by(event, row);
            row.evolve(event, recorded);
            for member in left {
                if !row.serves(member) {
                    self.by_member.remove(member, license);
                }
            }
            if let Some(member) = taken_by(event) {
                self.by_member.insert(member, license);
            }
            if let LicenseEvent::SeatsAllocated(allocated) = event {
                self.allocated.insert(allocated.account, license);
            }
        } else if let Some(row) = LicenseRow::begin(event, recorded) {
            self.by_account.insert(row.account, license);
            self.licenses.insert(license, row);
        }
        self.tally_mut().touch(EntitlementsKey::License(license));
    }

    pub(crate) fn apply_meter(&mut self, event: &MeterEvent, recorded: &RecordedEvent) {
        let meter = MeterId::new(recorded.header.stream.id);
        let opened = match event {
            MeterEvent::MeterOpened(opened) => Some(opened),
            MeterEvent::UnitsGranted(_) | MeterEvent::UsageRecorded(_) => None,
        };
        if let Some(opened) = opened {
            self.metered.insert(meter, opened.license);
        }
        let Some(license) = self.metered.get(&meter) else { return };
        let meters = self.meters.get_or_insert(*license, LicenseMeters::default);
        let Some(meters) = meters else { return };
        let feature = opened.map(|opened| opened.feature.clone());
        let Some(feature) = feature.or_else(|| meters.feature(meter).cloned()) else { return };
        meters.evolve(&feature, event, recorded);
        self.tally_mut().touch(EntitlementsKey::Meter(meter));
    }

    /// What a snapshot kept, put back.
    pub(crate) fn restored(
        frozen: FrozenEntitlements,
        licenses: Rows<LicenseId, LicenseRow>,
        meters: Rows<LicenseId, LicenseMeters>,
    ) -> Self {
        Self {
            licenses,
            by_account: Pairs::restored(frozen.by_account),
            by_member: Pairs::restored(frozen.by_member),
            allocated: Pairs::restored(frozen.allocated),
            meters,
            metered: frozen.metered.into_iter().collect(),
            no_meters: Arc::default(),
            tally: Mutex::new(frozen.hashes),
        }
    }

    /// All that a snapshot keeps beside the rows.
    pub(crate) fn freeze(&self) -> FrozenEntitlements {
        FrozenEntitlements {
            by_account: self.by_account.all(),
            by_member: self.by_member.all(),
            allocated: self.allocated.all(),
            metered: self.metered.iter().map(|(meter, license)| (*meter, *license)).collect(),
            hashes: self.lock_tally().clone(),
        }
    }

    /// The license that a meter counts for.
    pub(crate) fn counted_for(&self, meter: MeterId) -> Option<LicenseId> {
        self.metered.get(&meter).copied()
    }

    /// Some meters, from everywhere.
    pub(crate) fn sample_meters(&self, limit: usize) -> Vec<MeterId> {
        let of =
            self.meters.sample(limit).into_iter().filter_map(|license| self.meters.get(&license));
        of.filter_map(|meters| meters.notes.values().next().map(|note| note.meter)).collect()
    }

    pub(crate) const fn licenses(&self) -> &Rows<LicenseId, LicenseRow> {
        &self.licenses
    }

    pub(crate) const fn licenses_mut(&mut self) -> &mut Rows<LicenseId, LicenseRow> {
        &mut self.licenses
    }

    pub(crate) const fn meters(&self) -> &Rows<LicenseId, LicenseMeters> {
        &self.meters
    }

    pub(crate) const fn meters_mut(&mut self) -> &mut Rows<LicenseId, LicenseMeters> {
        &mut self.meters
    }

    pub(crate) fn row(&self, license: LicenseId) -> Option<&Arc<LicenseRow>> {
        self.licenses.get(&license)
    }

    pub(crate) fn of_account(&self, account: AccountId) -> impl Iterator<Item = LicenseId> {
        self.by_account.of(account)
    }

    /// The licenses of an account, and those of which it has seats for its people, or once had.
    pub(crate) fn known_to(&self, account: AccountId) -> impl Iterator<Item = LicenseId> {
        self.by_account.of(account).chain(self.allocated.of(account))
    }

    /// The licenses that serve a person, or once did.
    pub(crate) fn of_member(&self, member: MemberId) -> impl Iterator<Item = LicenseId> {
        self.by_member.of(member)
    }

    pub(crate) fn meters_of(&self, license: LicenseId) -> &Arc<LicenseMeters> {
        self.meters.get(&license).unwrap_or(&self.no_meters)
    }

    /// Drops the personal values of a subject from the licenses of its account.
    pub(crate) fn forget(&mut self, subject: SubjectId) {
        let account = AccountId::new(subject.uuid());
        for license in self.by_account.of(account) {
            if let Some(row) = self.licenses.get_mut(&license) {
                row.forget(subject);
            }
        }
    }
}

/// Whom the license serves from this event on.
fn taken_by(event: &LicenseEvent) -> Option<MemberId> {
    if let LicenseEvent::SeatAssigned(seat) = event {
        Some(seat.member)
    } else if let LicenseEvent::DeviceActivated(device) = event {
        device.member
    } else {
        None
    }
}

/// Whom the license may no longer serve after this event.
fn released_by(event: &LicenseEvent, row: &LicenseRow) -> Vec<MemberId> {
    let owner = |activation| row.state.activations.get(activation).and_then(|one| one.member);
    if let LicenseEvent::SeatUnassigned(seat) = event {
        vec![seat.member]
    } else if let LicenseEvent::DeviceDeactivated(device) = event {
        owner(&device.activation).into_iter().collect()
    } else if let LicenseEvent::DevicesRetired(retired) = event {
        retired.activations.iter().filter_map(owner).collect()
    } else {
        Vec::new()
    }
}

impl TalliedView for Entitlements {
    type Key = EntitlementsKey;
    const VERSION: ViewVersion = ViewVersion { name: "entitlements", version: 1 };

    fn tally(&self) -> &Mutex<Tally<EntitlementsKey>> {
        &self.tally
    }

    fn tally_mutex(&mut self) -> &mut Mutex<Tally<EntitlementsKey>> {
        &mut self.tally
    }

    fn keys(&self) -> Vec<EntitlementsKey> {
        let licenses = self.licenses.keys().map(EntitlementsKey::License);
        licenses.chain(self.metered.keys().copied().map(EntitlementsKey::Meter)).collect()
    }

    fn write(&self, key: &EntitlementsKey, text: &mut RowText) -> bool {
        match key {
            EntitlementsKey::License(license) => {
                let row = self.licenses.get(license);
                row.inspect(|row| text::write_license(row, text)).is_some()
            }
            EntitlementsKey::Meter(meter) => {
                let row = self.metered.get(meter).and_then(|license| {
                    let meters = self.meters.get(license)?;
                    let feature = meters.feature(*meter)?;
                    Some((feature, meters.states.get(feature)?, meters.notes.get(feature)?))
                });
                row.inspect(|(feature, state, note)| text::write_meter(feature, state, note, text))
                    .is_some()
            }
        }
    }
}

/// Which licenses are asked for. What is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LicenseFilter {
    /// Of this account, or with seats for its people.
    pub account: Option<AccountId>,
    /// Also of the accounts below it.
    pub sub_accounts: bool,
    /// Of this product.
    pub product: Option<ProductId>,
    /// Which serve this person: a seat, or a live device.
    pub member: Option<MemberId>,
    /// Which show one of these statuses.
    pub displayed: Option<BTreeSet<Displayed>>,
    /// Which a search found.
    pub searched: Option<Searched>,
}

/// What a search found, as far as it leads to licenses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Searched {
    /// Licenses, the customers and people they serve, and the devices and domains on them.
    pub found: BTreeSet<Found>,
    /// All licenses of these products.
    pub products: BTreeSet<ProductId>,
}

impl Searched {
    /// Whether it leads to this license.
    #[must_use]
    pub fn leads_to(&self, row: &LicenseRow) -> bool {
        self.products.contains(&row.product)
            || self.found.iter().any(|found| match *found {
                Found::License(license) | Found::Device(Bound { license, .. }) => {
                    license == row.license
                }
                Found::Account(account) => account == row.account,
                Found::Member(member) => row.serves(member),
            })
    }
}

/// Reads of licenses.
impl Views {
    /// A license that the reader may see.
    #[must_use]
    pub fn license(&self, scope: &impl Scope, license: LicenseId) -> Option<&Arc<LicenseRow>> {
        let row = self.entitlements.row(license)?;
        self.sees_license(scope, license).then_some(row)
    }

    /// The license on which a meter counts, if the reader may see it, and the feature that is counted.
    #[must_use]
    pub fn metered(
        &self,
        scope: &impl Scope,
        meter: MeterId,
    ) -> Option<(&Arc<LicenseRow>, &FeatureKey)> {
        let row = self.license(scope, *self.entitlements.metered.get(&meter)?)?;
        Some((row, self.entitlements.meters_of(row.license).feature(meter)?))
    }

    /// The meters of a license that the reader may see.
    #[must_use]
    pub fn meters(&self, scope: &impl Scope, license: LicenseId) -> Option<&Arc<LicenseMeters>> {
        self.license(scope, license).map(|row| self.entitlements.meters_of(row.license))
    }

    /// Whether a license of an account may be used, or may be again: it is neither revoked nor expired.
    #[must_use]
    pub fn has_live_license(&self, _: &VendorScope, account: AccountId, at: Timestamp) -> bool {
        let mut rows =
            self.entitlements.of_account(account).filter_map(|one| self.entitlements.row(one));
        rows.any(|row| {
            let found = status(&row.state, at);
            found.finality == Finality::Live && found.term != TermPhase::Expired
        })
    }

    /// The licenses on which seats are set aside for an account, and whose they are.
    #[must_use]
    pub fn with_seats_for(
        &self,
        _: &VendorScope,
        account: AccountId,
    ) -> Vec<(LicenseId, AccountId)> {
        let rows = self.entitlements.allocated.of(account);
        let rows = rows.filter_map(|license| self.entitlements.row(license));
        let having = rows.filter(|row| row.state.allocations.contains_key(&account));
        having.map(|row| (row.license, row.account)).collect()
    }

    /// All that a decision about a license needs: license, product and meters, of one position.
    #[must_use]
    pub fn facts(&self, scope: &impl Scope, license: LicenseId) -> Option<EvaluationFacts> {
        let row = self.license(scope, license)?;
        Some(EvaluationFacts {
            license: Arc::clone(row),
            product: Arc::clone(self.catalog.row(row.product)?),
            meters: Arc::clone(self.entitlements.meters_of(license)),
        })
    }

    /// The licenses that the reader may see, in the order of their ids. `at` is when their status
    /// is asked for.
    #[must_use]
    pub fn licenses(
        &self,
        scope: &impl Scope,
        filter: &LicenseFilter,
        at: Timestamp,
        window: &Window<LicenseId>,
    ) -> Page<Arc<LicenseRow>> {
        let Some(range) = window.range() else { return Page::empty() };
        let wanted = |row: &&Arc<LicenseRow>| self.is_wanted(scope, filter, at, row);
        match self.candidates(scope, filter) {
            Candidates::Everybodys => {
                let rows = self.entitlements.licenses.range(range);
                window.fill(rows.filter(wanted).cloned())
            }
            Candidates::These(ids) => {
                let rows = ids.range(range).filter_map(|id| self.entitlements.row(*id));
                window.fill(rows.filter(wanted).cloned())
            }
        }
    }

    /// How many licenses that the reader may see show each status. The sum is the length of the
    /// list under the same filter at the same position.
    #[must_use]
    pub fn license_counts(
        &self,
        scope: &impl Scope,
        filter: &LicenseFilter,
        at: Timestamp,
    ) -> BTreeMap<Displayed, u64> {
        let mut counts = BTreeMap::new();
        let mut count = |row: &Arc<LicenseRow>| {
            if self.is_wanted(scope, filter, at, row) {
                *counts.entry(status(&row.state, at).displayed).or_insert(0) += 1;
            }
        };
        match self.candidates(scope, filter) {
            Candidates::Everybodys => self.entitlements.licenses.values().for_each(&mut count),
            Candidates::These(ids) => {
                ids.iter().filter_map(|id| self.entitlements.row(*id)).for_each(&mut count);
            }
        }
        counts
    }

    fn is_wanted(
        &self,
        scope: &impl Scope,
        filter: &LicenseFilter,
        at: Timestamp,
        row: &Arc<LicenseRow>,
    ) -> bool {
        let shown =
            |wanted: &BTreeSet<Displayed>| wanted.contains(&status(&row.state, at).displayed);
        filter.product.is_none_or(|product| row.product == product)
            && filter.member.is_none_or(|member| row.serves(member))
            && filter.account.is_none_or(|account| {
                self.is_of(row.account, account, filter)
                    || row.with_seats().any(|having| self.is_of(having, account, filter))
            })
            && filter.searched.as_ref().is_none_or(|searched| searched.leads_to(row))
            && self.sees_license(scope, row.license)
            && filter.displayed.as_ref().is_none_or(shown)
    }

    fn is_of(&self, owner: AccountId, account: AccountId, filter: &LicenseFilter) -> bool {
        owner == account || (filter.sub_accounts && self.accounts.is_within(owner, account))
    }

    /// A set that holds every license the filter can want, as small as an index gives it.
    fn candidates(&self, scope: &impl Scope, filter: &LicenseFilter) -> Candidates {
        if let Some(member) = filter.member {
            return Candidates::These(self.entitlements.by_member.of(member).collect());
        }
        if let Some(searched) = filter.searched.as_ref().filter(|one| one.products.is_empty()) {
            return Candidates::These(self.led_to(searched));
        }
        let Some(account) = filter.account else {
            return match scope.principal() {
                Principal::Operator | Principal::Staff(_) => Candidates::Everybodys,
                Principal::LicenseKey(license) => Candidates::These(BTreeSet::from([license])),
                Principal::Member(member) => Candidates::These(self.within_reach(scope, member)),
            };
        };
        let below = filter.sub_accounts;
        if !below {
            return Candidates::These(self.entitlements.known_to(account).collect());
        }
        let tree = self.accounts.tree(account);
        let ids = tree.flat_map(|one| self.entitlements.known_to(one)).collect();
        Candidates::These(ids)
    }

    /// The licenses that a person may know: all within its reach, and those that serve it.
    fn within_reach(&self, scope: &impl Scope, member: MemberId) -> BTreeSet<LicenseId> {
        let reach = self.reach(scope);
        let roots = reach.accounts.iter().chain(&reach.known);
        let trees = roots.flat_map(|root| self.accounts.tree(*root));
        let all = trees.flat_map(|one| self.entitlements.known_to(one));
        all.chain(reach.licenses).chain(self.entitlements.by_member.of(member)).collect()
    }

    /// The licenses that what was found leads to, products left out.
    fn led_to(&self, searched: &Searched) -> BTreeSet<LicenseId> {
        let mut ids = BTreeSet::new();
        for found in &searched.found {
            match *found {
                Found::License(license) | Found::Device(Bound { license, .. }) => {
                    ids.insert(license);
                }
                Found::Account(account) => ids.extend(self.entitlements.of_account(account)),
                Found::Member(member) => ids.extend(self.entitlements.by_member.of(member)),
            }
        }
        ids
    }
}

enum Candidates {
    Everybodys,
    These(BTreeSet<LicenseId>),
}
