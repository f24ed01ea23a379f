//! The hash of a snapshot: over the hashes of its blocks, so that all cores read and hash it side by
//! side. Knows nothing of what is in it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;

/// How many bytes are hashed for themselves.
const BLOCK_BYTES: usize = 1 << 20;

/// The most threads that read one file.
const THREADS_MAX: usize = 8;

/// Hashes bytes that come one after the other.
pub(super) struct BlockHasher {
    block: blake3::Hasher,
    filled: usize,
    all: blake3::Hasher,
    bytes: u64,
}

impl BlockHasher {
    pub(super) fn new() -> Self {
        Self { block: blake3::Hasher::new(), filled: 0, all: blake3::Hasher::new(), bytes: 0 }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while let Some((head, rest)) = bytes
            .split_at_checked(BLOCK_BYTES.saturating_sub(self.filled))
            .filter(|_| !bytes.is_empty())
        {
            self.block.update(head);
            self.all.update(self.block.finalize().as_bytes());
            self.block.reset();
            self.bytes = self.bytes.saturating_add(count(self.filled.saturating_add(head.len())));
            self.filled = 0;
            bytes = rest;
        }
        self.block.update(bytes);
        self.filled = self.filled.saturating_add(bytes.len());
    }

    pub(super) fn finish(mut self) -> [u8; 32] {
        if self.filled > 0 {
            self.all.update(self.block.finalize().as_bytes());
            self.bytes = self.bytes.saturating_add(count(self.filled));
        }
        self.all.update(&self.bytes.to_le_bytes());
        *self.all.finalize().as_bytes()
    }
}

/// A file in two pieces. Each is a buffer of its own, so that one can be let go while the other stays.
pub(super) struct Pieces {
    pub(super) head: Vec<u8>,
    pub(super) tail: Vec<u8>,
    /// Over all of the file but the last bytes.
    pub(super) hash: [u8; 32],
}

/// Reads a file, cut here, and hashes it without its last bytes.
pub(super) fn read(path: &Path, cut: u64, without: usize) -> io::Result<Pieces> {
    let length = File::open(path)?.metadata()?.len();
    let cut = cut.min(length);
    let (head, tail) = thread::scope(|scope| {
        let head = scope.spawn(|| read_piece(path, 0, cut));
        let tail = read_piece(path, cut, length.saturating_sub(cut));
        Ok::<_, io::Error>((super::done(head)?, tail?))
    })?;
    let hash = hash(&head, &tail, without);
    Ok(Pieces { head, tail, hash })
}

/// Bytes of a file, read into memory that nobody clears before.
fn read_piece(path: &Path, from: u64, length: u64) -> io::Result<Vec<u8>> {
    let wanted = usize::try_from(length);
    let wanted = wanted.map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::with_capacity(wanted);
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() == wanted { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The hash of two pieces as if they were one, without the last bytes.
fn hash(head: &[u8], tail: &[u8], without: usize) -> [u8; 32] {
    let hashed = head.len().saturating_add(tail.len()).saturating_sub(without);
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let blocks = hashed.div_ceil(BLOCK_BYTES);
    let share = blocks.div_ceil(threads).max(1);
    let hash_block = |block: usize| {
        let from = block.saturating_mul(BLOCK_BYTES);
        let to = from.saturating_add(BLOCK_BYTES).min(hashed);
        let mut hasher = blake3::Hasher::new();
        hasher.update(head.get(from..to.min(head.len())).unwrap_or_default());
        let (from, to) = (from.saturating_sub(head.len()), to.saturating_sub(head.len()));
        hasher.update(tail.get(from..to).unwrap_or_default());
        *hasher.finalize().as_bytes()
    };
    let hashes: Vec<Vec<[u8; 32]>> = thread::scope(|scope| {
        let shares = (0..blocks).step_by(share).map(|first| {
            let last = first.saturating_add(share).min(blocks);
            scope.spawn(move || (first..last).map(hash_block).collect())
        });
        let threads: Vec<_> = shares.collect();
        threads.into_iter().map(super::done).collect()
    });
    let mut all = blake3::Hasher::new();
    hashes.iter().flatten().for_each(|hash| _ = all.update(hash));
    all.update(&count(hashed).to_le_bytes());
    *all.finalize().as_bytes()
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_hash_that_was_made_while_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let text: Vec<u8> =
            (0..3 * BLOCK_BYTES + 99).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for length in [1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, text.len()] {
            for step in [1 << 10, BLOCK_BYTES, 3 * BLOCK_BYTES] {
                let mut hasher = BlockHasher::new();
                text[..length].chunks(step).for_each(|part| hasher.update(part));
                std::fs::write(&path, [&text[..length], b"end"].concat()).unwrap();
                let expected = hasher.finish();
                for cut in [0, 1, length / 2, BLOCK_BYTES, length, length + 3, length + 99] {
                    let Pieces { head, tail, hash } = read(&path, count(cut), 3).unwrap();
                    assert_eq!(head.len(), cut.min(length + 3));
                    assert_eq!([head, tail].concat(), [&text[..length], b"end"].concat());
                    assert_eq!(hash, expected, "{length} bytes by {step}, cut at {cut}");
                }
            }
        }
    }
}
