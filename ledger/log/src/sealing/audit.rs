//! Checks the signed statements against the log: derives every leaf, tile and root again from the events that a
//! check of the log found whole, and says what does not agree and where.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ledger::proof::checkpoint::Checkpoint;
use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::note::{Note, VerifierKey};
use ledger::proof::rotation::{KeyChain, RotationError};
use ledger::proof::tile::{TILE_WIDTH, Tile};
use ledger::proof::tree::{NodeSource, TreeHash, inclusion_path, verify_inclusion};
use ledger::proof::trust::TrustedKeys;
use schemas::{LogPosition, StoredEvent, StreamKind};

use super::edge::{Edge, FilledTile};
use super::error::SealError;
use super::held::{Doubt, HeldCheckpoint, believe, read_text};
use super::rotation::{RotatedKey, key_changes};
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
    /// The key that signs now, as far as those that are trusted lead there.
    pub key: Option<String>,
    /// The changes of the key that the log holds.
    pub chain: KeyChain,
    /// The one with most events, also of those shown, whose root the log gives: everything up to there is proven.
    pub proven: Option<Checkpoint>,
    /// How many checkpoints were compared with the root that the log gives.
    pub checkpoints: u64,
    /// How many tiles were compared with those that the log gives.
    pub tiles: u64,
    /// What does not hold.
    pub findings: Vec<ProofFinding>,
}

/// A signed note that is looked at.
struct Statement {
    /// What it is called.
    place: String,
    note: String,
    /// Whether it is the ledger's own, and not one that somebody kept.
    is_own: bool,
}

/// A check that goes along with a check of the log. Which keys are believed is known when all of the log was seen, so
/// signatures are judged at the end.
pub struct Audit {
    tiles: TileFolder,
    /// Whether there are tiles at all. A backup has none: they are made again.
    has_tiles: bool,
    edge: Edge,
    /// Where the events stopped to follow each other: nothing can be said from there on.
    gap_at: Option<u64>,
    keys: TrustedKeys,
    statements: Vec<Statement>,
    /// The newest of the ledger's own checkpoints, if its key is believed in the end.
    presumed: Option<Checkpoint>,
    /// The roots that the log gives at the sizes that the statements claim.
    roots: BTreeMap<u64, Option<TreeHash>>,
    /// The first event that is not the one that was signed: a tile that gives the signed root has another leaf.
    rewritten: Option<LogPosition>,
    differing: Vec<ProofFinding>,
    root_at_newest: Option<TreeHash>,
    /// Findings about changes of the key.
    changes: Vec<ProofFinding>,
    report: AuditReport,
}

impl Audit {
    /// Reads the checkpoints of a ledger and those that somebody kept elsewhere (what each is called, and the note).
    /// They are checked with the keys that are trusted, all of one log, or with the public key beside them when none is
    /// given; and with those that the log shows to follow or to precede them.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn begin(
        disk: &Arc<dyn Disk>,
        (proofs, keys): (&Path, &Path),
        trusted: &[VerifierKey],
        shown: &[(String, String)],
    ) -> Result<Self, SealError> {
        let mut audit = Self {
            tiles: TileFolder::new(Arc::clone(disk), proofs),
            has_tiles: false,
            edge: Edge::default(),
            gap_at: None,
            keys: TrustedKeys::of(trusted),
            statements: Vec::new(),
            presumed: None,
            roots: BTreeMap::new(),
            rewritten: None,
            differing: Vec::new(),
            root_at_newest: None,
            changes: Vec::new(),
            report: AuditReport::default(),
        };
        for path in [signed_path(keys), checkpoint_path(proofs)] {
            if let Some(note) = read_text(&**disk, &path)? {
                let place = path.display().to_string();
                audit.statements.push(Statement { place, note, is_own: true });
            }
        }
        let shown = shown.iter().cloned();
        let shown = shown.map(|(place, note)| Statement { place, note, is_own: false });
        audit.statements.extend(shown);
        let beside = audit.own_key(&**disk, &public_key_path(proofs), trusted.is_empty())?;
        if trusted.is_empty() {
            audit.keys = TrustedKeys::of(beside.iter().cloned().collect::<Vec<_>>());
        }
        audit.presume(beside.as_ref());
        audit.has_tiles = audit.tiles.holds_any(audit.presumed_size());
        Ok(audit)
    }

    /// Looks up what the statements claim. The newest own one is presumed to hold when a trusted key signed it, or the one
    /// beside it, which the log may show to follow.
    fn presume(&mut self, beside: Option<&VerifierKey>) {
        let beside = beside.cloned().map(TrustedKeys::from).unwrap_or_default();
        for statement in &self.statements {
            let Ok(note) = Note::parse(&statement.note) else { continue };
            let Ok(claimed) = Checkpoint::parse(&note.text) else { continue };
            self.roots.insert(claimed.size, None);
            let signed = || {
                let known = self.keys.open(&statement.note);
                known.is_ok() || beside.open(&statement.note).is_ok()
            };
            let newest = self.presumed.as_ref().map_or(0, |newest| newest.size);
            if statement.is_own && claimed.size > newest && signed() {
                self.presumed = Some(claimed);
            }
        }
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
        if event.header.stream.kind == StreamKind::Ledger {
            self.follow(event);
        }
        let root = ledger::proof::content_root(&event.header, &event.parts);
        let mut full = Vec::new();
        self.edge.push(leaf_hash(&leaf_entry(event.position, &root)), &mut full);
        let size = self.presumed_size();
        if self.edge.size() <= size {
            full.iter().for_each(|tile| self.compare(tile));
        }
        if self.edge.size() == size {
            let partial = self.edge.partial();
            partial.iter().for_each(|tile| self.compare(tile));
            self.root_at_newest = Some(self.edge.root());
        }
        if let Some(root) = self.roots.get_mut(&self.edge.size()) {
            *root = Some(self.edge.root());
        }
    }

    /// Takes in a change of the key, if the event is one.
    fn follow(&mut self, event: &StoredEvent) {
        for RotatedKey { position, fact, .. } in key_changes(std::slice::from_ref(event)) {
            let Err(error) = self.keys.take(position, &fact) else { continue };
            let kind = match error {
                RotationError::NotInForce | RotationError::Again => FindingKind::UnknownKey,
                RotationError::Key(_)
                | RotationError::NotTwoOfOneLog
                | RotationError::NotSigned(_)
                | RotationError::OtherStatement => FindingKind::BadSignature,
            };
            let expected = "a new key that the one before vouches for";
            let found = finding(kind, "the log".to_owned(), expected, error.to_string());
            self.changes.push(ProofFinding { positions: Some((position, position)), ..found });
        }
    }

    /// The end of the log.
    #[must_use]
    pub fn finish(mut self) -> AuditReport {
        let believed = self.believe();
        self.report.key = self.keys.newest().map(ToString::to_string);
        self.report.chain = self.keys.chain().clone();
        let has_presumed =
            self.report.newest.as_ref().map(|held| &held.checkpoint) == self.presumed.as_ref();
        for (place, said) in believed {
            match self.roots.get(&said.size).copied().flatten() {
                Some(root) => self.judge(place, &said, &root),
                None => self.miss(place, &said),
            }
        }
        self.report.findings.append(&mut self.changes);
        if !has_presumed {
            // The tiles were compared with what nobody vouches for.
            return self.report;
        }
        if self.gap_at.is_none() && self.edge.size() < self.presumed_size() {
            self.compare_last();
        }
        let signed = self.presumed.as_ref().map(|newest| newest.root);
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

    /// Judges the signatures. Gives the statements that are believed, those with fewest events first.
    fn believe(&mut self) -> Vec<(String, Checkpoint)> {
        self.expect_linked();
        if self.keys.log().is_none() {
            let places = self.statements.drain(..).map(|one| one.place);
            self.report.findings.extend(places.map(|place| {
                let (expected, found) = ("the public key beside it", "no key");
                finding(FindingKind::UnknownKey, place, expected, found)
            }));
            return Vec::new();
        }
        let (statements, mut believed) = (std::mem::take(&mut self.statements), Vec::new());
        let (own, shown): (Vec<_>, Vec<_>) = statements.into_iter().partition(|one| one.is_own);
        own.into_iter().for_each(|one| self.take(one, &mut believed));
        // One of the ledger's two copies is enough; the other is written again when the ledger is opened.
        let can_be_copied = self.report.newest.is_some();
        for found in &mut self.report.findings {
            let is_rot = matches!(found.kind, FindingKind::BitRot | FindingKind::BadSignature);
            found.is_copy = found.is_copy || (can_be_copied && is_rot);
        }
        shown.into_iter().for_each(|one| self.take(one, &mut believed));
        believed.sort_by_key(|(_, checkpoint)| checkpoint.size);
        believed
    }

    /// The changes of the key must begin with a key that is trusted, or lead to it.
    fn expect_linked(&mut self) {
        let Some((at, first)) = self.keys.chain().links().first().cloned() else { return };
        if self.keys.is_linked() {
            return;
        }
        let expected = "a change of a key that is trusted";
        let found = format!("one of {}", first.old);
        let found = finding(FindingKind::UnknownKey, "the log".to_owned(), expected, found);
        self.changes.push(ProofFinding { positions: Some((at, at)), ..found });
    }

    /// The log does not go as far as this statement.
    fn miss(&mut self, place: String, said: &Checkpoint) {
        let size = self.edge.size();
        let expected = format!("{} events with root {}", said.size, said.root);
        let (kind, found) = match self.gap_at {
            Some(gap) => (FindingKind::Truncated, format!("events without a gap only up to {gap}")),
            None => (FindingKind::Rollback, format!("{size} events")),
        };
        let lost = (LogPosition(size), LogPosition(said.size.saturating_sub(1)));
        let found = finding(kind, place, expected, found);
        self.report.findings.push(ProofFinding { positions: Some(lost), ..found });
    }

    /// The log ends before what was signed: its last leaves are the start of a tile, unless events before are others.
    fn compare_last(&mut self) {
        let signed = self.presumed_size();
        let unfinished = self.edge.partial();
        for (tile, bytes) in unfinished.into_iter().filter(|(tile, _)| tile.level == 0) {
            let width = signed.saturating_sub(tile.index * u64::from(TILE_WIDTH));
            let width = u16::try_from(width).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
            self.compare(&(Tile { width, ..tile }, bytes));
        }
    }

    /// Whether the tiles lead from this leaf of theirs to the root that was signed. All leaves of its tile are on the way.
    fn is_signed(&self, leaf: u64) -> bool {
        let Some(signed) = &self.presumed else { return false };
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

    /// Takes a statement in. Only the ledger's own make the newest.
    fn take(&mut self, statement: Statement, believed: &mut Vec<(String, Checkpoint)>) {
        let Statement { place, note, is_own } = statement;
        let held = match believe(&note, &self.keys) {
            Ok(held) => held,
            Err(Doubt { kind, reason }) => {
                let key = self.keys.newest().map(ToString::to_string).unwrap_or_default();
                let expected = format!("a checkpoint signed by {key}");
                self.report.findings.push(finding(kind, place, expected, reason));
                return;
            }
        };
        let checkpoint = held.checkpoint.clone();
        let newest = self.report.newest.as_ref().map_or(0, |held| held.checkpoint.size);
        if is_own && checkpoint.size > newest {
            self.report.newest = Some(held);
        }
        believed.push((place, checkpoint));
    }

    fn presumed_size(&self) -> u64 {
        self.presumed.as_ref().map_or(0, |newest| newest.size)
    }

    /// The public key beside the checkpoints. That it is damaged matters where it is needed.
    fn own_key(
        &mut self,
        disk: &dyn Disk,
        path: &Path,
        is_needed: bool,
    ) -> Result<Option<VerifierKey>, SealError> {
        let Some(text) = read_text(disk, path)? else { return Ok(None) };
        match text.trim().parse() {
            Ok(key) => Ok(Some(key)),
            Err(error) if is_needed => {
                let place = path.display().to_string();
                let found = format!("{error}");
                self.report.findings.push(ProofFinding {
                    is_copy: true,
                    ..finding(FindingKind::BitRot, place, "a public key", found)
                });
                Ok(None)
            }
            Err(_) => Ok(None),
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
