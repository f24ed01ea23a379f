//! Domain names as licenses are bound to them: one spelling for each name. `www.` is kept: it is another name.

use std::fmt;

/// A normalized domain name: lower case, ASCII (punycode), without port and trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// Why a text is not a domain name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a domain name such as `app.example.com`, got `{found}`")]
pub struct DomainNameError {
    /// The text as given, cut to a displayable length.
    pub found: String,
}

impl DomainName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The one spelling of this domain name.
///
/// # Errors
/// When the text is not a domain name.
pub fn normalize(_text: &str) -> Result<DomainName, DomainNameError> {
    unimplemented!()
}
