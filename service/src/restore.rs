//! Restore: a data folder from a backup, whole or as it was at an earlier moment. What the copy would lack although
//! it was acknowledged is found by the checkpoints that were signed about it; such a copy goes on only as another
//! ledger, which says so in its own history.

use std::path::{Path, PathBuf};

use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::tree::Frontier;
use ledger::proof::{Checkpoint, content_root};
use ledger_log::embedded::{FindingKind, SystemDisk, copy_first};
use ledger_log::sealing::{LogKeyError, LogKeys, SealError, log_key_path};
use ledger_log::{Clock, Keystore, SystemClock, derive};
use schemas::StoredEvent;
use schemas::ledger::LedgerForked;

use crate::copying::{
    Copied, CopyError, Tally, copy_format, copy_keys, copy_proofs, expect_ledger, expect_vacant,
    log_files, make_folder,
};
use crate::data_folder::{DataFolder, files, sync_folder};
use crate::engine::{Engine, EngineError, Sizes};
use crate::erasures::{self, Erasure};
use crate::log_check::{self, CheckError, Checked, Trust};
use crate::moment::Moment;

/// What is asked of a restore.
#[derive(Debug, Clone)]
pub struct Restore {
    /// The backup.
    pub from: DataFolder,
    /// The data folder to make.
    pub to: DataFolder,
    /// The folder of keys; the backup's own when `None`.
    pub keys: Option<PathBuf>,
    /// The last moment to be in the copy; the end of the backup when `None`.
    pub until: Option<Moment>,
    /// Checkpoints that were kept elsewhere: what each is called, and the signed note.
    pub checkpoints: Vec<(String, String)>,
    /// A list of who was erased since: what it is called, and its text. Its checkpoint counts among those kept elsewhere.
    pub erasures: Option<(String, String)>,
    /// Whether a copy that lacks what was acknowledged may go on as another ledger.
    pub may_fork: bool,
    /// How large the files of a ledger that goes on are.
    pub sizes: Sizes,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was copied, and what the verified copy holds.
    pub copied: Copied,
    /// The checkpoint with most events whose root the backup gives.
    pub proven: Option<Checkpoint>,
    /// That the copy is another ledger, and from where it goes on.
    pub forked: Option<LedgerForked>,
    /// Who was erased by the list; `None` when there was none.
    pub erased: Option<ErasedAgain>,
}

/// What was done with a list of erasures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedAgain {
    /// Everybody on the list.
    pub listed: Vec<Erasure>,
    /// How many of them had a key in the copy, or none that was known to be destroyed.
    pub destroyed: usize,
    /// Those of whose erasure the copy of the log does not know.
    pub unknown: Vec<Erasure>,
}

/// What the backup was found to hold.
struct Held {
    checked: Checked,
    /// How many events are to be copied.
    events: u64,
    /// What the copy would lack, and how that is known.
    missing: Vec<String>,
    /// Who was erased since, by the list.
    erasures: Option<Vec<Erasure>>,
}

/// Makes a data folder from a backup.
///
/// # Errors
/// When the backup does not verify, keys are missing, acknowledged events would be missing and nobody said that this
/// may be, or the copy cannot be made. What was copied by then stays for inspection.
pub async fn restore(asked: &Restore) -> Result<Restored, CopyError> {
    let (from, to) = (&asked.from, &asked.to);
    expect_ledger(from)?;
    expect_vacant(to)?;
    let keys = asked.keys.clone().unwrap_or_else(|| from.keys());
    let has_keys = files(&keys).map_err(CopyError::at(&keys))?.iter().any(|name| name == "kek");
    if !has_keys {
        return Err(CopyError::NoKeys { path: from.path().to_owned() });
    }
    let held = examine(asked, &keys)?;
    if !held.missing.is_empty() && !asked.may_fork {
        return Err(CopyError::WouldFork { events: held.events, missing: held.missing });
    }
    let mut tally = Tally::default();
    make_folder(to.path())?;
    let is_same_log = held.missing.is_empty();
    copy_keys(&keys, &to.keys(), is_same_log, &mut tally)?;
    // Before the copy is a ledger that anybody could open.
    let erased = held.erasures.as_ref().map(|list| erase_again(to, list, held.events));
    let erased = erased.transpose()?;
    let proven = held.checked.proofs.proven.clone();
    if is_same_log {
        let checked = copy_whole(from, to, &mut tally)?;
        let copied = tally.copied(checked, true);
        return Ok(Restored { copied, proven, forked: None, erased });
    }
    let forked = fork(asked, &held).await?;
    for name in log_files(to)? {
        tally.count(&to.log().join(name))?;
    }
    let checked = log_check::check(to, &Trust::default(), &mut |_| ())?;
    let copied = tally.copied(checked, true);
    Ok(Restored { copied, proven, forked: Some(forked), erased })
}

/// Verifies the backup, finds the end of what is wanted, and what is known to have come after it.
fn examine(asked: &Restore, keys: &Path) -> Result<Held, CopyError> {
    let own = LogKeys::open(keys).map_err(refuse)?;
    let known = own.as_ref().map(LogKeys::known).unwrap_or_default();
    let mut trust = Trust { keys: known.clone(), checkpoints: asked.checkpoints.clone() };
    let mut erasures = None;
    if let Some((name, text)) = &asked.erasures {
        let (list, checkpoint) = erasures::read(text, &known)
            .map_err(|source| CopyError::Erasures { name: name.clone(), source })?;
        trust.checkpoints.push((name.clone(), checkpoint));
        erasures = Some(list);
    }
    let signed = keys.join("log.signed");
    if asked.keys.is_some() && signed.is_file() {
        let note = std::fs::read_to_string(&signed).map_err(CopyError::at(&signed))?;
        trust.checkpoints.push((signed.display().to_string(), note));
    }
    let (mut wanted, mut is_past) = (0, false);
    let mut count = |event: &StoredEvent| {
        is_past = is_past || asked.until.is_some_and(|until| is_after(event, until));
        wanted += u64::from(!is_past);
    };
    let mut missing = Vec::new();
    let checked = match log_check::check(&asked.from, &trust, &mut count) {
        Ok(checked) => checked,
        Err(CheckError::Damaged(checked)) if lacks_only_the_end(&checked) => {
            let ahead = checked.proofs.findings.iter();
            missing.extend(ahead.map(|finding| {
                format!("the signed checkpoint {} says {}", finding.place, finding.expected)
            }));
            *checked
        }
        Err(error) => return Err(error.into()),
    };
    let held = checked.log.events;
    if let Some(Moment::Position(asked)) = asked.until.filter(|_| !is_past) {
        let newest = held.saturating_sub(1);
        if asked.0 > newest {
            return Err(CopyError::NotReached { asked: asked.0, newest });
        }
    }
    if wanted < held {
        missing.push(format!("the backup holds {held} events"));
    }
    if missing.is_empty() {
        expect_keys_of(&checked, own.as_ref(), keys)?;
    }
    Ok(Held { checked, events: wanted, missing, erasures })
}

/// Destroys the keys of everybody on the list in the copied folder of keys, durably.
fn erase_again(to: &DataFolder, list: &[Erasure], events: u64) -> Result<ErasedAgain, CopyError> {
    let keystore = Keystore::open(&to.keys()).map_err(CopyError::NotErased)?;
    let destroyed = erasures::erase(&keystore, list).map_err(CopyError::NotErased)?;
    let unknown = list.iter().filter(|one| one.position.0 >= events).copied().collect();
    Ok(ErasedAgain { listed: list.to_vec(), destroyed, unknown })
}

/// The same ledger goes on under the key that its log names: a folder of keys from before the key was changed lacks it.
fn expect_keys_of(checked: &Checked, own: Option<&LogKeys>, keys: &Path) -> Result<(), CopyError> {
    let (Some(named), Some(own)) = (checked.proofs.chain.newest(), own) else { return Ok(()) };
    if own.may_sign_by(named) {
        return Ok(());
    }
    let (path, by) = (log_key_path(keys), named.to_string());
    Err(refuse(LogKeyError::Replaced { path, by }))
}

fn refuse(error: LogKeyError) -> CopyError {
    CopyError::Open(Box::new(EngineError::Sealing(SealError::Key(error))))
}

fn is_after(event: &StoredEvent, until: Moment) -> bool {
    match until {
        Moment::Time(time) => event.header.recorded_at > time,
        Moment::Position(position) => event.position > position,
    }
}

/// Whether all that is wrong is that more was signed than is there.
fn lacks_only_the_end(checked: &Checked) -> bool {
    let findings = &checked.proofs.findings;
    checked.log.is_whole() && findings.iter().all(|found| found.kind == FindingKind::Rollback)
}

fn copy_whole(from: &DataFolder, to: &DataFolder, tally: &mut Tally) -> Result<Checked, CopyError> {
    make_folder(&to.log())?;
    copy_proofs(from, to, tally)?;
    for name in log_files(from)? {
        tally.copy(&from.log().join(&name), &to.log().join(&name))?;
    }
    sync_folder(&to.log()).map_err(CopyError::at(&to.log()))?;
    copy_format(from, to, tally)?;
    Ok(log_check::check(to, &Trust::default(), &mut |_| ())?)
}

/// Copies the first events under a new id, opens the copy, and writes down in it what it is.
async fn fork(asked: &Restore, held: &Held) -> Result<LedgerForked, CopyError> {
    let to = &asked.to;
    let new_id = derive::new_uuid(SystemClock.now());
    let ledger = new_id.map_err(|error| Box::new(EngineError::Keys(error)))?;
    let events = copy_first(&SystemDisk, asked.from.path(), to.path(), held.events, ledger)?;
    let mut tree = Frontier::default();
    log_check::check(to, &Trust::default(), &mut |event| {
        let root = content_root(&event.header, &event.parts);
        tree.append(leaf_hash(&leaf_entry(event.position, &root)));
    })?;
    let forked = LedgerForked {
        from: held.checked.log.ledger.to_string(),
        ledger: ledger.to_string(),
        events,
        root: tree.root().to_string(),
    };
    let engine = Engine::open(to.path(), asked.sizes).await.map_err(Box::new)?;
    let recorded = engine.record_fork(&forked).await;
    engine.close().await;
    recorded.map_err(Box::new)?;
    Ok(forked)
}
