//! What was asked of a ledger and what was answered, kept outside the process that may die: after any crash or fault,
//! what was acknowledged must be there exactly once, and the rest whole or not at all. Knows nothing of the faults.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::api::{Api, document};
use crate::chance::Chance;
use crate::http::Door;
use crate::process::{self, Service};
use crate::vendor::{self, text};

/// So little room in a segment that ten commands do not fit.
const NEARLY_FULL_BYTES: u64 = 4_000;

const PASSWORD: &str = "a passphrase that is long enough";

/// A command as it was sent, and the answer if one came back.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The mutation.
    pub mutation: &'static str,
    /// What is selected of its payload.
    pub selection: &'static str,
    /// Its input, the command id in it.
    pub input: Value,
    /// The payload, when the command was acknowledged.
    pub answer: Option<Value>,
}

/// One data folder, and all that was acknowledged in it.
pub struct Oracle {
    data: tempfile::TempDir,
    token: String,
    product: String,
    account: String,
    filler: String,
    counted: String,
    /// Where chance comes from.
    pub chance: Chance,
    /// What was asked and is there.
    pub acknowledged: Vec<Sent>,
}

impl Oracle {
    /// A new ledger with a catalog, two customers and a license whose usage is counted. Nothing serves it.
    #[must_use]
    pub fn new(mut chance: Chance) -> Self {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("ledger");
        let mut init =
            process::command(["init", "--vendor", "Orbit", "--email", "vera@orbit.example"]);
        init.args(process::SMALL_SEGMENTS).arg("--data").arg(&path);
        init.env("DEEDBOOK_PASSWORD", PASSWORD);
        assert!(init.output().unwrap().status.success(), "deedbook init");
        let mut service = Service::start(&path);
        let token = sign_in(&mut service.console());
        let mut vera = Api::new(service.console().with_token(&token), chance.fork());
        let sample = vendor::build(&mut vera);
        let (account, filler) = (sample.acme, sample.globex);
        let issue =
            json!({ "accountId": account, "productId": sample.orbit, "source": "enterprise" });
        let issued = vera.done("licenseIssue", issue, "license { id }");
        let counted = text(&issued["license"]["id"]);
        service.kill();
        let (product, acknowledged) = (sample.orbit, Vec::new());
        Self { data, token, product, account, filler, counted, chance, acknowledged }
    }

    /// The same ledger again, in a folder of its own.
    #[must_use]
    pub fn twin(&self) -> Self {
        self.twin_in(tempfile::tempdir().unwrap())
    }

    /// The same ledger again, in this folder.
    #[must_use]
    pub fn twin_in(&self, data: tempfile::TempDir) -> Self {
        copy_folder(&self.path(), &data.path().join("ledger"));
        Self {
            data,
            token: self.token.clone(),
            product: self.product.clone(),
            account: self.account.clone(),
            filler: self.filler.clone(),
            counted: self.counted.clone(),
            chance: self.chance.clone(),
            acknowledged: self.acknowledged.clone(),
        }
    }

    /// Fills the first segment until a few commands more need a second one. Nothing of it is counted.
    pub fn fill_segment(&mut self) {
        let (first, probe) = (self.segment_room(), 500);
        self.import_members(0..probe);
        let each = (first - self.segment_room()) / u64::from(probe) + 1;
        let more = (self.segment_room() - NEARLY_FULL_BYTES) * 95 / 100 / each;
        self.import_members(probe..probe + u32::try_from(more).unwrap());
        let mut service = Service::start(&self.path());
        let mut vera = Api::new(self.door(&service), self.chance.fork());
        while self.segment_room() > NEARLY_FULL_BYTES {
            let number = self.chance.bits();
            vendor::member(&mut vera, &self.filler, "F", &format!("f{number}@f.example"), "MEMBER");
        }
        service.stop();
    }

    /// How many bytes of the first segment are still zeros at its end.
    fn segment_room(&self) -> u64 {
        let bytes = fs::read(self.path().join("log/segment-00000001.log")).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        u64::try_from(bytes.len() - used).unwrap()
    }

    fn import_members(&self, numbers: std::ops::Range<u32>) {
        let mut rows = "customer_external_id,external_id,name,email,role\n".to_owned();
        for number in numbers {
            rows.push_str(&format!("crm-2,m{number},Filler,m{number}@globex.example,member\n"));
        }
        let file = self.data.path().join("members.csv");
        fs::write(&file, rows).unwrap();
        let mut import = process::command(["import", "--data"]);
        let output = import.arg(self.path()).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The data folder.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.data.path().join("ledger")
    }

    /// The vendor's door, for somebody who may do everything.
    #[must_use]
    pub fn door(&self, service: &Service) -> Door {
        service.console().with_token(&self.token)
    }

    /// A command that leaves something which can be counted afterwards.
    pub fn next_command(&mut self) -> Sent {
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

    /// Whether questions are answered, through GraphQL and through `/v1/check`.
    pub fn assert_reads_go_on(&self, door: &mut Door) {
        let query = "query($id: ID!) { license(id: $id) { id status } }";
        let answer = door.graphql(query, &json!({ "id": self.counted })).unwrap().json();
        assert_eq!(answer["data"]["license"]["id"], self.counted.as_str(), "{answer}");
        let question = json!({ "licenseId": self.counted, "feature": "core" }).to_string();
        let headers = [("content-type", "application/json")];
        let answer = door.send("POST", "/v1/check", &headers, question.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["allowed"], true, "{}", answer.text());
    }

    /// Checks what is left: every answer again for what was acknowledged; whole or absent for the rest, and
    /// done once after a retry.
    pub fn settle(&mut self, service: &Service, sent: Vec<Sent>) {
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
        if self.acknowledged.is_empty() {
            return;
        }
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

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
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

/// Sends a command and gives the payload of its answer, which must be one.
///
/// # Errors
/// When no whole answer comes back.
pub fn ask(door: &mut Door, one: &Sent) -> io::Result<Value> {
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

/// What `deedbook verify` says of a ledger, which must be whole.
#[must_use]
pub fn verify(data: &Path) -> Value {
    let mut verify = process::command(["verify", "--json", "--data"]);
    let output = verify.arg(data).output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&report).unwrap()
}
