//! kill -9 of the real binary between acknowledgements, again and again. An oracle outside the process keeps what was
//! asked and what was answered; after every restart all that was acknowledged is there exactly once, and what was
//! not is there whole or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its own functions too"
)]

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use replay_tests::chance::Chance;
use replay_tests::http::Door;
use replay_tests::oracle::{Oracle, Sent, ask, verify};
use replay_tests::process::Service;
use serde_json::json;

/// Kills in each lane; with four lanes the 200 are passed.
const KILLS: usize = 55;
/// Writers at a time, so that a batch holds the commands of several.
const WRITERS: u64 = 3;
/// The longest time between the start of the writers and the kill.
const KILL_AFTER_MAX_MICROS: u64 = 40_000;

/// Starts the service, lets writers write, kills it, starts it again and checks everything.
fn cycle(oracle: &mut Oracle) {
    let mut service = Service::start(&oracle.path());
    let (reports, gathered) = mpsc::channel();
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let door = oracle.door(&service);
        let commands: Vec<_> = (0..200).map(|_| oracle.next_command()).collect();
        let report = reports.clone();
        writers.push(thread::spawn(move || write(door, commands, &report)));
    }
    drop(reports);
    let patience = Duration::from_micros(oracle.chance.below(KILL_AFTER_MAX_MICROS));
    let mut sent = Vec::new();
    let started = std::time::Instant::now();
    // The oracle notes each answer as it comes; the kill falls wherever it falls between them.
    while let Some(left) = patience.checked_sub(started.elapsed()) {
        match gathered.recv_timeout(left) {
            Ok(one) => sent.push(one),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => panic!("the writers stopped by themselves"),
        }
    }
    service.kill();
    sent.extend(gathered);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let service = Service::start(&oracle.path());
    oracle.settle(&service, sent);
}

/// Sends one command after the other until the service is gone, and reports each with its answer.
fn write(mut door: Door, commands: Vec<Sent>, report: &Sender<Sent>) {
    for mut one in commands {
        let answer = ask(&mut door, &one);
        let gone = answer.is_err();
        one.answer = answer.ok();
        if let Some(answer) = &one.answer {
            assert_eq!(answer["userErrors"], json!([]), "{one:?}");
        }
        report.send(one).unwrap();
        if gone {
            return;
        }
    }
}

fn run(lane: &str) {
    let mut oracle = Oracle::new(Chance::printed(lane));
    for _ in 0..KILLS {
        cycle(&mut oracle);
    }
    let acknowledged = oracle.acknowledged.iter().filter(|one| one.answer.is_some()).count();
    assert!(acknowledged > KILLS, "only {acknowledged} commands were acknowledged");
    let _ = verify(&oracle.path());
}

#[test]
fn nothing_acknowledged_is_lost_first_lane() {
    run("crash 1");
}

#[test]
fn nothing_acknowledged_is_lost_second_lane() {
    run("crash 2");
}

#[test]
fn nothing_acknowledged_is_lost_third_lane() {
    run("crash 3");
}

#[test]
fn nothing_acknowledged_is_lost_fourth_lane() {
    run("crash 4");
}
