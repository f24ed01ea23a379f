//! What a start leaves for later: decodes the rows that are still bytes and gathers the names that
//! they seal, a few rows at a time beside the reads, then lets go of the snapshot's bytes.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

use super::Shared;
use crate::kept::Rows;
use crate::snapshot::StoredRow;
use crate::views::Views;
use crate::views::names::Gathering;

/// How many rows are decoded under one lock: whoever changes the views waits no longer than about
/// five milliseconds.
const BATCH_ROWS: usize = 256;

/// Thaws the views; ends early when they close. Runs on a thread of its own.
pub(super) fn thaw(shared: &Weak<Shared>, closes: &watch::Receiver<bool>) {
    let _ended = Ended(shared);
    let thawing = Thawing { shared, closes };
    if thawing.all().is_none() {
        return;
    }
    let Some(shared) = shared.upgrade() else { return };
    if shared.stop_if_unreadable() {
        return;
    }
    // Dropped here, outside of the lock: it is large.
    let released = shared.write(Views::release);
    drop(released);
}

/// Whatever ends the thawing, nobody waits for it any longer: reads do what is left themselves.
struct Ended<'a>(&'a Weak<Shared>);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.searchable.send_replace(true);
            shared.thawed.send_replace(true);
        }
    }
}

struct Thawing<'a> {
    shared: &'a Weak<Shared>,
    closes: &'a watch::Receiver<bool>,
}

impl Thawing<'_> {
    /// `None`: the views close.
    fn all(&self) -> Option<()> {
        let mut gathering = Gathering::default();
        self.each(|views| views.accounts.rows(), |row| gathering.account(row))?;
        self.each(|views| views.entitlements.licenses(), |row| gathering.license(row))?;
        let gathered = gathering.finish();
        let shared = self.shared.upgrade()?;
        shared.read(|views| views.directory.names().put(gathered));
        shared.searchable.send_replace(true);
        drop(shared);
        self.each(|views| views.entitlements.meters(), |_| {})?;
        self.each(|views| views.access.credentials(), |_| {})
    }

    fn each<K: Copy + Ord, R: StoredRow + Clone>(
        &self,
        rows: impl Fn(&Views) -> &Rows<K, R>,
        mut take: impl FnMut(&R),
    ) -> Option<()> {
        let mut after = None;
        loop {
            let shared = self.open()?;
            let batch = shared.read(|views| rows(views).after(after, BATCH_ROWS));
            drop(shared);
            batch.iter().for_each(|(_, row)| take(row));
            match batch.last() {
                Some((key, _)) if batch.len() == BATCH_ROWS => after = Some(*key),
                // A row that cannot be read is missing: the views stop.
                _ => return Some(()),
            }
        }
    }

    /// The views, unless they close.
    fn open(&self) -> Option<Arc<Shared>> {
        let closes = *self.closes.borrow() || self.closes.has_changed().is_err();
        if closes { None } else { self.shared.upgrade() }
    }
}
