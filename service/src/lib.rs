//! The process around the ledger: data folders, sign-in, the two listeners and the command line.
//! Knows no rule of the ledger and no stored byte: it opens, wires and serves.

pub mod auth;
pub mod backup;
pub mod budgets;
pub mod cli;
pub mod copying;
pub mod data_folder;
pub mod doctor;
pub mod engine;
pub mod erasures;
pub mod export;
pub mod guesses;
pub mod http;
pub mod import;
pub mod licensing_keys;
pub mod log_check;
pub mod logging;
pub mod moment;
pub mod notices;
pub mod offline;
pub mod passkeys;
pub mod passwords;
pub mod people;
pub mod restore;
pub mod sample;
pub mod sealing;
pub mod second_factor;
pub mod shutdown;
pub mod single_sign_on;
pub mod throttle;
pub mod tokens;
pub mod vain;
