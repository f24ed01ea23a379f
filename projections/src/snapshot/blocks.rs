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

/// A file, and the hash of all of it but the last bytes.
pub(super) fn read(path: &Path, without: usize) -> io::Result<(Vec<u8>, [u8; 32])> {
    let length = usize::try_from(File::open(path)?.metadata()?.len());
    let length = length.map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    let mut bytes = vec![0; length];
    let hashed = length.saturating_sub(without);
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let blocks = length.div_ceil(BLOCK_BYTES).div_ceil(threads).max(1);
    let part = blocks.saturating_mul(BLOCK_BYTES);
    let hashes = thread::scope(|scope| {
        let parts = bytes.chunks_mut(part).zip((0..).step_by(part));
        let threads: Vec<_> = parts
            .map(|(part, from)| scope.spawn(move || read_part(path, part, from, hashed)))
            .collect();
        threads.into_iter().map(super::done).collect::<io::Result<Vec<_>>>()
    })?;
    let mut all = blake3::Hasher::new();
    hashes.iter().flatten().for_each(|hash| _ = all.update(hash));
    all.update(&count(hashed).to_le_bytes());
    Ok((bytes, *all.finalize().as_bytes()))
}

/// Fills a part of the bytes, and hashes the blocks of it that come before `end`.
fn read_part(path: &Path, part: &mut [u8], from: usize, end: usize) -> io::Result<Vec<[u8; 32]>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(count(from)))?;
    let mut hashes = Vec::with_capacity(part.len().div_ceil(BLOCK_BYTES));
    for (block, at) in part.chunks_mut(BLOCK_BYTES).zip((from..).step_by(BLOCK_BYTES)) {
        file.read_exact(block)?;
        let hashed = block.get(..end.saturating_sub(at).min(block.len())).unwrap_or_default();
        if !hashed.is_empty() {
            hashes.push(*blake3::hash(hashed).as_bytes());
        }
    }
    Ok(hashes)
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
                let (bytes, hash) = read(&path, 3).unwrap();
                assert_eq!(bytes.len(), length + 3);
                assert_eq!(hash, hasher.finish(), "{length} bytes by {step}");
            }
        }
    }
}
