//! By which right each fact was recorded, judged again by what was so just before it: what an auditor asks of a ledger.

use ledger::authority::{self, Action, Basis, Circumstances, Principal, Resource};
use ledger_log::RecordedEvent;
use schemas::access::AccessEvent;
use schemas::account::AccountEvent;
use schemas::license::LicenseEvent;
use schemas::meter::MeterEvent;
use schemas::{
    AccountId, Actor, LedgerEvent, LicenseId, LogPosition, MemberId, MeterId, StreamKind,
};

use crate::views::Views;

/// How many facts are named of those that differ.
const NAMED_MAX: usize = 100;

/// What came of judging again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// How many facts say by which right they were recorded, and come out the same.
    pub same: u64,
    /// How many come out otherwise.
    pub differing: u64,
    /// The first of those.
    pub named: Vec<Differing>,
    /// How many were recorded under another policy than this program's: it cannot tell.
    pub other_policy: u64,
    /// How many say nothing: what the service itself did, what was recorded before rights were, and e-mails that were
    /// claimed as part of another command.
    pub unsaid: u64,
}

/// A fact whose right comes out otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Where it is.
    pub position: LogPosition,
    /// What happened.
    pub wire_name: String,
    /// By which right, as it says.
    pub recorded: String,
    /// By which right, as it comes out; `None`: by none.
    pub found: Option<String>,
}

impl Rights {
    /// Judges again by which right a fact was recorded. The views hold what was so just before it.
    pub fn judge(&mut self, views: &Views, recorded: &RecordedEvent) {
        let header = &recorded.header;
        let said = header.basis.as_deref().filter(|_| header.stream.kind != StreamKind::Claim);
        let Some(said) = said else {
            self.unsaid += 1;
            return;
        };
        if header.policy_digest != Some(authority::policy_digest()) {
            self.other_policy += 1;
            return;
        }
        let found = said.parse::<Basis>().ok().and_then(|basis| again(views, recorded, basis));
        if found.is_some_and(|found| found.to_string() == said) {
            self.same += 1;
            return;
        }
        self.differing += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(Differing {
                position: recorded.position,
                wire_name: header.wire_name.clone(),
                recorded: said.to_owned(),
                found: found.map(|found| found.to_string()),
            });
        }
    }
}

fn again(views: &Views, recorded: &RecordedEvent, said: Basis) -> Option<Basis> {
    let (header, action) = (&recorded.header, said.action);
    let principal = match header.actor {
        Actor::Member(member) => Principal::Member(member),
        Actor::Staff(staff) => {
            let row = views.access.staff_row(staff).filter(|row| row.is_there());
            Principal::Staff(row?.role)
        }
        Actor::Operator => Principal::Operator,
        Actor::License(license) => Principal::LicenseKey(license),
        Actor::System | Actor::Token(_) => return None,
    };
    let at = header.recorded_at;
    let scopes = match said.token {
        // That somebody was denied something is recorded whatever the token is for.
        Some(_) if matches!(recorded.event, LedgerEvent::Access(AccessEvent::AccessDenied(_))) => {
            None
        }
        Some(token) => Some(views.access.scopes_at(header.actor, token, at)?),
        None => None,
    };
    let circumstances = Circumstances { scopes, ..Circumstances::at(at) };
    if let LedgerEvent::Account(AccountEvent::RoleGrantEnded(ended)) = &recorded.event {
        let grant = views.accounts.grant(ended.grant)?;
        let verdict = authority::verdict_on_ending(views, principal, grant, circumstances);
        return Some(Basis::of(action, verdict)?.via(said.token));
    }
    let (resource, until) = match action {
        Action::BeOneself => (oneself(header.actor), None),
        Action::Operate => (Resource::Vendor, None),
        Action::RecordUsage
        | Action::SeeAccount
        | Action::SeeWholeAccount
        | Action::SeePerson
        | Action::SeeLicense
        | Action::SeeWholeLicense
        | Action::UseDevices
        | Action::ManageDevices
        | Action::ManageSeats
        | Action::AllocateSeats
        | Action::ManageBundles
        | Action::RevealKey
        | Action::ManagePeople
        | Action::ManagePartners
        | Action::SetRoles
        | Action::ManageSignIn
        | Action::GrantAuditor
        | Action::GrantLicenseManager
        | Action::GrantAdmin => about(views, recorded)?,
    };
    let circumstances = Circumstances { until, ..circumstances };
    let verdict = authority::verdict(views, principal, action, resource, circumstances);
    Some(Basis::of(action, verdict)?.via(said.token))
}

const fn oneself(actor: Actor) -> Resource {
    match actor {
        Actor::Member(member) => Resource::Person(member),
        Actor::System | Actor::Operator | Actor::Staff(_) | Actor::Token(_) | Actor::License(_) => {
            Resource::Vendor
        }
    }
}

/// What a fact is about, and until when what it gives lasts.
fn about(
    views: &Views,
    recorded: &RecordedEvent,
) -> Option<(Resource, Option<schemas::Timestamp>)> {
    let stream = recorded.header.stream;
    let plain = |resource| Some((resource, None));
    match stream.kind {
        StreamKind::License => {
            let LedgerEvent::License(event) = &recorded.event else { return None };
            plain(about_license(views, LicenseId::new(stream.id), event))
        }
        StreamKind::Access | StreamKind::Notices => {
            plain(Resource::Person(MemberId::new(stream.id)))
        }
        StreamKind::Ledger | StreamKind::Product | StreamKind::Staff | StreamKind::Policy => {
            plain(Resource::Vendor)
        }
        StreamKind::Meter => {
            let LedgerEvent::Meter(event) = &recorded.event else { return None };
            plain(Resource::License(counted_for(views, MeterId::new(stream.id), event)?))
        }
        StreamKind::Claim => None,
        StreamKind::Account => {
            let LedgerEvent::Account(event) = &recorded.event else { return None };
            let account = AccountId::new(stream.id);
            let over = |license: Option<LicenseId>| {
                license.map_or(Resource::Account(account), Resource::License)
            };
            match event {
                AccountEvent::MemberRoleChanged(fact) => plain(Resource::Person(fact.member)),
                AccountEvent::MemberSuspended(fact) => plain(Resource::Person(fact.member)),
                AccountEvent::MemberRestored(fact) => plain(Resource::Person(fact.member)),
                AccountEvent::MemberErased(fact) => plain(Resource::Person(fact.member)),
                AccountEvent::MemberProfileChanged(fact) => plain(Resource::Person(fact.member)),
                AccountEvent::RoleGranted(fact) => Some((over(fact.license), fact.ends_at)),
                // Ending is judged by the grant that ends.
                AccountEvent::RoleGrantEnded(_) => None,
                AccountEvent::AccountOpened(_)
                | AccountEvent::AccountPromoted(_)
                | AccountEvent::ContractDefaultsSet(_)
                | AccountEvent::AccountErased(_)
                | AccountEvent::MemberAdded(_)
                | AccountEvent::PartnerLinked(_)
                | AccountEvent::PartnerUnlinked(_)
                | AccountEvent::SecondFactorRuleSet(_)
                | AccountEvent::LegalHoldPlaced(_)
                | AccountEvent::LegalHoldLifted(_)
                | AccountEvent::IdentityProviderConnected(_)
                | AccountEvent::IdentityProviderDisconnected(_)
                | AccountEvent::SingleSignOnRequired(_)
                | AccountEvent::SingleSignOnNoLongerRequired(_) => {
                    plain(Resource::Account(account))
                }
                AccountEvent::IdentityLinked(fact) => plain(Resource::Person(fact.member)),
                AccountEvent::IdentityUnlinked(fact) => plain(Resource::Person(fact.member)),
            }
        }
    }
}

/// The license that a meter counts for. The first fact of a meter says it.
fn counted_for(views: &Views, meter: MeterId, event: &MeterEvent) -> Option<LicenseId> {
    if let MeterEvent::MeterOpened(opened) = event {
        Some(opened.license)
    } else {
        views.entitlements.counted_for(meter)
    }
}

/// What a fact of a license is about: seats are somebody's.
fn about_license(views: &Views, license: LicenseId, event: &LicenseEvent) -> Resource {
    let seats_of = |member| {
        let row = views.accounts.member_row(member);
        row.map_or(Resource::License(license), |row| Resource::Seats(license, row.account))
    };
    if let LicenseEvent::SeatAssigned(seat) = event {
        seats_of(seat.member)
    } else if let LicenseEvent::SeatUnassigned(seat) = event {
        seats_of(seat.member)
    } else if let LicenseEvent::SeatsAllocated(allocated) = event {
        Resource::Seats(license, allocated.account)
    } else {
        Resource::License(license)
    }
}
