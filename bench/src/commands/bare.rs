//! The limit: a loop that writes what the embedded log writes and does nothing else. No rules, no hashes, no
//! index, no views; the frame, its mirror and the tail slot are as long as the real ones and mean nothing.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::line::Line;
use super::load::Store;
use super::record::Shape;
use crate::chance::Chance;

const BLOCK_BYTES: u64 = 4_096;
const FRAME_BYTES_MAX: usize = 1024 * 1024;
const FILE_BYTES: u64 = 64 * 1024 * 1024;
/// What the header and the hash of a frame take.
const FRAME_OVERHEAD_BYTES: usize = 96 + 32;
const SLOT_BYTES: usize = 104;
const DATA_OFFSET: u64 = BLOCK_BYTES * 3 + 2 * 1024 * 1024;

/// The loop.
pub struct BareLoop {
    line: Arc<Line<Vec<u8>>>,
    shape: Arc<Shape>,
    writer: Option<JoinHandle<()>>,
}

impl BareLoop {
    /// The loop over a file in this folder.
    pub fn make(folder: &Path, shape: Arc<Shape>) -> Self {
        let mut options = OpenOptions::new();
        let file = options.create_new(true).write(true).open(folder.join("bare.log")).unwrap();
        let zeros = vec![0; FRAME_BYTES_MAX];
        for offset in (0..FILE_BYTES).step_by(zeros.len()) {
            file.write_all_at(&zeros, offset).unwrap();
        }
        file.sync_all().unwrap();
        let line = Arc::new(Line::default());
        let theirs = Arc::clone(&line);
        let writer = std::thread::spawn(move || write(&file, &theirs));
        Self { line, shape, writer: Some(writer) }
    }
}

impl Drop for BareLoop {
    fn drop(&mut self) {
        self.line.close();
        let ended = self.writer.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))), "the bare loop broke");
    }
}

fn write(file: &File, line: &Line<Vec<u8>>) {
    let (mut batch, mut offset) = (0_u64, DATA_OFFSET);
    while let Some(mut waiting) = line.take() {
        while !waiting.is_empty() {
            let mut frame = vec![1; FRAME_OVERHEAD_BYTES];
            let mut answers = Vec::with_capacity(waiting.len());
            while let Some((record, answer)) = waiting.pop_front() {
                frame.extend_from_slice(&record);
                answers.push(answer);
                let next = waiting.front().map_or(0, |(record, _)| record.len());
                if frame.len() + next > FRAME_BYTES_MAX {
                    break;
                }
            }
            frame.resize(frame.len().next_multiple_of(8), 0);
            let bytes = u64::try_from(frame.len()).unwrap();
            // The real log goes on in the next file; over the same blocks again the disk has the same to do.
            if offset + bytes > FILE_BYTES {
                offset = DATA_OFFSET;
            }
            file.write_all_at(&frame, offset).unwrap();
            let mirror = BLOCK_BYTES * 3 + (batch % 2) * 1024 * 1024;
            file.write_all_at(&frame, mirror).unwrap();
            file.sync_data().unwrap();
            file.write_all_at(&[2; SLOT_BYTES], BLOCK_BYTES * (1 + batch % 2)).unwrap();
            offset += bytes;
            batch += 1;
            for answer in answers {
                answer.send(()).expect("callers wait");
            }
        }
    }
}

impl Store for BareLoop {
    type Caller = Chance;

    fn caller(&self, number: usize, _: usize) -> Chance {
        Chance::new(u64::try_from(number).unwrap())
    }

    async fn command(&self, caller: &mut Chance) {
        self.line.serve(self.shape.body(caller)).await;
    }
}
