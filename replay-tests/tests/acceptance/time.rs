//! S0.15, 2.16 and N1: terms, renewals, and what was known when.

use schemas::Timestamp;
use serde_json::{Value, json};

use crate::client::{each, list, with};
use crate::stage::{instant, text};
use crate::world::{L1_ENDS, World};

const TIMELINE: &str = "status timeline { at kind daysBefore statusAfter passed }";

fn timeline(world: &World) -> Vec<Value> {
    list(&world.license("ann", &world.l1, TIMELINE)["timeline"]).to_vec()
}

#[test]
fn s0_15_the_timeline_lists_notices_expiry_grace_and_the_clock_makes_them_so() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    world.at("2026-12-20T00:00:00Z");
    let entries = json!(timeline(&world));
    let notice = list(&entries).iter().find(|one| one["daysBefore"] == 30);
    let notice = notice.unwrap_or_else(|| panic!("no notice at 30 days in {entries}"));
    assert_eq!(
        (&notice["kind"], &notice["at"]),
        (&json!("NOTICE"), &json!("2027-01-01T00:00:00Z"))
    );
    assert_eq!(with(&entries, "kind", "EXPIRY")["at"], L1_ENDS);
    assert_eq!(with(&entries, "kind", "GRACE_END")["at"], "2027-02-14T00:00:00Z");
    for days in [30, 7, 1] {
        let notices = list(&entries).iter().filter(|one| one["daysBefore"] == days);
        assert_eq!(notices.count(), 1, "exactly one notice at {days} days: {entries}");
    }
    let times = each(&entries, "at");
    assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "in order of time: {times:?}");

    let mut before = world.status("ann", &world.l1);
    for entry in list(&entries) {
        let (at, after) = (instant(&text(&entry["at"])), text(&entry["statusAfter"]));
        if at <= world.now() {
            assert_eq!(entry["passed"], true, "{entry}");
            continue;
        }
        world.put(Timestamp::from_micros(at.micros() - 1));
        assert_eq!(world.status("ann", &world.l1), before, "just before {entry}");
        let still = timeline(&world);
        assert_eq!(still.iter().find(|one| one["at"] == entry["at"]).unwrap()["passed"], false);
        world.put(at);
        assert_eq!(world.status("ann", &world.l1), after, "at {entry}");
        before = after;
    }
    assert_eq!(before, "EXPIRED");
}

#[test]
fn s0_15_a_revocation_stands_in_the_timeline() {
    let world = World::new();
    world.at("2026-12-20T00:00:00Z");
    let input = json!({ "licenseId": world.l1, "reason": "returned" });
    world.done("vera", "licenseRevoke", input, "license { id }");
    let entries = json!(timeline(&world));
    let revocation = with(&entries, "kind", "REVOCATION");
    assert_eq!(revocation["at"], "2026-12-20T00:00:00Z");
    assert_eq!(revocation["statusAfter"], "REVOKED");
    for at in ["2027-01-01T00:00:00Z", L1_ENDS, "2027-03-01T00:00:00Z"] {
        world.at(at);
        assert_eq!(world.status("ann", &world.l1), "REVOKED", "nothing brings it back at {at}");
    }
}

#[test]
fn p2_16_a_renewal_counts_from_expiry_from_now_or_from_now_if_expired() {
    for (renewed_on, from_expiry, from_now, from_now_if_expired) in [
        (
            "2026-07-20T00:00:00Z",
            "2027-07-31T00:00:00Z",
            "2027-07-20T00:00:00Z",
            "2027-07-31T00:00:00Z",
        ),
        (
            "2026-08-05T00:00:00Z",
            "2027-07-31T00:00:00Z",
            "2027-08-05T00:00:00Z",
            "2027-08-05T00:00:00Z",
        ),
    ] {
        let world = World::without_licenses("2026-07-01T00:00:00Z");
        let term = json!({ "from": "2025-07-31T00:00:00Z", "until": "2026-07-31T00:00:00Z" });
        let sources = [
            ("starter-days-expiry", "FROM_EXPIRY", from_expiry),
            ("starter-days-now", "FROM_NOW", from_now),
            ("starter-days-if-expired", "FROM_NOW_IF_EXPIRED", from_now_if_expired),
        ];
        let issued = sources.map(|(source, basis, until)| {
            let by_plan = world.issue("acme", source, json!({ "term": term }));
            let by_call = world.issue("acme", "starter", json!({ "term": term }));
            (by_plan, by_call, basis, until)
        });
        world.at(renewed_on);
        for (by_plan, by_call, basis, until) in issued {
            let input = json!({ "licenseId": by_plan });
            let renewed =
                world.done("vera", "licenseRenew", input, "license { term { until } status }");
            assert_eq!(
                renewed["license"]["term"]["until"], until,
                "{basis} of the plan on {renewed_on}"
            );
            let input = json!({ "licenseId": by_call, "basis": basis, "period": "P365D",
                "ending": "2026-07-31T00:00:00Z" });
            let renewed = world.done(
                "vera",
                "licenseRenew",
                input.clone(),
                "license { term { until } status }",
            );
            assert_eq!(renewed["license"]["term"]["until"], until, "{basis} on {renewed_on}");
            assert!(["ASSIGNED", "ACTIVE"].contains(&text(&renewed["license"]["status"]).as_str()));
            let twice = world.act("vera", "licenseRenew", input, "license { term { until } }");
            let seen = world.license("ann", &by_call, "term { until }");
            assert_eq!(
                seen["term"]["until"], until,
                "the term that ended there is renewed once: {twice}"
            );
        }
    }
}

#[test]
fn n1_what_was_so_and_what_was_known_are_two_questions() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    let (t1, just_after) = ("2026-09-01T00:00:00Z", "2026-09-01T00:00:01Z");
    let (r1, r2) = ("2026-09-10T00:00:00Z", "2026-09-20T00:00:00Z");
    world.at(r1);
    let question = json!({ "licenseId": world.l1, "feature": "core", "fingerprint": "D1" });
    let place = world.ask("ann", "{ viewer { position } }", json!({}))["viewer"]["position"].take();
    world.at(r2);
    let revoke = json!({ "licenseId": world.l1, "reason": "fraud found late", "effectiveAt": t1 });
    world.done("vera", "licenseRevoke", revoke, "license { status }");

    for who in ["ann", "vera"] {
        let look = |known: Value| {
            let decision = world.check(who, question.clone(), known);
            (decision["allowed"].clone(), decision["code"].clone())
        };
        let allowed = (json!(true), Value::Null);
        let denied = (json!(false), json!("REVOKED"));
        assert_eq!(
            look(json!({ "at": just_after, "knownAt": r1 })),
            allowed,
            "{who}: as known on R1"
        );
        assert_eq!(
            look(json!({ "at": just_after, "position": place })),
            allowed,
            "{who}: as known at that place"
        );
        assert_eq!(
            look(json!({ "at": just_after, "knownAt": r2 })),
            denied,
            "{who}: as known on R2"
        );
        assert_eq!(look(json!({ "at": just_after })), denied, "{who}: as known now");
        assert_eq!(
            look(json!({ "at": "2026-08-31T23:59:59Z", "knownAt": r2 })),
            allowed,
            "{who}: before T1"
        );
        assert_eq!(look(json!({ "knownAt": r1 })), allowed, "{who}: R1 looked at itself");

        let document = "query($input: CheckInput!, $at: DateTime!, $r1: DateTime!, $r2: DateTime) { \
            learned(input: $input, at: $at, knownAt: $r1, comparedWith: $r2) { before { allowed } \
            after { allowed code } facts { id fact effectiveAt recordedAt backdated text } } }";
        for compared in [json!(r2), Value::Null] {
            let variables =
                json!({ "input": question, "at": just_after, "r1": r1, "r2": compared });
            let learned = world.ask(who, document, variables)["learned"].take();
            assert_eq!(
                (&learned["before"]["allowed"], &learned["after"]["allowed"]),
                (&json!(true), &json!(false))
            );
            let facts = list(&learned["facts"]);
            assert_eq!(facts.len(), 1, "the responsible event and nothing else: {learned}");
            assert_eq!(facts[0]["fact"], "license_revoked");
            assert_eq!(
                (&facts[0]["effectiveAt"], &facts[0]["recordedAt"]),
                (&json!(t1), &json!(r2))
            );
            assert_eq!(facts[0]["backdated"], true);
        }
    }
}

#[test]
fn n1_no_read_of_the_past_knows_what_came_later() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    let r1 = "2026-09-10T00:00:00Z";
    world.at(r1);
    let then = json!({ "at": "2026-09-01T00:00:00Z", "knownAt": r1 });
    let document = "query($id: ID!, $asOf: AsOfInput) { \
        license(id: $id, asOf: $asOf) { status revokedAt factCount deviceSlots { used } seats { assigned } \
            entitlements { feature state usage } timeline { at kind } } \
        licenses(first: 10, asOf: $asOf) { totalCount nodes { id status } } \
        dashboard(asOf: $asOf) { total byStatus { status count } seats { assigned } } \
        seats(asOf: $asOf) { assigned } account(asOf: $asOf) { name } }";
    let look = || world.ask("ann", document, json!({ "id": world.l1, "asOf": then }));
    let known_then = look();
    assert_eq!(known_then["license"]["status"], "ACTIVE");
    world.at("2026-09-20T00:00:00Z");
    world.uses(&world.l1, 11);
    world.activated("ann", &world.l1, "D2");
    world.done(
        "ann",
        "seatAssign",
        json!({ "licenseId": world.l1, "memberId": world.bob }),
        "license { id }",
    );
    world.issue("acme", "growth", json!({ "effectiveAt": "2026-08-15T00:00:00Z" }));
    let revoke =
        json!({ "licenseId": world.l1, "reason": "late", "effectiveAt": "2026-08-20T00:00:00Z" });
    world.done("vera", "licenseRevoke", revoke, "license { id }");
    assert_eq!(look(), known_then, "what was known on R1 is what it was on R1");
    let now = json!({ "at": "2026-09-01T00:00:00Z" });
    let today = world.ask("ann", document, json!({ "id": world.l1, "asOf": now }));
    assert_eq!(today["license"]["status"], "REVOKED");
    assert_eq!(today["licenses"]["totalCount"], 2, "both are known to have been there: {today}");
}
