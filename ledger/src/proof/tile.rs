//! The tree cut into tiles, in the layout of C2SP tlog-tiles: which files there are, what they are called, and where in
//! them a node is found. Knows nothing of reading or writing them.

use std::fmt;
use std::str::FromStr;

use super::tree::{TreeHash, node_hash};

/// The hashes of a full tile.
pub const TILE_WIDTH: u16 = 256;

/// The bytes of a full tile.
pub const TILE_BYTES: usize = 8192;

/// The levels of the tree that one tile spans.
const TILE_HEIGHT: u8 = 8;

/// The levels of tiles that a tree of fewer than 2^63 leaves can have.
const TILE_LEVELS: u8 = 8;

/// One tile: up to 256 consecutive hashes of one level. At level 0 they are leaf hashes; at each level above they are the
/// roots of the full tiles below.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tile {
    /// The level of tiles, not of the tree: one of these spans eight of those.
    pub level: u8,
    /// The number of the tile within its level.
    pub index: u64,
    /// How many hashes it holds: 1 to 256. Fewer than 256 make a partial tile.
    pub width: u16,
}

impl Tile {
    /// Its path below the log's root: `tile/0/x001/x234/067`, and for a partial one `….p/112`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, self.place())
    }

    /// The path of the entries whose hashes this tile of level 0 holds: `tile/entries/x001/x234/067`.
    #[must_use]
    pub fn entries_path(&self) -> String {
        format!("tile/entries/{}", self.place())
    }

    /// The tile whose entries have this path.
    ///
    /// # Errors
    /// When the text is not such a path.
    pub fn parse_entries_path(text: &str) -> Result<Self, TileError> {
        let place = text.strip_prefix("tile/entries/").ok_or(TileError::Path)?;
        let (index, width) = parse_place(place)?;
        let tile = Self { level: 0, index, width };
        if tile.entries_path() == text { Ok(tile) } else { Err(TileError::Path) }
    }

    /// The number of its first hash within its level.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.index.saturating_mul(u64::from(TILE_WIDTH))
    }

    fn place(&self) -> String {
        let mut place = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            place = format!("x{:03}/{place}", rest % 1000);
            rest /= 1000;
        }
        if self.width < TILE_WIDTH {
            place.push_str(&format!(".p/{}", self.width));
        }
        place
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

impl FromStr for Tile {
    type Err = TileError;

    fn from_str(text: &str) -> Result<Self, TileError> {
        let rest = text.strip_prefix("tile/").ok_or(TileError::Path)?;
        let (level, place) = rest.split_once('/').ok_or(TileError::Path)?;
        let level: u8 = level.parse().map_err(|_| TileError::Path)?;
        let (index, width) = parse_place(place)?;
        let tile = Self { level, index, width };
        // One tile has one path: what is not written this way is another spelling of it.
        if level < 64 && tile.path() == text { Ok(tile) } else { Err(TileError::Path) }
    }
}

/// The index and width that a path's last elements name; other spellings of them are accepted here.
fn parse_place(place: &str) -> Result<(u64, u16), TileError> {
    let (digits, width) = match place.split_once(".p/") {
        Some((digits, width)) => (digits, width.parse().map_err(|_| TileError::Path)?),
        None => (place, TILE_WIDTH),
    };
    let mut index = 0_u64;
    for element in digits.split('/') {
        let element = element.strip_prefix('x').unwrap_or(element);
        let number: u16 = element.parse().map_err(|_| TileError::Path)?;
        let shifted = index.checked_mul(1000).ok_or(TileError::Path)?;
        index = shifted.checked_add(u64::from(number)).ok_or(TileError::Path)?;
    }
    if (1..=TILE_WIDTH).contains(&width) { Ok((index, width)) } else { Err(TileError::Path) }
}

/// Why bytes or a path are not what tlog-tiles asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The text is not the path of a tile.
    #[error("the text is not the path of a tile")]
    Path,
    /// A bundle of entries ends within an entry.
    #[error("the bundle of entries ends within an entry")]
    BundleTruncated,
    /// A bundle holds fewer or more entries than its path says.
    #[error("the bundle does not hold as many entries as its path says")]
    BundleWidth,
}

/// All tiles, full and partial, that a log has to write when it grows from `old_size` to `new_size` leaves: level by
/// level, from left to right.
#[must_use]
pub fn tiles_for(old_size: u64, new_size: u64) -> Vec<Tile> {
    each_tile_for(old_size, new_size).collect()
}

/// The same as [`tiles_for`], one after the other: nothing is allocated for a size that somebody else names.
pub fn each_tile_for(old_size: u64, new_size: u64) -> impl Iterator<Item = Tile> {
    (0..TILE_LEVELS).flat_map(move |level| tiles_of_level(level, old_size, new_size))
}

fn tiles_of_level(level: u8, old_size: u64, new_size: u64) -> impl Iterator<Item = Tile> {
    let old = hashes_of_level(level, old_size);
    let new = hashes_of_level(level, new_size);
    let first = old / u64::from(TILE_WIDTH);
    let after_last = if old < new { new.div_ceil(u64::from(TILE_WIDTH)) } else { first };
    (first..after_last).map(move |index| Tile { level, index, width: width_of(index, new) })
}

/// How many hashes a level of tiles holds in a tree of this size.
fn hashes_of_level(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

/// How many of a level's hashes the tile with this index holds.
fn width_of(index: u64, hashes: u64) -> u16 {
    let rest = hashes.saturating_sub(index.saturating_mul(u64::from(TILE_WIDTH)));
    u16::try_from(rest).unwrap_or(TILE_WIDTH).min(TILE_WIDTH)
}

/// Where the node is found in a log of `size` leaves: the tile, and the level and index for [`node_in_tile`].
///
/// The node has to lie within the size; of one that does not, the tile has too few hashes.
#[must_use]
pub fn tile_of_node(level: u8, index: u64, size: u64) -> (Tile, u8, u64) {
    let (tile_level, level_in_tile) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
    let nodes_in_tile = 1_u64 << (TILE_HEIGHT - level_in_tile);
    let tile_index = index / nodes_in_tile;
    let width = width_of(tile_index, hashes_of_level(tile_level, size));
    (Tile { level: tile_level, index: tile_index, width }, level_in_tile, index % nodes_in_tile)
}

/// The root of the complete subtree of `2^level_in_tile` of the tile's hashes that begins with hash number
/// `index_in_level * 2^level_in_tile`; `None` when it does not lie within these bytes.
#[must_use]
pub fn node_in_tile(tile_bytes: &[u8], level_in_tile: u8, index_in_level: u64) -> Option<TreeHash> {
    if level_in_tile > TILE_HEIGHT || tile_bytes.len() > TILE_BYTES {
        return None;
    }
    let bytes = 32_usize << level_in_tile;
    let start = usize::try_from(index_in_level).ok()?.checked_mul(bytes)?;
    let inside = tile_bytes.get(start..start.checked_add(bytes)?)?;
    let (hashes, _) = inside.as_chunks::<32>();
    let mut nodes: Vec<TreeHash> = hashes.iter().map(|hash| TreeHash(*hash)).collect();
    while nodes.len() > 1 {
        let (pairs, _) = nodes.as_chunks::<2>();
        nodes = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    nodes.pop()
}

/// Adds an entry to a bundle: its length (16 bits, big-endian) and its bytes.
///
/// # Panics
/// When the entry is longer than 65,535 bytes: the entries of this log have a fixed, small length.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) {
    let length = u16::try_from(entry.len()).ok();
    assert!(length.is_some(), "an entry of a bundle has a length of 16 bits");
    bundle.extend_from_slice(&length.unwrap_or_default().to_be_bytes());
    bundle.extend_from_slice(entry);
}

/// The entries of a bundle that has to hold exactly `width` of them.
///
/// # Errors
/// When it holds fewer, or anything after them.
pub fn parse_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let (mut rest, mut entries) = (bundle, Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        if entries.len() >= usize::from(width.min(TILE_WIDTH)) {
            return Err(TileError::BundleWidth);
        }
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(TileError::BundleTruncated)?;
        entries.push(entry);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(TileError::BundleTruncated);
    }
    if entries.len() == usize::from(width) { Ok(entries) } else { Err(TileError::BundleWidth) }
}

#[cfg(test)]
mod tests;
