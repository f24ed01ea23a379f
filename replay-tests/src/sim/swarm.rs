//! Which faults are on in a seed, and how often. Not all at once: some bugs only show while others are off.

use ledger_log::embedded::simulated::{Fault, FaultKind};

use crate::chance::Chance;

/// Faults that say so: the log has to go on or to stop, and never needs a repair.
const HONEST: [FaultKind; 8] = [
    FaultKind::WriteFails,
    FaultKind::WriteShort,
    FaultKind::SyncFailsKept,
    FaultKind::SyncFailsDropped,
    FaultKind::ReadFails,
    FaultKind::NameFails,
    FaultKind::FolderSyncFails,
    FaultKind::Stalls,
];

/// Faults that say nothing: the log may be found damaged, and must then be refused or healed.
pub const LIES: [FaultKind; 4] = [
    FaultKind::WriteMisdirected,
    FaultKind::WriteLost,
    FaultKind::ReadStale,
    FaultKind::ReadFlipped,
];

/// Where honest faults happen.
const PLACES: [&str; 7] =
    ["log/segment-", "log/segment-", "log/next", ".idx", "proofs", "keys", "log"];

/// Where names cannot be made durable.
const FOLDERS: [&str; 4] = ["/ledger/log", "/ledger/log", "proofs", "keys"];

/// What is on in one seed.
#[derive(Debug, Clone)]
pub struct Swarm {
    honest: Vec<FaultKind>,
    lies: Vec<FaultKind>,
    /// Whether the disk fills up now and then.
    pub full: bool,
    /// Whether keys cannot be kept now and then.
    pub keys_fail: bool,
    /// Whether bytes change while the ledger is not running.
    pub rot: bool,
    /// Whether an older log is put beside newer keys.
    pub rollback: bool,
    /// Whether the log is sealed.
    pub seal: bool,
    /// Whether the clock jumps.
    pub clock_jumps: bool,
    /// The most commands at a time.
    pub together_max: u64,
    /// How many lives the ledger has.
    pub lives: u64,
    /// How many things happen in a life, at most.
    pub steps_max: u64,
}

impl Swarm {
    /// What is on in a seed with this chance.
    pub fn of(chance: &mut Chance) -> Self {
        let mut some = |kinds: &[FaultKind], one_in: u64| -> Vec<FaultKind> {
            kinds.iter().copied().filter(|_| chance.one_in(one_in)).collect()
        };
        let honest = some(&HONEST, 3);
        let lies = some(&LIES, 6);
        let full = chance.one_in(3);
        // It takes many events to fill up what is prepared.
        let longer = if full { 40 } else { 0 };
        Self {
            honest,
            lies,
            full,
            keys_fail: chance.one_in(4),
            rot: chance.one_in(3),
            rollback: chance.one_in(2),
            seal: !chance.one_in(4),
            clock_jumps: chance.one_in(2),
            together_max: 1 + chance.below(6),
            lives: 2 + chance.below(4),
            steps_max: 8 + longer + chance.below(40),
        }
    }

    /// A fault that says so, if some are on, for one of the calls to come.
    pub fn honest(&self, chance: &mut Chance) -> Option<Fault> {
        if self.honest.is_empty() {
            return None;
        }
        let kind = *chance.pick(&self.honest);
        let folders = kind == FaultKind::FolderSyncFails;
        let file = *chance.pick(if folders { &FOLDERS[..] } else { &PLACES[..] });
        let always = chance.one_in(8);
        Some(Fault { always, ..Fault::once(kind, file).after(chance.below(8)) })
    }

    /// A fault of the segment files that says nothing, if some are on.
    pub fn lie(&self, chance: &mut Chance) -> Option<Fault> {
        if self.lies.is_empty() {
            return None;
        }
        let kind = *chance.pick(&self.lies);
        Some(Fault::once(kind, "log/segment-").after(chance.below(8)))
    }
}
