//! Groups: who is in one has a seat of the license, and nobody else.

use serde_json::{Value, json};

use super::stage::{Stage, error};
use crate::support::graphql;

fn member(id: &str) -> Value {
    json!({ "value": id })
}

fn change(op: &str, path: &str, value: Value) -> Value {
    json!([{ "op": op, "path": path, "value": value }])
}

/// Who is in a group, as SCIM tells: the ids in their order.
fn in_group(stage: &Stage, group: &str) -> Vec<String> {
    let told = stage.ask("GET", &format!("/Groups/{group}"), None).json();
    let members = told["members"].as_array().unwrap().clone();
    members.iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_is_added_to_a_group_has_a_seat_and_who_is_removed_has_none() {
    let stage = Stage::new();
    let (l1, eve) = (stage.group("L1"), stage.user("eve@acme.example"));
    let path = format!("/Groups/{l1}");
    let before = stage.members("L1");
    assert!(before.len() == 4 && !before.contains(&"eve@acme.example".to_owned()), "{before:?}");
    for _ in 0..2 {
        let answer = stage.patch(&path, change("add", "members", json!([member(&eve)])));
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(in_group(&stage, &l1).contains(&eve));
        assert!(stage.members("L1").contains(&"eve@acme.example".to_owned()));
    }
    let facts = stage.facts("L1");
    stage.patch(&path, change("Add", "members", json!([member(&eve)])));
    assert_eq!(stage.facts("L1"), facts, "what is so already is no second fact");
    // The history says who did it, and through what.
    let told = stage.person("ann", &format!(
        "{{ history(license: \"{l1}\", first: 1) {{ nodes {{ fact basis actor {{ name program }} }} }} }}"
    ));
    let newest = &told["history"]["nodes"][0];
    assert_eq!(
        (&newest["fact"], &newest["actor"]["program"]),
        (&json!("seat_assigned"), &json!("directory"))
    );
    assert!(
        newest["basis"].as_str().unwrap().starts_with("seats.manage:home_role:tok_"),
        "{newest}"
    );
    for _ in 0..2 {
        let removed = format!("members[value eq \"{eve}\"]");
        let answer = stage.patch(&path, json!([{ "op": "remove", "path": removed }]));
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(stage.members("L1"), before);
    }
}

#[test]
fn when_no_seat_is_left_the_ledger_says_so_and_nothing_is_recorded() {
    let stage = Stage::new();
    let path = format!("/Groups/{}", stage.group("L1"));
    let (eve, fay) = (stage.user("eve@acme.example"), stage.user("fay@acme.example"));
    let facts = stage.facts("L1");
    let both = stage.patch(&path, change("add", "members", json!([member(&eve), member(&fay)])));
    assert_eq!(error(&both, 409, None), "NO_SEAT_AVAILABLE");
    assert_eq!(stage.facts("L1"), facts);
    assert_eq!(stage.patch(&path, change("add", "members", json!([member(&eve)]))).status, 200);
    let one = stage.patch(&path, change("add", "members", json!([member(&fay)])));
    assert_eq!(error(&one, 409, None), "NO_SEAT_AVAILABLE");
    // One goes and one comes: there is room for that, in one request.
    let swap = json!([
        { "op": "add", "path": "members", "value": [member(&fay)] },
        { "op": "remove", "path": format!("members[value eq \"{eve}\"]") },
    ]);
    assert_eq!(stage.patch(&path, swap).status, 200);
    assert!(stage.members("L1").contains(&"fay@acme.example".to_owned()));
}

#[test]
fn a_request_of_several_changes_is_done_as_a_whole_or_taken_back() {
    let stage = Stage::new();
    let (l1, eve, fay) =
        (stage.group("L1"), stage.user("eve@acme.example"), stage.user("fay@acme.example"));
    let path = format!("/Groups/{l1}");
    let named = ["cleo@acme.example", "dan@acme.example"].map(|email| member(&stage.user(email)));
    assert_eq!(stage.patch(&path, change("Remove", "members", json!(named))).status, 200);
    // Of the three that are free, two are set aside for an account below: one is left for people of this one.
    let below = stage.person("ann", "{ account { subAccounts(first: 1) { nodes { id } } } }");
    let below = &below["account"]["subAccounts"]["nodes"][0]["id"];
    let set_aside = json!({ "licenseId": l1, "accountId": below, "seats": "2" });
    stage.act_as("ann", "seatsAllocate", &set_aside);
    let before = stage.members("L1");
    let both = change("add", "members", json!([member(&eve), member(&fay)]));
    assert_eq!(error(&stage.patch(&path, both), 409, None), "NO_SEAT_AVAILABLE");
    assert_eq!(stage.members("L1"), before, "whoever got a seat first does not keep it");
    assert_eq!(stage.patch(&path, change("add", "members", json!([member(&eve)]))).status, 200);
}

#[test]
fn a_group_of_the_provider_is_taken_for_the_license_with_its_name() {
    let stage = Stage::new();
    let l1 = stage.group("L1");
    let group = stage.ask("GET", &format!("/Groups/{l1}?excludedAttributes=members"), None).json();
    assert_eq!(group.get("members"), None);
    let name = group["displayName"].as_str().unwrap().to_owned();
    let asked = format!("{{ license(id: \"{l1}\") {{ productName keyMasked }} }}");
    let license = stage.person("ann", &asked);
    let key = license["license"]["keyMasked"].as_str().unwrap();
    let end = key.rsplit('-').next().unwrap();
    assert_eq!(name, format!("{} {end}", license["license"]["productName"].as_str().unwrap()));
    let found = stage.find("Groups", &format!("displayName eq \"{name}\""));
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(l1)));

    let eve = stage.user("eve@acme.example");
    for name in [name.clone(), name.to_uppercase()] {
        let body = json!({ "displayName": name, "members": [member(&eve)] });
        let made = stage.ask("POST", "/Groups", Some(&body));
        assert_eq!((made.status, &made.json()["id"]), (201, &json!(l1)), "{}", made.body);
        assert!(made.header("location").unwrap().ends_with(&format!("/scim/v2/Groups/{l1}")));
        assert_eq!(stage.members("L1").len(), 5);
    }
    let other = stage.ask("POST", "/Groups", Some(&json!({ "displayName": "Tour Guides" })));
    assert_eq!(error(&other, 400, Some("invalidValue")), "BAD_USER_INPUT");
    assert!(
        other.json()["detail"].as_str().unwrap().contains(&format!("\"{name}\"")),
        "{}",
        other.body
    );
}

#[test]
fn a_group_that_is_put_has_who_was_put_and_one_that_is_deleted_nobody() {
    let stage = Stage::new();
    let (l1, bob, eve) =
        (stage.group("L1"), stage.user("bob@acme.example"), stage.user("eve@acme.example"));
    let path = format!("/Groups/{l1}");
    let put = |members: Value| {
        let body = json!({ "displayName": "as the provider calls it", "members": members });
        stage.ask("PUT", &path, Some(&body)).status
    };
    assert_eq!(put(json!([member(&bob), member(&eve), member(&eve)])), 200);
    assert_eq!(stage.members("L1"), ["bob@acme.example", "eve@acme.example"]);
    let facts = stage.facts("L1");
    assert_eq!(put(Value::Null), 200, "nobody is told: everybody stays");
    assert_eq!(put(json!([member(&eve), member(&bob)])), 200);
    assert_eq!(stage.facts("L1"), facts);
    for _ in 0..2 {
        assert_eq!(stage.ask("DELETE", &path, None).status, 204);
        assert_eq!(stage.members("L1"), [""; 0]);
    }
    let stays = stage.ask("GET", &path, None).json();
    assert_eq!((&stays["id"], &stays["members"]), (&json!(l1), &json!([])), "the license stays");
}

#[test]
fn only_users_of_the_account_are_added_and_others_are_left_alone() {
    let stage = Stage::new();
    let l1 = stage.group("L1");
    let path = format!("/Groups/{l1}");
    let gil = stage.person("gil", "{ viewer { member { id } } }");
    let gil = gil["viewer"]["member"]["id"].as_str().unwrap();
    let facts = stage.facts("L1");
    let add = |id: &str| {
        let answer = stage.patch(&path, change("add", "members", json!([member(id)])));
        assert_eq!(error(&answer, 400, Some("invalidValue")), "NOT_FOUND");
        answer.body
    };
    let unknown = add("mem_00000000000000000000000000");
    assert_eq!(add(gil), unknown);
    assert_eq!(add("2819c223-7f76-453a-919d-413861904646"), unknown);
    let nobody = change("remove", "members", json!([member(gil)]));
    assert_eq!(stage.patch(&path, nobody).status, 200, "whoever is not there needs no removing");
    assert_eq!(stage.facts("L1"), facts);
    // Somebody of an account below has a seat: that is none of this group's business.
    let below = stage.person("ann", "{ account { subAccounts(first: 1) { nodes { id } } } }");
    let below = below["account"]["subAccounts"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let asked = format!(
        "{{ account(id: \"{below}\") {{ members(first: 1) {{ nodes {{ id email }} }} }} }}"
    );
    let told = stage.person("ann", &asked);
    let one = &told["account"]["members"]["nodes"][0];
    stage.act_as("ann", "seatAssign", &json!({ "licenseId": l1, "memberId": one["id"] }));
    assert!(!in_group(&stage, &l1).contains(&one["id"].as_str().unwrap().to_owned()));
    assert_eq!(stage.ask("DELETE", &path, None).status, 204);
    assert_eq!(stage.members("L1"), [one["email"].as_str().unwrap()]);
}

#[test]
fn who_is_suspended_is_out_before_the_answer_and_keeps_the_seat() {
    let stage = Stage::new();
    let (bob, session) = (stage.user("bob@acme.example"), stage.token_of("bob"));
    let path = format!("/Users/{bob}");
    let is_in = || graphql(&stage.service.portal, Some(&session), "{ __typename }").status == 200;
    for again in [false, true] {
        assert_eq!(is_in(), !again);
        let out = change("Replace", "active", json!("False"));
        let told = stage.patch(&path, out);
        assert_eq!((told.status, &told.json()["active"]), (200, &json!(false)), "{}", told.body);
        assert!(!is_in(), "the session of before is refused at once");
    }
    assert_eq!(stage.told("member_suspended"), 1, "what is so already is no second fact");
    assert!(stage.members("L1").contains(&"bob@acme.example".to_owned()));
    for _ in 0..2 {
        let told = stage.patch(&path, json!([{ "op": "replace", "value": { "active": true } }]));
        assert_eq!(told.json()["active"], true);
    }
    assert_eq!(stage.told("member_restored"), 1);
    assert_eq!(
        stage.service.sign_in(&stage.service.portal, "bob@acme.example", "bob-orbit-sample").status,
        200
    );
    for _ in 0..2 {
        assert_eq!(stage.ask("DELETE", &path, None).status, 204);
        assert_eq!(stage.ask("GET", &path, None).json()["active"], false, "nobody is erased");
    }
    assert_eq!(stage.told("member_suspended"), 2);
    // Nobody takes the own rights away, not through a program either.
    let ann = stage.ask("DELETE", &format!("/Users/{}", stage.user("ann@acme.example")), None);
    assert_eq!(error(&ann, 403, None), "ONESELF");
}
