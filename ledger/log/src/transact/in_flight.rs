//! Which commands run at this moment, so that the same command sent twice at once runs once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::{AccountId, CommandId, Digest, StreamName};
use tokio::sync::oneshot;

/// The retry identity of a command.
pub(super) type CommandKey = (Option<AccountId>, CommandId);

/// What a command means: two commands with one id must have one intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Intent {
    pub stream: StreamName,
    pub digest: Digest,
}

/// The commands that run. It holds at most as many as there are permits.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight {
    running: Arc<Mutex<HashMap<CommandKey, Running>>>,
}

#[derive(Debug)]
struct Running {
    intent: Intent,
    /// Those who wait for its end.
    waiting: Vec<oneshot::Sender<()>>,
}

/// What happens to a command that wants to run.
pub(super) enum Entrance {
    /// It runs, until the turn is dropped.
    Free(Turn),
    /// The same command runs already: the channel closes at its end.
    Busy(oneshot::Receiver<()>),
    /// Another command runs under the same id.
    OtherIntent,
}

/// The right to run a command. Dropping it lets the next one in.
pub(super) struct Turn {
    running: Arc<Mutex<HashMap<CommandKey, Running>>>,
    key: CommandKey,
}

impl InFlight {
    pub fn enter(&self, key: CommandKey, intent: Intent) -> Entrance {
        match lock(&self.running).entry(key) {
            Entry::Occupied(other) if other.get().intent != intent => Entrance::OtherIntent,
            Entry::Occupied(mut same) => {
                let (sender, ended) = oneshot::channel();
                same.get_mut().waiting.push(sender);
                Entrance::Busy(ended)
            }
            Entry::Vacant(vacant) => {
                vacant.insert(Running { intent, waiting: Vec::new() });
                Entrance::Free(Turn { running: Arc::clone(&self.running), key })
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let ended = lock(&self.running).remove(&self.key);
        // The entry went first, the channels close after it: who wakes up finds the way free.
        drop(ended);
    }
}

fn lock(
    running: &Mutex<HashMap<CommandKey, Running>>,
) -> MutexGuard<'_, HashMap<CommandKey, Running>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
