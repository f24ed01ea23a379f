//! The end of a simulation: the faults stop, everybody gets an answer, and everything that was ever said is checked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::tree::Frontier;
use ledger_log::embedded::{FindingKind, verify};
use ledger_log::sealing::Prover;
use ledger_log::{EmbeddedLog, EventLog};
use projections::replay::{Until, replay};

use super::life::{LATER, Life};
use super::start::{Start, start};
use super::world::{World, folder, proofs};
use super::{Ran, Violation, book, drive};
use crate::orbit::Answer;

/// How many events of a log are proven to be in it.
const PROOFS_MAX: usize = 8;

/// A ledger that was refused: nothing of what can still be read of it is wrong.
pub fn halted(world: World) -> Result<Ran, Violation> {
    world.heal();
    let opened = EmbeddedLog::open_read_only(folder(), world.options(0));
    if let Ok((log, report)) = opened {
        let whole = report.damage.is_empty();
        let runtime = drive::runtime();
        let streams = book::open(&world.book).streams();
        for stream in streams {
            let Ok(events) = runtime.block_on(log.read_stream(stream, None, usize::MAX)) else {
                continue;
            };
            let book = book::open(&world.book);
            let judged = if whole {
                book.judge_stream(stream, &events)
            } else {
                book.judge_values(stream, &events)
            };
            judged.map_err(|what| world.violation(format!("of a damaged ledger: {what}")))?;
        }
    }
    Ok(ran(world))
}

/// Everything that was promised, after the faults have stopped.
pub fn whole(mut world: World) -> Result<Ran, Violation> {
    world.heal();
    world.swarm.seal = true;
    let (log, sealer) = loop {
        match start(&mut world)? {
            Start::Running(log, sealer) if !world.disk.is_dead() => break (log, sealer),
            Start::Running(log, sealer) => {
                drop((log, sealer));
                world.crash();
            }
            Start::Refused => {}
            Start::Damaged => return halted(world),
        }
    };
    // From here on nothing goes wrong any more.
    world.heal();
    let runtime = drive::runtime();
    let orbit = world.orbit(&log);
    let mut life = Life { world: &mut world, log, orbit, sealer };
    runtime.block_on(answer_all(&mut life))?;
    life.seal()?;
    let Life { log, sealer, orbit, .. } = life;
    compare_views(&mut world, &log)?;
    log.close();
    drop((runtime, orbit, sealer, log));
    check_files(&mut world)?;
    check_signed(&mut world)?;
    Ok(ran(world))
}

/// Every command that nobody answered gets its answer, and has its effect once.
async fn answer_all(life: &mut Life<'_>) -> Result<(), Violation> {
    let unanswered = std::mem::take(&mut life.world.unanswered);
    life.world.counts.unknown += unanswered.len() as u64;
    for sent in unanswered {
        let (_, answer) = life.send(vec![sent]).await?.remove(0);
        if let Answer::Refused(code) = answer
            && LATER.contains(&code)
        {
            if life.world.may_be_damaged() {
                return Ok(());
            }
            return Err(life.world.violation(format!("{code} although the faults have stopped")));
        }
    }
    for _ in 0..8 {
        life.repeat().await?;
    }
    Ok(())
}

fn compare_views(world: &mut World, log: &EmbeddedLog) -> Result<(), Violation> {
    let runtime = drive::runtime();
    let Ok(events) = runtime.block_on(log.read_all(None, usize::MAX)) else {
        return expect_damage(world, "it cannot be read");
    };
    let judged = book::open(&world.book).judge(events);
    judged.map_err(|what| world.violation(what))?;
    for stored in &book::open(&world.book).seen[folded(world)..] {
        world.views.apply(&world.codec.decode_closed(stored).unwrap()).unwrap();
    }
    let anew = runtime.block_on(replay(log, &world.codec, Until::Tail, |_| {}));
    let Ok(anew) = anew else { return expect_damage(world, "it cannot be folded") };
    world.counts.views += 1;
    if anew.digests() != world.views.digests() {
        return Err(world.violation("the views are not a fold of the log"));
    }
    Ok(())
}

fn folded(world: &World) -> usize {
    let folded = world.views.position().map_or(0, |position| position.0 + 1);
    usize::try_from(folded).unwrap()
}

fn expect_damage(world: &World, what: &str) -> Result<(), Violation> {
    if world.may_be_damaged() { Ok(()) } else { Err(world.violation(what)) }
}

/// The stranger's check finds nothing either.
fn check_files(world: &mut World) -> Result<(), Violation> {
    let report = verify(folder(), &world.options(0), &mut |_| {});
    let report = report.map_err(|error| world.violation(error.to_string()))?;
    let wrong = report.findings.iter().find(|finding| finding.kind != FindingKind::TornTail);
    match wrong {
        Some(finding) => expect_damage(world, &format!("the check finds {finding}")),
        None => Ok(()),
    }
}

/// Every checkpoint ever signed is one of the final log's, and the proofs say so.
fn check_signed(world: &mut World) -> Result<(), Violation> {
    let (mut roots, mut tree) = (BTreeMap::new(), Frontier::default());
    let seen = book::open(&world.book).seen.clone();
    for event in &seen {
        let root = ledger::proof::content_root(&event.header, &event.parts);
        tree.append(leaf_hash(&leaf_entry(event.position, &root)));
        roots.insert(tree.size(), tree.root());
    }
    for checkpoint in &world.signed {
        if roots.get(&checkpoint.size) != Some(&checkpoint.root) {
            let what = format!("a checkpoint of {} events is of another log", checkpoint.size);
            return Err(world.violation(what));
        }
    }
    if world.may_be_damaged() || world.signed.is_empty() {
        return Ok(());
    }
    let prover = Prover::open(Arc::new(world.disk.clone()), Path::new(&proofs()));
    let prover = prover.map_err(|error| world.violation(error.to_string()))?;
    for checkpoint in &world.signed {
        world.counts.proofs += 1;
        let proof = prover.consistency(checkpoint);
        proof.map_err(|error| world.violation(format!("no proof of consistency: {error}")))?;
    }
    for _ in 0..PROOFS_MAX {
        let event = world.chance.pick(&seen).clone();
        world.counts.proofs += 1;
        let proof = prover.inclusion(&event);
        proof.map_err(|error| world.violation(format!("no proof of inclusion: {error}")))?;
    }
    Ok(())
}

fn ran(mut world: World) -> Ran {
    world.counts.faults = world.disk.counts();
    let mut trace = world.trace.clone();
    trace.update(&world.disk.trace());
    Ran { trace: *trace.finalize().as_bytes(), counts: world.counts }
}
