//! Typed ids: what a thing is called everywhere it is named, in the log, the API, CSV files and support tickets.
//! An id is written as a prefix and 26 Crockford base32 characters, such as `lic_01KB5Z…`; inside it is a 128-bit UUID.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// The text does not start with the prefix of this kind of id.
    #[error("expected an id that starts with `{expected}_`, got `{found}`")]
    Prefix {
        /// The prefix that was expected, without the underscore.
        expected: &'static str,
        /// The text as given, cut to a displayable length.
        found: String,
    },
    /// What follows the prefix is not 26 Crockford base32 characters of a 128-bit value.
    #[error("expected 26 base32 characters after `{prefix}_`, got `{found}`")]
    Encoding {
        /// The prefix of this kind of id.
        prefix: &'static str,
        /// The text as given, cut to a displayable length.
        found: String,
    },
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id with this 128-bit value.
            #[must_use]
            pub const fn new(value: Uuid) -> Self {
                Self(value)
            }

            /// The id with these 16 bytes, big-endian.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 128-bit value.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The 16 bytes, big-endian.
            #[must_use]
            pub const fn bytes(self) -> [u8; 16] {
                *self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(&encode_base32(self.0.as_u128()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(self.0.as_bytes())
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = Cow::<str>::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    let bytes = serde_bytes::ByteArray::<16>::deserialize(deserializer)?;
                    Ok(Self::from_bytes(*bytes))
                }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "_[0-7][0-9A-HJKMNP-TV-Z]{25}$"),
                })
            }
        }
    )*};
}

typed_ids! {
    /// A customer: an organization or a person that holds licenses; also a sub-account of one.
    AccountId = "acc";
    /// A person who belongs to an account.
    MemberId = "mem";
    /// A person who works for the vendor.
    StaffId = "stf";
    /// A product of the vendor.
    ProductId = "prd";
    /// An orderable item: an edition on a plan.
    OfferingId = "off";
    /// Several offerings granted as one.
    BundleId = "bdl";
    /// The issued instrument that carries entitlements.
    LicenseId = "lic";
    /// The binding of a license to a device or a domain.
    ActivationId = "act";
    /// One metered feature of one license.
    MeterId = "mtr";
    /// A bearer token for the API.
    TokenId = "tok";
    /// A key pair with which somebody signs in.
    PasskeyId = "psk";
    /// A role that was given to a person, in a part of a customer and for a time.
    GrantId = "grt";
    /// The person or account whose key seals a personal field. Never a name.
    SubjectId = "sub";
    /// One recorded fact, a UUIDv7.
    EventId = "evt";
    /// The retry identity of one command: the same id is the same intent for ever.
    CommandId = "cmd";
    /// What ties the commands of one piece of work together.
    CorrelationId = "cor";
}

impl From<AccountId> for SubjectId {
    fn from(id: AccountId) -> Self {
        Self(id.0)
    }
}

impl From<MemberId> for SubjectId {
    fn from(id: MemberId) -> Self {
        Self(id.0)
    }
}

impl From<StaffId> for SubjectId {
    fn from(id: StaffId) -> Self {
        Self(id.0)
    }
}

/// The longest key or code, in characters.
pub const KEY_CHARACTERS_MAX: usize = 64;

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected 1 to 64 characters of a-z, 0-9, `_`, `-` and `.`, starting with a letter, got `{found}`"
)]
pub struct ParseKeyError {
    /// The text as given, cut to a displayable length.
    pub found: String,
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(regex(pattern = r"^[a-z][a-z0-9_.-]{0,63}$"))] String);

        impl $name {
            /// The key as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseKeyError;

            fn from_str(text: &str) -> Result<Self, ParseKeyError> {
                let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
                let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
                if starts_well && text.len() <= KEY_CHARACTERS_MAX && text.chars().all(known) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(ParseKeyError { found: shown(text) })
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

keys! {
    /// The name of a feature within its product: 1 to 64 of `a-z`, `0-9`, `_`, `-`, `.`, starting with a letter.
    FeatureKey;
    /// What the vendor calls a product, an edition, a plan, an offering (its SKU) or a bundle.
    /// The same characters as a feature key.
    Code;
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BASE32_CHARACTERS: usize = 26;
const SHOWN_CHARACTERS_MAX: usize = 80;

fn encode_base32(value: u128) -> String {
    (0..BASE32_CHARACTERS)
        .rev()
        .filter_map(|place| {
            let digit = (value >> (5 * place)) & 31;
            usize::try_from(digit).ok().and_then(|digit| ALPHABET.get(digit))
        })
        .map(|byte| char::from(*byte))
        .collect()
}

fn decode_base32(text: &str) -> Option<u128> {
    if text.len() != BASE32_CHARACTERS {
        return None;
    }
    let mut value: u128 = 0;
    for (place, byte) in text.bytes().enumerate() {
        let upper = byte.to_ascii_uppercase();
        let digit = ALPHABET.iter().position(|letter| *letter == upper)?;
        // 26 characters hold 130 bits: the first may only use its lower three.
        if place == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | u128::try_from(digit).ok()?;
    }
    Some(value)
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, ParseIdError> {
    let rest = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    let rest = rest.ok_or_else(|| ParseIdError::Prefix { expected: prefix, found: shown(text) })?;
    let value =
        decode_base32(rest).ok_or_else(|| ParseIdError::Encoding { prefix, found: shown(text) })?;
    Ok(Uuid::from_u128(value))
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_reads_back_as_it_was_written(value: u128) {
            let id = LicenseId::new(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<LicenseId>(), Ok(id));
            prop_assert_eq!(id.to_string().to_lowercase().parse::<LicenseId>(), Ok(id));
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(text: String) {
            let _ = text.parse::<LicenseId>();
            let _ = text.parse::<FeatureKey>();
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused_by_its_prefix() {
        let account = AccountId::new(Uuid::from_u128(7)).to_string();
        assert!(matches!(account.parse::<LicenseId>(), Err(ParseIdError::Prefix { .. })));
    }

    #[test]
    fn ids_sort_as_text_in_the_order_of_their_values() {
        let low = EventId::new(Uuid::from_u128(31)).to_string();
        let high = EventId::new(Uuid::from_u128(32)).to_string();
        assert!(low < high);
    }
}
