//! The arithmetic of proofs: what commits to what, and who signed it. Shared by the log that writes and the verifier that
//! checks. Knows nothing of files or the network; keys and hashes are given to it.

pub mod checkpoint;
pub mod content;
pub mod facts_file;
pub mod leaf;
pub mod licensing;
pub mod note;
pub mod proof_file;
pub mod rotation;
pub mod tile;
pub mod tree;
pub mod trust;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use content::{content_root, part_commitment};
pub use facts_file::{CarriedFact, FactsFileError, FactsProof, FactsRefusal, ProvenFacts};
pub use leaf::{leaf_entry, leaf_hash};
pub use note::{Note, NoteError, SignerKey, VerifierKey};
pub use proof_file::{ConsistencyProof, InclusionProof, ProofFileError};
pub use rotation::{KeyChain, Rotation, RotationError};
pub use tile::Tile;
pub use tree::{Frontier, NodeSource, ProofError, TreeHash};
pub use trust::{TrustedKeys, Untrusted};
