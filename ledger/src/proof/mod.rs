//! The arithmetic of proofs: what commits to what. Shared by the log that writes and the verifier that checks.
//! Knows nothing of keys, files or the network.

pub mod content;

pub use content::{content_root, part_commitment};
