//! The measured comparisons with what a user would pick instead: each workload runs every engine in interleaved
//! rounds, in one run, on one machine, and says what it found as rows of one table. Nothing depends on it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this crate measures: whatever goes wrong ends the run, and no figure is written"
)]

pub mod chance;
pub mod check;
pub mod commands;
pub mod machine;
pub mod neighbours;
pub mod opening;
pub mod options;
pub mod replay;
pub mod report;
pub mod rounds;
pub mod row;
pub mod sealing;
pub mod traffic;
pub mod workload;
pub mod world;
