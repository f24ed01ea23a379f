//! License keys as people type and see them.

/// The one spelling of a key: upper case, without spaces around it. Hash and compare keys in this form.
#[must_use]
pub fn normalize(key: &str) -> String {
    key.trim().to_uppercase()
}

/// The key with only its first and last group shown: `ORBT-****-****-7Q2K`.
#[must_use]
pub fn mask(_key: &str) -> String {
    unimplemented!()
}
