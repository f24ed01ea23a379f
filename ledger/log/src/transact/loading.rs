//! How a stream comes into memory, once for all who wait for it, and how it is let go.

use std::any::TypeId;
use std::sync::Arc;

use ledger::Decider;
use schemas::{StreamName, Timestamp};
use tokio::sync::OnceCell;

use super::cache::CacheKey;
use super::stream::{Past, Stream};
use super::{Ledger, LoadError};

/// How many events are read at once when a stream is loaded.
const PAGE_EVENTS: usize = 512;

/// A place in the cache; the stream is loaded into it once.
pub(super) struct Slot<D: Decider> {
    stream: OnceCell<Stream<D>>,
}

impl<D: Decider> Default for Slot<D> {
    fn default() -> Self {
        Self { stream: OnceCell::new() }
    }
}

impl Ledger {
    pub(super) fn slot<D: Decider>(&self, stream: StreamName) -> Arc<Slot<D>> {
        self.shared.cache.get(key_of::<D>(stream))
    }

    pub(super) async fn loaded<'a, D: Decider>(
        &self,
        slot: &'a Slot<D>,
        stream: StreamName,
    ) -> Result<&'a Stream<D>, LoadError> {
        slot.stream
            .get_or_try_init(|| async { Ok(Stream::new(self.past::<D>(stream).await?)) })
            .await
    }

    async fn past<D: Decider>(&self, stream: StreamName) -> Result<Past<D::State>, LoadError> {
        let state = D::State::default();
        let mut past = Past { state, head: None, position: None, newest_at: Timestamp::MIN };
        loop {
            let page = self.shared.log.read_stream(stream, past.head, PAGE_EVENTS).await?;
            for stored in &page {
                let recorded = self.shared.codec.decode_closed(stored)?;
                let header = recorded.header;
                // INVARIANT (a stream has one kind): the decoder chose the events by the stream's kind.
                if let Ok(event) = D::Event::try_from(recorded.event) {
                    D::evolve(&mut past.state, &event, header.effective_at);
                }
                past.head = Some(header.revision);
                past.position = Some(recorded.position);
                past.newest_at = past.newest_at.max(header.recorded_at);
            }
            if page.len() < PAGE_EVENTS {
                return Ok(past);
            }
        }
    }

    /// Lets the next command load the stream anew, once nothing of the old one is on its way any more.
    pub(super) async fn drop_stale<D: Decider>(
        &self,
        slot: &Arc<Slot<D>>,
        stream: StreamName,
        cached: &Stream<D>,
    ) {
        cached.drained().await;
        self.shared.cache.forget(key_of::<D>(stream), slot);
    }
}

fn key_of<D: Decider>(stream: StreamName) -> CacheKey {
    assert_eq!(D::KIND, stream.kind, "rules of another kind of stream");
    (stream, TypeId::of::<D>())
}
