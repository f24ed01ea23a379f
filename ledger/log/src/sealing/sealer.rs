//! Seals what is durable: reads it back, grows the tree, writes tiles, has the checkpoint signed, publishes it.
//! One call does one step, so that a simulator can drive it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::tile::Tile;
use ledger::proof::tree::{TreeHash, consistency_path};
use ledger::proof::trust::TrustedKeys;
use schemas::{Digest, LogPosition, StoredEvent};

use super::edge::{Edge, FilledTile};
use super::error::SealError;
use super::held::{Held, HeldCheckpoint, believe, read_text};
use super::rotation::LogKeys;
use super::signer::Signer;
use super::tiles::TileFolder;
use super::{checkpoint_path, public_key_path, signed_path};
use crate::embedded::disk::{self, Access, Disk};
use crate::embedded::{EmbeddedLog, Finding, FindingKind, FramePoint, ReadBackFrame};

/// How many batches are read back at a time: at most as many MiB are in memory.
const FRAMES_AT_ONCE: usize = 4;

/// Seals one embedded log.
pub struct Sealer {
    log: EmbeddedLog,
    disk: Arc<dyn Disk>,
    proofs: PathBuf,
    tiles: TileFolder,
    signer: Signer,
    edge: Edge,
    /// The unfinished tiles on the disk.
    partial: Vec<Tile>,
    newest: Option<HeldCheckpoint>,
    rebuilt: bool,
}

impl Sealer {
    /// Takes up the tree where the newest checkpoint left it. Tiles that are missing or do not give the signed root
    /// are made again from the log.
    ///
    /// # Errors
    /// When the log does not give the root that was signed: then it is damaged. When a file cannot be used.
    pub fn open(
        log: EmbeddedLog,
        disk: Arc<dyn Disk>,
        proofs: &Path,
        keys: &Path,
        signing: impl Into<LogKeys>,
    ) -> Result<Self, SealError> {
        disk.create_folder(proofs).map_err(SealError::io("make", proofs))?;
        let signing = signing.into();
        let verifier = signing.own().verifier();
        let held = Held::read(&*disk, proofs, keys, &signing.known())?;
        for (path, reason) in &held.doubtful {
            tracing::warn!(path = %path.display(), reason, "a checkpoint is not believed; another one is");
        }
        let last = held.newest.as_ref().map(|held| held.checkpoint.clone());
        let tiles = TileFolder::new(Arc::clone(&disk), proofs);
        let signer = Signer::new(signing, Arc::clone(&disk), signed_path(keys), last.clone());
        let mut sealer = Self {
            log,
            disk,
            proofs: proofs.to_owned(),
            tiles,
            signer,
            edge: Edge::default(),
            partial: Vec::new(),
            newest: held.newest,
            rebuilt: false,
        };
        // A key that took over lately has signed nothing yet: what checks the newest checkpoint stays published.
        let own = TrustedKeys::from(verifier.clone());
        let is_new = sealer.newest.as_ref().is_some_and(|held| believe(&held.note, &own).is_err());
        if !is_new {
            sealer.publish_key(&verifier.to_string())?;
        }
        if let Some(last) = last {
            sealer.take_up(last.size, last.root)?;
            sealer.publish_again(keys)?;
        }
        if is_new && sealer.seal()?.is_some() {
            sealer.publish_key(&verifier.to_string())?;
        }
        Ok(sealer)
    }

    /// The newest checkpoint.
    #[must_use]
    pub const fn newest(&self) -> Option<&HeldCheckpoint> {
        self.newest.as_ref()
    }

    /// Whether tiles had to be made again when it was opened.
    #[must_use]
    pub const fn rebuilt(&self) -> bool {
        self.rebuilt
    }

    /// Seals everything that is durable now. `None` when all of it was sealed already.
    ///
    /// # Errors
    /// When what is read back is not what was written: then the log is halted and nothing is signed. When a file
    /// cannot be written: then the next call tries again.
    pub fn seal(&mut self) -> Result<Option<&HeldCheckpoint>, SealError> {
        let target = self.log.newest_frame();
        if target.next_position == self.edge.size() {
            return Ok(None);
        }
        let (mut edge, mut full) = (self.edge.clone(), Vec::new());
        // INVARIANT (read back before signing): `grow` ends in the hash that the writer holds.
        if let Err(error) = self.grow(&mut edge, &target, &mut full) {
            if let SealError::Damaged { finding } = &error {
                self.log.halt((**finding).clone());
            }
            return Err(error);
        }
        let partial = edge.partial();
        let tiles = full.iter().chain(&partial);
        self.write_tiles(tiles)?;
        self.disk.sync_below(&self.proofs).map_err(SealError::io("sync", &self.proofs))?;
        let (size, root) = (edge.size(), edge.root());
        let path = match self.signer.last() {
            Some(last) if last.size < size => {
                consistency_path(&self.tiles.nodes(size), last.size, size)
                    .map_err(SealError::io("read the tiles in", &self.proofs))?
            }
            Some(_) | None => Vec::new(),
        };
        let note = self.signer.sign(size, root, &path)?;
        let published = checkpoint_path(&self.proofs);
        disk::write_whole(&*self.disk, &published, note.as_bytes())
            .map_err(SealError::io("publish", &published))?;
        self.edge = edge;
        self.forget_narrower(&partial);
        let checkpoint = self.signer.last().cloned();
        self.newest = checkpoint.map(|checkpoint| HeldCheckpoint { checkpoint, note });
        Ok(self.newest.as_ref())
    }

    /// Reads the batches up to the target back and adds their leaves.
    fn grow(
        &self,
        edge: &mut Edge,
        target: &FramePoint,
        full: &mut Vec<FilledTile>,
    ) -> Result<(), SealError> {
        let mut before = self.hash_before(edge.size())?;
        while edge.size() < target.next_position {
            let frames = self.log.read_back(LogPosition(edge.size()), FRAMES_AT_ONCE)?;
            if frames.is_empty() {
                return Err(damaged(target, "batches up to it", "none"));
            }
            for frame in frames {
                if frame.point.next_position > target.next_position {
                    break;
                }
                let from = edge.size();
                leaves(&frame, from, before)?.into_iter().for_each(|leaf| edge.push(leaf, full));
                before = Some(frame.point.hash);
            }
        }
        if before == Some(target.hash) && edge.size() == target.next_position {
            return Ok(());
        }
        let found = before.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string());
        Err(damaged(target, format!("batch hash {}", target.hash), found))
    }

    /// The hash of the batch that ends where the tree ends.
    fn hash_before(&self, size: u64) -> Result<Option<Digest>, SealError> {
        let Some(last) = size.checked_sub(1) else { return Ok(None) };
        let frames = self.log.read_back(LogPosition(last), 1)?;
        let whole = frames.first().filter(|frame| frame.point.next_position == size);
        // A checkpoint within a batch: the batch itself is read again and checked by its own hash.
        Ok(whole.map(|frame| frame.point.hash))
    }

    fn take_up(&mut self, size: u64, root: TreeHash) -> Result<(), SealError> {
        let kept = self.tiles.edge(size);
        if let Ok(edge) = kept
            && edge.size() == size
            && edge.root() == root
        {
            self.partial = edge.partial().into_iter().map(|(tile, _)| tile).collect();
            self.edge = edge;
            return Ok(());
        }
        tracing::warn!(
            size,
            "the tiles do not give the signed root and are made again from the log"
        );
        let mut edge = Edge::default();
        while edge.size() < size {
            let mut full = Vec::new();
            let frames = self.log.read_back(LogPosition(edge.size()), FRAMES_AT_ONCE)?;
            let before = edge.size();
            for frame in frames {
                let wanted = usize::try_from(size - edge.size()).unwrap_or(usize::MAX);
                let leaves = leaves(&frame, edge.size(), None)?;
                leaves.into_iter().take(wanted).for_each(|leaf| edge.push(leaf, &mut full));
            }
            if edge.size() == before {
                break;
            }
            self.write_tiles(full.iter())?;
        }
        if edge.size() != size || edge.root() != root {
            let expected = format!("the signed root {root} of the first {size} events");
            let found = format!("{} of {} events", edge.root(), edge.size());
            let last = LogPosition(size.saturating_sub(1));
            let finding = Finding::new(FindingKind::Fork, (0, 0), expected, found);
            let positions = Some((LogPosition(0), last));
            return Err(SealError::damaged(Finding { positions, ..finding }));
        }
        let partial = edge.partial();
        self.write_tiles(partial.iter())?;
        self.partial = partial.into_iter().map(|(tile, _)| tile).collect();
        self.edge = edge;
        self.rebuilt = true;
        Ok(())
    }

    fn write_tiles<'a>(
        &self,
        tiles: impl Iterator<Item = &'a FilledTile>,
    ) -> Result<(), SealError> {
        for tile in tiles {
            let written = self.tiles.write(tile);
            written.map_err(SealError::io("write a tile in", &self.proofs))?;
        }
        Ok(())
    }

    /// Removes the partial tiles of the checkpoint before, which nobody needs any more: each is the start of one
    /// that is there now.
    fn forget_narrower(&mut self, partial: &[FilledTile]) {
        let now: Vec<_> = partial.iter().map(|(tile, _)| *tile).collect();
        for tile in std::mem::replace(&mut self.partial, now.clone()) {
            if !now.contains(&tile)
                && let Err(error) = self.tiles.remove(tile)
            {
                tracing::debug!(%error, tile = tile.path(), "a partial tile stays");
            }
        }
    }

    /// Makes both copies of the newest checkpoint right: a crash may have come between them, and one may not be
    /// believed any more.
    fn publish_again(&self, keys: &Path) -> Result<(), SealError> {
        let Some(newest) = &self.newest else { return Ok(()) };
        for path in [signed_path(keys), checkpoint_path(&self.proofs)] {
            if read_text(&*self.disk, &path)?.as_ref() != Some(&newest.note) {
                disk::write_whole(&*self.disk, &path, newest.note.as_bytes())
                    .map_err(SealError::io("write", &path))?;
            }
        }
        Ok(())
    }

    fn publish_key(&self, key: &str) -> Result<(), SealError> {
        let path = public_key_path(&self.proofs);
        let text = format!("{key}\n");
        let kept = self.disk.open(&path, Access::Read).and_then(|file| disk::read_whole(&*file));
        match kept {
            Ok(kept) if kept == text.as_bytes() => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(SealError::io("read", &path)(error)),
        }
        disk::write_whole(&*self.disk, &path, text.as_bytes())
            .map_err(SealError::io("write", &path))
    }
}

/// The leaves of a batch's events from this position on, from the hashes of their bytes. The batch must follow the
/// one before, and its events must give the roots that are recorded.
fn leaves(
    frame: &ReadBackFrame,
    from: u64,
    before: Option<Digest>,
) -> Result<Vec<TreeHash>, SealError> {
    if let Some(before) = before
        && frame.previous_hash != before
    {
        let found = frame.previous_hash.to_string();
        return Err(damaged(&frame.point, format!("previous batch {before}"), found));
    }
    let leaf = |event: &StoredEvent| {
        let root = ledger::proof::content_root(&event.header, &event.parts);
        if root == event.content_root {
            return Ok(leaf_hash(&leaf_entry(event.position, &root)));
        }
        let place = (frame.point.segment, frame.point.offset);
        let (expected, found) = (event.content_root.to_string(), root.to_string());
        let finding = Finding::new(FindingKind::Rewrite, place, expected, found);
        Err(SealError::damaged(finding.at_event(event)))
    };
    let mut leaves = Vec::new();
    for event in frame.events() {
        let event = event?;
        if event.position.0 >= from {
            leaves.push(leaf(&event)?);
        }
    }
    Ok(leaves)
}

fn damaged(point: &FramePoint, expected: impl Into<String>, found: impl Into<String>) -> SealError {
    let place = (point.segment, point.offset);
    SealError::damaged(Finding::new(FindingKind::BitRot, place, expected, found))
}
