//! A page asks one operation, and the ledger answers it with a few reads of the log, however many licenses and facts
//! the page shows.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use ledger_log::{
    Append, AppendOutcome, CommandRecord, EventLog, LogFuture, LogIdentity, MemoryLog, ReadError,
    StreamSlice,
};
use schemas::{AccountId, CommandId, LogPosition, Revision, StoredEvent, StreamName};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::world::{World, command};

/// The most reads of the log that one operation of a page may make.
const READS_MAX: usize = 6;
/// How many licenses the customer has.
const LICENSES: usize = 40;

#[tokio::test]
async fn an_operation_of_a_page_reads_the_log_at_most_six_times() {
    let log = Arc::new(CountingLog::default());
    let world = busy_world(Arc::clone(&log) as Arc<dyn EventLog>).await;
    let (acme, license) = (world.ids.acme.clone(), world.ids.license.clone());
    let product = world.ids.product.clone();
    let moment = json!({ "at": "2026-09-01T00:00:00Z" });
    let of_license = json!({
        "id": license, "product": product, "history": true, "first": 20, "ask": true,
        "chosen": true, "text": "orbit", "find": true, "account": acme, "named": true, "of": acme,
        "person": world.ids.bob,
    });
    let mut most = 0;
    for (door, who, folder) in [
        (&world.portal, "ann", "../portal/customer/operations"),
        (&world.console, "vera", "../portal/console/operations"),
    ] {
        for (name, document) in queries(Path::new(folder)) {
            let mut asked = of_license.clone();
            match (folder.contains("console"), name.as_str()) {
                (_, "Customer") => asked["id"] = json!(acme),
                (_, "Change") => {
                    asked["input"] =
                        json!({ "licenseId": license, "applyBundle": "growth-bundle" });
                }
                (_, "Diagnose") => {
                    asked["input"] = json!({ "licenseId": license, "feature": "api_calls" });
                }
                (_, _) => {}
            }
            let mut variants = vec![asked.clone()];
            match name.as_str() {
                "License" => {
                    asked["asOf"] = moment.clone();
                    variants.push(asked);
                }
                "Diagnose" => {
                    asked["at"] = moment["at"].clone();
                    variants.push(asked);
                }
                "Licenses" | "LicenseRows" => {
                    asked["text"] = Value::Null;
                    variants.push(asked);
                }
                _ => {}
            }
            for variables in variants {
                let reads = reads_of(&world, &log, door, who, (&name, &document), &variables).await;
                assert!(reads <= READS_MAX, "{folder} {name} {variables}: {reads} reads");
                most = most.max(reads);
            }
        }
    }
    assert!(most >= 2, "a page that shows facts reads them: counted {most}");
}

#[tokio::test]
async fn a_list_of_the_past_reads_its_licenses_together() {
    let log = Arc::new(CountingLog::default());
    let world = busy_world(Arc::clone(&log) as Arc<dyn EventLog>).await;
    world.days_later(90);
    let document = "query Past($asOf: AsOfInput) { licenses(first: 100, asOf: $asOf, status: [ACTIVE, SUSPENDED]) \
                    { totalCount nodes { id status } } }";
    let variables = json!({ "asOf": { "at": "2026-08-02T00:00:00Z" } });
    let asked = ("Past", document);
    let reads = reads_of(&world, &log, &world.portal, "ann", asked, &variables).await;
    assert!(reads <= READS_MAX, "{reads} reads");
    let answer = world.data(&world.portal, "ann", document, variables).await;
    assert_eq!(answer["licenses"]["totalCount"], json!(LICENSES + 1), "{answer}");
}

/// How many reads of the log an operation makes, which must be answered without errors.
async fn reads_of(
    world: &World,
    log: &CountingLog,
    door: &Router,
    who: &str,
    (name, document): (&str, &str),
    variables: &Value,
) -> usize {
    // The views follow the log by reading it: that is not the operation's.
    let mut position = world.gate.projections.position();
    while position != *log.durable().borrow() {
        tokio::task::yield_now().await;
        position = world.gate.projections.position();
    }
    let before = log.reads.load(Ordering::SeqCst);
    let body = json!({ "query": document, "operationName": name, "variables": variables });
    let (_, answer) = crate::world::send(door, crate::world::post(who, body.to_string())).await;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer.get("errors"), None, "{name} {variables}: {answer}");
    log.reads.load(Ordering::SeqCst) - before
}

/// Every query of a folder of documents by its name, with the fragments that it spreads.
fn queries(folder: &Path) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut definitions: Vec<String> = Vec::new();
    for file in std::fs::read_dir(&folder).expect("the documents of the pages") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a document");
        for line in text.lines() {
            match definitions.last_mut() {
                // A definition begins at the margin; what closes it does, too.
                Some(last) if !line.starts_with(char::is_alphabetic) => {
                    last.push_str(line);
                    last.push('\n');
                }
                _ => definitions.push(format!("{line}\n")),
            }
        }
    }
    let fragments = definitions.iter().filter(|one| one.starts_with("fragment "));
    let queries = definitions.iter().filter_map(|one| one.strip_prefix("query "));
    let found: Vec<(String, String)> = queries
        .map(|query| {
            let name: String = query.chars().take_while(|one| one.is_alphanumeric()).collect();
            let spread = fragments.clone().filter(|fragment| {
                let fragment = fragment.split(' ').nth(1).expect("a name");
                query.contains(&format!("...{fragment}\n"))
            });
            let spread: String = spread.cloned().collect();
            (name, format!("query {query}{spread}"))
        })
        .collect();
    assert!(found.len() >= 7, "{}: {found:?}", folder.display());
    found
}

/// Acme with many licenses, each with a history of its own, and many people.
async fn busy_world(log: Arc<dyn EventLog>) -> World {
    let world = World::fixture_over(log).await;
    let acme = world.ids.acme.clone();
    for number in 0..50 {
        world.add_member(&acme, &format!("person{number}")).await;
    }
    let mut licenses = vec![world.ids.license.clone()];
    for _ in 0..LICENSES {
        licenses.push(world.issue(&acme, "starter-bundle").await);
    }
    for (number, license) in licenses.iter().enumerate() {
        for member in [&world.ids.ann, &world.ids.bob] {
            let input = json!({ "commandId": command(), "licenseId": license, "memberId": member });
            world.done("seatAssign", "SeatAssignInput", input, "license { id }").await;
        }
        let device = json!({
            "commandId": command(), "licenseId": license, "fingerprint": format!("machine-{number}"),
            "name": format!("Machine {number}"),
        });
        world.done("deviceActivate", "DeviceActivateInput", device, "device { id }").await;
        let input = json!({ "commandId": command(), "licenseId": license, "feature": "api_calls", "quantity": "3" });
        world.done("usageRecord", "UsageRecordInput", input, "position").await;
        let hold = json!({ "commandId": command(), "licenseId": license, "blocker": "VENDOR_HOLD", "reason": "unpaid" });
        world.done("licenseSetBlocker", "LicenseSetBlockerInput", hold, "license { id }").await;
    }
    world.days_later(45);
    world
}

/// A log in memory that counts what is asked of it.
#[derive(Default)]
struct CountingLog {
    log: MemoryLog,
    reads: AtomicUsize,
}

impl CountingLog {
    fn counted(&self) -> &MemoryLog {
        self.reads.fetch_add(1, Ordering::SeqCst);
        &self.log
    }
}

impl EventLog for CountingLog {
    fn append(&self, append: Append) -> LogFuture<AppendOutcome> {
        self.log.append(append)
    }

    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.counted().read_stream(stream, after, limit)
    }

    fn read_streams(
        &self,
        slices: Vec<StreamSlice>,
    ) -> LogFuture<Result<Vec<Vec<StoredEvent>>, ReadError>> {
        self.counted().read_streams(slices)
    }

    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.counted().read_all(after, limit)
    }

    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>> {
        self.counted().find_command(tenant, command_id)
    }

    fn durable(&self) -> watch::Receiver<Option<LogPosition>> {
        self.log.durable()
    }

    fn identity(&self) -> LogIdentity {
        self.log.identity()
    }

    fn has_one_writer(&self) -> bool {
        self.log.has_one_writer()
    }
}
