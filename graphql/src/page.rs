//! Pages of lists: the arguments `first` and `after`, opaque cursors, and the weight of a page in
//! the cost of a query.

use async_graphql::{Error, ServerError};

use crate::error::bad_input;
use crate::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, SHORT_LIST_WEIGHT};

/// The version of the form of cursors.
const CURSOR_VERSION: u8 = 1;
const CHECK_BYTES: usize = 4;

/// The cost of a page: one for the list, and the cost of one row for each row it may have.
///
/// # Errors
/// When `first` is not 1 to 100: then the document does not pass validation.
pub fn page_weight(first: Option<i32>, child_complexity: usize) -> Result<usize, ServerError> {
    let rows = rows_of(first).map_err(|message| ServerError::new(message, None))?;
    Ok(rows.saturating_mul(child_complexity).saturating_add(1))
}

/// The cost of a list without pages.
#[must_use]
pub const fn list_weight(child_complexity: usize) -> usize {
    child_complexity.saturating_mul(SHORT_LIST_WEIGHT).saturating_add(1)
}

/// The cost of a list that only groups the rows of the lists within it: the rows are weighted there.
#[must_use]
pub const fn group_weight(child_complexity: usize) -> usize {
    child_complexity.saturating_add(1)
}

/// How many rows `first` asks for.
///
/// # Errors
/// When it is not 1 to 100.
pub fn rows_asked(first: Option<i32>) -> Result<usize, Error> {
    rows_of(first).map_err(|message| bad_input(&message))
}

fn rows_of(first: Option<i32>) -> Result<usize, String> {
    let Some(first) = first else { return Ok(PAGE_ROWS_DEFAULT) };
    match usize::try_from(first) {
        Ok(rows) if (1..=PAGE_ROWS_MAX).contains(&rows) => Ok(rows),
        Ok(_) | Err(_) => Err(format!("`first` must be 1 to {PAGE_ROWS_MAX}, got {first}")),
    }
}

/// The cursor of the row with this key in the list of this name. It tells nothing to a reader, and
/// one that was altered or belongs to another list is refused.
#[must_use]
pub fn encode_cursor(list: &str, key: &[u8]) -> String {
    let check = checksum(list, key);
    let bytes = [&[CURSOR_VERSION], check.as_slice(), key].concat();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key within a cursor of this list.
///
/// # Errors
/// When the text is not a cursor of the list.
pub fn decode_cursor(list: &str, cursor: &str) -> Result<Vec<u8>, Error> {
    let refuse =
        || bad_input("`after` is not a cursor of this list: take it from `pageInfo.endCursor`");
    let bytes = from_hex(cursor).ok_or_else(refuse)?;
    let (version, rest) = bytes.split_first().ok_or_else(refuse)?;
    let (check, key) = rest.split_at_checked(CHECK_BYTES).ok_or_else(refuse)?;
    if *version != CURSOR_VERSION || check != checksum(list, key) {
        return Err(refuse());
    }
    Ok(key.to_vec())
}

fn checksum(list: &str, key: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hasher = blake3::Hasher::new_derive_key("deedbook 2026 page cursor v1");
    hasher.update(list.as_bytes());
    hasher.update(&[0]);
    hasher.update(key);
    let hash = hasher.finalize();
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    const CURSOR_CHARACTERS_MAX: usize = 1_024;
    if text.len() > CURSOR_CHARACTERS_MAX || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Declares a connection and its edge: the doc comment names what is listed.
macro_rules! connection {
    ($(#[$doc:meta])* $connection:ident, $edge:ident, $node:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, async_graphql::SimpleObject)]
        pub struct $connection {
            /// The rows of this page, each with its cursor.
            pub edges: Vec<$edge>,
            /// The rows of this page.
            pub nodes: Vec<$node>,
            /// Where this page is in the list.
            pub page_info: $crate::page::PageInfo,
            /// How many rows the list has in all pages together.
            pub total_count: i32,
            /// The place in the ledger that the page is true at.
            pub position: Option<$crate::scalars::LedgerPosition>,
        }

        /// One row of a page.
        #[derive(Debug, Clone, async_graphql::SimpleObject)]
        pub struct $edge {
            /// Where the row is in the list, to be given back as `after`.
            pub cursor: String,
            /// The row.
            pub node: $node,
        }

        impl $connection {
            /// The connection of these rows, each with its cursor.
            #[must_use]
            pub fn new(rows: Vec<(String, $node)>, meta: $crate::page::PageMeta) -> Self {
                let start_cursor = rows.first().map(|(cursor, _)| cursor.clone());
                let end_cursor = rows.last().map(|(cursor, _)| cursor.clone());
                let nodes = rows.iter().map(|(_, node)| node.clone()).collect();
                let edges = rows.into_iter().map(|(cursor, node)| $edge { cursor, node }).collect();
                let page_info = $crate::page::PageInfo {
                    has_previous_page: meta.more_before,
                    has_next_page: meta.more_after,
                    start_cursor,
                    end_cursor,
                };
                let total_count = i32::try_from(meta.total).unwrap_or(i32::MAX);
                Self { edges, nodes, page_info, total_count, position: meta.position }
            }
        }
    };
}

pub(crate) use connection;

/// What is known of a page beside its rows.
#[derive(Debug, Clone, Copy)]
pub struct PageMeta {
    /// Whether there are rows before it.
    pub more_before: bool,
    /// Whether there are rows after it.
    pub more_after: bool,
    /// How many rows the list has.
    pub total: usize,
    /// The place in the ledger that it is true at.
    pub position: Option<crate::scalars::LedgerPosition>,
}

/// Where a page is in its list.
#[derive(Debug, Clone, async_graphql::SimpleObject)]
pub struct PageInfo {
    /// Whether there are rows before this page.
    pub has_previous_page: bool,
    /// Whether there are rows after this page.
    pub has_next_page: bool,
    /// The cursor of the first row of this page.
    pub start_cursor: Option<String>,
    /// The cursor of the last row of this page, to be given back as `after`.
    pub end_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_taken_back_only_whole_and_only_by_its_list() {
        let cursor = encode_cursor("licenses", b"key");
        assert_eq!(decode_cursor("licenses", &cursor).ok(), Some(b"key".to_vec()));
        assert!(decode_cursor("devices", &cursor).is_err());
        for place in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[place] = if altered[place] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).expect("ascii");
            assert!(decode_cursor("licenses", &altered).is_err(), "{altered}");
        }
        for wrong in ["", "zz", "0", "é", "01"] {
            assert!(decode_cursor("licenses", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_weighs_its_rows_and_is_bounded() {
        assert_eq!(page_weight(None, 4), Ok(101));
        assert_eq!(page_weight(Some(100), usize::MAX), Ok(usize::MAX));
        for first in [0, -1, 101, i32::MIN] {
            assert!(page_weight(Some(first), 1).is_err(), "{first}");
        }
    }
}
