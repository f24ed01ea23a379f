//! What people are called and sign in with, how they want pages to look, and when they came in.

use serde_json::{Value, json};

use crate::stage::{PASSWORD, Side, text};
use crate::world::World;

const BOB: &str = "bob@acme-wombat.example";

fn found(world: &World, word: &str) -> Value {
    let asked = "query ($text: String!) { find(text: $text) { found { ... on Member { name } } } }";
    world.ask("vera", asked, json!({ "text": word }))["find"].clone()
}

#[test]
fn s1_11_a_person_changes_the_own_name_and_is_found_by_it_from_then_on() {
    let world = World::new();
    let renamed = json!({ "name": " Robert Quokka " });
    let done = world.done("bob", "profileChange", renamed, "member { name email }");
    assert_eq!(done["member"], json!({ "name": "Robert Quokka", "email": BOB }));
    assert_eq!(found(&world, "Quokka")[0]["found"]["name"], "Robert Quokka");
    assert_eq!(found(&world, "Bob W"), json!([]), "nor by the old one");
    let told = world.ask("ann", "{ activity { text } }", json!({})).to_string();
    assert!(told.contains("the name of Robert Quokka changed"), "{told}");
    assert_eq!(
        world.refused_code("bob", "profileChange", json!({ "name": " " })),
        "BAD_USER_INPUT"
    );
    // The history of then tells what was so then.
    let other = json!({ "memberId": world.ann, "name": "Queen" });
    assert_eq!(world.refused_code("bob", "memberChangeProfile", other), "FORBIDDEN");
}

#[test]
fn s1_11_an_admin_changes_what_somebody_signs_in_with_and_the_old_one_is_free() {
    let world = World::new();
    let to = |email: &str| json!({ "memberId": world.bob, "email": email });
    assert_eq!(
        world.refused_code("ann", "memberChangeProfile", to("gil@globex-narwhal.example")),
        "EMAIL_TAKEN"
    );
    assert_eq!(world.refused_code("ann", "memberChangeProfile", to("nonsense")), "BAD_USER_INPUT");
    let own = json!({ "memberId": world.ann, "email": "queen@acme-wombat.example" });
    assert_eq!(world.refused_code("ann", "memberChangeProfile", own), "OWN_EMAIL");
    let own = json!({ "memberId": world.ann, "externalId": "crm-7" });
    world.done("ann", "memberChangeProfile", own, "member { id }");
    world.secret("acme", "robert@acme-wombat.example");
    let done = world.done(
        "ann",
        "memberChangeProfile",
        to("Robert@acme-wombat.example"),
        "member { email }",
    );
    assert_eq!(done["member"]["email"], "robert@acme-wombat.example");
    assert_eq!(world.sign_in(Side::Portal, BOB, PASSWORD).status, 401);
    assert_eq!(world.sign_in(Side::Portal, "robert@acme-wombat.example", PASSWORD).status, 200);
    world.know("bob", Side::Portal, "robert@acme-wombat.example", "acme");
    let new = json!({ "accountId": world.acme, "name": "Bob Emu", "email": BOB, "role": "MEMBER" });
    world.done("ann", "memberAdd", new, "member { id }");
    assert_eq!(world.refused_code("ann", "memberChangeProfile", to(BOB)), "EMAIL_TAKEN");
}

#[test]
fn s1_11_a_program_changes_names_and_the_e_mail_of_whoever_has_no_role() {
    let world = World::new();
    let scopes =
        json!({ "name": "sync", "scopes": ["PEOPLE"], "expiresAt": "2026-09-01T00:00:00Z" });
    let made = world.done("ann", "apiTokenCreate", scopes, "created { secret }");
    let amy = world.member("acme", "amy", "Amy Wombat", "AUDITOR");
    let mut door = world.nobody(Side::Portal).with_token(&text(&made["created"]["secret"]));
    let mut change = |member: &str, what: &str, to: &str| {
        let mut input = json!({ "commandId": world.command_id(), "memberId": member });
        input[what] = json!(to);
        let asked = "mutation ($input: MemberChangeProfileInput!) { memberChangeProfile(input: $input) { userErrors { code rule } } }";
        let answer = door.graphql(asked, &json!({ "input": input })).unwrap().json();
        let error = &answer["data"]["memberChangeProfile"]["userErrors"][0];
        error["rule"].as_str().unwrap_or("done").to_owned()
    };
    assert_eq!(change(&amy, "name", "Amy Numbat"), "done");
    assert_eq!(change(&amy, "email", "amy.two@acme-wombat.example"), "access.beyond_token");
    assert_eq!(change(&world.bob, "email", "bob.two@acme-wombat.example"), "done");
}

#[test]
fn s1_23_how_pages_look_is_kept_for_the_person_at_both_doors() {
    let world = World::new();
    let asked = "{ viewer { preferences { timeZone theme } } }";
    for who in ["bob", "vera"] {
        let nothing = world.ask(who, asked, json!({}));
        assert_eq!(nothing["viewer"]["preferences"], Value::Null, "{who}");
        let chosen = json!({ "timeZone": "America/Argentina/Buenos_Aires", "theme": "DARK" });
        world.done(who, "preferencesSet", chosen.clone(), "preferences { timeZone theme }");
        assert_eq!(world.ask(who, asked, json!({}))["viewer"]["preferences"], chosen, "{who}");
        let dark = json!({ "theme": "LIGHT" });
        world.done(who, "preferencesSet", dark, "preferences { timeZone theme }");
        let now = json!({ "timeZone": null, "theme": "LIGHT" });
        assert_eq!(world.ask(who, asked, json!({}))["viewer"]["preferences"], now, "{who}");
        for wrong in ["", "Europe/Paris; drop", &"x".repeat(65)] {
            let code = world.refused_code(who, "preferencesSet", json!({ "timeZone": wrong }));
            assert_eq!(code, "TIME_ZONE_NAME", "{who}: {wrong:?}");
        }
    }
    assert_eq!(world.ask("ann", asked, json!({}))["viewer"]["preferences"], Value::Null);
}

#[test]
fn s1_24_everybody_sees_when_somebody_came_in_as_them_for_90_days() {
    let world = World::new();
    let first = world.now().plus_seconds(60);
    world.put(first);
    let token = text(&world.sign_in(Side::Portal, BOB, PASSWORD).json()["token"]);
    let mut door = world.nobody(Side::Portal).with_token(&token);
    world.put(first.plus_seconds(3_600));
    assert_eq!(door.send("POST", "/sign-out", &[], b"").unwrap().status, 204);
    world.put(first.plus_seconds(89 * 86_400));
    let asked = "{ viewer { signIns { at by endedAt } } }";
    let told = world.ask("bob", asked, json!({}))["viewer"]["signIns"].clone();
    let told = told.as_array().unwrap();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|one| one["by"] == "PASSWORD"), "{told:?}");
    let ended: Vec<bool> = told.iter().map(|one| !one["endedAt"].is_null()).collect();
    assert_eq!(ended, [false, true, false], "{told:?}");
    world.put(first.plus_seconds(91 * 86_400));
    let told = world.ask("bob", asked, json!({}))["viewer"]["signIns"].clone();
    assert_eq!(told.as_array().unwrap().len(), 2, "a new one, and not the first ones: {told}");
    assert_eq!(
        world.ask("ann", asked, json!({}))["viewer"]["signIns"].as_array().unwrap().len(),
        1
    );
}
