//! The rules by tables: past, command, outcome; one row for each rejection.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop when the world is not as it must be"
)]

#[path = "../fixture/mod.rs"]
mod fixture;

mod allocations;
mod api_tokens;
mod bundles;
mod contract;
mod erasure;
mod evaluate;
mod license;
mod license_time;
mod meter;
mod notices;
mod partners;
mod passkeys;
mod person;
mod product;
mod profile;
mod roles;
mod sessions;
mod single_sign_on;
mod small_streams;
mod term;
