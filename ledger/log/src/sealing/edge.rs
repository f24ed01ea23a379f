//! The right edge of the tree: the tiles that are not full yet, one a level, and the frontier. Pure.

use ledger::proof::tile::{TILE_WIDTH, Tile, node_in_tile};
use ledger::proof::tree::{Frontier, TreeHash};

/// How many tree levels a tile spans: 256 hashes.
const TILE_HEIGHT: u8 = 8;

/// The right edge of a tree of this size.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    frontier: Frontier,
    /// The hashes of the unfinished tile of each level.
    levels: Vec<Vec<TreeHash>>,
}

/// A tile and its bytes.
pub(super) type FilledTile = (Tile, Vec<u8>);

impl Edge {
    /// The edge whose unfinished tiles are these, lowest level first, with the frontier that belongs to them.
    pub(super) fn of(frontier: Frontier, levels: Vec<Vec<TreeHash>>) -> Self {
        Self { frontier, levels }
    }

    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(super) fn root(&self) -> TreeHash {
        self.frontier.root()
    }

    /// Adds a leaf; the tiles that it fills are added to `full`.
    pub(super) fn push(&mut self, leaf: TreeHash, full: &mut Vec<FilledTile>) {
        self.frontier.append(leaf);
        let mut hash = leaf;
        for level in 0_u8.. {
            let at = usize::from(level);
            if self.levels.len() <= at {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(at) else { return };
            hashes.push(hash);
            if hashes.len() < usize::from(TILE_WIDTH) {
                return;
            }
            let bytes = tile_bytes(hashes);
            hashes.clear();
            let leaves_before = self.frontier.size() - 1;
            let index = leaves_before >> (u32::from(TILE_HEIGHT) * (u32::from(level) + 1));
            let root = node_in_tile(&bytes, TILE_HEIGHT, 0);
            full.push((Tile { level, index, width: TILE_WIDTH }, bytes));
            // INVARIANT (a full tile has a root): it holds 256 hashes.
            let Some(root) = root else { return };
            hash = root;
        }
    }

    /// The unfinished tiles.
    pub(super) fn partial(&self) -> Vec<FilledTile> {
        let unfinished = self.levels.iter().zip(0_u8..).filter(|(hashes, _)| !hashes.is_empty());
        let tiles = unfinished.map(|(hashes, level)| {
            let index = self.size() >> (u32::from(TILE_HEIGHT) * (u32::from(level) + 1));
            let width = u16::try_from(hashes.len()).unwrap_or(TILE_WIDTH);
            (Tile { level, index, width }, tile_bytes(hashes))
        });
        tiles.collect()
    }
}

fn tile_bytes(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::proof::tile::tiles_for;

    #[test]
    fn an_edge_fills_exactly_the_tiles_of_the_layout() {
        let (mut edge, mut written) = (Edge::default(), Vec::new());
        for number in 0..70_000_u64 {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            edge.push(TreeHash(hash), &mut written);
        }
        written.extend(edge.partial());
        let mut names: Vec<_> = written.iter().map(|(tile, _)| tile.path()).collect();
        let mut expected: Vec<_> = tiles_for(0, 70_000).iter().map(Tile::path).collect();
        names.sort();
        expected.sort();
        assert_eq!(names, expected);
        let widths =
            written.iter().all(|(tile, bytes)| bytes.len() == 32 * usize::from(tile.width));
        assert!(widths);
    }
}
