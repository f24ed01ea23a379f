//! The real binary as a child process. `make test` builds it before it runs the tests.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

use crate::http::Door;

/// Small files, so that a start is quick and a short story fills more than one of them.
pub const SMALL_SEGMENTS: [&str; 2] = ["--segment-mib", "4"];

/// Where the binary is: in the same target folder as the running test.
#[must_use]
pub fn binary() -> PathBuf {
    program("deedbook")
}

/// Where a program of this workspace is.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let there = program.exists();
    assert!(there, "{} is not there: run `cargo build --workspace` first", program.display());
    program
}

/// The binary with these arguments, not yet started. Nothing of the caller's settings reaches it.
#[must_use]
pub fn command<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null());
    forget_settings(&mut command);
    command
}

/// Keeps the caller's settings from a command.
pub fn forget_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DEEDBOOK_") {
            command.env_remove(name);
        }
    }
}

/// Runs the binary to its end.
#[must_use]
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    command(arguments).output().unwrap()
}

/// Runs the binary to its end, which must be a success, and gives what it printed.
#[must_use]
pub fn run_well<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> String {
    let output = run(arguments);
    assert!(
        output.status.success(),
        "{}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// `deedbook serve` on this data folder and on free ports, not yet started. Whoever asks may ask for as much as it likes, and
/// nobody needs a second factor.
#[must_use]
pub fn serve(data: &Path) -> Command {
    let mut command = command(["serve", "--log", "error", "--json", "--data"]);
    command.arg(data).args(["--portal", "127.0.0.1:0", "--console", "127.0.0.1:0"]);
    command.args(["--management-rate", "0", "--validation-rate", "0"]).args(SMALL_SEGMENTS);
    command.arg("--console-second-factor=false");
    command
}

/// A service that is running. It is killed when it is dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    /// Where customers knock.
    pub portal: SocketAddr,
    /// Where the vendor knocks.
    pub console: SocketAddr,
}

impl Service {
    /// Starts `deedbook serve` on this data folder, on free ports, and waits until it says that it is ready.
    #[must_use]
    pub fn start(data: &Path) -> Self {
        let started = Self::try_start(serve(data));
        started.unwrap_or_else(|ended| panic!("it did not start: {ended}"))
    }

    /// Starts what [`serve`] gave, perhaps wrapped, and waits until it says that it is ready.
    ///
    /// # Errors
    /// How it ended, when it ended before it was ready.
    pub fn try_start(mut command: Command) -> Result<Self, ExitStatus> {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let Ok(ready) = serde_json::from_str::<Value>(&first) else {
            return Err(child.wait().unwrap());
        };
        let (portal, console) = (address(&ready["portal"]), address(&ready["console"]));
        Ok(Self { child, portal, console })
    }

    /// The customers' door.
    #[must_use]
    pub const fn portal(&self) -> Door {
        Door::new(self.portal)
    }

    /// The vendor's door.
    #[must_use]
    pub const fn console(&self) -> Door {
        Door::new(self.console)
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop; how it ended, for whatever reason it did.
    pub fn stop(&mut self) -> ExitStatus {
        // It may have ended by itself, and then there is nobody to tell.
        let _ = Command::new("kill").args(["-TERM", &self.id().to_string()]).output().unwrap();
        self.ended()
    }

    /// Waits until it ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// SIGKILL: it gets no chance to say or write anything more.
    pub fn kill(&mut self) {
        // It may have ended by itself, which the caller finds out by what is there afterwards.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `127.0.0.1:8080` or `http://127.0.0.1:8080`.
fn address(value: &Value) -> SocketAddr {
    let text = value.as_str().unwrap_or_else(|| panic!("no address in {value}"));
    let text = text.trim_start_matches("http://").trim_end_matches('/');
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
}
