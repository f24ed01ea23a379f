//! The process around the ledger: data folders, sign-in, the two listeners and the command line.
//! Knows no rule of the ledger and no stored byte: it opens, wires and serves.

pub mod cli;
pub mod http;
pub mod logging;
pub mod moment;
pub mod passwords;
pub mod shutdown;
pub mod throttle;
pub mod tokens;
