//! N16: what is known of a whole account, and of a person of the vendor, is erased for good: nobody reads it any more,
//! nothing that was proven stops being so, and nobody destroys evidence.

use std::path::Path;

use deedbook_service::engine::{Engine, Sizes};
use ledger::account::{AccountRules, Around, Command};
use ledger_log::CommandMeta;
use replay_tests::http::Door;
use replay_tests::process::{Service, run, run_well};
use schemas::account::ErasureGround;
use schemas::{AccountId, Actor, CommandId, Digest};
use serde_json::{Value, json};

use crate::client::{document, list};
use crate::export::ledger;
use crate::stage::{PASSWORD, Side, text};
use crate::world::World;

const ACCOUNT: &str = "account { id name externalId erasedAt }";

fn erasing(account: &str) -> Value {
    json!({ "accountId": account, "ground": "NO_LONGER_NEEDED" })
}

/// The status that somebody's token is answered with.
fn status(world: &World, side: Side, token: &str) -> u16 {
    let body = json!({ "query": "{ __typename }" }).to_string();
    let headers = [("content-type", "application/json")];
    let mut door = world.nobody(side).with_token(token);
    door.send("POST", "/graphql", &headers, body.as_bytes()).unwrap().status
}

#[test]
fn n16_an_erased_account_has_no_name_no_people_and_no_seats_and_nothing_is_added_to_it() {
    let world = World::new();
    let eve = world.member("acme-eu", "eve", "Eve Lynx", "ORG_ADMIN");
    let theirs = world.token("eve");
    let aside = json!({ "licenseId": world.l1, "accountId": world.acme_eu, "seats": "2" });
    world.done("ann", "seatsAllocate", aside, "license { id }");
    let seat = json!({ "licenseId": world.l1, "memberId": eve });
    world.done("ann", "seatAssign", seat, "license { id }");
    assert_eq!(world.license("ann", &world.l1, "seats { assigned }")["seats"]["assigned"], "1");

    let erased = world.done("vera", "accountErase", erasing(&world.acme_eu), ACCOUNT);
    let account = &erased["account"];
    assert!(account["erasedAt"].is_string() && erased["position"].is_string(), "{erased}");
    assert_eq!((&account["name"], &account["externalId"]), (&Value::Null, &Value::Null));
    assert_eq!(status(&world, Side::Portal, &theirs), 401, "out before the answer");
    assert_eq!(world.sign_in(Side::Portal, "eve@acme-eu-lynx.example", PASSWORD).status, 401);
    let license = world.license("ann", &world.l1, "seats { assigned } allocations { seats }");
    assert_eq!(license["seats"]["assigned"], "0");
    assert_eq!(license["allocations"], json!([]), "its seats are everybody's again");

    // What is left is the id, and that something was.
    let asked = "query($id: ID!) { account(id: $id) { name erasedAt people { totalCount } \
        members { nodes { name email erasedAt } } own: history(first: 9) { nodes { text } } } \
        history(first: 50) { nodes { text } } }";
    let seen = world.ask("ann", asked, json!({ "id": world.acme_eu }));
    assert!(seen["account"]["erasedAt"].is_string(), "{seen}");
    assert_eq!(seen["account"]["people"]["totalCount"], 0);
    assert_eq!(seen["account"]["members"]["nodes"][0]["name"], Value::Null);
    let told = seen.to_string();
    assert!(!told.contains("Lynx") && !told.contains("lynx"), "{told}");
    for words in [
        "the data of the account and of its one person was erased",
        "somebody whose data was erased got a seat",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let found = world.ask("vera", "{ find(text: \"Lynx\") { found { __typename } } }", json!({}));
    assert_eq!(found["find"], json!([]));

    // Nothing is added to it, by nobody, nor by its number of before.
    let newcomer = json!({ "accountId": world.acme_eu, "name": "Nia", "email": "n@x.example", "role": "MEMBER" });
    assert_eq!(
        world.refused_code(
            "vera",
            "legalHoldPlace",
            json!({ "accountId": world.acme_eu, "matter": "1" })
        ),
        "ACCOUNT_ERASED"
    );
    let issue =
        json!({ "accountId": world.acme_eu, "productId": world.orbit, "source": "starter" });
    assert_eq!(world.refused_code("vera", "licenseIssue", issue), "ACCOUNT_ERASED");
    let below = json!({ "name": "Below", "parentId": world.acme_eu });
    assert_eq!(world.refused_code("vera", "accountOpen", below), "ACCOUNT_ERASED");
    let again = json!({ "name": "Again", "externalId": "crm-lynx", "parentId": world.acme });
    assert_eq!(world.refused_code("vera", "accountOpen", again), "ACCOUNT_ERASED");
    let partner =
        json!({ "accountId": world.globex, "partnerId": world.acme_eu, "role": "AUDITOR" });
    assert_eq!(world.refused_code("vera", "partnerLink", partner), "ACCOUNT_ERASED");
    let aside = json!({ "licenseId": world.l1, "accountId": world.acme_eu, "seats": "1" });
    assert_eq!(world.refused_code("ann", "seatsAllocate", aside), "ACCOUNT_ERASED");
    assert_eq!(codes(&world, "vera", "memberAdd", newcomer), ["ACCOUNT_ERASED"]);
    // The e-mail is free for somebody new.
    let eve = json!({ "accountId": world.acme, "name": "Eve", "email": "eve@acme-eu-lynx.example", "role": "MEMBER" });
    world.done("ann", "memberAdd", eve, "member { id }");
}

/// What a mutation is refused with that claims an e-mail first, and lets it go.
fn codes(world: &World, who: &str, mutation: &str, mut input: Value) -> Vec<String> {
    input["commandId"] = world.command_id().into();
    let payload = world.once(who, mutation, &input, "");
    list(&payload["userErrors"]).iter().map(|error| text(&error["code"])).collect()
}

#[test]
fn n16_an_account_is_erased_without_licenses_accounts_below_and_legal_matters_only() {
    let world = World::new();
    let refused = |account: &str| world.refused_code("vera", "accountErase", erasing(account));
    assert_eq!(refused(&world.acme), "ACCOUNTS_BELOW");
    assert_eq!(refused("acc_00000000000000000000000001"), "NOT_FOUND");
    let matter = json!({ "accountId": world.acme, "matter": "2026-17" });
    world.done("vera", "legalHoldPlace", matter.clone(), "account { id }");
    assert_eq!(refused(&world.acme_eu), "LEGAL_HOLD", "of the account above");
    world.done("vera", "legalHoldLift", matter, "account { id }");
    let below = "query($id: ID!) { account(id: $id) { subAccounts { nodes { id } } } }";
    let below = world.ask("vera", below, json!({ "id": world.acme }));
    for one in list(&below["account"]["subAccounts"]["nodes"]) {
        world.done("vera", "accountErase", erasing(&text(&one["id"])), ACCOUNT);
    }
    assert_eq!(refused(&world.acme), "LIVE_LICENSE");
    let blocked = json!({ "licenseId": world.l1, "blocker": "BILLING", "reason": "wombat owes" });
    world.done("vera", "licenseSetBlocker", blocked, "license { id }");
    assert_eq!(refused(&world.acme), "LIVE_LICENSE", "it could go on");
    let over = json!({ "licenseId": world.l1, "reason": "wombat left" });
    world.done("vera", "licenseRevoke", over, "license { id }");
    let linked = json!({ "accountId": world.acme, "partnerId": world.globex, "role": "AUDITOR" });
    world.done("vera", "partnerLink", linked, "link { id }");
    world.lets_see("gil", "acme");
    let seen = "query($id: ID!) { account(id: $id) { name members { nodes { name } } } }";
    let before = world.ask("gil", seen, json!({ "id": world.acme }));
    assert!(before.to_string().contains("Ann Wombat"), "{before}");
    world.done("vera", "accountErase", erasing(&world.acme), ACCOUNT);
    let after = world.ask("gil", seen, json!({ "id": world.acme }));
    assert_eq!(after["account"], Value::Null, "nobody acts for it any more");

    // Its license is there, with nothing that was sealed for it.
    let kept = world.license("vera", &world.l1, "keyMasked externalId accountName");
    assert_eq!(kept, json!({ "keyMasked": null, "externalId": null, "accountName": null }));
    let key = json!({ "licenseId": world.l1 });
    assert_eq!(world.refused_code("vera", "licenseRevealKey", key), "ACCOUNT_ERASED");
    let asked = "query($id: ID!) { account(id: $id) { history(first: 50) { nodes { text } } } }";
    let told = world.ask("vera", asked, json!({ "id": world.acme })).to_string();
    assert!(told.contains("the license was revoked") && !told.contains("ombat"), "{told}");
}

fn vera(service: &Service) -> Door {
    let mut door = service.console();
    let body = json!({ "email": "vera@okapi.example", "password": PASSWORD }).to_string();
    let headers = [("content-type", "application/json")];
    let signed_in = door.send("POST", "/sign-in", &headers, body.as_bytes()).unwrap();
    door.with_token(&text(&signed_in.json()["token"]))
}

fn act(door: &mut Door, number: u128, mutation: &str, mut input: Value, selection: &str) -> Value {
    input["commandId"] = uuid::Uuid::from_u128(number).to_string().into();
    let asked = document(mutation, selection);
    let answer = door.graphql(&asked, &json!({ "input": input })).unwrap().json();
    answer["data"][mutation].clone()
}

/// The files below a folder that hold one of these words in the clear.
fn holding(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, words));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let holds = |word: &&str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        if words.iter().any(holds) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn n16_an_erased_account_is_in_no_file_any_more_and_everything_is_proven_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ledger");
    let [acme, _] = ledger(&data);
    let folder_text = data.to_str().unwrap().to_owned();
    let told = || run_well(["inspect", "--data", &*folder_text, "--personal", "--json"]);
    let email = format!("p0@{}.example", acme[4..].to_lowercase());
    let words = ["Acme Wombat", &*email, "wombat left"];
    assert!(told().contains("Acme Wombat") && told().contains(&email), "it can be read before");
    let keys = folder.path().join("older keys");
    copied(&data.join("keys"), &keys);

    let mut service = Service::start(&data);
    let mut door = vera(&service);
    let refused = act(&mut door, 901, "accountErase", erasing(&acme), ACCOUNT);
    assert_eq!(refused["userErrors"][0]["code"], "LIVE_LICENSE");
    let asked = "query($id: ID!) { licenses(account: $id) { nodes { id } } }";
    let licenses = door.graphql(asked, &json!({ "id": acme })).unwrap().json();
    let license = text(&licenses["data"]["licenses"]["nodes"][0]["id"]);
    let over = json!({ "licenseId": license, "reason": "wombat left" });
    act(&mut door, 902, "licenseRevoke", over, "license { id }");
    let erased = act(&mut door, 903, "accountErase", erasing(&acme), ACCOUNT);
    assert_eq!(erased["userErrors"], json!([]), "{erased}");
    assert_eq!(erased["account"]["name"], Value::Null);
    let again = act(&mut door, 903, "accountErase", erasing(&acme), ACCOUNT);
    assert_eq!((&again["position"], &again["replayed"]), (&erased["position"], &json!(true)));
    assert!(service.stop().success());

    let nowhere = || {
        assert_eq!(holding(&data, &words), [""; 0]);
        let told = told();
        assert!(words.iter().all(|word| !told.contains(word)), "the keys open nothing of it");
        assert!(told.contains("Globex Narwhal"), "the others are there");
    };
    nowhere();
    let certificate = text(&erased["position"]);
    let facts = told();
    let fact = facts.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut fact = fact.filter(|fact| fact["type"] == "account_erased.v1");
    let fact = fact.next().unwrap();
    assert_eq!(fact["position"].to_string(), certificate);
    assert_eq!(list(&fact["body"]["members"]).len(), 3, "it names whose keys are destroyed");
    let _ = run_well(["prove", "--data", &*folder_text, "--event", &*certificate]);
    let _ = run_well(["verify", "--data", &*folder_text]);
    let replayed = run_well(["replay", "--data", &*folder_text, "--json"]);
    let rights = serde_json::from_str::<Value>(&replayed).unwrap()["rights"].clone();
    assert_eq!((&rights["differing"], &rights["otherPolicy"]), (&json!(0), &json!(0)), "{rights}");
    let to = folder.path().join("exported");
    let to = to.to_str().unwrap();
    let _ = run_well(["export", "--data", &*folder_text, "--to", to, "--personal"]);
    assert_eq!(holding(Path::new(to), &words), [""; 0]);

    // As after a crash between the fact and the keys, or with keys of before: the next start comes first.
    copied(&keys, &data.join("keys"));
    assert!(told().contains("Acme Wombat"), "the old keys open it");
    let mut service = Service::start(&data);
    let found = "{ find(text: \"Wombat\") { found { __typename } } }";
    let found = vera(&service).graphql(found, &json!({})).unwrap().json();
    assert_eq!(found["data"]["find"], json!([]));
    assert!(service.stop().success());
    nowhere();
    assert!(run(["verify", "--data", &*folder_text]).status.success());
}

/// The fact alone, as when the service was killed right after it.
async fn killed_after_the_fact(data: &Path, account: AccountId) {
    let engine = Engine::open(data, Sizes::of_mib(4)).await.unwrap();
    let id = CommandId::new(uuid::Uuid::from_u128(950));
    let meta = CommandMeta::new(id, Digest::ZERO, Actor::Operator).for_tenant(Some(account));
    let (ground, around) = (ErasureGround::LegalObligation, Around::default());
    let erase = Command::Erase { ground, around };
    engine.ledger().transact::<AccountRules>(account.into(), erase, meta).await.unwrap();
    engine.close().await;
}

#[test]
fn n16_an_erasure_that_was_interrupted_is_finished_before_anybody_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ledger");
    let [_, globex] = ledger(&data);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(killed_after_the_fact(&data, globex.parse().unwrap()));
    let folder_text = data.to_str().unwrap();
    let told = || run_well(["inspect", "--data", folder_text, "--personal", "--json"]);
    assert!(told().contains("Globex Narwhal"), "the keys are there still");
    let mut service = Service::start(&data);
    let asked = "query($id: ID!) { account(id: $id) { name erasedAt members { nodes { name } } } }";
    let seen = vera(&service).graphql(asked, &json!({ "id": globex })).unwrap().json();
    let seen = &seen["data"]["account"];
    assert!(seen["name"].is_null() && seen["erasedAt"].is_string(), "{seen}");
    assert!(list(&seen["members"]["nodes"]).iter().all(|one| one["name"].is_null()), "{seen}");
    assert!(service.stop().success());
    let email = format!("p1@{}.example", globex[4..].to_lowercase());
    let told = told();
    assert!(!told.contains("Globex Narwhal") && !told.contains(&email), "no key is there");
    assert!(told.contains("Acme Wombat"), "the others are there");
    assert!(run(["verify", "--data", folder_text]).status.success());
}

#[test]
fn n16_an_operator_who_left_is_suspended_and_erased_and_nobody_tells_the_name_any_more() {
    let world = World::new();
    let hired =
        json!({ "name": "Olga Quagga", "email": "olga@vendor-okapi.example", "role": "OPERATOR" });
    let hired = world.done("vera", "staffAdd", hired, "staff { id }");
    let olga = json!({ "staffId": hired["staff"]["id"] });
    let asked =
        "{ staff { id name email erasedAt } history(first: 50) { nodes { text actor { name } } } }";
    assert!(world.ask("vera", asked, json!({})).to_string().contains("Quagga"));
    world.done("vera", "staffSuspend", olga.clone(), "staff { suspendedAt }");
    assert!(world.ask("vera", asked, json!({})).to_string().contains("Olga Quagga was suspended"));
    let mut erase = olga.clone();
    erase["ground"] = json!("NO_LONGER_NEEDED");
    world.done("vera", "staffErase", erase, "staff { id name erasedAt }");
    let told = world.ask("vera", asked, json!({})).to_string();
    assert!(!told.contains("Quagga") && !told.contains("olga@"), "{told}");
    assert!(told.contains("somebody whose data was erased was suspended"), "{told}");
    assert_eq!(world.refused_code("vera", "staffRestore", olga), "STAFF_ERASED");
}
