//! Who of the vendor is kept out and erased, and which accounts are: a row for each refusal.

use ledger::account::{self, AccountRules, Around};
use ledger::staff::{self, StaffRules};
use schemas::account::{
    AccountEvent, AccountProfile, ErasureGround, MemberRole, PartnerLinked, PartnerRole, Party,
    PersonProfile, ProviderSecret,
};
use schemas::staff::StaffRole;
use schemas::{AccountId, Actor, GrantId, StaffId};

use crate::fixture::*;
use crate::small_streams::peopled;

const GROUND: ErasureGround = ErasureGround::NoLongerNeeded;

fn of_the_vendor(role: StaffRole) -> Story<StaffRules> {
    let mut story = Story::<StaffRules>::default();
    story.must(at("2026-08-01"), &joins(role));
    story
}

fn joins(role: StaffRole) -> staff::Command {
    let profile = PersonProfile {
        name: "Vera".to_owned(),
        email: "vera@orbit.example".to_owned(),
        external_id: None,
    };
    staff::Command::Add { staff: StaffId::new(uuid(5)), role, email_digest: digest(5), profile }
}

#[test]
fn an_operator_remains_and_only_who_is_out_of_the_vendor_is_erased() {
    let now = at("2026-08-10");
    let suspend = |others_operate| staff::Command::Suspend { others_operate };
    let erase = |held| staff::Command::Erase { ground: GROUND, held };
    let restore = staff::Command::Restore;
    let (own, other) = (Actor::Staff(StaffId::new(uuid(5))), Actor::Staff(StaffId::new(uuid(6))));
    const SUSPENDED: &[&str] = &["staff_suspended.v1"];
    const RESTORED: &[&str] = &["staff_restored.v1"];
    const ERASED: &[&str] = &["staff_erased.v1"];
    let rows: Vec<(&str, Actor, staff::Command, Expected)> = vec![
        ("not oneself", own, suspend(true), Err("ONESELF")),
        ("nor erased by oneself", own, erase(false), Err("ONESELF")),
        ("nor the last one", Actor::Operator, suspend(false), Err("LAST_OPERATOR")),
        ("who is in is not erased", other, erase(false), Err("NOT_SUSPENDED")),
        ("who is in", other, restore.clone(), Ok(&[])),
        ("one of two", other, suspend(true), Ok(SUSPENDED)),
        ("once", other, suspend(false), Ok(&[])),
        ("not back by oneself", own, restore.clone(), Err("ONESELF")),
        ("back by another", other, restore.clone(), Ok(RESTORED)),
        ("and out", other, suspend(true), Ok(SUSPENDED)),
        ("kept for a matter", other, erase(true), Err("LEGAL_HOLD")),
        ("erased", other, erase(false), Ok(ERASED)),
        ("once, whatever matter came", other, erase(true), Ok(&[])),
        ("for good", other, restore, Err("STAFF_ERASED")),
        ("and nothing more", other, suspend(true), Err("STAFF_ERASED")),
        ("the id is not free", other, joins(StaffRole::Operator), Err("ALREADY_ADDED")),
    ];
    let mut story = of_the_vendor(StaffRole::Operator);
    for (says, actor, command, expected) in rows {
        let decided = story.ask_as(actor, now, &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
    // Whoever only reads leaves nobody without a right.
    let mut auditor = of_the_vendor(StaffRole::Auditor);
    assert_eq!(outcome(&auditor.ask_as(other, now, &suspend(false))), Ok(SUSPENDED.to_vec()));
    let mut nobody = Story::<StaffRules>::default();
    for command in [suspend(true), erase(false), staff::Command::Restore] {
        assert_eq!(outcome(&nobody.ask_as(other, now, &command)), Err("NOT_FOUND"));
    }
}

fn erase_account(around: Around) -> account::Command {
    account::Command::Erase { ground: GROUND, around }
}

fn erase_one(number: u128) -> account::Command {
    account::Command::EraseMember { member: member(number), ground: GROUND }
}

fn linked(link: u128) -> account::Command {
    let (partner, role) = (AccountId::new(uuid(70)), PartnerRole::Auditor);
    let link = GrantId::new(uuid(link));
    account::Command::LinkPartner(PartnerLinked { link, partner, role, ends_at: None })
}

fn provider() -> account::Command {
    let secret = ProviderSecret { secret: "a secret".to_owned() };
    let (issuer, client) = ("https://login.acme.example".to_owned(), "orbit".to_owned());
    account::Command::ConnectProvider { issuer, client, secret }
}

fn held() -> account::Command {
    account::Command::PlaceLegalHold { matter: "2026-17".to_owned() }
}

fn held_no_more() -> account::Command {
    account::Command::LiftLegalHold { matter: "2026-17".to_owned() }
}

/// Asks one command after the other, and expects each outcome.
fn told(
    story: &mut Story<AccountRules>,
    rows: Vec<(&'static str, Actor, account::Command, Expected)>,
) {
    for (says, actor, command, expected) in rows {
        let decided = story.ask_as(actor, at("2026-08-10"), &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
}

#[test]
fn an_account_is_erased_by_the_vendor_once_nothing_stands_in_the_way() {
    let now = at("2026-08-10");
    let nothing = Around::default();
    let below = Around { accounts_below: true, ..nothing };
    let live = Around { live_license: true, ..nothing };
    let above = Around { held_above: true, ..nothing };
    let (ann, pia, vendor) = (Actor::Member(member(1)), Actor::Member(member(77)), Actor::Operator);
    const ERASED: &[&str] = &["partner_unlinked.v1", "account_erased.v1"];
    let mut story = peopled(now);
    told(
        &mut story,
        vec![
            ("a provider", vendor, provider(), Ok(&["identity_provider_connected.v1"])),
            ("a partner", vendor, linked(71), Ok(&["partner_linked.v1"])),
            ("one is erased before", ann, erase_one(3), Ok(&["member_erased.v1"])),
            ("not by an admin", ann, erase_account(nothing), Err("NOT_AN_ADMIN")),
            ("nor one from above", pia, erase_account(nothing), Err("NOT_AN_ADMIN")),
            ("an account below", vendor, erase_account(below), Err("ACCOUNTS_BELOW")),
            ("a license", vendor, erase_account(live), Err("LIVE_LICENSE")),
            ("a matter above", vendor, erase_account(above), Err("LEGAL_HOLD")),
            ("a matter", vendor, held(), Ok(&["legal_hold_placed.v1"])),
            ("of its own", vendor, erase_account(nothing), Err("LEGAL_HOLD")),
            ("is over", vendor, held_no_more(), Ok(&["legal_hold_lifted.v1"])),
            ("erased", vendor, erase_account(nothing), Ok(ERASED)),
            ("once, whatever came then", vendor, erase_account(live), Ok(&[])),
        ],
    );
    assert!(story.state.members.values().all(|one| one.erased.is_some()));
    assert!(story.state.provider.is_none());
    let mut nobody = Story::<AccountRules>::default();
    assert_eq!(outcome(&nobody.ask(now, &erase_account(nothing))), Err("NOT_FOUND"));
}

#[test]
fn what_is_left_of_an_erased_account_only_ends() {
    use account::Command;
    let now = at("2026-08-10");
    let nia = PersonProfile {
        name: "Nia".to_owned(),
        email: "nia@acme.example".to_owned(),
        external_id: None,
    };
    let (role, email_digest) = (MemberRole::Member, digest(9));
    let joins = Command::AddMember { member: member(9), role, email_digest, profile: nia };
    let profile = AccountProfile { name: "Acme".to_owned(), external_id: None };
    let (account, party) = (account_id(), Party::Organization);
    let open = Command::Open { account, parent: None, party, profile };
    let restore = Command::RestoreMember { member: member(1) };
    let unlink = Command::UnlinkPartner { link: GrantId::new(uuid(71)) };
    let vendor = Actor::Operator;
    let mut story = peopled(now);
    story.must(now, &linked(71));
    story.must(now, &erase_account(Around::default()));
    told(
        &mut story,
        vec![
            ("its people are erased", vendor, erase_one(1), Ok(&[])),
            ("its partner is parted with", vendor, unlink, Ok(&[])),
            ("nobody joins", vendor, joins, Err("ACCOUNT_ERASED")),
            ("nobody acts for it", vendor, linked(72), Err("ACCOUNT_ERASED")),
            ("nobody comes in", vendor, provider(), Err("ACCOUNT_ERASED")),
            ("nothing is held", vendor, held(), Err("ACCOUNT_ERASED")),
            ("it is not opened again", vendor, open, Err("ACCOUNT_ERASED")),
            ("nobody is let in", vendor, restore, Err("ACCOUNT_ERASED")),
        ],
    );
}

#[test]
fn the_certificate_of_an_account_names_whose_keys_are_destroyed_and_nobody_twice() {
    let now = at("2026-08-10");
    let mut story = peopled(now);
    story.must(now, &erase_one(2));
    let facts = story.must(now, &erase_account(Around::default()));
    let [AccountEvent::AccountErased(fact)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!((fact.account, fact.ground), (account_id(), GROUND));
    assert_eq!(fact.members, [member(1), member(3)]);
}
