//! S1.4: two doors, two schemas, two sets of keys. What opens one opens nothing at the other.

use std::collections::BTreeSet;

use serde_json::json;

use crate::client::each;
use crate::devices::published;
use crate::socket::{Heard, Socket};
use crate::stage::{PASSWORD, Side};
use crate::world::World;

const WHO: &str = "{ __typename }";

fn status(world: &World, side: Side, token: Option<&str>) -> (u16, String) {
    let door = world.nobody(side);
    let mut door = token.map_or_else(|| world.nobody(side), |token| door.with_token(token));
    let answer = door.graphql(WHO, &json!({})).unwrap();
    let code =
        answer.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    (answer.status, code)
}

#[test]
fn s1_04_a_valid_token_of_one_side_is_401_at_the_other() {
    let world = World::new();
    let (vera, ann) = (world.token("vera"), world.token("ann"));
    let refused = (401, "UNAUTHENTICATED".to_owned());
    assert_eq!(status(&world, Side::Console, Some(&vera)).0, 200);
    assert_eq!(status(&world, Side::Portal, Some(&ann)).0, 200);
    assert_eq!(status(&world, Side::Portal, Some(&vera)), refused);
    assert_eq!(status(&world, Side::Console, Some(&ann)), refused);
    for side in [Side::Portal, Side::Console] {
        assert_eq!(status(&world, side, None), refused);
        assert_eq!(status(&world, side, Some("nonsense")), refused);
    }
    let swapped = ann.replacen("portal", "console", 1);
    assert_ne!(swapped, ann, "a token says which door it is for: {}", &ann[..12]);
    assert_eq!(
        status(&world, Side::Console, Some(&swapped)),
        refused,
        "and its prefix alone opens nothing"
    );
    for (address, token) in [(world.addresses.portal, &vera), (world.addresses.console, &ann)] {
        let (_, heard) = Socket::connect(&world, "ann", address, token);
        assert!(matches!(heard, Heard::Closed(Some(4403))), "{heard:?}");
    }
    assert_ne!(world.addresses.portal, world.addresses.console);
}

#[test]
fn s1_04_one_signs_in_at_one_s_own_side_only_and_no_header_says_who_one_is() {
    let world = World::new();
    let (vera, ann) = ("vera@vendor-okapi.example", "ann@acme-wombat.example");
    for (side, email, password, wanted) in [
        (Side::Console, vera, PASSWORD, 200),
        (Side::Portal, ann, PASSWORD, 200),
        (Side::Portal, vera, PASSWORD, 401),
        (Side::Console, ann, PASSWORD, 401),
        (Side::Portal, ann, "another long enough password", 401),
        (Side::Portal, "nobody@nowhere.example", PASSWORD, 401),
    ] {
        let answer = world.sign_in(side, email, password);
        assert_eq!(answer.status, wanted, "{side:?} {email}: {}", answer.text());
        assert!(answer.headers.iter().all(|(name, _)| name != "set-cookie"), "no cookie is shared");
    }
    let mut door = world.nobody(Side::Portal);
    let body = json!({ "query": WHO }).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-user", ann),
        ("x-user-id", &world.ann),
        ("cookie", "session=ann"),
    ];
    let answer = door.send("POST", "/graphql", &headers, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 401, "{}", answer.text());
}

#[test]
fn s1_04_a_sign_out_ends_the_token() {
    let world = World::new();
    let token =
        world.sign_in(Side::Portal, "ann@acme-wombat.example", PASSWORD).json()["token"].clone();
    let token = token.as_str().unwrap();
    assert_eq!(status(&world, Side::Portal, Some(token)).0, 200);
    let mut door = world.nobody(Side::Portal).with_token(token);
    assert_eq!(door.send("POST", "/sign-out", &[], b"").unwrap().status, 204);
    assert_eq!(status(&world, Side::Portal, Some(token)).0, 401);
    let kept = world.token("ann");
    assert_eq!(status(&world, Side::Portal, Some(&kept)).0, 200, "another session of hers goes on");
}

/// The names of all types of a published schema.
fn types(sdl: &str) -> BTreeSet<String> {
    let kinds = ["type ", "input ", "enum ", "union ", "interface ", "scalar "];
    let starts =
        sdl.lines().filter_map(|line| kinds.iter().find_map(|kind| line.strip_prefix(kind)));
    starts.map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect()).collect()
}

#[test]
fn s1_04_the_customers_schema_holds_no_type_of_the_vendors() {
    let (portal, console) = (published("portal"), published("console"));
    let shared = types(&portal);
    let vendor_only: BTreeSet<String> = types(&console).difference(&shared).cloned().collect();
    for known in [
        "StaffMember",
        "StaffRole",
        "FindResult",
        "LedgerState",
        "AccountOpenInput",
        "LicenseIssueInput",
        "LicenseRevokeInput",
    ] {
        assert!(vendor_only.contains(known), "{known} is the vendor's alone: {vendor_only:?}");
    }
    for word in
        ["Staff", "Console", "Telemetry", "Publish", "LicenseIssue", "LicenseRevoke", "StaffAdd"]
    {
        assert!(!portal.contains(word), "the portal's schema speaks of {word}");
    }
}

#[test]
fn s1_04_the_console_serves_its_published_schema_and_the_portal_keeps_its_own() {
    let world = World::new();
    let question = "{ __schema { types { name kind } } }";
    assert_eq!(world.error("ann", question, json!({})), "INTROSPECTION_DISABLED");
    let seen = world.ask("vera", question, json!({}));
    let served = each(&seen["__schema"]["types"], "name").into_iter();
    let served: BTreeSet<String> = served.filter(|name| !name.starts_with("__")).collect();
    let published = types(&published("console"));
    let missing: Vec<_> = published.difference(&served).collect();
    let extra: Vec<_> = served.difference(&published).collect();
    let built_in = ["Boolean", "Float", "ID", "Int", "String"];
    assert!(missing.is_empty(), "not served: {missing:?}");
    assert!(extra.iter().all(|name| built_in.contains(&name.as_str())), "not published: {extra:?}");
}
