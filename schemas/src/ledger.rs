//! The facts of the ledger itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::facts;

facts! {
    /// Everything that can happen to the ledger.
    LedgerFact of Ledger {
        /// The ledger exists.
        LedgerOpened = "ledger_opened.v1";
        /// A torn tail was cut off after a crash.
        LogRecovered = "log_recovered.v1";
        /// The ledger goes on from a copy of another one.
        LedgerForked = "ledger_forked.v1";
        /// Another key signs the log from here on.
        LogKeyRotated = "log_key_rotated.v1";
    }
}

/// The ledger exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerOpened {
    /// The ledger's own id, a UUID.
    pub ledger: String,
    /// The vendor that runs it.
    pub vendor: String,
}

/// A torn tail was cut off after a crash. Nothing in it had been acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogRecovered {
    /// The segment it was found in.
    pub segment: u64,
    /// Where in the segment's file it began, in bytes.
    pub offset: u64,
    /// How many bytes were moved to quarantine.
    pub bytes: u64,
}

/// The ledger goes on from a copy of another one, under an id of its own. What the other one recorded after that is
/// not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerForked {
    /// The id of the ledger that was copied, a UUID.
    pub from: String,
    /// The id of this one, a UUID.
    pub ledger: String,
    /// How many events were copied: the first ones.
    pub events: u64,
    /// The root of the tree over them, in base64. A checkpoint of the copied ledger with this size has it too.
    pub root: String,
}

/// Another key signs the log from here on. Every checkpoint that covers this fact is signed by the new key, and for a time
/// by the old one too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogKeyRotated {
    /// The public key before, as `<log>+<number>+<base64>`.
    pub old: String,
    /// The public key from now on, in the same form and of the same log.
    pub new: String,
    /// That the one follows the other, as a signed note of both keys: whoever believes the old key may believe the new one.
    pub statement: String,
}
