//! Runs the simulator for as long as asked, prints what it came by, and ends with the failing seed if there is one.
//! With the feature `seeded-bugs` it can also be asked whether it would find bugs: one after the other is put in.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use replay_tests::sim::{Counts, Violation, run};

fn main() -> ExitCode {
    // A panic is a finding of the simulator, which says it with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    #[cfg(feature = "seeded-bugs")]
    if std::env::args().nth(1).as_deref() == Some("--seeded-bugs") {
        return seeded_bugs();
    }
    let asked = match Asked::parse(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(what) => {
            eprintln!("{what}\nsoak [--seconds N | --seeds N] [--seed FIRST]");
            return ExitCode::from(2);
        }
    };
    let began = Instant::now();
    let (counts, broken) = soak(&asked);
    println!("{counts}{:<20} {:>12}", "seconds", began.elapsed().as_secs());
    match broken {
        None => ExitCode::SUCCESS,
        Some(violation) => {
            println!("BROKEN {violation}\nrepeat with: soak --seeds 1 --seed {}", violation.seed);
            ExitCode::FAILURE
        }
    }
}

/// How many seeds may pass before a bug is found: less than a minute of them on one processor.
#[cfg(feature = "seeded-bugs")]
const SEEDS_PER_BUG: u64 = 2_000;

/// Puts every bug in, one after the other, and says which seed finds it.
#[cfg(feature = "seeded-bugs")]
fn seeded_bugs() -> ExitCode {
    use ledger_log::seeded::{SeededBug, put_in};
    let mut missed = 0;
    for bug in SeededBug::ALL {
        let began = Instant::now();
        put_in(Some(bug));
        let found = (0..SEEDS_PER_BUG).find_map(|seed| run(seed).err());
        put_in(None);
        let name = format!("{bug:?}");
        match found {
            Some(violation) => {
                println!("{name:<24} found in {:?}: {violation}", began.elapsed());
            }
            None => {
                missed += 1;
                println!("{name:<24} MISSED by {SEEDS_PER_BUG} seeds in {:?}", began.elapsed());
            }
        }
    }
    println!(
        "{} of {} seeded bugs were found",
        SeededBug::ALL.len() - missed,
        SeededBug::ALL.len()
    );
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Asked {
    seconds: Option<u64>,
    seeds: Option<u64>,
    first: u64,
}

impl Asked {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut asked = Self { seconds: None, seeds: None, first: 0 };
        while let Some(name) = arguments.next() {
            let number = arguments.next().and_then(|text| text.parse().ok());
            let number = number.ok_or_else(|| format!("`{name}` needs a number"))?;
            match name.as_str() {
                "--seconds" => asked.seconds = Some(number),
                "--seeds" => asked.seeds = Some(number),
                "--seed" => asked.first = number,
                _ => return Err(format!("`{name}` is not known")),
            }
        }
        if asked.seconds.is_none() && asked.seeds.is_none() {
            asked.seconds = Some(60);
        }
        Ok(asked)
    }
}

/// Runs seeds on all processors until the time is over, the seeds are used up, or a promise is broken.
fn soak(asked: &Asked) -> (Counts, Option<Violation>) {
    let began = Instant::now();
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let all = Mutex::new((Counts::default(), None::<Violation>));
    let over = || {
        stop.load(Ordering::SeqCst)
            || asked.seconds.is_some_and(|seconds| began.elapsed() >= Duration::from_secs(seconds))
    };
    let work = || {
        while !over() {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if asked.seeds.is_some_and(|seeds| number >= seeds) {
                return;
            }
            let ran = run(asked.first + number);
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            match ran {
                Ok(ran) => all.0.add(&ran.counts),
                Err(violation) => {
                    stop.store(true, Ordering::SeqCst);
                    all.1.get_or_insert(violation);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..processors {
            scope.spawn(work);
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}
