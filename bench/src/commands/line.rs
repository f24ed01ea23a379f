//! The line before a writer: the shape that the embedded log has, for the stores that it is compared with. Callers
//! wait for their answers elsewhere; the writer takes everybody who waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};

use tokio::sync::oneshot;

/// What waits, and where its answer goes.
pub type Waiting<T> = (T, oneshot::Sender<()>);

/// The line.
pub struct Line<T> {
    inner: Mutex<(VecDeque<Waiting<T>>, bool)>,
    moved: Condvar,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { inner: Mutex::new((VecDeque::new(), false)), moved: Condvar::new() }
    }
}

impl<T> Line<T> {
    /// Takes a place in line, and waits for the answer.
    pub async fn serve(&self, item: T) {
        let (answer, answered) = oneshot::channel();
        self.inner.lock().unwrap().0.push_back((item, answer));
        self.moved.notify_one();
        answered.await.expect("the writer answers everybody");
    }

    /// Everybody in line, as soon as there is somebody; `None` when nobody will come any more.
    pub fn take(&self) -> Option<VecDeque<Waiting<T>>> {
        let mut inner = self.inner.lock().unwrap();
        while inner.0.is_empty() {
            if inner.1 {
                return None;
            }
            inner = self.moved.wait(inner).unwrap();
        }
        Some(std::mem::take(&mut inner.0))
    }

    /// Nobody will come any more.
    pub fn close(&self) {
        self.inner.lock().unwrap().1 = true;
        self.moved.notify_all();
    }
}
