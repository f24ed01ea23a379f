//! PostgreSQL as an event store, in a cluster of its own that is started for the run and thrown away after it:
//! a transaction each over 64 connections, and one connection that batches what waits.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::load::Store;
use super::record::{Heads, Record, Records, Shape};

/// A running cluster; stopped and removed when this is dropped.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
}

const SETTINGS: &str = "-c listen_addresses='' -c max_connections=100 -c shared_buffers=256MB \
    -c fsync=on -c synchronous_commit=on -c full_page_writes=on -c max_wal_size=4GB";
/// PostgreSQL will not run as root; Debian's package makes this user for it.
const USER: &str = "postgres";
/// Its home, where it may come in: a folder of root's own is closed to it.
const HOME: &str = "/var/lib/postgresql";

impl Cluster {
    /// Starts a cluster in this folder; `None` when PostgreSQL is not installed or may not be started.
    pub fn start(folder: &Path) -> Option<Self> {
        let programs = programs()?;
        let folder = if is_root() { Path::new(HOME) } else { folder };
        let folder = folder.join(format!("bench-{}", std::process::id()));
        std::fs::create_dir(&folder)
            .inspect_err(|error| {
                eprintln!("  PostgreSQL is left out: {}: {error}", folder.display())
            })
            .ok()?;
        if is_root() {
            let owned = Command::new("chown").arg(USER).arg(&folder).status();
            owned.ok().filter(std::process::ExitStatus::success)?;
        }
        let cluster = Self { folder, programs };
        let data = cluster.folder.join("data");
        cluster.run("initdb", &["-D", data.to_str()?, "-U", USER, "-A", "trust", "-N"])?;
        let options = format!("{SETTINGS} -k {}", cluster.folder.display());
        let log = cluster.folder.join("log");
        let start = ["-D", data.to_str()?, "-l", log.to_str()?, "-o", &options, "-w", "start"];
        cluster.run("pg_ctl", &start)?;
        Some(cluster)
    }

    /// Runs one of the cluster's programs, as its own user where we are root.
    fn run(&self, program: &str, arguments: &[&str]) -> Option<()> {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // Not inherited: a server that keeps our output open would keep whoever reads it waiting.
        let quiet = std::fs::File::create(self.folder.with_extension(program)).ok()?;
        let (out, err) = (quiet.try_clone().ok()?, quiet);
        let status = command.args(arguments).current_dir("/").stdout(out).stderr(err).status();
        let ended = status.ok().filter(std::process::ExitStatus::success);
        if ended.is_none() {
            eprintln!("  PostgreSQL is left out: {program} failed");
        }
        ended.map(|_| ())
    }

    async fn connect(&self) -> Client {
        let mut config = Config::new();
        config.host_path(&self.folder).user(USER).dbname(USER);
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let data = data.to_string_lossy();
        if self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]).is_none() {
            eprintln!("  PostgreSQL in {data} was not stopped");
            return;
        }
        let quiet = ["initdb", "pg_ctl"].map(|program| self.folder.with_extension(program));
        quiet.iter().for_each(|file| _ = std::fs::remove_file(file));
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("  {} stays: {error}", self.folder.display());
        }
    }
}

/// Whether PostgreSQL can take part on this machine.
#[must_use]
pub fn is_installed() -> bool {
    programs().is_some()
}

/// The folder with Debian's programs of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn schema(table: &str) -> String {
    format!(
        "CREATE TABLE {table} (
            position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            stream bytea NOT NULL,
            revision bigint NOT NULL,
            command bytea NOT NULL UNIQUE,
            body bytea NOT NULL,
            UNIQUE (stream, revision)
        )"
    )
}

/// Connections with a transaction each.
pub struct Pooled {
    connections: Vec<Mutex<(Client, Statement)>>,
    shape: Arc<Shape>,
    heads: Arc<Heads>,
}

const CONNECTIONS: usize = 64;
const INSERT_ONE: &str = "INSERT INTO pooled (stream, revision, command, body)
    SELECT $1::bytea, $2::bigint, $3::bytea, $4::bytea
    WHERE coalesce((SELECT max(revision) FROM pooled WHERE stream = $1), -1) = $2 - 1";

impl Pooled {
    /// The store in this cluster.
    pub async fn connect(cluster: &Cluster, shape: Arc<Shape>) -> Self {
        cluster.connect().await.batch_execute(&schema("pooled")).await.unwrap();
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let client = cluster.connect().await;
            let insert = client.prepare(INSERT_ONE).await.unwrap();
            connections.push(Mutex::new((client, insert)));
        }
        Self { connections, shape, heads: Arc::default() }
    }
}

impl Store for Pooled {
    type Caller = (usize, Records);

    fn caller(&self, number: usize, callers: usize) -> Self::Caller {
        (number, Heads::caller(&self.heads, number, callers))
    }

    async fn command(&self, (number, records): &mut Self::Caller) {
        let Record { stream, revision, command, body } = records.next(&self.shape);
        let connection = self.connections[*number % CONNECTIONS].lock().await;
        let (client, insert) = &*connection;
        let (stream, command) = (stream.as_bytes().as_slice(), command.as_bytes().as_slice());
        let written = client.execute(insert, &[&stream, &revision, &command, &body]).await;
        assert_eq!(written.unwrap(), 1, "the stream is where it was");
    }
}

/// One connection that puts what waits into one transaction.
pub struct Batched {
    line: mpsc::UnboundedSender<(Record, oneshot::Sender<()>)>,
    shape: Arc<Shape>,
    heads: Arc<Heads>,
}

const INSERT_MANY: &str = "INSERT INTO batched (stream, revision, command, body)
    SELECT new.stream, new.revision, new.command, new.body
    FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[])
        AS new (stream, revision, command, body)
    WHERE coalesce((SELECT max(revision) FROM batched old WHERE old.stream = new.stream), -1)
        = new.revision - 1";
/// How many records go into one transaction: all that can wait.
const BATCH_MAX: usize = 1_024;

impl Batched {
    /// The store in this cluster.
    pub async fn connect(cluster: &Cluster, shape: Arc<Shape>) -> Self {
        let client = cluster.connect().await;
        client.batch_execute(&schema("batched")).await.unwrap();
        let insert = client.prepare(INSERT_MANY).await.unwrap();
        let (line, mut waiting) = mpsc::unbounded_channel::<(Record, oneshot::Sender<()>)>();
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
                append(&client, &insert, &mut batch).await;
            }
        });
        Self { line, shape, heads: Arc::default() }
    }
}

/// Appends where the streams are expected to be. In one batch a stream comes once: its caller waits.
async fn append(
    client: &Client,
    insert: &Statement,
    batch: &mut Vec<(Record, oneshot::Sender<()>)>,
) {
    let streams: Vec<_> = batch.iter().map(|(one, _)| one.stream.as_bytes().as_slice()).collect();
    let revisions: Vec<_> = batch.iter().map(|(one, _)| one.revision).collect();
    let commands: Vec<_> = batch.iter().map(|(one, _)| one.command.as_bytes().as_slice()).collect();
    let bodies: Vec<_> = batch.iter().map(|(one, _)| one.body.as_slice()).collect();
    let written = client.execute(insert, &[&streams, &revisions, &commands, &bodies]).await;
    let expected = u64::try_from(batch.len()).unwrap();
    assert_eq!(written.unwrap(), expected, "the streams are where they were");
    for (_, answer) in batch.drain(..) {
        answer.send(()).expect("callers wait");
    }
}

impl Store for Batched {
    type Caller = Records;

    fn caller(&self, number: usize, callers: usize) -> Records {
        Heads::caller(&self.heads, number, callers)
    }

    async fn command(&self, caller: &mut Records) {
        let (answer, answered) = oneshot::channel();
        self.line.send((caller.next(&self.shape), answer)).expect("the writer lives");
        answered.await.expect("the writer answers everybody");
    }
}
