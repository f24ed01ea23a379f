//! Who does the writer's work: a thread of its own, or whoever drives the log step by step.

use std::sync::PoisonError;
use std::thread::JoinHandle;

use super::writer::Writer;
use super::{EmbeddedLog, Shared};

/// One thing that the writer of a driven log may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drive {
    /// Commits everybody in line.
    Commit,
    /// Makes the newest tail slot durable, as an idle writer does.
    SealTail,
    /// One piece of the work that no commit waits for.
    Background,
}

/// Who has the writer.
pub(crate) enum Hand {
    /// A log that is only read, or whose writer has ended.
    Nobody,
    /// Its own thread.
    Thread(JoinHandle<()>),
    /// Whoever drives the log.
    Caller(Box<Writer>),
}

impl EmbeddedLog {
    /// Lets the writer of a driven log do one thing. Whether it goes on: `false` when it has stopped, or has a
    /// thread of its own.
    pub fn drive(&self, what: Drive) -> bool {
        let mut hand = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Hand::Caller(writer) = &mut *hand else { return false };
        let goes_on = writer.drive(what);
        if !goes_on {
            *hand = Hand::Nobody;
        }
        goes_on
    }
}

impl Shared {
    pub(crate) fn close(&self) {
        self.queue.close();
        let mut hand = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *hand, Hand::Nobody) {
            Hand::Nobody => {}
            // A writer that panicked has dropped its answers: the callers know that nobody knows.
            Hand::Thread(writer) => drop(writer.join()),
            Hand::Caller(writer) => writer.run(),
        }
    }
}
