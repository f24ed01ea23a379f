//! One service with a fault in it, told a fixed script of commands, and what must hold after it.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use replay_tests::api::document;
use replay_tests::fault::{Counter, Fault};
use replay_tests::http::Door;
use replay_tests::oracle::{Oracle, Sent, verify};
use replay_tests::process::{self, Service};
use serde_json::{Value, json};

/// How many commands the script has. They fill a segment that was nearly full.
const COMMANDS: usize = 12;

/// The files of a data folder on which calls are counted.
pub type Places = fn(&Path) -> Vec<PathBuf>;

/// What became of a service with a fault in it.
pub struct Told {
    /// How it ended: asked to after the script, or before by itself.
    pub ended: ExitStatus,
    /// Whether it was ready before the fault hit.
    pub started: bool,
    /// How many commands it acknowledged.
    pub acknowledged: usize,
    /// How many commands stood after the last that it acknowledged.
    pub unanswered: usize,
}

impl Told {
    /// Whether nothing went wrong with it.
    pub fn is_well(&self) -> bool {
        self.started && self.unanswered == 0 && self.ended.success()
    }

    /// The signal that ended it.
    pub fn signal(&self) -> Option<i32> {
        self.ended.signal()
    }
}

/// A call, and which of them.
pub type Point = (String, u32);

/// The share of all points at which the script calls on these paths.
pub fn points(
    ledger: &Oracle,
    calls: &str,
    places: Places,
    stride: usize,
) -> impl Iterator<Item = Point> {
    let mut twin = ledger.twin();
    let data = twin.path();
    let (counter, command) = Counter::in_command(calls, &places(&data), &process::serve(&data));
    let mut service = Service::try_start(command).unwrap();
    for _ in 0..COMMANDS {
        let one = twin.next_command();
        attempt(&mut twin.door(&service), &one).unwrap().unwrap();
    }
    assert!(service.stop().success());
    let counts = counter.counts();
    println!("{counts:?}");
    let all = counts
        .into_iter()
        .flat_map(|(call, count)| (1..=count).map(move |when| (call.clone(), when)));
    share(ledger, all, stride)
}

/// Every stride-th of these points, all with `DEEDBOOK_EVERY_CALL=1`. Where they begin is left to chance; the seed
/// says it.
pub fn share(
    ledger: &Oracle,
    all: impl Iterator<Item = Point>,
    stride: usize,
) -> impl Iterator<Item = Point> {
    let every = std::env::var_os("DEEDBOOK_EVERY_CALL").is_some_and(|value| value == "1");
    let stride = if every { 1 } else { stride };
    let first = ledger.chance.clone().below(u64::try_from(stride).unwrap());
    println!("every {stride}. call, from the {}. on", first + 1);
    all.skip(usize::try_from(first).unwrap()).step_by(stride)
}

/// Tells the script to a service in which this call fares so, and starts it again without. All that was acknowledged
/// must be there, nothing half, and the ledger whole.
pub fn tell(ledger: &Oracle, places: Places, what: &'static str, point: Point) -> Told {
    let mut oracle = ledger.twin();
    let (data, (call, when)) = (oracle.path(), point);
    let fault = Fault { call, paths: places(&data), what, when };
    let mut told =
        Told { ended: ExitStatus::from_raw(0), started: false, acknowledged: 0, unanswered: 0 };
    let mut sent = Vec::new();
    match Service::try_start(fault.in_command(&process::serve(&data))) {
        Err(ended) => told.ended = ended,
        Ok(mut service) => {
            told.started = true;
            for _ in 0..COMMANDS {
                let mut one = oracle.next_command();
                // A connection each: what happened to one says nothing about the next.
                one.answer = attempt(&mut oracle.door(&service), &one).ok().and_then(Result::ok);
                if one.answer.is_none() {
                    told.unanswered += 1;
                } else {
                    let why = "acknowledged after a command that was not";
                    assert_eq!(told.unanswered, 0, "{fault:?}: {why}: {one:?}");
                    told.acknowledged += 1;
                }
                sent.push(one);
            }
            told.ended = service.stop();
        }
    }
    settle(&mut oracle, sent);
    told
}

/// Starts a ledger again, without any fault, and checks it against all that was sent.
pub fn settle(oracle: &mut Oracle, sent: Vec<Sent>) {
    let mut service = Service::start(&oracle.path());
    oracle.settle(&service, sent);
    service.kill();
    assert_eq!(verify(&oracle.path())["whole"], json!(true));
}

/// The payload of a command that was acknowledged, or the code of the error.
pub fn attempt(door: &mut Door, one: &Sent) -> io::Result<Result<Value, String>> {
    let answer =
        door.graphql(&document(one.mutation, one.selection), &json!({ "input": one.input }))?;
    let mut body = answer.json();
    if let Some(code) = body.pointer("/errors/0/extensions/code") {
        return Ok(Err(code.as_str().unwrap().to_owned()));
    }
    let payload = body["data"][one.mutation].take();
    assert_eq!(payload["userErrors"], json!([]), "{one:?}");
    Ok(Ok(payload))
}
