//! The tree over all leaves of the log, as RFC 6962 and RFC 9162 define it: its root, the proof that a leaf is in it, and
//! the proof that a later tree only adds to an earlier one. Knows nothing of what the leaves say or where hashes are kept.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use sha2::{Digest as _, Sha256};

/// The hash of a node of the tree. Written in standard base64 where people and other tools read it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TreeHash(pub [u8; 32]);

/// The first size that is too large for a tree: everything here stays within 63 bits.
pub const TREE_SIZE_LIMIT: u64 = 1 << 63;

/// The longest path that any proof has; a longer one is refused before any work.
pub const PATH_LENGTH_MAX: usize = 64;

/// The hash of an inner node.
#[must_use]
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let hasher = Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0);
    TreeHash(hasher.finalize().into())
}

/// The root of the tree without leaves.
#[must_use]
pub fn empty_root() -> TreeHash {
    TreeHash(Sha256::new().finalize().into())
}

/// The right edge of a growing tree: enough to append and to compute the root, in at most 63 hashes.
///
/// It holds the roots of the complete subtrees that the size's binary digits name, the largest and leftmost first.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Frontier {
    size: u64,
    nodes: Vec<TreeHash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves from the roots of its complete subtrees, the largest first; `None` when
    /// there is not exactly one for each binary one of the size, or the size is out of bounds.
    #[must_use]
    pub fn from_nodes(size: u64, nodes: Vec<TreeHash>) -> Option<Self> {
        let wanted = usize::try_from(size.count_ones()).ok()?;
        (size < TREE_SIZE_LIMIT && nodes.len() == wanted).then_some(Self { size, nodes })
    }

    /// Adds a leaf at the right. One node hash on average.
    pub fn append(&mut self, leaf: TreeHash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> TreeHash {
        fold(self.nodes.iter().copied())
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, the largest first.
    #[must_use]
    pub fn nodes(&self) -> &[TreeHash] {
        &self.nodes
    }
}

/// The root over complete subtrees, the largest first: the smaller ones hang under the right.
fn fold(nodes: impl DoubleEndedIterator<Item = TreeHash>) -> TreeHash {
    nodes.rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

/// Where the hashes of complete subtrees are kept.
pub trait NodeSource {
    /// Why a hash could not be had.
    type Error;

    /// The root of the complete subtree of `2^level` leaves whose first leaf is `index * 2^level`.
    ///
    /// # Errors
    /// When it could not be read. It is asked only for subtrees that lie within the size that the caller named.
    fn node(&self, level: u8, index: u64) -> Result<TreeHash, Self::Error>;
}

/// The frontier of the first `size` leaves.
///
/// # Errors
/// When a hash could not be read.
pub fn frontier_of<S: NodeSource>(source: &S, size: u64) -> Result<Frontier, S::Error> {
    Ok(Frontier { size, nodes: subtrees(source, 0, size)? })
}

/// The root of the tree of the first `size` leaves.
///
/// # Errors
/// When a hash could not be read.
pub fn root_of<S: NodeSource>(source: &S, size: u64) -> Result<TreeHash, S::Error> {
    range_root(source, 0, size)
}

/// The path that proves the leaf `index` within the tree of `size` leaves, from the leaf's sibling up.
///
/// For an index outside the tree it is empty, and proves nothing.
///
/// # Errors
/// When a hash could not be read.
pub fn inclusion_path<S: NodeSource>(
    source: &S,
    index: u64,
    size: u64,
) -> Result<Vec<TreeHash>, S::Error> {
    let mut path = Vec::new();
    let (mut begin, mut end) = if index < size { (0, size) } else { (0, 0) };
    while end - begin > 1 {
        let middle = begin + left_width(end - begin);
        if index < middle {
            path.push(range_root(source, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(source, begin, middle)?);
            begin = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The path that proves that the tree of `new` leaves begins with the tree of `old` leaves.
///
/// It is empty for equal sizes. From no leaves, or to fewer, it is empty too, and proves nothing.
///
/// # Errors
/// When a hash could not be read.
pub fn consistency_path<S: NodeSource>(
    source: &S,
    old: u64,
    new: u64,
) -> Result<Vec<TreeHash>, S::Error> {
    let mut path = Vec::new();
    if old == 0 || old >= new {
        return Ok(path);
    }
    let (mut begin, mut end) = (0, new);
    while end != old {
        let middle = begin + left_width(end - begin);
        if old <= middle {
            path.push(range_root(source, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(source, begin, middle)?);
            begin = middle;
        }
    }
    // Whoever holds the old root knows this subtree already when it is the whole old tree.
    if begin != 0 {
        path.push(range_root(source, begin, end)?);
    }
    path.reverse();
    Ok(path)
}

/// The root over the leaves from `begin` to before `end`, where `begin` is a multiple of a power of two that is at least
/// as large as the range.
fn range_root<S: NodeSource>(source: &S, begin: u64, end: u64) -> Result<TreeHash, S::Error> {
    Ok(fold(subtrees(source, begin, end)?.into_iter()))
}

/// The complete subtrees that the range consists of, the largest first.
fn subtrees<S: NodeSource>(source: &S, begin: u64, end: u64) -> Result<Vec<TreeHash>, S::Error> {
    let (mut begin, mut nodes) = (begin, Vec::new());
    for level in (0..64_u8).rev() {
        let width = 1_u64 << level;
        if (end - begin) & width != 0 {
            nodes.push(source.node(level, begin >> level)?);
            begin += width;
        }
    }
    Ok(nodes)
}

/// How many of `width` leaves hang under the left: the largest power of two below the width, which is at least 2.
fn left_width(width: u64) -> u64 {
    width.next_power_of_two() / 2
}

/// Why a path proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A size is out of bounds.
    #[error("a tree has fewer than 2^63 leaves")]
    SizeTooLarge,
    /// The path is longer than any proof can be.
    #[error("the path is longer than 64 hashes")]
    PathTooLong,
    /// The leaf lies outside the tree.
    #[error("the leaf lies outside the tree")]
    IndexOutside,
    /// A tree without leaves is the beginning of every tree.
    #[error("the empty tree is no evidence")]
    NoEvidence,
    /// The later tree is the smaller one.
    #[error("the later tree has fewer leaves than the earlier one")]
    Shrunk,
    /// The path does not have the length that the sizes ask for.
    #[error("the path does not have the length that the sizes ask for")]
    WrongLength,
    /// The path does not lead to the root.
    #[error("the path does not lead to the root")]
    RootDiffers,
    /// The path does not lead to the earlier root.
    #[error("the path does not lead to the earlier root")]
    OldRootDiffers,
}

/// Whether the path proves that `leaf` is leaf number `index` of the tree with this size and root.
///
/// # Errors
/// When it does not.
pub fn verify_inclusion(
    leaf: &TreeHash,
    index: u64,
    size: u64,
    path: &[TreeHash],
    root: &TreeHash,
) -> Result<(), ProofError> {
    check_bounds(size, path)?;
    if index >= size {
        return Err(ProofError::IndexOutside);
    }
    let mut climb = Climb { node: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in path {
        hash = match climb.step()? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    climb.end()?;
    if hash == *root { Ok(()) } else { Err(ProofError::RootDiffers) }
}

/// Whether the path proves that the tree with the new size and root begins with the tree with the old size and root.
///
/// # Errors
/// When it does not. An old size of zero proves nothing and is refused.
pub fn verify_consistency(
    old: u64,
    old_root: &TreeHash,
    new: u64,
    new_root: &TreeHash,
    path: &[TreeHash],
) -> Result<(), ProofError> {
    check_bounds(new, path)?;
    match old {
        0 => return Err(ProofError::NoEvidence),
        old if old > new => return Err(ProofError::Shrunk),
        old if old == new => return verify_same(old_root, new_root, path),
        _ => {}
    }
    // A power of two is one complete subtree: its root is where the path begins, and is not repeated in it.
    let (first, path) = if old.is_power_of_two() {
        (old_root, path)
    } else {
        path.split_first().ok_or(ProofError::WrongLength)?
    };
    let complete = (old - 1).trailing_ones();
    let mut climb = Climb { node: (old - 1) >> complete, last: (new - 1) >> complete };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in path {
        match climb.step()? {
            Side::Left => {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
            }
            Side::Right => new_hash = node_hash(&new_hash, sibling),
        }
    }
    climb.end()?;
    if old_hash != *old_root {
        return Err(ProofError::OldRootDiffers);
    }
    if new_hash == *new_root { Ok(()) } else { Err(ProofError::RootDiffers) }
}

fn verify_same(old: &TreeHash, new: &TreeHash, path: &[TreeHash]) -> Result<(), ProofError> {
    if !path.is_empty() {
        return Err(ProofError::WrongLength);
    }
    if old == new { Ok(()) } else { Err(ProofError::RootDiffers) }
}

fn check_bounds(size: u64, path: &[TreeHash]) -> Result<(), ProofError> {
    if size >= TREE_SIZE_LIMIT {
        return Err(ProofError::SizeTooLarge);
    }
    if path.len() > PATH_LENGTH_MAX {
        return Err(ProofError::PathTooLong);
    }
    Ok(())
}

/// The way from a node up to the root: the node's number, and the number of the last node, at one level.
struct Climb {
    node: u64,
    last: u64,
}

/// On which side of the climbing node the next sibling stands.
enum Side {
    Left,
    Right,
}

impl Climb {
    fn step(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::WrongLength);
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // Where the last node of a level has no sibling, it stands for its parent: no hash for these levels.
            let lone = self.node.trailing_zeros().min(63);
            self.node >>= lone;
            self.last >>= lone;
            Side::Left
        } else {
            Side::Right
        };
        self.node >>= 1;
        self.last >>= 1;
        Ok(side)
    }

    fn end(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::WrongLength) }
    }
}

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Base64::encode_string(&self.0))
    }
}

impl FromStr for TreeHash {
    type Err = ParseTreeHashError;

    fn from_str(text: &str) -> Result<Self, ParseTreeHashError> {
        let mut bytes = [0; 33];
        let length = text.len();
        let decoded = Base64::decode(text, &mut bytes).map_err(|_| ParseTreeHashError)?;
        let hash = Self(decoded.try_into().map_err(|_| ParseTreeHashError)?);
        // One hash has one text: spare bits that are not zero would be a second one.
        if length == 44 && hash.to_string() == text { Ok(hash) } else { Err(ParseTreeHashError) }
    }
}

/// The text is not a hash of 32 bytes in standard base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 32 bytes in standard base64")]
pub struct ParseTreeHashError;

#[cfg(test)]
mod tests;
