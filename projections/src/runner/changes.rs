//! What subscribers hear: each change that the views came to know after they began to listen.

use schemas::LogPosition;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::Change;

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A change.
    Change(Change),
    /// Changes came too fast to keep each of them: read anew.
    Missed,
}

/// The changes after a position, in the order of the log.
#[derive(Debug)]
pub struct Changes {
    receiver: Receiver<Change>,
    after: Option<LogPosition>,
}

impl Changes {
    /// Hears what comes after the position that the views already showed. Views show a change a
    /// moment before it is told of: without the position, who reads and then subscribes would now
    /// and then be told of what was already read.
    pub(super) const fn new(receiver: Receiver<Change>, after: Option<LogPosition>) -> Self {
        Self { receiver, after }
    }

    /// The next change; `None` once the views are closed.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            match self.receiver.recv().await {
                Ok(change) if Some(change.position) <= self.after => {}
                Ok(change) => return Some(Heard::Change(change)),
                Err(RecvError::Lagged(_)) => return Some(Heard::Missed),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// The next change when there is one already.
    pub fn try_next(&mut self) -> Option<Heard> {
        loop {
            match self.receiver.try_recv() {
                Ok(change) if Some(change.position) <= self.after => {}
                Ok(change) => return Some(Heard::Change(change)),
                Err(TryRecvError::Lagged(_)) => return Some(Heard::Missed),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use schemas::{StreamKind, StreamName, Timestamp};
    use tokio::sync::broadcast;
    use uuid::Uuid;

    use super::*;

    fn change(position: u64) -> Change {
        Change {
            position: LogPosition(position),
            recorded_at: Timestamp::from_micros(0),
            stream: StreamName { kind: StreamKind::License, id: Uuid::nil() },
            tenant: None,
            wire_name: "license_issued.v1",
        }
    }

    #[test]
    fn what_the_views_showed_before_is_not_told_again() {
        let (sender, receiver) = broadcast::channel(8);
        let mut changes = Changes::new(receiver, Some(LogPosition(2)));
        for position in 1..=4 {
            sender.send(change(position)).unwrap();
        }
        let heard: Vec<_> = std::iter::from_fn(|| changes.try_next()).collect();
        assert_eq!(heard, [3, 4].map(|position| Heard::Change(change(position))));
    }
}
