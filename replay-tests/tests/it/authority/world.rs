//! Small worlds made by chance: trees of accounts, people, licenses, grants that stem from one another or only seem to.

use std::collections::BTreeSet;

use ledger::authority::{Grant, PartnerLink, Person, Relations};
use replay_tests::chance::Chance;
use schemas::account::{GrantedRole, MemberRole, PartnerRole};
use schemas::{AccountId, GrantId, LicenseId, MemberId, Timestamp};

/// A person of a customer.
#[derive(Debug, Clone)]
pub struct Someone {
    pub member: MemberId,
    pub account: AccountId,
    pub role: MemberRole,
    /// Suspended, or erased.
    pub kept_out: bool,
}

/// All that is so.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Each account and the account it is below.
    pub accounts: Vec<(AccountId, Option<AccountId>)>,
    pub people: Vec<Someone>,
    /// Each license and whose it is.
    pub licenses: Vec<(LicenseId, AccountId)>,
    /// Whom each license serves.
    pub served: BTreeSet<(LicenseId, MemberId)>,
    pub grants: Vec<Grant>,
    /// Which accounts have seats of which licenses for their own people.
    pub seats: BTreeSet<(LicenseId, AccountId)>,
    pub links: Vec<PartnerLink>,
}

/// An instant of such a world: all that happens in it happens between 0 and 20.
pub const fn instant(number: u64) -> Timestamp {
    #[expect(clippy::cast_possible_wrap, reason = "small")]
    Timestamp::from_micros(number as i64)
}

impl World {
    pub fn random(chance: &mut Chance) -> Self {
        let mut world = Self::default();
        for _ in 0..chance.below(7) + 1 {
            let parent = if world.accounts.is_empty() || chance.one_in(4) {
                None
            } else {
                Some(chance.pick(&world.accounts).0)
            };
            world.accounts.push((AccountId::new(chance.id()), parent));
        }
        for _ in 0..chance.below(6) + 1 {
            let account = chance.pick(&world.accounts).0;
            let roles =
                [MemberRole::OrgAdmin, MemberRole::Member, MemberRole::Member, MemberRole::Auditor];
            let role = *chance.pick(&roles);
            let member = MemberId::new(chance.id());
            world.people.push(Someone { member, account, role, kept_out: chance.one_in(6) });
        }
        for _ in 0..chance.below(6) + 1 {
            let owner = chance.pick(&world.accounts).0;
            world.licenses.push((LicenseId::new(chance.id()), owner));
        }
        for _ in 0..chance.below(6) {
            let license = chance.pick(&world.licenses).0;
            let member = chance.pick(&world.people).member;
            world.served.insert((license, member));
        }
        for _ in 0..chance.below(4) {
            let license = chance.pick(&world.licenses).0;
            world.seats.insert((license, chance.pick(&world.accounts).0));
        }
        for _ in 0..chance.below(4) {
            let roles =
                [PartnerRole::LicenseViewer, PartnerRole::Auditor, PartnerRole::LicenseManager];
            let link = PartnerLink {
                link: GrantId::new(chance.id()),
                customer: chance.pick(&world.accounts).0,
                partner: chance.pick(&world.accounts).0,
                role: *chance.pick(&roles),
                ends_at: chance.one_in(2).then(|| instant(chance.below(20))),
                linked_at: instant(0),
                ended_at: chance.one_in(8).then(|| instant(chance.below(20))),
            };
            world.links.push(link);
        }
        for _ in 0..chance.below(9) {
            let grant = world.random_grant(chance);
            world.grants.push(grant);
        }
        world
    }

    fn random_grant(&self, chance: &mut Chance) -> Grant {
        if !self.grants.is_empty() && chance.one_in(3) {
            // As people do: passed on as it is.
            let above = chance.pick(&self.grants).clone();
            let (grant, under) = (GrantId::new(chance.id()), Some(above.grant));
            let member = chance.pick(&self.people).member;
            return Grant { grant, under, member, ended_at: None, ..above };
        }
        let license = chance.one_in(3).then(|| *chance.pick(&self.licenses));
        let account = match license {
            // Now and then a license that has another owner by now.
            Some((_, owner)) if !chance.one_in(8) => owner,
            Some(_) | None => chance.pick(&self.accounts).0,
        };
        let roles = [GrantedRole::Auditor, GrantedRole::LicenseManager, GrantedRole::Admin];
        let under =
            (!self.grants.is_empty() && chance.one_in(2)).then(|| chance.pick(&self.grants).grant);
        Grant {
            grant: GrantId::new(chance.id()),
            account,
            member: chance.pick(&self.people).member,
            role: *chance.pick(&roles),
            license: license.map(|(license, _)| license),
            ends_at: chance.one_in(2).then(|| instant(chance.below(20))),
            under,
            given_at: instant(0),
            ended_at: chance.one_in(8).then(|| instant(chance.below(20))),
        }
    }
}

impl Relations for World {
    fn is_within(&self, account: AccountId, root: AccountId) -> bool {
        let parent = |one: &AccountId| self.accounts.iter().find(|(id, _)| id == one)?.1;
        let known = self.accounts.iter().any(|(id, _)| *id == account);
        known && std::iter::successors(Some(account), parent).any(|one| one == root)
    }

    fn top(&self, account: AccountId) -> AccountId {
        let parent = |one: &AccountId| self.accounts.iter().find(|(id, _)| id == one)?.1;
        std::iter::successors(Some(account), parent).last().unwrap()
    }

    fn person(&self, member: MemberId) -> Option<Person> {
        let found = self.people.iter().find(|one| one.member == member)?;
        Some(Person { account: found.account, role: found.role, kept_out: found.kept_out })
    }

    fn owner(&self, license: LicenseId) -> Option<AccountId> {
        self.licenses.iter().find(|(id, _)| *id == license).map(|(_, owner)| *owner)
    }

    fn serves(&self, license: LicenseId, member: MemberId) -> bool {
        self.served.contains(&(license, member))
    }

    fn with_seats(&self, license: LicenseId) -> impl Iterator<Item = AccountId> {
        let having = self.seats.iter().filter(move |(one, _)| *one == license);
        having.map(|(_, account)| *account)
    }

    fn partners_of(&self, customer: AccountId) -> impl Iterator<Item = &PartnerLink> {
        self.links.iter().filter(move |link| self.is_within(customer, link.customer))
    }

    fn links_within(&self, root: AccountId) -> impl Iterator<Item = &PartnerLink> {
        self.links.iter().filter(move |link| self.is_within(link.partner, root))
    }

    fn grant(&self, grant: GrantId) -> Option<&Grant> {
        self.grants.iter().find(|one| one.grant == grant)
    }

    fn grants_to(&self, member: MemberId) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |one| one.member == member)
    }
}
