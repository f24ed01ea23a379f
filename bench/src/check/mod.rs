//! Workload C: how many times a second it can be asked whether something is allowed: in process, over HTTP, over
//! GraphQL, beside a handler that asks nobody.

pub(crate) mod client;
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use deedbook_service::auth::Auth;
use ledger::evaluate::Request;
use projections::{Principal, TenantScope};
use schemas::LicenseId;
use schemas::access::Audience;
use serde_json::{Value, json};

use crate::commands::runtime;
use crate::options::Options;
use crate::rounds::{Measure, Rounds};
use crate::row::{Row, Target};
use crate::traffic::Traffic;
use crate::world::{METERED, Size};
use client::{Asked, CONNECTIONS, ask, ask_once};
use server::Servers;

/// What the table does not say.
pub const NOTE: &str = "\
`in process` is the evaluator on the live views, on one thread. The others are asked by the same client, on this machine, over 32
connections that are kept: the service's portal with a bearer token at `/v1/check` and at `/graphql`, and a bare axum handler
that reads the JSON body of the former and answers with a JSON value of the same size.";

const IN_PROCESS: &str = "in process";
const HTTP: &str = "HTTP";
const GRAPHQL: &str = "GraphQL";
const BARE: &str = "bare handler";

/// Where the plain check is.
const CHECK_PATH: &str = "/v1/check";
const GRAPHQL_PATH: &str = "/graphql";
const QUERY: &str = "query Check($input: CheckInput!) { check(input: $input) { allowed code reason remaining resetsAt \
    failing { code message fix { code text } } warnings { code message } position } }";

/// Who asks about what.
struct Desk {
    traffic: Traffic,
    scope: TenantScope,
    token: String,
    licenses: Vec<LicenseId>,
}

/// Measures all ways to ask.
#[must_use]
pub fn measure(options: &Options) -> Vec<Row> {
    let runtime = runtime();
    let folder = tempfile::Builder::new().prefix("check-").tempdir_in(&options.data).unwrap();
    let desk = runtime.block_on(Desk::open(&folder.path().join("ledger")));
    let servers = runtime.block_on(Servers::start(&desk.traffic.engine));
    let plain = desk.asked(CHECK_PATH, plain_body);
    let graphql = desk.asked(GRAPHQL_PATH, graphql_body);
    let (status, answer) = ask_once(servers.portal, &plain);
    let has_plain = status == 200;
    let answer = if has_plain { answer } else { ask_once(servers.portal, &graphql).1 };
    servers.answer_as(serde_json::from_slice(&answer).expect("the answer is JSON"));
    let (status, answer) = ask_once(servers.portal, &graphql);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert!(status == 200 && answer["data"]["check"]["allowed"] == true, "{answer}");
    let mut rounds = Rounds::default();
    for round in 1..=options.rounds() {
        rounds.add(IN_PROCESS, 1, desk.ask_in_process(options.measured()));
        rounds.add(BARE, CONNECTIONS, ask(servers.bare, &plain, options));
        if has_plain {
            rounds.add(HTTP, CONNECTIONS, ask(servers.portal, &plain, options));
        }
        rounds.add(GRAPHQL, CONNECTIONS, ask(servers.portal, &graphql, options));
        eprintln!("  round {round}: done");
    }
    servers.stop();
    runtime.block_on(desk.traffic.engine.clone().close());
    rows(&rounds)
}

fn rows(rounds: &Rounds) -> Vec<Row> {
    let least = |ratio| Some(Target::RatioAtLeast(ratio));
    let engines = [
        (HTTP, CONNECTIONS, Some(BARE), least(0.7)),
        (GRAPHQL, CONNECTIONS, Some(BARE), least(0.4)),
        (BARE, CONNECTIONS, None, None),
        (IN_PROCESS, 1, None, None),
    ];
    let row = |(engine, in_flight, other, target): (_, _, Option<&'static str>, _)| {
        let (median, p99_ms) = rounds.median(engine, in_flight)?;
        Some(Row {
            workload: "check",
            engine,
            in_flight: Some(in_flight),
            median,
            unit: "calls/s",
            p99_ms,
            ratio: other.and_then(|other| rounds.ratio((engine, in_flight), (other, in_flight))),
            ratio_to: other,
            target,
        })
    };
    engines.into_iter().filter_map(row).collect()
}

fn plain_body(license: LicenseId) -> Value {
    json!({ "licenseId": license.to_string(), "feature": METERED })
}

fn graphql_body(license: LicenseId) -> Value {
    json!({ "query": QUERY, "variables": { "input": plain_body(license) } })
}

impl Desk {
    async fn open(folder: &std::path::Path) -> Self {
        let size = Size { first: 0, customers: 64, members: 8, licenses: 32 };
        let traffic = Arc::new(Traffic::make(folder, size).await);
        traffic.send(20_000).await;
        let traffic = Arc::into_inner(traffic).expect("everything was sent");
        let customer = traffic.world.held[0].customer.clone();
        let licenses =
            traffic.world.held.iter().filter(|one| one.customer.account == customer.account);
        let licenses = licenses.map(|one| one.license).collect();
        let admin = customer.members[0];
        let auth = Auth::new(traffic.engine.clone());
        let signed_in = auth.issue_token(Principal::Member(admin), Audience::Portal).await.unwrap();
        let scope = auth.portal(&signed_in.token).expect("the token is the admin's");
        Self { traffic, scope, token: signed_in.token, licenses }
    }

    /// A request about each license.
    fn asked(&self, path: &str, body: impl Fn(LicenseId) -> Value) -> Arc<Asked> {
        let bodies = self.licenses.iter().map(|license| body(*license).to_string());
        Arc::new(Asked::new(path, &self.token, bodies))
    }

    /// What the schemas do for a live check.
    fn ask_in_process(&self, measured: Duration) -> Measure {
        let views = self.traffic.engine.projections();
        let clock = self.traffic.engine.ledger().clock();
        let feature: schemas::FeatureKey = METERED.parse().unwrap();
        let begun = Instant::now();
        let mut calls = 0_u32;
        for license in self.licenses.iter().cycle() {
            if calls.is_multiple_of(64) && begun.elapsed() >= measured {
                break;
            }
            let facts = views.read(|views| views.facts(&self.scope, *license)).unwrap();
            let request = Request { feature: Some(feature.clone()), ..Request::new(clock.now()) };
            assert!(std::hint::black_box(facts.evaluate(&request)).allowed);
            calls += 1;
        }
        Measure { figure: f64::from(calls) / begun.elapsed().as_secs_f64(), p99: None }
    }
}
