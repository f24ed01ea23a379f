//! The text of a program's token: `ent_live_` or `ent_test_`, 26 characters that hold 130 random bits, and six that check
//! them. A scanner of source code knows one by its form, and a mistyped one is refused before anything is looked up.

use std::fmt;
use std::str::FromStr;

use ledger::license_key::{ALPHABET as KEY_ALPHABET, digits};
use ledger_log::Keystore;
use schemas::{CommandId, Digest};
use uuid::Uuid;

/// What a ledger is for: a token that was made at one kind is no token at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Environment {
    /// What counts.
    #[default]
    Live,
    /// What is tried.
    Test,
}

impl Environment {
    /// What its tokens begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "ent_live_",
            Self::Test => "ent_test_",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Test => "test",
        })
    }
}

impl FromStr for Environment {
    type Err = ParseEnvironmentError;

    fn from_str(text: &str) -> Result<Self, ParseEnvironmentError> {
        let found = [Self::Live, Self::Test].into_iter().find(|one| one.to_string() == text);
        found.ok_or(ParseEnvironmentError)
    }
}

/// The text is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `live` or `test`")]
pub struct ParseEnvironmentError;

const RANDOM_CHARACTERS: usize = 26;
const CHECK_CHARACTERS: usize = 6;

/// The text of the token that this command of that person makes: the same for a retry.
#[must_use]
pub fn made_by(
    keystore: &Keystore,
    environment: Environment,
    principal: Uuid,
    command: CommandId,
) -> String {
    let of = [&principal.as_bytes()[..], &command.bytes()].concat();
    let random = keystore.digest("api_token_of_command", &of).0;
    let mut text = environment.prefix().to_owned();
    text.push_str(&digits(&random, RANDOM_CHARACTERS));
    text.push_str(&check(&text));
    text
}

/// Whether a bearer token claims to be one of a program, of whatever kind of ledger.
#[must_use]
pub fn claims_to_be(bearer: &str) -> bool {
    [Environment::Live, Environment::Test].iter().any(|one| bearer.starts_with(one.prefix()))
}

/// What is stored of a token; `None`: the text is no token of this kind of ledger, or was mistyped.
#[must_use]
pub fn digest(keystore: &Keystore, environment: Environment, bearer: &str) -> Option<Digest> {
    let rest = bearer.strip_prefix(environment.prefix())?;
    let fits = rest.len() == RANDOM_CHARACTERS + CHECK_CHARACTERS
        && rest.bytes().all(|byte| KEY_ALPHABET.contains(&byte));
    let (said, checked) = fits.then(|| bearer.split_at(bearer.len() - CHECK_CHARACTERS))?;
    (check(said) == checked).then(|| keystore.digest("api_token", bearer.as_bytes()))
}

/// The first 30 bits of the CRC-32 of what stands before them.
fn check(text: &str) -> String {
    digits(&crc32fast::hash(text.as_bytes()).to_be_bytes(), CHECK_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(keystore: &Keystore, principal: u128, command: u128) -> String {
        let command = CommandId::new(Uuid::from_u128(command));
        made_by(keystore, Environment::Live, Uuid::from_u128(principal), command)
    }

    #[test]
    fn a_token_is_the_same_for_a_retry_and_another_for_anybody_else() {
        let keystore = Keystore::in_memory().expect("a keystore");
        let token = made(&keystore, 1, 1);
        assert_eq!(token, made(&keystore, 1, 1));
        let others = [made(&keystore, 2, 1), made(&keystore, 1, 2)];
        assert!(!others.contains(&token), "the same command id of somebody else makes another");
        assert_eq!(token.len(), "ent_live_".len() + 26 + 6, "{token}");
    }

    #[test]
    fn one_character_that_is_wrong_is_seen_without_a_look_up() {
        let keystore = Keystore::in_memory().expect("a keystore");
        let token = made(&keystore, 1, 1);
        let known = |text: &str| digest(&keystore, Environment::Live, text).is_some();
        assert!(known(&token));
        assert!(!token.contains(&keystore.digest("api_token", token.as_bytes()).to_string()));
        for place in 0..token.len() {
            for letter in KEY_ALPHABET {
                let mut mistyped = token.clone().into_bytes();
                if mistyped[place] == *letter {
                    continue;
                }
                mistyped[place] = *letter;
                assert!(!known(&String::from_utf8(mistyped).expect("a text")), "{place}");
            }
        }
        let cut = &token[..token.len() - 1];
        for wrong in
            [cut, &format!("{token}0"), &token.to_lowercase(), "ent_live_", "", "ent_live_é"]
        {
            assert!(!known(wrong), "{wrong}");
        }
        assert_eq!(
            digest(&keystore, Environment::Test, &token),
            None,
            "of the other kind of ledger"
        );
        assert!(
            claims_to_be(&token) && claims_to_be("ent_test_x") && !claims_to_be("ent_portal_x")
        );
    }
}
