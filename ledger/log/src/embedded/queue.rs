//! The line of appends before the writer. Taking a place is synchronous, so appends are ordered as they were
//! called; the callers wait for the answers elsewhere.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::numbering;
use crate::port::{Append, AppendOutcome, AppendRefusal};

/// The most appends that wait. The listeners admit far fewer commands at a time; this only bounds memory when
/// the disk stalls.
pub(crate) const APPENDS_WAITING_MAX: usize = 16_384;
/// The most bytes that wait, for the same reason.
const BYTES_WAITING_MAX: usize = 64 * 1024 * 1024;

/// An append and where its answer goes.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub append: Append,
    pub answer: oneshot::Sender<AppendOutcome>,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    closed: bool,
}

/// What the writer finds in the line.
#[derive(Debug)]
pub(crate) enum Taken {
    /// All that waited.
    Appends(VecDeque<Waiting>),
    /// Nobody came in time.
    Idle,
    /// Nobody will come any more.
    Closed,
}

impl Queue {
    /// Takes the next place in line. When there is none the append is answered at once: refused when the log
    /// is closed, `Unknown` when too many wait, because the right thing to do then is to repeat the command.
    pub(crate) fn join(
        &self,
        append: Append,
    ) -> Result<oneshot::Receiver<AppendOutcome>, AppendOutcome> {
        let mut line = self.line();
        if line.closed {
            return Err(AppendOutcome::Rejected(AppendRefusal::Closed));
        }
        let bytes = line.bytes + numbering::append_bytes(&append);
        if line.waiting.len() >= APPENDS_WAITING_MAX || bytes > BYTES_WAITING_MAX {
            let reason = format!("{} appends wait for the disk already", line.waiting.len());
            return Err(AppendOutcome::Unknown { reason });
        }
        let (answer, receiver) = oneshot::channel();
        line.waiting.push_back(Waiting { append, answer });
        line.bytes = bytes;
        self.moved.notify_one();
        Ok(receiver)
    }

    /// Everybody in line; waits until there is somebody, at most `idle`.
    pub(crate) fn take(&self, idle: Option<Duration>) -> Taken {
        let mut line = self.line();
        while line.waiting.is_empty() {
            if line.closed {
                return Taken::Closed;
            }
            let Some(idle) = idle else {
                line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (back, timeout) =
                self.moved.wait_timeout(line, idle).unwrap_or_else(PoisonError::into_inner);
            line = back;
            if timeout.timed_out() && line.waiting.is_empty() && !line.closed {
                return Taken::Idle;
            }
        }
        line.bytes = 0;
        Taken::Appends(std::mem::take(&mut line.waiting))
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.line().waiting.len()
    }

    /// Lets nobody in any more. Who is in line is still served.
    pub(crate) fn close(&self) {
        self.line().closed = true;
        self.moved.notify_all();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::Maker;
    use crate::port::ExpectedRevision;
    use uuid::Uuid;

    #[test]
    fn the_line_is_bounded_and_its_end_is_told() {
        let queue = Queue::default();
        let mut maker = Maker::with_seed(Uuid::nil());
        let stream = maker.stream();
        let append = maker.append(stream, ExpectedRevision::NoStream, 1);
        let mut places = Vec::new();
        for _ in 0..APPENDS_WAITING_MAX {
            places.push(queue.join(append.clone()).unwrap());
        }
        let over = queue.join(append.clone());
        assert!(matches!(over, Err(AppendOutcome::Unknown { .. })), "{over:?}");
        let Taken::Appends(line) = queue.take(None) else { panic!("the line is not empty") };
        assert_eq!((line.len(), queue.waiting()), (APPENDS_WAITING_MAX, 0));
        queue.close();
        let closed = queue.join(append);
        let refused = AppendOutcome::Rejected(AppendRefusal::Closed);
        assert_eq!(closed.err(), Some(refused));
        assert!(matches!(queue.take(None), Taken::Closed));
    }
}
