//! Between two lives, and the start of the next: what is done to the files meanwhile, recovery, and recoveries that
//! are interrupted themselves.

use std::sync::atomic::Ordering;

use ledger_log::embedded::FindingKind;
use ledger_log::embedded::simulated::Faults;
use ledger_log::sealing::{Held, SealError, Sealer};
use ledger_log::{EmbeddedLog, EventLog, OpenError, ReadError, RecoveryReport};
use schemas::StoredEvent;

use super::counts::NESTED_MAX;
use super::world::{DATA_OFFSET, World, folder, keys, log_folder, proofs, signer};
use super::{Violation, book, damage, drive};

/// What became of a start.
pub enum Start {
    /// It runs.
    Running(EmbeddedLog, Option<Box<Sealer>>),
    /// The disk failed while it started.
    Refused,
    /// It is damaged, and damage was done to it.
    Damaged,
}

/// How often a disk that fails may refuse a start.
const REFUSALS_MAX: usize = 4;

/// Ends a life: with the power, or only the process, or as it should.
pub fn next_life(world: &mut World, powerless: bool, clean: bool) {
    world.note(&format!("a life ends, without power {powerless}, clean {clean}"));
    world.fatal.store(false, Ordering::SeqCst);
    if powerless {
        world.crash();
    } else {
        world.counts.kills += u64::from(!clean);
        world.disk.faults(Faults::revive);
    }
    world.fail_keys(false);
    world.ended_clean = clean && !powerless;
    if world.swarm.rollback && clean && world.older.is_none() && !world.may_be_damaged() {
        let known = book::open(&world.book).known();
        // What is recorded of a recovery comes on top.
        world.older = Some((damage::files(&world.disk, &log_folder()), known));
    }
}

/// Does something to the files of a ledger that does not run.
pub fn meddle(world: &mut World) -> Result<(), Violation> {
    if world.swarm.rollback && !world.may_be_damaged() && world.chance.one_in(2) {
        roll_back(world)?;
    }
    let done = world.rotten || world.lie_planned;
    if !world.swarm.rot || done || !world.chance.one_in(3) {
        return Ok(());
    }
    if !world.may_be_damaged() && world.chance.one_in(2) {
        return heal_newest(world);
    }
    world.rotten = true;
    world.note("rot");
    // Only what a tail slot remembers can be missed.
    if world.ended_clean && world.chance.one_in(2) {
        damage::lose_newest(&world.disk, DATA_OFFSET, &mut world.chance);
    } else {
        damage::rot(&world.disk, DATA_OFFSET, &mut world.chance);
    }
    Ok(())
}

/// One bad bit in the newest batch is healed from its mirror, and nobody notices.
fn heal_newest(world: &mut World) -> Result<(), Violation> {
    world.disk.faults(|faults| *faults = Faults::default());
    if !damage::flip_newest(&world.disk, DATA_OFFSET, &mut world.chance) {
        return Ok(());
    }
    match open(world, 0) {
        Ok((log, report)) => {
            recovered(world, &log, &report)?;
            log.close();
            Ok(())
        }
        Err(error) => Err(world.violation(format!("one bad bit was not healed: {error}"))),
    }
}

/// An older log beside newer keys must be refused.
fn roll_back(world: &mut World) -> Result<(), Violation> {
    let Some((files, events_max)) = world.older.clone() else { return Ok(()) };
    let promised = world.signed.last().map_or(0, |checkpoint| checkpoint.size);
    if promised <= events_max {
        return Ok(());
    }
    world.disk.faults(|faults| *faults = Faults::default());
    let newer = damage::files(&world.disk, &log_folder());
    damage::put_back(&world.disk, &log_folder(), &files);
    let held = Held::read(&world.disk, &proofs(), &keys(), &[signer().verifier()]);
    let held = held.map_err(|error| world.violation(error.to_string()))?;
    let opened = open(world, held.events());
    damage::put_back(&world.disk, &log_folder(), &newer);
    world.counts.rollbacks += 1;
    match opened {
        Err(OpenError::Damaged { finding }) if finding.kind == FindingKind::Rollback => Ok(()),
        Err(error) => Err(world.violation(format!("a rollback was taken for: {error}"))),
        Ok(_) => Err(world.violation("an older log was taken for the newest")),
    }
}

/// Starts the ledger. The power may go during recovery, up to three times in a row.
pub fn start(world: &mut World) -> Result<Start, Violation> {
    let mut nested = 0;
    for refusals in 0.. {
        let dies = world.chance.one_in(2);
        if dies && nested < NESTED_MAX {
            // Soon: while it recovers. Later: while it lives.
            let within = if world.chance.one_in(2) { 4 } else { 250 };
            let at = world.disk.operations() + 1 + world.chance.below(within);
            let how = world.chance.below(4);
            world.disk.faults(|faults| match how {
                0 => faults.dead_at_folder_sync = Some(at % 8),
                1 => faults.dead_from = Some(at),
                _ => faults.dead_after = Some(at),
            });
        }
        world.note(&format!("a start, dying {dies}"));
        match attempt(world)? {
            Start::Running(log, sealer) => {
                world.counts.starts += 1;
                return Ok(Start::Running(log, sealer));
            }
            Start::Damaged => return Ok(Start::Damaged),
            Start::Refused if world.disk.is_dead() => {
                let powerless = !world.chance.one_in(3);
                next_life(world, powerless, false);
                world.counts.nested[nested.min(NESTED_MAX - 1)] += 1;
                nested += 1;
            }
            Start::Refused => {
                world.counts.refused_starts += 1;
                if refusals >= REFUSALS_MAX || world.chance.one_in(2) {
                    world.heal();
                }
            }
        }
    }
    Ok(Start::Refused)
}

fn attempt(world: &mut World) -> Result<Start, Violation> {
    let held = match Held::read(&world.disk, &proofs(), &keys(), &[signer().verifier()]) {
        Ok(held) => held,
        Err(SealError::Io { .. }) => return Ok(Start::Refused),
        Err(error) => return Err(world.violation(format!("no checkpoint is believed: {error}"))),
    };
    let (log, report) = match open(world, held.events()) {
        Ok(opened) => opened,
        Err(OpenError::Damaged { .. }) if world.may_be_damaged() => {
            world.counts.halted += 1;
            return Ok(Start::Damaged);
        }
        // The log may have stopped on the disk while it recorded its recovery.
        Err(OpenError::Io { .. } | OpenError::Recovery { .. }) if is_troubled(world) => {
            return Ok(Start::Refused);
        }
        Err(error) => return Err(world.violation(format!("it does not open: {error}"))),
    };
    if !recovered(world, &log, &report)? {
        stop(world, log);
        return Ok(if world.may_be_damaged() { Start::Damaged } else { Start::Refused });
    }
    if !world.swarm.seal {
        return Ok(Start::Running(log, None));
    }
    match seal(world, &log) {
        Ok(sealer) => Ok(Start::Running(log, Some(Box::new(sealer)))),
        Err(SealError::Io { .. } | SealError::ReadBack(ReadError::Unavailable { .. }))
            if is_troubled(world) =>
        {
            stop(world, log);
            Ok(Start::Refused)
        }
        Err(_) if world.may_be_damaged() => Ok(Start::Damaged),
        Err(error) => Err(world.violation(format!("the sealer does not open: {error}"))),
    }
}

/// Kills a process that could not start.
fn stop(world: &World, log: EmbeddedLog) {
    let mut before = (None, None);
    world.disk.faults(|faults| {
        before = (faults.dead_from, faults.dead_after);
        faults.dead_from = Some(0);
    });
    drop(log);
    world.disk.faults(|faults| (faults.dead_from, faults.dead_after) = before);
    world.fatal.store(false, Ordering::SeqCst);
}

/// Whether the disk fails, or will.
fn is_troubled(world: &World) -> bool {
    let mut troubled = false;
    world.disk.faults(|faults| {
        troubled = faults.room.is_some() || !faults.planned.is_empty();
    });
    let counts = world.disk.counts();
    troubled || world.disk.is_dead() || !counts.0.is_empty()
}

pub fn open(world: &World, promised: u64) -> Result<(EmbeddedLog, RecoveryReport), OpenError> {
    EmbeddedLog::open(folder(), world.options(promised))
}

pub fn seal(world: &World, log: &EmbeddedLog) -> Result<Sealer, SealError> {
    let disk = std::sync::Arc::new(world.disk.clone());
    Sealer::open(log.clone(), disk, &proofs(), &keys(), signer())
}

/// Judges a ledger that opened, and folds what it added. `false`: it cannot be read now.
pub fn recovered(
    world: &mut World,
    log: &EmbeddedLog,
    report: &RecoveryReport,
) -> Result<bool, Violation> {
    world.counts.torn += u64::from(report.torn.is_some());
    world.counts.healed += report.healed.len() as u64;
    world.note(&format!("{report:?}"));
    let events = drive::runtime().block_on(log.read_all(None, usize::MAX));
    let events: Vec<StoredEvent> = match events {
        Ok(events) => events,
        Err(ReadError::Unavailable { .. }) => return Ok(false),
        Err(ReadError::Damaged { .. }) if world.may_be_damaged() => return Ok(false),
        Err(error) => return Err(world.violation(format!("it opened and is damaged: {error}"))),
    };
    let judged = book::open(&world.book).judge(events);
    judged.map_err(|what| world.violation(what))?;
    let book = book::open(&world.book);
    let folded = world.views.position().map_or(0, |position| position.0 + 1);
    for stored in book.seen.iter().skip(usize::try_from(folded).unwrap()) {
        let decoded = world.codec.decode_closed(stored).unwrap();
        world.views.apply(&decoded).unwrap();
    }
    Ok(true)
}
