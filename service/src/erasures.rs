//! Who was erased, as a list that is carried to where a backup is restored. It is made of the facts themselves, each with
//! its path to a signed checkpoint: whoever changes the list makes it worth nothing, and it names nobody but by an id.

use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::tree::{NodeSource, TreeHash, inclusion_path, node_hash};
use ledger::proof::{
    CarriedFact, FactsFileError, FactsProof, FactsRefusal, VerifierKey, content_root,
};
use ledger_log::sealing::{LogKeys, key_changes};
use ledger_log::{Keystore, KeystoreError};
use schemas::account::{AccountEvent, MemberErased};
use schemas::{
    FactSet, Header, LogPosition, MemberId, OpenedPart, Part, StoredEvent, StreamKind, SubjectId,
    Timestamp,
};

use crate::data_folder::DataFolder;
use crate::log_check::{self, CheckError, Checked, Trust};

/// That somebody was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// Who.
    pub person: MemberId,
    /// When it was recorded.
    pub at: Timestamp,
    /// Where: the fact is the certificate.
    pub position: LogPosition,
}

/// The list of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Who is on it.
    pub erasures: Vec<Erasure>,
    /// What is carried.
    pub proof: FactsProof,
    /// How many erasures are newer than the newest checkpoint and so not on it.
    pub unsigned: usize,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The ledger is not whole, or cannot be opened.
    #[error("the ledger is not known to be whole")]
    Check(#[from] CheckError),
    /// Nothing is signed yet.
    #[error("nothing of the ledger is signed yet, so nothing of it can be carried")]
    NotSealed,
}

/// Why a list is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ListRefusal {
    /// It is not one.
    #[error("it is no list of erasures")]
    Malformed(#[from] FactsFileError),
    /// It is not signed by this ledger, or is not what was signed.
    #[error("it is not a list that this ledger signed")]
    NotBelieved(#[from] FactsRefusal),
}

/// The list of a ledger, or of a backup of one, that nobody writes to. All of it is verified on the way.
///
/// # Errors
/// When it is damaged, or nothing of it is signed.
pub fn list(folder: &DataFolder) -> Result<List, ListError> {
    let keys = LogKeys::open(&folder.keys()).ok().flatten();
    let known = keys.as_ref().map(LogKeys::known).unwrap_or_default();
    let trust = Trust { keys: known, ..Trust::default() };
    let (mut leaves, mut facts) = (Vec::new(), Vec::new());
    let checked = log_check::check(folder, &trust, &mut |event| {
        let root = content_root(&event.header, &event.parts);
        leaves.push(leaf_hash(&leaf_entry(event.position, &root)));
        if is_carried(event) {
            facts.push(event.clone());
        }
    })?;
    carried(&checked, leaves, facts)
}

/// The erasures that a list shows to whoever has these keys of the ledger's log, and the checkpoint that it carries.
///
/// # Errors
/// When it is none, or not of that log.
pub fn read(text: &str, known: &[VerifierKey]) -> Result<(Vec<Erasure>, String), ListRefusal> {
    let proof = FactsProof::parse(text)?;
    let shown = proof.open(known)?;
    let erased = shown.facts.iter();
    let erased = erased.filter_map(|(position, header, body)| erasure(*position, header, body));
    Ok((erased.collect(), proof.checkpoint))
}

/// Destroys the key of everybody on the list. Gives how many of them had one.
///
/// # Errors
/// When the keys cannot be used.
pub fn erase(keystore: &Keystore, erasures: &[Erasure]) -> Result<usize, KeystoreError> {
    let mut again = 0;
    for one in erasures {
        let subject = SubjectId::from(one.person);
        again += usize::from(!keystore.is_erased(subject));
        keystore.erase(subject)?;
    }
    Ok(again)
}

/// Whether an event is on the list: an erasure, or what whoever kept an earlier key needs to believe it.
fn is_carried(event: &StoredEvent) -> bool {
    let is_change = !key_changes(std::slice::from_ref(event)).is_empty();
    is_change || of_event(event).is_some()
}

fn of_event(event: &StoredEvent) -> Option<Erasure> {
    let Some(Part::Public(body)) = event.parts.first() else { return None };
    erasure(event.position, &event.header, body)
}

fn erasure(position: LogPosition, header: &Header, body: &[u8]) -> Option<Erasure> {
    const WIRE_NAME: &str = "member_erased.v1";
    if header.stream.kind != StreamKind::Account || header.wire_name != WIRE_NAME {
        return None;
    }
    let decoded = AccountEvent::decode(&header.wire_name, body, OpenedPart::None).ok()?;
    let AccountEvent::MemberErased(MemberErased { member, .. }) = decoded else { return None };
    Some(Erasure { person: member, at: header.recorded_at, position })
}

fn carried(
    checked: &Checked,
    leaves: Vec<TreeHash>,
    facts: Vec<StoredEvent>,
) -> Result<List, ListError> {
    let newest = checked.proofs.newest.as_ref().ok_or(ListError::NotSealed)?;
    let size = newest.checkpoint.size;
    let sealed = leaves.into_iter().zip(0..size).map(|(leaf, _)| leaf);
    let tree = Levels::of(sealed.collect());
    let (signed, unsigned): (Vec<_>, Vec<_>) =
        facts.into_iter().partition(|event| event.position.0 < size);
    let mut carried = Vec::with_capacity(signed.len());
    for event in &signed {
        let Some(Part::Public(body)) = event.parts.first() else { continue };
        let index = event.position.0;
        let path = inclusion_path(&tree, index, size).map_err(|Gone| ListError::NotSealed)?;
        let (header, body) = (event.header.encode(), body.clone());
        carried.push(CarriedFact { index, header, body, path });
    }
    Ok(List {
        erasures: signed.iter().filter_map(of_event).collect(),
        proof: FactsProof { facts: carried, checkpoint: newest.note.clone() },
        unsigned: unsigned.iter().filter_map(of_event).count(),
    })
}

/// All complete subtrees over some leaves, by level. A backup has no tiles.
struct Levels(Vec<Vec<TreeHash>>);

/// There is no such subtree.
struct Gone;

impl Levels {
    fn of(leaves: Vec<TreeHash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let pairs = below.chunks_exact(2);
            let above = pairs.filter_map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                _ => None,
            });
            levels.push(above.collect());
        }
        Self(levels)
    }
}

impl NodeSource for Levels {
    type Error = Gone;

    fn node(&self, level: u8, index: u64) -> Result<TreeHash, Gone> {
        let level = self.0.get(usize::from(level));
        let index = usize::try_from(index).map_err(|_| Gone)?;
        level.and_then(|nodes| nodes.get(index)).copied().ok_or(Gone)
    }
}
