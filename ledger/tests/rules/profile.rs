//! What people are called and sign in with: who changes what.

use ledger::account;
use ledger::staff::{self, StaffRules};
use schemas::staff::StaffRole;
use schemas::{Actor, StaffId};

use crate::fixture::*;
use crate::small_streams::{peopled, person, told};

#[test]
fn people_change_their_name_and_admins_what_they_sign_in_with() {
    let now = at("2026-08-10");
    let mut story = peopled(now);
    let known = |known, number, email| account::Command::ChangeProfile {
        member: member(number),
        email_known: digest(known),
        email_digest: digest(email),
        profile: person("else"),
    };
    let change = |number: u128, email| known(u8::try_from(number).unwrap(), number, email);
    let (ann, cem) = (Actor::Member(member(1)), Actor::Member(member(3)));
    const CHANGED: &[&str] = &["member_profile_changed.v1"];
    let rows: Vec<(&str, Actor, account::Command, Expected)> = vec![
        ("nobody unknown", ann, change(7, 7), Err("MEMBER_NOT_FOUND")),
        ("not a colleague's", cem, change(1, 1), Err("NOT_AN_ADMIN")),
        ("the own name", cem, change(3, 3), Ok(CHANGED)),
        ("not the own e-mail", cem, change(3, 9), Err("OWN_EMAIL")),
        ("nor an admin's own", ann, change(1, 9), Err("OWN_EMAIL")),
        ("a colleague's e-mail", ann, change(3, 9), Ok(CHANGED)),
        ("as it was before", ann, change(3, 3), Err("PROFILE_CHANGED")),
        ("as it is", ann, known(9, 3, 9), Ok(CHANGED)),
        ("one that somebody has", ann, change(2, 9), Err("EMAIL_TAKEN")),
        ("the one that is free now", ann, change(2, 3), Ok(CHANGED)),
    ];
    told(&mut story, now, rows);
    assert_eq!(story.state.members[&member(2)].email_digest, digest(3));
}

#[test]
fn people_of_the_vendor_change_their_own_name_and_nobody_elses() {
    let now = at("2026-08-10");
    let own = StaffId::new(uuid(5));
    let rename = staff::Command::Rename { profile: person("Vera Lindqvist-Olsen") };
    let mut story = Story::<StaffRules>::default();
    assert_eq!(outcome(&story.ask_as(Actor::Staff(own), now, &rename)), Err("NOT_FOUND"));
    let role = StaffRole::Auditor;
    let profile = person("Vera");
    let joins = staff::Command::Add { staff: own, role, email_digest: digest(5), profile };
    story.must(at("2026-08-01"), &joins);
    let colleague = Actor::Staff(StaffId::new(uuid(6)));
    let suspend = staff::Command::Suspend { others_operate: true };
    let erase =
        staff::Command::Erase { ground: schemas::account::ErasureGround::Objection, held: false };
    let rows: Vec<(&str, Actor, &staff::Command, Expected)> = vec![
        ("a colleague's", colleague, &rename, Err("NOT_ONESELF")),
        ("whoever holds the ledger", Actor::Operator, &rename, Err("NOT_ONESELF")),
        ("the own", Actor::Staff(own), &rename, Ok(&["staff_renamed.v1"])),
        ("kept out", colleague, &suspend, Ok(&["staff_suspended.v1"])),
        ("erased", colleague, &erase, Ok(&["staff_erased.v1"])),
        ("nobody any more", Actor::Staff(own), &rename, Err("STAFF_ERASED")),
    ];
    for (says, actor, command, expected) in rows {
        let decided = story.ask_as(actor, now, command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
}
