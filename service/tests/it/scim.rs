//! SCIM at the portal: what identity providers send, who may send it, and what becomes of people and seats.

mod providers;
mod rfc;
mod seats;
mod stage;

use serde_json::{Value, json};

use self::stage::{Stage, error};
use crate::own_ledger::{ANN, PASSWORD, imported_with, password_of};
use crate::proxies::{mutation, soon};
use crate::support::{Service, exchange, graphql, post};

#[test]
fn whoever_shows_no_token_of_a_program_is_told_so_before_anything_else() {
    let stage = Stage::new();
    for (method, path) in [
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/Users"),
        ("POST", "/Groups"),
        ("GET", "/nothing"),
    ] {
        // Somebody who signed in has pages: a session is no token of a program.
        for token in [None, Some("ent_test_NONE"), Some(stage.ann.as_str())] {
            let answer = stage.send(token, method, path, "not even JSON");
            assert_eq!(error(&answer, 401, None), "UNAUTHENTICATED", "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    let vera = stage.token_of("vera");
    assert_eq!(stage.send(Some(&vera), "GET", "/Users", "").status, 401);
    let console = exchange(
        &stage.service.console,
        &format!(
            "GET /scim/v2/Users HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            stage.service.console, stage.token
        ),
    );
    assert_eq!(console.status, 404, "the vendor's side has none");
}

#[test]
fn a_token_does_what_its_scopes_say_and_no_more() {
    let stage = Stage::new();
    let (bob, l1) = (stage.user("bob@acme.example"), stage.group("L1"));
    let suspend = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    let newcomer = json!({ "userName": "new@acme.example" });
    let empty = json!({ "members": [] });
    let read = stage.program("ann", &["READ"]);
    let people = stage.program("ann", &["PEOPLE"]);
    let licenses = stage.program("ann", &["LICENSES"]);
    let users = [
        ("GET", "/Users".to_owned(), None),
        ("GET", format!("/Users/{bob}"), None),
        ("POST", "/Users".to_owned(), Some(&newcomer)),
        ("PUT", format!("/Users/{bob}"), Some(&newcomer)),
        ("PATCH", format!("/Users/{bob}"), Some(&suspend)),
        ("DELETE", format!("/Users/{bob}"), None),
    ];
    let groups = [
        ("GET", "/Groups".to_owned(), None),
        ("GET", format!("/Groups/{l1}"), None),
        ("POST", "/Groups".to_owned(), Some(&newcomer)),
        ("PUT", format!("/Groups/{l1}"), Some(&empty)),
        ("PATCH", format!("/Groups/{l1}"), Some(&suspend)),
        ("DELETE", format!("/Groups/{l1}"), None),
    ];
    for (token, refused) in
        [(&read, &users), (&read, &groups), (&people, &groups), (&licenses, &users)]
    {
        for (method, path, body) in refused {
            let body = body.map(ToString::to_string).unwrap_or_default();
            let answer = stage.send(Some(token), method, path, &body);
            assert_eq!(error(&answer, 403, None), "FORBIDDEN", "{method} {path}");
            assert!(answer.body.contains("the token does not allow this"), "{}", answer.body);
        }
    }
    assert_eq!(stage.members("L1").len(), 4, "nobody lost a seat");
    assert_eq!(
        stage.send(Some(&people), "GET", &format!("/Users/{bob}"), "").json()["active"],
        true
    );
    assert_eq!(stage.send(Some(&licenses), "GET", &format!("/Groups/{l1}"), "").status, 200);
    assert_eq!(stage.send(Some(&read), "GET", "/Schemas", "").status, 200);
}

#[test]
fn a_token_whose_maker_was_demoted_does_nothing_any_more() {
    let stage = Stage::new();
    let (ann, bob, l1) =
        (stage.user("ann@acme.example"), stage.user("bob@acme.example"), stage.group("L1"));
    stage.act_as("vera", "memberChangeRole", &json!({ "memberId": ann, "role": "MEMBER" }));
    for path in [format!("/Users/{bob}"), format!("/Groups/{l1}")] {
        for method in ["GET", "DELETE"] {
            let answer = stage.ask(method, &path, None);
            assert_eq!(error(&answer, 403, None), "FORBIDDEN", "{method} {path}");
        }
    }
    stage.act_as("vera", "memberChangeRole", &json!({ "memberId": ann, "role": "ORG_ADMIN" }));
    assert_eq!(stage.ask("GET", &format!("/Users/{bob}"), None).json()["active"], true);
    // Suspended, it takes the token along.
    stage.act_as("vera", "memberSuspend", &json!({ "memberId": ann }));
    assert_eq!(stage.ask("GET", "/Users", None).status, 401);
}

#[test]
fn whoever_looks_after_one_license_has_one_group_and_no_users() {
    let stage = Stage::new();
    let (l1, bob) = (stage.group("L1"), stage.user("bob@acme.example"));
    let grant = json!({ "memberId": bob, "role": "LICENSE_MANAGER", "licenseId": l1 });
    stage.act_as("ann", "roleGrant", &grant);
    let bobs = stage.program("bob", &["LICENSES"]);
    let as_bob = |method, path: &str, body: &str| stage.send(Some(&bobs), method, path, body);
    let groups = as_bob("GET", "/Groups", "").json();
    assert_eq!((&groups["totalResults"], &groups["Resources"][0]["id"]), (&json!(1), &json!(l1)));
    let other = stage.group("L4");
    assert_eq!(stage.ask("GET", &format!("/Groups/{other}"), None).status, 200);
    let unknown = as_bob("DELETE", "/Groups/lic_00000000000000000000000000", "");
    let foreign = as_bob("DELETE", &format!("/Groups/{other}"), "");
    assert_eq!(error(&foreign, 404, None), "NOT_FOUND");
    assert_eq!(foreign.body, unknown.body);
    let eve = stage.user("eve@acme.example");
    let add =
        json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": eve }] }] });
    let added = as_bob("PATCH", &format!("/Groups/{l1}"), &add.to_string());
    assert_eq!(added.status, 200, "{}", added.body);
    assert_eq!(error(&as_bob("GET", "/Users", ""), 403, None), "FORBIDDEN");
    assert_eq!(error(&as_bob("DELETE", &format!("/Users/{eve}"), ""), 403, None), "FORBIDDEN");
}

#[test]
fn where_a_second_factor_is_demanded_a_program_of_who_has_none_is_not_let_in() {
    let stage = Stage::new();
    let bob = format!("/Users/{}", stage.user("bob@acme.example"));
    let account = stage.person("ann", "{ account { id } }")["account"]["id"].take();
    let demanded = json!({ "accountId": account, "demanded": true });
    stage.act_as("vera", "accountDemandSecondFactor", &demanded);
    for method in ["GET", "DELETE"] {
        let answer = stage.ask(method, &bob, None);
        assert_eq!(error(&answer, 403, None), "SECOND_FACTOR_REQUIRED", "{method}");
    }
}

#[test]
fn a_directory_that_asks_for_too_much_waits_and_is_told_for_how_long() {
    let home = imported_with("");
    assert!(password_of(&home, ANN).output().unwrap().status.success());
    let service =
        Service::start_command(&["serve", "--data", home.data(), "--management-rate", "20"]);
    let told = service.sign_in(&service.portal, ANN, PASSWORD).json();
    let input = json!({
        "commandId": "00000000-0000-4000-8000-00000000000b", "name": "directory", "scopes": ["PEOPLE"],
        "expiresAt": soon(),
    });
    let made = post(&service.portal, "/graphql", told["token"].as_str(), &mutation(&input)).json();
    let token = made["data"]["apiTokenCreate"]["created"]["secret"].as_str().unwrap();
    let ask = || {
        exchange(
            &service.portal,
            &format!(
                "GET /scim/v2/Users HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
                 Connection: close\r\n\r\n",
                service.portal
            ),
        )
    };
    assert_eq!(ask().status, 200);
    let refused = (0..20).map(|_| ask()).find(|answer| answer.status == 429);
    let refused =
        refused.expect("a page is a hundred rows, and twenty of them more than 600 points");
    assert_eq!(error(&refused, 429, None), "RATE_LIMITED");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 0, "{:?}", refused.headers);
}

#[test]
fn what_is_somebody_elses_and_what_is_not_there_are_one_answer() {
    let stage = Stage::new();
    let gil = stage.person("gil", "{ viewer { member { id } } }");
    let foreign = gil["viewer"]["member"]["id"].as_str().unwrap().to_owned();
    let globex = stage.person("gil", "{ licenses(first: 1) { nodes { id } } }");
    let license = globex["licenses"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    // Somebody of an account below the token's is no user of it either.
    let below = stage.person("ann", "{ account { subAccounts(first: 1) { nodes { id } } } }");
    let below = below["account"]["subAccounts"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let asked =
        format!("{{ account(id: \"{below}\") {{ members(first: 1) {{ nodes {{ id }} }} }} }}");
    let member = stage.person("ann", &asked);
    let member = member["account"]["members"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let patch = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let body = (method == "PATCH" || method == "PUT").then_some(&patch);
        let of = |kind: &str, id: &str| {
            let answer = stage.ask(method, &format!("/{kind}/{id}"), body);
            assert_eq!(error(&answer, 404, None), "NOT_FOUND", "{method} {kind} {id}");
            answer.body
        };
        let unknown = of("Users", "mem_00000000000000000000000000");
        for id in [foreign.as_str(), &member, "2819c223-7f76-453a-919d-413861904646", &license] {
            assert_eq!(of("Users", id), unknown, "{method}");
        }
        let unknown = of("Groups", "lic_00000000000000000000000000");
        for id in [license.as_str(), "e9e30dba-f08f-4109-8486-d5c6a331660a", &foreign] {
            assert_eq!(of("Groups", id), unknown, "{method}");
        }
    }
    // Nor is anybody found by what is typed.
    let gils = stage.find("Users", "userName eq \"gil@globex.example\"");
    let nobody = stage.find("Users", "userName eq \"nobody@globex.example\"");
    assert_eq!((gils["totalResults"].clone(), gils), (json!(0), nobody));
    let all = stage.ask("GET", "/Users?count=200", None).body;
    assert!(!all.contains("globex.example") && !all.contains(&member), "{all}");
}

#[test]
fn what_is_not_taken_is_refused_as_scim_says() {
    let stage = Stage::new();
    let bob = format!("/Users/{}", stage.user("bob@acme.example"));
    let send =
        |method: &str, path: &str, body: &str| stage.send(Some(&stage.token), method, path, body);
    let refused = |method: &str, path: &str, body: &str, status, scim_type| {
        error(&send(method, path, body), status, scim_type)
    };
    refused("GET", "/Users?filter=userName%20is", "", 400, Some("invalidFilter"));
    let long = format!("/Users?filter={}", "x".repeat(1_001));
    refused("GET", &long, "", 400, Some("invalidFilter"));
    refused("GET", "/Users?count=many", "", 400, Some("invalidValue"));
    refused("POST", "/Users", "{", 400, Some("invalidSyntax"));
    refused("POST", "/Users", "[]", 400, Some("invalidSyntax"));
    refused("POST", "/Users", "{}", 400, Some("invalidValue"));
    refused("POST", "/Users", r#"{"userName":"no e-mail"}"#, 400, Some("invalidValue"));
    refused("POST", "/Users", r#"{"userName":"a@b"}"#, 400, Some("invalidValue"));
    refused("PATCH", &bob, r#"{"Operations":[{"op":"remove"}]}"#, 400, Some("noTarget"));
    refused(
        "PATCH",
        &bob,
        r#"{"Operations":[{"op":"add","path":"a["}]}"#,
        400,
        Some("invalidPath"),
    );
    assert_eq!(refused("POST", "/Users", &"x".repeat(300_000), 413, None), "BODY_TOO_LARGE");
    assert_eq!(refused("GET", "/Bulk", "", 404, None), "NOT_FOUND");
    assert_eq!(refused("GET", "/Users/a/b", "", 404, None), "NOT_FOUND");
    for (path, allow) in
        [("/Users", "GET, POST"), (bob.as_str(), "GET, PUT, PATCH, DELETE"), ("/Schemas", "GET")]
    {
        let answer = send("TRACE", path, "");
        assert_eq!(error(&answer, 405, None), "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), Some(allow));
    }
    let plain = stage.send_as("text/plain", "POST", "/Users", r#"{"userName":"a@b.example"}"#);
    assert_eq!(error(&plain, 415, None), "UNSUPPORTED_MEDIA_TYPE");
}

#[test]
fn what_this_service_does_of_scim_is_told() {
    let stage = Stage::new();
    let of = |path: &str| stage.ask("GET", path, None).json();
    let configuration = of("/ServiceProviderConfig");
    assert_eq!(configuration["patch"]["supported"], true);
    assert_eq!(configuration["filter"], json!({ "supported": true, "maxResults": 200 }));
    assert_eq!(configuration["bulk"]["supported"], false);
    for (path, ids) in [
        ("/ResourceTypes", vec!["User", "Group"]),
        (
            "/Schemas",
            vec![
                "urn:ietf:params:scim:schemas:core:2.0:User",
                "urn:ietf:params:scim:schemas:core:2.0:Group",
            ],
        ),
    ] {
        let listed = of(path);
        assert_eq!(listed["totalResults"], ids.len(), "{listed}");
        for (one, id) in listed["Resources"].as_array().unwrap().iter().zip(ids) {
            assert_eq!(one["id"], id);
            assert_eq!(of(&format!("{path}/{id}")), *one);
        }
    }
    assert_eq!(stage.ask("GET", "/Schemas/other", None).status, 404);
}

#[test]
fn pages_walk_through_everybody_once() {
    let stage = Stage::new();
    let whole = stage.ask("GET", "/Users", None).json();
    let total = whole["totalResults"].as_u64().unwrap();
    assert!(total >= 7, "{whole}");
    // What the vendor calls people is the vendor's.
    assert!(!whole.to_string().contains("externalId"), "{whole}");
    let mut walked = Vec::new();
    for start in (1..=total).step_by(3) {
        let page = stage.ask("GET", &format!("/Users?startIndex={start}&count=3"), None).json();
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(total), &json!(start)));
        let rows = page["Resources"].as_array().unwrap().clone();
        assert_eq!(page["itemsPerPage"], rows.len());
        walked.extend(rows);
    }
    assert_eq!(json!(walked), whole["Resources"]);
    let counted = stage.ask("GET", "/Users?count=0", None).json();
    assert_eq!((&counted["totalResults"], &counted["Resources"]), (&json!(total), &json!([])));
    // The same by a search, whose filter stands in no log of addresses.
    let search = |kind: &str, body: Value| {
        let found = stage.ask("POST", &format!("/{kind}/.search"), Some(&body));
        assert_eq!(found.status, 200, "{}", found.body);
        found.json()
    };
    assert_eq!(search("Users", json!({ "startIndex": 1, "count": 100 })), whole);
    let filter = "userName eq \"bob@acme.example\"";
    let bob = search("Users", json!({ "filter": filter, "attributes": ["userName"] }));
    assert_eq!(bob["Resources"][0]["userName"], "bob@acme.example");
    assert_eq!((&bob["totalResults"], bob["Resources"][0].get("active")), (&json!(1), None));
    let groups = search("Groups", json!({ "excludedAttributes": ["members"] }));
    assert!(groups["Resources"][0]["displayName"].is_string(), "{groups}");
    assert_eq!(groups["Resources"][0].get("members"), None);
    let erased = stage.user("fay@acme.example");
    stage.act_as("ann", "memberSuspend", &json!({ "memberId": erased }));
    stage.act_as(
        "ann",
        "memberErase",
        &json!({ "memberId": erased, "ground": "CONSENT_WITHDRAWN" }),
    );
    assert_eq!(stage.ask("GET", "/Users", None).json()["totalResults"], total - 1);
    assert_eq!(error(&stage.ask("GET", &format!("/Users/{erased}"), None), 404, None), "NOT_FOUND");
    assert_eq!(graphql(&stage.service.portal, Some(&stage.ann), "{ __typename }").status, 200);
}
