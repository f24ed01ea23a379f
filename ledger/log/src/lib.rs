//! The shell around the rules: the port to the log and its adapters, the loop that does all writing, and the
//! keys that seal personal fields.

pub mod clock;
pub mod memory;
pub mod numbering;
pub mod port;

pub use clock::{Clock, ManualClock, SystemClock};
pub use memory::MemoryLog;
pub use port::{
    Append, AppendOutcome, AppendRefusal, CommandRecord, Committed, EventLog, ExpectedRevision,
    LogFuture, LogIdentity, NewEvent, ReadError,
};
