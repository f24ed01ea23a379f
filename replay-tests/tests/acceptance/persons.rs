//! S1.6: an individual is an organization of one, and becomes an organization without any id changing.

use serde_json::{Value, json};

use crate::client::list;
use crate::stage::{PASSWORD, Side, text};
use crate::world::World;

const EMAIL: &str = "mia@home.example";

/// Mia, who bought a license for herself and can sign in.
struct Mia {
    account: String,
    member: String,
    license: String,
}

fn mia(world: &World) -> Mia {
    let input =
        json!({ "name": "Mia Marten", "party": "PERSON", "email": EMAIL, "externalId": "crm-mia" });
    let opened = world.done(
        "vera",
        "accountOpen",
        input,
        "account { id name party members { nodes { id name email role } } }",
    );
    let account = &opened["account"];
    assert_eq!((&account["name"], &account["party"]), (&json!("Mia Marten"), &json!("PERSON")));
    let people = list(&account["members"]["nodes"]);
    assert_eq!(people.len(), 1, "the person is its only member: {opened}");
    assert_eq!(people[0]["role"], "ORG_ADMIN", "and its admin");
    let member = text(&people[0]["id"]);
    world.give_password(&member);
    world.know("mia", Side::Portal, EMAIL, "mia");
    let account = text(&account["id"]);
    let issue = json!({ "accountId": account, "productId": world.orbit, "source": "starter" });
    let issued = world.done("vera", "licenseIssue", issue, "license { id }");
    Mia { account, member, license: text(&issued["license"]["id"]) }
}

#[test]
fn s1_06_the_account_of_a_person_has_nobody_else_and_nothing_below_it() {
    let world = World::new();
    let mia = mia(&world);
    let noa = json!({ "accountId": mia.account, "name": "Noa", "email": "noa@x.example", "role": "MEMBER" });
    for who in ["mia", "vera"] {
        let error = world.refused(who, "memberAdd", noa.clone());
        assert_eq!(error["code"], "ACCOUNT_OF_ONE_PERSON", "{who}: {error}");
        assert!(error["advice"].as_str().unwrap().contains("organization"), "{error}");
    }
    let below = json!({ "name": "Mia Branch", "parentId": mia.account });
    assert_eq!(world.refused_code("vera", "accountOpen", below), "ACCOUNT_OF_ONE_PERSON");
    let less = json!({ "memberId": mia.member, "role": "MEMBER" });
    assert_eq!(world.refused_code("vera", "memberChangeRole", less), "ACCOUNT_OF_ONE_PERSON");
    // An e-mail that was refused is free, and one that is taken stays taken.
    world.done("ann", "memberAdd", json!({ "accountId": world.acme, "name": "Noa", "email": "noa@x.example", "role": "MEMBER" }), "member { id }");
    let twice = json!({ "name": "Mia Two", "party": "PERSON", "email": EMAIL });
    assert_eq!(world.refused_code("vera", "accountOpen", twice), "EMAIL_TAKEN");
    let nobody = json!({ "name": "Mia Three", "party": "PERSON" });
    assert_eq!(world.refused_code("vera", "accountOpen", nobody), "PERSON_MISSING");
    let both = json!({ "name": "Company", "email": "c@x.example" });
    assert_eq!(world.refused_code("vera", "accountOpen", both), "BAD_USER_INPUT");
    // With the vendor's number, opening twice opens once, whatever the command id.
    let again =
        json!({ "name": "Mia Marten", "party": "PERSON", "email": EMAIL, "externalId": "crm-mia" });
    let again = world.done("vera", "accountOpen", again, "account { id }");
    assert_eq!(again["account"]["id"], mia.account.as_str());
}

#[test]
fn s1_06_she_makes_it_an_organization_and_every_id_stays() {
    let world = World::new();
    let mia = mia(&world);
    let device = world.activated("mia", &mia.license, "D1");
    let seat = json!({ "licenseId": mia.license, "memberId": mia.member });
    world.done("mia", "seatAssign", seat, "license { id }");
    let asked = "{ viewer { member { id email } account { id } sessions { id } } \
        licenses(first: 2) { nodes { id keyMasked externalId seats { assigned } seatHolders(first: 2) { nodes { memberId } } \
        devices(first: 2) { nodes { id status } } } } }";
    let before = world.ask("mia", asked, json!({}));
    let events = "query { history(first: 50) { nodes { id digest } } }";
    let told = world.ask("mia", events, json!({}));

    let promote = json!({ "accountId": mia.account, "name": "Marten Tools" });
    assert_eq!(world.refused_code("gil", "accountPromote", promote.clone()), "NOT_FOUND");
    let done = world.done(
        "mia",
        "accountPromote",
        promote.clone(),
        "account { id name party promotedAt externalId }",
    );
    let account = &done["account"];
    assert_eq!(account["id"], mia.account.as_str());
    assert_eq!(
        (&account["name"], &account["party"]),
        (&json!("Marten Tools"), &json!("ORGANIZATION"))
    );
    assert_eq!(account["externalId"], "crm-mia", "the vendor's number stays");
    assert!(account["promotedAt"].is_string());
    assert_eq!(world.ask("mia", asked, json!({})), before, "her session and every id stay");
    let since = world.ask("mia", events, json!({}));
    let old = list(&told["history"]["nodes"]);
    assert_eq!(&list(&since["history"]["nodes"])[1..], old, "what was recorded stays");
    assert_eq!(before["licenses"]["nodes"][0]["devices"]["nodes"][0]["id"], device.as_str());

    // Others join, and accounts below it are opened. It is final.
    let noa = json!({ "accountId": mia.account, "name": "Noa", "email": "noa@x.example", "role": "ORG_ADMIN" });
    world.done("mia", "memberAdd", noa, "member { id }");
    let below = json!({ "name": "Marten Branch", "parentId": mia.account });
    world.done("vera", "accountOpen", below, "account { id }");
    assert_eq!(world.refused_code("mia", "accountPromote", promote), "ALREADY_ORGANIZATION");
    let vendor = json!({ "accountId": world.acme, "name": "Acme" });
    assert_eq!(world.refused_code("vera", "accountPromote", vendor), "ALREADY_ORGANIZATION");
    let history = world.ask("mia", "{ history { nodes { text } } }", json!({})).to_string();
    assert!(
        history.contains("the account became that of the organization Marten Tools"),
        "{history}"
    );
    assert_eq!(world.sign_in(Side::Portal, EMAIL, PASSWORD).status, 200);
}

fn found(world: &World, word: &str) -> Vec<String> {
    let asked = "query ($text: String!) { find(text: $text) { found { __typename ... on Account { name } } } }";
    let found = world.ask("vera", asked, json!({ "text": word }));
    let mut kinds: Vec<String> =
        list(&found["find"]).iter().map(|one| text(&one["found"]["__typename"])).collect();
    kinds.sort();
    kinds
}

#[test]
fn s1_06_the_account_is_called_as_the_person_and_erased_with_the_person() {
    let world = World::new();
    let mia = mia(&world);
    assert_eq!(found(&world, "Marten"), ["Account", "Member"]);
    world.done("mia", "profileChange", json!({ "name": "Mia Sable" }), "member { id }");
    let name = |who: &str| {
        let asked = "query($id: ID!) { account(id: $id) { name externalId party } }";
        world.ask(who, asked, json!({ "id": mia.account }))["account"].clone()
    };
    assert_eq!(name("vera")["name"], "Mia Sable", "she is called otherwise, and so is it");
    assert_eq!(found(&world, "Marten"), [""; 0]);
    assert_eq!(found(&world, "Sable"), ["Account", "Member"]);
    let erase = json!({ "memberId": mia.member, "ground": "OBJECTION" });
    world.done("vera", "memberErase", erase, "member { id }");
    let left = json!({ "name": null, "externalId": null, "party": "PERSON" });
    assert_eq!(name("vera"), left, "her name is not known as that of the account either");
    assert_eq!(found(&world, "Sable"), [""; 0]);
    let license = world.license("vera", &mia.license, "accountName keyMasked");
    assert_eq!(license["accountName"], Value::Null);
    let told = world.ask(
        "vera",
        "query($id: ID!) { history(account: $id) { nodes { text } } }",
        json!({ "id": mia.account }),
    );
    assert!(!told.to_string().contains("Sable") && !told.to_string().contains("Marten"), "{told}");
}

#[test]
fn s1_06_an_organization_that_was_a_person_keeps_its_name_when_she_is_erased() {
    let world = World::new();
    let mia = mia(&world);
    let promote = json!({ "accountId": mia.account, "name": "Marten Tools" });
    world.done("vera", "accountPromote", promote, "account { id }");
    assert_eq!(found(&world, "Tools"), ["Account"]);
    assert_eq!(found(&world, "Marten"), ["Account", "Member"]);
    let erase = json!({ "memberId": mia.member, "ground": "OBJECTION" });
    world.done("vera", "memberErase", erase, "member { id }");
    let asked =
        "query($id: ID!) { account(id: $id) { name } history(account: $id) { nodes { text } } }";
    let seen = world.ask("vera", asked, json!({ "id": mia.account }));
    assert_eq!(seen["account"]["name"], "Marten Tools");
    assert!(!seen.to_string().contains("Mia"), "what it was called before is erased: {seen}");
}
