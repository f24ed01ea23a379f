//! The load: a number of callers, each sending its next command when the last one was answered. The same for all
//! stores.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::options::Options;
use crate::rounds::{Measure, p99};

/// A store of commands.
pub trait Store: Send + Sync + 'static {
    /// What one caller keeps from command to command.
    type Caller: Send + 'static;

    /// The caller with this number, of this many. No two callers write to one stream, unless that is measured.
    fn caller(&self, number: usize, callers: usize) -> Self::Caller;

    /// Sends the caller's next command. It is durable when this ends.
    fn command(&self, caller: &mut Self::Caller) -> impl Future<Output = ()> + Send;
}

/// Runs the store with this many commands under way: first to warm it up, then measured.
pub async fn load<S: Store>(store: Arc<S>, options: &Options, in_flight: usize) -> Measure {
    run(&store, in_flight, options.warm_up()).await;
    run(&store, in_flight, options.measured()).await
}

async fn run<S: Store>(store: &Arc<S>, in_flight: usize, measured: Duration) -> Measure {
    let begun = Instant::now();
    let callers: Vec<_> = (0..in_flight)
        .map(|number| {
            let store = Arc::clone(store);
            let mut caller = store.caller(number, in_flight);
            tokio::spawn(async move {
                let mut waits = Vec::new();
                loop {
                    let asked = Instant::now();
                    if asked.duration_since(begun) >= measured {
                        return waits;
                    }
                    store.command(&mut caller).await;
                    waits.push(asked.elapsed());
                }
            })
        })
        .collect();
    let mut waits = Vec::new();
    for caller in callers {
        waits.extend(caller.await.expect("a store takes every command"));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let figure = count(waits.len()) / seconds;
    Measure { figure, p99: p99(waits) }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("fewer commands than a u32 holds"))
}
