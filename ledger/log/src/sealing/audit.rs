//! Checks the signed statements against the log: derives every leaf, tile and root again from the events that a
//! check of the log found whole, and says what does not agree and where.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ledger::proof::checkpoint::Checkpoint;
use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::note::VerifierKey;
use ledger::proof::tile::{TILE_WIDTH, Tile};
use ledger::proof::tree::{NodeSource, TreeHash, inclusion_path, verify_inclusion};
use schemas::{LogPosition, StoredEvent};

use super::edge::{Edge, FilledTile};
use super::error::SealError;
use super::held::{Doubt, HeldCheckpoint, believe, read_text};
use super::tiles::TileFolder;
use super::{checkpoint_path, public_key_path, signed_path};
use crate::embedded::FindingKind;
use crate::embedded::disk::Disk;

/// A statement that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFinding {
    /// What kind of damage.
    pub kind: FindingKind,
    /// The file or checkpoint.
    pub place: String,
    /// The first and the last event that it is about, when that is known.
    pub positions: Option<(LogPosition, LogPosition)>,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// Whether only a copy is wrong, which can be made again from the log.
    pub is_copy: bool,
}

impl fmt::Display for ProofFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, place, expected, found, .. } = self;
        write!(f, "{kind} in {place}")?;
        match &self.positions {
            Some((first, last)) if first == last => write!(f, ", event {first}")?,
            Some((first, last)) => write!(f, ", events {first} to {last}")?,
            None => {}
        }
        write!(f, ": expected {expected}, found {found}")
    }
}

/// What a check of the statements found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// The newest checkpoint whose signature is right; `None` when the ledger was never sealed.
    pub newest: Option<HeldCheckpoint>,
    /// The key that the signatures were checked with.
    pub key: Option<String>,
    /// The one with most events, also of those shown, whose root the log gives: everything up to there is proven.
    pub proven: Option<Checkpoint>,
    /// How many checkpoints were compared with the root that the log gives.
    pub checkpoints: u64,
    /// How many tiles were compared with those that the log gives.
    pub tiles: u64,
    /// What does not hold.
    pub findings: Vec<ProofFinding>,
}

/// A check that goes along with a check of the log.
pub struct Audit {
    tiles: TileFolder,
    /// Whether there are tiles at all. A backup has none: they are made again.
    has_tiles: bool,
    edge: Edge,
    /// Where the events stopped to follow each other: nothing can be said from there on.
    gap_at: Option<u64>,
    /// Checkpoints to compare with, by their size: what they are called and what they say.
    wanted: BTreeMap<u64, Vec<(String, Checkpoint)>>,
    /// The first event that is not the one that was signed: a tile that gives the signed root has another leaf.
    rewritten: Option<LogPosition>,
    differing: Vec<ProofFinding>,
    root_at_newest: Option<TreeHash>,
    report: AuditReport,
}

impl Audit {
    /// Reads the checkpoints of a ledger and those that somebody kept elsewhere (what each is called, and the note).
    /// They are checked with `trusted`, or with the public key beside them when none is given.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn begin(
        disk: &Arc<dyn Disk>,
        (proofs, keys): (&Path, &Path),
        trusted: Option<VerifierKey>,
        shown: &[(String, String)],
    ) -> Result<Self, SealError> {
        let mut audit = Self {
            tiles: TileFolder::new(Arc::clone(disk), proofs),
            has_tiles: false,
            edge: Edge::default(),
            gap_at: None,
            wanted: BTreeMap::new(),
            rewritten: None,
            differing: Vec::new(),
            root_at_newest: None,
            report: AuditReport::default(),
        };
        let mut notes = Vec::new();
        for path in [signed_path(keys), checkpoint_path(proofs)] {
            if let Some(text) = read_text(&**disk, &path)? {
                notes.push((path.display().to_string(), text));
            }
        }
        let own = notes.len();
        notes.extend(shown.iter().cloned());
        let key = match trusted {
            Some(key) => Some(key),
            None => audit.own_key(&**disk, &public_key_path(proofs))?,
        };
        let Some(key) = key else {
            audit.report.findings.extend(notes.into_iter().map(|(place, _)| {
                let (expected, found) = ("the public key beside it", "no key");
                finding(FindingKind::UnknownKey, place, expected, found)
            }));
            return Ok(audit);
        };
        audit.report.key = Some(key.to_string());
        let shown = notes.split_off(own);
        notes.into_iter().for_each(|(place, text)| audit.take(place, &text, &key, true));
        // One of the ledger's two copies is enough; the other is written again when the ledger is opened.
        let can_be_copied = audit.report.newest.is_some();
        for found in &mut audit.report.findings {
            let is_rot = matches!(found.kind, FindingKind::BitRot | FindingKind::BadSignature);
            found.is_copy = found.is_copy || (can_be_copied && is_rot);
        }
        shown.into_iter().for_each(|(place, text)| audit.take(place, &text, &key, false));
        audit.has_tiles = audit.tiles.holds_any(audit.newest_size());
        Ok(audit)
    }

    /// Takes the next event in that is whole.
    pub fn event(&mut self, event: &StoredEvent) {
        if event.position.0 != self.edge.size() {
            let gap = self.edge.size();
            self.gap_at = Some(self.gap_at.map_or(gap, |known| known.min(gap)));
        }
        if self.gap_at.is_some() {
            return;
        }
        let root = ledger::proof::content_root(&event.header, &event.parts);
        let mut full = Vec::new();
        self.edge.push(leaf_hash(&leaf_entry(event.position, &root)), &mut full);
        let size = self.newest_size();
        if self.edge.size() <= size {
            full.iter().for_each(|tile| self.compare(tile));
        }
        if self.edge.size() == size {
            let partial = self.edge.partial();
            partial.iter().for_each(|tile| self.compare(tile));
            self.root_at_newest = Some(self.edge.root());
        }
        if let Some(checkpoints) = self.wanted.remove(&self.edge.size()) {
            let root = self.edge.root();
            checkpoints.into_iter().for_each(|(place, said)| self.judge(place, &said, &root));
        }
    }

    /// The end of the log.
    #[must_use]
    pub fn finish(mut self) -> AuditReport {
        let size = self.edge.size();
        for (place, said) in std::mem::take(&mut self.wanted).into_values().flatten() {
            let expected = format!("{} events with root {}", said.size, said.root);
            let found = match self.gap_at {
                Some(gap) => format!("events without a gap only up to {gap}"),
                None => format!("{size} events"),
            };
            let kind =
                if self.gap_at.is_some() { FindingKind::Truncated } else { FindingKind::Rollback };
            let lost = (LogPosition(size), LogPosition(said.size.saturating_sub(1)));
            self.report.findings.push(ProofFinding {
                positions: Some(lost),
                ..finding(kind, place, expected, found)
            });
        }
        if self.gap_at.is_none() && size < self.newest_size() {
            self.compare_last();
        }
        let signed = self.report.newest.as_ref().map(|held| held.checkpoint.root);
        if let Some(at) = self.rewritten {
            // The tiles above differ too, and are right.
            let (place, expected) = ("the log".to_owned(), "the event that was signed");
            self.report.findings.push(ProofFinding {
                positions: Some((at, at)),
                ..finding(FindingKind::Rewrite, place, expected, "another one")
            });
        } else if self.root_at_newest.is_none() || self.root_at_newest == signed {
            self.report.findings.append(&mut self.differing);
        }
        self.report
    }

    /// The log ends before what was signed: its last leaves are the start of a tile, unless events before are others.
    fn compare_last(&mut self) {
        let signed = self.newest_size();
        let unfinished = self.edge.partial();
        for (tile, bytes) in unfinished.into_iter().filter(|(tile, _)| tile.level == 0) {
            let width = signed.saturating_sub(tile.index * u64::from(TILE_WIDTH));
            let width = u16::try_from(width).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
            self.compare(&(Tile { width, ..tile }, bytes));
        }
    }

    /// Whether the tiles lead from this leaf of theirs to the root that was signed. All leaves of its tile are on the way.
    fn is_signed(&self, leaf: u64) -> bool {
        let Some(signed) = self.report.newest.as_ref().map(|held| &held.checkpoint) else {
            return false;
        };
        let nodes = self.tiles.nodes(signed.size);
        let Ok(path) = inclusion_path(&nodes, leaf, signed.size) else { return false };
        nodes.node(0, leaf).is_ok_and(|hash| {
            verify_inclusion(&hash, leaf, signed.size, &path, &signed.root).is_ok()
        })
    }

    fn judge(&mut self, place: String, said: &Checkpoint, root: &TreeHash) {
        self.report.checkpoints += 1;
        if said.root == *root {
            // Judged by size: a later one has at least as many events.
            self.report.proven = Some(said.clone());
            return;
        }
        let last = LogPosition(said.size.saturating_sub(1));
        let (expected, found) = (format!("root {}", said.root), root.to_string());
        self.report.findings.push(ProofFinding {
            positions: Some((LogPosition(0), last)),
            ..finding(FindingKind::Fork, place, expected, found)
        });
    }

    fn compare(&mut self, (tile, bytes): &FilledTile) {
        if !self.has_tiles {
            return;
        }
        self.report.tiles += 1;
        let place = format!("proofs/{}", tile.path());
        match self.tiles.read(*tile) {
            Ok(kept) if kept.starts_with(bytes) => {}
            Ok(kept) => {
                let differs = kept.chunks(32).zip(bytes.chunks(32)).position(|(a, b)| a != b);
                let number = u64::try_from(differs.unwrap_or(0)).unwrap_or(0);
                let leaf = tile.index * u64::from(TILE_WIDTH) + number;
                if tile.level == 0 && self.rewritten.is_none() && self.is_signed(leaf) {
                    self.rewritten = Some(LogPosition(leaf));
                }
                let expected = "the hashes that the log gives";
                let found = format!("another hash at number {number}");
                self.differing.push(ProofFinding {
                    is_copy: true,
                    ..finding(FindingKind::BitRot, place, expected, found)
                });
            }
            Err(error) => self.differing.push(ProofFinding {
                is_copy: true,
                ..finding(FindingKind::Truncated, place, "a tile", error.to_string())
            }),
        }
    }

    /// Takes a checkpoint in. Only the ledger's own make the newest.
    fn take(&mut self, place: String, text: &str, key: &VerifierKey, is_own: bool) {
        let held = match believe(text, key) {
            Ok(held) => held,
            Err(Doubt { kind, reason }) => {
                let expected = format!("a checkpoint signed by {key}");
                self.report.findings.push(finding(kind, place, expected, reason));
                return;
            }
        };
        let checkpoint = held.checkpoint.clone();
        if is_own && checkpoint.size > self.newest_size() {
            self.report.newest = Some(held);
        }
        self.wanted.entry(checkpoint.size).or_default().push((place, checkpoint));
    }

    fn newest_size(&self) -> u64 {
        self.report.newest.as_ref().map_or(0, |held| held.checkpoint.size)
    }

    fn own_key(&mut self, disk: &dyn Disk, path: &Path) -> Result<Option<VerifierKey>, SealError> {
        let Some(text) = read_text(disk, path)? else { return Ok(None) };
        match text.trim().parse() {
            Ok(key) => Ok(Some(key)),
            Err(error) => {
                let place = path.display().to_string();
                let found = format!("{error}");
                self.report.findings.push(ProofFinding {
                    is_copy: true,
                    ..finding(FindingKind::BitRot, place, "a public key", found)
                });
                Ok(None)
            }
        }
    }
}

fn finding(
    kind: FindingKind,
    place: String,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> ProofFinding {
    let (expected, found) = (expected.into(), found.into());
    ProofFinding { kind, place, positions: None, expected, found, is_copy: false }
}
