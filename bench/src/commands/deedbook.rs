//! The ledger under real commands.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use schemas::{LogPosition, StoredEvent};

use super::load::Store;
use crate::chance::Chance;
use crate::options::Options;
use crate::traffic::Traffic;
use crate::world::{Held, Size, World};

/// The ledger, with one license that everybody wants.
pub struct Deedbook {
    traffic: Traffic,
    hot: Held,
    hot_seated: Vec<AtomicBool>,
}

/// Which streams the callers write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// Each caller to licenses and meters of its own.
    Many,
    /// Everybody to one license, each about another person.
    OneLicense,
    /// Everybody to one meter.
    OneMeter,
}

impl Deedbook {
    /// A new ledger in a folder.
    pub async fn make(folder: &Path, options: &Options) -> Self {
        let customers = options.size(1_024, 256);
        let size = Size { first: 0, customers, members: 8, licenses: 4 };
        let traffic = Traffic::make(&folder.join("deedbook"), size).await;
        let size = Size { first: customers, customers: 1, members: 1_024, licenses: 1 };
        let hot = World::make(traffic.engine.ledger(), size).await;
        let hot = hot.held[0].clone();
        let hot_seated = hot.customer.members.iter().map(|_| AtomicBool::new(false)).collect();
        Self { traffic, hot, hot_seated }
    }

    /// The same, with callers that write to these streams.
    pub fn over(self: Arc<Self>, streams: Streams) -> Arc<Over> {
        Arc::new(Over { deedbook: self, streams })
    }

    /// The newest events of the log.
    pub async fn newest_events(&self, count: usize) -> Vec<StoredEvent> {
        let log = self.traffic.engine.ledger().log();
        let newest = log.durable().borrow().map_or(0, |position| position.0);
        let after = newest.checked_sub(u64::try_from(count).unwrap()).map(LogPosition);
        log.read_all(after, count).await.unwrap()
    }

    /// Leaves the ledger as a service does that is told to stop.
    pub async fn close(&self) {
        self.traffic.engine.clone().close().await;
    }
}

/// The ledger, and which streams are written to.
pub struct Over {
    deedbook: Arc<Deedbook>,
    streams: Streams,
}

/// One who sends commands.
pub struct Caller {
    chance: Chance,
    number: usize,
    /// The licenses that only this caller writes to.
    licenses: Vec<usize>,
}

impl Store for Over {
    type Caller = Caller;

    fn caller(&self, number: usize, callers: usize) -> Caller {
        let count = self.deedbook.traffic.world.held.len();
        let licenses = (number..count).step_by(callers).collect();
        Caller { chance: Chance::new(u64::try_from(number).unwrap()), number, licenses }
    }

    async fn command(&self, caller: &mut Caller) {
        let Deedbook { traffic, hot, hot_seated } = &*self.deedbook;
        let chance = &mut caller.chance;
        match self.streams {
            Streams::Many => {
                let license = caller.licenses[chance.below(caller.licenses.len())];
                traffic.next(license, chance).await;
            }
            Streams::OneLicense => {
                let member = hot.customer.members[caller.number];
                let before = hot_seated[caller.number].fetch_xor(true, Ordering::Relaxed);
                traffic.seat(hot, member, !before, chance).await;
            }
            Streams::OneMeter => traffic.record_usage(hot, chance).await,
        }
    }
}
