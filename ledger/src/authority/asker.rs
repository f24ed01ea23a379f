//! What a person of a customer may do: by a role of its own, by one that was granted, with what is its own, for whom it
//! acts as a partner.

use schemas::{AccountId, LicenseId, MemberId};

use super::{
    Action, CHAIN_MAX, Circumstances, Grant, Own, PartnerLink, Person, Relations, Resource, Role,
    Rule, Verdict,
};

/// A person of a customer who wants something, and is not kept out.
pub(super) struct Asker<'a, R> {
    pub(super) relations: &'a R,
    pub(super) member: MemberId,
    pub(super) person: Person,
    pub(super) circumstances: Circumstances,
}

impl<R: Relations> Asker<'_, R> {
    pub(super) fn decide(&self, action: Action, resource: Resource) -> Verdict {
        let mut short = None;
        if let Some(least) = action.needs().role {
            if self.person.home_role().is_some_and(|role| role >= least)
                && self.home_reaches(action, resource)
            {
                if !self.lets_in_a_stronger(action, resource) {
                    return Verdict::by(Rule::HomeRole);
                }
                short = Some(Rule::MayDoMore);
            }
            let enough = self.grants().filter(|grant| action.by_grant() && grant.role >= least);
            for grant in enough.filter(|grant| self.reaches(grant, action, resource)) {
                match self.falls_short(grant, action, resource) {
                    None => return Verdict { rule: Rule::GrantedRole, grant: Some(grant.grant) },
                    Some(rule) => short = Some(rule),
                }
            }
        }
        if self.is_own(action, resource) {
            return Verdict::by(Rule::OwnThings);
        }
        if let Some(link) = self.link_for(action, resource) {
            return Verdict { rule: Rule::PartnerLink, grant: Some(link.link) };
        }
        let denied = short
            .unwrap_or_else(|| if self.sees(resource) { Rule::NoSuchRole } else { Rule::Outside });
        Verdict::by(denied)
    }

    /// The grants by which the person may act.
    pub(super) fn grants(&self) -> impl Iterator<Item = &Grant> {
        let (relations, at) = (self.relations, self.circumstances.at);
        relations.grants_to(self.member).filter(move |grant| grant.counts(relations, at))
    }

    /// The grants to a person that are not over, also those that rest: whoever makes a way in for somebody who is kept out
    /// has it when the person comes back.
    fn held_by(&self, member: MemberId) -> impl Iterator<Item = &Grant> {
        let at = self.circumstances.at;
        self.relations.grants_to(member).filter(move |grant| grant.is_live(at))
    }

    /// Whether it is about what is the person's own.
    fn is_own(&self, action: Action, resource: Resource) -> bool {
        let own = match (action.needs().own, resource) {
            (Own::Oneself, Resource::Person(member)) => member == self.member,
            (Own::Home, Resource::Account(account)) => account == self.person.account,
            (Own::Served, Resource::License(license)) => {
                let owner = self.relations.owner(license);
                let home = self.relations.top(self.person.account);
                self.relations.serves(license, self.member)
                    && (owner.is_some_and(|owner| self.relations.top(owner) == home)
                        || self.has_seats_of(license))
            }
            (Own::Nothing | Own::Oneself | Own::Home | Own::Served, _) => false,
        };
        own && self.uses_own(action)
    }

    /// Whether an account that the person belongs to has seats of the license.
    fn has_seats_of(&self, license: LicenseId) -> bool {
        let (relations, home) = (self.relations, self.person.account);
        relations.with_seats(license).any(|account| relations.is_within(home, account))
    }

    /// Auditors change nothing, not even with what is their own; except what they sign in with.
    pub(super) fn uses_own(&self, action: Action) -> bool {
        action.needs().reads || self.person.home_role() != Some(Role::Auditor)
    }

    fn home_reaches(&self, action: Action, resource: Resource) -> bool {
        let home = self.person.account;
        self.place(resource).is_some_and(|place| self.relations.is_within(place, home))
            || self.has_seats(action, resource, home)
    }

    /// In which account it is.
    fn place(&self, resource: Resource) -> Option<AccountId> {
        match resource {
            Resource::Account(account) => Some(account),
            Resource::Person(member) => self.relations.person(member).map(|one| one.account),
            Resource::License(license) | Resource::Seats(license, _) => {
                self.relations.owner(license)
            }
            Resource::Vendor => None,
        }
    }

    /// The link by which the person acts for whom it is about.
    fn link_for(&self, action: Action, resource: Resource) -> Option<&PartnerLink> {
        let (relations, at) = (self.relations, self.circumstances.at);
        let (least, role) = (action.by_partner()?, action.needs().role?);
        let mut links = relations.partners_of(self.place(resource)?);
        links.find(|link| {
            link.is_live(at) && link.role >= least && self.has_over(link.partner, role)
        })
    }

    /// Whether there can be a customer for whom the person does it.
    pub(super) fn is_a_partner(&self, action: Action) -> bool {
        let (relations, at) = (self.relations, self.circumstances.at);
        let (Some(least), Some(role)) = (action.by_partner(), action.needs().role) else {
            return false;
        };
        let home = self.person.home_role().map(|_| self.person.account);
        let granted = self.grants().filter(|grant| grant.license.is_none());
        let mut roots = home.into_iter().chain(granted.map(|grant| grant.account));
        roots.any(|root| {
            let mut links = relations.links_within(root);
            links.any(|link| {
                link.is_live(at) && link.role >= least && self.has_over(link.partner, role)
            })
        })
    }

    /// Whether the person has at least this role over a whole account.
    fn has_over(&self, account: AccountId, least: Role) -> bool {
        let relations = self.relations;
        let by_home = self.person.home_role().is_some_and(|role| role >= least)
            && relations.is_within(account, self.person.account);
        by_home
            || self
                .grants()
                .any(|grant| grant.role >= least && grant.reaches_account(relations, account))
    }

    /// Whether it is about seats of an account within `root` that has some of its own: such a license is known there, and
    /// so are those seats given, and passed on to accounts below that one.
    fn has_seats(&self, action: Action, resource: Resource, root: AccountId) -> bool {
        let relations = self.relations;
        let within = |license, found: &dyn Fn(AccountId) -> bool| {
            let mut having = relations.with_seats(license);
            having.any(|account| relations.is_within(account, root) && found(account))
        };
        match resource {
            Resource::License(license) => {
                action == Action::SeeLicense && within(license, &|_| true)
            }
            Resource::Seats(license, place) if action == Action::AllocateSeats => {
                within(license, &|account| account != place && relations.is_within(place, account))
            }
            Resource::Seats(license, place) => {
                action == Action::ManageSeats
                    && within(license, &|account| relations.is_within(place, account))
            }
            Resource::Account(_) | Resource::Person(_) | Resource::Vendor => false,
        }
    }

    fn reaches(&self, grant: &Grant, action: Action, resource: Resource) -> bool {
        let relations = self.relations;
        match resource {
            Resource::License(license) | Resource::Seats(license, _) => {
                grant.reaches_license(relations, license)
                    || (grant.license.is_none() && self.has_seats(action, resource, grant.account))
            }
            // Whoever looks after one license knows whose it is and who may sit on it.
            Resource::Account(account) => {
                grant.reaches_account(relations, account)
                    || (action == Action::SeeAccount && self.looks_after(grant, account))
            }
            Resource::Person(member) => relations.person(member).is_some_and(|one| {
                grant.reaches_account(relations, one.account)
                    || (action == Action::SeePerson
                        && (self.looks_after(grant, one.account)
                            || self.sits_on(grant, member, one.account)))
            }),
            Resource::Vendor => false,
        }
    }

    /// Whether the grant is about one license of this account.
    fn looks_after(&self, grant: &Grant, account: AccountId) -> bool {
        grant.license.is_some_and(|license| grant.reaches_license(self.relations, license))
            && grant.account == account
    }

    /// Whether an admin would make a way in for somebody of its account who may do something that the admin may not.
    fn lets_in_a_stronger(&self, action: Action, resource: Resource) -> bool {
        let Resource::Person(member) = resource else { return false };
        let home = self.person.account;
        action == Action::ManageSignIn
            && self.held_by(member).any(|grant| !self.relations.is_within(grant.account, home))
    }

    /// Whether a person may do more than with what is its own.
    fn has_a_role(&self, member: MemberId) -> bool {
        let home = self.relations.person(member).and_then(|person| person.home_role());
        home.is_some() || self.held_by(member).next().is_some()
    }

    /// Whether the one license that the grant is about serves a person of the same customer.
    fn sits_on(&self, grant: &Grant, member: MemberId, home: AccountId) -> bool {
        let relations = self.relations;
        grant.license.is_some_and(|license| relations.serves(license, member))
            && relations.top(home) == relations.top(grant.account)
    }

    /// Why what is done by this grant would exceed it.
    fn falls_short(&self, grant: &Grant, action: Action, resource: Resource) -> Option<Rule> {
        let manages = matches!(action, Action::ManagePeople | Action::ManageSignIn);
        if let (true, Resource::Person(member)) = (manages, resource) {
            return self.has_a_role(member).then_some(Rule::MayDoMore);
        }
        if !action.is_grant() {
            return None;
        }
        let until = self.circumstances.until;
        let outlasts = grant.ends_at.is_some_and(|end| until.is_none_or(|until| until > end));
        if outlasts {
            Some(Rule::Outlasts)
        } else if grant.depth(self.relations) >= CHAIN_MAX {
            Some(Rule::ChainTooLong)
        } else {
            None
        }
    }

    fn sees(&self, resource: Resource) -> bool {
        let action = match resource {
            Resource::Account(_) => Action::SeeAccount,
            Resource::Person(_) => Action::SeePerson,
            Resource::License(_) => Action::SeeLicense,
            Resource::Seats(license, _) => return self.sees(Resource::License(license)),
            // Everybody knows that there is a vendor.
            Resource::Vendor => return true,
        };
        self.is_own(action, resource)
            || (self.person.home_role().is_some() && self.home_reaches(action, resource))
            || self.grants().any(|grant| self.reaches(grant, action, resource))
            || self.link_for(action, resource).is_some()
    }
}
