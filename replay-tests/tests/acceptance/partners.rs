//! S0.26: partners and resellers act for the customers that are linked to them, as far as the link says, and everybody
//! sees it.

use serde_json::{Value, json};

use crate::client::{codes, each};
use crate::stage::text;
use crate::world::World;

/// acme with L1, and globex, whose admin gil acts for acme once it is linked.
fn link(world: &World, role: &str) -> String {
    let input = json!({ "accountId": world.acme, "partnerId": world.globex, "role": role });
    text(&world.done("vera", "partnerLink", input, "link { id counts }")["link"]["id"])
}

fn unlink(world: &World, who: &str, link: &str) -> Vec<String> {
    let input = json!({ "accountId": world.acme, "linkId": link });
    codes(&world.act(who, "partnerUnlink", input, "link { endedAt counts }"))
}

fn seat(world: &World, who: &str, license: &str, member: &str) -> Vec<String> {
    let input = json!({ "licenseId": license, "memberId": member });
    codes(&world.act(who, "seatAssign", input, "license { id }"))
}

#[test]
fn s0_26_a_partner_does_what_its_link_says_for_whom_it_is_linked_to_and_it_shows() {
    let world = World::new();
    assert_eq!(seat(&world, "gil", &world.l1, &world.bob), ["NOT_FOUND"]);
    for (who, tenant) in [("gil", "acme"), ("ann", "globex")] {
        world.lets_see(who, tenant);
    }
    let linked = link(&world, "LICENSE_MANAGER");
    assert_eq!(seat(&world, "gil", &world.l1, &world.bob), [""; 0]);
    for (mutation, input) in [
        ("licenseRevealKey", json!({ "licenseId": world.l1 })),
        ("memberSuspend", json!({ "memberId": world.bob })),
        ("partnerUnlink", json!({ "accountId": world.acme, "linkId": linked })),
        (
            "memberAdd",
            json!({ "accountId": world.acme, "name": "Mole", "email": "mole@globex.example", "role": "MEMBER" }),
        ),
    ] {
        assert_eq!(codes(&world.act("gil", mutation, input, "")), ["FORBIDDEN"], "{mutation}");
    }

    // Who is let in sees whom it lets in, what was done, and for whom.
    let query = "query($id: ID!) { account { partners { partnerName role counts mayEnd } } \
        history(license: $id, first: 1) { nodes { text actor { name } onBehalfOf { customerName partnerName } } } }";
    let told = world.ask("ann", query, json!({ "id": world.l1 }));
    let partner = json!([{ "partnerName": "Globex Narwhal", "role": "LICENSE_MANAGER", "counts": true, "mayEnd": true }]);
    assert_eq!(told["account"]["partners"], partner);
    let entry = json!({ "text": "Bob Wombat got a seat", "actor": { "name": "Gil Narwhal" },
        "onBehalfOf": { "customerName": "Acme Wombat Holding", "partnerName": "Globex Narwhal" } });
    assert_eq!(told["history"]["nodes"][0], entry);
    let own = world.ask(
        "gil",
        "{ account { customers { customerName role } } licenses { nodes { id } } }",
        json!({}),
    );
    let customers = json!([{ "customerName": "Acme Wombat Holding", "role": "LICENSE_MANAGER" }]);
    assert_eq!(own["account"]["customers"], customers);
    assert_eq!(each(&own["licenses"]["nodes"], "id"), std::slice::from_ref(&world.l1));

    // The customer parts with it, and nothing is left before the answer.
    assert_eq!(unlink(&world, "bob", &linked), ["FORBIDDEN"]);
    assert_eq!(unlink(&world, "ann", &linked), [""; 0]);
    assert_eq!(world.license("gil", &world.l1, "id"), Value::Null);
    assert_eq!(seat(&world, "gil", &world.l1, &world.ann), ["NOT_FOUND"]);
    let after = world.ask("ann", query, json!({ "id": world.l1 }));
    assert_eq!(after["account"]["partners"], json!([]));
    assert_eq!(after["history"]["nodes"][0], entry, "what was done stays told");
}

#[test]
fn s0_26_a_partner_that_only_sees_licenses_learns_nobody_s_name() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    assert_eq!(seat(&world, "ann", &world.l1, &world.bob), [""; 0]);
    world.lets_see("gil", "acme");
    link(&world, "LICENSE_VIEWER");
    let selection = "status seats { purchased assigned } history { totalCount } devices { totalCount } \
        seatHolders { nodes { memberId } } seatCandidates { nodes { id } } may";
    let seen = world.license("gil", &world.l1, selection);
    assert_eq!(seen["seats"], json!({ "purchased": "5", "assigned": "1" }));
    assert_eq!(seen["may"], json!(["SEE_LICENSE"]));
    assert_eq!(seen["history"], Value::Null);
    for list in ["seatHolders", "seatCandidates"] {
        assert_eq!(seen[list]["nodes"], json!([]), "{list}");
    }
    assert_eq!(seen["devices"]["totalCount"], 0);
    let query = "query($id: ID!) { account(id: $id) { name members { nodes { id } } people { nodes { id } } } }";
    let account = world.ask("gil", query, json!({ "id": world.acme }));
    let nobody = json!({ "nodes": [] });
    let expected = json!({ "name": "Acme Wombat Holding", "members": nobody, "people": nobody });
    assert_eq!(account["account"], expected);
    assert_eq!(seat(&world, "gil", &world.l1, &world.bob), ["FORBIDDEN"]);
}

#[test]
fn abuse_04_a_reseller_cannot_sell_more_than_it_bought() {
    let world = World::new();
    world.lets_see("gil", "acme");
    world.lets_see("ann", "globex");
    world.lets_see("bob", "globex");
    let stock = world.issue("globex", "growth", json!({ "key": "ORBT-ST0C-K000-0025" }));
    let sell = |account: &str, seats: u64| {
        let input = json!({ "licenseId": stock, "accountId": account, "seats": seats.to_string() });
        codes(&world.act("gil", "seatsAllocate", input, "license { id }"))
    };
    // Only to whom it is linked.
    assert_eq!(sell(&world.acme, 2), ["NOT_FOUND"]);
    let linked = link(&world, "LICENSE_VIEWER");
    assert_eq!(sell(&world.acme, 26), ["SEATS_NOT_FREE"]);
    assert_eq!(sell(&world.acme, 2), [""; 0]);

    // The customer's own admin gives them, and they are all it has of the reseller's.
    assert_eq!(seat(&world, "ann", &stock, &world.bob), [""; 0]);
    assert_eq!(seat(&world, "ann", &stock, &world.ann), [""; 0]);
    let crowd = world.crowd(1);
    assert_eq!(seat(&world, "ann", &stock, &crowd[0]), ["ALLOCATION_USED_UP"]);
    assert_eq!(
        seat(&world, "ann", &stock, &world.gil),
        ["FORBIDDEN"],
        "the reseller's people are its own"
    );
    let backed = world.license("ann", &stock, "allocations { seats capped assigned available }");
    let expected = json!([{ "seats": "2", "capped": true, "assigned": "2", "available": "0" }]);
    assert_eq!(backed["allocations"], expected);
    assert_eq!(world.license("bob", &stock, "id")["id"], json!(stock), "who has a seat uses it");

    // What is in use cannot be taken back, what is sold cannot be sold again, parted or not.
    assert_eq!(sell(&world.acme, 1), ["ALLOCATION_IN_USE"]);
    assert_eq!(unlink(&world, "ann", &linked), [""; 0]);
    assert_eq!(sell(&world.acme, 3), [""; 0], "there are 25");
    assert_eq!(sell(&world.acme, 26), ["SEATS_NOT_FREE"]);
    let twenty_two = (0..23)
        .map(|n| world.member("globex", &format!("own{n}"), &format!("Own{n} Narwhal"), "MEMBER"));
    let given: Vec<_> = twenty_two.map(|one| seat(&world, "gil", &stock, &one)).collect();
    assert!(given[..22].iter().all(Vec::is_empty), "{given:?}");
    assert_eq!(given[22], ["NO_SEAT_AVAILABLE"]);
}
