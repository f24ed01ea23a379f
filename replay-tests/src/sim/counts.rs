//! What a run of the simulator came by.

use std::fmt;

use ledger_log::embedded::simulated::{FaultCounts, FaultKind};

/// How deep recoveries are interrupted by recoveries.
pub const NESTED_MAX: usize = 3;

/// How often each thing happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Seeds that were run.
    pub seeds: u64,
    /// Commands sent, also again.
    pub commands: u64,
    /// Commands that were accepted and recorded something.
    pub accepted: u64,
    /// Commands whose outcome was unknown, and that were sent again after a start.
    pub unknown: u64,
    /// Times the power went.
    pub crashes: u64,
    /// Times the process was killed and the machine went on.
    pub kills: u64,
    /// Times the writer ended the process because of the disk.
    pub fatals: u64,
    /// Starts that succeeded.
    pub starts: u64,
    /// Starts that the disk refused and that succeeded later.
    pub refused_starts: u64,
    /// Torn tails that were cut.
    pub torn: u64,
    /// Batches that were written again from their mirrors.
    pub healed: u64,
    /// Recoveries that the power interrupted, once, twice, three times in a row.
    pub nested: [u64; NESTED_MAX],
    /// Ledgers that were refused because of damage that had been done to them.
    pub halted: u64,
    /// Older logs beside newer keys that were refused.
    pub rollbacks: u64,
    /// Commands refused because the disk was full.
    pub full: u64,
    /// Commits refused or stopped because keys could not be kept.
    pub keys_failed: u64,
    /// Jumps of the clock.
    pub clock_jumps: u64,
    /// Checkpoints signed.
    pub checkpoints: u64,
    /// Proofs made and checked.
    pub proofs: u64,
    /// Times that views were compared with a fold from the first event.
    pub views: u64,
    /// What went wrong on the disks.
    pub faults: FaultCounts,
}

impl Counts {
    /// Adds all of others.
    pub fn add(&mut self, others: &Self) {
        for (own, (_, more)) in self.numbers_mut().into_iter().zip(others.numbers()) {
            *own += more;
        }
        for (own, more) in self.nested.iter_mut().zip(others.nested) {
            *own += more;
        }
        self.faults.add_all(&others.faults);
    }

    /// What never happened. A simulator that never tears a write proves nothing about torn writes.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut missing: Vec<String> = self
            .numbers()
            .into_iter()
            .filter(|(_, count)| *count == 0)
            .map(|(name, _)| name.to_owned())
            .collect();
        let kinds = FaultKind::ALL.iter().filter(|kind| self.faults.of(**kind) == 0);
        missing.extend(kinds.map(|kind| format!("{kind:?}")));
        let depths = self.nested.iter().zip(1..).filter(|(count, _)| **count == 0);
        missing.extend(depths.map(|(_, depth)| format!("recovery interrupted {depth} times")));
        missing
    }

    fn numbers(&self) -> [(&'static str, u64); 19] {
        [
            ("seeds", self.seeds),
            ("commands", self.commands),
            ("accepted", self.accepted),
            ("unknown", self.unknown),
            ("crashes", self.crashes),
            ("kills", self.kills),
            ("fatals", self.fatals),
            ("starts", self.starts),
            ("refused starts", self.refused_starts),
            ("torn tails cut", self.torn),
            ("batches healed", self.healed),
            ("halted", self.halted),
            ("rollbacks refused", self.rollbacks),
            ("full", self.full),
            ("keys failed", self.keys_failed),
            ("clock jumps", self.clock_jumps),
            ("checkpoints", self.checkpoints),
            ("proofs", self.proofs),
            ("views compared", self.views),
        ]
    }

    fn numbers_mut(&mut self) -> [&mut u64; 19] {
        [
            &mut self.seeds,
            &mut self.commands,
            &mut self.accepted,
            &mut self.unknown,
            &mut self.crashes,
            &mut self.kills,
            &mut self.fatals,
            &mut self.starts,
            &mut self.refused_starts,
            &mut self.torn,
            &mut self.healed,
            &mut self.halted,
            &mut self.rollbacks,
            &mut self.full,
            &mut self.keys_failed,
            &mut self.clock_jumps,
            &mut self.checkpoints,
            &mut self.proofs,
            &mut self.views,
        ]
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in self.numbers() {
            writeln!(f, "{name:<20} {count:>12}")?;
        }
        for (count, depth) in self.nested.iter().zip(1..) {
            writeln!(f, "{:<20} {count:>12}", format!("nested {depth}"))?;
        }
        for kind in FaultKind::ALL {
            writeln!(f, "{:<20} {:>12}", format!("{kind:?}"), self.faults.of(kind))?;
        }
        Ok(())
    }
}
