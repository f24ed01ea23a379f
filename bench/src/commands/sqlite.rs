//! SQLite as an event store: bundled, WAL, synchronous=FULL, one writer that batches what waits into one transaction.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{CachedStatement, Connection, params};

use super::line::Line;
use super::load::Store;
use super::record::{Heads, Record, Records, Shape};

/// The store.
pub struct Sqlite {
    line: Arc<Line<Record>>,
    shape: Arc<Shape>,
    heads: Arc<Heads>,
    writer: Option<JoinHandle<()>>,
}

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -262144;
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        stream BLOB NOT NULL,
        revision INTEGER NOT NULL,
        command BLOB NOT NULL UNIQUE,
        body BLOB NOT NULL,
        UNIQUE (stream, revision)
    );";
const HEAD: &str = "SELECT max(revision) FROM events WHERE stream = ?1";
const INSERT: &str = "INSERT INTO events (stream, revision, command, body) VALUES (?1, ?2, ?3, ?4)";

impl Sqlite {
    /// The store in this folder.
    pub fn make(folder: &Path, shape: Arc<Shape>) -> Self {
        let connection = Connection::open(folder.join("sqlite.db")).unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let line = Arc::new(Line::default());
        let theirs = Arc::clone(&line);
        let writer = std::thread::spawn(move || write(connection, &theirs));
        Self { line, shape, heads: Arc::default(), writer: Some(writer) }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.line.close();
        let ended = self.writer.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))), "SQLite's writer broke");
    }
}

fn write(mut connection: Connection, line: &Line<Record>) {
    while let Some(waiting) = line.take() {
        let transaction = connection.transaction().unwrap();
        {
            let mut head = transaction.prepare_cached(HEAD).unwrap();
            let mut insert = transaction.prepare_cached(INSERT).unwrap();
            for (record, _) in &waiting {
                append(&mut head, &mut insert, record);
            }
        }
        transaction.commit().unwrap();
        for (_, answer) in waiting {
            answer.send(()).expect("callers wait");
        }
    }
}

/// Appends where the stream is expected to be. That the command is new is said by its unique index.
fn append(head: &mut CachedStatement<'_>, insert: &mut CachedStatement<'_>, record: &Record) {
    let Record { stream, revision, command, body } = record;
    let newest: Option<i64> = head.query_row([stream.as_bytes()], |row| row.get(0)).unwrap();
    assert_eq!(newest.map_or(0, |newest| newest + 1), *revision, "the stream is where it was");
    insert.execute(params![stream.as_bytes(), revision, command.as_bytes(), body]).unwrap();
}

impl Store for Sqlite {
    type Caller = Records;

    fn caller(&self, number: usize, callers: usize) -> Records {
        Heads::caller(&self.heads, number, callers)
    }

    async fn command(&self, caller: &mut Records) {
        self.line.serve(caller.next(&self.shape)).await;
    }
}
