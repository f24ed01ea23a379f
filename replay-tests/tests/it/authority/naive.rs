//! The access decision a second time, written from the rules in prose alone: sets and loops, slow
//! and plain, to be compared with the first.

mod partners;
mod programs;

use std::collections::BTreeSet;

use ledger::authority::{Action, Grant, Principal, Resource};
use schemas::account::{GrantedRole, MemberRole};
use schemas::staff::StaffRole;
use schemas::{AccountId, GrantId, LicenseId, MemberId, Timestamp};

use super::world::{Someone, World};

pub use programs::is_for;

/// How many grants a chain has at most.
const LONGEST_CHAIN: usize = 3;

/// By what an action is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The asker is of the vendor, holds the data folder, or shows a license key.
    Anything,
    /// The role the asker has in its own account.
    HomeRole,
    /// A grant to the asker.
    Grant,
    /// The thing is the asker's own.
    Own,
    /// The asker is of a partner of the customer's.
    Partner,
}

/// By what the principal may do this at that instant; none if it may not. What it gives, if it
/// gives a grant, ends at `until`.
pub fn allowed(
    world: &World,
    principal: Principal,
    action: Action,
    resource: Resource,
    at: Timestamp,
    until: Option<Timestamp>,
) -> Option<By> {
    match principal {
        // What people of the vendor sign in with is their own, too.
        Principal::Staff(_) if action == Action::BeOneself => Some(By::Own),
        Principal::Operator | Principal::Staff(StaffRole::Operator) => Some(By::Anything),
        Principal::Staff(StaffRole::Auditor) => only_reads(action).then_some(By::Anything),
        Principal::LicenseKey(license) => {
            let software = [Action::SeeLicense, Action::UseDevices, Action::RecordUsage];
            let software = software.contains(&action);
            (software && resource == Resource::License(license)).then_some(By::Anything)
        }
        Principal::Member(member) => {
            let asker = person(world, member)?;
            if asker.kept_out || !exists(world, resource) {
                return None;
            }
            if home_allows(world, asker, action, resource, at) {
                return Some(By::HomeRole);
            }
            for grant in &world.grants {
                if grant.member == member
                    && counts(world, grant, at)
                    && grant_allows(world, grant, action, resource, at, until)
                {
                    return Some(By::Grant);
                }
            }
            if own_allows(world, asker, action, resource) {
                return Some(By::Own);
            }
            let partner = partners::allow(world, asker, action, resource, at);
            partner.then_some(By::Partner)
        }
    }
}

/// Whether an auditor of the vendor may do it.
fn only_reads(action: Action) -> bool {
    match action {
        Action::SeeAccount
        | Action::SeeWholeAccount
        | Action::SeePerson
        | Action::SeeLicense
        | Action::SeeWholeLicense
        | Action::BeOneself => true,
        Action::UseDevices
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
        | Action::GrantAdmin
        | Action::RecordUsage
        | Action::Operate => false,
    }
}

/// The least of a customer's roles that suffices; none if no role ever does.
fn least_role(action: Action) -> Option<GrantedRole> {
    match action {
        Action::SeeAccount
        | Action::SeeWholeAccount
        | Action::SeePerson
        | Action::SeeLicense
        | Action::SeeWholeLicense => Some(GrantedRole::Auditor),
        Action::UseDevices
        | Action::ManageDevices
        | Action::ManageSeats
        | Action::AllocateSeats
        | Action::GrantAuditor
        | Action::GrantLicenseManager => Some(GrantedRole::LicenseManager),
        Action::ManageBundles
        | Action::RevealKey
        | Action::ManagePeople
        | Action::ManagePartners
        | Action::SetRoles
        | Action::ManageSignIn
        | Action::GrantAdmin => Some(GrantedRole::Admin),
        Action::BeOneself | Action::RecordUsage | Action::Operate => None,
    }
}

/// Whether a customer's role suffices for an action.
fn suffices(role: GrantedRole, action: Action) -> bool {
    match least_role(action) {
        Some(least) => role >= least,
        None => false,
    }
}

/// The role a person has over its own account and those below.
fn home_role(role: MemberRole) -> Option<GrantedRole> {
    match role {
        MemberRole::OrgAdmin => Some(GrantedRole::Admin),
        MemberRole::Auditor => Some(GrantedRole::Auditor),
        MemberRole::Member => None,
    }
}

fn person(world: &World, member: MemberId) -> Option<&Someone> {
    world.people.iter().find(|one| one.member == member)
}

fn owner(world: &World, license: LicenseId) -> Option<AccountId> {
    world.licenses.iter().find(|(id, _)| *id == license).map(|(_, owner)| *owner)
}

fn parent(world: &World, account: AccountId) -> Option<AccountId> {
    world.accounts.iter().find(|(id, _)| *id == account).and_then(|(_, parent)| *parent)
}

fn find_grant(world: &World, grant: GrantId) -> Option<&Grant> {
    world.grants.iter().find(|one| one.grant == grant)
}

/// Whether there is such a thing at a customer.
fn exists(world: &World, resource: Resource) -> bool {
    match resource {
        Resource::Account(account) => world.accounts.iter().any(|(id, _)| *id == account),
        Resource::Person(member) => person(world, member).is_some(),
        Resource::License(license) => owner(world, license).is_some(),
        Resource::Seats(license, _) => owner(world, license).is_some(),
        Resource::Vendor => false,
    }
}

/// The account, the one it is below, and so on to the topmost.
fn line_up(world: &World, account: AccountId) -> Vec<AccountId> {
    let mut line = vec![account];
    let mut next = parent(world, account);
    while let Some(above) = next {
        if line.contains(&above) {
            break;
        }
        line.push(above);
        next = parent(world, above);
    }
    line
}

/// The topmost account above this one.
fn topmost(world: &World, account: AccountId) -> Option<AccountId> {
    line_up(world, account).last().copied()
}

/// What a role is over.
#[derive(Default)]
struct Reach {
    accounts: BTreeSet<AccountId>,
    people: BTreeSet<MemberId>,
    licenses: BTreeSet<LicenseId>,
}

impl Reach {
    fn has(&self, resource: Resource) -> bool {
        match resource {
            Resource::Account(account) => self.accounts.contains(&account),
            Resource::Person(member) => self.people.contains(&member),
            Resource::License(license) => self.licenses.contains(&license),
            // Whoever reaches a license reaches all its seats, whosever they are.
            Resource::Seats(license, _) => self.licenses.contains(&license),
            Resource::Vendor => false,
        }
    }

    /// Whether it is about a license of which an account within reach has seats of its own: there it is known, those seats
    /// are given to people there, and some of them set apart for accounts below.
    fn has_seats(&self, world: &World, action: Action, resource: Resource) -> bool {
        let (Resource::License(license) | Resource::Seats(license, _)) = resource else {
            return false;
        };
        for (of, having) in &world.seats {
            if *of != license || !self.accounts.contains(having) {
                continue;
            }
            match resource {
                Resource::License(_) if action == Action::SeeLicense => return true,
                Resource::Seats(_, place) => {
                    let inside = line_up(world, place).contains(having) && known(world, place);
                    if inside && action == Action::ManageSeats {
                        return true;
                    }
                    if inside && place != *having && action == Action::AllocateSeats {
                        return true;
                    }
                }
                Resource::License(_)
                | Resource::Account(_)
                | Resource::Person(_)
                | Resource::Vendor => {}
            }
        }
        false
    }
}

fn known(world: &World, account: AccountId) -> bool {
    world.accounts.iter().any(|(id, _)| *id == account)
}

/// The account and all below it, their people and their licenses.
fn reach_over(world: &World, root: AccountId) -> Reach {
    let mut reach = Reach::default();
    for (account, _) in &world.accounts {
        if line_up(world, *account).contains(&root) {
            reach.accounts.insert(*account);
        }
    }
    for one in &world.people {
        if reach.accounts.contains(&one.account) {
            reach.people.insert(one.member);
        }
    }
    for (license, owner) in &world.licenses {
        if reach.accounts.contains(owner) {
            reach.licenses.insert(*license);
        }
    }
    reach
}

/// What a grant reaches, whatever the action.
fn reach_of(world: &World, grant: &Grant) -> Reach {
    match grant.license {
        None => reach_over(world, grant.account),
        Some(license) => {
            let mut reach = Reach::default();
            if owner(world, license) == Some(grant.account) {
                reach.licenses.insert(license);
            }
            reach
        }
    }
}

/// What a grant reaches for one action: to see, a grant for a license reaches a little more.
fn reach_for(world: &World, grant: &Grant, action: Action) -> Reach {
    let mut reach = reach_of(world, grant);
    let Some(license) = grant.license else {
        return reach;
    };
    let still_reached = reach.licenses.contains(&license);
    if action == Action::SeeAccount && still_reached {
        reach.accounts.insert(grant.account);
    }
    if action == Action::SeePerson {
        for one in &world.people {
            let of_the_owner = still_reached && one.account == grant.account;
            let same_customer = topmost(world, one.account) == topmost(world, grant.account);
            let served = world.served.contains(&(license, one.member)) && same_customer;
            if of_the_owner || served {
                reach.people.insert(one.member);
            }
        }
    }
    reach
}

/// How many grants there are from this one to the one under nothing; none if one is missing or
/// they go round in a circle.
fn chain_length(world: &World, grant: &Grant) -> Option<usize> {
    let mut seen = BTreeSet::from([grant.grant]);
    let mut current = grant;
    while let Some(under) = current.under {
        if !seen.insert(under) {
            return None;
        }
        current = find_grant(world, under)?;
    }
    Some(seen.len())
}

/// Whether a grant counts at that instant.
fn counts(world: &World, grant: &Grant, at: Timestamp) -> bool {
    if grant.ended_at.is_some() {
        return false;
    }
    if grant.ends_at.is_some_and(|end| at >= end) {
        return false;
    }
    let Some(holder) = person(world, grant.member) else {
        return false;
    };
    if holder.kept_out {
        return false;
    }
    let Some(length) = chain_length(world, grant) else {
        return false;
    };
    if length > LONGEST_CHAIN {
        return false;
    }
    let Some(under) = grant.under else {
        return true;
    };
    let Some(above) = find_grant(world, under) else {
        return false;
    };
    counts(world, above, at) && contains(world, above, grant)
}

/// Whether a grant is enough for another to stem from it.
fn contains(world: &World, above: &Grant, grant: &Grant) -> bool {
    if above.role < grant.role || above.role < GrantedRole::LicenseManager {
        return false;
    }
    let outlasts = match (above.ends_at, grant.ends_at) {
        (None, None | Some(_)) => true,
        (Some(_), None) => false,
        (Some(above_end), Some(end)) => end <= above_end,
    };
    if !outlasts {
        return false;
    }
    let reach = reach_of(world, above);
    match grant.license {
        Some(license) => reach.licenses.contains(&license),
        None => reach.accounts.contains(&grant.account),
    }
}

/// Whether the asker's role in its own account allows it.
fn home_allows(
    world: &World,
    asker: &Someone,
    action: Action,
    resource: Resource,
    at: Timestamp,
) -> bool {
    let Some(role) = home_role(asker.role) else {
        return false;
    };
    let reach = reach_over(world, asker.account);
    let reached = reach.has(resource) || reach.has_seats(world, action, resource);
    if !suffices(role, action) || !reached {
        return false;
    }
    if let (Action::ManageSignIn, Resource::Person(other)) = (action, resource) {
        for grant in held_grants(world, other, at) {
            if !reach.accounts.contains(&grant.account) {
                return false;
            }
        }
    }
    true
}

/// Whether a grant that counts allows it.
fn grant_allows(
    world: &World,
    grant: &Grant,
    action: Action,
    resource: Resource,
    at: Timestamp,
    until: Option<Timestamp>,
) -> bool {
    let reach = reach_for(world, grant, action);
    let seats = grant.license.is_none() && reach.has_seats(world, action, resource);
    if !suffices(grant.role, action) || !(reach.has(resource) || seats) {
        return false;
    }
    match action {
        Action::SetRoles => false,
        Action::ManagePeople | Action::ManageSignIn => match resource {
            Resource::Person(other) => has_no_authority(world, other, at),
            Resource::Account(_)
            | Resource::License(_)
            | Resource::Seats(..)
            | Resource::Vendor => true,
        },
        Action::GrantAuditor | Action::GrantLicenseManager | Action::GrantAdmin => {
            may_stem_from(world, grant, until)
        }
        Action::SeeAccount
        | Action::SeeWholeAccount
        | Action::SeePerson
        | Action::SeeLicense
        | Action::SeeWholeLicense
        | Action::UseDevices
        | Action::ManageDevices
        | Action::ManageSeats
        | Action::AllocateSeats
        | Action::ManageBundles
        | Action::ManagePartners
        | Action::RevealKey => true,
        Action::BeOneself | Action::RecordUsage | Action::Operate => false,
    }
}

/// The grants to a person that neither ended nor are over, whether they count or rest.
fn held_grants(world: &World, member: MemberId, at: Timestamp) -> Vec<&Grant> {
    let mut held = Vec::new();
    for grant in &world.grants {
        let over = grant.ends_at.is_some_and(|end| at >= end);
        if grant.member == member && grant.ended_at.is_none() && !over {
            held.push(grant);
        }
    }
    held
}

/// Whether a person has neither a home role nor a grant, not even one that rests.
fn has_no_authority(world: &World, member: MemberId, at: Timestamp) -> bool {
    let Some(one) = person(world, member) else {
        return false;
    };
    home_role(one.role).is_none() && held_grants(world, member, at).is_empty()
}

/// Whether one more grant, that ends at `until`, may stem from this one.
fn may_stem_from(world: &World, grant: &Grant, until: Option<Timestamp>) -> bool {
    let in_time = match (grant.ends_at, until) {
        (None, None | Some(_)) => true,
        (Some(_), None) => false,
        (Some(end), Some(until)) => until <= end,
    };
    let short_enough = match chain_length(world, grant) {
        Some(length) => length < LONGEST_CHAIN,
        None => false,
    };
    in_time && short_enough
}

/// Whether the asker may because the thing is its own.
fn own_allows(world: &World, asker: &Someone, action: Action, resource: Resource) -> bool {
    match (action, resource) {
        (Action::SeeAccount, Resource::Account(account)) => account == asker.account,
        (Action::SeePerson | Action::BeOneself, Resource::Person(member)) => member == asker.member,
        (Action::SeeLicense, Resource::License(license)) => serves(world, license, asker),
        (Action::UseDevices, Resource::License(license)) => {
            asker.role != MemberRole::Auditor && serves(world, license, asker)
        }
        _ => false,
    }
}

/// Whether a license serves a person, and is still of the same customer.
fn serves(world: &World, license: LicenseId, asker: &Someone) -> bool {
    let Some(owner) = owner(world, license) else {
        return false;
    };
    let same_customer = topmost(world, owner) == topmost(world, asker.account);
    let has_seats = line_up(world, asker.account)
        .into_iter()
        .any(|account| world.seats.contains(&(license, account)));
    world.served.contains(&(license, asker.member)) && (same_customer || has_seats)
}
