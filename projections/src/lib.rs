//! Views folded from the log, and how they are read. Knows nothing of commands: the read side cannot decide.

mod authenticate;
mod personal;
mod prefix;

pub mod digest;
pub mod evaluation;
pub mod page;
pub mod row_text;
pub mod scope;
pub mod views;
