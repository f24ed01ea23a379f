//! Roles that are granted in an account: a row for each rejection, and what two decisions at the same instant come to.

use ledger::Context;
use ledger::account::{self, AccountRules, Command, GRANTS_PER_PERSON_MAX};
use ledger::authority::{Action, Basis, Rule, policy_digest, policy_text};
use schemas::account::{GrantedRole, MemberRole, RoleGranted};
use schemas::{Actor, GrantId, Timestamp};

use crate::fixture::*;
use crate::small_streams::peopled;

fn grant(number: u128) -> GrantId {
    GrantId::new(uuid(number))
}

fn give(number: u128, to: u128, ends_at: Option<Timestamp>) -> Command {
    Command::GrantRole(RoleGranted {
        grant: grant(number),
        member: member(to),
        role: GrantedRole::Admin,
        license: None,
        ends_at,
        under: None,
    })
}

/// Who asks, by which right.
#[derive(Clone, Copy)]
pub enum Who {
    /// By a role of its own.
    Home(u128),
    /// By this grant.
    By(u128, u128),
    /// The vendor.
    Vendor,
}

pub fn context_of(who: Who, now: Timestamp) -> Context {
    let (actor, rule, by) = match who {
        Who::Home(number) => (Actor::Member(member(number)), Rule::HomeRole, None),
        Who::By(number, by) => (Actor::Member(member(number)), Rule::GrantedRole, Some(grant(by))),
        Who::Vendor => (Actor::Operator, Rule::DataFolder, None),
    };
    let basis = Some(Basis { action: Action::ManagePeople, rule, grant: by, token: None });
    Context { actor, basis, ..context(now, now) }
}

pub fn told(
    story: &mut Story<AccountRules>,
    now: Timestamp,
    rows: Vec<(&str, Who, Command, Expected)>,
) {
    for (says, who, command, expected) in rows {
        let decided = story.ask_in(&context_of(who, now), &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
}

const GIVEN: &[&str] = &["role_granted.v1"];
const ENDED: &[&str] = &["role_grant_ended.v1"];
const SUSPENDED: &[&str] = &["member_suspended.v1"];

#[test]
fn roles_are_granted_taken_back_and_given_up() {
    let (now, later) = (at("2026-08-10"), Some(at("2026-08-20")));
    let end = |number| Command::EndGrant { grant: grant(number) };
    let nothing = account::State::default();
    let decided = <AccountRules as ledger::Decider>::decide(
        &nothing,
        &give(1, 3, None),
        &context_of(Who::Vendor, now),
    );
    assert_eq!(ledger::Rejection::code(&decided.unwrap_err()), "NOT_FOUND");
    let rows: Vec<(&str, Who, Command, Expected)> = vec![
        ("not by who has no role", Who::Home(3), give(10, 2, None), Err("NOT_AN_ADMIN")),
        ("not to oneself", Who::Home(1), give(10, 1, None), Err("ONESELF")),
        ("not what is over", Who::Home(1), give(10, 3, Some(now)), Err("GRANT_ENDS_IN_PAST")),
        ("an admin gives", Who::Home(1), give(10, 3, later), Ok(GIVEN)),
        ("once", Who::Home(1), give(10, 3, later), Ok(&[])),
        ("nothing is ended that is not there", Who::Home(1), end(99), Err("GRANT_NOT_FOUND")),
        ("who has it gives it on", Who::By(3, 10), give(11, 50, later), Ok(GIVEN)),
        ("not by somebody else's", Who::By(50, 10), give(12, 51, later), Err("NOT_AN_ADMIN")),
        ("whoever has it gives it up", Who::By(50, 11), end(11), Ok(ENDED)),
        ("once", Who::Home(1), end(11), Ok(&[])),
        ("then not by it", Who::By(50, 11), give(12, 51, later), Err("NOT_AN_ADMIN")),
        ("an admin takes back", Who::Home(1), end(10), Ok(ENDED)),
        ("then not by that", Who::By(3, 10), give(12, 51, later), Err("NOT_AN_ADMIN")),
        ("the vendor gives", Who::Vendor, give(13, 3, None), Ok(GIVEN)),
    ];
    let mut story = peopled(now);
    told(&mut story, now, rows);
    let given = &story.state.grants[&grant(11)];
    assert_eq!(
        (given.under, given.member),
        (Some(grant(10)), member(50)),
        "what it stems from is kept"
    );
    assert_eq!(story.state.grants[&grant(13)].under, None);
}

#[test]
fn a_role_that_was_granted_takes_nothing_from_who_has_one_of_its_own() {
    let (now, later) = (at("2026-08-10"), Some(at("2026-08-20")));
    let suspend = |number| Command::SuspendMember { member: member(number) };
    let role = |number| Command::ChangeRole { member: member(number), role: MemberRole::Member };
    let mut story = peopled(now);
    let plain = Command::AddMember {
        member: member(4),
        role: MemberRole::Member,
        email_digest: digest(4),
        profile: schemas::account::PersonProfile {
            name: "dan".to_owned(),
            email: "dan@acme.example".to_owned(),
            external_id: None,
        },
    };
    let rows: Vec<(&str, Who, Command, Expected)> = vec![
        ("cem looks after the account for a while", Who::Home(1), give(10, 3, later), Ok(GIVEN)),
        ("cem adds somebody", Who::By(3, 10), plain, Ok(&["member_added.v1"])),
        ("cem keeps out who has no role", Who::By(3, 10), suspend(4), Ok(SUSPENDED)),
        ("but no admin", Who::By(3, 10), suspend(1), Err("NOT_AN_ADMIN")),
        ("nor takes an admin's role", Who::By(3, 10), role(2), Err("NOT_AN_ADMIN")),
        ("an admin may", Who::Home(1), role(2), Ok(&["member_role_changed.v1"])),
    ];
    told(&mut story, now, rows);
    // At the end it is over, whatever was decided at the edge a moment before.
    let over = [("over", Who::By(3, 10), suspend(4), Err("NOT_AN_ADMIN"))];
    told(&mut story, at("2026-08-20"), over.into());
    // Who is suspended does nothing by a grant either.
    let mut story = peopled(now);
    let rows: Vec<(&str, Who, Command, Expected)> = vec![
        ("given", Who::Home(1), give(10, 3, None), Ok(GIVEN)),
        ("kept out", Who::Home(1), suspend(3), Ok(SUSPENDED)),
        ("does nothing", Who::By(3, 10), give(11, 50, None), Err("NOT_AN_ADMIN")),
    ];
    told(&mut story, now, rows);
}

#[test]
fn nobody_has_more_grants_in_an_account_than_can_be_looked_at() {
    let (now, later) = (at("2026-08-10"), Some(at("2026-08-20")));
    let mut story = peopled(now);
    let many = u128::try_from(GRANTS_PER_PERSON_MAX).unwrap();
    for number in 0..many {
        story.ask_in(&context_of(Who::Home(1), now), &give(100 + number, 3, later)).unwrap();
    }
    let rows: Vec<(&str, Who, Command, Expected)> = vec![
        ("one too many", Who::Home(1), give(10, 3, None), Err("TOO_MANY_GRANTS")),
        ("somebody else", Who::Home(1), give(10, 2, None), Ok(GIVEN)),
    ];
    told(&mut story, now, rows);
    let after = [("those are over", Who::Home(1), give(11, 3, None), Ok(GIVEN))];
    told(&mut story, at("2026-08-20"), after.into());
}

#[test]
fn the_policy_is_what_its_digest_was_published_for() {
    let published = include_str!("../../../schemas/policies/access-4.txt");
    assert_eq!(policy_text(), published, "a changed policy gets a new number and a new file");
    assert_eq!(policy_digest().to_string(), blake3::hash(published.as_bytes()).to_string());
}
