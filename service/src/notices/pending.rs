//! Who is still to be told of what. It is found again from the log after a restart, so that it is kept in memory alone.

use std::collections::BTreeMap;

use ledger::authority::Relations;
use ledger::notices::Told;
use projections::{Principal, VendorScope, Views};
use schemas::notices::Channel;
use schemas::{AccountId, Actor, EventId, Header, LicenseId, MemberId, StaffId, Timestamp};
use uuid::Uuid;

use super::plan::{self, Happening, To};

/// What somebody is told of.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// The fact.
    pub event: EventId,
    /// Since when it is news.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
}

impl Cause {
    /// The fact with this header.
    pub const fn of(header: &Header) -> Self {
        Self { event: header.event_id, at: header.recorded_at, actor: header.actor }
    }
}

/// One telling that waits.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// Since when it is news.
    pub since: Timestamp,
    /// The license it is about.
    pub license: Option<LicenseId>,
    /// Whether only who reads everything of that license is told.
    pub of_admins: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// Before which instant it is not tried again.
    pub not_before: Timestamp,
}

/// All tellings that wait, by person.
#[derive(Debug, Default)]
pub struct Pending {
    waiting: BTreeMap<Uuid, BTreeMap<Told, Waiting>>,
}

impl Pending {
    /// Whoever is to be told of this waits from now on, unless it was told.
    pub fn add(&mut self, views: &Views, happening: Happening, cause: Cause, now: Timestamp) {
        // Views that stopped let nobody be told either; the next start finds it again.
        let Ok(scope) = views.authenticate_operator() else { return };
        let (people, of_admins) = recipients(views, &scope, happening.to);
        let concerned = people
            .into_iter()
            .filter(|person| plan::concerns(happening.notice, *person, cause.actor));
        for person in concerned {
            let channels: &[Channel] = match principal(views, &scope, person) {
                Some(Principal::Member(_)) => &[Channel::Portal, Channel::Mail],
                // The console has no such list.
                Some(Principal::Staff(_)) => &[Channel::Mail],
                None => &[],
            };
            for channel in channels {
                let told = (cause.event, happening.notice, *channel);
                if !is_told(views, &scope, person, told) {
                    let waiting = Waiting {
                        since: cause.at,
                        license: happening.license,
                        of_admins,
                        attempts: 0,
                        not_before: now,
                    };
                    self.waiting.entry(person).or_default().entry(told).or_insert(waiting);
                }
            }
        }
    }

    /// Everybody for whom something waits.
    pub fn people(&self) -> Vec<Uuid> {
        self.waiting.keys().copied().collect()
    }

    /// What waits for a person.
    pub fn of(&self, person: Uuid) -> Vec<(Told, Waiting)> {
        let own = self.waiting.get(&person).into_iter().flatten();
        own.map(|(told, waiting)| (*told, *waiting)).collect()
    }

    /// It was told, or is not to be told.
    pub fn done(&mut self, person: Uuid, told: Told) {
        if let Some(own) = self.waiting.get_mut(&person) {
            own.remove(&told);
            if own.is_empty() {
                self.waiting.remove(&person);
            }
        }
    }

    /// It is tried again later; answers how often it was tried.
    pub fn tried(
        &mut self,
        person: Uuid,
        told: Told,
        not_before: impl Fn(u32) -> Timestamp,
    ) -> u32 {
        let waiting = self.waiting.get_mut(&person).and_then(|own| own.get_mut(&told));
        let Some(waiting) = waiting else { return 0 };
        waiting.attempts += 1;
        waiting.not_before = not_before(waiting.attempts);
        waiting.attempts
    }
}

/// Who a person is that may come in; `None`: kept out, erased, or unknown. Nobody of them is told anything.
pub fn principal(views: &Views, scope: &VendorScope, person: Uuid) -> Option<Principal> {
    let (member, staff) = (MemberId::new(person), StaffId::new(person));
    let known = [
        views.member(scope, member).map(|_| Principal::Member(member)),
        views.staff(scope, staff).map(|_| Principal::Staff(staff)),
    ];
    known.into_iter().flatten().find(|one| views.may_sign_in(*one))
}

/// Of which customer somebody is.
pub fn tenant(views: &Views, scope: &VendorScope, person: Uuid) -> Option<AccountId> {
    views.member(scope, MemberId::new(person)).map(|row| row.account)
}

fn recipients(views: &Views, scope: &VendorScope, to: To) -> (Vec<Uuid>, bool) {
    match to {
        To::Person(person) => (vec![person], false),
        To::HolderOf(grant) => {
            let holder = views.grant(grant).map(|grant| grant.member.uuid());
            (holder.into_iter().collect(), false)
        }
        To::AdminsOf(license) => {
            let owner = views.owner(license);
            let admins = owner.map(|owner| views.admins_of(scope, owner)).unwrap_or_default();
            (admins.into_iter().map(MemberId::uuid).collect(), true)
        }
    }
}

fn is_told(views: &Views, scope: &VendorScope, person: Uuid, told: Told) -> bool {
    // The id of whoever it is names the row, of a member as of a person of the vendor.
    let row = views.credentials(scope, Principal::Member(MemberId::new(person)));
    row.is_some_and(|row| row.notices.has(told))
}
