//! The share of the simulator that every run of the tests has. `make soak` runs as long as asked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use replay_tests::sim::{Counts, Violation, run};

/// Where the seeds of the tests begin; a soak begins elsewhere.
const FIRST: u64 = 1_000_000;
/// Enough for every fault to come to pass.
const SEEDS: u64 = 1_500;

#[test]
fn no_seed_breaks_a_promise_and_every_fault_comes_to_pass() {
    let next = AtomicU64::new(FIRST);
    let all = Mutex::new((Counts::default(), Vec::<Violation>::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= FIRST + SEEDS {
                        return;
                    }
                    let ran = run(seed);
                    let mut all = all.lock().unwrap();
                    match ran {
                        Ok(ran) => all.0.add(&ran.counts),
                        Err(violation) => all.1.push(violation),
                    }
                }
            });
        }
    });
    let (counts, broken) = all.into_inner().unwrap();
    println!("{counts}");
    assert_eq!(broken, [], "repeat with: soak --seeds 1 --seed N");
    assert_eq!(counts.seeds, SEEDS);
    assert_eq!(counts.missing(), [""; 0], "a fault never came to pass");
}

#[test]
fn a_seed_gives_the_same_history_bit_for_bit() {
    for seed in FIRST..FIRST + 40 {
        let (once, again) = (run(seed).unwrap(), run(seed).unwrap());
        assert_eq!(once, again, "seed {seed}");
        let other = run(seed + 1).unwrap();
        assert_ne!(once.trace, other.trace, "seeds {seed} and {} are one", seed + 1);
    }
}
