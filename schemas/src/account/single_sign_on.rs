//! What an account says about the identity provider of its own, through which its people sign in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::Digest;
use crate::fact::Personal;
use crate::id::MemberId;

/// People of the account may sign in through its own identity provider (OpenID Connect). Connecting the same one again
/// says the new client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderConnected {
    /// Its address, exactly as it calls itself.
    pub issuer: String,
    /// What it calls this service.
    pub client: String,
    /// With what this service shows it who it is.
    #[serde(skip)]
    pub personal: Personal<ProviderSecret>,
}

/// What only the provider and this service know. It is sealed with the key of the account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderSecret {
    /// The client secret.
    pub secret: String,
}

/// Never in a log line.
impl std::fmt::Debug for ProviderSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProviderSecret(…)")
    }
}

/// Nobody signs in through the provider any more, and nobody is linked with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderDisconnected {}

/// A person of the account is somebody at its provider, whatever e-mail the provider names later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityLinked {
    /// The person.
    pub member: MemberId,
    /// The keyed hash of the provider's address and of what it calls the person.
    pub identity: Digest,
}

/// Who the person is at the provider is forgotten: the next time it comes in there, the e-mail says again who it is.
/// Sessions that it began there are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityUnlinked {
    /// The person.
    pub member: MemberId,
}

/// People of the account come in through its provider only: passwords, and sessions that were begun with one, no
/// longer let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SingleSignOnRequired {}

/// People of the account come in with their passwords again, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SingleSignOnNoLongerRequired {}
