//! A look at a data folder from outside, before it troubles anybody: one line for each thing that a ledger needs,
//! and what to do about it. What is only derived from the log can be made again; the log itself is never touched.

mod mend;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ledger_log::embedded::OpenError;
use ledger_log::sealing::LogKeys;
use schemas::Timestamp;
use serde::Serialize;

use crate::data_folder::{DataFolder, files};
use crate::engine::EngineError;
use crate::log_check::{self, COPIES_ADVICE, CheckError, Checked, DAMAGE_ADVICE, Trust};
use crate::moment::rfc3339;

pub use mend::{MendError, mend};

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// As it should be.
    Well,
    /// Unusual, and no trouble.
    Note,
    /// It will be trouble.
    Attention,
    /// Something is not as it was written or signed.
    Damaged,
}

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sign {
    /// The thing, one word.
    pub what: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was seen.
    pub says: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// What was found about a data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// One for each thing.
    pub signs: Vec<Sign>,
    /// Whether the log is whole and nobody has it, so that what is derived from it may be made again.
    pub is_mendable: bool,
}

impl Examination {
    /// How the worst thing is.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.signs.iter().map(|sign| sign.verdict).max().unwrap_or(Verdict::Well)
    }
}

/// The free room below which the next segments are in doubt, in segments.
const ROOM_SEGMENTS: u64 = 4;

/// Looks at a data folder, at this moment, and at its log from the first byte to the last. Writes nothing.
///
/// # Errors
/// When there is no ledger, or the folder cannot be read.
pub fn examine(
    folder: &DataFolder,
    segment_bytes: u64,
    now: Timestamp,
) -> Result<Examination, EngineError> {
    let path = folder.path();
    if !folder.holds_a_ledger() {
        return Err(EngineError::NoLedger { path: path.to_owned() });
    }
    let unusable = |source| EngineError::Folder { path: path.to_owned(), source };
    let mut signs = vec![
        privacy(folder).map_err(unusable)?,
        room(path, segment_bytes).map_err(unusable)?,
        reserve(path),
        keys(folder).map_err(unusable)?,
    ];
    let is_mendable = log(folder, now, &mut signs)?;
    signs.push(quarantine(folder).map_err(unusable)?);
    signs.push(leftovers(folder).map_err(unusable)?);
    Ok(Examination { signs, is_mendable })
}

fn well(what: &'static str, says: impl Into<String>) -> Sign {
    Sign { what, verdict: Verdict::Well, says: says.into(), advice: None }
}

fn sign(what: &'static str, verdict: Verdict, says: impl Into<String>, advice: &str) -> Sign {
    Sign { advice: Some(advice.to_owned()), ..Sign { verdict, ..well(what, says) } }
}

/// Nobody else may read the keys; others had better not read the log either.
fn privacy(folder: &DataFolder) -> io::Result<Sign> {
    const WHAT: &str = "privacy";
    let is_open = |path: &Path| Ok::<_, io::Error>(others_may(fs::metadata(path)?.permissions()));
    let keys = folder.keys();
    let mut open = Vec::new();
    if keys.is_dir() && is_open(&keys)? {
        open.push("keys".to_owned());
    }
    // What was signed last is no secret.
    for name in files(&keys)?.into_iter().filter(|name| name != "log.signed") {
        if is_open(&keys.join(&name))? {
            open.push(format!("keys/{name}"));
        }
    }
    if !open.is_empty() {
        let says = format!("others on this machine may read {}", open.join(", "));
        let advice = format!("chmod -R go= {}", keys.display());
        return Ok(sign(WHAT, Verdict::Attention, says, &advice));
    }
    if is_open(folder.path())? {
        let says = "others on this machine may list the folder; the keys are private";
        let advice = format!("chmod go= {}", folder.path().display());
        return Ok(sign(WHAT, Verdict::Note, says, &advice));
    }
    Ok(well(WHAT, "only its owner may read the folder"))
}

fn others_may(permissions: fs::Permissions) -> bool {
    permissions.mode() & 0o077 != 0
}

fn room(path: &Path, segment_bytes: u64) -> io::Result<Sign> {
    const WHAT: &str = "room";
    let disk = rustix::fs::statvfs(path)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let says = format!("{} MiB are free on this disk", free / (1024 * 1024));
    if free >= segment_bytes.saturating_mul(ROOM_SEGMENTS) {
        return Ok(well(WHAT, says));
    }
    let advice = "make room: on a full disk changes are refused with LEDGER_FULL, reads go on";
    Ok(sign(WHAT, Verdict::Attention, says, advice))
}

fn reserve(path: &Path) -> Sign {
    const WHAT: &str = "reserve";
    match fs::metadata(path.join("reserve")) {
        Ok(reserve) => {
            well(WHAT, format!("{} MiB are kept for recovery", reserve.len() / (1024 * 1024)))
        }
        Err(_) => sign(
            WHAT,
            Verdict::Note,
            "no room is kept for recovery on a full disk",
            "the service keeps some when it runs and there is room",
        ),
    }
}

fn keys(folder: &DataFolder) -> io::Result<Sign> {
    const WHAT: &str = "keys";
    const RESTORE: &str = "restore the folder `keys` from its backup";
    let keys = folder.keys();
    let names = files(&keys)?;
    let has = |name: &str| names.iter().any(|one| one == name);
    if !has("kek") || !(has("subjects.a") || has("subjects.b")) {
        let says = "the keys are not here: nothing personal can be read, and nothing be served";
        return Ok(sign(WHAT, Verdict::Attention, says, RESTORE));
    }
    let mut copies = Vec::new();
    for name in ["subjects.a", "subjects.b"].into_iter().filter(|name| has(name)) {
        copies.push(fs::read(keys.join(name))?);
    }
    let copies_agree = matches!(copies.as_slice(), [a, b] if a == b);
    let log_key = match LogKeys::open(&keys) {
        Ok(key) => key,
        Err(error) => {
            return Ok(sign(WHAT, Verdict::Attention, error.to_string(), RESTORE));
        }
    };
    Ok(match (&log_key, copies_agree) {
        (None, _) => sign(
            WHAT,
            Verdict::Attention,
            "the key that signs the log is not here",
            "restore the folder `keys` from its backup; a ledger that never had one gets it when served",
        ),
        (Some(_), false) => sign(
            WHAT,
            Verdict::Attention,
            "one of the two copies of the subjects' keys lacks something",
            "it is healed from the other when the service starts, or now with `deedbook doctor --mend`",
        ),
        (Some(key), true) => {
            let also = key.before().map(|before| format!(", and {} too", before.verifier()));
            let (own, also) = (key.own().verifier(), also.unwrap_or_default());
            well(WHAT, format!("both copies agree; {own} signs{also}"))
        }
    })
}

/// The log, what was signed about it, and its clock. Whether what is derived from it may be made again.
fn log(folder: &DataFolder, now: Timestamp, signs: &mut Vec<Sign>) -> Result<bool, EngineError> {
    const WHAT: &str = "log";
    // The private key is the better witness: the public one lies where anybody may have changed it. A key that
    // cannot be read was reported with the keys.
    let own = LogKeys::open(&folder.keys()).ok().flatten();
    let known = own.as_ref().map(LogKeys::known).unwrap_or_default();
    let trust = Trust { keys: known, ..Trust::default() };
    let mut newest = None;
    let checked = log_check::check(folder, &trust, &mut |event| {
        newest = newest.max(Some(event.header.recorded_at));
    });
    let checked = match checked {
        Ok(checked) => checked,
        Err(CheckError::Damaged(checked)) => *checked,
        Err(CheckError::Open(error)) => {
            if let EngineError::Log(OpenError::InUse { .. }) = *error {
                signs.push(sign(
                    WHAT,
                    Verdict::Note,
                    "a process has the folder: the log was not read",
                    "ask the service at /readyz and /metrics, or look at a backup, which may be made meanwhile",
                ));
                return Ok(false);
            }
            return Err(*error);
        }
    };
    signs.push(wholeness(&checked));
    signs.push(signatures(&checked));
    signs.extend(own.as_ref().and_then(|own| newest_key(&checked, own)));
    if let Some(newest) = newest {
        signs.push(clock(newest, now));
    }
    let has_keys = folder.keys().join("kek").is_file() && own.is_some();
    Ok(has_keys && checked.only_copies_differ())
}

fn wholeness(checked: &Checked) -> Sign {
    const WHAT: &str = "log";
    let log = &checked.log;
    if log.is_whole() {
        let (events, segments) = (log.events, log.segments);
        let says =
            format!("whole: {events} events of {} streams in {segments} segments", log.streams);
        let notes: String = log.findings.iter().map(|finding| format!("; {finding}")).collect();
        return well(WHAT, says + &notes);
    }
    let found: Vec<_> = log.findings.iter().map(ToString::to_string).collect();
    sign(WHAT, Verdict::Damaged, found.join("; "), DAMAGE_ADVICE)
}

fn signatures(checked: &Checked) -> Sign {
    const WHAT: &str = "signatures";
    let (log, proofs) = (&checked.log, &checked.proofs);
    if !proofs.findings.is_empty() {
        let found: Vec<_> = proofs.findings.iter().map(ToString::to_string).collect();
        let advice = if checked.only_copies_differ() { COPIES_ADVICE } else { DAMAGE_ADVICE };
        return sign(WHAT, Verdict::Damaged, found.join("; "), advice);
    }
    let signed = proofs.newest.as_ref().map_or(0, |held| held.checkpoint.size);
    let unsigned = log.events.saturating_sub(signed);
    if unsigned == 0 {
        return well(WHAT, format!("all {signed} events are signed"));
    }
    let says = format!("the newest {unsigned} events are not signed yet");
    sign(WHAT, Verdict::Note, says, "the service signs them when it runs")
}

/// That another key is to sign the log than the one that is here; `None` when it is the right one.
fn newest_key(checked: &Checked, own: &LogKeys) -> Option<Sign> {
    const WHAT: &str = "log key";
    let signs = checked.proofs.chain.newest().filter(|signs| **signs != own.own().verifier())?;
    if own.may_sign_by(signs) {
        let says = "a change of the key that signs the log was interrupted";
        let advice = "start the service: it goes on with the key that the log names";
        return Some(sign(WHAT, Verdict::Note, says, advice));
    }
    let says = format!("the log names another key than the one that is here: {signs}");
    Some(sign(WHAT, Verdict::Attention, says, "restore the newest backup of the folder `keys`"))
}

fn clock(newest: Timestamp, now: Timestamp) -> Sign {
    const WHAT: &str = "clock";
    if newest <= now {
        return well(WHAT, format!("the newest event was recorded at {}", rfc3339(newest)));
    }
    let says = format!(
        "the newest event was recorded at {}, and the machine says it is {}",
        rfc3339(newest),
        rfc3339(now)
    );
    sign(WHAT, Verdict::Attention, says, "set the machine's clock before the service starts")
}

fn quarantine(folder: &DataFolder) -> io::Result<Sign> {
    const WHAT: &str = "quarantine";
    let kept = folder.log().join("quarantine");
    let names = files(&kept)?;
    if names.is_empty() {
        return Ok(well(WHAT, "no torn tail was ever cut off"));
    }
    let says = format!(
        "{} torn tails were cut off after crashes and are kept in {}; nothing in them was acknowledged",
        names.len(),
        kept.display()
    );
    Ok(sign(WHAT, Verdict::Note, says, "nothing; `deedbook inspect` shows when each was found"))
}

/// Files that an interrupted write left. Nobody reads them.
fn leftovers(folder: &DataFolder) -> io::Result<Sign> {
    const WHAT: &str = "leftovers";
    let found = mend::leftovers(folder)?;
    if found.is_empty() {
        return Ok(well(WHAT, "no write was left unfinished"));
    }
    let names: Vec<_> = found.iter().map(|path| path.display().to_string()).collect();
    let says = format!("unfinished files that nobody reads: {}", names.join(", "));
    Ok(sign(WHAT, Verdict::Note, says, "`deedbook doctor --mend` removes them"))
}
