//! A seeded simulator of the whole ledger: real commands through the real loop, log and sealer, on a disk that
//! fails, lies, fills up and loses power at any call, also while the ledger recovers from the last time. One thread,
//! no clock of its own: a seed gives the same history, bit for bit.
//!
//! What must hold: what was acknowledged is there, the same bytes at the same position; what was not is there whole or
//! not at all; no position is missing or used twice; a ledger that opens is right; every checkpoint ever signed is one
//! of the final log's; views fold to the same; and when the faults stop, every command gets its answer.

pub mod book;
mod commands;
mod counts;
mod damage;
mod drive;
mod end;
mod life;
mod start;
mod swarm;
mod world;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use ledger_log::embedded::simulated::seed_this_thread;

pub use counts::Counts;

use life::Life;
use start::Start;
use world::World;

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// In which seed.
    pub seed: u64,
    /// What was broken.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.what)
    }
}

/// What a seed came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// A hash of everything that was decided, answered, and asked of the disk.
    pub trace: [u8; 32],
    /// What it came by.
    pub counts: Counts,
}

/// Runs one seed on this thread.
///
/// # Errors
/// When a promise was broken.
pub fn run(seed: u64) -> Result<Ran, Violation> {
    seed_this_thread(Some(seed));
    let ran = catch_unwind(AssertUnwindSafe(|| simulate(seed)));
    seed_this_thread(None);
    ran.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        Err(Violation { seed, what: format!("a panic: {text}") })
    })
}

fn simulate(seed: u64) -> Result<Ran, Violation> {
    let mut world = World::new(seed)?;
    for _ in 0..world.swarm.lives {
        if !one_life(&mut world)? {
            return end::halted(world);
        }
    }
    end::whole(world)
}

/// Starts the ledger, lets it live and end. `false`: it was refused because of damage that was done to it.
fn one_life(world: &mut World) -> Result<bool, Violation> {
    start::meddle(world)?;
    let (log, sealer) = match start::start(world)? {
        Start::Running(log, sealer) => (log, sealer),
        Start::Refused => return Ok(true),
        Start::Damaged => return Ok(false),
    };
    let runtime = drive::runtime();
    let orbit = world.orbit(&log);
    let mut life = Life { world, log, orbit, sealer };
    runtime.block_on(life.live())?;
    let Life { world, log, orbit, sealer } = life;
    world.chance = orbit.chance.clone();
    let fatal = !world.disk.is_dead() && world.fatal.load(Ordering::SeqCst);
    world.counts.fatals += u64::from(fatal);
    let clean = !fatal && !world.disk.is_dead() && world.chance.one_in(3);
    if clean {
        log.close();
    }
    // Closing makes the last tail slot durable, and the disk may fail then too.
    let clean = clean && !world.fatal.load(Ordering::SeqCst);
    // What stops at a call is the machine, or only the process: then the system still knows what was written.
    let powerless = !clean && !world.chance.one_in(3);
    // Whatever still runs in this process can do nothing any more.
    world.disk.faults(|faults| faults.dead_from = Some(0));
    drop(runtime);
    drop((orbit, sealer, log));
    start::next_life(world, powerless, clean);
    Ok(true)
}
