//! Who was erased, as a list that is carried to where a backup is restored. It is made of the facts themselves, each with
//! its path to a signed checkpoint: whoever changes the list makes it worth nothing, and it names nobody but by an id.

use std::fmt;

use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::tree::{NodeSource, TreeHash, inclusion_path, node_hash};
use ledger::proof::{
    CarriedFact, FactsFileError, FactsProof, FactsRefusal, VerifierKey, content_root,
};
use ledger_log::sealing::{LogKeys, key_changes};
use ledger_log::{Keystore, KeystoreError};
use schemas::account::{AccountErased, AccountEvent, MemberErased};
use schemas::staff::{StaffErased, StaffEvent};
use schemas::{
    AccountId, FactSet, Header, LogPosition, MemberId, OpenedPart, Part, StaffId, StoredEvent,
    StreamKind, SubjectId, Timestamp,
};

use crate::data_folder::DataFolder;
use crate::log_check::{self, CheckError, Checked, Trust};

/// Who was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// A person of a customer.
    Member(MemberId),
    /// A person of the vendor.
    Staff(StaffId),
    /// A customer, with its license keys and what else was sealed for it. Its people are told one by one.
    Account(AccountId),
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(member) => member.fmt(f),
            Self::Staff(staff) => staff.fmt(f),
            Self::Account(account) => account.fmt(f),
        }
    }
}

impl From<Whose> for SubjectId {
    fn from(whose: Whose) -> Self {
        match whose {
            Whose::Member(member) => member.into(),
            Whose::Staff(staff) => staff.into(),
            Whose::Account(account) => account.into(),
        }
    }
}

/// That somebody was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// Who.
    pub whose: Whose,
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
    let erased = erased.flat_map(|(position, header, body)| erasures(*position, header, body));
    Ok((erased.collect(), proof.checkpoint))
}

/// Destroys the key of everybody on the list. Gives how many of them had one.
///
/// # Errors
/// When the keys cannot be used.
pub fn erase(keystore: &Keystore, erasures: &[Erasure]) -> Result<usize, KeystoreError> {
    let mut again = 0;
    for one in erasures {
        let subject = SubjectId::from(one.whose);
        again += usize::from(!keystore.is_erased(subject));
        keystore.erase(subject)?;
    }
    Ok(again)
}

/// Whether an event is on the list: an erasure, or what whoever kept an earlier key needs to believe it.
fn is_carried(event: &StoredEvent) -> bool {
    let is_change = !key_changes(std::slice::from_ref(event)).is_empty();
    is_change || !of_event(event).is_empty()
}

fn of_event(event: &StoredEvent) -> Vec<Erasure> {
    let Some(Part::Public(body)) = event.parts.first() else { return Vec::new() };
    erasures(event.position, &event.header, body)
}

/// Everybody whose data one fact erases.
fn erasures(position: LogPosition, header: &Header, body: &[u8]) -> Vec<Erasure> {
    let name = header.wire_name.as_str();
    let whose = match (header.stream.kind, name) {
        (StreamKind::Account, "member_erased.v1" | "account_erased.v1") => {
            let decoded = AccountEvent::decode(name, body, OpenedPart::None).ok();
            decoded.map(|event| of_account(&event)).unwrap_or_default()
        }
        (StreamKind::Staff, "staff_erased.v1") => {
            match StaffEvent::decode(name, body, OpenedPart::None) {
                Ok(StaffEvent::StaffErased(StaffErased { staff, .. })) => vec![Whose::Staff(staff)],
                Ok(
                    StaffEvent::StaffAdded(_)
                    | StaffEvent::StaffRenamed(_)
                    | StaffEvent::StaffSuspended(_)
                    | StaffEvent::StaffRestored(_),
                )
                | Err(_) => Vec::new(),
            }
        }
        (_, _) => Vec::new(),
    };
    let at = header.recorded_at;
    whose.into_iter().map(|whose| Erasure { whose, at, position }).collect()
}

fn of_account(event: &AccountEvent) -> Vec<Whose> {
    if let AccountEvent::MemberErased(MemberErased { member, .. }) = event {
        return vec![Whose::Member(*member)];
    }
    let AccountEvent::AccountErased(AccountErased { account, members, .. }) = event else {
        return Vec::new();
    };
    let people = members.iter().map(|member| Whose::Member(*member));
    std::iter::once(Whose::Account(*account)).chain(people).collect()
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
        erasures: signed.iter().flat_map(of_event).collect(),
        proof: FactsProof { facts: carried, checkpoint: newest.note.clone() },
        unsigned: unsigned.iter().flat_map(of_event).count(),
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
