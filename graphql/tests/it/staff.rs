//! The vendor's own people: kept out, let in again and erased by operators; one always remains.

use axum::http::StatusCode;
use schemas::access::{Audience, TokenScope};
use serde_json::{Value, json};

use crate::world::{World, codes, command, post, send, text};

const STAFF: &str = "staff { id name email suspendedAt erasedAt }";

/// Adds somebody of the vendor, who is in with the own name as token, and answers the id.
async fn hire(world: &World, name: &str, role: &str) -> String {
    let email = format!("{name}@vendor.example");
    let input = json!({ "commandId": command(), "name": name, "email": email, "role": role });
    let id = text(&world.done("staffAdd", "StaffAddInput", input, STAFF).await["staff"]["id"]);
    let staff: schemas::StaffId = id.parse().expect("an id");
    world.issue_token(staff.uuid(), name, Audience::Console).await;
    id
}

async fn act(world: &World, who: &str, mutation: &str, staff: &str) -> Value {
    act_as(world, who, mutation, staff, &command()).await
}

async fn act_as(world: &World, who: &str, mutation: &str, staff: &str, id: &str) -> Value {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let mut input = json!({ "commandId": id, "staffId": staff });
    if mutation == "staffErase" {
        input["ground"] = json!("NO_LONGER_NEEDED");
    }
    world.act(&world.console, who, mutation, &kind, input, STAFF).await
}

/// Whether this token opens the console.
async fn is_in(world: &World, who: &str) -> bool {
    let body = json!({ "query": "{ __typename }" }).to_string();
    send(&world.console, post(who, body)).await.0 == StatusCode::OK
}

async fn history(world: &World, who: &str) -> String {
    let asked = "{ history(first: 50) { nodes { text actor { name } } } }";
    world.data(&world.console, who, asked, json!({})).await.to_string()
}

#[tokio::test]
async fn who_is_suspended_of_the_vendor_is_out_before_the_answer_with_every_session_and_program() {
    let world = World::fixture().await;
    let olga = hire(&world, "olga", "OPERATOR").await;
    let staff: schemas::StaffId = olga.parse().expect("an id");
    world.issue_program(staff.uuid(), "olgas", Audience::Console, &[TokenScope::Operate]).await;
    assert!(is_in(&world, "olga").await && is_in(&world, "olgas").await);
    assert_eq!(codes(&act(&world, "rita", "staffSuspend", &olga).await), ["FORBIDDEN"]);
    let done = act(&world, "vera", "staffSuspend", &olga).await;
    assert_eq!(codes(&done), [""; 0]);
    assert!(done["staff"]["suspendedAt"].is_string(), "{done}");
    assert!(!is_in(&world, "olga").await && !is_in(&world, "olgas").await);
    assert_eq!(codes(&act(&world, "vera", "staffSuspend", &olga).await), [""; 0], "it is so");

    let done = act(&world, "vera", "staffRestore", &olga).await;
    assert_eq!((codes(&done), &done["staff"]["suspendedAt"]), (vec![], &Value::Null));
    assert!(!is_in(&world, "olga").await, "the sessions of before are over");
    assert!(is_in(&world, "olgas").await, "programs rested meanwhile");
    let told = history(&world, "vera").await;
    assert!(told.contains("olga was suspended") && told.contains("olga may sign in again"));
}

#[tokio::test]
async fn nobody_suspends_or_erases_oneself_and_an_operator_remains() {
    let world = World::fixture().await;
    let vera = staff_named(&world, "vera").await;
    let rita = staff_named(&world, "rita").await;
    for mutation in ["staffSuspend", "staffErase"] {
        assert_eq!(codes(&act(&world, "vera", mutation, &vera).await), ["ONESELF"], "{mutation}");
        let nobody = "stf_00000000000000000000000001";
        assert_eq!(codes(&act(&world, "vera", mutation, nobody).await), ["NOT_FOUND"]);
    }
    let refused = act(&world, "vera", "staffErase", &rita).await;
    assert_eq!(codes(&refused), ["NOT_SUSPENDED"], "who may come in is not erased");

    // Two who suspend each other at the same instant: one comes second.
    let olga = hire(&world, "olga", "OPERATOR").await;
    let (one, other) = tokio::join!(
        act(&world, "vera", "staffSuspend", &olga),
        act(&world, "olga", "staffSuspend", &vera),
    );
    let refused = [codes(&one), codes(&other)].concat();
    assert_eq!(refused.len(), 1, "{one} {other}");
    assert_eq!(u8::from(is_in(&world, "vera").await) + u8::from(is_in(&world, "olga").await), 1);
}

async fn staff_named(world: &World, name: &str) -> String {
    let all = world.data(&world.console, "vera", "{ staff { id name } }", json!({})).await;
    let all = all["staff"].as_array().expect("a list").clone();
    text(&all.iter().find(|one| one["name"] == name).expect("somebody")["id"])
}

#[tokio::test]
async fn an_erased_person_of_the_vendor_has_no_name_any_more_and_the_e_mail_is_free() {
    let world = World::fixture().await;
    let olga = hire(&world, "olga", "OPERATOR").await;
    let bob = json!({ "commandId": command(), "memberId": world.ids.bob });
    let kind = "MemberSuspendInput";
    world.act(&world.console, "olga", "memberSuspend", kind, bob, "member { id }").await;
    assert!(history(&world, "vera").await.contains("olga"));
    act(&world, "vera", "staffSuspend", &olga).await;

    // What somebody of the vendor knows of a customer's matter is evidence too.
    let matter =
        json!({ "commandId": command(), "accountId": world.ids.acme, "matter": "2026-17" });
    let kind = "LegalHoldPlaceInput";
    world
        .act(&world.console, "vera", "legalHoldPlace", kind, matter.clone(), "account { id }")
        .await;
    assert_eq!(codes(&act(&world, "vera", "staffErase", &olga).await), ["LEGAL_HOLD"]);
    let mut over = matter;
    over["commandId"] = json!(command());
    let kind = "LegalHoldLiftInput";
    world.act(&world.console, "vera", "legalHoldLift", kind, over, "account { id }").await;

    let id = command();
    let erased = act_as(&world, "vera", "staffErase", &olga, &id).await;
    assert_eq!(codes(&erased), [""; 0]);
    assert!(erased["position"].is_string() && erased["staff"]["erasedAt"].is_string(), "{erased}");
    assert_eq!((&erased["staff"]["name"], &erased["staff"]["email"]), (&Value::Null, &Value::Null));
    assert_eq!(act_as(&world, "vera", "staffErase", &olga, &id).await["replayed"], true);
    assert_eq!(codes(&act(&world, "vera", "staffErase", &olga).await), [""; 0], "it is so already");
    assert_eq!(codes(&act(&world, "vera", "staffRestore", &olga).await), ["STAFF_ERASED"]);
    let told = history(&world, "vera").await;
    assert!(!told.contains("olga"), "{told}");
    assert!(told.contains("\"name\":\"somebody whose data was erased\""), "{told}");
    assert!(told.contains("the data of a person of the vendor was erased"), "{told}");
    let subject = olga.parse::<schemas::StaffId>().expect("an id").into();
    assert!(world.gate.ledger.codec().keystore().is_erased(subject));
    assert_ne!(hire(&world, "olga", "AUDITOR").await, olga, "the e-mail is somebody new's");
}

#[tokio::test]
async fn an_e_mail_that_an_interrupted_erasure_did_not_let_go_is_free_for_somebody_new() {
    use ledger::staff::{Command, StaffRules};
    let world = World::fixture().await;
    let olga = hire(&world, "olga", "AUDITOR").await;
    let staff: schemas::StaffId = olga.parse().expect("an id");
    let ground = schemas::account::ErasureGround::Objection;
    // The facts alone, as when the service was killed right after them.
    for command in
        [Command::Suspend { others_operate: true }, Command::Erase { ground, held: false }]
    {
        world.run::<StaffRules>(staff, command).await;
    }
    let email = "olga@vendor.example";
    let input =
        json!({ "commandId": command(), "name": "Olga", "email": email, "role": "AUDITOR" });
    world.done("staffAdd", "StaffAddInput", input.clone(), STAFF).await;
    let mut again = input;
    again["commandId"] = json!(command());
    let kind = "StaffAddInput";
    let taken = world.act(&world.console, "vera", "staffAdd", kind, again, STAFF).await;
    assert_eq!(codes(&taken), ["EMAIL_TAKEN"]);
}

#[tokio::test]
async fn people_of_the_vendor_change_their_own_name_and_nobody_elses() {
    let world = World::fixture().await;
    let olga = hire(&world, "olga", "AUDITOR").await;
    let rename = async |who: &str, name: &str| {
        let input = json!({ "commandId": command(), "name": name });
        world.act(&world.console, who, "staffRename", "StaffRenameInput", input, STAFF).await
    };
    let done = rename("olga", " Olga Keller ").await;
    assert_eq!(codes(&done), [""; 0]);
    assert_eq!(
        (&done["staff"]["id"], &done["staff"]["name"]),
        (&json!(olga), &json!("Olga Keller"))
    );
    assert_eq!(done["staff"]["email"], "olga@vendor.example", "what one signs in with stays");
    assert_eq!(codes(&rename("olga", "  ").await), ["BAD_USER_INPUT"]);
    assert_eq!(codes(&rename("olga", &"x".repeat(201)).await), ["BAD_USER_INPUT"]);
    let asked = "{ viewer { staff { name } } staff { name } }";
    let told = world.data(&world.console, "olga", asked, json!({})).await;
    assert_eq!(told["viewer"]["staff"]["name"], "Olga Keller");
    let names = told["staff"].as_array().expect("a list").iter();
    let names: Vec<_> = names.map(|one| text(&one["name"])).collect();
    assert!(names.contains(&"vera".to_owned()), "nobody else is called otherwise: {names:?}");
    let told = history(&world, "vera").await;
    assert!(told.contains("changed the own name") && told.contains("Olga Keller"), "{told}");
    // A program is nobody with a name.
    let staff: schemas::StaffId = olga.parse().expect("an id");
    world.issue_program(staff.uuid(), "olgas", Audience::Console, &[TokenScope::Operate]).await;
    assert_eq!(codes(&rename("olgas", "A Program").await), ["FORBIDDEN"]);
}
