//! The people of a customer: added, given other roles, kept out and let in again by their admins; a right that is taken
//! away is gone before the answer.

use axum::http::StatusCode;
use projections::Principal;
use schemas::MemberId;
use schemas::access::Audience;
use serde_json::{Value, json};

use crate::world::{World, codes, command, post, send, text};

const MEMBER: &str = "member { id name role suspendedAt }";

async fn change_role(world: &World, who: &str, member: &str, role: &str) -> Value {
    let input = json!({ "commandId": command(), "memberId": member, "role": role });
    let kind = "MemberChangeRoleInput";
    world.act(&world.portal, who, "memberChangeRole", kind, input, MEMBER).await
}

async fn suspend(world: &World, who: &str, member: &str) -> Value {
    let input = json!({ "commandId": command(), "memberId": member });
    world.act(&world.portal, who, "memberSuspend", "MemberSuspendInput", input, MEMBER).await
}

/// Whether this person's token still opens the portal.
async fn is_in(world: &World, who: &str) -> bool {
    let body = json!({ "query": "{ __typename }" }).to_string();
    send(&world.portal, post(who, body)).await.0 == StatusCode::OK
}

#[tokio::test]
async fn an_admin_adds_people_and_says_what_they_may_do() {
    let world = World::fixture().await;
    let input = json!({
        "commandId": command(), "accountId": world.ids.acme_eu, "name": "Eva", "email": "eva@example.com",
        "role": "MEMBER",
    });
    let object = "member { id accountId role }";
    let added = world.act(&world.portal, "ann", "memberAdd", "MemberAddInput", input, object).await;
    assert_eq!(codes(&added), [""; 0]);
    assert_eq!(added["member"]["accountId"], json!(world.ids.acme_eu));
    let eva = text(&added["member"]["id"]);
    let changed = change_role(&world, "ann", &eva, "AUDITOR").await;
    assert_eq!(changed["member"]["role"], "AUDITOR");
    let again = change_role(&world, "ann", &eva, "AUDITOR").await;
    assert_eq!((codes(&again), &again["member"]["role"]), (vec![], &json!("AUDITOR")));
    let history =
        "query($id: ID!) { account(id: $id) { history(first: 1) { nodes { text rule } } } }";
    let found = world.data(&world.portal, "ann", history, json!({ "id": world.ids.acme_eu })).await;
    let told = json!([{
        "text": "Eva became an auditor", "rule": "account.people_are_managed_by_admins",
    }]);
    assert_eq!(found["account"]["history"]["nodes"], told);
}

#[tokio::test]
async fn who_is_suspended_is_out_at_once_and_signs_in_anew_when_restored() {
    let world = World::fixture().await;
    assert!(is_in(&world, "bob").await);
    let suspended = suspend(&world, "ann", &world.ids.bob).await;
    assert_eq!(codes(&suspended), [""; 0]);
    assert_ne!(suspended["member"]["suspendedAt"], Value::Null);
    assert!(!is_in(&world, "bob").await, "out before the answer");
    let member: MemberId = world.ids.bob.parse().expect("a member id");
    let views = &world.gate.projections;
    let email = world.gate.ledger.codec().keystore().digest("email", b"bob@example.com");
    let challenge = views.read(|views| views.password_challenge(Audience::Portal, &email).err());
    assert_eq!(challenge, Some(projections::AuthenticationError::Unknown));
    assert!(views.read(|views| views.password_challenge_of(Principal::Member(member)).is_err()));

    let input = json!({ "commandId": command(), "memberId": world.ids.bob });
    let restored =
        world.act(&world.portal, "ann", "memberRestore", "MemberRestoreInput", input, MEMBER).await;
    assert_eq!(restored["member"]["suspendedAt"], Value::Null);
    assert!(!is_in(&world, "bob").await, "the sessions of before are over for good");
    assert!(views.read(|views| views.may_sign_in(Principal::Member(member))));
}

#[tokio::test]
async fn an_admin_ends_every_session_of_somebody_who_may_sign_in_anew() {
    let world = World::fixture().await;
    let end = async |who: &str, member: &str| {
        let input = json!({ "commandId": command(), "memberId": member });
        let kind = "MemberEndSessionsInput";
        world.act(&world.portal, who, "memberEndSessions", kind, input, "ended { count }").await
    };
    assert_eq!(codes(&end("bob", &world.ids.ann).await), ["FORBIDDEN"]);
    assert_eq!(codes(&end("gus", &world.ids.bob).await), ["NOT_FOUND"]);
    assert_eq!(codes(&end("ann", &world.ids.ann).await), ["ONESELF"]);
    assert!(is_in(&world, "bob").await && is_in(&world, "ann").await);
    let ended = end("ann", &world.ids.bob).await;
    assert_eq!((codes(&ended), &ended["ended"]["count"]), (vec![], &json!(1)));
    assert!(!is_in(&world, "bob").await, "out before the answer");
    let bob: MemberId = world.ids.bob.parse().expect("a member id");
    world.issue_token(bob.uuid(), "bob again", Audience::Portal).await;
    assert!(is_in(&world, "bob again").await);
    assert_eq!(end("ann", &world.ids.bob).await["ended"]["count"], 1);
    assert_eq!(end("ann", &world.ids.bob).await["ended"]["count"], 0, "there is none any more");
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_before_the_answer() {
    let world = World::fixture().await;
    change_role(&world, "ann", &world.ids.bob, "ORG_ADMIN").await;
    assert_eq!(codes(&change_role(&world, "bob", &world.ids.ann, "MEMBER").await), [""; 0]);
    let late = change_role(&world, "ann", &world.ids.bob, "MEMBER").await;
    assert_eq!(codes(&late), ["FORBIDDEN"], "an old token of somebody who was an admin");
    let list = "{ licenses { totalCount } }";
    let seen = world.data(&world.portal, "ann", list, json!({})).await;
    assert_eq!(seen["licenses"]["totalCount"], 0, "and nothing is seen that was not assigned");
}

#[tokio::test]
async fn nobody_takes_the_own_rights_and_an_admin_remains() {
    let world = World::fixture().await;
    let own = change_role(&world, "ann", &world.ids.ann, "MEMBER").await;
    assert_eq!(codes(&own), ["ONESELF"]);
    assert_eq!(codes(&suspend(&world, "ann", &world.ids.ann).await), ["ONESELF"]);
    change_role(&world, "ann", &world.ids.bob, "ORG_ADMIN").await;
    let (one, other) = tokio::join!(
        suspend(&world, "ann", &world.ids.bob),
        suspend(&world, "bob", &world.ids.ann),
    );
    let refused = [codes(&one), codes(&other)].concat();
    // The second one is refused at the door or, when both were let in, by the rules.
    assert!(
        matches!(refused[..], [ref code] if code == "NOT_AN_ADMIN" || code == "FORBIDDEN"),
        "{refused:?}"
    );
    assert_eq!(u8::from(is_in(&world, "ann").await) + u8::from(is_in(&world, "bob").await), 1);
}

#[tokio::test]
async fn people_of_other_customers_and_accounts_above_are_nobody_s_to_manage() {
    let world = World::fixture().await;
    let eva = world.add_member(&world.ids.acme_eu, "eva").await;
    change_role(&world, "ann", &eva, "ORG_ADMIN").await;
    assert_eq!(codes(&suspend(&world, "eva", &world.ids.bob).await), ["NOT_FOUND"]);
    assert_eq!(codes(&suspend(&world, "gus", &world.ids.bob).await), ["NOT_FOUND"]);
    assert_eq!(codes(&suspend(&world, "bob", &eva).await), ["FORBIDDEN"]);
    assert_eq!(
        codes(&suspend(&world, "ann", &eva).await),
        [""; 0],
        "an admin manages what is below"
    );
    let input = json!({
        "commandId": command(), "accountId": world.ids.globex, "name": "Mallory", "email": "m@example.com",
        "role": "ORG_ADMIN",
    });
    let added = world.act(&world.portal, "ann", "memberAdd", "MemberAddInput", input, MEMBER).await;
    assert_eq!(codes(&added), ["NOT_FOUND"]);
}

#[tokio::test]
async fn a_link_is_made_for_one_s_own_people_and_a_retry_gives_the_same() {
    let world = World::fixture().await;
    let make = async |who: &str, member: &str, id: &str| {
        let input = json!({ "commandId": id, "memberId": member });
        let kind = "PasswordLinkMakeInput";
        let object = "link { path expiresAt }";
        world.act(&world.portal, who, "passwordLinkMake", kind, input, object).await
    };
    let id = command();
    let made = make("ann", &world.ids.bob, &id).await;
    let path = text(&made["link"]["path"]);
    assert!(path.starts_with(&format!("/welcome?who={}&code=", world.ids.bob)), "{path}");
    let again = make("ann", &world.ids.bob, &id).await;
    assert_eq!((&again["link"], &again["replayed"]), (&made["link"], &json!(true)));
    assert_ne!(make("ann", &world.ids.bob, &command()).await["link"]["path"], made["link"]["path"]);
    assert_eq!(codes(&make("bob", &world.ids.ann, &command()).await), ["FORBIDDEN"]);
    assert_eq!(codes(&make("gus", &world.ids.bob, &command()).await), ["NOT_FOUND"]);
    let code = path.rsplit_once('=').expect("a code").1;
    let facts = world.gate.ledger.log().read_all(None, 100_000).await.expect("the log");
    assert!(!format!("{facts:?}").contains(code), "the ledger has the hash only");
}

#[tokio::test]
async fn everybody_sees_and_ends_the_own_sessions() {
    let world = World::fixture().await;
    let ann: MemberId = world.ids.ann.parse().expect("a member id");
    for name in ["phone", "tablet"] {
        world.issue_token(ann.uuid(), name, Audience::Portal).await;
    }
    let query = "{ viewer { sessions { id current } } }";
    let found = world.data(&world.portal, "ann", query, json!({})).await;
    let sessions = found["viewer"]["sessions"].as_array().expect("sessions").clone();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|one| one["current"] == true).count(), 1);
    let seen = world.data(&world.portal, "phone", query, json!({})).await;
    let phone = seen["viewer"]["sessions"].as_array().expect("sessions");
    let phone = phone.iter().find(|one| one["current"] == true).expect("its own");

    let end = async |who: &str, id: Value| {
        let input = json!({ "commandId": command(), "sessionId": id });
        let object = "ended { count }";
        world.act(&world.portal, who, "sessionEnd", "SessionEndInput", input, object).await
    };
    assert_eq!(codes(&end("bob", phone["id"].clone()).await), ["NOT_FOUND"]);
    assert_eq!(end("ann", phone["id"].clone()).await["ended"]["count"], 1);
    assert!(!is_in(&world, "phone").await && is_in(&world, "tablet").await);
    assert_eq!(end("ann", Value::Null).await["ended"]["count"], 1);
    assert!(!is_in(&world, "tablet").await && is_in(&world, "ann").await);
    let staff = "{ viewer { sessions { current } } }";
    let found = world.data(&world.console, "rita", staff, json!({})).await;
    assert_eq!(found["viewer"]["sessions"], json!([{ "current": true }]));
}

#[tokio::test]
async fn seats_are_offered_to_whoever_may_get_one_and_nobody_else() {
    let mut world = World::fixture().await;
    let acme = world.ids.acme.clone();
    let eva = world.add_member(&world.ids.acme_eu.clone(), "eva").await;
    for number in 0..120 {
        world.add_member(&acme, &format!("worker{number:03}")).await;
    }
    world.ids.license = world.issue(&acme, "growth-bundle").await;
    let license = world.ids.license.clone();
    let document = "query($id: ID!, $text: String, $after: String) { license(id: $id) { \
        seatCandidates(text: $text, first: 50, after: $after) { totalCount pageInfo { endCursor hasNextPage } \
        nodes { id name } } } }";
    let find = async |who: &str, text: &str, after: Option<&str>| {
        let variables = json!({ "id": license, "text": text, "after": after });
        let found = world.data(&world.portal, who, document, variables).await;
        found["license"]["seatCandidates"].clone()
    };
    let names = |found: &Value| -> Vec<String> {
        let nodes = found["nodes"].as_array().expect("nodes");
        nodes.iter().map(|one| text(&one["name"])).collect()
    };
    let all = find("ann", "", None).await;
    assert_eq!(all["totalCount"], 123);
    assert_eq!(names(&all)[..4], ["ann", "bob", "eva", "worker000"], "in the order of names");
    let next = find("ann", "", all["pageInfo"]["endCursor"].as_str()).await;
    assert_eq!(names(&next)[0], "worker047");
    assert_eq!(names(&find("ann", "WORKER11", None).await).len(), 10);
    assert_eq!(names(&find("ann", "eva@exa", None).await), ["eva"], "by e-mail, below the account");
    assert_eq!(find("ann", "gus", None).await["totalCount"], 0, "not of another customer");

    let people = "query($text: String) { account { people(text: $text, first: 3) { totalCount nodes { name } } } }";
    let of = async |who: &str, text: &str| {
        let found = world.data(&world.portal, who, people, json!({ "text": text })).await;
        let people = found["account"]["people"].clone();
        (people["totalCount"].as_u64().expect("a count"), names(&people))
    };
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(of("ann", "").await, (123, owned(&["ann", "bob", "eva"])));
    assert_eq!(of("ann", "ev").await, (1, owned(&["eva"])));
    assert_eq!(of("bob", "").await, (1, owned(&["bob"])), "itself only");
    assert_eq!(of("gus", "ann").await, (0, vec![]));

    let seat = json!({ "commandId": command(), "licenseId": license, "memberId": eva });
    world.act(&world.portal, "ann", "seatAssign", "SeatAssignInput", seat, "license { id }").await;
    suspend(&world, "ann", &world.ids.bob.clone()).await;
    let left = find("ann", "", None).await;
    assert_eq!(left["totalCount"], 121, "neither who has one nor who is suspended");
    assert_eq!(names(&left)[..2], ["ann", "worker000"]);
    let vendors = json!({ "id": license, "text": "ann", "after": null });
    let seen = world.data(&world.console, "vera", document, vendors).await;
    assert_eq!(seen["license"]["seatCandidates"]["totalCount"], 1);
}

#[tokio::test]
async fn an_organization_demands_a_second_factor_of_everybody_below_it() {
    let world = World::fixture().await;
    let eu = world.ids.acme_eu.clone();
    let eva = world.add_member(&eu, "eva").await;
    let demand = async |who: &str, account: &str, demanded: bool| {
        let input = json!({ "commandId": command(), "accountId": account, "demanded": demanded });
        let object = "account { secondFactorRule secondFactorDemanded peopleWithoutSecondFactor }";
        let door = if who == "vera" { &world.console } else { &world.portal };
        let kind = "AccountDemandSecondFactorInput";
        world.act(door, who, "accountDemandSecondFactor", kind, input, object).await
    };
    let acme = world.ids.acme.clone();
    assert_eq!(codes(&demand("bob", &acme, true).await), ["FORBIDDEN"]);
    assert_eq!(codes(&demand("gus", &acme, true).await), ["NOT_FOUND"]);
    assert_eq!(codes(&demand("ann", &acme, true).await), ["SECOND_FACTOR_FIRST"]);
    world.give_second_factor(&world.ids.ann).await;
    let demanded = demand("ann", &acme, true).await;
    let told = json!({
        "secondFactorRule": true, "secondFactorDemanded": true, "peopleWithoutSecondFactor": 2,
    });
    assert_eq!((codes(&demanded), &demanded["account"]), (vec![], &told));
    for (who, status) in [("ann", 200), ("bob", 403), ("eva", 403), ("gus", 200)] {
        let body = json!({ "query": "{ __typename }" }).to_string();
        let (answered, text) = send(&world.portal, post(who, body)).await;
        assert_eq!(answered, status, "{who}: {text}");
        let missing = text.contains("\"code\":\"SECOND_FACTOR_REQUIRED\"");
        assert_eq!(missing, status == 403, "{who}: {text}");
    }
    let seen = "query($id: ID!) { account(id: $id) { secondFactorRule secondFactorDemanded \
        members(first: 5) { nodes { name secondFactorSince } } } }";
    let below = world.data(&world.portal, "ann", seen, json!({ "id": eu })).await;
    let told = json!({
        "secondFactorRule": false, "secondFactorDemanded": true,
        "members": { "nodes": [{ "name": "eva", "secondFactorSince": null }] },
    });
    assert_eq!(below["account"], told);

    world.give_second_factor(&eva).await;
    assert!(is_in(&world, "eva").await, "with the next request");
    assert!(!is_in(&world, "bob").await);
    assert_eq!(codes(&demand("vera", &acme, false).await), [""; 0]);
    assert!(is_in(&world, "bob").await, "once it is no longer demanded");
    let history = "{ account { history(first: 2) { nodes { text rule actor { name } } } } }";
    let found = world.data(&world.portal, "ann", history, json!({})).await;
    let rule = "account.second_factor_is_demanded_by_admins";
    let told = json!([
        { "text": "a second factor is everybody's own choice again", "rule": rule,
          "actor": { "name": "the vendor" } },
        { "text": "everybody needs a second factor from now on", "rule": rule, "actor": { "name": "ann" } },
    ]);
    assert_eq!(found["account"]["history"]["nodes"], told);
}

#[tokio::test]
async fn an_erased_person_is_out_holds_nothing_and_makes_room() {
    let world = World::fixture().await;
    let (acme, bob, license) =
        (world.ids.acme.clone(), world.ids.bob.clone(), world.ids.license.clone());
    let seat = json!({ "commandId": command(), "licenseId": license, "memberId": bob });
    world.act(&world.portal, "ann", "seatAssign", "SeatAssignInput", seat, "license { id }").await;
    let id = command();
    let erase = async |who: &str, member: &str, id: &str| {
        let input = json!({ "commandId": id, "memberId": member, "ground": "CONSENT_WITHDRAWN" });
        let object = "member { id name email erasedAt }";
        world.act(&world.portal, who, "memberErase", "MemberEraseInput", input, object).await
    };
    assert_eq!(codes(&erase("bob", &bob, &command()).await), ["FORBIDDEN"]);
    assert_eq!(codes(&erase("gus", &bob, &command()).await), ["NOT_FOUND"]);
    assert_eq!(codes(&erase("ann", &world.ids.ann, &command()).await), ["ONESELF"]);
    assert!(is_in(&world, "bob").await);
    let erased = erase("ann", &bob, &id).await;
    let left = json!({
        "id": bob, "name": null, "email": null, "erasedAt": "2026-08-01T00:00:00Z",
    });
    assert_eq!((codes(&erased), &erased["member"]), (vec![], &left));
    assert!(!is_in(&world, "bob").await);
    let facts = world.facts().await;
    assert_eq!(erase("ann", &bob, &id).await["replayed"], true);
    assert_eq!(codes(&erase("ann", &bob, &command()).await), [""; 0], "it is so already");
    assert_eq!(world.facts().await, facts, "and nothing is recorded again");

    let seen = "query($id: ID!) { license(id: $id) { seats { assigned } history(first: 2) { nodes { text } } } \
        account { people(first: 5) { nodes { name } } } }";
    let found = world.data(&world.portal, "ann", seen, json!({ "id": license })).await;
    assert_eq!(found["license"]["seats"]["assigned"], "0", "the seat is free");
    let told = found["license"]["history"]["nodes"].to_string();
    assert!(told.contains("seat of somebody whose data was erased was freed"), "{told}");
    assert_eq!(found["account"]["people"]["nodes"], json!([{ "name": "ann" }]));
    let seat = json!({ "commandId": command(), "licenseId": license, "memberId": bob });
    let refused =
        world.act(&world.portal, "ann", "seatAssign", "SeatAssignInput", seat, "license { id }");
    assert_eq!(codes(&refused.await), ["NOT_FOUND"]);
    assert_eq!(codes(&suspend(&world, "ann", &bob).await), ["MEMBER_ERASED"]);
    let input = json!({
        "commandId": command(), "accountId": acme, "name": "Bob again", "email": "bob@example.com",
        "role": "MEMBER",
    });
    let added =
        world.act(&world.portal, "ann", "memberAdd", "MemberAddInput", input, "member { id }");
    let added = added.await;
    assert_eq!(codes(&added), [""; 0], "the e-mail is free again");
    assert_ne!(added["member"]["id"], json!(bob), "for somebody new");
    let find = "{ find(text: \"bob@example.com\") { found { ... on Member { id } } } }";
    let found = world.data(&world.console, "vera", find, json!({})).await;
    assert_eq!(
        found["find"],
        json!([{ "found": { "id": added["member"]["id"] } }]),
        "who has it now"
    );
}
