//! License keys as people type and see them.

/// The one spelling of a key: upper case, without spaces around it. Hash and compare keys in this
/// form.
#[must_use]
pub fn normalize(key: &str) -> String {
    key.trim().to_uppercase()
}

/// The key with only its first and last group shown: `ORBT-****-****-7Q2K`. A key with fewer than
/// three groups would be shown whole that way, so it shows less: two groups show the first, one
/// group shows nothing.
#[must_use]
pub fn mask(key: &str) -> String {
    let groups: Vec<&str> = key.split('-').collect();
    let last = groups.len().saturating_sub(1);
    let shown = |place: usize| match groups.len() {
        0 | 1 => false,
        2 => place == 0,
        _ => place == 0 || place == last,
    };
    let masked = groups.iter().enumerate().map(|(place, group)| {
        if shown(place) { (*group).to_owned() } else { "*".repeat(group.chars().count()) }
    });
    masked.collect::<Vec<_>>().join("-")
}

/// The last group of a masked key, for somebody who searches with what a page showed; any other text as it is.
#[must_use]
pub fn shown_end(text: &str) -> &str {
    text.rsplit_once("*-").map_or(text, |(_, end)| end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_key_is_searched_by_its_end() {
        assert_eq!(shown_end("ORBT-****-****-7Q2K"), "7Q2K");
        assert_eq!(shown_end("ORBT-AB12-7Q2K"), "ORBT-AB12-7Q2K");
        assert_eq!(shown_end("Acme"), "Acme");
    }

    #[test]
    fn a_masked_key_shows_its_first_and_last_group_at_most() {
        let rows = [
            ("ORBT-AB12-CD34-7Q2K", "ORBT-****-****-7Q2K"),
            ("ORBT-AB12-7Q2K", "ORBT-****-7Q2K"),
            ("ORBT-7Q2K", "ORBT-****"),
            ("SECRET", "******"),
            ("", ""),
        ];
        for (key, masked) in rows {
            assert_eq!(mask(key), masked);
        }
    }

    #[test]
    fn a_key_has_one_spelling() {
        assert_eq!(normalize(" orbt-ab12-7q2k\n"), "ORBT-AB12-7Q2K");
    }
}
