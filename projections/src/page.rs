//! Bounded pages over ordered rows, forwards and backwards. Knows nothing of what the rows are.

use std::ops::Bound;

/// The most rows of one page, whatever was asked for: a page is built while the views are locked.
pub const PAGE_ROWS_MAX: usize = 1_000;

/// Which part of ordered rows is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window<K> {
    /// Only rows after this one.
    pub after: Option<K>,
    /// Only rows before this one.
    pub before: Option<K>,
    /// At most this many.
    pub limit: usize,
    /// Whether the last rows are wanted rather than the first. They come in the same order.
    pub from_end: bool,
}

impl<K: Ord + Clone> Window<K> {
    /// The first rows.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self { after: None, before: None, limit, from_end: false }
    }

    /// The last rows.
    #[must_use]
    pub const fn last(limit: usize) -> Self {
        Self { after: None, before: None, limit, from_end: true }
    }

    /// Of these, only rows after this one.
    #[must_use]
    pub fn after(mut self, key: Option<K>) -> Self {
        self.after = key;
        self
    }

    /// Of these, only rows before this one.
    #[must_use]
    pub fn before(mut self, key: Option<K>) -> Self {
        self.before = key;
        self
    }

    /// The bounds as a range of keys, `None` when no key can be inside.
    pub(crate) fn range(&self) -> Option<(Bound<K>, Bound<K>)> {
        if let (Some(after), Some(before)) = (&self.after, &self.before)
            && after >= before
        {
            return None;
        }
        let open = |key: &Option<K>| key.clone().map_or(Bound::Unbounded, Bound::Excluded);
        Some((open(&self.after), open(&self.before)))
    }

    /// The page of these rows, which must already be within the range, in order.
    pub(crate) fn fill<T>(&self, rows: impl DoubleEndedIterator<Item = T>) -> Page<T> {
        let limit = self.limit.min(PAGE_ROWS_MAX);
        if self.from_end {
            let mut rows = rows.rev();
            let mut kept: Vec<T> = rows.by_ref().take(limit).collect();
            kept.reverse();
            let more_before = rows.next().is_some();
            Page { rows: kept, more_before, more_after: self.before.is_some() }
        } else {
            let mut rows = rows;
            let kept: Vec<T> = rows.by_ref().take(limit).collect();
            let more_after = rows.next().is_some();
            Page { rows: kept, more_before: self.after.is_some(), more_after }
        }
    }
}

/// Rows of one page, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are rows before the first one.
    pub more_before: bool,
    /// Whether there are rows after the last one.
    pub more_after: bool,
}

impl<T> Page<T> {
    /// No rows.
    #[must_use]
    pub const fn empty() -> Self {
        Self { rows: Vec::new(), more_before: false, more_after: false }
    }

    /// The same page of what each row becomes.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        let Self { rows, more_before, more_after } = self;
        Page { rows: rows.into_iter().map(change).collect(), more_before, more_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn page(window: &Window<u8>) -> Page<u8> {
        let rows: BTreeSet<u8> = (0..10).collect();
        window.range().map_or_else(Page::empty, |range| window.fill(rows.range(range).copied()))
    }

    #[test]
    fn pages_walk_forwards_and_backwards_without_gap_or_repeat() {
        let first = page(&Window::first(4));
        assert_eq!((first.rows.as_slice(), first.more_after), ([0, 1, 2, 3].as_slice(), true));
        let next = page(&Window::first(9).after(Some(3)));
        assert_eq!(next.rows, [4, 5, 6, 7, 8, 9]);
        assert!(next.more_before && !next.more_after);
        let last = page(&Window::last(3).before(Some(4)));
        assert_eq!(last.rows, [1, 2, 3]);
        assert!(last.more_before && last.more_after);
    }

    #[test]
    fn crossed_bounds_give_no_rows() {
        let crossed = Window::first(4).after(Some(5)).before(Some(5));
        assert_eq!(page(&crossed), Page::empty());
    }
}
