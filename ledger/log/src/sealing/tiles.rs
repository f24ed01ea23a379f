//! Tiles as files, in the layout of tlog-tiles. They are derived from the log and can be made again from it. They are
//! durable before a checkpoint is published that needs them; whoever uses one checks it against the signed root.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::proof::tile::{TILE_BYTES, TILE_WIDTH, Tile, node_in_tile, tile_of_node};
use ledger::proof::tree::{Frontier, NodeSource, TreeHash, frontier_of};

use super::edge::{Edge, FilledTile};
use crate::embedded::disk::{self, Access, Disk};

const HASH_BYTES: usize = 32;

/// The folder in which the tiles of one tree are.
#[derive(Clone)]
pub struct TileFolder {
    disk: Arc<dyn Disk>,
    root: PathBuf,
}

impl TileFolder {
    /// The tiles under this folder, whose `tile/` they are in.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, root: &Path) -> Self {
        Self { disk, root: root.to_owned() }
    }

    /// The bytes of a tile, at least as many as its width says. A full tile stands for all partial ones.
    ///
    /// # Errors
    /// `NotFound` when it is not there, `InvalidData` when it is too short, else what the system says.
    pub fn read(&self, tile: Tile) -> io::Result<Vec<u8>> {
        let full = Tile { width: TILE_WIDTH, ..tile };
        let mut bytes = match self.read_file(tile) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.read_file(full)?,
            read => read?,
        };
        let wanted = HASH_BYTES * usize::from(tile.width);
        if bytes.len() < wanted || bytes.len() > TILE_BYTES {
            let what = format!("{} has {} bytes", tile.path(), bytes.len());
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        bytes.truncate(wanted);
        Ok(bytes)
    }

    /// Whether some tile of a tree of this size is there: the first, or one at the right edge.
    pub(super) fn holds_any(&self, size: u64) -> bool {
        let edge = (0..8).filter_map(|level| {
            let hashes = size.checked_shr(8 * u32::from(level)).filter(|hashes| *hashes > 0)?;
            let width = u16::try_from(hashes % u64::from(TILE_WIDTH)).ok().filter(|w| *w > 0)?;
            Some(Tile { level, index: hashes / u64::from(TILE_WIDTH), width })
        });
        let first = Tile { level: 0, index: 0, width: TILE_WIDTH };
        edge.chain([first]).any(|tile| self.read(tile).is_ok())
    }

    /// The frontier and the unfinished tiles of a tree of this size.
    pub(super) fn edge(&self, size: u64) -> io::Result<Edge> {
        let frontier = self.frontier(size)?;
        let mut levels = Vec::new();
        let mut left = size;
        for level in 0_u8.. {
            if left == 0 {
                break;
            }
            let width = u16::try_from(left % u64::from(TILE_WIDTH)).unwrap_or(0);
            let tile = Tile { level, index: left / u64::from(TILE_WIDTH), width };
            let bytes = if width == 0 { Vec::new() } else { self.read(tile)? };
            levels.push(hashes(&bytes));
            left /= u64::from(TILE_WIDTH);
        }
        Ok(Edge::of(frontier, levels))
    }

    fn frontier(&self, size: u64) -> io::Result<Frontier> {
        frontier_of(&self.nodes(size), size)
    }

    /// The nodes of a tree of this size.
    #[must_use]
    pub fn nodes(&self, size: u64) -> TileNodes<'_> {
        TileNodes { folder: self, size }
    }

    pub(super) fn write(&self, (tile, bytes): &FilledTile) -> io::Result<()> {
        let path = self.path(*tile);
        if let Some(folder) = path.parent() {
            self.disk.create_folder(folder)?;
        }
        disk::replace(&*self.disk, &path, bytes)
    }

    /// Removes a partial tile that a wider one stands for.
    pub(super) fn remove(&self, tile: Tile) -> io::Result<()> {
        let path = self.path(tile);
        match self.disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // Other partial tiles may still be in it.
        let _ = path.parent().map(|folder| self.disk.remove_folder(folder));
        Ok(())
    }

    fn read_file(&self, tile: Tile) -> io::Result<Vec<u8>> {
        let file = self.disk.open(&self.path(tile), Access::Read)?;
        if file.bytes()? > crate::embedded::disk_length(TILE_BYTES) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "longer than a tile"));
        }
        disk::read_whole(&*file)
    }

    fn path(&self, tile: Tile) -> PathBuf {
        self.root.join(tile.path())
    }
}

/// The nodes of a tree, each from one tile.
pub struct TileNodes<'a> {
    folder: &'a TileFolder,
    size: u64,
}

impl NodeSource for TileNodes<'_> {
    type Error = io::Error;

    fn node(&self, level: u8, index: u64) -> Result<TreeHash, io::Error> {
        let (tile, level_in_tile, index_in_level) = tile_of_node(level, index, self.size);
        let bytes = self.folder.read(tile)?;
        node_in_tile(&bytes, level_in_tile, index_in_level).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{} is too short", tile.path()))
        })
    }
}

fn hashes(bytes: &[u8]) -> Vec<TreeHash> {
    let (chunks, _) = bytes.as_chunks::<HASH_BYTES>();
    chunks.iter().copied().map(TreeHash).collect()
}
