//! License keys as people type and see them.

/// The digits of a key, as Crockford has them: none is mistaken for another, and case does not matter.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many digits of a key are random: 130 bits.
pub const RANDOM_DIGITS: usize = 26;
/// How many digits check the others.
pub const CHECK_DIGITS: usize = 4;
const GROUP_DIGITS: usize = 5;
const DIGITS: usize = RANDOM_DIGITS + CHECK_DIGITS;

/// The key of these random digits: the first letters of a product, the digits, and those that check them, in groups of
/// five.
#[must_use]
pub fn spell(prefix: &str, random: &str) -> String {
    let mut key = prefix.to_owned();
    for (place, digit) in random.chars().chain(check_digits(random).chars()).enumerate() {
        if place % GROUP_DIGITS == 0 {
            key.push('-');
        }
        key.push(digit);
    }
    key
}

/// The first digits of these bytes, five bits each, as many as there are bits for.
#[must_use]
pub fn digits(bytes: &[u8], count: usize) -> String {
    let bit = |place: usize| {
        let byte = bytes.get(place / 8).copied().unwrap_or_default();
        (byte >> (7 - place % 8)) & 1
    };
    let value = |digit: usize| (0..5).fold(0, |value, place| 2 * value + bit(5 * digit + place));
    (0..count).filter_map(|digit| letter(value(digit))).collect()
}

/// The digits that check these: the remainder of a Reed-Solomon code over 32 values with the zeros 2^1 to 2^4. Up to
/// four wrong digits in a key are always noticed, two that changed places too.
#[must_use]
pub fn check_digits(random: &str) -> String {
    let mut remainder = [0_u8; CHECK_DIGITS];
    for digit in random.bytes().filter_map(value) {
        let [first, second, third, fourth] = remainder;
        let [a, b, c, d] = GENERATOR.map(|factor| product(digit ^ first, factor));
        remainder = [second ^ a, third ^ b, fourth ^ c, d];
    }
    remainder.iter().filter_map(|value| letter(*value)).collect()
}

/// The key that somebody meant, however it was typed: in capitals or not, with spaces or hyphens or none, O for 0, I or L
/// for 1. `None`: it is no key that [`spell`] made, or it was mistyped.
#[must_use]
pub fn meant(typed: &str) -> Option<String> {
    let plain: Vec<char> = typed
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let (prefix, digits) = plain.split_at_checked(plain.len().checked_sub(DIGITS)?)?;
    let digits: String = digits.iter().map(|letter| read_as(*letter)).collect();
    let random = digits.get(..RANDOM_DIGITS)?;
    let right = digits.bytes().all(|digit| value(digit).is_some())
        && check_digits(random) == digits.get(RANDOM_DIGITS..)?;
    right.then(|| spell(&prefix.iter().collect::<String>(), random))
}

const fn read_as(letter: char) -> char {
    match letter {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

fn value(digit: u8) -> Option<u8> {
    let place = ALPHABET.iter().position(|one| *one == digit)?;
    u8::try_from(place).ok()
}

fn letter(value: u8) -> Option<char> {
    ALPHABET.get(usize::from(value)).map(|digit| char::from(*digit))
}

/// (x + 2)(x + 4)(x + 8)(x + 16) over the field, without its first coefficient, which is 1.
const GENERATOR: [u8; CHECK_DIGITS] = generator();

const fn generator() -> [u8; CHECK_DIGITS] {
    // Coefficients from the highest; each turn multiplies by (x + zero), and the last ones are still 0 before it.
    let mut all = [1, 0, 0, 0, 0_u8];
    let mut zero = 2;
    let mut turn = 0;
    while turn < CHECK_DIGITS {
        let [a, b, c, d, e] = all;
        all = [
            a,
            b ^ product(a, zero),
            c ^ product(b, zero),
            d ^ product(c, zero),
            e ^ product(d, zero),
        ];
        zero = product(zero, 2);
        turn += 1;
    }
    let [_, b, c, d, e] = all;
    [b, c, d, e]
}

/// The product of two values of the field of 32, by x^5 + x^2 + 1.
const fn product(one: u8, two: u8) -> u8 {
    let mut sum = 0;
    let mut bit = 0;
    let mut shifted = one;
    while bit < 5 {
        if two >> bit & 1 == 1 {
            sum ^= shifted;
        }
        shifted <<= 1;
        if shifted & 0b10_0000 != 0 {
            shifted ^= 0b10_0101;
        }
        bit += 1;
    }
    sum
}

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

    const RANDOM: &str = "7F3K9QXZ20ABCDEFGHJKMNPQRS";

    #[test]
    fn however_a_key_is_typed_the_same_is_meant() {
        let key = spell("ORBT", RANDOM);
        let groups = key.split('-').map(str::len).collect::<Vec<_>>();
        assert_eq!(groups, [4, 5, 5, 5, 5, 5, 5]);
        let rows = [
            key.clone(),
            key.to_lowercase(),
            key.replace('-', ""),
            key.replace('-', " "),
            format!("  {key}\n"),
            format!("ORBT-{}", key[5..].replace('0', "o").replace('1', "l")),
            format!("ORBT-{}", key[5..].replace('0', "O").replace('1', "I")),
        ];
        for typed in rows {
            assert_eq!(meant(&typed), Some(key.clone()), "{typed}");
        }
        for other in ["", "SECRET-KEY", "ORBT-AB12-CD34-7Q2K", "\u{4e00}\u{4e01}", &key[6..]] {
            assert_eq!(meant(other), None, "{other}");
        }
    }

    #[test]
    fn every_wrong_digit_and_every_two_that_changed_places_are_noticed() {
        let key = spell("", RANDOM);
        let digits: Vec<u8> = key.bytes().filter(|digit| *digit != b'-').collect();
        let typed = |digits: &[u8]| meant(&String::from_utf8_lossy(digits));
        assert_eq!(typed(&digits), Some(key));
        for place in 0..digits.len() {
            for other in ALPHABET.iter().filter(|other| **other != digits[place]) {
                let mut wrong = digits.clone();
                wrong[place] = *other;
                assert_eq!(typed(&wrong), None, "{} at {place}", char::from(*other));
            }
            for second in place + 1..digits.len() {
                let mut wrong = digits.clone();
                wrong.swap(place, second);
                assert!(wrong == digits || typed(&wrong).is_none(), "{place} and {second}");
            }
        }
    }

    #[test]
    fn the_code_is_that_of_its_field() {
        // 2 makes all 31 values but 0, one after the other: four zeros in a row make the code notice four wrong digits.
        let mut powers: Vec<u8> = (0..31)
            .scan(1, |power, _| {
                let now = *power;
                *power = product(*power, 2);
                Some(now)
            })
            .collect();
        powers.sort_unstable();
        assert_eq!(powers, (1..32).collect::<Vec<u8>>());
        let all = format!("{RANDOM}{}", check_digits(RANDOM));
        let mut zero = 1;
        for _ in 0..CHECK_DIGITS {
            zero = product(zero, 2);
            let at_zero =
                all.bytes().filter_map(value).fold(0, |sum, digit| product(sum, zero) ^ digit);
            assert_eq!(at_zero, 0);
        }
    }

    #[test]
    fn a_key_has_one_spelling() {
        assert_eq!(normalize(" orbt-ab12-7q2k\n"), "ORBT-AB12-7Q2K");
    }
}
