//! On which terms something was contracted, beside what it gives: in which time zone its days end, which country's rules
//! count, in which currency it is paid. Knows nothing of what a zone or a country is.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// On which terms a license was contracted. What is missing was not said: days end in UTC, no country's own rules count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The time zone, as IANA names it, in which its days, months and years are counted.
    pub time_zone: Option<ZoneName>,
    /// The country whose rules count.
    pub country: Option<Country>,
    /// The currency in which it is paid.
    pub currency: Option<Currency>,
    /// The language and region in which amounts and dates of it are written.
    pub locale: Option<Locale>,
    /// What a term costs, in the smallest unit of the currency: cents, or yen.
    pub price_minor: Option<u64>,
}

/// On which terms an account contracts, unless a license says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractDefaults {
    /// The time zone, as IANA names it.
    pub time_zone: Option<ZoneName>,
    /// The country whose rules count.
    pub country: Option<Country>,
    /// The currency in which it pays.
    pub currency: Option<Currency>,
    /// The language and region in which amounts and dates are written.
    pub locale: Option<Locale>,
    /// Where its data is to be kept: a tag of the vendor's own. It moves nothing by itself.
    pub data_region: Option<DataRegion>,
}

impl ContractDefaults {
    /// The terms of a license that says nothing itself.
    #[must_use]
    pub fn contract(self) -> Contract {
        let Self { time_zone, country, currency, locale, data_region: _ } = self;
        Contract { time_zone, country, currency, locale, price_minor: None }
    }
}

/// The notice that an automatic renewal needs, and for how long the renewed term can be cancelled, in one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeRule {
    /// The country; `None`: every other one.
    pub country: Option<Country>,
    /// How many days before the end of the term notice must have been given.
    pub notice_days: u32,
    /// In how many days after it a term that was renewed automatically can be cancelled; 0: it cannot.
    pub cancel_days: u32,
}

/// Why a text is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct ParseContractError(pub &'static str);

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $expected:literal, $pattern:literal, $is:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(regex(pattern = $pattern))] String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseContractError;

            fn from_str(text: &str) -> Result<Self, ParseContractError> {
                let is: fn(&str) -> bool = $is;
                if is(text) { Ok(Self(text.to_owned())) } else { Err(ParseContractError($expected)) }
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

texts! {
    /// A time zone, as IANA names it, such as `Europe/Paris`. Whether there is such a zone is checked where it is chosen.
    ZoneName, "a time zone as IANA names it, such as `Europe/Paris`", r"^[A-Za-z0-9/_+-]{1,64}$", |text| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
        (1..=64).contains(&text.len()) && text.bytes().all(plain)
    };
    /// A country, as ISO 3166-1 writes it in two letters, such as `FR`.
    Country, "a country in two letters as ISO 3166-1 has it, such as `FR`", r"^[A-Z]{2}$",
        |text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    /// A currency, as ISO 4217 writes it in three letters, such as `EUR`.
    Currency, "a currency in three letters as ISO 4217 has it, such as `EUR`", r"^[A-Z]{3}$",
        |text| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    /// A language and region, as BCP 47 writes them, such as `fr-FR`.
    Locale, "a language and region as BCP 47 has them, such as `fr-FR`",
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$", is_locale;
    /// Where data is to be kept: 1 to 32 characters of `a-z`, `0-9` and `-`, such as `eu`.
    DataRegion, "1 to 32 characters of a-z, 0-9 and `-`, such as `eu`", r"^[a-z0-9-]{1,32}$", |text| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=32).contains(&text.len()) && text.bytes().all(plain)
    };
}

fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().is_some_and(|one| {
        (2..=3).contains(&one.len()) && one.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    let others: Vec<&str> = parts.collect();
    let well = |one: &&str| {
        (2..=8).contains(&one.len()) && one.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    language && others.len() <= 4 && others.iter().all(well)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_contract_has_the_form_of_its_standard() {
        for (good, wrong) in [("FR", "fr"), ("JP", "JPN"), ("DE", "D1")] {
            assert!(good.parse::<Country>().is_ok() && wrong.parse::<Country>().is_err(), "{good}");
        }
        for (good, wrong) in [("EUR", "eur"), ("JPY", "JP"), ("USD", "US$")] {
            assert!(good.parse::<Currency>().is_ok(), "{good}");
            assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
        }
        for (good, wrong) in [("fr-FR", "fr_FR"), ("ja", "j"), ("zh-Hant-TW", "fr-")] {
            assert!(good.parse::<Locale>().is_ok() && wrong.parse::<Locale>().is_err(), "{good}");
        }
        for (good, wrong) in [("eu", "EU"), ("us-east-1", ""), ("jp", "jp east")] {
            assert!(good.parse::<DataRegion>().is_ok(), "{good}");
            assert!(wrong.parse::<DataRegion>().is_err(), "{wrong}");
        }
        for (good, wrong) in [("Europe/Paris", ""), ("Etc/GMT+5", "Europe Paris")] {
            assert!(
                good.parse::<ZoneName>().is_ok() && wrong.parse::<ZoneName>().is_err(),
                "{good}"
            );
        }
    }
}
