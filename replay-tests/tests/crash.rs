//! kill -9 of the real binary between acknowledgements, again and again. An oracle outside the process keeps what was
//! asked and what was answered; after every restart all that was acknowledged is there exactly once, and what was
//! not is there whole or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its own functions too"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use replay_tests::api::{Api, document};
use replay_tests::chance::Chance;
use replay_tests::http::Door;
use replay_tests::process::{self, Service};
use replay_tests::vendor::{self, text};
use serde_json::{Value, json};

/// Kills in each lane; with four lanes the issue's 200 are passed.
const KILLS: usize = 55;
/// Writers at a time, so that a batch holds the commands of several.
const WRITERS: u64 = 3;
/// The longest time between the start of the writers and the kill.
const KILL_AFTER_MAX_MICROS: u64 = 40_000;

const PASSWORD: &str = "a passphrase that is long enough";

/// A command as it was sent, and the answer if one came back.
#[derive(Debug, Clone)]
struct Sent {
    mutation: &'static str,
    selection: &'static str,
    input: Value,
    answer: Option<Value>,
}

/// One data folder, its service, and the oracle beside it.
struct Lane {
    data: tempfile::TempDir,
    token: String,
    product: String,
    account: String,
    counted: String,
    chance: Chance,
    acknowledged: Vec<Sent>,
}

impl Lane {
    fn new(mut chance: Chance) -> Self {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("ledger");
        let mut init =
            process::command(["init", "--vendor", "Orbit", "--email", "vera@orbit.example"]);
        init.args(process::SMALL_SEGMENTS).arg("--data").arg(&path);
        init.env("DEEDBOOK_PASSWORD", PASSWORD);
        assert!(init.output().unwrap().status.success(), "deedbook init");
        let mut service = Service::start(&path);
        let token = sign_in(&mut service.console());
        let mut vera = Api::new(service.console().with_token(&token), chance.clone());
        let sample = vendor::build(&mut vera);
        let account = sample.acme;
        let issue =
            json!({ "accountId": account, "productId": sample.orbit, "source": "enterprise" });
        let issued = vera.done("licenseIssue", issue, "license { id }");
        let counted = text(&issued["license"]["id"]);
        service.kill();
        chance.bits();
        let (product, acknowledged) = (sample.orbit, Vec::new());
        Self { data, token, product, account, counted, chance, acknowledged }
    }

    fn path(&self) -> std::path::PathBuf {
        self.data.path().join("ledger")
    }

    fn door(&self, service: &Service) -> Door {
        service.console().with_token(&self.token)
    }

    /// A command that leaves something which can be counted afterwards.
    fn next(&mut self) -> Sent {
        let id = schemas::CommandId::new(self.chance.id()).to_string();
        let number = self.chance.bits();
        let (mutation, selection, mut input) = match self.chance.below(4) {
            0 => (
                "licenseIssue",
                "license { id status term { from until } }",
                json!({ "accountId": self.account, "productId": self.product, "source": "starter",
                    "key": format!("ORBT-{number:016X}") }),
            ),
            1 => (
                "memberAdd",
                "member { id name email }",
                json!({ "accountId": self.account, "name": format!("Person {number}"),
                    "email": format!("person{number}@acme.example"), "role": "MEMBER" }),
            ),
            _ => (
                "usageRecord",
                "",
                json!({ "licenseId": self.counted, "feature": "api_calls", "quantity": "1" }),
            ),
        };
        input["commandId"] = id.into();
        Sent { mutation, selection, input, answer: None }
    }

    /// Starts the service, lets writers write, kills it, starts it again and checks everything.
    fn cycle(&mut self) {
        let mut service = Service::start(&self.path());
        let (reports, gathered) = mpsc::channel();
        let mut writers = Vec::new();
        for _ in 0..WRITERS {
            let door = self.door(&service);
            let commands: Vec<_> = (0..200).map(|_| self.next()).collect();
            let report = reports.clone();
            writers.push(thread::spawn(move || write(door, commands, &report)));
        }
        drop(reports);
        let patience = Duration::from_micros(self.chance.below(KILL_AFTER_MAX_MICROS));
        let mut sent = Vec::new();
        let started = std::time::Instant::now();
        // The oracle notes each answer as it comes; the kill falls wherever it falls between them.
        while let Some(left) = patience.checked_sub(started.elapsed()) {
            match gathered.recv_timeout(left) {
                Ok(one) => sent.push(one),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => panic!("the writers stopped by themselves"),
            }
        }
        service.kill();
        sent.extend(gathered);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let service = Service::start(&self.path());
        self.settle(&service, sent);
    }

    /// Checks what the kill left: every answer again for what was acknowledged; whole or absent for the rest, and
    /// done once after a retry.
    fn settle(&mut self, service: &Service, sent: Vec<Sent>) {
        let mut door = self.door(service);
        self.assert_counts(&mut door, &sent);
        for mut one in sent {
            let again = ask(&mut door, &one).unwrap_or_else(|error| panic!("{one:?}: {error}"));
            assert_eq!(again["userErrors"], json!([]), "{one:?}");
            if let Some(first) = &one.answer {
                assert_eq!(said(&again), said(first), "{one:?}");
                assert_eq!(
                    again["replayed"], true,
                    "an acknowledged command was forgotten: {one:?}"
                );
            }
            one.answer = Some(again);
            self.acknowledged.push(one);
        }
        self.assert_counts(&mut door, &[]);
        // One of the old ones again: its answer stands for ever.
        let old = self.chance.clone().pick(&self.acknowledged).clone();
        let again = ask(&mut door, &old).unwrap();
        assert_eq!(said(&again), said(old.answer.as_ref().unwrap()), "{old:?}");
        assert_eq!(again["replayed"], true, "{old:?}");
    }

    /// How often each kind of effect is there, between what was acknowledged and what was sent at all.
    fn assert_counts(&self, door: &mut Door, unsettled: &[Sent]) {
        let found = counts(door, &self.account, &self.counted);
        let is = |one: &&Sent, mutation: &str| one.mutation == mutation;
        for (mutation, count) in found {
            let known = self.acknowledged.iter().filter(|one| is(one, mutation)).count();
            let of_these = unsettled.iter().filter(|one| is(one, mutation));
            let (answered, asked) = of_these.fold((0, 0), |(answered, asked), one| {
                (answered + usize::from(one.answer.is_some()), asked + 1)
            });
            assert!(
                count >= known + answered,
                "{mutation}: {count} there, {known} + {answered} acknowledged"
            );
            assert!(
                count <= known + asked,
                "{mutation}: {count} there, {known} + {asked} asked for"
            );
        }
    }
}

fn sign_in(door: &mut Door) -> String {
    let body = json!({ "email": "vera@orbit.example", "password": PASSWORD }).to_string();
    let headers = [("content-type", "application/json")];
    let answer = door.send("POST", "/sign-in", &headers, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    text(&answer.json()["token"])
}

/// Sends one command after the other until the service is gone, and reports each with its answer.
fn write(mut door: Door, commands: Vec<Sent>, report: &Sender<Sent>) {
    for mut one in commands {
        let answer = ask(&mut door, &one);
        let gone = answer.is_err();
        one.answer = answer.ok();
        if let Some(answer) = &one.answer {
            assert_eq!(answer["userErrors"], json!([]), "{one:?}");
        }
        report.send(one).unwrap();
        if gone {
            return;
        }
    }
}

fn ask(door: &mut Door, one: &Sent) -> std::io::Result<Value> {
    let query = document(one.mutation, one.selection);
    let answer = door.graphql(&query, &json!({ "input": one.input }))?;
    let mut body = answer.json();
    assert!(body.get("errors").is_none(), "{one:?}: {body}");
    Ok(body["data"][one.mutation].take())
}

/// What an answer says, without how it came about: a retry is marked as one.
fn said(answer: &Value) -> Value {
    let mut said = answer.clone();
    said["replayed"] = Value::Null;
    said
}

/// How many licenses, members and counted units there are; and that each of them is whole.
fn counts(door: &mut Door, account: &str, counted: &str) -> BTreeMap<&'static str, usize> {
    let licenses = "licenses(account: $account, first: 50, after: $after) { edges { node { id term { from } } } \
        pageInfo { hasNextPage endCursor } }";
    let licenses = rows(door, account, licenses, "/licenses");
    for license in &licenses {
        assert!(license["term"].is_object(), "half a license: {license}");
    }
    let members = "account(id: $account) { members(first: 50, after: $after) { edges { node { name } } \
        pageInfo { hasNextPage endCursor } } }";
    let members = rows(door, account, members, "/account/members");
    for member in &members {
        assert!(member["name"].is_string(), "a name cannot be opened any more: {member}");
    }
    let added = members.iter().filter(|member| text(&member["name"]).starts_with("Person"));
    let usage = "query($id: ID!) { license(id: $id) { entitlements { feature usage } } }";
    let usage = door.graphql(usage, &json!({ "id": counted })).unwrap().json();
    let rows = usage["data"]["license"]["entitlements"].as_array().unwrap();
    let calls = rows.iter().find(|row| row["feature"] == "api_calls").unwrap();
    BTreeMap::from([
        // The one that usage is counted on was there before.
        ("licenseIssue", licenses.len() - 1),
        ("memberAdd", added.count()),
        ("usageRecord", text(&calls["usage"]).parse().unwrap()),
    ])
}

/// All rows of a list, page by page.
fn rows(door: &mut Door, account: &str, list: &str, path: &str) -> Vec<Value> {
    let query = format!("query($account: ID!, $after: String) {{ {list} }}");
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "account": account, "after": after });
        let answer = door.graphql(&query, &variables).unwrap().json();
        let page = answer["data"].pointer(path).unwrap_or_else(|| panic!("{answer}"));
        let edges = page["edges"].as_array().unwrap();
        found.extend(edges.iter().map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasNextPage"] == false {
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn verify(data: &Path) -> Value {
    let mut verify = process::command(["verify", "--json", "--data"]);
    let output = verify.arg(data).output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&report).unwrap()
}

fn run(lane: &str) {
    let mut lane = Lane::new(Chance::printed(lane));
    for _ in 0..KILLS {
        lane.cycle();
    }
    let acknowledged = lane.acknowledged.iter().filter(|one| one.answer.is_some()).count();
    assert!(acknowledged > KILLS, "only {acknowledged} commands were acknowledged");
    verify(&lane.path());
}

#[test]
fn nothing_acknowledged_is_lost_first_lane() {
    run("crash 1");
}

#[test]
fn nothing_acknowledged_is_lost_second_lane() {
    run("crash 2");
}

#[test]
fn nothing_acknowledged_is_lost_third_lane() {
    run("crash 3");
}

#[test]
fn nothing_acknowledged_is_lost_fourth_lane() {
    run("crash 4");
}
