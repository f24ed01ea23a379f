//! Accounts, the vendor's people, credentials, claims and the ledger's own stream: a row for each
//! rejection.

use ledger::access::{self, AccessRules};
use ledger::account::{self, AccountRules};
use ledger::claim::{self, ClaimRules};
use ledger::ledger_stream::{self, LedgerRules};
use ledger::proof::{Rotation, SignerKey};
use ledger::staff::{self, StaffRules};
use ledger::{Decider, Rejection};
use schemas::access::Audience;
use schemas::account::{AccountProfile, ErasureGround, MemberRole, Party, PersonProfile};
use schemas::claim::ClaimPurpose;
use schemas::ledger::LogKeyRotated;
use schemas::staff::StaffRole;
use schemas::{AccountId, Actor, FactSet, StaffId, SubjectId, Timestamp, TokenId};

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

pub fn person(name: &str) -> PersonProfile {
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

/// An account with two admins and a member, by the numbers 1 to 3.
pub fn peopled(now: Timestamp) -> Story<AccountRules> {
    let mut story = Story::<AccountRules>::default();
    let open = account::Command::Open {
        account: account_id(),
        parent: None,
        party: Party::Organization,
        profile: AccountProfile { name: "Acme".to_owned(), external_id: None },
    };
    story.must(now, &open);
    let people = [MemberRole::OrgAdmin, MemberRole::OrgAdmin, MemberRole::Member];
    for (number, role) in (1..).zip(people) {
        story.must(
            now,
            &account::Command::AddMember {
                member: member(number),
                role,
                email_digest: digest(u8::try_from(number).unwrap()),
                profile: person("somebody"),
            },
        );
    }
    story
}

pub fn told(
    story: &mut Story<AccountRules>,
    now: Timestamp,
    rows: Vec<(&str, Actor, account::Command, Expected)>,
) {
    for (says, actor, command, expected) in rows {
        let decided = story.ask_as(actor, now, &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
}

#[test]
fn people_are_managed_by_other_admins() {
    let now = at("2026-08-10");
    let mut story = Story::<AccountRules>::default();
    let role = |number, role| account::Command::ChangeRole { member: member(number), role };
    let suspend = |number| account::Command::SuspendMember { member: member(number) };
    let restore = |number| account::Command::RestoreMember { member: member(number) };
    assert_eq!(outcome(&story.ask(now, &suspend(1))), Err("NOT_FOUND"));
    let mut story = peopled(now);
    let added = account::Command::AddMember {
        member: member(9),
        role: MemberRole::OrgAdmin,
        email_digest: digest(9),
        profile: person("mallory"),
    };
    let (ann, bea, cem) = (member(1), member(2), member(3));
    let (admin, user) = (MemberRole::OrgAdmin, MemberRole::Member);
    const CHANGED: &[&str] = &["member_role_changed.v1"];
    const SUSPENDED: &[&str] = &["member_suspended.v1"];
    let rows: Vec<(&str, Actor, account::Command, Expected)> = vec![
        ("nobody unknown", Actor::System, suspend(7), Err("MEMBER_NOT_FOUND")),
        ("not by a member", Actor::Member(cem), suspend(1), Err("NOT_AN_ADMIN")),
        ("a member adds nobody", Actor::Member(cem), added, Err("NOT_AN_ADMIN")),
        ("no more rights for oneself", Actor::Member(cem), role(3, admin), Err("NOT_AN_ADMIN")),
        ("no fewer either", Actor::Member(ann), role(1, user), Err("ONESELF")),
        ("nor out", Actor::Member(ann), suspend(1), Err("ONESELF")),
        ("an admin makes an admin", Actor::Member(ann), role(3, admin), Ok(CHANGED)),
        ("who is one already", Actor::Member(ann), role(3, admin), Ok(&[])),
        ("one who is in", Actor::Member(ann), restore(3), Ok(&[])),
        ("one admin suspends another", Actor::Member(ann), suspend(2), Ok(SUSPENDED)),
        ("once", Actor::Member(ann), suspend(2), Ok(&[])),
        ("who cannot return it", Actor::Member(bea), suspend(1), Err("NOT_AN_ADMIN")),
        ("the vendor lets in again", Actor::Operator, restore(2), Ok(&["member_restored.v1"])),
        ("then it can", Actor::Member(bea), suspend(1), Ok(SUSPENDED)),
        ("from above", Actor::Member(member(77)), restore(1), Ok(&["member_restored.v1"])),
    ];
    told(&mut story, now, rows);
    let early = story.ask_backdated(now, at("2026-08-01"), &suspend(2));
    assert_eq!(outcome(&early), Err("EFFECTIVE_OUT_OF_ORDER"));
}

#[test]
fn a_second_factor_is_demanded_and_people_are_erased_by_admins() {
    let now = at("2026-08-10");
    let demand = |demanded| account::Command::SetSecondFactorRule { demanded };
    let ground = ErasureGround::Objection;
    let erase = |number| account::Command::EraseMember { member: member(number), ground };
    let again = |number, email| account::Command::AddMember {
        member: member(number),
        role: MemberRole::Member,
        email_digest: digest(email),
        profile: person("somebody new"),
    };
    let (like, same) = (|email| again(20, email), |number| again(number, 3));
    let mut nothing = Story::<AccountRules>::default();
    assert_eq!(outcome(&nothing.ask(now, &demand(true))), Err("NOT_FOUND"));
    let role = |number, role| account::Command::ChangeRole { member: member(number), role };
    let suspend = |number| account::Command::SuspendMember { member: member(number) };
    let restore = |number| account::Command::RestoreMember { member: member(number) };
    let (ann, bea, cem) = (member(1), member(2), member(3));
    let admin = MemberRole::OrgAdmin;
    const DEMANDED: &[&str] = &["second_factor_rule_set.v1"];
    let rows: Vec<(&str, Actor, account::Command, Expected)> = vec![
        ("who demands nothing", Actor::Member(cem), demand(true), Err("NOT_AN_ADMIN")),
        ("as it is", Actor::Member(ann), demand(false), Ok(&[])),
        ("an admin demands", Actor::Member(ann), demand(true), Ok(DEMANDED)),
        ("which is so", Actor::Member(ann), demand(true), Ok(&[])),
        ("and no more", Actor::Operator, demand(false), Ok(DEMANDED)),
        ("nobody erases oneself", Actor::Member(ann), erase(1), Err("ONESELF")),
        ("no member erases", Actor::Member(cem), erase(2), Err("NOT_AN_ADMIN")),
        ("an admin erases", Actor::Member(ann), erase(3), Ok(&["member_erased.v1"])),
        ("once", Actor::Member(ann), erase(3), Ok(&[])),
        ("who then cannot come back", Actor::Member(ann), restore(3), Err("MEMBER_ERASED")),
        ("nor rise", Actor::Operator, role(3, admin), Err("MEMBER_ERASED")),
        ("an erased admin", Actor::Operator, erase(2), Ok(&["member_erased.v1"])),
        ("acts no more", Actor::Member(bea), suspend(1), Err("NOT_AN_ADMIN")),
        ("the e-mail is free", Actor::Member(ann), like(3), Ok(&["member_added.v1"])),
        ("an id is not", Actor::Member(ann), same(3), Err("MEMBER_ALREADY_ADDED")),
    ];
    told(&mut peopled(now), now, rows);
}

#[test]
fn nobody_is_erased_while_a_legal_matter_needs_what_is_known() {
    let now = at("2026-08-10");
    let ground = ErasureGround::Objection;
    let erase = |number| account::Command::EraseMember { member: member(number), ground };
    let place = |matter: &str| account::Command::PlaceLegalHold { matter: matter.to_owned() };
    let lift = |matter: &str| account::Command::LiftLegalHold { matter: matter.to_owned() };
    const PLACED: &[&str] = &["legal_hold_placed.v1"];
    const LIFTED: &[&str] = &["legal_hold_lifted.v1"];
    const ERASED: &[&str] = &["member_erased.v1"];
    let (ann, vendor) = (Actor::Member(member(1)), Actor::Operator);
    let long = "x".repeat(65);
    let rows: Vec<(&str, Actor, account::Command, Expected)> = vec![
        ("one is erased before", ann, erase(3), Ok(ERASED)),
        ("no reference", vendor, place(""), Err("MATTER_REFUSED")),
        ("too long a one", vendor, place(&long), Err("MATTER_REFUSED")),
        ("one with spaces", vendor, place("Smith v. Acme"), Err("MATTER_REFUSED")),
        ("a matter", vendor, place("2026-17"), Ok(PLACED)),
        ("the same", vendor, place("2026-17"), Ok(&[])),
        ("another", vendor, place("2026-18"), Ok(PLACED)),
        ("nobody is erased by an admin", ann, erase(2), Err("LEGAL_HOLD")),
        ("nor by the vendor", vendor, erase(2), Err("LEGAL_HOLD")),
        ("who was stays so", ann, erase(3), Ok(&[])),
        ("one is over", vendor, lift("2026-17"), Ok(LIFTED)),
        ("and is there no more", vendor, lift("2026-17"), Err("MATTER_NOT_FOUND")),
        ("the other is not", ann, erase(2), Err("LEGAL_HOLD")),
        ("now both are", vendor, lift("2026-18"), Ok(LIFTED)),
        ("then people are erased again", ann, erase(2), Ok(ERASED)),
    ];
    let mut story = peopled(now);
    told(&mut story, now, rows);
    let many = (0..20).map(|number| ("one more", vendor, place(&number.to_string()), Ok(PLACED)));
    let last = ("too many", vendor, place("20"), Err("TOO_MANY_MATTERS"));
    told(&mut story, now, many.chain([last]).collect());
    let mut nothing = Story::<AccountRules>::default();
    assert_eq!(outcome(&nothing.ask(now, &place("1"))), Err("NOT_FOUND"));
}

#[test]
fn a_link_sets_the_password_once_and_a_new_password_ends_sessions() {
    let now = at("2026-08-10");
    let end = at("2026-08-17");
    let subject = SubjectId::new(uuid(8));
    let link = |secret, expires_at| access::Command::IssuePasswordLink {
        secret_digest: digest(secret),
        expires_at,
    };
    let by_link = |secret| access::Command::SetPasswordByLink {
        secret_digest: digest(secret),
        subject,
        phc: "$argon2id$secret".to_owned(),
    };
    let token = |number: u128| TokenId::new(uuid(number));
    let issue = |number: u128| access::Command::IssueToken {
        token: token(number),
        audience: Audience::Portal,
        secret_digest: digest(u8::try_from(number).unwrap()),
        expires_at: at("2026-09-01"),
    };
    let set =
        |kept| access::Command::SetPassword { subject, phc: "$argon2id$another".to_owned(), kept };
    let others = |kept| access::Command::RevokeOtherTokens { kept };
    let mut story = Story::<AccessRules>::default();
    const ISSUED: &[&str] = &["token_issued.v1"];
    const REVOKED: &[&str] = &["token_revoked.v1"];
    const SET_AND_REVOKED: &[&str] = &["password_set.v1", "token_revoked.v1"];
    tell(
        &mut story,
        vec![
            ("no link", now, by_link(1), Err("LINK_NOT_GOOD")),
            ("no life", now, link(1, now), Err("EXPIRES_EARLY")),
            ("a link", now, link(1, end), Ok(&["password_link_issued.v1"])),
            ("the same", now, link(1, end), Ok(&[])),
            ("a newer one", now, link(2, end), Ok(&["password_link_issued.v1"])),
            ("ends the older", now, by_link(1), Err("LINK_NOT_GOOD")),
            ("a session", now, issue(11), Ok(ISSUED)),
            ("used", now, by_link(2), Ok(SET_AND_REVOKED)),
            ("once", now, by_link(2), Err("LINK_NOT_GOOD")),
            ("a session", now, issue(12), Ok(ISSUED)),
            ("another", now, issue(13), Ok(ISSUED)),
            ("all but one", now, set(Some(token(13))), Ok(SET_AND_REVOKED)),
            ("nothing else is open", now, others(Some(token(13))), Ok(&[])),
            ("all", now, others(None), Ok(REVOKED)),
            ("a third link", now, link(3, end), Ok(&["password_link_issued.v1"])),
            ("ends with a password", now, set(None), Ok(&["password_set.v1"])),
            ("for good", now, by_link(3), Err("LINK_NOT_GOOD")),
        ],
    );
    let mut story = Story::<AccessRules>::default();
    story.must(now, &link(1, end));
    assert_eq!(outcome(&story.ask(end, &by_link(1))), Err("LINK_NOT_GOOD"), "its time is over");
}

#[test]
fn each_code_of_a_second_factor_counts_once() {
    let now = at("2026-08-10");
    let code = digest(40);
    let set = || access::Command::SetSecondFactor {
        subject: SubjectId::new(uuid(8)),
        secret: "GEZDGNBVGY3TQOJQ".to_owned(),
        step: 100,
        recovery: vec![code, digest(41)],
    };
    let by_code = |step| access::Command::UseCode { step };
    let by_recovery = |code| access::Command::UseRecoveryCode { code };
    let remove = || access::Command::RemoveSecondFactor;
    const USED: &[&str] = &["second_factor_used.v1"];
    const RECOVERED: &[&str] = &["recovery_code_used.v1"];
    let mut story = Story::<AccessRules>::default();
    tell(
        &mut story,
        vec![
            ("none yet", now, by_code(101), Err("NO_SECOND_FACTOR")),
            ("none to recover", now, by_recovery(code), Err("NO_SECOND_FACTOR")),
            ("none to remove", now, remove(), Ok(&[])),
            ("set up", now, set(), Ok(&["second_factor_set.v1"])),
            ("once", now, set(), Err("SECOND_FACTOR_ALREADY_SET")),
            ("with the code that set it up", now, by_code(100), Err("CODE_USED_UP")),
            ("the next", now, by_code(101), Ok(USED)),
            ("twice", now, by_code(101), Err("CODE_USED_UP")),
            ("a later one", now, by_code(103), Ok(USED)),
            ("then none before it", now, by_code(102), Err("CODE_USED_UP")),
            ("recovered", now, by_recovery(code), Ok(RECOVERED)),
            ("twice", now, by_recovery(code), Err("RECOVERY_CODE_UNKNOWN")),
            ("guessed", now, by_recovery(digest(42)), Err("RECOVERY_CODE_UNKNOWN")),
            ("with another", now, by_recovery(digest(41)), Ok(RECOVERED)),
            ("removed", now, remove(), Ok(&["second_factor_removed.v1"])),
            ("then no code is good", now, by_code(104), Err("NO_SECOND_FACTOR")),
        ],
    );
    assert!(!format!("{:?}", story.state).contains("GEZDG"), "the state holds no secret");
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
    let confirm = || access::Command::ConfirmToken { token };
    let mut story = Story::<AccessRules>::default();
    tell(
        &mut story,
        vec![
            ("future", at("2026-08-11"), revoke(), Err("EFFECTIVE_IN_FUTURE")),
            ("unknown", now, revoke(), Err("TOKEN_NOT_FOUND")),
            ("no life", now, issue(1, now), Err("EXPIRES_EARLY")),
            ("confirmed too soon", now, confirm(), Err("TOKEN_NOT_FOUND")),
            ("issued", now, issue(1, end), Ok(&["token_issued.v1"])),
            ("again", now, issue(1, end), Ok(&[])),
            ("otherwise", now, issue(2, end), Err("TOKEN_ALREADY_ISSUED")),
            ("confirmed", now, confirm(), Ok(&["token_confirmed.v1"])),
            ("each time", now, confirm(), Ok(&["token_confirmed.v1"])),
            ("in the future", at("2026-08-11"), confirm(), Err("EFFECTIVE_IN_FUTURE")),
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
            ("confirmed too late", now, confirm(), Err("TOKEN_NOT_FOUND")),
        ],
    );
    assert!(!accepted(&story, now));
}

#[test]
fn passwords_are_sealed_and_denials_are_bounded() {
    let subject = SubjectId::new(uuid(8));
    let mut story = Story::<AccessRules>::default();
    let phc = "$argon2id$secret".to_owned();
    let set = access::Command::SetPassword { subject, phc, kept: None };
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

#[test]
fn the_key_that_signs_is_changed_by_the_key_before_it_alone() {
    let now = at("2026-08-10");
    let key = |seed| SignerKey::from_seed("ledger.orbit/v1/6f1c", &[seed; 32]).unwrap();
    let rotate =
        |old, new| ledger_stream::Command::RotateKey(Rotation::sign(&key(old), &key(new)).unwrap());
    let forged = LogKeyRotated {
        statement: Rotation::sign(&key(3), &key(2)).unwrap().statement,
        ..Rotation::sign(&key(1), &key(2)).unwrap()
    };
    let forged = ledger_stream::Command::RotateKey(forged);
    let open =
        ledger_stream::Command::Open { ledger: "6f1c".to_owned(), vendor: "Orbit Ltd".to_owned() };
    // The change of a ledger that this one goes on from: of keys of another name.
    let copied = [4, 5].map(|seed| SignerKey::from_seed("copied", &[seed; 32]).unwrap());
    let copied = ledger_stream::Command::RotateKey(Rotation::sign(&copied[0], &copied[1]).unwrap());
    let mut story = Story::<LedgerRules>::default();
    tell(
        &mut story,
        vec![
            ("not open", now, rotate(1, 2), Err("NOT_OPEN")),
            ("opened", now, open, Ok(&["ledger_opened.v1"])),
            ("copied", now, copied, Ok(&["log_key_rotated.v1"])),
            ("vouched for by somebody else", now, forged, Err("KEY_NOT_VOUCHED_FOR")),
            ("changed", now, rotate(1, 2), Ok(&["log_key_rotated.v1"])),
            ("again", now, rotate(1, 2), Ok(&[])),
            ("by the key before", now, rotate(1, 3), Err("KEY_NOT_IN_FORCE")),
            ("once more", now, rotate(2, 3), Ok(&["log_key_rotated.v1"])),
        ],
    );
}
