//! The real binary under faults of the system below it: calls that fail, disks that are full, and a kill before the n-th
//! call that changes a file. Needs `strace`, and fails where there is none.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its own functions too"
)]

mod calls;
mod full;
mod log_key;
mod places;
mod script;
mod sync;
