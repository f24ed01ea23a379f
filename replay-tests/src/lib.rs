//! What the tests that hold for ever share: seeded chance, a small HTTP client, and the real binary as a child.
//! Knows nothing of what it is used to prove.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this crate is only tests: they fail by panicking"
)]

pub mod answers;
pub mod api;
pub mod chance;
pub mod curtain;
pub mod fault;
pub mod fold;
pub mod forge;
pub mod golden;
pub mod http;
pub mod moves;
pub mod oracle;
pub mod orbit;
pub mod process;
pub mod sealed;
pub mod sim;
pub mod story;
pub mod vendor;
