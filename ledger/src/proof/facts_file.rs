//! Facts of the log in a file that can be carried: each with its header, its public body and the path to one signed
//! checkpoint. Nothing personal is in it. Changes of the key travel so, and erasures.

use std::fmt::Write as _;

use base64ct::{Base64, Encoding};
use schemas::envelope::HeaderError;
use schemas::ledger::LedgerFact;
use schemas::{FactSet as _, Header, LogPosition, OpenedPart, Part, StreamKind};

use super::checkpoint::{Checkpoint, parse_decimal};
use super::content::content_root;
use super::leaf::{leaf_entry, leaf_hash};
use super::note::{NOTE_BYTES_MAX, VerifierKey};
use super::rotation::RotationError;
use super::tree::{PATH_LENGTH_MAX, ProofError, TreeHash, verify_inclusion};
use super::trust::{TrustedKeys, Untrusted};

/// The first line of such a file.
pub const FACTS_MAGIC: &str = "deedbook.facts-proof@v1";

/// The longest file that is read, in bytes: some thirty thousand facts.
pub const FACTS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Facts, and the checkpoint that vouches for them.
///
/// ```text
/// deedbook.facts-proof@v1
/// event 73894 <header> <public body>
/// <hash, from the leaf's sibling up>
///
/// <signed checkpoint>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsProof {
    /// The facts, in the order of the log.
    pub facts: Vec<CarriedFact>,
    /// The signed checkpoint, as the log published it.
    pub checkpoint: String,
}

/// A fact as it is carried: nothing of it is to be believed before [`FactsProof::open`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedFact {
    /// Its position.
    pub index: u64,
    /// The canonical bytes of its header.
    pub header: Vec<u8>,
    /// Its public body, which is all of its body.
    pub body: Vec<u8>,
    /// The hashes from the leaf's sibling up.
    pub path: Vec<TreeHash>,
}

/// What a file showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenFacts {
    /// The facts: position, header, public body.
    pub facts: Vec<(LogPosition, Header, Vec<u8>)>,
    /// The keys that are believed now.
    pub keys: TrustedKeys,
    /// The checkpoint that vouches for them.
    pub checkpoint: Checkpoint,
}

/// Why a text is not such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactsFileError {
    /// It is longer than what is read.
    #[error("the file is longer than 64 MiB")]
    TooLong,
    /// The first line is another one.
    #[error("the first line does not name a file of facts")]
    Magic,
    /// A line is neither a fact nor a hash that follows one.
    #[error("line {line} is neither a fact nor a hash")]
    Line {
        /// Which.
        line: usize,
    },
    /// There are more hashes than any proof has.
    #[error("the path of a fact is longer than 64 hashes")]
    PathTooLong,
    /// There is no checkpoint, or one that is too long.
    #[error("the checkpoint is missing or longer than 65536 bytes")]
    Checkpoint,
}

/// Why the facts of a file are not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactsRefusal {
    /// A header is not one.
    #[error("the header of event {at} is not one")]
    Header {
        /// Which event.
        at: u64,
        /// What is wrong.
        #[source]
        source: HeaderError,
    },
    /// The facts are not in the order of the log.
    #[error("event {at} is not after the one before it")]
    Order {
        /// Which event.
        at: u64,
    },
    /// A change of the key is not one.
    #[error("event {at} makes nobody believe a new key")]
    Rotation {
        /// Which event.
        at: u64,
        /// Why not.
        #[source]
        source: RotationError,
    },
    /// The changes of the key are about other keys than those that were kept.
    #[error("the key that was kept is none of those that the file tells of")]
    OtherKeys,
    /// The checkpoint is not believed.
    #[error("the checkpoint is not believed")]
    Checkpoint(#[from] Untrusted),
    /// A fact is not in the log that was signed.
    #[error("event {at} is not in the log that was signed")]
    NotInTheLog {
        /// Which event.
        at: u64,
        /// What does not lead to the root.
        #[source]
        source: ProofError,
    },
}

impl FactsProof {
    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FACTS_MAGIC}\n");
        for CarriedFact { index, header, body, path } in &self.facts {
            let (header, body) = (Base64::encode_string(header), Base64::encode_string(body));
            // Writing to a text in memory does not fail.
            let _ = writeln!(text, "event {index} {header} {body}");
            for hash in path {
                let _ = writeln!(text, "{hash}");
            }
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// The file that this text is. Reading it proves nothing yet.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, FactsFileError> {
        if text.len() > FACTS_BYTES_MAX {
            return Err(FactsFileError::TooLong);
        }
        let (facts, checkpoint) = text.split_once("\n\n").ok_or(FactsFileError::Checkpoint)?;
        let mut lines = facts.split('\n').zip(1..);
        if lines.next().is_none_or(|(line, _)| line != FACTS_MAGIC) {
            return Err(FactsFileError::Magic);
        }
        let mut facts: Vec<CarriedFact> = Vec::new();
        for (text, line) in lines {
            let malformed = FactsFileError::Line { line };
            if text.starts_with("event ") {
                facts.push(CarriedFact::parse(text).ok_or(malformed)?);
                continue;
            }
            let path = &mut facts.last_mut().ok_or(malformed)?.path;
            if path.len() == PATH_LENGTH_MAX {
                return Err(FactsFileError::PathTooLong);
            }
            path.push(text.parse().map_err(|_| malformed)?);
        }
        if checkpoint.is_empty() || checkpoint.len() > NOTE_BYTES_MAX {
            return Err(FactsFileError::Checkpoint);
        }
        Ok(Self { facts, checkpoint: checkpoint.to_owned() })
    }

    /// What the file shows to somebody who kept these keys of the log: the changes of the key are followed first, then the
    /// checkpoint is looked at, then whether each fact is in the log that it signs.
    ///
    /// # Errors
    /// When any of it does not hold.
    pub fn open(&self, kept: &[VerifierKey]) -> Result<ProvenFacts, FactsRefusal> {
        let mut keys = TrustedKeys::of(kept);
        let mut facts: Vec<(LogPosition, Header, Vec<u8>)> = Vec::new();
        for fact in &self.facts {
            let at = fact.index;
            let header = Header::decode(&fact.header);
            let header = header.map_err(|source| FactsRefusal::Header { at, source })?;
            if facts.last().is_some_and(|(before, _, _)| before.0 >= at) {
                return Err(FactsRefusal::Order { at });
            }
            if let Some(LedgerFact::LogKeyRotated(rotated)) = ledger_fact(&header, &fact.body) {
                let taken = keys.take(LogPosition(at), &rotated);
                taken.map_err(|source| FactsRefusal::Rotation { at, source })?;
            }
            facts.push((LogPosition(at), header, fact.body.clone()));
        }
        if !keys.is_linked() {
            return Err(FactsRefusal::OtherKeys);
        }
        let checkpoint = keys.open(&self.checkpoint)?;
        for ((position, header, body), carried) in facts.iter().zip(&self.facts) {
            let root = content_root(header, &[Part::Public(body.clone())]);
            let leaf = leaf_hash(&leaf_entry(*position, &root));
            let (size, signed) = (checkpoint.size, &checkpoint.root);
            verify_inclusion(&leaf, position.0, size, &carried.path, signed)
                .map_err(|source| FactsRefusal::NotInTheLog { at: position.0, source })?;
        }
        Ok(ProvenFacts { facts, keys, checkpoint })
    }
}

impl CarriedFact {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("event ")?.split(' ');
        let index = parse_decimal(words.next()?)?;
        let mut bytes = || {
            let word = words.next()?;
            let bytes = Base64::decode_vec(word).ok()?;
            // One spelling each.
            (Base64::encode_string(&bytes) == word).then_some(bytes)
        };
        let (header, body) = (bytes()?, bytes()?);
        words.next().is_none().then_some(Self { index, header, body, path: Vec::new() })
    }
}

/// The fact about the ledger itself that this is, if it is one.
#[must_use]
pub fn ledger_fact(header: &Header, body: &[u8]) -> Option<LedgerFact> {
    let is_about_ledger = header.stream.kind == StreamKind::Ledger;
    let fact = || LedgerFact::decode(&header.wire_name, body, OpenedPart::None).ok();
    is_about_ledger.then(fact).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> FactsProof {
        let fact = |index, path| CarriedFact { index, header: vec![1, 2], body: vec![3], path };
        let facts = vec![fact(3, vec![TreeHash([4; 32]); 2]), fact(9, vec![])];
        FactsProof { facts, checkpoint: "log\n12\nroot\n\n\u{2014} log c2ln\n".to_owned() }
    }

    #[test]
    fn a_file_reads_back_as_it_was_written() {
        for file in [file(), FactsProof { facts: vec![], ..file() }] {
            assert_eq!(FactsProof::parse(&file.to_text()), Ok(file));
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_its_line() {
        let text = file().to_text();
        let refused = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            FactsProof::parse(&text.replacen(from, to, 1)).unwrap_err()
        };
        assert_eq!(refused("facts-proof@v1", "facts-proof@v2"), FactsFileError::Magic);
        assert_eq!(refused("event 3", "event 03"), FactsFileError::Line { line: 2 });
        assert_eq!(refused("event 3 AQI= Aw==", "event 3 AQI="), FactsFileError::Line { line: 2 });
        assert_eq!(refused("AQI= Aw==", "AQJ= Aw=="), FactsFileError::Line { line: 2 });
        assert_eq!(refused("event 3", "x\nevent 3"), FactsFileError::Line { line: 2 });
        assert_eq!(refused("event 9", "hash\nevent 9"), FactsFileError::Line { line: 5 });
        let hash = format!("{}\n", TreeHash([4; 32]));
        assert_eq!(refused(&hash, &hash.repeat(65)), FactsFileError::PathTooLong);
        let end = text.find("\n\n").unwrap();
        assert_eq!(FactsProof::parse(&text[..end]), Err(FactsFileError::Checkpoint));
        assert_eq!(FactsProof::parse(&text[..end + 2]), Err(FactsFileError::Checkpoint));
    }
}
