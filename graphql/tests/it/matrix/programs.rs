//! Every mutation by programs, with every scope, for an admin, for one of a branch, for who has no role: never more than the
//! person who made the token, and of that only what the token is for.

use schemas::access::{Audience, TokenScope};
use serde_json::{Value, json};

use super::{Outcome, ROWS, expected, judged, names_what_is_unseen, outcome, row};
use crate::matrix::stage::Stage;
use crate::matrix::{About, fields};
use crate::world::command;
use ledger::authority::Action;

/// Which mutations a scope is for. All others are for people.
fn is_for(scope: TokenScope, mutation: &str, input: &Value) -> bool {
    let found = match mutation {
        "seatAssign"
        | "seatUnassign"
        | "seatsAllocate"
        | "deviceActivate"
        | "deviceDeactivate"
        | "deviceCheckIn"
        | "devicesRetireDormant"
        | "domainActivate"
        | "domainDeactivate"
        | "licenseApplyBundle"
        | "licenseRemoveBundle"
        | "licenseUndo" => Some(TokenScope::Licenses),
        "memberAdd" if input["role"] == "MEMBER" => Some(TokenScope::People),
        "memberSuspend" | "memberRestore" | "memberChangeProfile" => Some(TokenScope::People),
        _ => None,
    };
    found == Some(scope)
}

const SCOPES: [TokenScope; 4] =
    [TokenScope::Read, TokenScope::Licenses, TokenScope::People, TokenScope::Operate];

#[tokio::test]
async fn every_mutation_by_a_program_of_every_scope() {
    let mut allowed = 0;
    for (row, maker) in ROWS.iter().flat_map(|row| ["ann", "eva", "mem"].map(|who| (row, who))) {
        let stage = Stage::new().await;
        stage.world.prove(maker).await;
        let principal = stage.scope(maker).member().uuid();
        // What is let through changes what the next one finds: it comes last.
        let input = (row.input)(&stage.places[0]);
        let mut scopes = SCOPES.to_vec();
        scopes.sort_by_key(|scope| is_for(*scope, row.mutation, &input));
        for scope in scopes {
            let bearer = format!("{maker} {scope:?}");
            stage.world.issue_program(principal, &bearer, Audience::Portal, &[scope]).await;
            for place in &stage.places {
                let mut input = (row.input)(place);
                input["commandId"] = json!(command());
                let by_maker = expected(&stage, maker, row, place);
                let unseen = names_what_is_unseen(&stage, maker, row, place);
                let answer = stage.act(&bearer, row.mutation, input.clone()).await;
                let says = format!("{bearer}: {} of {}: {answer}", row.mutation, place.name);
                let want = match (is_for(scope, row.mutation, &input), by_maker) {
                    (false, _) => Outcome::Forbidden,
                    (true, Outcome::Allowed) if unseen => Outcome::NotFound,
                    (true, outcome) => outcome,
                };
                assert_eq!(outcome(&answer), want, "{says}");
                allowed += usize::from(want == Outcome::Allowed);
            }
        }
        // What was recorded says with which token, and comes out the same when it is judged again.
        let rights = judged(&stage).await;
        assert_eq!(rights.named, [], "{maker}: {}", row.mutation);
    }
    assert!(allowed > 20, "{allowed}");
}

#[tokio::test]
async fn a_program_may_nothing_that_its_maker_may_no_more_before_that_answer() {
    let stage = Stage::new().await;
    let (world, acme) = (&stage.world, &stage.places[0]);
    let ann = stage.scope("ann").member();
    let scopes = [TokenScope::Licenses];
    world.issue_program(ann.uuid(), "program", Audience::Portal, &scopes).await;
    let seats = row("seatUnassign", Action::ManageSeats, About::License, super::seat);
    let act = async || {
        let mut input = (seats.input)(acme);
        input["commandId"] = json!(command());
        outcome(&stage.act("program", seats.mutation, input).await)
    };
    assert_eq!(act().await, Outcome::Allowed);
    world.prove("vera").await;
    let demoted = json!({ "commandId": command(), "memberId": ann.to_string(), "role": "MEMBER" });
    world.done("memberChangeRole", "MemberChangeRoleInput", demoted, "member { id }").await;
    assert_eq!(act().await, Outcome::Forbidden);
    let suspended = json!({ "commandId": command(), "memberId": ann.to_string() });
    world.done("memberSuspend", "MemberSuspendInput", suspended, "member { id }").await;
    let question = "{ viewer { member { id } } }";
    let answer = world.ask(&world.portal, "program", question, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
}

#[tokio::test]
async fn a_program_reads_what_its_maker_reads() {
    let stage = Stage::new().await;
    let (world, ann) = (&stage.world, stage.scope("ann").member());
    world.issue_program(ann.uuid(), "program", Audience::Portal, &[TokenScope::Read]).await;
    for object in ["License", "Account", "Member"] {
        let place = &stage.places[0];
        let id = match object {
            "License" => &place.license,
            "Account" => &place.account,
            _ => &place.person,
        };
        for (field, selection) in fields::selections("portal", object) {
            // What the caller may do is less for a program.
            if field == "may" || field == "grants" {
                continue;
            }
            let query = format!(
                "query($id: ID!) {{ node(id: $id) {{ ... on {object} {{ found: {selection} }} }} }}"
            );
            let [mut one, mut other] = [Value::Null, Value::Null];
            for (who, answer) in [("ann", &mut one), ("program", &mut other)] {
                *answer = world.ask(&world.portal, who, &query, json!({ "id": id })).await;
            }
            assert_eq!(one, other, "{object}.{field}");
        }
    }
}
