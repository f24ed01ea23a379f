//! The adapters of the log from outside: what all of them promise, and what the embedded one does on disks that
//! tear, rot, fill up and fail.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test binary: what cannot be is a failed test"
)]

mod conformance;
mod copy;
mod crashes;
mod damage;
mod driven;
mod exhaustive;
mod failing;
mod files;
mod flips;
mod ledgers;
mod model;
mod recovery;
mod sealing;
