//! A disk without room: commands are refused, reads go on, and when there is room again commands are taken without a
//! new start. Once with calls that say so, once with a small file system that is really full.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use replay_tests::chance::Chance;
use replay_tests::fault::{self, Fault};
use replay_tests::oracle::{Oracle, Sent};
use replay_tests::process::{self, Service};
use serde_json::json;

use crate::script::{self, Places, Point, attempt};

/// The share of the calls that is tried when not all of them are asked for.
const STRIDE: usize = 3;
/// More commands than fit in what is left of a segment that is nearly full.
const COMMANDS_MAX: usize = 200;
/// How often a refused command is sent again at most; the service looks for room again every few seconds.
const TRIES_MAX: usize = 1_000_000;

/// The service, silent: it reports each command that it refuses, and here those are many.
fn started(mut command: Command) -> Service {
    command.stderr(Stdio::null());
    Service::try_start(command).unwrap()
}

/// Sends commands until one is refused because the disk is full, and gives all of them, that one last.
fn fill(oracle: &mut Oracle, service: &Service) -> Vec<Sent> {
    let mut sent = Vec::new();
    for _ in 0..COMMANDS_MAX {
        let mut one = oracle.next_command();
        match attempt(&mut oracle.door(service), &one).unwrap() {
            Ok(answer) => one.answer = Some(answer),
            Err(code) => {
                assert_eq!(code, "LEDGER_FULL", "{one:?}");
                sent.push(one);
                return sent;
            }
        }
        sent.push(one);
    }
    panic!("none of {COMMANDS_MAX} commands was refused");
}

/// Sends the command that was refused again until it is taken. As long as it is not, reads go on.
fn insist(oracle: &Oracle, service: &Service, refused: &mut Sent) {
    let mut door = oracle.door(service);
    for _ in 0..TRIES_MAX {
        oracle.assert_reads_go_on(&mut door);
        match attempt(&mut door, refused).unwrap() {
            Ok(answer) => {
                assert_eq!(answer["replayed"], json!(false), "a refused command left something");
                refused.answer = Some(answer);
                return;
            }
            Err(code) => assert_eq!(code, "LEDGER_FULL", "{refused:?}"),
        }
    }
    panic!("still refused: {refused:?}");
}

/// Lets these calls find no room once; the command that is refused for it is taken later by the same process.
fn sweep(ledger: &Oracle, points: impl Iterator<Item = Point>, places: Places) {
    for (call, when) in points {
        let mut oracle = ledger.twin();
        let data = oracle.path();
        let fault = Fault { call, paths: places(&data), what: "error=ENOSPC", when };
        println!("{} {when}", fault.call);
        let mut service = started(fault.in_command(&process::serve(&data)));
        let mut sent = fill(&mut oracle, &service);
        insist(&oracle, &service, sent.last_mut().unwrap());
        assert!(service.stop().success());
        script::settle(&mut oracle, sent);
    }
}

#[test]
fn without_room_for_the_next_segment_commands_are_refused_until_there_is() {
    fault::assert_possible();
    let mut ledger = Oracle::new(Chance::printed("no room for a segment"));
    ledger.fill_segment();
    fs::remove_file(ledger.path().join("log/next.log")).unwrap();
    // The calls of one preparation, which is that of the segment that is needed next.
    let calls = ["openat", "pwrite64", "pwrite64", "fdatasync", "rename"].map(str::to_owned);
    let points = script::share(&ledger, calls.into_iter().zip([1, 1, 4, 1, 1]), STRIDE);
    sweep(&ledger, points, |data| vec![data.join("log/next.part")]);
}

#[test]
fn without_room_for_new_keys_commands_are_refused_until_there_is() {
    fault::assert_possible();
    let ledger = Oracle::new(Chance::printed("no room for keys"));
    let points = script::points(&ledger, "pwrite64", keys, STRIDE);
    sweep(&ledger, points, keys);
}

fn keys(data: &Path) -> Vec<PathBuf> {
    ["keys/subjects.a", "keys/subjects.b"].map(|name| data.join(name)).to_vec()
}

/// A small file system in memory, gone when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where nothing may be mounted.
    fn mount(at: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=24m", "deedbook-test"]).arg(at);
        let output = mount.output().ok()?;
        if output.status.success() {
            return Some(Self(at.to_owned()));
        }
        print!("{}", String::from_utf8_lossy(&output.stderr));
        None
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut ballast = fs::File::create(self.ballast()).unwrap();
        for bytes in [1024 * 1024, 4096, 1] {
            let full = loop {
                if let Err(error) = ballast.write_all(&vec![1; bytes]) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status().unwrap();
        assert!(unmounted.success());
    }
}

#[test]
fn on_a_full_disk_commands_are_refused_until_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else {
        println!(
            "LEFT OUT: a small file system may not be mounted here; the disk was only said to be full"
        );
        return;
    };
    let mut ledger = Oracle::new(Chance::printed("a full disk"));
    ledger.fill_segment();
    fs::remove_file(ledger.path().join("log/next.log")).unwrap();
    let mut oracle = ledger.twin_in(tempfile::tempdir_in(folder.path()).unwrap());
    disk.fill();
    let mut service = started(process::serve(&oracle.path()));
    let mut sent = fill(&mut oracle, &service);
    oracle.assert_reads_go_on(&mut oracle.door(&service));
    // It starts on a full disk too.
    service.kill();
    let mut service = started(process::serve(&oracle.path()));
    oracle.assert_reads_go_on(&mut oracle.door(&service));
    let refused = sent.last_mut().unwrap();
    assert_eq!(attempt(&mut oracle.door(&service), refused).unwrap().unwrap_err(), "LEDGER_FULL");
    disk.make_room();
    insist(&oracle, &service, refused);
    assert!(service.stop().success());
    script::settle(&mut oracle, sent);
}
