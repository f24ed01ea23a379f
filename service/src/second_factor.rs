//! Codes of an authenticator (TOTP, RFC 6238: SHA-1, 6 digits, 30 seconds, one step of clock difference either way), and
//! recovery codes for whoever lost it. Knows nothing of who signs in.

use ledger_log::Keystore;
use schemas::Digest;
use schemas::access::Audience;
use totp_rs::{Algorithm, Secret, TOTP};
use zeroize::Zeroizing;

use crate::tokens::{self, RandomError};

const DIGITS: usize = 6;
const STEP_SECONDS: u64 = 30;
/// How many steps a clock may be ahead or behind.
const STEPS_OFF_MAX: u64 = 1;
/// How many recovery codes are given.
pub const RECOVERY_CODES: usize = 10;
/// How many characters a recovery code has: 5 bits each.
const RECOVERY_CHARACTERS: usize = 16;

/// What an authenticator calls this service.
#[must_use]
pub const fn issuer(audience: Audience) -> &'static str {
    match audience {
        Audience::Portal => "Deedbook portal",
        Audience::Console => "Deedbook console",
    }
}

/// The address that an authenticator reads, as text or from a picture of it.
#[must_use]
pub fn address(secret: &str, issuer: &str, email: &str) -> String {
    let (issuer, email) = (encoded(issuer), encoded(email));
    format!("otpauth://totp/{issuer}:{email}?secret={secret}&issuer={issuer}")
}

fn encoded(text: &str) -> String {
    serde_urlencoded::to_string([("", text)]).map_or_else(
        |_| String::new(),
        // A space is `%20` in an address, `+` only in a form.
        |pair| pair.trim_start_matches('=').replace('+', "%20"),
    )
}

/// 160 bits as an authenticator takes them, in base32 (RFC 4648).
#[must_use]
pub fn secret(bits: &[u8; 20]) -> String {
    Secret::Raw(bits.to_vec()).to_encoded().to_string()
}

/// The number of the 30 seconds whose code this is, among those around this instant and after `used`; `None` when the code is
/// not right. All of them are computed, whatever was typed.
#[must_use]
pub fn step(secret: &str, code: &str, now_seconds: u64, used: u64) -> Option<u64> {
    let bytes = Secret::Encoded(secret.to_owned()).to_bytes().ok()?;
    let totp = TOTP::new(Algorithm::SHA1, DIGITS, 0, STEP_SECONDS, bytes).ok()?;
    let typed: String = code.chars().filter(|one| !one.is_whitespace()).collect();
    let now = now_seconds / STEP_SECONDS;
    let around = now.saturating_sub(STEPS_OFF_MAX)..=now.saturating_add(STEPS_OFF_MAX);
    let fitting = around.filter(|step| {
        let expected = totp.generate(step.saturating_mul(STEP_SECONDS));
        // Hashed first, so that how long it takes says nothing of how much was right.
        blake3::hash(expected.as_bytes()) == blake3::hash(typed.as_bytes())
    });
    fitting.filter(|step| *step > used).max()
}

/// Recovery codes as they are shown, this once: `7K2Q-…`.
///
/// # Errors
/// When the random source cannot be read.
pub fn recovery_codes() -> Result<Vec<Zeroizing<String>>, RandomError> {
    let code = || {
        let random: String = tokens::random_text()?.chars().take(RECOVERY_CHARACTERS).collect();
        let groups: Vec<&str> = (0..RECOVERY_CHARACTERS / 4)
            .filter_map(|group| random.get(group * 4..group * 4 + 4))
            .collect();
        Ok(Zeroizing::new(groups.join("-")))
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

/// What is stored of a recovery code, however it was typed.
#[must_use]
pub fn recovery_digest(keystore: &Keystore, code: &str) -> Digest {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    let one: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    keystore.digest("recovery_code", one.as_bytes())
}

/// Whether what was typed can only be a recovery code.
#[must_use]
pub fn is_recovery_code(typed: &str) -> bool {
    typed.chars().filter(char::is_ascii_alphanumeric).count() == RECOVERY_CHARACTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    const RFC: &[u8; 20] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // The last six of the eight digits that the RFC gives.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let secret = secret(RFC);
            assert_eq!(step(&secret, code, seconds, 0), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_each_code_counts_once() {
        let secret = secret(RFC);
        let at = |seconds| step(&secret, "050471", seconds, 0);
        let its = 1_111_111_111 / 30;
        assert_eq!(at(1_111_111_111 + 30), Some(its));
        assert_eq!(at(1_111_111_111 - 30), Some(its));
        assert_eq!(at(1_111_111_111 + 60), None);
        assert_eq!(step(&secret, "050471", 1_111_111_111, its), None, "it was used");
        assert_eq!(step(&secret, "050 471", 1_111_111_111, its - 1), Some(its));
        for wrong in ["", "05047", "0504711", "050472", "abcdef"] {
            assert_eq!(step(&secret, wrong, 1_111_111_111, 0), None, "{wrong:?}");
        }
        assert_eq!(step("", "050471", 1_111_111_111, 0), None, "what was erased has no code");
    }

    #[test]
    fn an_authenticator_can_read_the_address() {
        assert_eq!(
            address(&secret(RFC), "Orbit Ltd", "ann@acme.example"),
            "otpauth://totp/Orbit%20Ltd:ann%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Orbit%20Ltd"
        );
    }

    #[test]
    fn recovery_codes_are_many_and_typed_as_one_likes() {
        let codes = recovery_codes().unwrap();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let keystore = Keystore::in_memory().unwrap();
        let code = codes[0].as_str();
        assert!(is_recovery_code(code) && !is_recovery_code("123 456"), "{code}");
        let typed = code.to_lowercase().replace('-', " ");
        assert_eq!(recovery_digest(&keystore, code), recovery_digest(&keystore, &typed));
        assert_ne!(recovery_digest(&keystore, code), recovery_digest(&keystore, &codes[1]));
    }
}
