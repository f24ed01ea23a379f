//! Many rows in flight, and yet the rows of one stream one after another: each row goes to the lane of its stream,
//! and each lane finishes a row before it begins the next. The log writes what all lanes have in flight at once.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::apply::Importer;
use super::report::Place;
use super::rows::Row;
use super::target::{Done, Refusal};

/// Rows in flight at most: enough to fill the log's batches, few enough to keep little in memory.
pub(crate) const LANES: u16 = 128;
/// Rows that wait in a lane.
const WAITING_MAX: usize = 16;
/// Outcomes that wait to be counted.
const OUTCOMES_MAX: usize = 1_024;

/// A row on its way.
pub(crate) struct Job {
    pub(crate) place: Place,
    pub(crate) row: Row,
}

/// How a row ended.
pub(crate) struct Outcome {
    pub(crate) place: Place,
    pub(crate) result: Result<Done, Refusal>,
}

/// The lanes of one wave. Dropping them abandons what is in flight; a command that the ledger has taken still runs
/// to its end.
pub(crate) struct Lanes {
    senders: Vec<mpsc::Sender<Job>>,
    outcomes: mpsc::Receiver<Outcome>,
    tasks: JoinSet<()>,
}

impl Lanes {
    pub(crate) fn open(importer: &Arc<Importer>) -> Self {
        let (done, outcomes) = mpsc::channel(OUTCOMES_MAX);
        let mut tasks = JoinSet::new();
        let senders = (0..LANES)
            .map(|_| {
                let (sender, jobs) = mpsc::channel(WAITING_MAX);
                tasks.spawn(work(Arc::clone(importer), jobs, done.clone()));
                sender
            })
            .collect();
        Self { senders, outcomes, tasks }
    }

    /// Sends a row on its way, and returns the outcomes that are there while it waits for room.
    pub(crate) async fn send(&mut self, lane: u64, job: Job, settled: &mut Vec<Outcome>) {
        let lane = usize::try_from(lane % u64::from(LANES)).unwrap_or(0);
        let Some(sender) = self.senders.get(lane) else { return };
        while let Ok(outcome) = self.outcomes.try_recv() {
            settled.push(outcome);
        }
        let sent = sender.send(job);
        tokio::pin!(sent);
        loop {
            tokio::select! {
                biased;
                // A lane ends only with the import; then nobody waits for this row any more.
                _ = &mut sent => return,
                outcome = self.outcomes.recv() => settled.extend(outcome),
            }
        }
    }

    /// No more rows are sent. What is on its way ends.
    pub(crate) fn close(&mut self) {
        self.senders.clear();
    }

    /// The next outcome; `None` when every row has ended after [`Self::close`].
    pub(crate) async fn next(&mut self) -> Option<Outcome> {
        let outcome = self.outcomes.recv().await;
        if outcome.is_none() {
            while self.tasks.join_next().await.is_some() {}
        }
        outcome
    }
}

async fn work(importer: Arc<Importer>, mut jobs: mpsc::Receiver<Job>, done: mpsc::Sender<Outcome>) {
    while let Some(Job { place, row }) = jobs.recv().await {
        let result = importer.apply(&row).await;
        if done.send(Outcome { place, result }).await.is_err() {
            return;
        }
    }
}
