//! The rules: who may get what, how time counts, what is allowed and why; and the arithmetic of proofs.
//! Pure: no clock, no randomness, no I/O, no async, no hash maps.

pub mod decider;
pub mod proof;

pub use decider::{Context, Decider, Decision, Rejection};
