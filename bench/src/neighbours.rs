//! Workload F: how long one customer waits for its answers while another floods the service and is turned away by its own
//! bound, beside how long it waits when it is alone.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deedbook_service::auth::Auth;
use deedbook_service::http::{Addresses, Listeners};
use deedbook_service::shutdown::Shutdown;
use projections::Principal;
use schemas::MemberId;
use schemas::access::Audience;
use serde_json::json;

use crate::check::client::{Asked, ask_over_one, flood};
use crate::commands::runtime;
use crate::options::Options;
use crate::rounds::{Measure, Rounds};
use crate::row::{Row, Target};
use crate::traffic::Traffic;
use crate::world::Size;

/// What the table does not say.
pub const NOTE: &str = "\
One customer asks what its account is called over one connection, with the bounds on asking as they are by default. `beside a flood`: another
customer asks meanwhile over 32 connections for as much as one question may, as fast as it is answered, and is turned away once its
own bound is used up. The figure is what 99 of 100 waited at most; the ratio is that of those waits. The two share two cores with
the clients themselves.";

const ALONE: &str = "alone";
const FLOODED: &str = "beside a flood";
/// Over how many connections the other floods.
const CONNECTIONS: usize = 32;
/// What a flood asks for: nearly as much as one question may cost.
const HEAVY: &str =
    "{ licenses(first: 100) { totalCount nodes { id status productName keyMasked position } } }";
const QUIET: &str = "{ account { name } }";

/// Measures both, in turns.
#[must_use]
pub fn measure(options: &Options) -> Vec<Row> {
    let runtime = runtime();
    let folder = tempfile::Builder::new().prefix("neighbours-").tempdir_in(&options.data).unwrap();
    let size = Size { first: 0, customers: 2, members: 8, licenses: options.size(200, 8) };
    let traffic = runtime.block_on(Traffic::make(&folder.path().join("ledger"), size));
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let bound = runtime.block_on(Listeners::bind(Addresses { portal: free, console: free }));
    let listeners = bound.unwrap();
    let portal = listeners.addresses().unwrap().portal;
    let shutdown = Shutdown::default();
    runtime.spawn(listeners.serve(traffic.engine.clone(), shutdown.clone()));
    let first = &traffic.world.held[0].customer;
    let mut others = traffic.world.held.iter().map(|one| &one.customer);
    let other = others.find(|one| one.account != first.account).expect("a second customer");
    let auth = Auth::new(traffic.engine.clone());
    let quiet = runtime.block_on(asked(&auth, first.members[0], QUIET));
    let noise = runtime.block_on(asked(&auth, other.members[0], HEAVY));
    let mut rounds = Rounds::default();
    for round in 1..=options.rounds() {
        rounds.add(ALONE, 1, ask(portal, &quiet, options.measured()));
        rounds.add(FLOODED, 1, beside(portal, &quiet, &noise, options.measured()));
        eprintln!("  round {round}: done");
    }
    shutdown.start();
    runtime.block_on(traffic.engine.close());
    rows(&rounds)
}

/// What somebody asks, with a session of its own.
async fn asked(auth: &Auth, member: MemberId, query: &str) -> Arc<Asked> {
    let signed_in = auth.issue_token(Principal::Member(member), Audience::Portal).await.unwrap();
    let body = json!({ "query": query }).to_string();
    Arc::new(Asked::new("/graphql", &signed_in.token, std::iter::once(body)))
}

/// Asks over one connection, on a thread of its own.
fn ask(portal: SocketAddr, quiet: &Arc<Asked>, measured: Duration) -> Measure {
    let quiet = Arc::clone(quiet);
    let client = std::thread::spawn(move || {
        single().block_on(async { ask_over_one(portal, quiet, measured).await })
    });
    client.join().expect("each question is answered")
}

/// The same while somebody else floods.
fn beside(
    portal: SocketAddr,
    quiet: &Arc<Asked>,
    noise: &Arc<Asked>,
    measured: Duration,
) -> Measure {
    let over = Arc::new(AtomicBool::new(false));
    let (noise, ends) = (Arc::clone(noise), Arc::clone(&over));
    let flooding = std::thread::spawn(move || {
        single().block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..CONNECTIONS {
                tasks.spawn(flood(portal, Arc::clone(&noise), Arc::clone(&ends)));
            }
            let sums = tasks.join_all().await;
            sums.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
        })
    });
    let measure = ask(portal, quiet, measured);
    over.store(true, Ordering::Relaxed);
    let (through, refused) = flooding.join().expect("the flood is answered");
    eprintln!("  the flood: {through} let through, {refused} turned away");
    measure
}

fn single() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn rows(rounds: &Rounds) -> Vec<Row> {
    let row = |(engine, other, target): (&'static str, Option<&'static str>, _)| {
        let (median, p99_ms) = rounds.median(engine, 1)?;
        Some(Row {
            workload: "neighbours",
            engine,
            in_flight: Some(1),
            median,
            unit: "ms",
            p99_ms,
            ratio: other.and_then(|other| rounds.ratio((engine, 1), (other, 1))),
            ratio_to: other,
            target,
        })
    };
    [(FLOODED, Some(ALONE), Some(Target::RatioAtMost(2.0))), (ALONE, None, None)]
        .into_iter()
        .filter_map(row)
        .collect()
}
