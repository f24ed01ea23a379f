//! Bearer tokens: 256 random bits behind a prefix that says which door they open. Only their hash is
//! ever stored. Knows nothing of who holds one.

use schemas::Digest;
use schemas::access::Audience;
use zeroize::Zeroize;

/// How long a token is accepted after it was issued, in seconds.
pub const LIFETIME_SECONDS: i64 = 12 * 60 * 60;

const SECRET_BYTES: usize = 32;
const BASE32_CHARACTERS: usize = 52;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGEST_CONTEXT: &str = "deedbook 2026 bearer token v1";

/// The secret of one bearer token. It has no `Debug` and is wiped when it is dropped.
pub struct TokenSecret([u8; SECRET_BYTES]);

impl Drop for TokenSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The machine has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the machine's random source cannot be read")]
pub struct RandomError(#[from] getrandom::Error);

impl TokenSecret {
    /// A new secret from the machine's random source.
    ///
    /// # Errors
    /// When the random source cannot be read.
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// What is stored of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest(blake3::derive_key(DIGEST_CONTEXT, &self.0))
    }

    /// The token as its holder sends it, such as `ent_portal_` and 52 base32 characters.
    #[must_use]
    pub fn token(&self, audience: Audience) -> String {
        let mut text = String::with_capacity(16 + BASE32_CHARACTERS);
        text.push_str(prefix(audience));
        encode(&self.0, &mut text);
        text
    }

    /// The door and the secret of a token as its holder sent it; `None` when the text is no token.
    #[must_use]
    pub fn parse(text: &str) -> Option<(Audience, Self)> {
        [Audience::Portal, Audience::Console].into_iter().find_map(|audience| {
            let secret = decode(text.strip_prefix(prefix(audience))?)?;
            Some((audience, Self(secret)))
        })
    }
}

/// A random text of 256 bits, as a password that nobody had to think of.
///
/// # Errors
/// When the random source cannot be read.
pub fn random_text() -> Result<String, RandomError> {
    let secret = TokenSecret::random()?;
    let mut text = String::with_capacity(BASE32_CHARACTERS);
    encode(&secret.0, &mut text);
    Ok(text)
}

/// What every token of this audience starts with, so that a leaked one is recognised by scanners.
#[must_use]
pub const fn prefix(audience: Audience) -> &'static str {
    match audience {
        Audience::Portal => "ent_portal_",
        Audience::Console => "ent_console_",
    }
}

/// The token of an `Authorization` header's value; `None` when it is not of the form `Bearer …`.
#[must_use]
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn encode(bytes: &[u8; SECRET_BYTES], text: &mut String) {
    let mut held: u32 = 0;
    let mut bits = 0;
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    // 256 bits leave one bit for a last character; its lower four bits are zero.
    text.push(letter(held << (5 - bits)));
}

fn letter(value: u32) -> char {
    let place = usize::try_from(value & 31).unwrap_or_default();
    ALPHABET.get(place).map_or('0', |byte| char::from(*byte))
}

fn decode(text: &str) -> Option<[u8; SECRET_BYTES]> {
    if text.len() != BASE32_CHARACTERS {
        return None;
    }
    let mut bytes = [0; SECRET_BYTES];
    let mut places = bytes.iter_mut();
    let mut held: u32 = 0;
    let mut bits = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        held = (held << 5) | u32::try_from(digit).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *places.next()? = u8::try_from(held >> bits).ok()?;
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_with_its_audience_and_digest() {
        for audience in [Audience::Portal, Audience::Console] {
            let secret = TokenSecret::random().unwrap();
            let token = secret.token(audience);
            assert_eq!(token.len(), prefix(audience).len() + BASE32_CHARACTERS);
            let (read, again) = TokenSecret::parse(&token).unwrap();
            assert_eq!((read, again.digest()), (audience, secret.digest()));
        }
    }

    #[test]
    fn all_bits_of_the_secret_are_in_the_token() {
        let zero = TokenSecret([0; SECRET_BYTES]);
        for bit in 0..SECRET_BYTES * 8 {
            let mut bytes = [0; SECRET_BYTES];
            bytes[bit / 8] = 1 << (bit % 8);
            let one = TokenSecret(bytes);
            assert_ne!(one.token(Audience::Portal), zero.token(Audience::Portal), "bit {bit}");
            let (_, read) = TokenSecret::parse(&one.token(Audience::Portal)).unwrap();
            assert_eq!(read.0, bytes, "bit {bit}");
        }
    }

    #[test]
    fn a_text_that_is_no_token_is_refused() {
        let good = TokenSecret([7; SECRET_BYTES]).token(Audience::Portal);
        let other_prefix = good.replace("portal", "admin");
        let cut = &good[..good.len() - 1];
        let longer = format!("{good}0");
        let lower = good.to_lowercase();
        // The last character carries one bit; a second way to write the same secret is refused.
        let loose = format!("{cut}Z");
        for text in ["", "ent_portal_", &other_prefix, cut, &longer, &lower, &loose, "ent_portal_é"]
        {
            assert!(TokenSecret::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn only_the_bearer_scheme_is_read() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
