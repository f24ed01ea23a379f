//! Those who wait until the views have reached a position. Each waits on its own, so that a batch
//! wakes only those it satisfies, however many wait for later ones.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemas::LogPosition;
use tokio::sync::oneshot;

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// The views have reached the position.
    Reached,
    /// They will not: they stopped.
    Stopped,
}

/// Everybody who waits.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    reached: Option<LogPosition>,
    stopped: bool,
    by_position: BTreeMap<LogPosition, Vec<oneshot::Sender<Waited>>>,
}

impl Waiters {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the views have reached a position, or stopped before it.
    pub(crate) fn wait(
        &self,
        position: LogPosition,
    ) -> impl Future<Output = Waited> + Send + 'static {
        let answer = self.register(position);
        async move {
            match answer {
                Ok(known) => known,
                // A sender goes away unanswered only with the views themselves.
                Err(later) => later.await.unwrap_or(Waited::Stopped),
            }
        }
    }

    fn register(&self, position: LogPosition) -> Result<Waited, oneshot::Receiver<Waited>> {
        let mut waiting = self.waiting();
        if waiting.reached >= Some(position) {
            return Ok(Waited::Reached);
        }
        if waiting.stopped {
            return Ok(Waited::Stopped);
        }
        let (sender, receiver) = oneshot::channel();
        waiting.by_position.entry(position).or_default().push(sender);
        Err(receiver)
    }

    /// The views have reached this position: answers everybody who waits for it or for an earlier
    /// one.
    pub(crate) fn reached(&self, position: LogPosition) {
        let answered = {
            let mut waiting = self.waiting();
            waiting.reached = waiting.reached.max(Some(position));
            let mut later = waiting.by_position.split_off(&position);
            let here = later.remove(&position);
            let earlier = std::mem::replace(&mut waiting.by_position, later);
            earlier.into_values().chain(here)
        };
        for sender in answered.flatten() {
            // Whoever gave up waiting needs no answer.
            let _ = sender.send(Waited::Reached);
        }
    }

    /// The views take nothing more in: answers everybody.
    pub(crate) fn stop(&self) {
        let left = {
            let mut waiting = self.waiting();
            waiting.stopped = true;
            std::mem::take(&mut waiting.by_position)
        };
        for sender in left.into_values().flatten() {
            let _ = sender.send(Waited::Stopped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_position_wakes_those_before_it_and_nobody_else() {
        let waiters = Arc::new(Waiters::default());
        let waits: Vec<_> =
            (0..1024).map(|at| tokio::spawn(waiters.wait(LogPosition(at)))).collect();
        waiters.reached(LogPosition(511));
        for (at, wait) in waits.into_iter().enumerate() {
            if at == 512 {
                assert!(!wait.is_finished());
                waiters.stop();
            }
            let expected = if at < 512 { Waited::Reached } else { Waited::Stopped };
            assert_eq!(wait.await.unwrap(), expected, "position {at}");
        }
        assert_eq!(waiters.wait(LogPosition(3)).await, Waited::Reached);
        assert_eq!(waiters.wait(LogPosition(999)).await, Waited::Stopped);
    }
}
