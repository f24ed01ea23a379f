//! What people are called and sign in with: who changes what.

use ledger::account;
use schemas::Actor;

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
