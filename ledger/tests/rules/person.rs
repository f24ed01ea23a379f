//! The account of a person: one person who manages it, until it is an organization's.

use ledger::account::{self, AccountRules, Command};
use schemas::account::{AccountEvent, AccountProfile, MemberRole, Party};
use schemas::{Actor, SubjectId};

use crate::fixture::*;
use crate::small_streams::{person, told};

fn open(number: u128, email: u8) -> Command {
    Command::OpenForPerson {
        account: account_id(),
        parent: None,
        member: member(number),
        email_digest: digest(email),
        profile: person("mia"),
    }
}

fn join(number: u128, role: MemberRole) -> Command {
    let email_digest = digest(u8::try_from(number).unwrap());
    Command::AddMember { member: member(number), role, email_digest, profile: person("noa") }
}

fn promote() -> Command {
    Command::Promote { profile: AccountProfile { name: "Mia & Co".to_owned(), external_id: None } }
}

#[test]
fn the_account_of_a_person_is_of_one_until_it_is_an_organizations() {
    let now = at("2026-08-10");
    let vendor = Actor::Operator;
    let mia = Actor::Member(member(1));
    let role = |role| Command::ChangeRole { member: member(1), role };
    let mut story = Story::<AccountRules>::default();
    let nobody = Command::Open {
        account: account_id(),
        parent: None,
        party: Party::Person,
        profile: AccountProfile { name: "Mia".to_owned(), external_id: None },
    };
    told(
        &mut story,
        now,
        vec![
            ("there is none yet", vendor, promote(), Err("NOT_FOUND")),
            ("not without the person", vendor, nobody, Err("PERSON_MISSING")),
            ("opened with her", vendor, open(1, 1), Ok(&["account_opened.v1", "member_added.v1"])),
            ("opened already", vendor, open(1, 1), Ok(&[])),
            ("for somebody else", vendor, open(2, 2), Err("ALREADY_OPEN")),
            ("nobody joins", mia, join(3, MemberRole::Member), Err("ACCOUNT_OF_ONE_PERSON")),
            (
                "by the vendor neither",
                vendor,
                join(3, MemberRole::Auditor),
                Err("ACCOUNT_OF_ONE_PERSON"),
            ),
            ("she stays its admin", vendor, role(MemberRole::Member), Err("ACCOUNT_OF_ONE_PERSON")),
            ("she makes it an organization's", mia, promote(), Ok(&["account_promoted.v1"])),
            ("which is final", mia, promote(), Err("ALREADY_ORGANIZATION")),
            ("others join", mia, join(3, MemberRole::OrgAdmin), Ok(&["member_added.v1"])),
            (
                "her role may change",
                vendor,
                role(MemberRole::Member),
                Ok(&["member_role_changed.v1"]),
            ),
        ],
    );
    assert_eq!(story.state.opened.as_ref().unwrap().account, account_id(), "the id stays");
}

#[test]
fn an_organization_is_no_person() {
    let now = at("2026-08-10");
    let mut story = crate::small_streams::peopled(now);
    assert_eq!(outcome(&story.ask(now, &promote())), Err("ALREADY_ORGANIZATION"));
    let member_of_it = Actor::Member(member(3));
    assert_eq!(outcome(&story.ask_as(member_of_it, now, &promote())), Err("NOT_AN_ADMIN"));
}

#[test]
fn what_a_persons_account_is_called_is_sealed_with_the_person_and_an_organizations_with_the_account()
 {
    let now = at("2026-08-10");
    let mut story = Story::<AccountRules>::default();
    let facts = story.must(now, &open(1, 1));
    let [AccountEvent::AccountOpened(opened), AccountEvent::MemberAdded(added)] = &facts[..] else {
        panic!("{facts:?}")
    };
    assert_eq!(opened.personal.subject, SubjectId::from(member(1)));
    assert_eq!(added.role, MemberRole::OrgAdmin);
    let facts = story.must(now, &promote());
    let [AccountEvent::AccountPromoted(promoted)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(promoted.personal.subject, SubjectId::from(account_id()));
    let erase = account::Command::EraseMember {
        member: member(1),
        ground: schemas::account::ErasureGround::Objection,
    };
    assert_eq!(outcome(&story.ask(now, &erase)), Ok(vec!["member_erased.v1"]));
}
