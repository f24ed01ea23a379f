//! The facts of one principal's credentials, and of what was denied to it. Secrets are sealed or hashed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::Digest;
use crate::fact::{Personal, facts};
use crate::id::{PasskeyId, TokenId};
use crate::network::Network;
use crate::notices::NotificationChoices;
use crate::time::Timestamp;

facts! {
    /// Everything that can happen to a principal's credentials.
    AccessEvent of Access {
        /// The principal has a password.
        PasswordSet = "password_set.v1", personal: PasswordHash;
        /// Whoever holds the link may set the password, once.
        PasswordLinkIssued = "password_link_issued.v1";
        /// The principal signs in with a code of an authenticator as well.
        SecondFactorSet = "second_factor_set.v1", personal: SecondFactorSecret;
        /// A code was used; it and those before it are used up.
        SecondFactorUsed = "second_factor_used.v1";
        /// A recovery code was used instead of a code, and is used up.
        RecoveryCodeUsed = "recovery_code_used.v1";
        /// The principal signs in without a code again.
        SecondFactorRemoved = "second_factor_removed.v1";
        /// The principal has a bearer token.
        TokenIssued = "token_issued.v1";
        /// That token is no longer accepted.
        TokenRevoked = "token_revoked.v1";
        /// Whoever holds that token showed again who it is.
        TokenConfirmed = "token_confirmed.v1";
        /// Another secret opens what that token opened.
        TokenRenewed = "token_renewed.v1";
        /// Whoever holds that token came in through the identity provider of its account.
        SingleSignOnUsed = "single_sign_on_used.v1";
        /// The principal may sign in with a passkey.
        PasskeyAdded = "passkey_added.v1", personal: PasskeyCredential;
        /// That passkey was shown.
        PasskeyUsed = "passkey_used.v1";
        /// That passkey is no longer accepted.
        PasskeyRemoved = "passkey_removed.v1";
        /// A program may act for the principal, with a token of its own.
        ApiTokenCreated = "api_token_created.v1";
        /// That program's token is no longer accepted.
        ApiTokenRevoked = "api_token_revoked.v1";
        /// That program used its token, on some day.
        ApiTokenUsed = "api_token_used.v1";
        /// The principal chose how pages look.
        PreferencesSet = "preferences_set.v1", personal: Preferences;
        /// The principal chose what to be told, how and when.
        NotificationChoicesSet = "notification_choices_set.v1", personal: NotificationChoices;
        /// The principal tried what it may not do.
        AccessDenied = "access_denied.v1";
    }
}

/// The principal has a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordSet {
    /// The hash of the password.
    #[serde(skip)]
    pub personal: Personal<PasswordHash>,
}

/// The personal fields of a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordHash {
    /// The argon2id hash in PHC form.
    pub phc: String,
}

/// Whoever holds the link may set the principal's password, once. A newer link, or a password that is set, ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordLinkIssued {
    /// The hash of its 256 random bits.
    pub secret_digest: Digest,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
}

/// The principal signs in with a code of an authenticator as well (TOTP, RFC 6238: SHA-1, 6 digits, 30 seconds).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorSet {
    /// The number of the 30 seconds whose code was shown to set it up; that code is used up.
    pub step: u64,
    /// The keyed hashes of the recovery codes.
    pub recovery: Vec<Digest>,
    /// What the codes are computed from.
    #[serde(skip)]
    pub personal: Personal<SecondFactorSecret>,
}

/// The personal fields of a second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorSecret {
    /// The 160 random bits that the authenticator has too, in base32 (RFC 4648).
    pub secret: String,
}

/// A code was used; it and those before it are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorUsed {
    /// The number of the 30 seconds whose code it was, counted from 1970.
    pub step: u64,
}

/// A recovery code was used instead of a code, and is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryCodeUsed {
    /// Its keyed hash.
    pub code: Digest,
}

/// The principal signs in without a code again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorRemoved {}

/// Which door a token opens.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The customer portal.
    Portal,
    /// The vendor console.
    Console,
}

/// The principal has a bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenIssued {
    /// The token.
    pub token: TokenId,
    /// Which door it opens.
    pub audience: Audience,
    /// The hash of its 256 random bits.
    pub secret_digest: Digest,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
}

/// That token is no longer accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRevoked {
    /// The token.
    pub token: TokenId,
}

/// Whoever holds that token showed again who it is, with the password and, where one is set up, the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenConfirmed {
    /// The token.
    pub token: TokenId,
}

/// Another secret opens from now on what that token opened, until the same instant; the one of before opens nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRenewed {
    /// The token.
    pub token: TokenId,
    /// The hash of its 256 new random bits.
    pub secret_digest: Digest,
}

/// Whoever holds that token came in through the identity provider of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SingleSignOnUsed {
    /// The token.
    pub token: TokenId,
    /// Whether the provider said that it asked for a second factor.
    pub second_factor: bool,
    /// When the person showed the provider who it is; where it does not say, the earliest that was asked for.
    pub authenticated_at: Timestamp,
}

/// The principal may sign in with a passkey (Web Authentication, W3C): a key pair whose private half stays with an
/// authenticator, which asks its owner for a fingerprint, a face or a PIN before it signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyAdded {
    /// The passkey.
    pub passkey: PasskeyId,
    /// The session in which it was added, and shown for the first time.
    pub token: TokenId,
    /// The name of the host it is for, its relying party.
    pub relying_party: String,
    /// The keyed hash of the id by which the authenticator knows it.
    pub credential: Digest,
    /// How often the authenticator had signed; always 0: it does not count.
    pub counter: u32,
    /// Whether it may be copied to other devices of its owner.
    pub backup_eligible: bool,
    /// Whether it was copied.
    pub backed_up: bool,
    /// What it is checked with, and what its owner calls it.
    #[serde(skip)]
    pub personal: Personal<PasskeyCredential>,
}

/// The personal fields of a passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyCredential {
    /// What its owner calls it.
    pub name: String,
    /// The id by which the authenticator knows it, in base64url.
    pub credential: String,
    /// The public key.
    pub key: PasskeyKey,
}

/// The public key of a passkey, with the members of a JSON Web Key (RFC 7518), in base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PasskeyKey {
    /// ECDSA on P-256 with SHA-256.
    Es256 {
        /// The x coordinate.
        x: String,
        /// The y coordinate.
        y: String,
    },
    /// ECDSA on P-384 with SHA-384.
    Es384 {
        /// The x coordinate.
        x: String,
        /// The y coordinate.
        y: String,
    },
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256 {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
}

/// That passkey was shown, to sign in or to show again who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyUsed {
    /// The passkey.
    pub passkey: PasskeyId,
    /// The session it was shown in.
    pub token: TokenId,
    /// How often the authenticator had signed; always 0: it does not count.
    pub counter: u32,
    /// Whether it was copied to other devices of its owner.
    pub backed_up: bool,
}

/// That passkey is no longer accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyRemoved {
    /// The passkey.
    pub passkey: PasskeyId,
}

/// What a program may do with a token, as far as the person who made it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// See. Each of the others lets it see too.
    Read,
    /// Give and take seats, devices, domains and bundles.
    Licenses,
    /// Add people without a role, keep people out and let them in again.
    People,
    /// What is the vendor's: the catalog, customers, issuing, usage.
    Operate,
}

/// A program may act for the principal, with a token of its own: never more than the principal may at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenCreated {
    /// The token.
    pub token: TokenId,
    /// Which door it opens.
    pub audience: Audience,
    /// What the principal calls it.
    pub name: String,
    /// What the program may do, in order, each once.
    pub scopes: Vec<TokenScope>,
    /// From where only it is accepted; none: from anywhere.
    pub networks: Vec<Network>,
    /// The keyed hash of its text.
    pub secret_digest: Digest,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
}

/// That program's token is no longer accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenRevoked {
    /// The token.
    pub token: TokenId,
}

/// That program used its token. Recorded once for each token and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenUsed {
    /// The token.
    pub token: TokenId,
    /// The start of the day, in UTC.
    pub day: Timestamp,
}

/// The principal chose how pages look. What it does not say is as the browser has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferencesSet {
    /// What was chosen.
    #[serde(skip)]
    pub personal: Personal<Preferences>,
}

/// The personal fields of how pages look: where somebody lives is personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// The time zone in which times are shown, as IANA names it.
    pub time_zone: Option<String>,
    /// Light or dark.
    pub theme: Option<Theme>,
}

/// The principal chose what to be told, how and when. Until then everything is told, at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationChoicesSet {
    /// What was chosen: when somebody sleeps is personal.
    #[serde(skip)]
    pub personal: Personal<NotificationChoices>,
}

/// How bright pages are.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The principal tried what it may not do. Recorded once for each operation and minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessDenied {
    /// The operation, as the API names it.
    pub operation: String,
    /// The start of the minute.
    pub minute: Timestamp,
}
