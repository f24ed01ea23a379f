//! What every view offers beside its reads: its state hash, the same computed anew, and its rows as
//! text.

use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::digest::{Tally, ViewDigest, ViewVersion};
use crate::row_text::RowText;

/// A view whose rows are hashed one by one.
pub(crate) trait TalliedView {
    /// What names a row.
    type Key: Copy + Eq + Hash + Ord;
    /// The view's name and the version of its meaning.
    const VERSION: ViewVersion;

    fn tally(&self) -> &Mutex<Tally<Self::Key>>;
    fn tally_mutex(&mut self) -> &mut Mutex<Tally<Self::Key>>;
    /// The keys of all rows.
    fn keys(&self) -> Vec<Self::Key>;
    /// Puts a row's text; answers whether there is such a row. Never a personal value.
    fn write(&self, key: &Self::Key, text: &mut RowText) -> bool;

    /// The running tally, while nobody else can read: no lock is taken.
    fn tally_mut(&mut self) -> &mut Tally<Self::Key> {
        self.tally_mutex().get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_tally(&self) -> MutexGuard<'_, Tally<Self::Key>> {
        self.tally().lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hashes some of the changed rows, at most so many; answers how many still wait.
    fn settle_some(&self, rows_max: usize) -> usize {
        let mut tally = self.lock_tally();
        tally.settle_some(rows_max, |key, text| self.write(key, text));
        tally.pending()
    }

    /// The state hash, from what was hashed before and the rows that changed since.
    fn digest(&self) -> ViewDigest {
        let mut tally = self.lock_tally();
        tally.settle(|key, text| self.write(key, text));
        tally.digest(Self::VERSION)
    }

    /// The state hash, from all rows.
    fn recomputed(&self) -> ViewDigest {
        let mut tally = Tally::new(Self::VERSION);
        self.keys().into_iter().for_each(|key| tally.touch(key));
        tally.settle(|key, text| self.write(key, text));
        tally.digest(Self::VERSION)
    }

    /// Whether a row is there and is what it was hashed to. Only for rows that did not change since
    /// they were hashed.
    fn holds(&self, key: &Self::Key) -> bool {
        let mut text = RowText::default();
        self.write(key, &mut text) && self.lock_tally().holds(key, &text)
    }

    /// All rows as text, sorted.
    fn text(&self) -> RowText {
        let mut keys = self.keys();
        keys.sort_unstable();
        let mut text = RowText::default();
        for key in keys {
            self.write(&key, &mut text);
        }
        text
    }
}
