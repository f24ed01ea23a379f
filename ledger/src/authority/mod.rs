//! Who may do what: one decision for every door. What is not allowed by a rule is denied.
//!
//! A person may act by the role it has in the account it belongs to, there and below; by a role that was granted to it,
//! as far as the grant reaches and as long as it and those it stems from count; and with what is its own. People of the
//! vendor act everywhere by their role. Software that shows a license key does with that license what software does:
//! it asks about it, binds and frees devices, counts what was used.

mod asker;
mod basis;
mod policy;
mod relations;
mod token;

use asker::Asker;
pub use basis::{Basis, ParseBasisError};
pub use policy::{
    Action, CHAIN_MAX, Needs, Own, Role, UnknownAction, policy_digest, policy_text, role_id,
};
pub use relations::{Grant, PartnerLink, Person, Relations};
pub use token::Scopes;

use schemas::account::PartnerRole;
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
    /// The seats of a license for the people of an account.
    Seats(LicenseId, AccountId),
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
    /// Software that shows the key of a license does with that license what software does.
    LicenseKey = "license_key", true;
    /// By the role in the account that the person belongs to.
    HomeRole = "home_role", true;
    /// By a role that was granted.
    GrantedRole = "granted_role", true;
    /// Everybody may with what is its own.
    OwnThings = "own_things", true;
    /// A partner acts for a customer.
    PartnerLink = "partner_link", true;
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
    /// A license key is not for this.
    BeyondKey = "beyond_key", false;
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The rule that decided.
    pub rule: Rule,
    /// The grant, or the partner's link, by which, when it was one.
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
            match (action.by_key(), resource == Resource::License(license)) {
                (true, true) => Verdict::by(Rule::LicenseKey),
                (true, false) => Verdict::by(Rule::Outside),
                (false, _) => Verdict::by(Rule::BeyondKey),
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
    /// Of these accounts and those below them only that they are there, and their licenses with what they grant.
    pub known: Vec<AccountId>,
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
    let partners = found.accounts.clone();
    let links = partners.iter().flat_map(|root| relations.links_within(*root));
    for link in links.filter(|link| link.is_live(at)) {
        match link.role {
            PartnerRole::LicenseViewer => found.known.push(link.customer),
            PartnerRole::Auditor | PartnerRole::LicenseManager => {
                found.accounts.push(link.customer);
            }
        }
    }
    let all = found.accounts.clone();
    // What is within another is not said twice.
    found
        .accounts
        .retain(|one| !all.iter().any(|root| root != one && relations.is_within(*one, *root)));
    for list in [&mut found.accounts, &mut found.known] {
        list.sort();
        list.dedup();
    }
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
        Principal::LicenseKey(_) => action.by_key(),
        Principal::Member(member) => {
            let person = relations.person(member).filter(|person| !person.kept_out);
            person.is_some_and(|person| {
                let asker =
                    Asker { relations, member, person, circumstances: Circumstances::at(at) };
                let enough = |role: Role| needs.role.is_some_and(|least| role >= least);
                let granted = action.by_grant() && asker.grants().any(|grant| enough(grant.role));
                person.home_role().is_some_and(enough)
                    || granted
                    || asker.is_a_partner(action)
                    || (needs.own != Own::Nothing && asker.uses_own(action))
            })
        }
    }
}
