//! A flood of sign-ins: passwords are slow to check on purpose, and that must hold up nobody else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::{EMAIL, Home, PASSWORD, Service, get, graphql};

/// How many sign in at the same instant.
const SIGN_INS: usize = 500;

#[test]
fn five_hundred_sign_ins_at_once_hold_up_nobody_who_is_in() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let over = AtomicBool::new(false);
    let (statuses, mut waits) = std::thread::scope(|scope| {
        let prober = scope.spawn(|| {
            let mut waits: Vec<Duration> = Vec::new();
            while !over.load(Ordering::SeqCst) {
                let begun = Instant::now();
                let answer = graphql(&service.console, Some(&token), "{ viewer { role } }");
                waits.push(begun.elapsed());
                assert_eq!(answer.status, 200, "{}", answer.body);
                assert_eq!(get(&service.portal, "/healthz").status, 200);
            }
            waits
        });
        let flood: Vec<_> = (0..SIGN_INS)
            .map(|_| scope.spawn(|| service.sign_in(&service.console, EMAIL, PASSWORD)))
            .collect();
        let answers = flood.into_iter().map(|one| one.join().unwrap());
        let statuses: Vec<(u16, Option<String>)> = answers
            .map(|answer| (answer.status, answer.header("retry-after").map(str::to_owned)))
            .collect();
        over.store(true, Ordering::SeqCst);
        (statuses, prober.join().unwrap())
    });
    let came_in = statuses.iter().filter(|(status, _)| *status == 200).count();
    let is_put_off =
        |(status, wait): &&(u16, Option<String>)| [429, 503].contains(status) && wait.is_some();
    let put_off = statuses.iter().filter(is_put_off).count();
    assert_eq!(came_in + put_off, SIGN_INS, "everybody else is told when to try again");
    assert!(came_in >= 2, "some come in");
    assert!(put_off > 0, "there is an end to how many are let in line");
    // A password takes tens of milliseconds, another request a few: were they in each other's way, there were fewer.
    assert!(waits.len() > came_in, "{} requests beside {came_in} passwords", waits.len());
    waits.sort_unstable();
    let of = |part: usize| waits[(waits.len() - 1) * part / 100];
    println!(
        "{came_in} came in, {put_off} were put off; {} other requests meanwhile, median {:?}, p99 {:?}",
        waits.len(),
        of(50),
        of(99)
    );
}

#[test]
fn whoever_stops_reading_the_log_holds_up_nobody() {
    let home = Home::new();
    // Each request is a line. Nobody reads them here, and a pipe holds 64 KiB, a few hundred of them.
    let service = Service::start_command(&["serve", "--data", home.data(), "--log", "debug"]);
    for _ in 0..3_000 {
        assert_eq!(get(&service.portal, "/healthz").status, 200);
    }
    let (status, log) = service.stop();
    assert_eq!(status, 0, "it also ends");
    assert!(log.contains("answered"), "what there was room for is there: {log}");
}
