//! Roles that are granted: nobody gives more than they have, what stems from something ends with it, and what is over is
//! gone before the answer.

use schemas::MemberId;
use schemas::access::Audience;
use serde_json::{Value, json};

use crate::world::{T0, World, codes, command, text};

const GRANT: &str =
    "grant { id role accountId licenseId endsAt endedAt underId counts member { name } }";

/// What somebody grants somebody, over what, until when.
async fn grant(
    world: &World,
    who: &str,
    member: &str,
    role: &str,
    over: Value,
    ends: Value,
) -> Value {
    let mut input = over;
    input["commandId"] = json!(command());
    input["memberId"] = json!(member);
    input["role"] = json!(role);
    input["endsAt"] = ends;
    let door = if who == "vera" { &world.console } else { &world.portal };
    world.prove(who).await;
    world.act(door, who, "roleGrant", "RoleGrantInput", input, GRANT).await
}

async fn end(world: &World, who: &str, grant: &str) -> Value {
    let input = json!({ "commandId": command(), "grantId": grant });
    world.act(&world.portal, who, "roleGrantEnd", "RoleGrantEndInput", input, GRANT).await
}

async fn assign(world: &World, who: &str, license: &str, member: &str) -> Vec<String> {
    let input = json!({ "commandId": command(), "licenseId": license, "memberId": member });
    codes(
        &world
            .act(&world.portal, who, "seatAssign", "SeatAssignInput", input, "license { id }")
            .await,
    )
}

async fn suspend(world: &World, who: &str, member: &str) -> Vec<String> {
    let input = json!({ "commandId": command(), "memberId": member });
    let kind = "MemberSuspendInput";
    codes(&world.act(&world.portal, who, "memberSuspend", kind, input, "member { id }").await)
}

async fn may(world: &World, who: &str, license: &str) -> Value {
    let query = "query($id: ID!) { license(id: $id) { may } }";
    world.data(&world.portal, who, query, json!({ "id": license })).await["license"].clone()
}

fn day(number: i64) -> Value {
    let at = T0.plus_seconds(number * 86_400);
    json!(ledger::calendar::text(at))
}

fn id(payload: &Value) -> String {
    assert_eq!(codes(payload), [""; 0], "{payload}");
    text(&payload["grant"]["id"])
}

#[tokio::test]
async fn who_looks_after_one_license_sees_and_does_what_that_takes_and_no_more() {
    let world = World::fixture().await;
    let (license, other) =
        (world.ids.license.clone(), world.issue(&world.ids.acme, "starter-bundle").await);
    let over = json!({ "licenseId": license });
    assert_eq!(may(&world, "bob", &license).await, Value::Null);
    assert_eq!(assign(&world, "bob", &license, &world.ids.bob).await, ["FORBIDDEN"]);

    let given = grant(&world, "ann", &world.ids.bob, "LICENSE_MANAGER", over, day(30)).await;
    let expected = json!({
        "role": "LICENSE_MANAGER", "accountId": world.ids.acme, "licenseId": license, "endsAt": day(30), "endedAt": null,
        "underId": null, "counts": true, "member": { "name": "bob" }, "id": id(&given),
    });
    assert_eq!(given["grant"], expected);

    let rights = json!([
        "SEE_LICENSE",
        "SEE_WHOLE_LICENSE",
        "USE_DEVICES",
        "MANAGE_DEVICES",
        "MANAGE_SEATS",
        "ALLOCATE_SEATS",
        "GRANT_AUDITOR",
        "GRANT_LICENSE_MANAGER"
    ]);
    assert_eq!(may(&world, "bob", &license).await, json!({ "may": rights }));
    let query = "{ licenses(first: 5) { nodes { id accountName history { totalCount } seatCandidates { nodes { name } } } } \
        viewer { accounts { id } grants { id license { id } accountName } } }";
    let seen = world.data(&world.portal, "bob", query, json!({})).await;
    let licenses = seen["licenses"]["nodes"].as_array().expect("licenses");
    assert_eq!(licenses.len(), 1, "not the other one of the same account");
    assert_eq!(
        (&licenses[0]["id"], &licenses[0]["accountName"]),
        (&json!(license), &json!("Acme"))
    );
    assert_ne!(licenses[0]["history"], Value::Null);
    let candidates = &licenses[0]["seatCandidates"]["nodes"];
    assert_eq!(
        candidates,
        &json!([{ "name": "ann" }, { "name": "bob" }]),
        "whom else to give a seat"
    );
    assert_eq!(seen["viewer"]["accounts"], json!([]));
    let own = json!([{ "id": id(&given), "license": { "id": license }, "accountName": "Acme" }]);
    assert_eq!(seen["viewer"]["grants"], own);

    assert_eq!(assign(&world, "bob", &license, &world.ids.ann).await, [""; 0]);
    assert_eq!(assign(&world, "bob", &other, &world.ids.ann).await, ["NOT_FOUND"]);
    assert_eq!(suspend(&world, "bob", &world.ids.ann).await, ["FORBIDDEN"]);
    let key = json!({ "commandId": command(), "licenseId": license });
    let shown = world
        .act(&world.portal, "bob", "licenseRevealKey", "LicenseRevealKeyInput", key, "key")
        .await;
    assert_eq!(codes(&shown), ["FORBIDDEN"]);

    assert_eq!(end(&world, "ann", &id(&given)).await["grant"]["counts"], false);
    assert_eq!(may(&world, "bob", &license).await, Value::Null, "gone before the answer");
    assert_eq!(assign(&world, "bob", &license, &world.ids.bob).await, ["FORBIDDEN"]);
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_nor_for_longer() {
    let world = World::fixture().await;
    let license = json!({ "licenseId": world.ids.license });
    let eu = json!({ "accountId": world.ids.acme_eu });
    let all = json!({ "accountId": world.ids.acme });
    let cem = world.add_member(&world.ids.acme_eu, "cem").await;
    let dan = world.add_member(&world.ids.acme_eu, "dan").await;
    let nobody = grant(&world, "bob", &cem, "AUDITOR", license.clone(), Value::Null).await;
    assert_eq!(codes(&nobody), ["FORBIDDEN"]);
    let given = grant(&world, "ann", &world.ids.bob, "LICENSE_MANAGER", eu.clone(), day(10)).await;
    let first = id(&given);
    for (role, over, ends, refused) in [
        ("ADMIN", &eu, day(5), "FORBIDDEN"),
        ("AUDITOR", &all, day(5), "FORBIDDEN"),
        ("AUDITOR", &license, day(5), "NOT_FOUND"),
        ("LICENSE_MANAGER", &eu, day(11), "GRANT_OUTLASTS"),
        ("LICENSE_MANAGER", &eu, Value::Null, "GRANT_OUTLASTS"),
        ("LICENSE_MANAGER", &json!({}), day(5), "BAD_USER_INPUT"),
        ("LICENSE_MANAGER", &json!({ "accountId": world.ids.globex }), day(5), "NOT_FOUND"),
        ("LICENSE_MANAGER", &eu, day(-1), "GRANT_ENDS_IN_PAST"),
    ] {
        let tried = grant(&world, "bob", &cem, role, over.clone(), ends).await;
        assert_eq!(codes(&tried), [refused], "{role} {over}");
    }
    let oneself = grant(&world, "bob", &world.ids.bob, "AUDITOR", eu.clone(), day(5)).await;
    assert_eq!(codes(&oneself), ["ONESELF"]);
    let second = grant(&world, "bob", &cem, "LICENSE_MANAGER", eu.clone(), day(10)).await;
    assert_eq!(second["grant"]["underId"], json!(first));
    let third = grant(&world, "cem", &dan, "LICENSE_MANAGER", eu.clone(), day(9)).await;
    id(&third);
    let eve = world.add_member(&world.ids.acme_eu, "eve").await;
    let fourth = grant(&world, "dan", &eve, "AUDITOR", eu.clone(), day(9)).await;
    assert_eq!(codes(&fourth), ["GRANT_CHAIN_TOO_LONG"]);

    let licensed = world.issue(&world.ids.acme_eu, "starter-bundle").await;
    assert_eq!(assign(&world, "dan", &licensed, &eve).await, [""; 0]);
    // Whoever is in between is kept out: what stems from it rests; and comes back.
    assert_eq!(suspend(&world, "ann", &cem).await, [""; 0]);
    assert_eq!(assign(&world, "dan", &licensed, &dan).await, ["FORBIDDEN"]);
    let restore = json!({ "commandId": command(), "memberId": cem });
    let kind = "MemberRestoreInput";
    world.act(&world.portal, "ann", "memberRestore", kind, restore, "member { id }").await;
    assert_eq!(assign(&world, "dan", &licensed, &dan).await, [""; 0]);
    let again: MemberId = cem.parse().expect("a member id");
    world.issue_token(again.uuid(), "cem", Audience::Portal).await;
    // The first is over at its end, and with it all the others.
    world.days_later(9);
    assert_eq!(may(&world, "dan", &licensed).await["may"], json!(["SEE_LICENSE", "USE_DEVICES"]));
    assert_ne!(may(&world, "cem", &licensed).await, Value::Null);
    world.days_later(10);
    assert_eq!(may(&world, "cem", &licensed).await, Value::Null);
    assert_eq!(assign(&world, "bob", &licensed, &dan).await, ["FORBIDDEN"]);
}

#[tokio::test]
async fn a_granted_admin_cannot_make_itself_or_others_last() {
    let world = World::fixture().await;
    let all = json!({ "accountId": world.ids.acme });
    id(&grant(&world, "ann", &world.ids.bob, "ADMIN", all.clone(), day(5)).await);
    world.prove("bob").await;
    let people = "query { account { people { nodes { name may } } } }";
    let seen = world.data(&world.portal, "bob", people, json!({})).await;
    let nodes = seen["account"]["people"]["nodes"].clone();
    let expected = json!([
        { "name": "ann", "may": ["SEE_PERSON"] },
        { "name": "bob", "may": ["SEE_PERSON", "BE_ONESELF"] },
    ]);
    assert_eq!(nodes, expected, "who has a role is not for a guest to manage");
    let input = |role: &str, email: &str| json!({ "commandId": command(), "accountId": world.ids.acme, "name": "Nia", "email": email, "role": role });
    let add = async |role, email| {
        let input = input(role, email);
        world.act(&world.portal, "bob", "memberAdd", "MemberAddInput", input, "member { id }").await
    };
    assert_eq!(codes(&add("ORG_ADMIN", "nia@example.com").await), ["FORBIDDEN"]);
    let nia = text(&add("MEMBER", "nia@example.com").await["member"]["id"]);
    let role = json!({ "commandId": command(), "memberId": nia, "role": "ORG_ADMIN" });
    let kind = "MemberChangeRoleInput";
    let raised =
        world.act(&world.portal, "bob", "memberChangeRole", kind, role, "member { id }").await;
    assert_eq!(codes(&raised), ["FORBIDDEN"]);
    let link = |member: &str| json!({ "commandId": command(), "memberId": member });
    let make = async |who, member: &str| {
        let kind = "PasswordLinkMakeInput";
        let input = link(member);
        codes(
            &world.act(&world.portal, who, "passwordLinkMake", kind, input, "link { path }").await,
        )
    };
    assert_eq!(make("bob", &world.ids.ann).await, ["PERSON_MAY_DO_MORE"]);
    assert_eq!(make("bob", &nia).await, [""; 0]);
    assert_eq!(suspend(&world, "bob", &world.ids.ann).await, ["PERSON_MAY_DO_MORE"]);
    // An admin of a sub-account makes no way in for somebody who may do something above it.
    let eva = world.add_member(&world.ids.acme_eu, "eva").await;
    let flo = world.add_member(&world.ids.acme_eu, "flo").await;
    let role = json!({ "commandId": command(), "memberId": eva, "role": "ORG_ADMIN" });
    world.act(&world.portal, "ann", "memberChangeRole", kind, role, "member { id }").await;
    assert_eq!(make("eva", &flo).await, [""; 0]);
    id(&grant(&world, "ann", &flo, "AUDITOR", all, Value::Null).await);
    assert_eq!(make("eva", &flo).await, ["PERSON_MAY_DO_MORE"]);
}

#[tokio::test]
async fn no_way_in_is_made_for_somebody_while_what_it_may_do_rests() {
    let world = World::fixture().await;
    let all = json!({ "accountId": world.ids.acme });
    let eva = world.join(&world.ids.acme_eu, "eva", "ORG_ADMIN").await;
    let flo = world.add_member(&world.ids.acme_eu, "flo").await;
    id(&grant(&world, "ann", &flo, "AUDITOR", all, Value::Null).await);
    assert_eq!(suspend(&world, "eva", &flo).await, [""; 0], "an admin keeps its people out");
    world.prove("eva").await;
    let input = json!({ "commandId": command(), "memberId": flo });
    for (mutation, kind) in [
        ("passwordLinkMake", "PasswordLinkMakeInput"),
        ("memberRemoveSecondFactor", "MemberRemoveSecondFactorInput"),
    ] {
        let input = json!({ "commandId": command(), "memberId": flo });
        let object = if mutation == "passwordLinkMake" { "link { path }" } else { "member { id }" };
        let made = world.act(&world.portal, "eva", mutation, kind, input, object).await;
        assert_eq!(codes(&made), ["PERSON_MAY_DO_MORE"], "it would be there when flo comes back");
    }
    let kind = "MemberRestoreInput";
    let restored =
        world.act(&world.portal, "eva", "memberRestore", kind, input, "member { id }").await;
    assert_eq!(codes(&restored), [""; 0]);
    assert_ne!(eva, flo);
}

#[tokio::test]
async fn whoever_was_granted_a_role_ends_what_stems_from_it_and_nothing_else() {
    let world = World::fixture().await;
    let eu = json!({ "accountId": world.ids.acme_eu });
    let cem = world.add_member(&world.ids.acme_eu, "cem").await;
    let dan = world.add_member(&world.ids.acme_eu, "dan").await;
    let bobs = id(&grant(&world, "ann", &world.ids.bob, "ADMIN", eu.clone(), Value::Null).await);
    let dans = id(&grant(&world, "ann", &dan, "AUDITOR", eu.clone(), Value::Null).await);
    let cems = id(&grant(&world, "bob", &cem, "ADMIN", eu, Value::Null).await);
    let may_end = async |who, id: &str| {
        let query = "{ viewer { accounts { grants { nodes { id mayEnd } } } } }";
        let seen = world.data(&world.portal, who, query, json!({})).await;
        let nodes = seen["viewer"]["accounts"][0]["grants"]["nodes"].as_array().expect("grants");
        nodes.iter().find(|one| one["id"] == id).expect("the grant")["mayEnd"].clone()
    };
    for (who, ended, may) in [
        ("cem", &bobs, false),
        ("cem", &dans, false),
        ("bob", &dans, false),
        ("bob", &bobs, true),
        ("bob", &cems, true),
        ("ann", &dans, true),
    ] {
        assert_eq!(may_end(who, ended).await, json!(may), "{who}");
        if !may {
            assert_eq!(codes(&end(&world, who, ended).await), ["FORBIDDEN"], "{who}");
        }
    }
    assert_eq!(end(&world, "bob", &cems).await["grant"]["counts"], false);
    assert_eq!(end(&world, "ann", &dans).await["grant"]["counts"], false);
}

#[tokio::test]
async fn grants_are_listed_given_up_and_told() {
    let world = World::fixture().await;
    let all = json!({ "accountId": world.ids.acme });
    let given = id(&grant(&world, "ann", &world.ids.bob, "AUDITOR", all, Value::Null).await);
    let query = "{ account { grants { totalCount nodes { id role member { name } } } \
        over: grants(over: true) { totalCount } may } }";
    let seen = world.data(&world.portal, "bob", query, json!({})).await;
    let listed = json!([{ "id": given, "role": "AUDITOR", "member": { "name": "bob" } }]);
    assert_eq!(seen["account"]["grants"]["nodes"], listed);
    assert_eq!(seen["account"]["may"], json!(["SEE_ACCOUNT", "SEE_WHOLE_ACCOUNT"]));
    let activity = "{ activity(first: 2) { text actor { name } allowedBy basis policyDigest } }";
    let told = world.data(&world.portal, "bob", activity, json!({})).await;
    let digest = format!("blake3:{}", ledger::authority::policy_digest());
    let expected = json!({
        "text": "bob may read everything of the account", "actor": { "name": "ann" },
        "allowedBy": "a role of one's own", "basis": "roles.grant_auditor:home_role", "policyDigest": digest,
    });
    assert_eq!(told["activity"][0], expected);
    assert_eq!(codes(&end(&world, "gus", &given).await), ["NOT_FOUND"]);
    assert_eq!(
        end(&world, "bob", &given).await["grant"]["counts"],
        false,
        "who has it gives it up"
    );
    assert_eq!(codes(&end(&world, "bob", &given).await), [""; 0], "once");
    let after = world.data(&world.portal, "ann", query, json!({})).await;
    assert_eq!(after["account"]["grants"]["totalCount"], 0);
    assert_eq!(after["account"]["over"]["totalCount"], 1);
    let refused = world.ask(&world.portal, "bob", activity, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn somebody_of_another_customer_gets_nothing() {
    let world = World::fixture().await;
    let all = json!({ "accountId": world.ids.acme });
    let query = "{ viewer { member { id } } }";
    let gus = world.data(&world.portal, "gus", query, json!({})).await;
    let gus = text(&gus["viewer"]["member"]["id"]);
    let given = grant(&world, "vera", &gus, "AUDITOR", all.clone(), Value::Null).await;
    assert_eq!(codes(&given), ["NOT_FOUND"], "not even by the vendor");
    let given = grant(&world, "vera", &world.ids.bob, "AUDITOR", all, Value::Null).await;
    id(&given);
}
