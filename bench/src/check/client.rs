//! A small HTTP/1.1 client for the load: it keeps its connections, sends prepared bytes, and reads no more of an
//! answer than where it ends. The same for all servers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::options::Options;
use crate::rounds::{Measure, p99};

/// How many connections there are, each with one request under way.
pub const CONNECTIONS: usize = 32;

/// Prepared requests.
pub struct Asked(Vec<Vec<u8>>);

impl Asked {
    /// One for each body.
    pub fn new(path: &str, token: &str, bodies: impl Iterator<Item = String>) -> Self {
        let request = |body: String| {
            let length = body.len();
            format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\naccept: application/json\r\n\
                 content-length: {length}\r\n\r\n{body}"
            )
        };
        Self(bodies.map(|body| request(body).into_bytes()).collect())
    }
}

/// Asks the first question once: status and body of the answer.
pub fn ask_once(server: SocketAddr, asked: &Asked) -> (u16, Vec<u8>) {
    runtime().block_on(async {
        let mut connection = Connection::open(server).await;
        let (status, length) = connection.ask(&asked.0[0]).await;
        (status, connection.read[connection.read.len() - length..].to_vec())
    })
}

/// Asks over all connections for a while, on a thread of its own; everything must be answered with 200.
pub fn ask(server: SocketAddr, asked: &Arc<Asked>, options: &Options) -> Measure {
    let run = |measured| {
        let asked = Arc::clone(asked);
        let client = std::thread::spawn(move || runtime().block_on(all(server, asked, measured)));
        client.join().expect("the client got its answers")
    };
    run(options.warm_up());
    run(options.measured())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn all(server: SocketAddr, asked: Arc<Asked>, measured: Duration) -> Measure {
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(server).await);
    }
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (number, connection) in connections.into_iter().enumerate() {
        tasks.spawn(one(connection, number, Arc::clone(&asked), begun, measured));
    }
    let waits = tasks.join_all().await.concat();
    let seconds = begun.elapsed().as_secs_f64();
    let figure = f64::from(u32::try_from(waits.len()).unwrap()) / seconds;
    Measure { figure, p99: p99(waits) }
}

/// Asks over one connection for a while; everything must be answered with 200.
pub async fn ask_over_one(server: SocketAddr, asked: Arc<Asked>, measured: Duration) -> Measure {
    let connection = Connection::open(server).await;
    let waits = one(connection, 0, asked, Instant::now(), measured).await;
    let p99 = p99(waits);
    Measure { figure: p99.unwrap_or_default().as_secs_f64() * 1e3, p99 }
}

/// Asks over one connection, whatever the answers are, until it is told to stop; answers how many there were of 200 and of
/// 429.
pub async fn flood(server: SocketAddr, asked: Arc<Asked>, over: Arc<AtomicBool>) -> (u64, u64) {
    let mut connection = Connection::open(server).await;
    let (mut through, mut refused) = (0, 0);
    for request in asked.0.iter().cycle() {
        if over.load(Ordering::Relaxed) {
            break;
        }
        match connection.ask(request).await.0 {
            200 => through += 1,
            429 => refused += 1,
            other => panic!("a flood is answered with {other}"),
        }
    }
    (through, refused)
}

async fn one(
    mut connection: Connection,
    number: usize,
    asked: Arc<Asked>,
    begun: Instant,
    measured: Duration,
) -> Vec<Duration> {
    let mut waits = Vec::new();
    for request in asked.0.iter().cycle().skip(number) {
        let sent = Instant::now();
        if sent.duration_since(begun) >= measured {
            break;
        }
        let (status, _) = connection.ask(request).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&connection.read));
        waits.push(sent.elapsed());
    }
    waits
}

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::with_capacity(8_192) }
    }

    /// Sends a request and reads its answer: the status and the length of the body, which ends `self.read`.
    async fn ask(&mut self, request: &[u8]) -> (u16, usize) {
        self.stream.write_all(request).await.unwrap();
        self.read.clear();
        loop {
            let more = self.stream.read_buf(&mut self.read).await.unwrap();
            assert!(more > 0, "the server hung up");
            if let Some((status, length, missing)) = head(&self.read)
                && missing == 0
            {
                return (status, length);
            }
        }
    }
}

/// The status, the length of the body, and how much of it is missing; `None` while the head is not whole.
fn head(read: &[u8]) -> Option<(u16, usize, usize)> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&read[..end]).expect("a head is ASCII");
    let mut lines = text.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().expect("a status is a number");
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let length = length.expect("the servers say how long their answers are");
    Some((status, length, (end + length).saturating_sub(read.len())))
}
