//! A license as both doors show it: read at one place of the ledger, looked at from one instant.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use ledger::authority::Resource;
use ledger::entitlements::{seats, services};
use ledger::license::ActivationKind;
use ledger::policy::notice;
use ledger::status::{grace_end, maintenance_end};
use ledger::timeline::timeline;
use projections::evaluation::EvaluationFacts;
use schemas::catalog::SourceRef;

use crate::gate::{Gate, Reader, with_scope};
use crate::read::{self, Seen};
use crate::scalars::{BigInt, DateTime, LedgerPosition};
use crate::types::account::Account;
use crate::types::catalog::{Service, Terms, version};
use crate::types::contract::{Contract, LocalTime, RenewalNotice};
use crate::types::device::{BindingKind, DeviceConnection, DeviceStatus};
use crate::types::entitlement::{Entitlement, SeatAllocation, SeatCounts};
use crate::types::history::HistoryConnection;
use crate::types::holder::{MemberConnection, SeatHolderConnection};
use crate::types::role::{Right, RoleGrant, rights};
use crate::types::status::{ActiveBlocker, BlockerKind, LicenseStatus, StatusParts};
use crate::types::timeline::TimelineEntry;
use crate::types::value::Quantity;

/// How a license was acquired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::license::Acquisition")]
pub enum Acquisition {
    /// Ordered.
    Order,
    /// Taken over from another system.
    Import,
    /// Given for goodwill or promotion.
    Promotion,
    /// To try before buying.
    Trial,
}

/// What a license is on: an offering, or a bundle of offerings.
#[derive(Debug, Clone, SimpleObject)]
pub struct LicenseSource {
    /// The offering or bundle.
    pub id: ID,
    /// What the vendor calls it.
    pub code: Option<String>,
    /// Which published version of it.
    pub version: i32,
    /// Its name for people.
    pub name: Option<String>,
    /// Whether it is a bundle of offerings.
    pub is_bundle: bool,
}

/// A bundle that was added to a license.
#[derive(Debug, Clone, SimpleObject)]
pub struct AppliedBundle {
    /// The bundle.
    pub id: ID,
    /// What the vendor calls it.
    pub code: Option<String>,
    /// Which published version of it.
    pub version: i32,
    /// Its name for people.
    pub name: Option<String>,
    /// Since when it is applied.
    pub applied_at: DateTime,
}

/// The time a license runs: from the first instant to the first instant after it.
#[derive(Debug, Clone, SimpleObject)]
pub struct Term {
    /// The first instant.
    pub from: DateTime,
    /// The first instant after it; null when perpetual.
    pub until: Option<DateTime>,
}

/// How many devices or domains may be bound, and how many are.
#[derive(Debug, Clone, SimpleObject)]
pub struct Slots {
    /// How many may be bound at a time.
    pub granted: Quantity,
    /// How many are bound.
    pub used: BigInt,
    /// How many more may be bound; null when unlimited.
    pub available: Option<BigInt>,
}

/// A license: the instrument that carries entitlements.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct License {
    /// The license.
    pub id: ID,
    /// The account it belongs to.
    pub account_id: ID,
    /// The name of that account; null once it was erased.
    pub account_name: Option<String>,
    /// The product.
    pub product_id: ID,
    /// What the vendor calls the product.
    pub product_code: String,
    /// The product's name for people.
    pub product_name: String,
    /// The license key with only its first and last group shown; null once it was erased.
    pub key_masked: Option<String>,
    /// The vendor's own number for it.
    pub external_id: Option<String>,
    /// The one word for how it stands.
    pub status: LicenseStatus,
    /// How it stands, in four independent parts.
    pub status_parts: StatusParts,
    /// How it was acquired.
    pub acquired: Option<Acquisition>,
    /// When it was issued.
    pub issued_at: DateTime,
    /// What it is on now.
    pub source: Option<LicenseSource>,
    /// Its term; null while it has not started.
    pub term: Option<Term>,
    /// The last second of its term by the clocks of the contract's time zone; null when it has no end or has not started.
    pub last_second: Option<LocalTime>,
    /// The first instant after the grace; null when there is no end.
    pub grace_ends_at: Option<DateTime>,
    /// The first instant at which newer releases are no longer included; null when there is no end.
    pub maintenance_ends_at: Option<DateTime>,
    /// How its time runs.
    pub terms: Option<Terms>,
    /// Its seats.
    pub seats: SeatCounts,
    /// Its device slots.
    pub device_slots: Slots,
    /// Its domain slots.
    pub domain_slots: Slots,
    /// Since when it is stopped for good; null while it is not.
    pub revoked_at: Option<DateTime>,
    /// How many facts are recorded about it.
    pub fact_count: BigInt,
    /// When the ledger recorded its last change.
    pub changed_at: DateTime,
    /// The instant it is looked at from.
    pub at: DateTime,
    /// The place in the ledger that it is true at.
    pub position: Option<LedgerPosition>,
    #[graphql(skip)]
    pub(crate) seen: Seen,
}

impl License {
    /// The license that was seen. `account_name` is read apart: it belongs to the account.
    #[must_use]
    pub fn new(seen: Seen, account_name: Option<String>) -> Self {
        let facts = &seen.facts;
        let (row, at) = (&facts.license, seen.at);
        let status = facts.status(at);
        let state = &row.state;
        Self {
            id: row.license.to_string().into(),
            account_id: row.account.to_string().into(),
            account_name,
            product_id: row.product.to_string().into(),
            product_code: facts.product.code().map(ToString::to_string).unwrap_or_default(),
            product_name: facts.product.name().unwrap_or_default().to_owned(),
            key_masked: row.masked_key(),
            external_id: row.external_id().map(str::to_owned),
            status: status.displayed.into(),
            status_parts: (&status).into(),
            acquired: state.issued.as_ref().map(|issued| issued.acquired.into()),
            issued_at: row.issued.at.into(),
            source: state.source.map(|source| source_of(facts, source)),
            term: state
                .term
                .map(|term| Term { from: term.from.into(), until: term.until.map(DateTime) }),
            last_second: state
                .term
                .and_then(|term| term.until)
                .map(|until| LocalTime::before(until, state.contract.time_zone.as_ref())),
            grace_ends_at: grace_end(state).map(DateTime),
            maintenance_ends_at: maintenance_end(state).map(DateTime),
            terms: state.terms.as_ref().map(Terms::from),
            seats: seats(state).into(),
            device_slots: slots(facts, ActivationKind::Device),
            domain_slots: slots(facts, ActivationKind::Domain),
            revoked_at: state.revoked.map(DateTime),
            fact_count: BigInt(row.revision.saturating_add(1)),
            changed_at: row.changed_at.into(),
            at: at.into(),
            position: seen.position,
            seen,
        }
    }
}

fn source_of(facts: &EvaluationFacts, source: SourceRef) -> LicenseSource {
    let product = &facts.product.state;
    let (id, number, published, is_bundle) = match source {
        SourceRef::Offering(one) => {
            let found = product.offering_version(one);
            let found = found.map(|offering| (offering.code.to_string(), offering.name.clone()));
            (one.offering.to_string(), one.version, found, false)
        }
        SourceRef::Bundle(one) => {
            let found = product.bundle_version(one);
            let found = found.map(|bundle| (bundle.code.to_string(), bundle.name.clone()));
            (one.bundle.to_string(), one.version, found, true)
        }
    };
    let (code, name) = published.unzip();
    LicenseSource { id: id.into(), code, version: version(number), name, is_bundle }
}

fn slots(facts: &EvaluationFacts, kind: ActivationKind) -> Slots {
    let state = &facts.license.state;
    let (granted, used) = (state.slots_granted(kind), state.live_count(kind));
    Slots {
        granted: granted.into(),
        used: BigInt(used),
        available: granted.remaining(used).map(BigInt),
    }
}

#[ComplexObject]
impl License {
    /// Whose it is; null when the caller does not see the account.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Account>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let account = self.seen.facts.license.account;
        Ok(gate.projections.read(|views| {
            with_scope!(reader, |scope| views
                .account(scope, account)
                .map(|row| Account::from(&**row)))
        }))
    }

    /// On which terms it is contracted; what it costs only for who sees everything of it.
    async fn contract(&self, ctx: &Context<'_>) -> Result<Contract> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let row = &self.seen.facts.license;
        let whole = gate.projections.read(|views| {
            with_scope!(reader, |scope| views.sees_whole_license(scope, row.license))
        });
        Ok(Contract::new(&row.state.contract, whole))
    }

    /// What stops it now, each on its own: it is unblocked only when every one is cleared.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn blockers(&self) -> Vec<ActiveBlocker> {
        let blockers = self.seen.facts.license.state.blockers.iter();
        let blockers = blockers.filter(|(_, since)| **since <= self.seen.at);
        blockers
            .map(|(kind, since)| ActiveBlocker {
                kind: BlockerKind::from(*kind),
                since: (*since).into(),
            })
            .collect()
    }

    /// The bundles that were added to it.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn bundles(&self) -> Vec<AppliedBundle> {
        let facts = &self.seen.facts;
        let applied = facts.license.state.bundles.values();
        applied
            .map(|applied| {
                let found = facts.product.state.bundle_version(applied.bundle);
                AppliedBundle {
                    id: applied.bundle.bundle.to_string().into(),
                    code: found.map(|bundle| bundle.code.to_string()),
                    version: version(applied.bundle.version),
                    name: found.map(|bundle| bundle.name.clone()),
                    applied_at: applied.at.into(),
                }
            })
            .collect()
    }

    /// What is given beside software, such as `support_tier: dedicated`.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn services(&self) -> Vec<Service> {
        let given = services(&self.seen.facts.license.state);
        let given = given.into_iter();
        given.map(|(key, value)| Service { key: key.to_owned(), value: value.to_owned() }).collect()
    }

    /// By when notice of an automatic renewal must have been given, by the version of the policy that counts at the instant
    /// it is looked at from. Null: the term has no end, the license was revoked, or no policy was published.
    async fn renewal_notice(&self, ctx: &Context<'_>) -> Result<Option<RenewalNotice>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let policy = gate.projections.read(|views| {
            with_scope!(reader, |scope| views.notice_policy(scope, self.seen.at).cloned())
        });
        let state = &self.seen.facts.license.state;
        let notice = policy.and_then(|row| notice(&row.policy, state));
        Ok(notice.map(|notice| RenewalNotice::new(&notice, state.contract.time_zone.as_ref())))
    }

    /// What it gives, one row for each feature, with usage, limits, sources and why.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn entitlements(&self) -> Vec<Entitlement> {
        let facts = &self.seen.facts;
        let rows = facts.entitlements(self.seen.at);
        rows.iter().map(|row| Entitlement::new(facts, row)).collect()
    }

    /// The instants at which its status changes or its holder is told, in order of time.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn timeline(&self) -> Vec<TimelineEntry> {
        let milestones = timeline(&self.seen.facts.license.state);
        milestones.iter().map(|one| TimelineEntry::new(one, self.seen.at)).collect()
    }

    /// Who has a seat, in the order of their ids. A member without a role of its own sees itself
    /// only.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn seat_holders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<SeatHolderConnection> {
        read::seat_holders(ctx, &self.seen, first, after.as_deref())
    }

    /// Which accounts have seats for their own people: all of them for who reads everything of the license, else those of
    /// which the caller reads everything. The others are for everybody.
    #[graphql(complexity = "crate::page::page_weight(Some(10), child_complexity)?")]
    async fn allocations(&self, ctx: &Context<'_>) -> Result<Vec<SeatAllocation>> {
        Ok(read::allocations(Gate::of(ctx)?, Reader::of(ctx)?, &self.seen))
    }

    /// Who may get a seat, in the order of names: people of the customer, or of one that has seats of it, who have none and
    /// are not suspended, as far as the caller may give them one. A member without a role of its own finds nobody.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn seat_candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The beginning of a word of the name or the e-mail.")] text: Option<
            String,
        >,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<MemberConnection> {
        read::seat_candidates(ctx, &self.seen, text.as_deref(), first, after.as_deref())
    }

    /// Who may be granted a role on it, in the order of names: people of the customer that the caller may know, without
    /// the caller and who is suspended.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn grant_candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The beginning of a word of the name or the e-mail.")] text: Option<
            String,
        >,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<MemberConnection> {
        read::grant_candidates(ctx, &self.seen, text.as_deref(), first, after.as_deref())
    }

    /// The devices and domains that are or were bound to it. A member without a role of its own
    /// sees its own only.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only devices, or only domains.")] kind: Option<BindingKind>,
        #[graphql(desc = "Only those that stand so.")] status: Option<Vec<DeviceStatus>>,
    ) -> Result<DeviceConnection> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let wanted = read::DeviceFilter { kind, status };
        let rows = std::slice::from_ref(&self.seen);
        read::devices_of(gate, reader, rows, &wanted, first, after.as_deref())
    }

    /// What the caller may do with it.
    async fn may(&self, ctx: &Context<'_>) -> Result<Vec<Right>> {
        rights(ctx, Resource::License(self.seen.facts.license.license))
    }

    /// Who looks after it beside those who look after the whole account: what was granted on it and is not over, at most
    /// 20. A member without a role sees its own only.
    #[graphql(complexity = "crate::page::page_weight(Some(20), child_complexity)?")]
    async fn grants(&self, ctx: &Context<'_>) -> Result<Vec<RoleGrant>> {
        let row = &self.seen.facts.license;
        Ok(read::grants_on(Gate::of(ctx)?, Reader::of(ctx)?, row.account, row.license))
    }

    /// Everything that was recorded about it, newest first, in plain words; null where the caller may not read all of it.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<Option<HistoryConnection>> {
        let license = self.seen.facts.license.license;
        crate::history::of_seen_license(ctx, license, first, after.as_deref()).await
    }
}
