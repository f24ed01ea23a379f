//! Log lines on their way to standard error, by a thread of their own: whoever reads them and stops reading holds up
//! nobody who works.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use super::LogFormat;

/// How many lines wait for their reader before further ones are dropped.
const LINES_WAITING_MAX: usize = 4_096;
/// How long an error, and the end of the program, waits for what was said to be read. An error may be the last thing
/// that this process says.
const READ_WITHIN: Duration = Duration::from_secs(1);

/// How far the lines are.
#[derive(Debug, Default)]
struct Progress {
    sent: u64,
    written: u64,
    dropped: u64,
    /// Nobody read within the time; until something is read again, nobody waits.
    stalled: bool,
}

/// Where log lines are put. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    to: SyncSender<Vec<u8>>,
    progress: Arc<(Mutex<Progress>, Condvar)>,
}

impl Lines {
    /// Begins to write what is put here, to where the lines go.
    pub(super) fn begin(format: LogFormat, out: impl Write + Send + 'static) -> io::Result<Self> {
        let (to, lines) = sync_channel(LINES_WAITING_MAX);
        let progress = Arc::new((Mutex::new(Progress::default()), Condvar::new()));
        let shared = Arc::clone(&progress);
        std::thread::Builder::new()
            .name("log lines".to_owned())
            .spawn(move || write_all(format, out, &lines, &shared))?;
        Ok(Self { to, progress })
    }

    fn put(&self, line: &[u8]) {
        let (progress, _) = &*self.progress;
        // Counted first: the other thread may be quicker.
        progress.lock().unwrap_or_else(PoisonError::into_inner).sent += 1;
        match self.to.try_send(line.to_vec()) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                progress.sent -= 1;
                progress.dropped += 1;
            }
        }
    }

    /// Waits until all that was put is written; not for long, and not again while nobody reads.
    pub(super) fn settle(&self) {
        let (progress, moved) = &*self.progress;
        let guard = progress.lock().unwrap_or_else(PoisonError::into_inner);
        let behind =
            |progress: &mut Progress| progress.written < progress.sent && !progress.stalled;
        let waited = moved.wait_timeout_while(guard, READ_WITHIN, behind);
        let (mut guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
        guard.stalled = guard.written < guard.sent;
    }
}

fn write_all(
    format: LogFormat,
    mut out: impl Write,
    lines: &Receiver<Vec<u8>>,
    shared: &(Mutex<Progress>, Condvar),
) {
    let (progress, moved) = shared;
    while let Ok(line) = lines.recv() {
        // Nobody is left to be told that nobody can be told.
        let _ = out.write_all(&line);
        let dropped =
            std::mem::take(&mut progress.lock().unwrap_or_else(PoisonError::into_inner).dropped);
        if dropped > 0 {
            let _ = out.write_all(said(format, dropped).as_bytes());
        }
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.written += 1;
        progress.stalled = false;
        moved.notify_all();
    }
}

fn said(format: LogFormat, dropped: u64) -> String {
    let message = "log lines were dropped: nobody read them in time";
    match format {
        LogFormat::Text => format!(" WARN {message} dropped={dropped}\n"),
        LogFormat::Json => {
            let line =
                serde_json::json!({ "level": "WARN", "message": message, "dropped": dropped });
            format!("{line}\n")
        }
    }
}

/// One line, on its way.
pub(super) struct Line<'a> {
    lines: &'a Lines,
    text: Vec<u8>,
    settles: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.lines.put(&self.text);
        if self.settles {
            self.lines.settle();
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, text: Vec::new(), settles: false }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line<'a> {
        Line { lines: self, text: Vec::new(), settles: *meta.level() == Level::ERROR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that reads when it is let.
    #[derive(Clone, Default)]
    struct Reader(Arc<(Mutex<Reading>, Condvar)>);

    /// Whether it reads, and what it read.
    type Reading = (bool, Vec<u8>);

    impl Reader {
        fn reads(&self, reads: bool) {
            self.0.0.lock().unwrap().0 = reads;
            self.0.1.notify_all();
        }

        /// What it read, once that holds this.
        fn read_until(&self, holds: &str) -> String {
            let lacks = |(_, read): &mut Reading| !String::from_utf8_lossy(read).contains(holds);
            let reading = self.0.1.wait_while(self.0.0.lock().unwrap(), lacks).unwrap();
            String::from_utf8(reading.1.clone()).unwrap()
        }

        fn read(&self) -> String {
            String::from_utf8(self.0.0.lock().unwrap().1.clone()).unwrap()
        }
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (state, changed) = &*self.0;
            let mut state =
                changed.wait_while(state.lock().unwrap(), |(reads, _)| !*reads).unwrap();
            state.1.extend_from_slice(bytes);
            changed.notify_all();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_does_not_read_holds_up_nobody_and_is_told_what_was_dropped() {
        let reader = Reader::default();
        let lines = Lines::begin(LogFormat::Json, reader.clone()).unwrap();
        let many = LINES_WAITING_MAX + 100;
        for number in 0..many {
            lines.put(format!("line {number}\n").as_bytes());
        }
        // Comes back, though nothing is read.
        lines.settle();
        lines.settle();
        reader.reads(true);
        // What the thread had taken, those that waited, and what was dropped.
        let read = reader.read_until("\"dropped\":");
        assert!(read.starts_with("line 0\n"), "{read}");
    }

    #[test]
    fn lines_arrive_whole_and_in_order() {
        let reader = Reader::default();
        reader.reads(true);
        let lines = Lines::begin(LogFormat::Text, reader.clone()).unwrap();
        for number in 0..100 {
            let mut line = lines.make_writer();
            write!(line, "line ").unwrap();
            writeln!(line, "{number}").unwrap();
        }
        lines.settle();
        let expected: String = (0..100).map(|number| format!("line {number}\n")).collect();
        assert_eq!(reader.read(), expected);
    }
}
