//! What can go wrong on a simulated disk, which call it meets, and how often it came to pass.

use std::collections::BTreeMap;

/// What goes wrong. Some are planned for a call to come, others come of a crash or are done to a disk at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A write fails and nothing of it is there.
    WriteFails,
    /// Only the first half of a write is there, and the call says so.
    WriteShort,
    /// A write lands some sectors away from where it should, and the call says nothing.
    WriteMisdirected,
    /// A write is seen by readers and never reaches the medium, and the call says nothing.
    WriteLost,
    /// A sync fails. What was written stays in memory, counts as written, and is not on the medium.
    SyncFailsKept,
    /// A sync fails. What was written is gone, from memory too.
    SyncFailsDropped,
    /// A read fails.
    ReadFails,
    /// A read gives what was there before the last sync.
    ReadStale,
    /// A read gives one wrong bit that is not on the medium.
    ReadFlipped,
    /// A file cannot be made, renamed or removed.
    NameFails,
    /// The names in a folder cannot be made durable.
    FolderSyncFails,
    /// A call takes long.
    Stalls,
    /// There is no room for more bytes.
    Full,
    /// The power goes before a call.
    CrashBefore,
    /// The power goes when a call was done and before its caller hears of it.
    CrashAfter,
    /// A crash loses everything that was not synced in a file.
    SettledNothing,
    /// A crash keeps everything although it was not synced.
    SettledEverything,
    /// A crash keeps any of the sectors that were not synced.
    SettledSectors,
    /// A crash keeps the first writes and the last of them torn at a sector.
    SettledTorn,
    /// A crash keeps any of the writes, later ones without earlier ones.
    SettledReordered,
    /// A crash keeps a file's growth, as zeros.
    GrowthKept,
    /// A crash loses a file's growth.
    GrowthLost,
    /// A crash loses a change of names that was not synced.
    NameLost,
    /// A bit is not what was written.
    BitFlip,
    /// A sector is zeros.
    SectorZeros,
    /// A sector is ones.
    SectorOnes,
    /// A sector holds what another one holds.
    SectorDuplicate,
    /// Two sectors changed places.
    SectorSwap,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 28] = [
        Self::WriteFails,
        Self::WriteShort,
        Self::WriteMisdirected,
        Self::WriteLost,
        Self::SyncFailsKept,
        Self::SyncFailsDropped,
        Self::ReadFails,
        Self::ReadStale,
        Self::ReadFlipped,
        Self::NameFails,
        Self::FolderSyncFails,
        Self::Stalls,
        Self::Full,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::SettledNothing,
        Self::SettledEverything,
        Self::SettledSectors,
        Self::SettledTorn,
        Self::SettledReordered,
        Self::GrowthKept,
        Self::GrowthLost,
        Self::NameLost,
        Self::BitFlip,
        Self::SectorZeros,
        Self::SectorOnes,
        Self::SectorDuplicate,
        Self::SectorSwap,
    ];

    /// Which calls it can meet.
    pub(super) const fn meets(self, call: Call) -> bool {
        match self {
            Self::WriteFails | Self::WriteShort | Self::WriteMisdirected | Self::WriteLost => {
                matches!(call, Call::Write)
            }
            Self::SyncFailsKept | Self::SyncFailsDropped => matches!(call, Call::Sync),
            Self::ReadFails | Self::ReadStale | Self::ReadFlipped => matches!(call, Call::Read),
            Self::NameFails => matches!(call, Call::Name),
            Self::FolderSyncFails => matches!(call, Call::FolderSync),
            Self::Stalls => true,
            Self::Full
            | Self::CrashBefore
            | Self::CrashAfter
            | Self::SettledNothing
            | Self::SettledEverything
            | Self::SettledSectors
            | Self::SettledTorn
            | Self::SettledReordered
            | Self::GrowthKept
            | Self::GrowthLost
            | Self::NameLost
            | Self::BitFlip
            | Self::SectorZeros
            | Self::SectorOnes
            | Self::SectorDuplicate
            | Self::SectorSwap => false,
        }
    }
}

/// The kinds of calls to a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Read,
    Write,
    Sync,
    Name,
    FolderSync,
}

/// A fault that waits for its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// In a file with this in its path.
    pub file: String,
    /// How many calls that it could meet are let pass first.
    pub after: u64,
    /// Whether it meets every call from then on.
    pub always: bool,
}

impl Fault {
    /// Meets the next call.
    #[must_use]
    pub fn once(kind: FaultKind, file: &str) -> Self {
        Self { kind, file: file.to_owned(), after: 0, always: false }
    }

    /// Meets every call.
    #[must_use]
    pub fn always(kind: FaultKind, file: &str) -> Self {
        Self { always: true, ..Self::once(kind, file) }
    }

    /// The same after this many calls.
    #[must_use]
    pub fn after(self, calls: u64) -> Self {
        Self { after: calls, ..self }
    }
}

/// What goes wrong, and when.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// This operation and all after it fail and have no effect: the machine is gone.
    pub dead_from: Option<u64>,
    /// This operation has its effect and fails; all after it fail: the machine is gone.
    pub dead_after: Option<u64>,
    /// After so many more syncs of folders the machine goes before the next one: names are changed rarely, and the
    /// moment between a name and its sync is short.
    pub dead_at_folder_sync: Option<u64>,
    /// How many more bytes files may grow.
    pub room: Option<u64>,
    /// Faults that wait for their calls. The first that fits meets a call.
    pub planned: Vec<Fault>,
}

impl Faults {
    /// The machine goes on: only the process had ended.
    pub const fn revive(&mut self) {
        (self.dead_from, self.dead_after, self.dead_at_folder_sync) = (None, None, None);
    }

    /// The fault that meets a call on a file with this path.
    pub(super) fn meet(&mut self, call: Call, path: &str) -> Option<FaultKind> {
        let mut met = None;
        for (number, fault) in self.planned.iter_mut().enumerate() {
            if !fault.kind.meets(call) || !path.contains(&fault.file) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
            } else if met.is_none() {
                met = Some((number, fault.kind, fault.always));
            }
        }
        let (number, kind, always) = met?;
        if !always {
            self.planned.remove(number);
        }
        Some(kind)
    }
}

/// How often each fault came to pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultCounts(pub BTreeMap<FaultKind, u64>);

impl FaultCounts {
    /// Counts one.
    pub fn add(&mut self, kind: FaultKind) {
        *self.0.entry(kind).or_default() += 1;
    }

    /// Counts all of others.
    pub fn add_all(&mut self, others: &Self) {
        for (kind, count) in &others.0 {
            *self.0.entry(*kind).or_default() += count;
        }
    }

    /// How often this one came to pass.
    #[must_use]
    pub fn of(&self, kind: FaultKind) -> u64 {
        self.0.get(&kind).copied().unwrap_or(0)
    }
}
