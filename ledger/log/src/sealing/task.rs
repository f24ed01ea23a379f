//! The thread that seals: once in an interval when something is new, at once when asked, and a last time at the end.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::error::SealError;
use super::held::HeldCheckpoint;
use super::sealer::Sealer;

/// Keeps a log sealed. Clones share the thread; it ends, after a last seal, when `close` is called or the last clone
/// is dropped.
#[derive(Clone)]
pub struct Sealing {
    shared: Arc<Shared>,
}

struct Shared {
    state: Arc<Mutex<State>>,
    orders: Mutex<Option<mpsc::Sender<Order>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    newest: Option<HeldCheckpoint>,
    sealed_at: Option<Instant>,
    failure: Option<String>,
}

enum Order {
    SealNow(mpsc::Sender<Result<Option<HeldCheckpoint>, SealError>>),
}

/// How the sealing goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealHealth {
    /// The newest checkpoint.
    pub newest: Option<HeldCheckpoint>,
    /// How long ago it was made; `None` when it was made before this process started.
    pub age: Option<Duration>,
    /// Why the last try failed; `None`: it did not.
    pub failure: Option<String>,
}

impl Sealing {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(sealer: Sealer, interval: Duration) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::channel();
        let newest = sealer.newest().cloned();
        let state = Arc::new(Mutex::new(State { newest, ..State::default() }));
        let told = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("ledger-sealer".to_owned())
            .spawn(move || run(sealer, interval, &inbox, &told))?;
        let (orders, thread) = (Mutex::new(Some(orders)), Mutex::new(Some(thread)));
        Ok(Self { shared: Arc::new(Shared { state, orders, thread }) })
    }

    /// How it goes.
    #[must_use]
    pub fn health(&self) -> SealHealth {
        let state = lock(&self.shared.state);
        SealHealth {
            newest: state.newest.clone(),
            age: state.sealed_at.map(|at| at.elapsed()),
            failure: state.failure.clone(),
        }
    }

    /// Seals what is durable now and gives the checkpoint that covers it; `None` when the log is empty or the
    /// thread has ended. Blocks until it is done.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn seal_now(&self) -> Result<Option<HeldCheckpoint>, SealError> {
        let (answer, receiver) = mpsc::channel();
        let sent = lock(&self.shared.orders)
            .as_ref()
            .is_some_and(|orders| orders.send(Order::SealNow(answer)).is_ok());
        if !sent {
            return Ok(lock(&self.shared.state).newest.clone());
        }
        receiver.recv().unwrap_or(Ok(None))
    }

    /// Seals a last time and ends the thread. Close the log before: then the last checkpoint covers all of it.
    pub fn close(&self) {
        self.shared.close();
    }
}

impl Shared {
    fn close(&self) {
        drop(lock(&self.orders).take());
        if let Some(thread) = lock(&self.thread).take() {
            // A sealer that panicked has signed nothing wrong: the next start takes up from the last checkpoint.
            let _ = thread.join();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

fn run(
    mut sealer: Sealer,
    interval: Duration,
    inbox: &mpsc::Receiver<Order>,
    state: &Mutex<State>,
) {
    loop {
        match inbox.recv_timeout(interval) {
            Ok(Order::SealNow(answer)) => {
                let sealed = seal(&mut sealer, state).map(|()| sealer.newest().cloned());
                // Whoever asked may be gone.
                let _ = answer.send(sealed);
            }
            Err(RecvTimeoutError::Timeout) => report(seal(&mut sealer, state)),
            Err(RecvTimeoutError::Disconnected) => return report(seal(&mut sealer, state)),
        }
    }
}

fn seal(sealer: &mut Sealer, state: &Mutex<State>) -> Result<(), SealError> {
    let sealed = sealer.seal().map(Option::<&HeldCheckpoint>::cloned);
    let mut state = lock(state);
    match sealed {
        Ok(Some(newest)) => {
            state.newest = Some(newest);
            state.sealed_at = Some(Instant::now());
            state.failure = None;
            Ok(())
        }
        Ok(None) => {
            state.failure = None;
            Ok(())
        }
        Err(error) => {
            state.failure = Some(error.to_string());
            Err(error)
        }
    }
}

fn report(sealed: Result<(), SealError>) {
    if let Err(error) = sealed {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::error!(%error, cause, "the log was not sealed");
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
