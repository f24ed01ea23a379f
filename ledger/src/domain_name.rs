//! Domain names as licenses are bound to them: one spelling for each name. `www.` is kept: it is
//! another name.

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

/// The one spelling of this domain name. A port and one trailing dot are cut off; schemes, paths
/// and addresses are no domain names.
///
/// # Errors
/// When the text is not a domain name.
pub fn normalize(text: &str) -> Result<DomainName, DomainNameError> {
    let refuse = || DomainNameError { found: shown(text) };
    let host = without_port(text.trim());
    let host = host.strip_suffix('.').unwrap_or(host);
    let name = idna::domain_to_ascii_strict(host).map_err(|_| refuse())?;
    // An address in numbers is a place, not a name: it ends in a label of digits.
    let numeric = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    if name.is_empty() || name.ends_with('.') || name.rsplit('.').next().is_some_and(numeric) {
        return Err(refuse());
    }
    Ok(DomainName(name))
}

const SHOWN_CHARACTERS_MAX: usize = 80;

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARACTERS_MAX).collect()
}

fn without_port(text: &str) -> &str {
    match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_domain_has_one_spelling() {
        let rows = [
            ("App.Example.COM", "app.example.com"),
            ("app.example.com:8443", "app.example.com"),
            ("app.example.com.", "app.example.com"),
            (" www.example.com ", "www.example.com"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("localhost", "localhost"),
        ];
        for (text, name) in rows {
            assert_eq!(normalize(text).as_ref().map(DomainName::as_str), Ok(name), "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for text in [
            "",
            ".",
            "..",
            "a..b",
            "https://example.com",
            "example.com/path",
            "two words.com",
            "-a.example",
            "192.0.2.1",
            "[::1]:80",
            "*.example.com",
            "example.com:99999",
        ] {
            assert!(normalize(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_normalized_name_stays_as_it_is(text: String) {
            if let Ok(name) = normalize(&text) {
                prop_assert_eq!(normalize(name.as_str()), Ok(name));
            }
        }
    }
}
