//! Accounts, the vendor's people, credentials, claims and the ledger's own stream: a row for each
//! rejection.

use ledger::access::{self, AccessRules};
use ledger::account::{self, AccountRules};
use ledger::claim::{self, ClaimRules};
use ledger::ledger_stream::{self, LedgerRules};
use ledger::staff::{self, StaffRules};
use ledger::{Decider, Rejection};
use schemas::access::Audience;
use schemas::account::{AccountProfile, MemberRole, Party, PersonProfile};
use schemas::claim::ClaimPurpose;
use schemas::staff::StaffRole;
use schemas::{AccountId, FactSet, StaffId, SubjectId, Timestamp, TokenId};

use crate::fixture::*;

/// Asks one command after the other on one story, and expects each outcome.
fn tell<D: Decider>(
    story: &mut Story<D>,
    rows: Vec<(&'static str, Timestamp, D::Command, Expected)>,
) where
    D::Event: FactSet,
    D::Rejection: Rejection,
{
    let now = at("2026-08-10");
    for (says, effective_at, command, expected) in rows {
        let decided = story.ask_backdated(now, effective_at, &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
}

fn person(name: &str) -> PersonProfile {
    PersonProfile {
        name: name.to_owned(),
        email: format!("{name}@acme.example"),
        external_id: None,
    }
}

#[test]
fn an_account_is_opened_once_and_holds_each_person_once() {
    let now = at("2026-08-10");
    let open = |parent: Option<u128>| account::Command::Open {
        account: account_id(),
        parent: parent.map(|number| AccountId::new(uuid(number))),
        party: Party::Organization,
        profile: AccountProfile { name: "Acme".to_owned(), external_id: None },
    };
    let add = |number: u128, email: u8, role| account::Command::AddMember {
        member: member(number),
        role,
        email_digest: digest(email),
        profile: person("ann"),
    };
    let mut story = Story::<AccountRules>::default();
    tell(
        &mut story,
        vec![
            ("nobody belongs to nothing", now, add(1, 1, MemberRole::Member), Err("NOT_FOUND")),
            ("not in the future", at("2026-08-11"), open(None), Err("EFFECTIVE_IN_FUTURE")),
            ("not its own parent", now, open(Some(2)), Err("PARENT_IS_ITSELF")),
            ("opened", at("2026-08-05"), open(Some(7)), Ok(&["account_opened.v1"])),
            ("opened already", now, open(Some(7)), Ok(&[])),
            ("elsewhere in the tree", now, open(None), Err("ALREADY_OPEN")),
            (
                "before the opening",
                at("2026-08-04"),
                add(1, 1, MemberRole::OrgAdmin),
                Err("EFFECTIVE_OUT_OF_ORDER"),
            ),
            ("a person", now, add(1, 1, MemberRole::OrgAdmin), Ok(&["member_added.v1"])),
            ("the same person", now, add(1, 1, MemberRole::OrgAdmin), Ok(&[])),
            ("in another role", now, add(1, 1, MemberRole::Member), Err("MEMBER_ALREADY_ADDED")),
            ("the same e-mail", now, add(2, 1, MemberRole::Member), Err("EMAIL_TAKEN")),
            ("another person", now, add(2, 2, MemberRole::Auditor), Ok(&["member_added.v1"])),
        ],
    );
    assert_eq!(story.state.members.len(), 2);
    assert!(!format!("{:?}", story.state).contains("acme.example"), "no personal values");
}

#[test]
fn a_person_of_the_vendor_is_added_once() {
    let now = at("2026-08-10");
    let add = |role| staff::Command::Add {
        staff: StaffId::new(uuid(5)),
        role,
        email_digest: digest(5),
        profile: person("vera"),
    };
    let mut story = Story::<StaffRules>::default();
    tell(
        &mut story,
        vec![
            ("future", at("2026-08-11"), add(StaffRole::Operator), Err("EFFECTIVE_IN_FUTURE")),
            ("added", now, add(StaffRole::Operator), Ok(&["staff_added.v1"])),
            ("again", now, add(StaffRole::Operator), Ok(&[])),
            ("otherwise", now, add(StaffRole::Auditor), Err("ALREADY_ADDED")),
        ],
    );
}

#[test]
fn tokens_are_issued_once_and_revoked() {
    let now = at("2026-08-10");
    let token = TokenId::new(uuid(6));
    let issue = |secret: u8, expires_at| access::Command::IssueToken {
        token,
        audience: Audience::Portal,
        secret_digest: digest(secret),
        expires_at,
    };
    let end = at("2026-09-01");
    let revoke = || access::Command::RevokeToken { token };
    let mut story = Story::<AccessRules>::default();
    tell(
        &mut story,
        vec![
            ("future", at("2026-08-11"), revoke(), Err("EFFECTIVE_IN_FUTURE")),
            ("unknown", now, revoke(), Err("TOKEN_NOT_FOUND")),
            ("no life", now, issue(1, now), Err("EXPIRES_EARLY")),
            ("issued", now, issue(1, end), Ok(&["token_issued.v1"])),
            ("again", now, issue(1, end), Ok(&[])),
            ("otherwise", now, issue(2, end), Err("TOKEN_ALREADY_ISSUED")),
        ],
    );
    let accepted = |story: &Story<AccessRules>, at| story.state.tokens[&token].accepted(at);
    assert!(!accepted(&story, before(now)) && accepted(&story, now));
    assert!(accepted(&story, before(end)) && !accepted(&story, end));
    tell(
        &mut story,
        vec![
            ("revoked", now, revoke(), Ok(&["token_revoked.v1"])),
            ("again", now, revoke(), Ok(&[])),
        ],
    );
    assert!(!accepted(&story, now));
}

#[test]
fn passwords_are_sealed_and_denials_are_bounded() {
    let subject = SubjectId::new(uuid(8));
    let mut story = Story::<AccessRules>::default();
    let set = access::Command::SetPassword { subject, phc: "$argon2id$secret".to_owned() };
    assert_eq!(outcome(&story.ask(t0(), &set)), Ok(vec!["password_set.v1"]));
    assert!(!format!("{:?}", story.state).contains("argon2id"), "the state holds no hash");
    let deny = |operation: &str| access::Command::RecordDenial { operation: operation.to_owned() };
    let rows = [
        ("2026-08-01T10:00:00Z", "assignSeat", 1),
        ("2026-08-01T10:00:59Z", "assignSeat", 0),
        ("2026-08-01T10:00:59Z", "revokeLicense", 1),
        ("2026-08-01T10:01:00Z", "assignSeat", 1),
    ];
    for (instant, operation, recorded) in rows {
        assert_eq!(story.must(at(instant), &deny(operation)).len(), recorded, "{instant}");
    }
}

#[test]
fn a_value_has_one_owner() {
    let now = at("2026-08-10");
    let ann = SubjectId::new(uuid(1));
    let bob = SubjectId::new(uuid(2));
    let claim = |owner| claim::Command::Claim { purpose: ClaimPurpose::SignInEmail, owner };
    let release = |owner| claim::Command::Release { owner };
    let mut story = Story::<ClaimRules>::default();
    tell(
        &mut story,
        vec![
            ("future", at("2026-08-11"), claim(ann), Err("EFFECTIVE_IN_FUTURE")),
            ("free", now, release(ann), Ok(&[])),
            ("claimed", now, claim(ann), Ok(&["value_claimed.v1"])),
            ("again", now, claim(ann), Ok(&[])),
            ("by somebody else", now, claim(bob), Err("VALUE_TAKEN")),
            ("let go by somebody else", now, release(bob), Err("VALUE_TAKEN")),
            ("let go", now, release(ann), Ok(&["claim_released.v1"])),
            ("free again", now, claim(bob), Ok(&["value_claimed.v1"])),
        ],
    );
}

#[test]
fn the_ledger_is_opened_once_and_remembers_recoveries() {
    let now = at("2026-08-10");
    let open = |vendor: &str| ledger_stream::Command::Open {
        ledger: "6f1c".to_owned(),
        vendor: vendor.to_owned(),
    };
    let recovery =
        |offset| ledger_stream::Command::RecordRecovery { segment: 1, offset, bytes: 77 };
    let mut story = Story::<LedgerRules>::default();
    tell(
        &mut story,
        vec![
            ("future", at("2026-08-11"), open("Orbit Ltd"), Err("EFFECTIVE_IN_FUTURE")),
            ("not open", now, recovery(5), Err("NOT_OPEN")),
            ("opened", now, open("Orbit Ltd"), Ok(&["ledger_opened.v1"])),
            ("again", now, open("Orbit Ltd"), Ok(&[])),
            ("for another", now, open("Comet Ltd"), Err("ALREADY_OPEN")),
            ("recovered", now, recovery(5), Ok(&["log_recovered.v1"])),
            ("the same", now, recovery(5), Ok(&[])),
            ("another", now, recovery(9), Ok(&["log_recovered.v1"])),
        ],
    );
}
