//! Faults in the system calls of a child process: the n-th call on some files fails, or kills the process before it is
//! made. `strace` makes them. Knows nothing of what the child is.

use std::collections::BTreeMap;
use std::io::{PipeReader, Read};
use std::path::PathBuf;
use std::process::Command;
use std::thread::{self, JoinHandle};

/// What happens in place of a system call.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The call that is counted.
    pub call: String,
    /// The files and folders on which they are counted; none: whatever they touch.
    pub paths: Vec<PathBuf>,
    /// `error=EIO`, `signal=KILL`: what strace injects.
    pub what: &'static str,
    /// Which of the calls, from 1. Each thread counts for itself, and each that gets there meets the fault.
    pub when: u32,
}

impl Fault {
    /// The command with this fault in it. Its process stays the child of whoever starts it.
    #[must_use]
    pub fn in_command(&self, command: &Command) -> Command {
        let mut strace = Command::new("strace");
        strace.args(["-o", "/dev/null"]);
        let Self { call, what, when, .. } = self;
        strace.args(["-e", &format!("inject={call}:{what}:when={when}")]);
        traced(strace, call, &self.paths, command)
    }
}

/// How often each call is made by the thread that makes it most often.
pub type Counts = BTreeMap<String, u32>;

/// Counts calls while a command runs.
#[derive(Debug)]
pub struct Counter(JoinHandle<Counts>);

impl Counter {
    /// The command, and who counts these calls of it on these paths (none: on all).
    #[must_use]
    pub fn in_command(calls: &str, paths: &[PathBuf], command: &Command) -> (Self, Command) {
        let (told, pipe) = std::io::pipe().unwrap();
        let mut counted = traced(Command::new("strace"), calls, paths, command);
        // The tracer writes to standard error, beside what the command itself says there.
        counted.stderr(pipe);
        (Self(thread::spawn(move || count(told))), counted)
    }

    /// The counts, after the command ended.
    #[must_use]
    pub fn counts(self) -> Counts {
        self.0.join().unwrap()
    }
}

/// Reads `[pid 7] rename("a", "b") = 0` and the like until the tracer is done.
fn count(mut told: PipeReader) -> Counts {
    let mut text = Vec::new();
    told.read_to_end(&mut text).unwrap();
    let mut by_thread: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let text = String::from_utf8_lossy(&text);
    for line in text.lines() {
        let (thread, call) = match line.strip_prefix("[pid") {
            Some(rest) => rest.split_once("] ").unwrap_or_default(),
            None => ("", line),
        };
        let name = call.split('(').next().unwrap_or_default();
        if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            *by_thread.entry((thread, name)).or_default() += 1;
        }
    }
    let mut counts = Counts::new();
    for ((_, call), count) in by_thread {
        let most = counts.entry(call.to_owned()).or_default();
        *most = count.max(*most);
    }
    counts
}

fn traced(mut strace: Command, calls: &str, paths: &[PathBuf], command: &Command) -> Command {
    // The tracer is the grandchild, so that the exit status and the id are those of the command.
    strace.args(["-D", "-f", "-qq", "-e", "signal=none", "-e", &format!("trace={calls}")]);
    for path in paths {
        strace.arg("-P").arg(path);
    }
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace
}

/// Stops the test where no fault can be made: it must not pass for that reason.
pub fn assert_possible() {
    let version = Command::new("strace").arg("-V").output();
    assert!(
        version.is_ok_and(|output| output.status.success()),
        "these tests need `strace`: install it (`apt-get install strace`), as `make test` does where it may"
    );
    let tried =
        Command::new("strace").args(["-D", "-f", "-qq", "-o", "/dev/null", "true"]).output();
    let tried = tried.unwrap();
    assert!(
        tried.status.success(),
        "`strace` may not trace here; allow ptrace (in a container: --cap-add SYS_PTRACE): {}",
        String::from_utf8_lossy(&tried.stderr)
    );
}
