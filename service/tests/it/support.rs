//! Starts the real binary and talks to it, with nothing between that could hide a byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use serde_json::{Value, json};

/// The e-mail of the first person of a test's ledger.
pub const EMAIL: &str = "grace@vendor.example";
/// Her password.
pub const PASSWORD: &str = "a long enough secret";

/// A new command line, in a clean environment.
pub fn deedbook() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deedbook"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DEEDBOOK_")) {
        command.env_remove(name);
    }
    // Small segments: a test's ledger need not fill the disk.
    command.env("DEEDBOOK_SEGMENT_MIB", "4").env("DEEDBOOK_PASSWORD", PASSWORD);
    // Most tests are not about the second factor of the vendor's people.
    command.env("DEEDBOOK_CONSOLE_SECOND_FACTOR", "false");
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Output {
    deedbook().args(arguments).output().unwrap()
}

/// How a command ended.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What a command said on standard error.
pub fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The JSON that a command printed.
pub fn printed(output: &Output) -> Value {
    assert_eq!(code(output), 0, "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A folder with a ledger in which one person of the vendor can sign in.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        let home = Self::vacant();
        let made = run(&["init", "--data", home.data(), "--vendor", "Acme", "--email", EMAIL]);
        assert_eq!(code(&made), 0, "{}", said(&made));
        home
    }

    pub fn vacant() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn data(&self) -> &str {
        // The folder of the test keeps the path alive; the ledger is in it, not beside it.
        self.folder.path().to_str().unwrap()
    }

    pub fn segment(&self) -> PathBuf {
        self.path("log/segment-00000001.log")
    }
}

/// A running service.
pub struct Service {
    child: Child,
    pub portal: String,
    pub console: String,
    pub first_line: Value,
    stderr: Option<ChildStderr>,
}

impl Service {
    pub fn start(data: &str) -> Self {
        Self::start_command(&["serve", "--data", data])
    }

    pub fn start_command(arguments: &[&str]) -> Self {
        Self::start_by(deedbook().args(arguments))
    }

    pub fn start_by(command: &mut Command) -> Self {
        let mut child = command
            .args(["--json", "--portal", "127.0.0.1:0", "--console", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let stderr = child.stderr.take();
        let first_line: Value = match serde_json::from_str(&line) {
            Ok(value) => value,
            Err(error) => panic!("no addresses ({error}): {line:?}: {}", rest_of(stderr)),
        };
        let address = |side: &str| {
            first_line[side].as_str().unwrap().strip_prefix("http://").unwrap().to_owned()
        };
        let (portal, console) = (address("portal"), address("console"));
        Self { child, portal, console, first_line, stderr }
    }

    /// Asks it to stop and waits until it did.
    pub fn stop(mut self) -> (i32, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), rest_of(self.stderr.take()))
    }

    /// Kills it at once.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn sign_in(&self, address: &str, email: &str, password: &str) -> Answer {
        post(address, "/sign-in", None, &json!({ "email": email, "password": password }))
    }

    /// A token of the first person.
    pub fn console_token(&self) -> String {
        let answer = self.sign_in(&self.console, EMAIL, PASSWORD);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Already gone, or nobody needs it any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rest_of(stderr: Option<ChildStderr>) -> String {
    let mut text = String::new();
    if let Some(mut stderr) = stderr {
        stderr.read_to_string(&mut text).unwrap();
    }
    text
}

/// What a listener answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// The token with which a session goes on whose holder showed again who it is.
pub fn renewed(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["token"].as_str().unwrap().to_owned()
}

pub fn get(address: &str, path: &str) -> Answer {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"),
    )
}

pub fn post(address: &str, path: &str, bearer: Option<&str>, body: &Value) -> Answer {
    let authorization = bearer.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let authorization = authorization.unwrap_or_default();
    let body = body.to_string();
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Accept: application/json\r\n{authorization}Content-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        ),
    )
}

pub fn graphql(address: &str, bearer: Option<&str>, query: &str) -> Answer {
    post(address, "/graphql", bearer, &json!({ "query": query }))
}

pub fn exchange(address: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("transfer-encoding") && value == "chunked");
    let body = if chunked { unchunk(body) } else { body.to_owned() };
    Answer { status, headers, body }
}

fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            break;
        }
        body.push_str(&after[..length]);
        rest = &after[length + 2..];
    }
    body
}

/// Changes one bit of a file.
pub fn flip(file: &Path, offset: usize) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[offset] ^= 1;
    std::fs::write(file, bytes).unwrap();
}
