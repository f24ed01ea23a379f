//! The rules: who may get what, how time counts, what is allowed and why; and the arithmetic of
//! proofs. Pure: no clock, no randomness, no I/O, no async, no hash maps.

pub mod access;
pub mod account;
pub mod authority;
pub mod calendar;
pub mod claim;
pub mod decider;
pub mod domain_name;
pub mod entitlements;
pub mod evaluate;
pub mod ledger_stream;
pub mod license;
pub mod license_key;
pub mod meter;
pub mod notices;
pub mod policy;
pub mod product;
pub mod proof;
pub mod staff;
pub mod status;
pub mod timeline;

pub use decider::{Context, Decider, Decision, Rejection};
