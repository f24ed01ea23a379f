//! The process from outside: the real binary, real folders, real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where what it expects is not so"
)]

mod around;
mod backup;
mod budgets;
mod check;
mod commands;
mod confirm;
mod damage;
mod demo;
mod doctor;
mod erasure;
mod flood;
mod keys;
mod license_api;
mod log_key;
mod logged;
mod neighbours;
mod notices;
mod own_ledger;
mod passkeys;
mod password;
mod prove;
mod proxies;
mod restore;
mod scim;
mod second_factor;
mod served_pages;
mod serving;
mod session;
mod sign_in;
mod signed;
mod single_sign_on;
mod support;
