//! S1.5's programs: a person lets one act for it with a token. It never does more than the person may at that moment, nor
//! more than the token is for, and the history says who did what through which program.

use serde_json::{Value, json};

use crate::client::{document, list};
use crate::isolation::{deeds, world_of_two};
use crate::stage::{Person, Side, text};
use crate::world::World;

/// Lets a program in for somebody; from then on it knocks under its name. Gives the id of the token.
fn program(world: &World, who: &str, name: &str, scopes: &[&str], extra: Value) -> String {
    let mut input = json!({ "name": name, "scopes": scopes, "expiresAt": "2026-12-01T00:00:00Z" });
    for (key, value) in extra.as_object().unwrap() {
        input[key] = value.clone();
    }
    let created = world.done(who, "apiTokenCreate", input, "created { secret token { id } }");
    let token = text(&created["created"]["secret"]);
    let (side, tenant) = {
        let people = world.people.lock().unwrap();
        (people[who].side, people[who].tenant.clone())
    };
    let door = Some(world.nobody(side).with_token(&token));
    let (email, signed_in_at) = (String::new(), world.now());
    let also = Vec::new();
    let person = Person { side, email, tenant, also, door, signed_in_at, token };
    world.people.lock().unwrap().insert(name.to_owned(), person);
    text(&created["created"]["token"]["id"])
}

fn seat(license: &str, member: &str) -> Value {
    json!({ "licenseId": license, "memberId": member })
}

/// The code with which a program's mutation is refused.
fn refused(world: &World, who: &str, mutation: &str, mut input: Value) -> Value {
    input["commandId"] = world.command_id().into();
    world.once(who, mutation, &input, "")["userErrors"][0].take()
}

/// The status that a bearer token is answered with.
fn status(world: &World, side: Side, token: &str) -> u16 {
    let body = json!({ "query": "{ __typename }" }).to_string();
    let headers = [("content-type", "application/json")];
    let mut door = world.nobody(side).with_token(token);
    door.send("POST", "/graphql", &headers, body.as_bytes()).unwrap().status
}

/// What the page of the own account says about the tokens.
fn tokens(world: &World, who: &str) -> Vec<Value> {
    let asked = "{ viewer { apiTokens { id name scopes networks expiresAt lastUsedOn } } }";
    list(&world.ask(who, asked, json!({}))["viewer"]["apiTokens"]).to_vec()
}

#[test]
fn s1_25_a_program_does_what_its_token_is_for_and_the_history_says_so() {
    let world = World::new();
    let id = program(&world, "ann", "directory sync", &["LICENSES"], json!({}));
    let secret = world.token("directory sync");
    assert!(secret.starts_with("ent_live_") && secret.len() == 41, "{secret}");
    let mut input = seat(&world.l1, &world.bob);
    input["commandId"] = world.command_id().into();
    let done = world.once("directory sync", "seatAssign", &input, "license { id }");
    assert_eq!(done["userErrors"], json!([]));

    let asked = "query($id: ID!) { history(license: $id, first: 1) { nodes { fact basis actor { kind name program } } } }";
    let told = world.ask("ann", asked, json!({ "id": world.l1 }));
    let newest = &told["history"]["nodes"][0];
    assert_eq!(newest["fact"], "seat_assigned");
    let actor = json!({ "kind": "MEMBER", "name": "Ann Wombat", "program": "directory sync" });
    assert_eq!(newest["actor"], actor);
    assert_eq!(newest["basis"], format!("seats.manage:home_role:{id}"));

    // It is listed where it was made, with when it was last used, and never again in the clear.
    let listed =
        (0..1_000).map(|_| tokens(&world, "ann")).find(|all| !all[0]["lastUsedOn"].is_null());
    let listed = listed.expect("the use is told");
    assert_eq!(listed.len(), 1);
    let expected = json!({ "id": id, "name": "directory sync", "scopes": ["LICENSES"], "networks": [],
        "expiresAt": "2026-12-01T00:00:00Z", "lastUsedOn": "2026-08-01T00:00:00Z" });
    assert_eq!(listed[0], expected);
    let export = world.ask("ann", "{ history { nodes { text } } }", json!({})).to_string();
    assert!(export.contains("the token directory sync was made for a program"), "{export}");
    assert!(!export.contains(&secret));

    // All day long that is one fact.
    let before = world.position();
    for _ in 0..5 {
        world.ask("directory sync", "{ account { name } }", json!({}));
    }
    assert_eq!(world.position(), before);
}

#[test]
fn s1_25_the_token_is_shown_once_and_to_a_retry_within_ten_minutes() {
    let world = World::new();
    let mut input =
        json!({ "name": "sync", "scopes": ["READ"], "expiresAt": "2026-12-01T00:00:00Z" });
    input["commandId"] = world.command_id().into();
    let shown = || {
        let made = world.once("ann", "apiTokenCreate", &input, "created { secret token { name } }");
        assert_eq!(made["created"]["token"]["name"], "sync", "{made}");
        made["created"]["secret"].clone()
    };
    let secret = shown();
    assert_eq!(shown(), secret);
    world.put(world.now().plus_seconds(600));
    world.confirm("ann");
    assert_eq!(shown(), Value::Null);
    assert_eq!(status(&world, Side::Portal, &text(&secret)), 200);
}

#[test]
fn s1_25_a_token_that_is_mistyped_revoked_or_over_opens_nothing() {
    let world = World::new();
    let id = program(&world, "ann", "sync", &["READ"], json!({}));
    let secret = world.token("sync");
    assert_eq!(status(&world, Side::Portal, &secret), 200);
    assert_eq!(status(&world, Side::Console, &secret), 401, "the other side");
    let other = if secret.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{other}", &secret[..secret.len() - 1]);
    let of_a_test = secret.replacen("live", "test", 1);
    for wrong in [&mistyped, &of_a_test, &secret.to_lowercase(), &format!("{secret}0")] {
        assert_eq!(status(&world, Side::Portal, wrong), 401, "{wrong}");
    }
    // Somebody else's is not found; one's own is over before the answer.
    let foreign = json!({ "tokenId": id, "memberId": world.ann });
    assert_eq!(world.refused_code("gil", "apiTokenRevoke", foreign), "NOT_FOUND");
    assert_eq!(world.refused_code("bob", "apiTokenRevoke", json!({ "tokenId": id })), "NOT_FOUND");
    world.done("ann", "apiTokenRevoke", json!({ "tokenId": id }), "token { name }");
    assert_eq!(status(&world, Side::Portal, &secret), 401);
    assert_eq!(tokens(&world, "ann"), [] as [Value; 0]);

    program(&world, "ann", "short", &["READ"], json!({ "expiresAt": "2026-08-02T00:00:00Z" }));
    let secret = world.token("short");
    world.at("2026-08-01T23:59:59Z");
    assert_eq!(status(&world, Side::Portal, &secret), 200);
    world.at("2026-08-02T00:00:00Z");
    assert_eq!(status(&world, Side::Portal, &secret), 401);
}

#[test]
fn s1_25_an_admin_sees_and_revokes_the_tokens_of_its_people_and_nobody_else_s() {
    let world = World::new();
    world.member("acme-eu", "eve", "Eve Lynx", "ORG_ADMIN");
    let id = program(&world, "bob", "my script", &["READ"], json!({}));
    let secret = world.token("my script");
    let asked = "query($id: ID!) { account(id: $id) { apiTokens { id name member { name } } } }";
    let seen = |who: &str, account: &str| {
        let told = world.ask(who, asked, json!({ "id": account }));
        told["account"]["apiTokens"].clone()
    };
    let listed = json!([{ "id": id, "name": "my script", "member": { "name": "Bob Wombat" } }]);
    assert_eq!(seen("ann", &world.acme), listed);
    assert_eq!(seen("bob", &world.acme), listed, "the own one");
    assert_eq!(seen("eve", &world.acme_eu), json!([]));
    assert_eq!(seen("gil", &world.globex), json!([]));
    let revoke = json!({ "tokenId": id, "memberId": world.bob });
    assert_eq!(world.refused_code("eve", "apiTokenRevoke", revoke.clone()), "NOT_FOUND");
    world.done("ann", "apiTokenRevoke", revoke, "token { name }");
    assert_eq!(status(&world, Side::Portal, &secret), 401);
}

#[test]
fn s1_25_nobody_lets_a_program_do_more_than_oneself_for_longer_than_a_year_or_without_a_proof() {
    let world = World::new();
    world.member("acme", "odo", "Odo Wombat", "AUDITOR");
    let asked =
        |scopes: &[&str], until: &str| json!({ "name": "x", "scopes": scopes, "expiresAt": until });
    let soon = "2026-09-01T00:00:00Z";
    for (who, scopes, until, code) in [
        ("bob", &["PEOPLE"][..], soon, "SCOPE_NOT_YOURS"),
        ("odo", &["READ", "LICENSES"], soon, "SCOPE_NOT_YOURS"),
        ("ann", &["OPERATE"], soon, "SCOPE_NOT_YOURS"),
        ("ann", &[], soon, "TOKEN_SCOPES"),
        ("ann", &["READ"], "2027-08-03T00:00:00Z", "EXPIRES_LATE"),
        ("ann", &["READ"], "2026-08-01T00:00:00Z", "EXPIRES_EARLY"),
    ] {
        assert_eq!(world.refused_code(who, "apiTokenCreate", asked(scopes, until)), code, "{who}");
    }
    let mut networks = asked(&["READ"], soon);
    networks["networks"] = json!(["203.0.113.0/33"]);
    assert_eq!(world.refused_code("ann", "apiTokenCreate", networks), "BAD_USER_INPUT");
    world.put(world.now().plus_seconds(301));
    assert_eq!(
        world.refused_code("ann", "apiTokenCreate", asked(&["READ"], soon)),
        "STEP_UP_REQUIRED"
    );
}

#[test]
fn s1_25_a_program_makes_no_tokens_shows_no_keys_and_does_not_touch_how_anybody_signs_in() {
    let (world, names) = world_of_two();
    program(&world, "ann", "sync", &["READ", "LICENSES", "PEOPLE"], json!({}));
    let never = [
        "apiTokenCreate",
        "apiTokenRevoke",
        "licenseRevealKey",
        "memberChangeRole",
        "memberErase",
        "memberEndSessions",
        "memberRemoveSecondFactor",
        "memberUnlinkIdentity",
        "passwordLinkMake",
        "accountDemandSecondFactor",
        "accountPromote",
        "roleGrant",
        "roleGrantEnd",
        "sessionEnd",
    ];
    let mut tried = 0;
    for (mutation, input) in deeds(&names).into_iter().filter(|(one, _)| never.contains(one)) {
        let error = refused(&world, "sync", mutation, input);
        assert_eq!(error["code"], "FORBIDDEN", "{mutation}: {error}");
        assert_eq!(error["rule"], "access.beyond_token", "{mutation}");
        tried += 1;
    }
    assert!(tried >= never.len(), "{tried}");
    let mut door = world.nobody(Side::Portal).with_token(&world.token("sync"));
    let headers = [("content-type", "application/json")];
    let body = json!({ "password": crate::stage::PASSWORD, "new": "another good pass phrase" });
    for path in ["/confirm", "/password", "/second-factor", "/sign-out", "/session/used"] {
        let answer = door.send("POST", path, &headers, body.to_string().as_bytes()).unwrap();
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
    }
    // It asks whether something may be used, as everybody does.
    let question = json!({ "licenseId": world.l1, "memberId": world.bob, "feature": "core" });
    let answer = door.send("POST", "/v1/check", &headers, question.to_string().as_bytes()).unwrap();
    assert_eq!((answer.status, &answer.json()["allowed"]), (200, &json!(true)));
    assert!(document("apiTokenCreate", "").contains("ApiTokenCreateInput"));
}

#[test]
fn s1_25_people_of_the_vendor_have_programs_too() {
    let world = World::new();
    program(&world, "vera", "billing", &["OPERATE"], json!({}));
    let mut usage = json!({ "licenseId": world.l1, "feature": "api_calls", "quantity": "7" });
    usage["commandId"] = world.command_id().into();
    let done = world.once("billing", "usageRecord", &usage, "reading { license { id } }");
    assert_eq!(done["userErrors"], json!([]));
    let clerk = json!({ "name": "Cai", "email": "cai@vendor-okapi.example", "role": "OPERATOR" });
    let person = json!({ "staffId": "stf_00000000000000000000000001" });
    let mut erased = person.clone();
    erased["ground"] = json!("OBJECTION");
    for (mutation, input) in [
        ("staffAdd", clerk),
        ("staffSuspend", person.clone()),
        ("staffRestore", person),
        ("staffErase", erased),
        ("accountErase", json!({ "accountId": world.acme, "ground": "OBJECTION" })),
        ("licenseRevealKey", json!({ "licenseId": world.l1 })),
    ] {
        assert_eq!(refused(&world, "billing", mutation, input)["rule"], "access.beyond_token");
    }
    program(&world, "vera", "dashboard", &["READ"], json!({}));
    usage["commandId"] = world.command_id().into();
    let refused = world.once("dashboard", "usageRecord", &usage, "");
    assert_eq!(refused["userErrors"][0]["code"], "FORBIDDEN");
    // Customers are not told what the vendor calls its programs.
    let asked = "query($id: ID!) { account(id: $id) { history(first: 5) { nodes { fact actor { name program } } } } }";
    let told = world.ask("ann", asked, json!({ "id": world.acme }));
    let nodes = list(&told["account"]["history"]["nodes"]);
    let used = nodes.iter().find(|node| node["fact"] == "usage_recorded").unwrap();
    assert_eq!(used["actor"], json!({ "name": "the vendor", "program": "a program" }));
}

#[test]
fn abuse_06_a_demoted_admin_s_old_token_of_a_program_does_what_is_left_to_its_maker() {
    let world = World::new();
    let amy = world.member("acme", "amy", "Amy Wombat", "ORG_ADMIN");
    program(&world, "amy", "amys sync", &["LICENSES", "PEOPLE"], json!({}));
    let secret = world.token("amys sync");
    let act = |mutation: &str, mut input: Value| {
        input["commandId"] = world.command_id().into();
        let payload = world.once("amys sync", mutation, &input, "");
        payload["userErrors"][0]["code"].as_str().unwrap_or("done").to_owned()
    };
    assert_eq!(act("seatAssign", seat(&world.l1, &world.bob)), "done");
    let bob = json!({ "memberId": world.bob });
    assert_eq!(act("memberSuspend", bob.clone()), "done");
    let demote = json!({ "memberId": amy, "role": "MEMBER" });
    world.done("ann", "memberChangeRole", demote, "member { role }");
    assert_eq!(act("seatUnassign", seat(&world.l1, &world.bob)), "FORBIDDEN");
    assert_eq!(act("memberRestore", bob), "FORBIDDEN");
    assert_eq!(status(&world, Side::Portal, &secret), 200, "it sees what amy sees");
    let amy = json!({ "memberId": amy });
    world.done("ann", "memberSuspend", amy.clone(), "member { id }");
    assert_eq!(status(&world, Side::Portal, &secret), 401);
    world.done("ann", "memberRestore", amy.clone(), "member { id }");
    assert_eq!(status(&world, Side::Portal, &secret), 200);
    let mut erase = amy;
    erase["ground"] = json!("OBJECTION");
    world.done("ann", "memberErase", erase, "member { id }");
    assert_eq!(status(&world, Side::Portal, &secret), 401);
}

#[test]
fn abuse_09_a_token_that_is_for_reading_changes_nothing_by_any_mutation() {
    let (world, names) = world_of_two();
    world.member("acme", "odo", "Odo Wombat", "AUDITOR");
    program(&world, "ann", "reads for ann", &["READ"], json!({}));
    program(&world, "odo", "reads for odo", &["READ"], json!({}));
    let own = json!({ "name": "x", "scopes": ["READ"], "expiresAt": "2026-09-01T00:00:00Z" });
    for who in ["reads for ann", "reads for odo"] {
        for (mutation, input) in deeds(&names).into_iter().chain([("apiTokenCreate", own.clone())])
        {
            let error = refused(&world, who, mutation, input);
            assert_eq!(error["code"], "FORBIDDEN", "{who}: {mutation}: {error}");
        }
    }
    let license = world.license("reads for odo", &world.l1, "seats { assigned }");
    assert_eq!(license["seats"]["assigned"], "1", "it reads");
}
