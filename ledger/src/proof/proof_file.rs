//! Proofs as files that can be mailed: a path of hashes, and the signed checkpoint that it leads to. Inclusion as C2SP
//! tlog-proof has it; consistency, for which there is no such format, in the same spirit. Reading a file proves nothing
//! yet: that is the verifier's work.

use std::fmt::Write as _;

use super::checkpoint::parse_decimal;
use super::note::NOTE_BYTES_MAX;
use super::tree::{PATH_LENGTH_MAX, TreeHash};

/// The first line of a proof of inclusion.
pub const INCLUSION_MAGIC: &str = "c2sp.org/tlog-proof@v1";

/// The first line of a proof of consistency.
pub const CONSISTENCY_MAGIC: &str = "deedbook.consistency-proof@v1";

/// The longest proof that is read, in bytes: a note of the longest kind, and as much again for the lines before it.
pub const PROOF_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX;

/// That an entry is in the log, at this place.
///
/// ```text
/// c2sp.org/tlog-proof@v1
/// index 73894
/// <hash, from the leaf's sibling up>
///
/// <signed checkpoint>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// The number of the leaf.
    pub index: u64,
    /// The hashes from the leaf's sibling up.
    pub path: Vec<TreeHash>,
    /// The signed checkpoint, as the log published it.
    pub checkpoint: String,
}

/// That a log at one checkpoint only adds to what it was at an earlier one.
///
/// ```text
/// deedbook.consistency-proof@v1
/// old 73894 <root>
/// <hash, in the order of RFC 9162>
///
/// <signed checkpoint of the later size>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The size at the earlier checkpoint.
    pub old_size: u64,
    /// The root at the earlier checkpoint.
    pub old_root: TreeHash,
    /// The hashes, in the order of RFC 9162.
    pub path: Vec<TreeHash>,
    /// The signed later checkpoint, as the log published it.
    pub checkpoint: String,
}

/// Why a text is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// The text is longer than what is read.
    #[error("the proof is longer than 131072 bytes")]
    TooLong,
    /// The first line is not that of a kind and version that is known.
    #[error("the first line does not name a kind of proof that is known here")]
    Magic,
    /// The line of the index is missing or malformed.
    #[error("the proof's index is missing or not a decimal number below 2^63")]
    Index,
    /// The line of opaque data is not base64.
    #[error("the proof's extra line is not standard base64")]
    Extra,
    /// The line of the earlier checkpoint is missing or malformed.
    #[error("the proof's line on the old checkpoint is missing or malformed")]
    Old,
    /// A line of the path is not a hash.
    #[error("a line of the proof's path is not 32 bytes in standard base64")]
    Hash,
    /// There are more hashes than any proof has.
    #[error("the proof's path is longer than 64 hashes")]
    PathTooLong,
    /// There is no checkpoint, or one that is too long.
    #[error("the proof's checkpoint is missing or longer than 65536 bytes")]
    Checkpoint,
}

impl InclusionProof {
    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let head = format!("{INCLUSION_MAGIC}\nindex {}\n", self.index);
        finish(head, &self.path, &self.checkpoint)
    }

    /// The proof that this text is. A line of `extra` data is accepted and not looked at: nothing vouches for it.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, ProofFileError> {
        let rest = begin(text, INCLUSION_MAGIC)?;
        let (mut line, mut rest) = next_line(rest).ok_or(ProofFileError::Index)?;
        if let Some(extra) = line.strip_prefix("extra ") {
            check_extra(extra)?;
            (line, rest) = next_line(rest).ok_or(ProofFileError::Index)?;
        }
        let index = line.strip_prefix("index ").and_then(parse_decimal);
        let index = index.ok_or(ProofFileError::Index)?;
        let (path, checkpoint) = path_and_checkpoint(rest)?;
        Ok(Self { index, path, checkpoint })
    }
}

impl ConsistencyProof {
    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let head = format!("{CONSISTENCY_MAGIC}\nold {} {}\n", self.old_size, self.old_root);
        finish(head, &self.path, &self.checkpoint)
    }

    /// The proof that this text is.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, ProofFileError> {
        let rest = begin(text, CONSISTENCY_MAGIC)?;
        let (line, rest) = next_line(rest).ok_or(ProofFileError::Old)?;
        let (old_size, old_root) = parse_old(line).ok_or(ProofFileError::Old)?;
        let (path, checkpoint) = path_and_checkpoint(rest)?;
        Ok(Self { old_size, old_root, path, checkpoint })
    }
}

fn finish(head: String, path: &[TreeHash], checkpoint: &str) -> String {
    let mut text = head;
    for hash in path {
        // Writing to a text in memory does not fail.
        let _ = writeln!(text, "{hash}");
    }
    text.push('\n');
    text.push_str(checkpoint);
    text
}

fn begin<'a>(text: &'a str, magic: &str) -> Result<&'a str, ProofFileError> {
    if text.len() > PROOF_BYTES_MAX {
        return Err(ProofFileError::TooLong);
    }
    match next_line(text) {
        Some((line, rest)) if line == magic => Ok(rest),
        Some(_) | None => Err(ProofFileError::Magic),
    }
}

fn next_line(text: &str) -> Option<(&str, &str)> {
    text.split_once('\n')
}

fn check_extra(extra: &str) -> Result<(), ProofFileError> {
    use base64ct::{Base64, Encoding};
    Base64::decode_vec(extra).map(|_| ()).map_err(|_| ProofFileError::Extra)
}

fn parse_old(line: &str) -> Option<(u64, TreeHash)> {
    let (size, root) = line.strip_prefix("old ")?.split_once(' ')?;
    Some((parse_decimal(size)?, root.parse().ok()?))
}

/// The lines of hashes up to the blank one, and everything after it.
fn path_and_checkpoint(text: &str) -> Result<(Vec<TreeHash>, String), ProofFileError> {
    let (mut path, mut rest) = (Vec::new(), text);
    loop {
        let (line, after) = next_line(rest).ok_or(ProofFileError::Checkpoint)?;
        rest = after;
        if line.is_empty() {
            break;
        }
        if path.len() == PATH_LENGTH_MAX {
            return Err(ProofFileError::PathTooLong);
        }
        path.push(line.parse().map_err(|_| ProofFileError::Hash)?);
    }
    if rest.is_empty() || rest.len() > NOTE_BYTES_MAX {
        return Err(ProofFileError::Checkpoint);
    }
    Ok((path, rest.to_owned()))
}

#[cfg(test)]
mod tests;
