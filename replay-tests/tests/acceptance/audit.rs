//! S0.19, S0.28 and S1.2: every change has its fact, every fact its actor and reason, and nothing is ever gone.

use serde_json::{Value, json};

use crate::client::{each, list, number, with};
use crate::stage::text;
use crate::world::{L1_ENDS, T0, World};

const ENTRY: &str = "id fact text before after actor { kind id name } rule recordedAt effectiveAt position commandId digest";

/// A whole list of facts, page by page, newest first.
fn pages(world: &World, who: &str, filter: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let document = format!(
            "query($after: String) {{ history(first: 7, after: $after{filter}) {{ totalCount nodes {{ {ENTRY} }} \
             pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = world.ask(who, &document, json!({ "after": after }))["history"].take();
        all.extend(list(&page["nodes"]).to_vec());
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            assert_eq!(page["totalCount"], all.len(), "{filter}: the count is the number of rows");
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// Somebody's deed: who, which mutation, its input, the fact it makes and the kind of actor.
type Deed = (&'static str, &'static str, Value, &'static str, &'static str);

fn deeds(world: &World) -> Vec<Deed> {
    let l1 = &world.l1;
    let seat = json!({ "licenseId": l1, "memberId": world.bob });
    let block = json!({ "licenseId": l1, "blocker": "BILLING", "reason": "invoice 99" });
    let cleared = json!({ "licenseId": l1, "blocker": "BILLING" });
    let change = json!({ "licenseId": l1, "source": "growth", "usage": "CARRY" });
    let device = json!({ "licenseId": l1, "fingerprint": "D1", "name": "Bob's box" });
    let revoke = json!({ "licenseId": l1, "reason": "contract ended" });
    vec![
        ("ann", "seatAssign", seat.clone(), "seat_assigned", "MEMBER"),
        ("bob", "deviceActivate", device, "device_activated", "MEMBER"),
        (
            "ann",
            "licenseApplyBundle",
            json!({ "licenseId": l1, "bundle": "analytics" }),
            "bundle_applied",
            "MEMBER",
        ),
        (
            "ann",
            "licenseRemoveBundle",
            json!({ "licenseId": l1, "bundle": "analytics" }),
            "bundle_removed",
            "MEMBER",
        ),
        ("vera", "licenseChangeOffering", change, "offering_switched", "VENDOR"),
        ("vera", "licenseSetBlocker", block, "blocker_set", "VENDOR"),
        ("vera", "licenseClearBlocker", cleared, "blocker_cleared", "VENDOR"),
        (
            "vera",
            "licenseRenew",
            json!({ "licenseId": l1, "period": "P1Y" }),
            "license_renewed",
            "VENDOR",
        ),
        ("ann", "seatUnassign", seat, "seat_unassigned", "MEMBER"),
        ("vera", "licenseRevoke", revoke, "license_revoked", "VENDOR"),
    ]
}

#[test]
fn s0_19_every_change_is_a_fact_with_actor_rule_command_and_what_was_before_and_after() {
    let world = World::new();
    let l1 = &world.l1;
    for (who, mutation, mut input, fact, kind) in deeds(&world) {
        let filter = format!(", license: \"{l1}\"");
        let before = pages(&world, "ann", &filter).len();
        let command = world.command_id();
        input["commandId"] = command.clone().into();
        let payload = world.done(who, mutation, input, "");
        let history = pages(&world, "ann", &filter);
        assert_eq!(history.len(), before + 1, "{mutation} is one fact");
        let entry = &history[0];
        assert_eq!(
            (&entry["fact"], &entry["actor"]["kind"]),
            (&json!(fact), &json!(kind)),
            "{entry}"
        );
        assert_eq!(entry["position"], payload["position"]);
        let name = match who {
            "vera" => "the vendor".to_owned(),
            other => format!("{}{} Wombat", other[..1].to_uppercase(), &other[1..]),
        };
        assert_eq!(entry["actor"]["name"], json!(name), "{entry}");
        for part in ["text", "rule", "before", "after", "digest"] {
            assert!(!entry[part].as_str().unwrap_or_default().is_empty(), "no {part} in {entry}");
        }
        let bare = command.replace('-', "");
        let said = text(&entry["commandId"]);
        let same = said.contains(&command)
            || said.parse::<schemas::CommandId>().unwrap().uuid().simple().to_string() == bare;
        assert!(same, "{said} is not {command}");
        let seen_by_vera = pages(&world, "vera", &filter);
        let by = if who == "vera" { "Vera Okapi".to_owned() } else { name };
        assert_eq!(seen_by_vera[0]["actor"]["name"], json!(by), "the vendor reads the name");
    }
    let reasons = pages(&world, "ann", &format!(", license: \"{l1}\""));
    let told = json!(reasons).to_string();
    assert!(told.contains("invoice 99") && told.contains("contract ended"), "the reasons are told");
}

#[test]
fn s0_19_the_state_is_the_fold_of_the_facts_at_every_place() {
    let world = World::new();
    let people = world.crowd(3);
    let selection = "status factCount seats { assigned purchased } deviceSlots { used } blockers { kind } \
        term { until } source { code } bundles { code } entitlements { feature isGranted usage }";
    let mut seen = Vec::new();
    let mut look = |payload: Value| {
        seen.push((payload["position"].clone(), world.license("ann", &world.l1, selection)));
    };
    for member in &people {
        look(world.done(
            "ann",
            "seatAssign",
            json!({ "licenseId": world.l1, "memberId": member }),
            "",
        ));
    }
    look(world.act("ann", "deviceActivate", crate::world::device(&world.l1, "D1"), ""));
    look(world.done(
        "ann",
        "licenseApplyBundle",
        json!({ "licenseId": world.l1, "bundle": "power-pack" }),
        "",
    ));
    let used = json!({ "licenseId": world.l1, "feature": "api_calls", "quantity": "77" });
    look(world.done("vera", "usageRecord", used, ""));
    look(world.done(
        "vera",
        "licenseSetBlocker",
        json!({ "licenseId": world.l1, "blocker": "ABUSE", "reason": "r" }),
        "",
    ));
    look(world.done("vera", "licenseRenew", json!({ "licenseId": world.l1 }), ""));
    for (place, then) in seen {
        let document = format!(
            "query($id: ID!, $at: LedgerPosition) {{ license(id: $id, asOf: {{ position: $at }}) {{ {selection} }} }}"
        );
        let past =
            world.ask("ann", &document, json!({ "id": world.l1, "at": place }))["license"].take();
        assert_eq!(past, then, "as of {place}");
    }
}

#[test]
fn s0_28_the_trail_of_a_tenant_has_no_gap_and_no_end() {
    let world = World::new();
    world.at("2026-09-01T00:00:00Z");
    for n in 1..=10 {
        world.done(
            "vera",
            "usageRecord",
            json!({ "licenseId": world.l1, "feature": "api_calls", "quantity": n.to_string() }),
            "",
        );
    }
    world.activated("ann", &world.l1, "D1");
    world.at("2029-08-01T00:00:00Z");
    let trail = pages(&world, "ann", "");
    let facts = each(&json!(trail), "fact");
    for wanted in [
        "account_opened",
        "member_added",
        "license_issued",
        "term_started",
        "usage_recorded",
        "device_activated",
    ] {
        assert!(facts.iter().any(|fact| fact == wanted), "{wanted} is kept: {facts:?}");
    }
    let places: Vec<u64> =
        trail.iter().map(|one| text(&one["position"]).parse().unwrap()).collect();
    assert!(places.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once: {places:?}");
    for entry in &trail {
        assert!(
            text(&entry["digest"]).starts_with("blake3:"),
            "each fact has its commitment: {entry}"
        );
    }
    let everything = pages(&world, "vera", "");
    let places: Vec<u64> =
        everything.iter().map(|one| text(&one["position"]).parse().unwrap()).collect();
    let dense = places.windows(2).all(|pair| pair[0] == pair[1] + 1);
    assert!(dense, "the whole ledger, without a gap: {places:?}");
}

#[test]
fn s1_02_every_license_ever_owned_is_there_with_how_it_came_and_its_story_in_plain_words() {
    let world = World::new();
    let kinds = [
        ("ORDER", "starter"),
        ("IMPORT", "growth"),
        ("PROMOTION", "starter"),
        ("TRIAL", "starter"),
    ];
    let owned: Vec<String> = kinds
        .iter()
        .map(|(acquired, source)| world.issue("acme", source, json!({ "acquired": acquired })))
        .collect();
    let short = json!({ "term": { "from": T0, "until": "2026-08-02T00:00:00Z" } });
    let expired = world.issue("acme", "starter-days-now", short);
    world.done(
        "vera",
        "licenseRevoke",
        json!({ "licenseId": owned[1], "reason": "returned" }),
        "license { id }",
    );
    world.issue("globex", "starter", json!({}));
    world.at("2026-08-10T00:00:00Z");
    let document = "{ licenses(first: 20) { totalCount nodes { id status acquired issuedAt source { code } } } }";
    let seen = world.ask("ann", document, json!({}))["licenses"].take();
    assert_eq!(seen["totalCount"], 6);
    let nodes = &seen["nodes"];
    for (id, (acquired, source)) in owned.iter().zip(kinds) {
        let license = with(nodes, "id", id);
        assert_eq!(
            (&license["acquired"], &license["source"]["code"]),
            (&json!(acquired), &json!(source))
        );
    }
    assert_eq!(with(nodes, "id", &owned[1])["status"], "REVOKED");
    assert_eq!(with(nodes, "id", &expired)["status"], "EXPIRED");
    with(nodes, "id", &world.l1);
    for license in owned.iter().chain([&expired, &world.l1]) {
        let selection =
            format!("factCount history(first: 50) {{ totalCount nodes {{ {ENTRY} }} }}");
        let told = world.license("ann", license, &selection);
        let count = list(&told["history"]["nodes"]).len();
        assert_eq!(number(&told["factCount"]), u64::try_from(count).unwrap(), "its whole history");
        for entry in list(&told["history"]["nodes"]) {
            let words = text(&entry["text"]);
            assert!(words.split(' ').count() >= 3 && !words.contains('_'), "plain words: {words}");
        }
    }
    assert!(T0 < L1_ENDS);
}
