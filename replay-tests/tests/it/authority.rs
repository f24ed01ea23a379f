//! Who may do what, decided twice: by the one function that every door asks, and by a second one that was written from
//! the rules in prose, with sets and loops. What holds of every decision is asked beside.

mod naive;
mod world;

use std::collections::BTreeSet;

use ledger::authority::{
    Action, Basis, Circumstances, Principal, Relations, Resource, Rule, Scopes, may_somewhere,
    reach, verdict,
};
use replay_tests::chance::Chance;
use schemas::access::TokenScope;
use schemas::staff::StaffRole;
use schemas::{AccountId, LicenseId, MemberId, Timestamp};

use naive::By;
use world::{World, instant};

/// How many decisions are compared.
const DECISIONS: usize = 1_000_000;

fn resources(world: &World, chance: &mut Chance) -> Vec<Resource> {
    let accounts = world.accounts.iter().map(|(id, _)| Resource::Account(*id));
    let people = world.people.iter().map(|one| Resource::Person(one.member));
    let licenses = world.licenses.iter().map(|(id, _)| Resource::License(*id));
    let unknown = [
        Resource::Account(AccountId::new(chance.id())),
        Resource::Person(MemberId::new(chance.id())),
        Resource::License(LicenseId::new(chance.id())),
        Resource::Vendor,
    ];
    let mut seats = Vec::new();
    for _ in 0..6 {
        let account = chance.pick(&world.accounts).0;
        seats.push(Resource::Seats(chance.pick(&world.licenses).0, account));
        let having: Vec<_> = world.seats.iter().copied().collect();
        if !having.is_empty() {
            let (license, account) = *chance.pick(&having);
            seats.push(Resource::Seats(license, account));
        }
    }
    seats.push(Resource::Seats(LicenseId::new(chance.id()), chance.pick(&world.accounts).0));
    accounts.chain(people).chain(licenses).chain(seats).chain(unknown).collect()
}

fn principals(world: &World, chance: &mut Chance) -> Vec<Principal> {
    let people = world.people.iter().map(|one| Principal::Member(one.member));
    let others = [
        Principal::Member(MemberId::new(chance.id())),
        Principal::Staff(StaffRole::Operator),
        Principal::Staff(StaffRole::Auditor),
        Principal::Operator,
        Principal::LicenseKey(chance.pick(&world.licenses).0),
    ];
    // Most of what can go wrong is about people.
    people.clone().chain(people.clone()).chain(people).chain(others).collect()
}

/// What a program's token may be for.
fn scopes(chance: &mut Chance) -> Vec<TokenScope> {
    let all = [TokenScope::Read, TokenScope::Licenses, TokenScope::People, TokenScope::Operate];
    all.into_iter().filter(|_| chance.one_in(2)).collect()
}

fn by(rule: Rule) -> Option<By> {
    match rule {
        Rule::DataFolder | Rule::VendorOperator | Rule::VendorAuditor | Rule::LicenseKey => {
            Some(By::Anything)
        }
        Rule::HomeRole => Some(By::HomeRole),
        Rule::GrantedRole => Some(By::Grant),
        Rule::OwnThings => Some(By::Own),
        Rule::PartnerLink => Some(By::Partner),
        Rule::KeptOut
        | Rule::Outside
        | Rule::NoSuchRole
        | Rule::MayDoMore
        | Rule::Outlasts
        | Rule::ChainTooLong
        | Rule::AuditorsOnlyRead
        | Rule::BeyondToken
        | Rule::BeyondKey => None,
    }
}

#[test]
fn a_million_decisions_are_those_of_a_second_naive_implementation() {
    let mut chance = Chance::printed("decisions");
    let mut decided = 0;
    let mut rules = BTreeSet::new();
    while decided < DECISIONS {
        let world = World::random(&mut chance);
        let (principals, resources) =
            (principals(&world, &mut chance), resources(&world, &mut chance));
        for _ in 0..500 {
            let (principal, action) = (*chance.pick(&principals), *chance.pick(Action::ALL));
            let resource = *chance.pick(&resources);
            let at = instant(chance.below(20));
            let until = chance.one_in(2).then(|| instant(chance.below(22)));
            let token = chance.one_in(4).then(|| scopes(&mut chance));
            let circumstances =
                Circumstances { at, until, scopes: token.as_deref().map(Scopes::of) };
            let found = verdict(&world, principal, action, resource, circumstances);
            let expected = naive::allowed(&world, principal, action, resource, at, until)
                .filter(|_| token.as_deref().is_none_or(|token| naive::is_for(token, action)));
            assert_eq!(
                by(found.rule),
                expected,
                "{principal:?} {action:?} {resource:?} {circumstances:?}: {found:?} in {world:#?}"
            );
            let by_one = matches!(found.rule, Rule::GrantedRole | Rule::PartnerLink);
            assert_eq!(found.grant.is_some(), by_one);
            rules.insert(found.rule);
            decided += 1;
        }
    }
    let never: Vec<_> = Rule::ALL.iter().filter(|rule| !rules.contains(rule)).collect();
    assert_eq!(never, [] as [&Rule; 0], "chance never led to these rules");
}

/// All that somebody may do at an instant, of what a world has.
fn all_rights(
    world: &World,
    principal: Principal,
    resources: &[Resource],
    at: Timestamp,
) -> BTreeSet<(Action, Resource)> {
    let mut all = BTreeSet::new();
    for (action, resource) in
        Action::ALL.iter().flat_map(|action| resources.iter().map(move |one| (*action, *one)))
    {
        // A grant is given for no time: what may be given longer is another matter.
        let circumstances = Circumstances { until: Some(at), ..Circumstances::at(at) };
        if verdict(world, principal, action, resource, circumstances).allowed() {
            all.insert((action, resource));
        }
    }
    all
}

#[test]
fn what_is_read_as_a_set_is_what_is_decided_one_by_one() {
    let mut chance = Chance::printed("reach");
    for _ in 0..3_000 {
        let world = World::random(&mut chance);
        let resources = resources(&world, &mut chance);
        let at = instant(chance.below(20));
        for principal in principals(&world, &mut chance) {
            let found = reach(&world, principal, at);
            let within = |account: AccountId| {
                found.everything
                    || found.accounts.iter().any(|root| world.is_within(account, *root))
            };
            for (account, _) in &world.accounts {
                let known = found.known.iter().any(|root| world.is_within(*account, *root));
                let (see, circumstances) = (Action::SeeAccount, Circumstances::at(at));
                let seen =
                    verdict(&world, principal, see, Resource::Account(*account), circumstances);
                assert!(!known || seen.allowed(), "{principal:?} {account} {world:#?}");
                let decided = verdict(
                    &world,
                    principal,
                    Action::SeeWholeAccount,
                    Resource::Account(*account),
                    Circumstances::at(at),
                );
                assert_eq!(
                    within(*account),
                    decided.allowed(),
                    "{principal:?} {account} {world:#?}"
                );
            }
            for (license, owner) in &world.licenses {
                let decided = verdict(
                    &world,
                    principal,
                    Action::SeeWholeLicense,
                    Resource::License(*license),
                    Circumstances::at(at),
                );
                let listed = within(*owner) || found.licenses.contains(license);
                assert_eq!(listed, decided.allowed(), "{principal:?} {license} {world:#?}");
            }
            // What may be done with something at all is what may be done somewhere.
            let rights = all_rights(&world, principal, &resources, at);
            for action in Action::ALL {
                let somewhere = may_somewhere(&world, principal, *action, at);
                let here = rights.iter().any(|(right, _)| right == action);
                assert!(somewhere || !here, "{principal:?} {action} {world:#?}");
            }
        }
    }
}

#[test]
fn taking_a_grant_away_gives_nobody_anything_and_no_grant_exceeds_its_givers() {
    // What somebody may do to people who may do no more than it can grow when those lose something.
    let about_others = [Action::ManagePeople, Action::ManageSignIn];
    let mut chance = Chance::printed("monotonic");
    for _ in 0..3_000 {
        let world = World::random(&mut chance);
        if world.grants.is_empty() {
            continue;
        }
        let resources = resources(&world, &mut chance);
        let at = instant(chance.below(20));
        let taken = chance.pick(&world.grants).grant;
        let mut poorer = world.clone();
        poorer.grants.retain(|one| one.grant != taken);
        for one in &world.people {
            let principal = Principal::Member(one.member);
            let before = all_rights(&world, principal, &resources, at);
            let after = all_rights(&poorer, principal, &resources, at);
            let gained = after.difference(&before);
            let gained: Vec<_> =
                gained.filter(|(action, _)| !about_others.contains(action)).collect();
            assert!(gained.is_empty(), "{principal:?} gained {gained:?} in {world:#?}");
            // Nothing reaches out of the tree, unless a grant, a partner's link or seats of another's license do.
            let home = world.top(one.account);
            let granted_elsewhere =
                world.grants_to(one.member).any(|grant| world.top(grant.account) != home);
            if !granted_elsewhere {
                let mut apart = world.clone();
                apart.links.clear();
                apart.seats.clear();
                for (_, resource) in &all_rights(&apart, principal, &resources, at) {
                    let place = match *resource {
                        Resource::Account(account) => account,
                        Resource::Person(member) => world.person(member).unwrap().account,
                        Resource::License(license) | Resource::Seats(license, _) => {
                            world.owner(license).unwrap()
                        }
                        Resource::Vendor => panic!("{principal:?} reached the vendor"),
                    };
                    assert_eq!(world.top(place), home, "{principal:?} {resource:?} {world:#?}");
                }
            }
        }
        // What a grant that stems from another lets its holder do, the holder of the other may do too.
        for grant in world.grants.iter().filter(|one| one.counts(&world, at)) {
            let Some(giver) = grant.under.and_then(|under| world.grant(under)) else { continue };
            let mut alone = world.clone();
            alone.grants.retain(|one| {
                one.member != grant.member || one.grant == grant.grant || one.grant == giver.grant
            });
            let holder = world.people.iter().find(|one| one.member == grant.member).unwrap();
            if holder.role != schemas::account::MemberRole::Member || holder.member == giver.member
            {
                continue;
            }
            let has = all_rights(&alone, Principal::Member(grant.member), &resources, at);
            let gives = all_rights(&world, Principal::Member(giver.member), &resources, at);
            let only_own = |action: Action| action.needs().own != ledger::authority::Own::Nothing;
            for (action, resource) in has.difference(&gives) {
                let about = about_others.contains(action);
                let passed_on = action.is_grant();
                assert!(
                    only_own(*action) || about || passed_on,
                    "{action} {resource:?} by {grant:?} exceeds {giver:?} in {world:#?}"
                );
            }
        }
    }
}

#[test]
fn what_is_recorded_of_a_decision_reads_back_as_it_was() {
    let mut chance = Chance::printed("basis");
    let world = World::random(&mut chance);
    for principal in principals(&world, &mut chance) {
        for resource in resources(&world, &mut chance) {
            for action in Action::ALL {
                let found =
                    verdict(&world, principal, *action, resource, Circumstances::at(instant(1)));
                assert_eq!(Basis::of(*action, found).is_some(), found.allowed());
                if let Some(basis) = Basis::of(*action, found) {
                    assert_eq!(basis.to_string().parse(), Ok(basis));
                }
            }
        }
    }
    for wrong in [
        "",
        "seats.manage",
        "seats.manage:outside",
        "x:home_role",
        "oneself:own_things:x",
        "oneself:own_things:grt_01KYX9XP00EP08A90GKBF0XN89:y",
    ] {
        assert!(wrong.parse::<Basis>().is_err(), "{wrong}");
    }
}
