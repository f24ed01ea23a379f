//! The promises, row by row, as a stranger reads them: every sentence of an acceptance text is an assertion, made at
//! the doors that users knock at. Nothing in here looks inside; only the clock is not the service's own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its own functions too"
)]

mod abuse;
mod agreement;
mod audit;
mod bad_input;
mod bundles;
mod catalog;
mod client;
mod contracts;
mod devices;
mod diagnosis;
mod entitlements;
mod erasure;
mod export;
mod idle;
mod isolation;
mod partners;
mod persons;
mod pools;
mod profile;
mod programs;
mod retries;
mod seats;
mod separation;
mod signing_in;
mod socket;
mod stage;
mod status;
mod time;
mod world;
