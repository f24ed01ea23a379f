//! Who may do what: one decision for every door. What is not allowed by a rule is denied.
//!
//! A person may act by the role it has in the account it belongs to, there and below; by a role that was granted to it,
//! as far as the grant reaches and as long as it and those it stems from count; and with what is its own. People of the
//! vendor act everywhere by their role. Whoever shows a license key sees that license.

mod basis;
mod policy;
mod relations;
mod token;

pub use basis::{Basis, ParseBasisError};
pub use policy::{
    Action, CHAIN_MAX, Needs, Own, Role, UnknownAction, policy_digest, policy_text, role_id,
};
pub use relations::{Grant, Person, Relations};
pub use token::Scopes;

use schemas::staff::StaffRole;
use schemas::{AccountId, GrantId, LicenseId, MemberId, Timestamp};

/// Who wants to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// A person of a customer.
    Member(MemberId),
    /// A person of the vendor.
    Staff(StaffRole),
    /// Whoever holds the data folder, at the command line.
    Operator,
    /// A program that shows the key of this license.
    LicenseKey(LicenseId),
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// An account.
    Account(AccountId),
    /// A person of a customer.
    Person(MemberId),
    /// A license.
    License(LicenseId),
    /// What is the vendor's: catalog, people, ledger.
    Vendor,
}

/// What else it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// When.
    pub at: Timestamp,
    /// Until when what is given shall last, where a role is given; `None`: without an end.
    pub until: Option<Timestamp>,
    /// What a program with a token may do of that; `None`: it is not a program.
    pub scopes: Option<Scopes>,
}

impl Circumstances {
    /// At this instant.
    #[must_use]
    pub const fn at(at: Timestamp) -> Self {
        Self { at, until: None, scopes: None }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $allows:literal;)*) => {
        /// The rule that decided.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its stable name, such as `home_role`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Whether it allows.
            #[must_use]
            pub const fn allows(self) -> bool {
                match self { $(Self::$name => $allows,)* }
            }
        }
    };
}

rules! {
    /// Whoever holds the data folder may do everything.
    DataFolder = "data_folder", true;
    /// People of the vendor who operate it may do everything.
    VendorOperator = "vendor_operator", true;
    /// People of the vendor who audit may read everything.
    VendorAuditor = "vendor_auditor", true;
    /// Whoever shows the key of a license sees that license.
    LicenseKey = "license_key", true;
    /// By the role in the account that the person belongs to.
    HomeRole = "home_role", true;
    /// By a role that was granted.
    GrantedRole = "granted_role", true;
    /// Everybody may with what is its own.
    OwnThings = "own_things", true;
    /// The person is unknown, suspended or erased.
    KeptOut = "kept_out", false;
    /// The person does not see what it is about: as if there were none.
    Outside = "outside", false;
    /// The person sees it, and no role of its own is enough.
    NoSuchRole = "no_such_role", false;
    /// The role is enough, and the person may do more than whoever asks: whoever lets the person in could do it too.
    MayDoMore = "may_do_more", false;
    /// The role is enough, and ends before what it would give.
    Outlasts = "outlasts", false;
    /// The role is enough, and stems from so many others that nobody else may get it.
    ChainTooLong = "chain_too_long", false;
    /// People of the vendor who audit change nothing.
    AuditorsOnlyRead = "auditors_only_read", false;
    /// The token that a program shows does not name this, or no token can.
    BeyondToken = "beyond_token", false;
    /// Whoever shows a license key may do nothing but ask about that license.
    KeysOnlyAsk = "keys_only_ask", false;
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The rule that decided.
    pub rule: Rule,
    /// The grant by which, when it was one.
    pub grant: Option<GrantId>,
}

impl Verdict {
    const fn by(rule: Rule) -> Self {
        Self { rule, grant: None }
    }

    /// Whether it is allowed.
    #[must_use]
    pub const fn allowed(&self) -> bool {
        self.rule.allows()
    }
}

/// Whether somebody may do something, and by which rule.
pub fn verdict(
    relations: &impl Relations,
    principal: Principal,
    action: Action,
    resource: Resource,
    circumstances: Circumstances,
) -> Verdict {
    if circumstances.scopes.is_some_and(|scopes| !scopes.allow(action)) {
        return Verdict::by(Rule::BeyondToken);
    }
    match principal {
        Principal::Operator => Verdict::by(Rule::DataFolder),
        Principal::Staff(_) if action == Action::BeOneself => Verdict::by(Rule::OwnThings),
        Principal::Staff(StaffRole::Operator) => Verdict::by(Rule::VendorOperator),
        Principal::Staff(StaffRole::Auditor) if action.needs().reads => {
            Verdict::by(Rule::VendorAuditor)
        }
        Principal::Staff(StaffRole::Auditor) => Verdict::by(Rule::AuditorsOnlyRead),
        Principal::LicenseKey(license) => {
            let asks = action == Action::SeeLicense;
            match (asks, resource == Resource::License(license)) {
                (true, true) => Verdict::by(Rule::LicenseKey),
                (true, false) => Verdict::by(Rule::Outside),
                (false, _) => Verdict::by(Rule::KeysOnlyAsk),
            }
        }
        Principal::Member(member) => match relations.person(member) {
            Some(person) if !person.kept_out => {
                Asker { relations, member, person, circumstances }.decide(action, resource)
            }
            Some(_) | None => Verdict::by(Rule::KeptOut),
        },
    }
}

/// Whether somebody may end a grant: whoever has it, and whoever may give it. By a role that was only granted one ends
/// what stems from that, not what others gave beside it or above.
pub fn verdict_on_ending(
    relations: &impl Relations,
    principal: Principal,
    grant: &Grant,
    circumstances: Circumstances,
) -> Verdict {
    let resource = match grant.license {
        Some(license) => Resource::License(license),
        None => Resource::Account(grant.account),
    };
    // Ending lasts no time: who may give for a while may end.
    let circumstances = Circumstances { until: Some(circumstances.at), ..circumstances };
    let oneself = Principal::Member(grant.member);
    if principal == oneself {
        let own = Resource::Person(grant.member);
        return verdict(relations, principal, Action::BeOneself, own, circumstances);
    }
    let action = Action::grant(grant.role);
    let found = verdict(relations, principal, action, resource, circumstances);
    match principal {
        Principal::Member(member)
            if found.rule == Rule::GrantedRole && !grant.stems_from_one_of(relations, member) =>
        {
            Verdict::by(Rule::NoSuchRole)
        }
        Principal::Member(_)
        | Principal::Staff(_)
        | Principal::Operator
        | Principal::LicenseKey(_) => found,
    }
}

/// What a principal may read everything of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Whether it is everything there is.
    pub everything: bool,
    /// These accounts and those below them.
    pub accounts: Vec<AccountId>,
    /// These licenses of other accounts.
    pub licenses: Vec<LicenseId>,
}

/// What a principal may read everything of: the same as [`verdict`] says, as a set, to begin a search at.
pub fn reach(relations: &impl Relations, principal: Principal, at: Timestamp) -> Reach {
    let member = match principal {
        Principal::Operator | Principal::Staff(_) => {
            return Reach { everything: true, ..Reach::default() };
        }
        Principal::LicenseKey(_) => return Reach::default(),
        Principal::Member(member) => member,
    };
    let mut found = Reach::default();
    let Some(person) = relations.person(member).filter(|person| !person.kept_out) else {
        return found;
    };
    found.accounts.extend(person.home_role().map(|_| person.account));
    for grant in relations.grants_to(member).filter(|grant| grant.counts(relations, at)) {
        match grant.license {
            None => found.accounts.push(grant.account),
            Some(license) if grant.reaches_license(relations, license) => {
                found.licenses.push(license);
            }
            Some(_) => {}
        }
    }
    let all = found.accounts.clone();
    // What is within another is not said twice.
    found
        .accounts
        .retain(|one| !all.iter().any(|root| root != one && relations.is_within(*one, *root)));
    found.accounts.sort();
    found.accounts.dedup();
    found
}

/// Whether there can be anything at all with which a principal may do this: what a door asks first, before it looks at
/// what is named.
pub fn may_somewhere(
    relations: &impl Relations,
    principal: Principal,
    action: Action,
    at: Timestamp,
) -> bool {
    let needs = action.needs();
    match principal {
        Principal::Operator | Principal::Staff(StaffRole::Operator) => true,
        Principal::Staff(StaffRole::Auditor) => needs.reads,
        Principal::LicenseKey(_) => action == Action::SeeLicense,
        Principal::Member(member) => {
            let person = relations.person(member).filter(|person| !person.kept_out);
            person.is_some_and(|person| {
                let asker =
                    Asker { relations, member, person, circumstances: Circumstances::at(at) };
                let enough = |role: Role| needs.role.is_some_and(|least| role >= least);
                let granted = action.by_grant() && asker.grants().any(|grant| enough(grant.role));
                person.home_role().is_some_and(enough)
                    || granted
                    || (needs.own != Own::Nothing && asker.uses_own(action))
            })
        }
    }
}

/// A person of a customer who wants something, and is not kept out.
struct Asker<'a, R> {
    relations: &'a R,
    member: MemberId,
    person: Person,
    circumstances: Circumstances,
}

impl<R: Relations> Asker<'_, R> {
    fn decide(&self, action: Action, resource: Resource) -> Verdict {
        let mut short = None;
        if let Some(least) = action.needs().role {
            if self.person.home_role().is_some_and(|role| role >= least)
                && self.home_reaches(resource)
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
        let denied = short
            .unwrap_or_else(|| if self.sees(resource) { Rule::NoSuchRole } else { Rule::Outside });
        Verdict::by(denied)
    }

    /// The grants by which the person may act.
    fn grants(&self) -> impl Iterator<Item = &Grant> {
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
                    && owner.is_some_and(|owner| self.relations.top(owner) == home)
            }
            (Own::Nothing | Own::Oneself | Own::Home | Own::Served, _) => false,
        };
        own && self.uses_own(action)
    }

    /// Auditors change nothing, not even with what is their own; except what they sign in with.
    fn uses_own(&self, action: Action) -> bool {
        action.needs().reads || self.person.home_role() != Some(Role::Auditor)
    }

    fn home_reaches(&self, resource: Resource) -> bool {
        let home = self.person.account;
        let place = match resource {
            Resource::Account(account) => Some(account),
            Resource::Person(member) => self.relations.person(member).map(|one| one.account),
            Resource::License(license) => self.relations.owner(license),
            Resource::Vendor => None,
        };
        place.is_some_and(|place| self.relations.is_within(place, home))
    }

    fn reaches(&self, grant: &Grant, action: Action, resource: Resource) -> bool {
        let relations = self.relations;
        match resource {
            Resource::License(license) => grant.reaches_license(relations, license),
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
            // Everybody knows that there is a vendor.
            Resource::Vendor => return true,
        };
        self.is_own(action, resource)
            || (self.person.home_role().is_some() && self.home_reaches(resource))
            || self.grants().any(|grant| self.reaches(grant, action, resource))
    }
}
