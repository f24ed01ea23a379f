//! The facts of the vendor's policies: rules that are published in versions, each of which stays what it was.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::NoticeRule;
use crate::fact::facts;

facts! {
    /// Everything that can happen to the policies.
    PolicyEvent of Policy {
        /// A version of the notice periods of automatic renewals was published.
        NoticePolicyPublished = "notice_policy_published.v1";
    }
}

/// A version of the notice periods of automatic renewals was published. It counts from then on, until the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticePolicyPublished {
    /// Its number: 1, 2, 3.
    pub version: u32,
    /// One rule for each country that has its own, in the order of the countries; the one for all others first.
    pub rules: Vec<NoticeRule>,
}
