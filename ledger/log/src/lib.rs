//! The shell around the rules: the port to the log and its adapters, the loop that does all writing, and the
//! keys that seal personal fields.

pub mod clock;
pub mod codec;
pub mod conformance;
pub mod derive;
pub mod embedded;
pub mod keystore;
pub mod memory;
pub mod numbering;
pub mod port;
pub mod sealing;
pub mod seeded;
pub mod transact;

pub use clock::{Clock, ManualClock, SystemClock};
pub use codec::{Codec, CodecError, RecordedEvent};
pub use embedded::{EmbeddedLog, EmbeddedOptions, OpenError, RecoveryReport};
pub use keystore::{Keystore, KeystoreError};
pub use memory::MemoryLog;
pub use port::{
    Append, AppendOutcome, AppendRefusal, CommandRecord, Committed, EventLog, ExpectedRevision,
    LogFuture, LogIdentity, NewEvent, ReadError, StreamSlice,
};
pub use transact::{
    CommandMeta, InlineViews, Ledger, LoadError, OutcomeClass, Receipt, TransactError,
};
