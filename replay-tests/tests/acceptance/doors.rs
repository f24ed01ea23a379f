//! The two doors: who comes in where, and that no customer sees anything of another.

use replay_tests::api::document;
use replay_tests::http::Door;
use replay_tests::vendor::text;
use schemas::access::Audience;
use serde_json::{Value, json};

use crate::world::{World, member, seen};

const WHO: &str = "{ __typename }";

#[test]
fn s1_04_a_token_of_one_side_opens_nothing_on_the_other() {
    let world = World::new();
    let ann = world.token_of(member(&world.sample.ann), Audience::Portal);
    let vera = world.token_of(world.vera_herself(), Audience::Console);
    let (portal, console) = (Door::new(world.addresses.portal), Door::new(world.addresses.console));
    assert_ne!(world.addresses.portal, world.addresses.console, "two listeners");
    let status =
        |door: &Door, token: &str| door.with_token(token).graphql(WHO, &json!({})).unwrap().status;
    assert_eq!(status(&portal, &ann), 200);
    assert_eq!(status(&console, &vera), 200);
    assert_eq!(status(&console, &ann), 401);
    assert_eq!(status(&portal, &vera), 401);
    assert_eq!(status(&portal, "nonsense"), 401);
    let swapped = [ann.replace("portal", "console"), vera.replace("console", "portal")];
    assert_eq!(status(&console, &swapped[0]), 401, "two key sets: a renamed token is no token");
    assert_eq!(status(&portal, &swapped[1]), 401);
    for mut door in [portal, console] {
        let answer = door.graphql(WHO, &json!({})).unwrap();
        assert_eq!(answer.status, 401, "nobody is answered without a token: {}", answer.text());
    }
}

fn types_of(sdl: &str) -> Vec<String> {
    let kinds = ["type ", "input ", "enum ", "interface ", "union "];
    let named = sdl.lines().filter_map(|line| {
        let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
        rest.split([' ', '{', '=', '@']).next().map(str::to_owned)
    });
    named.collect()
}

#[test]
fn s1_04_the_customers_schema_names_no_type_of_the_vendor() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/graphql");
    let read = |door: &str| std::fs::read_to_string(format!("{folder}/{door}.graphql")).unwrap();
    let (portal, console) = (read("portal"), read("console"));
    let shown = types_of(&portal);
    assert!(shown.len() > 20 && types_of(&console).len() > shown.len() / 2);
    for name in &shown {
        let of_vendor = ["Staff", "Vendor", "Operator", "Console", "Import"];
        let found = of_vendor.iter().find(|word| name.contains(**word));
        assert_eq!(found, None, "the portal's schema has the type {name}");
    }
    for field in
        ["licenseIssue", "licenseRevoke", "accountOpen", "memberAdd", "productPublish", "staff"]
    {
        assert!(!portal.contains(&format!("  {field}(")), "customers have no {field}");
        assert!(!portal.contains(&format!("  {field}:")), "customers have no {field}");
    }
}

/// Everything a customer can name: an id of acme, with what a stranger asks of it.
fn probes(world: &World, device: &str) -> Vec<(String, Value)> {
    let Some((license, acme)) = Some((world.l1.clone(), world.sample.acme.clone())) else {
        return Vec::new();
    };
    let by_id =
        |field: &str, rest: &str| format!("query($id: ID!) {{ {field}(id: $id) {{ {rest} }} }}");
    vec![
        (by_id("license", "id status"), json!({ "id": license })),
        (by_id("account", "id name"), json!({ "id": acme })),
        (by_id("node", "__typename"), json!({ "id": license })),
        (by_id("node", "__typename"), json!({ "id": acme })),
        (by_id("node", "__typename"), json!({ "id": world.sample.ann })),
        (by_id("node", "__typename"), json!({ "id": device })),
        (
            "query($id: ID!) { check(input: { licenseId: $id, feature: \"core\" }) { allowed } }".to_owned(),
            json!({ "id": license }),
        ),
        (
            "query($id: ID!) { diagnose(input: { licenseId: $id }) { allowed } }".to_owned(),
            json!({ "id": license }),
        ),
        (
            "query($id: ID!) { history(license: $id, first: 5) { edges { node { id } } } }".to_owned(),
            json!({ "id": license }),
        ),
        (
            "query($id: ID!) { history(account: $id, first: 5) { edges { node { id } } } }".to_owned(),
            json!({ "id": acme }),
        ),
        (
            "query($id: ID!) { licenses(account: $id, first: 5) { edges { node { id } } } }".to_owned(),
            json!({ "id": acme }),
        ),
        (
            "query($id: ID!) { licenseChangePreview(input: { licenseId: $id, changeOffering: \"growth\" }) \
             { possible } }"
                .to_owned(),
            json!({ "id": license }),
        ),
    ]
}

/// The same id with its last characters replaced: nobody has it.
fn unknown(id: &str) -> String {
    let (kept, _) = id.split_at(id.len() - 6);
    format!("{kept}ZZZZZZ")
}

#[test]
fn s1_05_another_customers_ids_are_answered_like_unknown_ones() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let laptop = json!({ "licenseId": l1, "fingerprint": "laptop", "name": "Laptop" });
    let device = world.ann.done("deviceActivate", laptop, "device { id }");
    let device = text(&device["device"]["id"]);
    for (query, variables) in probes(&world, &device) {
        let foreign = world.gina.ask(&query, &variables).json();
        let id = unknown(variables["id"].as_str().unwrap());
        let nothing = world.gina.ask(&query, &json!({ "id": id })).json();
        let same = |body: &Value| {
            let mut body = body.clone();
            if let Some(errors) = body["errors"].as_array_mut() {
                errors.iter_mut().for_each(|error| error["extensions"]["requestId"] = Value::Null);
            }
            body
        };
        assert_eq!(same(&foreign), same(&nothing), "{query}");
        let body = foreign.to_string();
        assert!(!body.contains("Acme") && !body.contains(&l1), "{query}: {body}");
    }
    let bob = world.sample.bob.clone();
    for (mutation, input) in [
        ("seatAssign", json!({ "licenseId": l1, "memberId": bob })),
        ("seatUnassign", json!({ "licenseId": l1, "memberId": bob })),
        ("deviceActivate", json!({ "licenseId": l1, "fingerprint": "x", "name": "x" })),
        ("deviceDeactivate", json!({ "licenseId": l1, "deviceId": device })),
        ("deviceCheckIn", json!({ "licenseId": l1, "deviceId": device })),
        ("devicesRetireDormant", json!({ "licenseId": l1 })),
        ("domainActivate", json!({ "licenseId": l1, "domain": "shop.acme.example" })),
        ("licenseApplyBundle", json!({ "licenseId": l1, "bundle": "analytics" })),
        ("licenseRemoveBundle", json!({ "licenseId": l1, "bundle": "analytics" })),
    ] {
        let mut missing = input.clone();
        missing["licenseId"] = unknown(&l1).into();
        let foreign = world.gina.refused(mutation, input);
        assert_eq!(foreign, world.gina.refused(mutation, missing), "{mutation}");
        assert_eq!(foreign["code"], "NOT_FOUND", "{mutation}");
    }
}

#[test]
fn s1_05_no_answer_to_a_customer_adds_up_several_customers() {
    let mut world = World::new();
    let globex = world.sample.globex.clone();
    let own = world.issue(&globex, "growth", "ORBT-AAAA-BBBB-CCCC");
    let l1 = world.l1.clone();
    let bob = world.sample.bob.clone();
    world.ann.done("seatAssign", json!({ "licenseId": l1, "memberId": bob }), "");
    let everything = "{ dashboard { total byStatus { status count } seats { assigned } } seats { assigned purchased } \
        licenses(first: 50) { edges { node { id accountName } } } devices(first: 50) { edges { node { id } } } \
        entitlements { modules { features { licenseId } } } history(first: 100) { edges { node { text aboutId } } } }";
    let data = world.gina.query(everything, &json!({}));
    assert_eq!(data["dashboard"]["total"], 1);
    assert_eq!(data["dashboard"]["seats"]["assigned"], "0");
    assert_eq!(data["seats"]["purchased"], "25");
    let body = data.to_string();
    assert!(body.contains(&own), "{body}");
    for foreign in ["Acme", "Bob", &l1, &world.sample.acme, &world.sample.ann] {
        assert!(!body.contains(foreign), "gina was told of {foreign}: {body}");
    }
    assert_eq!(seen(&mut world.gina, &l1, "id"), Value::Null);
}

#[test]
fn a_request_that_is_no_graphql_is_refused_with_a_code_and_changes_nothing() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let ann = world.token_of(member(&world.sample.ann), Audience::Portal);
    let door = Door::new(world.addresses.portal).with_token(&ann);
    let before = world.seen_by_ann(&l1, "factCount");
    let mutation = document("seatAssign", "");
    let input = json!({ "licenseId": l1, "memberId": world.sample.bob, "commandId": "cmd_x" });
    let body = json!({ "query": mutation, "variables": { "input": input } }).to_string();
    let json_type = ("content-type", "application/json");
    let cases = [
        ("POST", json_type, "{ not json".to_owned()),
        ("POST", ("content-type", "text/plain"), body.clone()),
        ("POST", json_type, format!("[{body},{body}]")),
        ("POST", json_type, json!({ "query": "{ unknownField }" }).to_string()),
        ("POST", json_type, json!({ "query": "{ ".repeat(5_000) }).to_string()),
        ("PUT", json_type, body),
    ];
    for (method, header, body) in cases {
        let mut door = door.with_token(&ann);
        let answer = door.send(method, "/graphql", &[header], body.as_bytes()).unwrap();
        let shown = answer.text();
        assert!(answer.status >= 400 || shown.contains("errors"), "{method} {body:.60}: {shown}");
        assert!(shown.contains("\"code\""), "{method} {body:.60}: {shown}");
        for leak in ["panicked", "src/", "Debug", "rust"] {
            assert!(!shown.contains(leak), "{shown}");
        }
    }
    assert_eq!(world.seen_by_ann(&l1, "factCount"), before);
}
