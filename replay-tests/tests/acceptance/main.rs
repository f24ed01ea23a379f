//! The acceptance sentences, each through the doors that a user knocks at: GraphQL over HTTP and WebSocket.
//! The clock is the only thing that is not the service's own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its own functions too"
)]

mod bundles;
mod decisions;
mod devices;
mod doors;
mod entitlements;
mod history;
mod past;
mod seats;
mod status;
mod world;
