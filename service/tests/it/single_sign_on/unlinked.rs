//! Who somebody is at the provider is forgotten: by an admin, or because the person is erased.

use serde_json::json;

use super::provider::Reply;
use super::stage::{Stage, Trip, act, codes, member, session};
use crate::support::graphql;

#[test]
fn who_is_unlinked_is_out_at_once_and_the_e_mail_counts_once_more() {
    let stage = Stage::new();
    let (portal, console) = (&stage.service.portal, &stage.service.console);
    let bob = "bob@acme.example";
    let first = session(&stage.travel(bob, |_, _| {})).unwrap();
    assert!(stage.is_in(&first));
    let made_anew: fn(&mut Reply, &Trip) = |said, _| said.claims["sub"] = json!("made anew");
    assert_eq!(stage.travel(bob, made_anew).status, 401, "somebody else with that e-mail");

    let whom = json!({ "memberId": member(&stage, bob)["id"] });
    let unlink = |door: &str, token: &str| {
        codes(&act(door, token, "memberUnlinkIdentity", &whom, "member { linkedSince }"))
    };
    assert_eq!(unlink(portal, &first), ["FORBIDDEN"]);
    assert_eq!(unlink(portal, &stage.ann), [""; 0]);
    assert!(!stage.is_in(&first), "out before the answer");
    assert!(stage.is_in(&stage.ann), "nobody else");
    assert_eq!(member(&stage, bob)["linkedSince"], json!(null));
    let second = session(&stage.travel(bob, made_anew)).unwrap();
    assert!(stage.is_in(&second) && !stage.is_in(&first), "the old session stays over");
    assert_eq!(stage.travel(bob, |_, _| {}).status, 401, "who it was before");

    // The vendor can, too, and it is told in the history.
    assert_eq!(unlink(console, &stage.service.console_token()), [""; 0]);
    assert!(!stage.is_in(&second));
    // Who is told of it stands there as well.
    let told = "{ account { history(first: 5) { nodes { text } } } }";
    let told = graphql(portal, Some(&stage.ann), told).body;
    assert!(told.contains("Bob Example was unlinked from the identity provider"), "{told}");
}

#[test]
fn who_is_erased_is_nobody_at_the_provider_so_that_somebody_new_may_be() {
    let stage = Stage::new();
    let bob = "bob@acme.example";
    assert!(session(&stage.travel(bob, |_, _| {})).is_some());
    let id = member(&stage, bob)["id"].clone();
    let erase = json!({ "memberId": id, "ground": "NO_LONGER_NEEDED" });
    let erased = act(&stage.service.portal, &stage.ann, "memberErase", &erase, "member { id }");
    assert_eq!(codes(&erased), [""; 0]);
    let again = json!({
        "accountId": stage.acme, "name": "Bob Example", "email": bob, "role": "MEMBER",
    });
    let again = act(&stage.service.portal, &stage.ann, "memberAdd", &again, "member { id }");
    assert_eq!(codes(&again), [""; 0]);
    assert_ne!(again["member"]["id"], id);
    let back = stage.travel(bob, |_, _| {});
    assert!(stage.is_in(&session(&back).unwrap()), "{} {}", back.status, back.body);
}
