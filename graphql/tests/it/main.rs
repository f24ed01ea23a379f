//! The doors from outside: requests as bytes in, answers as bytes out, over a ledger in memory.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test binary: what cannot be is a failed test"
)]

mod finding;
mod handler;
mod history;
mod holds;
mod journeys;
mod keys;
mod limits;
mod matrix;
mod people;
mod reads;
mod roles;
mod sdl;
mod sockets;
mod staff;
mod step_up;
mod tenancy;
mod undo;
mod world;
