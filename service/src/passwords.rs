//! Passwords: argon2id in PHC form, hashed off the async threads and a few at a time, so that a burst of
//! sign-ins cannot starve the rest. Knows nothing of accounts.

pub mod known;

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{Semaphore, TryAcquireError};

use self::known::{Breached, BreachedError};

/// Memory of one hash, in KiB: the OWASP minimum for argon2id with two passes.
pub const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
pub const PASSES: u32 = 2;
/// Lanes of one hash.
pub const LANES: u32 = 1;
/// The shortest password that is set, in characters: no second factor guards it.
pub const CHARACTERS_MIN: usize = 15;
/// The longest password, in bytes: more is no safer and costs time to read.
pub const BYTES_MAX: usize = 1_024;
/// How many hashes run at once: 19 MiB and one core each.
pub const AT_ONCE_MAX: usize = 2;
/// How many more may wait; the next one is turned away.
pub const WAITING_MAX: usize = 64;

/// How much of a password is judged, in characters.
const JUDGED_CHARACTERS_MAX: usize = 64;

const SALT_BYTES: usize = 16;

/// A hash that no password has, checked for unknown people so that they cost the same time as known ones.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZS1maXhlZC1zYWx0IQ\
$8qy2B1oF8nB0q3kKx3bTq2wQdSb8m6m3mE1b5s0v9hA";

/// Why a password cannot be set or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// It is too short to be safe without a second factor.
    #[error("a password needs at least {CHARACTERS_MIN} characters")]
    TooShort,
    /// It would be guessed soon.
    #[error("the password is easy to guess: {why}")]
    Guessable {
        /// Why, as a sentence.
        why: String,
    },
    /// It is one of those that are tried first.
    #[error("the password is one of the most common ones")]
    Common,
    /// It leaked elsewhere.
    #[error("the password leaked from another service")]
    Breached,
    /// Whether it leaked cannot be told.
    #[error("it cannot be told whether the password leaked")]
    List(#[from] BreachedError),
    /// It is longer than anybody types.
    #[error("a password has at most {BYTES_MAX} bytes")]
    TooLong,
    /// Too many people sign in at this moment.
    #[error("too many sign-ins at this moment")]
    Busy,
    /// The machine has no randomness to give.
    #[error("the machine's random source cannot be read")]
    Random(#[source] getrandom::Error),
    /// The hash could not be computed; the reason is ours.
    #[error("the password cannot be hashed: {reason}")]
    Hash {
        /// What happened, for the log.
        reason: String,
    },
}

/// The hash of a password that is to be set, in PHC form. It takes some 60 ms of a core.
///
/// # Errors
/// When the password is too short or too long, or the machine gives no randomness.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < CHARACTERS_MIN {
        return Err(PasswordError::TooShort);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(PasswordError::Random)?;
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    let hash = hasher()?.hash_password(password.as_bytes(), &salt).map_err(failed)?;
    Ok(hash.to_string())
}

/// The same for a password that somebody chose. `known` is what a stranger tries first: the person's name, e-mail and
/// organization; `breached` is what leaked elsewhere, where whoever runs this has such a list.
///
/// # Errors
/// When the password is too short, too long, easy to guess, common or breached, or the machine gives no randomness.
pub fn hash_of_chosen(
    password: &str,
    known: &[&str],
    breached: Option<&Breached>,
) -> Result<String, PasswordError> {
    if password.len() <= BYTES_MAX && password.chars().count() >= CHARACTERS_MIN {
        if known::is_common(password) {
            return Err(PasswordError::Common);
        }
        if breached.map(|list| list.has(password)).transpose()?.unwrap_or_default() {
            return Err(PasswordError::Breached);
        }
        // Reading more tells nothing new, and takes long.
        let start: String = password.chars().take(JUDGED_CHARACTERS_MAX).collect();
        let judged = zxcvbn::zxcvbn(&start, known);
        if judged.score() < zxcvbn::Score::Three {
            let why = judged.feedback().and_then(zxcvbn::feedback::Feedback::warning);
            let why = why.map_or_else(
                || "It needs more, or less usual, words.".to_owned(),
                |why| why.to_string(),
            );
            return Err(PasswordError::Guessable { why });
        }
    }
    hash(password)
}

/// The one door to checking passwords. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            admitted: Arc::new(Semaphore::new(AT_ONCE_MAX + WAITING_MAX)),
        }
    }
}

impl Passwords {
    /// Runs work that hashes: off the async threads, a few at a time.
    ///
    /// # Errors
    /// When too much of it waits already, or the process is stopping.
    pub async fn admitted<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = match self.admitted.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {
                return Err(PasswordError::Busy);
            }
        };
        let running = self.running.clone().acquire_owned().await;
        let running = running.map_err(|_| PasswordError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = work();
            // The permits end with the work, even when nobody waits for the answer any more.
            drop((running, admitted));
            answer
        });
        done.await.map_err(|gone| PasswordError::Hash { reason: gone.to_string() })
    }
}

/// Whether this is the password with that hash. Without a hash (nobody has this e-mail) it does the same
/// work and answers no. It takes some 60 ms of a core: run it by [`Passwords::admitted`].
///
/// # Errors
/// When the hash is not one, which is our fault.
pub fn is_right(phc: Option<&str>, password: &str) -> Result<bool, PasswordError> {
    let known = phc.is_some();
    let parsed = PasswordHash::new(phc.unwrap_or(NOBODY)).map_err(failed)?;
    match hasher()?.verify_password(password.as_bytes(), &parsed) {
        Ok(()) => Ok(known),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(other) => Err(failed(other)),
    }
}

fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| PasswordError::Hash { reason: error.to_string() })?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: argon2::password_hash::Error) -> PasswordError {
    PasswordError::Hash { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let phc = hash("correct horse battery").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(is_right(Some(&phc), "correct horse battery").unwrap());
        assert!(!is_right(Some(&phc), "correct horse batterY").unwrap());
    }

    #[test]
    fn nobody_s_hash_is_checked_in_full_and_never_matches() {
        let parsed = PasswordHash::new(NOBODY).unwrap();
        assert_eq!(parsed.hash.unwrap().len(), 32);
        assert_eq!(Params::try_from(&parsed).unwrap().m_cost(), MEMORY_KIB);
        assert!(!is_right(None, "anything at all").unwrap());
    }

    #[test]
    fn the_73rd_byte_of_a_password_matters() {
        let phc = hash(&"p".repeat(80)).unwrap();
        let other = format!("{}q", "p".repeat(79));
        assert!(!is_right(Some(&phc), &other).unwrap());
    }

    #[test]
    fn a_short_or_endless_password_is_not_set() {
        assert!(matches!(hash("too short"), Err(PasswordError::TooShort)));
        assert!(matches!(hash(&"x".repeat(BYTES_MAX + 1)), Err(PasswordError::TooLong)));
    }

    #[test]
    fn what_a_stranger_tries_first_is_not_chosen() {
        let known = ["ann@acme.example", "Ann Årud", "Acme Robotics"];
        for password in [
            "passwordpasswordpassword",
            "123456789012345678",
            "ann@acme.example",
            "asdfghjklasdfghjkl",
        ] {
            let refused = hash_of_chosen(password, &known, None);
            assert!(matches!(refused, Err(PasswordError::Guessable { .. })), "{password}");
        }
        hash_of_chosen("seven grey herons over Malmö", &known, None).unwrap();
        let endless = "x".repeat(BYTES_MAX + 1);
        assert!(matches!(hash_of_chosen(&endless, &known, None), Err(PasswordError::TooLong)));
    }

    #[test]
    fn what_many_others_chose_is_not_chosen() {
        for password in ["Mailcreated5240", "passwordpassword", "lhbjkjubz2957704"] {
            let refused = hash_of_chosen(password, &[], None);
            assert!(matches!(refused, Err(PasswordError::Common)), "{password}");
        }
    }

    #[tokio::test]
    async fn a_full_queue_turns_the_next_one_away() {
        let passwords = Passwords {
            running: Arc::new(Semaphore::new(1)),
            admitted: Arc::new(Semaphore::new(0)),
        };
        assert!(matches!(passwords.admitted(|| ()).await, Err(PasswordError::Busy)));
        assert!(matches!(Passwords::default().admitted(|| 7).await, Ok(7)));
    }
}
