//! Every mutation and every field, by every role, about one's own, a child, a sibling, a parent, a stranger and what is
//! not there. What is expected follows from one line for each: which action it is, and about what. A mutation or a field
//! that has no line fails here.

mod fields;
mod programs;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use ledger::account::{AccountRules, Command};
use ledger::authority::{Action, Basis, Resource, Rule};
use ledger_log::{CommandMeta, RecordedEvent};
use projections::Views;
use projections::replay::{Until, replay_before};
use projections::rights::Rights;
use schemas::{Actor, CommandId, Digest};
use serde_json::{Value, json};

use stage::{CALLERS, Place, Stage};

use crate::world::{T0, command};

/// What a mutation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    License,
    Account,
    Person,
    Oneself,
}

/// One mutation of the portal.
struct Row {
    mutation: &'static str,
    action: Action,
    about: About,
    /// Its input about a place, without the command id.
    input: fn(&Place) -> Value,
}

const fn row(
    mutation: &'static str,
    action: Action,
    about: About,
    input: fn(&Place) -> Value,
) -> Row {
    Row { mutation, action, about, input }
}

fn on_license(place: &Place) -> Value {
    json!({ "licenseId": place.license })
}

fn seat(place: &Place) -> Value {
    json!({ "licenseId": place.license, "memberId": place.person })
}

fn device(place: &Place) -> Value {
    json!({ "licenseId": place.license, "deviceId": place.device })
}

fn person(place: &Place) -> Value {
    json!({ "memberId": place.person })
}

fn newcomer(place: &Place, role: &str) -> Value {
    let email = format!("new.{}@example.com", place.account.to_lowercase());
    json!({ "accountId": place.account, "name": "New", "email": email, "role": role })
}

const ROWS: &[Row] = &[
    row("seatAssign", Action::ManageSeats, About::License, seat),
    row("seatUnassign", Action::ManageSeats, About::License, seat),
    row(
        "deviceActivate",
        Action::UseDevices,
        About::License,
        |place| json!({ "licenseId": place.license, "fingerprint": "another", "name": "another" }),
    ),
    row("deviceDeactivate", Action::UseDevices, About::License, device),
    row("deviceCheckIn", Action::UseDevices, About::License, device),
    row("devicesRetireDormant", Action::ManageDevices, About::License, on_license),
    row(
        "domainActivate",
        Action::ManageDevices,
        About::License,
        |place| json!({ "licenseId": place.license, "domain": "other.example.com" }),
    ),
    row(
        "domainDeactivate",
        Action::ManageDevices,
        About::License,
        |place| json!({ "licenseId": place.license, "deviceId": place.domain }),
    ),
    row(
        "licenseApplyBundle",
        Action::ManageBundles,
        About::License,
        |place| json!({ "licenseId": place.license, "bundle": "growth-bundle" }),
    ),
    row(
        "licenseRemoveBundle",
        Action::ManageBundles,
        About::License,
        |place| json!({ "licenseId": place.license, "bundle": "growth-bundle" }),
    ),
    row("licenseRevealKey", Action::RevealKey, About::License, on_license),
    row(
        "licenseUndo",
        Action::ManageSeats,
        About::License,
        |place| json!({ "licenseId": place.license, "entryId": place.entry }),
    ),
    row("memberAdd", Action::ManagePeople, About::Account, |place| newcomer(place, "MEMBER")),
    row("memberAdd", Action::SetRoles, About::Account, |place| newcomer(place, "AUDITOR")),
    row(
        "memberChangeRole",
        Action::SetRoles,
        About::Person,
        |place| json!({ "memberId": place.person, "role": "AUDITOR" }),
    ),
    row(
        "memberErase",
        Action::ManagePeople,
        About::Person,
        |place| json!({ "memberId": place.person, "ground": "OBJECTION" }),
    ),
    row(
        "accountPromote",
        Action::ManagePeople,
        About::Account,
        |place| json!({ "accountId": place.account, "name": "Another Name" }),
    ),
    row("memberSuspend", Action::ManagePeople, About::Person, person),
    row("memberRestore", Action::ManagePeople, About::Person, person),
    row("memberEndSessions", Action::ManageSignIn, About::Person, person),
    row("memberRemoveSecondFactor", Action::ManageSignIn, About::Person, person),
    row("memberUnlinkIdentity", Action::ManageSignIn, About::Person, person),
    row("passwordLinkMake", Action::ManageSignIn, About::Person, person),
    row(
        "accountDemandSecondFactor",
        Action::ManageSignIn,
        About::Account,
        |place| json!({ "accountId": place.account, "demanded": false }),
    ),
    row("accountConnectIdentityProvider", Action::ManageSignIn, About::Account, |place| {
        json!({ "accountId": place.account, "issuer": "https://login.example.com",
            "clientId": "deedbook", "clientSecret": "a-secret" })
    }),
    row(
        "accountRequireSingleSignOn",
        Action::ManageSignIn,
        About::Account,
        |place| json!({ "accountId": place.account, "required": false }),
    ),
    row(
        "accountDisconnectIdentityProvider",
        Action::ManageSignIn,
        About::Account,
        |place| json!({ "accountId": place.account }),
    ),
    row(
        "roleGrant",
        Action::GrantAuditor,
        About::Account,
        |place| json!({ "memberId": place.person, "role": "AUDITOR", "accountId": place.account, "endsAt": place.soon }),
    ),
    row("roleGrant", Action::GrantLicenseManager, About::License, |place| {
        json!({ "memberId": place.person, "role": "LICENSE_MANAGER", "licenseId": place.license,
            "endsAt": place.soon })
    }),
    row(
        "roleGrant",
        Action::GrantAdmin,
        About::Account,
        |place| json!({ "memberId": place.person, "role": "ADMIN", "accountId": place.account, "endsAt": place.soon }),
    ),
    row(
        "roleGrantEnd",
        Action::GrantAuditor,
        About::License,
        |place| json!({ "grantId": place.grant }),
    ),
    row(
        "seatsAllocate",
        Action::AllocateSeats,
        About::License,
        |place| json!({ "licenseId": place.license, "accountId": place.branch, "seats": "1" }),
    ),
    row(
        "partnerUnlink",
        Action::ManagePartners,
        About::Account,
        |place| json!({ "accountId": place.account, "linkId": place.link }),
    ),
    row("profileChange", Action::BeOneself, About::Oneself, |_| json!({ "name": "Another Name" })),
    row(
        "preferencesSet",
        Action::BeOneself,
        About::Oneself,
        |_| json!({ "timeZone": "Europe/Paris", "theme": "DARK" }),
    ),
    row(
        "notificationChoicesSet",
        Action::BeOneself,
        About::Oneself,
        |_| json!({ "muted": [{ "topic": "SEATS", "channel": "MAIL" }], "rhythm": "DAILY" }),
    ),
    row("notificationsRead", Action::BeOneself, About::Oneself, |_| json!({ "upTo": 0 })),
    row(
        "memberChangeProfile",
        Action::ManagePeople,
        About::Person,
        |place| json!({ "memberId": place.person, "name": "Another Name" }),
    ),
    row(
        "apiTokenCreate",
        Action::BeOneself,
        About::Oneself,
        |place| json!({ "name": "mine", "scopes": ["READ"], "expiresAt": place.soon }),
    ),
    row(
        "apiTokenRevoke",
        Action::ManageSignIn,
        About::Person,
        |place| json!({ "memberId": place.person, "tokenId": place.token }),
    ),
    row("sessionEnd", Action::BeOneself, About::Oneself, |_| json!({})),
];

/// How a mutation must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// It was let through to the rules.
    Allowed,
    /// The caller sees what it is about and may not.
    Forbidden,
    /// The caller does not see it, or there is none.
    NotFound,
}

fn outcome(answer: &Value) -> Outcome {
    let errors = answer["userErrors"].as_array().unwrap_or_else(|| panic!("{answer}"));
    match errors.first().map(|error| error["code"].as_str().expect("a code")) {
        // Something may be taken back, or a person let in, only by who may do so much.
        Some("FORBIDDEN" | "NOT_UNDOABLE" | "PERSON_MAY_DO_MORE") => Outcome::Forbidden,
        Some("NOT_FOUND") => Outcome::NotFound,
        Some(_) | None => Outcome::Allowed,
    }
}

fn expected(stage: &Stage, caller: &str, row: &Row, place: &Place) -> Outcome {
    let scope = stage.scope(caller);
    stage.world.gate.projections.read(|views| {
        if row.mutation == "roleGrantEnd" {
            let grant = views.granted(&scope, place.grant.parse().expect("a grant"));
            return match grant.map(|grant| views.verdict_on_ending(&scope, grant).allowed()) {
                Some(true) => Outcome::Allowed,
                Some(false) => Outcome::Forbidden,
                None => Outcome::NotFound,
            };
        }
        if !views.may_somewhere(&scope, row.action) {
            return Outcome::Forbidden;
        }
        let (resource, sees) = match row.about {
            About::License => {
                let license = place.license.parse().expect("a license");
                (Resource::License(license), views.sees_license(&scope, license))
            }
            About::Account => {
                let account = place.account.parse().expect("an account");
                (Resource::Account(account), views.sees_account(&scope, account))
            }
            About::Person => {
                let person = place.person.parse().expect("a person");
                (Resource::Person(person), views.sees_person(&scope, person))
            }
            About::Oneself => (Resource::Person(scope.member()), true),
        };
        let soon = Some(stage.soon());
        match views.verdict_until(&scope, row.action, resource, soon).allowed() {
            true => Outcome::Allowed,
            false if sees => Outcome::Forbidden,
            false => Outcome::NotFound,
        }
    })
}

/// Whether it names something beside that the caller does not see: a person, or somebody else's device.
fn names_what_is_unseen(stage: &Stage, caller: &str, row: &Row, place: &Place) -> bool {
    let input = (row.input)(place);
    let scope = stage.scope(caller);
    stage.world.gate.projections.read(|views| {
        let person = place.person.parse().expect("a person");
        let unseen = input.get("memberId").is_some() && !views.sees_person(&scope, person);
        let branch = place.branch.parse().expect("an account");
        let below = row.mutation == "seatsAllocate" && !views.sees_account(&scope, branch);
        let license = Resource::License(place.license.parse().expect("a license"));
        let others = input.get("deviceId").is_some()
            && views.verdict(&scope, row.action, license).rule == Rule::OwnThings;
        (unseen && row.about != About::Person) || others || below
    })
}

#[tokio::test]
async fn every_mutation_by_every_role_about_everything() {
    let mut seen = BTreeMap::new();
    for row in ROWS {
        for caller in CALLERS {
            // What one mutation changes must not show in the next.
            let stage = Stage::new().await;
            stage.world.prove(caller).await;
            let mut answers = BTreeMap::new();
            for place in &stage.places {
                let mut input = (row.input)(place);
                input["commandId"] = json!(command());
                let want = expected(&stage, caller, row, place);
                let unseen = names_what_is_unseen(&stage, caller, row, place);
                let answer = stage.act(caller, row.mutation, input).await;
                let found = outcome(&answer);
                let says = format!("{caller}: {} of {}: {answer}", row.mutation, place.name);
                if want == Outcome::Allowed && unseen {
                    assert_eq!(found, Outcome::NotFound, "{says}");
                } else {
                    assert_eq!(found, want, "{says}");
                }
                *seen.entry((row.action, want)).or_insert(0) += 1;
                answers.insert(place.name, (want, answer.to_string()));
            }
            let (_, nothing) = &answers["nothing"];
            for (name, (_, answer)) in
                answers.iter().filter(|(_, (want, _))| *want == Outcome::NotFound)
            {
                assert_eq!(answer, nothing, "{caller}: {} of {name}", row.mutation);
            }
        }
    }
    let rows: BTreeSet<_> = ROWS.iter().map(|row| row.mutation.to_owned()).collect();
    assert_eq!(rows, fields::of("portal", "Mutation"), "each mutation has a row, and no other");
    // Each action was allowed to somebody, refused to somebody who sees, and unseen by somebody.
    for action in ROWS.iter().map(|row| row.action).filter(|action| *action != Action::BeOneself) {
        for outcome in [Outcome::Allowed, Outcome::NotFound] {
            assert!(
                seen.contains_key(&(action, outcome)),
                "{action} never ended {outcome:?}: {seen:?}"
            );
        }
    }
}

/// What judging each right again comes to.
async fn judged(stage: &Stage) -> Rights {
    let (log, codec) = (stage.world.gate.ledger.log(), stage.world.gate.ledger.codec());
    let mut rights = Rights::default();
    let judge = |views: &Views, recorded: &RecordedEvent| {
        let acted = matches!(recorded.header.actor, Actor::Member(_) | Actor::Staff(_));
        assert!(!acted || recorded.header.basis.is_some(), "{:?}", recorded.header);
        rights.judge(views, recorded);
    };
    replay_before(&**log, codec, Until::Tail, |_| {}, judge).await.expect("a log that replays");
    rights
}

#[tokio::test]
async fn an_auditor_who_judges_each_right_again_finds_what_was_recorded_and_who_was_let_do_too_much()
 {
    let stage = Stage::new().await;
    for caller in CALLERS {
        stage.world.prove(caller).await;
        for (row, place) in
            ROWS.iter().flat_map(|row| stage.places.iter().map(move |one| (row, one)))
        {
            // Whoever is erased or loses a role calls no more; whoever ends the own sessions neither.
            if ["memberErase", "memberChangeRole", "sessionEnd"].contains(&row.mutation) {
                continue;
            }
            let mut input = (row.input)(place);
            input["commandId"] = json!(command());
            stage.act(caller, row.mutation, input).await;
        }
    }
    let rights = judged(&stage).await;
    assert_eq!(rights.named, []);
    assert_eq!((rights.differing, rights.other_policy), (0, 0));
    assert!(rights.same > 100, "{rights:?}");

    // Somebody whose program lets through what it must not, and says that it may.
    let ledger = &stage.world.gate.ledger;
    let mem = stage.scope("mem");
    let (action, rule) = (Action::ManagePeople, Rule::HomeRole);
    let id = CommandId::new(ledger_log::derive::new_uuid(T0).expect("random bytes"));
    let meta = CommandMeta::new(id, Digest::ZERO, Actor::Operator)
        .for_tenant(Some(mem.account()))
        .by(Basis { action, rule, grant: None, token: None });
    let suspend = Command::SuspendMember { member: mem.member() };
    let ran = ledger.transact::<AccountRules>(mem.account().into(), suspend, meta).await;
    ran.expect("the rules do not ask");
    let found = judged(&stage).await;
    let named: Vec<_> =
        found.named.iter().map(|one| (&*one.wire_name, one.found.as_deref())).collect();
    assert_eq!(named, [("member_suspended.v1", Some("people.manage:data_folder"))]);
    assert_eq!((found.same, found.differing), (rights.same, 1));
}

#[tokio::test]
async fn who_audits_for_the_vendor_changes_nothing() {
    let stage = Stage::new().await;
    stage.world.prove("rita").await;
    let before = stage.world.facts().await;
    let mut tried = 0;
    for mutation in fields::of("console", "Mutation") {
        // With the own way in an auditor does as it likes.
        let own =
            ["sessionEnd", "apiTokenCreate", "apiTokenRevoke", "preferencesSet", "staffRename"];
        if own.contains(&&*mutation) {
            continue;
        }
        let mut document = fields::mutation("console", &mutation);
        if mutation == "roleGrantEnd" {
            // Everybody may give up what they have: it is refused only where there is something that others have.
            document = document.replace(
                &format!("grantId: \"{}\"", fields::ANY_ID),
                &format!("grantId: \"{}\"", stage.places[0].grant),
            );
        }
        let answer = stage.world.ask(&stage.world.console, "rita", &document, json!({})).await;
        let payload = &answer["data"][&mutation];
        assert_eq!(outcome(payload), Outcome::Forbidden, "{mutation}: {answer}");
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
    // Each denial is a fact, and nothing else was recorded.
    let after = stage.world.facts().await;
    assert_eq!(after - before, tried);
}

#[tokio::test]
async fn every_field_of_what_has_an_id_by_every_role() {
    let stage = Stage::new().await;
    let rows = fields::rows();
    assert_eq!(
        rows.keys().cloned().collect::<BTreeSet<_>>(),
        fields::all("portal").into_iter().chain(fields::all("console")).collect(),
        "each field has a line in graphql/tests/it/matrix/fields.txt that says who sees it"
    );
    for (object, id) in [
        ("License", (|place: &Place| &place.license) as fn(&Place) -> &String),
        ("Account", |place| &place.account),
        ("Member", |place| &place.person),
    ] {
        for (field, selection) in fields::selections("portal", object) {
            let guard = &rows[&format!("{object}.{field}")];
            for caller in CALLERS {
                let mut answers = BTreeMap::new();
                for place in &stage.places {
                    let query = format!(
                        "query($id: ID!) {{ node(id: $id) {{ ... on {object} {{ found: {selection} }} }} }}"
                    );
                    let variables = json!({ "id": id(place) });
                    let mut answer =
                        stage.world.ask(&stage.world.portal, caller, &query, variables).await;
                    strip(&mut answer);
                    let says = format!("{caller}: {object}.{field} of {}: {answer}", place.name);
                    let (sees, whole) = stage.sees(caller, object, id(place));
                    let node = &answer["data"]["node"];
                    match (sees, guard.as_str()) {
                        (false, _) => assert_eq!(node, &Value::Null, "{says}"),
                        (true, "seen" | "narrowed") => {
                            assert_eq!(answer.get("errors"), None, "{says}");
                            assert!(node.is_object(), "{says}");
                        }
                        (true, "whole") => {
                            let refused = answer.get("errors").is_some() || node["found"].is_null();
                            assert_eq!(refused, !whole, "{says}");
                        }
                        (true, other) => panic!("{other} is no word for who sees it"),
                    }
                    answers.insert(place.name, (sees, answer.to_string()));
                }
                let (_, nothing) = &answers["nothing"];
                for (name, (_, answer)) in answers.iter().filter(|(_, (sees, _))| !sees) {
                    assert_eq!(answer, nothing, "{caller}: {object}.{field} of {name}");
                }
            }
        }
    }
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("requestId");
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
