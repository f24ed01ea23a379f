//! The facts of the vendor's own people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::{ErasureGround, PersonProfile};
use crate::envelope::Digest;
use crate::fact::{Personal, facts};
use crate::id::StaffId;

facts! {
    /// Everything that can happen to a person of the vendor.
    StaffEvent of Staff {
        /// The person works for the vendor.
        StaffAdded = "staff_added.v1", personal: PersonProfile;
        /// The person is called otherwise.
        StaffRenamed = "staff_renamed.v1", personal: PersonProfile;
        /// The person is kept out until restored.
        StaffSuspended = "staff_suspended.v1";
        /// The person may come in again.
        StaffRestored = "staff_restored.v1";
        /// The personal data of the person is erased.
        StaffErased = "staff_erased.v1";
    }
}

/// The person works for the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffAdded {
    /// The person.
    pub staff: StaffId,
    /// What the person may do.
    pub role: StaffRole,
    /// The keyed hash of the sign-in e-mail.
    pub email_digest: Digest,
    /// Name and e-mail.
    #[serde(skip)]
    pub personal: Personal<PersonProfile>,
}

/// The person is called otherwise from now on. The e-mail is the one of before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffRenamed {
    /// The person.
    pub staff: StaffId,
    /// Name and e-mail.
    #[serde(skip)]
    pub personal: Personal<PersonProfile>,
}

/// The person is kept out until restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffSuspended {
    /// The person.
    pub staff: StaffId,
}

/// The person may come in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffRestored {
    /// The person.
    pub staff: StaffId,
}

/// The personal data of a person of the vendor is erased: the key that everything about the person was sealed with is
/// destroyed right after this fact, and whenever a copy turns up in which it is not. The person can never come in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffErased {
    /// The person.
    pub staff: StaffId,
    /// Why it had to be.
    pub ground: ErasureGround,
}

/// What a person of the vendor may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// Manages catalog, customers and licenses.
    Operator,
    /// Reads everything and its history, changes nothing.
    Auditor,
}
