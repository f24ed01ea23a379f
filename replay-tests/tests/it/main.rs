//! What must hold for ever, in one program: the rules of the house, the laws, and what released ledgers say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its own functions too"
)]

mod authority;
mod golden;
mod house;
mod laws;
mod order;
mod simulated;
mod tamper;
mod tamper_sealed;
