//! The facts of a value that only one owner may hold. The stream is named by a keyed hash of the value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::facts;
use crate::id::SubjectId;

facts! {
    /// Everything that can happen to a claim.
    ClaimEvent of Claim {
        /// The value has an owner.
        ValueClaimed = "value_claimed.v1";
        /// The value is free again.
        ClaimReleased = "claim_released.v1";
    }
}

/// The value has an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueClaimed {
    /// What kind of value it is.
    pub purpose: ClaimPurpose,
    /// Who holds it.
    pub owner: SubjectId,
}

/// What kind of value is claimed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ClaimPurpose {
    /// A sign-in e-mail.
    SignInEmail,
}

/// The value is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimReleased {}
