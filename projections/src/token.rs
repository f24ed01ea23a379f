//! Consistency tokens: "show me at least what I have already seen". A token names a ledger and a
//! position, and carries a code that only this ledger's keys can make, so that a position cannot be
//! made up.

use std::fmt;

use ledger_log::Keystore;
use schemas::LogPosition;
use uuid::Uuid;

/// What every token's text starts with; the digit is the version of the form.
const FORM: &str = "at1";

/// What the code of a token is made for.
const PURPOSE: &str = "consistency token v1";

/// How many bytes of the keyed hash are shown.
const CODE_BYTES: usize = 16;

/// A position that a reader has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsistencyToken {
    /// Of which ledger.
    pub ledger: Uuid,
    /// Where in it; `None`: before its first event.
    pub position: Option<LogPosition>,
    code: [u8; CODE_BYTES],
}

/// Why a text is not a token of this ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The text does not have the form of a token.
    #[error("the consistency token is malformed")]
    Malformed,
    /// This ledger did not make it.
    #[error("the consistency token was not made by this ledger, or it was changed")]
    Forged,
}

impl TokenError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "TOKEN_MALFORMED",
            Self::Forged => "TOKEN_FORGED",
        }
    }
}

impl ConsistencyToken {
    pub(crate) fn new(keys: &Keystore, ledger: Uuid, position: Option<LogPosition>) -> Self {
        Self { ledger, position, code: code(keys, ledger, position) }
    }

    /// The token that this text is.
    pub(crate) fn parse(keys: &Keystore, text: &str) -> Result<Self, TokenError> {
        let token = Self::read(text).ok_or(TokenError::Malformed)?;
        let right = code(keys, token.ledger, token.position);
        if token.code == right { Ok(token) } else { Err(TokenError::Forged) }
    }

    fn read(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let (form, ledger, position, shown) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        if form != FORM || fields.next().is_some() {
            return None;
        }
        let position =
            if position == "start" { None } else { Some(LogPosition(number(position)?)) };
        let code = u128::from_str_radix(hexadecimal(shown)?, 16).ok()?.to_be_bytes();
        let ledger = Uuid::from_u128(u128::from_str_radix(hexadecimal(ledger)?, 16).ok()?);
        Some(Self { ledger, position, code })
    }
}

/// A number in the one way it is written: no sign, no leading zero.
fn number(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// 32 lower-case hexadecimal digits.
fn hexadecimal(text: &str) -> Option<&str> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == 2 * CODE_BYTES && text.bytes().all(digit)).then_some(text)
}

fn code(keys: &Keystore, ledger: Uuid, position: Option<LogPosition>) -> [u8; CODE_BYTES] {
    let mut content = Vec::with_capacity(25);
    content.extend_from_slice(ledger.as_bytes());
    content.extend(position.map(|_| 1));
    content.extend(position.map(|position| position.0.to_be_bytes()).into_iter().flatten());
    let [shown, _] = halves(keys.digest(PURPOSE, &content).0);
    shown
}

fn halves(bytes: [u8; 32]) -> [[u8; CODE_BYTES]; 2] {
    let mut halves = [[0; CODE_BYTES]; 2];
    for (into, from) in halves.as_flattened_mut().iter_mut().zip(bytes) {
        *into = from;
    }
    halves
}

impl fmt::Display for ConsistencyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORM}-{}-", self.ledger.simple())?;
        match self.position {
            None => f.write_str("start")?,
            Some(position) => write!(f, "{position}")?,
        }
        write!(f, "-{:032x}", u128::from_be_bytes(self.code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_reads_back_and_a_changed_one_does_not(
            ledger: u128, position: Option<u64>, at in 0usize..90, to in "[0-9a-z-]",
        ) {
            let keys = Keystore::in_memory().unwrap();
            let position = position.map(LogPosition);
            let token = ConsistencyToken::new(&keys, Uuid::from_u128(ledger), position);
            let text = token.to_string();
            prop_assert_eq!(ConsistencyToken::parse(&keys, &text), Ok(token));
            if let Some(letter) = text.get(at..at + 1).filter(|letter| *letter != to) {
                let changed = format!("{}{to}{}", &text[..at], &text[at + letter.len()..]);
                prop_assert!(ConsistencyToken::parse(&keys, &changed).is_err(), "{}", changed);
            }
            let others = Keystore::in_memory().unwrap();
            prop_assert_eq!(ConsistencyToken::parse(&others, &text), Err(TokenError::Forged));
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text: String) {
            let keys = Keystore::in_memory().unwrap();
            prop_assert!(ConsistencyToken::parse(&keys, &text).is_err());
        }
    }
}
