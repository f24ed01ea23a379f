//! What matters most asks again who the caller is: five minutes after the last proof, and in this session only.

use schemas::access::Audience;
use serde_json::{Value, json};

use crate::world::{T0, World, codes, command};

/// One mutation that asks, at one door.
#[derive(Clone)]
struct Row {
    who: &'static str,
    mutation: &'static str,
    kind: &'static str,
    input: Value,
    object: &'static str,
}

fn row(
    who: &'static str,
    mutation: &'static str,
    kind: &'static str,
    input: &Value,
    object: &'static str,
) -> Row {
    Row { who, mutation, kind, input: input.clone(), object }
}

/// What only the vendor does: about its own people, and whole accounts.
fn rows_of_the_vendor(world: &World, persons: &str) -> Vec<Row> {
    let clerk = json!({ "name": "Cai", "email": "cai@vendor.example", "role": "AUDITOR" });
    let rita = json!({ "staffId": world.ids.rita });
    let mut erased = rita.clone();
    erased["ground"] = json!("NO_LONGER_NEEDED");
    let branch = json!({ "accountId": world.ids.acme_eu, "ground": "NO_LONGER_NEEDED" });
    let company = json!({ "accountId": persons, "name": "Mia & Co" });
    vec![
        row("vera", "accountPromote", "AccountPromoteInput", &company, "account { id }"),
        row("vera", "staffAdd", "StaffAddInput", &clerk, "staff { id }"),
        row("vera", "staffRestore", "StaffRestoreInput", &rita, "staff { id }"),
        row("vera", "staffSuspend", "StaffSuspendInput", &rita, "staff { id }"),
        row("vera", "staffErase", "StaffEraseInput", &erased, "staff { id }"),
        row("vera", "accountErase", "AccountEraseInput", &branch, "account { id }"),
    ]
}

fn rows(world: &World) -> Vec<Row> {
    let person = json!({ "name": "Nia", "email": "nia@example.com", "accountId": world.ids.acme, "role": "AUDITOR" });
    let matter = json!({ "accountId": world.ids.acme, "matter": "2026-17" });
    let (bob, told) = (json!({ "memberId": world.ids.bob }), "member { id }");
    let email = json!({ "memberId": world.ids.bob, "email": "bob.two@acme.example" });
    let role = json!({ "memberId": world.ids.bob, "role": "AUDITOR" });
    let key = json!({ "licenseId": world.ids.license });
    let mut grant = json!({ "memberId": world.ids.bob, "role": "LICENSE_MANAGER" });
    grant["licenseId"] = json!(world.ids.license);
    vec![
        row("ann", "licenseRevealKey", "LicenseRevealKeyInput", &key, "key"),
        row("ann", "memberChangeRole", "MemberChangeRoleInput", &role, "member { id }"),
        row("ann", "memberChangeProfile", "MemberChangeProfileInput", &email, "member { id }"),
        row("ann", "sessionEnd", "SessionEndInput", &json!({}), "ended { count }"),
        row("ann", "memberAdd", "MemberAddInput", &person, "member { id }"),
        row("ann", "roleGrant", "RoleGrantInput", &grant, "grant { id }"),
        row("ann", "passwordLinkMake", "PasswordLinkMakeInput", &bob, "link { path }"),
        row("ann", "memberRemoveSecondFactor", "MemberRemoveSecondFactorInput", &bob, told),
        row("ann", "memberUnlinkIdentity", "MemberUnlinkIdentityInput", &bob, told),
        row(
            "vera",
            "accountDemandSecondFactor",
            "AccountDemandSecondFactorInput",
            &json!({ "accountId": world.ids.globex, "demanded": true }),
            "account { id }",
        ),
        row(
            "vera",
            "accountConnectIdentityProvider",
            "AccountConnectIdentityProviderInput",
            &json!({ "accountId": world.ids.globex, "issuer": "https://login.example.com",
                "clientId": "deedbook", "clientSecret": "a-secret" }),
            "account { id }",
        ),
        row(
            "vera",
            "accountRequireSingleSignOn",
            "AccountRequireSingleSignOnInput",
            &json!({ "accountId": world.ids.globex, "required": false }),
            "account { id }",
        ),
        row(
            "vera",
            "accountDisconnectIdentityProvider",
            "AccountDisconnectIdentityProviderInput",
            &json!({ "accountId": world.ids.globex }),
            "account { id }",
        ),
        row(
            "vera",
            "memberErase",
            "MemberEraseInput",
            &json!({ "memberId": world.ids.bob, "ground": "UNLAWFUL" }),
            "member { id }",
        ),
        row("vera", "legalHoldLift", "LegalHoldLiftInput", &matter, "account { id }"),
        row("vera", "licenseRevealKey", "LicenseRevealKeyInput", &key, "key"),
    ]
}

async fn send(world: &World, row: &Row) -> Value {
    let door = if row.who == "vera" { &world.console } else { &world.portal };
    let mut input = row.input.clone();
    input["commandId"] = json!(command());
    world.act(door, row.who, row.mutation, row.kind, input, row.object).await
}

#[tokio::test]
async fn what_matters_most_asks_again_after_five_minutes() {
    let world = World::fixture().await;
    // Opening the account of a person asks nobody again: there is nothing in it yet.
    let mia = json!({ "name": "Mia", "party": "PERSON", "email": "mia@example.com" });
    let open = row("vera", "accountOpen", "AccountOpenInput", &mia, "account { id }");
    let opened = send(&world, &open).await;
    let persons = opened["account"]["id"].as_str().expect("an id");
    for row in rows(&world).into_iter().chain(rows_of_the_vendor(&world, persons)) {
        let name = format!("{} {}", row.who, row.mutation);
        if row.mutation == "legalHoldLift" {
            // Placing one asks nobody again.
            let place =
                Row { mutation: "legalHoldPlace", kind: "LegalHoldPlaceInput", ..row.clone() };
            assert_eq!(codes(&send(&world, &place).await), [""; 0]);
        }
        let signed_in = ledger_log::Clock::now(&*world.clock);
        world.prove(row.who).await;
        world.clock.set(signed_in.plus_seconds(300));
        assert_eq!(codes(&send(&world, &row).await), [""; 0], "{name}: just in time");
        world.clock.set(signed_in.plus_seconds(301));
        let facts = world.facts().await;
        let refused = send(&world, &row).await;
        assert_eq!(codes(&refused), ["STEP_UP_REQUIRED"], "{name}");
        assert_eq!(refused["userErrors"][0]["rule"], "access.step_up", "{name}");
        assert_eq!(world.facts().await, facts, "{name}: nothing is recorded");
    }
}

#[tokio::test]
async fn a_proof_counts_in_its_own_session_only() {
    let world = World::fixture().await;
    let ann: schemas::MemberId = world.ids.ann.parse().expect("a member id");
    world.clock.set(T0.plus_seconds(1_000));
    world.issue_token(ann.uuid(), "anns phone", Audience::Portal).await;
    world.clock.set(T0.plus_seconds(2_000));
    world.prove("anns phone").await;
    let input = |who| {
        let input = json!({ "commandId": command(), "licenseId": world.ids.license });
        world.act(&world.portal, who, "licenseRevealKey", "LicenseRevealKeyInput", input, "key")
    };
    assert_eq!(codes(&input("anns phone").await), [""; 0]);
    assert_eq!(codes(&input("ann").await), ["STEP_UP_REQUIRED"]);
    let sessions = "{ viewer { sessions { current provenAt signedInAt } } }";
    let told = world.data(&world.portal, "anns phone", sessions, json!({})).await;
    let told = told["viewer"]["sessions"].as_array().expect("sessions").clone();
    let here = told.iter().find(|one| one["current"] == true).expect("this one");
    assert_eq!(here["signedInAt"], "2026-08-01T00:16:40Z");
    assert_eq!(here["provenAt"], "2026-08-01T00:33:20Z");
    let there = told.iter().find(|one| one["current"] == false).expect("the other one");
    assert_eq!(there["provenAt"], there["signedInAt"]);
}

#[tokio::test]
async fn everything_else_goes_on_without_and_who_may_not_is_told_so_first() {
    let world = World::fixture().await;
    world.days_later(1);
    let seat = json!({
        "commandId": command(), "licenseId": world.ids.license, "memberId": world.ids.bob,
    });
    let given =
        world.act(&world.portal, "ann", "seatAssign", "SeatAssignInput", seat, "license { id }");
    assert_eq!(codes(&given.await), [""; 0]);
    let person = json!({
        "commandId": command(), "name": "Nia", "email": "nia@example.com", "accountId": world.ids.acme,
        "role": "MEMBER",
    });
    let added =
        world.act(&world.portal, "ann", "memberAdd", "MemberAddInput", person, "member { id }");
    assert_eq!(codes(&added.await), [""; 0], "who has no role of its own can do nothing yet");
    // The own sessions everybody may end.
    let of_ann = |row: &Row| row.who == "ann" && row.mutation != "sessionEnd";
    for row in rows(&world).into_iter().filter(of_ann) {
        let refused = send(&world, &Row { who: "bob", ..row }).await;
        assert_eq!(codes(&refused), ["FORBIDDEN"]);
    }
}
