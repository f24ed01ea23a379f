//! Search by the beginning of a word, over everybody's rows and over one account's rows.
//! Knows nothing of what is found: it keeps words and what they stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemas::AccountId;
use unicode_normalization::UnicodeNormalization;

/// The longest word kept, in characters. A longer query finds nothing more than its beginning
/// would.
pub(crate) const WORD_CHARACTERS_MAX: usize = 64;

/// The most words of one text that can be searched by their beginning.
const WORDS_MAX: usize = 12;

/// The longest text whose words are kept, in characters.
const TEXT_CHARACTERS_MAX: usize = 512;

/// The marks that stand above and below letters (Unicode's block of combining diacritical marks). Marks of other
/// scripts are letters to those who read them.
const ACCENTS: std::ops::RangeInclusive<char> = '\u{0300}'..='\u{036f}';

/// Words and what they stand for, in the order of the words.
type Words<T> = BTreeSet<(Arc<str>, T)>;

/// Finds rows by the beginning of a word.
#[derive(Debug, Clone)]
pub(crate) struct PrefixIndex<T> {
    /// Nothing that can be found sorts before it.
    least: T,
    everybody: Words<T>,
    by_account: BTreeMap<AccountId, Words<T>>,
}

impl<T: Ord + Copy> PrefixIndex<T> {
    /// An index of nothing. Nothing that is added later may sort before `least`.
    pub(crate) const fn new(least: T) -> Self {
        Self { least, everybody: BTreeSet::new(), by_account: BTreeMap::new() }
    }

    /// From now on, the beginnings of the words of `text` find `found`, which belongs to `owner`.
    pub(crate) fn add(&mut self, owner: AccountId, text: &str, found: T) {
        for word in beginnings(text) {
            self.everybody.insert((Arc::clone(&word), found));
            self.by_account.entry(owner).or_default().insert((word, found));
        }
    }

    /// Nothing of `owner` finds `found` any more.
    pub(crate) fn remove(&mut self, owner: AccountId, found: T) {
        let Some(own) = self.by_account.get_mut(&owner) else { return };
        for entry in own.extract_if(.., |(_, one)| *one == found) {
            self.everybody.remove(&entry);
        }
        if own.is_empty() {
            self.by_account.remove(&owner);
        }
    }

    /// What a beginning finds among everybody's rows, in the order of the words.
    pub(crate) fn everybody<'a>(
        &'a self,
        folded: &'a str,
    ) -> impl Iterator<Item = (&'a str, T)> + 'a {
        beginning_with(&self.everybody, folded, self.least)
    }

    /// What a beginning finds among the rows of one account, in the order of the words.
    pub(crate) fn of_account<'a>(
        &'a self,
        owner: AccountId,
        folded: &'a str,
    ) -> impl Iterator<Item = (&'a str, T)> + 'a {
        let own = self.by_account.get(&owner).into_iter();
        own.flat_map(move |words| beginning_with(words, folded, self.least))
    }
}

fn beginning_with<'a, T: Ord + Copy>(
    words: &'a Words<T>,
    folded: &'a str,
    least: T,
) -> impl Iterator<Item = (&'a str, T)> + 'a {
    words
        .range((Arc::<str>::from(folded), least)..)
        .take_while(move |(word, _)| word.starts_with(folded))
        .map(|(word, found)| (&**word, *found))
}

/// The same of texts that are all known: small, and never changed.
#[derive(Debug)]
pub(crate) struct SortedWords<T> {
    /// The searched form of each text; a word is a part of one.
    texts: Vec<Box<str>>,
    words: Vec<SortedWord<T>>,
    /// The places of the words, by owner and then in their order.
    by_owner: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct SortedWord<T> {
    owner: AccountId,
    found: T,
    text: u32,
    from: u16,
    until: u16,
}

impl<T: Ord + Copy> SortedWords<T> {
    /// The words of these texts.
    pub(crate) fn of(all: Vec<(AccountId, Box<str>, T)>) -> Self {
        let mut texts = Vec::with_capacity(all.len());
        let mut words = Vec::with_capacity(all.len().saturating_mul(2));
        // More than can be numbered are not searched; a ledger has its other limits long before.
        for ((owner, text, found), number) in all.into_iter().zip(0u32..) {
            let folded = fold_bounded(&text);
            for word in beginnings_of(&folded) {
                let until = word.start.saturating_add(word.len);
                if let (Ok(from), Ok(until)) = (u16::try_from(word.start), u16::try_from(until)) {
                    words.push(SortedWord { owner, found, text: number, from, until });
                }
            }
            texts.push(folded.into_boxed_str());
        }
        let mut sorted = Self { texts, words, by_owner: Vec::new() };
        let mut words = std::mem::take(&mut sorted.words);
        words.sort_unstable_by(|one, other| sorted.entry(one).cmp(&sorted.entry(other)));
        let mut by_owner: Vec<u32> = words.iter().zip(0u32..).map(|(_, at)| at).collect();
        let owner = |at: &u32| Some(words.get(usize::try_from(*at).ok()?)?.owner);
        by_owner.sort_by_key(owner);
        Self { words, by_owner, ..sorted }
    }

    /// What a beginning finds among everybody's rows, in the order of the words.
    pub(crate) fn everybody<'a>(
        &'a self,
        folded: &'a str,
    ) -> impl Iterator<Item = (&'a str, T)> + 'a {
        let from = self.words.partition_point(|word| self.text(word) < folded);
        let words = self.words.iter().skip(from).map(|word| self.entry(word));
        words.take_while(move |(word, _)| word.starts_with(folded))
    }

    /// What a beginning finds among the rows of one account, in the order of the words.
    pub(crate) fn of_account<'a>(
        &'a self,
        owner: AccountId,
        folded: &'a str,
    ) -> impl Iterator<Item = (&'a str, T)> + 'a {
        let word = |at: &u32| self.words.get(usize::try_from(*at).ok()?);
        let from = self.by_owner.partition_point(|at| {
            word(at).is_some_and(|word| (word.owner, self.text(word)) < (owner, folded))
        });
        let own = self.by_owner.iter().skip(from).filter_map(word);
        let own = own.take_while(move |word| word.owner == owner).map(|word| self.entry(word));
        own.take_while(move |(word, _)| word.starts_with(folded))
    }

    fn entry(&self, word: &SortedWord<T>) -> (&str, T) {
        (self.text(word), word.found)
    }

    fn text(&self, word: &SortedWord<T>) -> &str {
        let text = usize::try_from(word.text).ok().and_then(|at| self.texts.get(at));
        let range = usize::from(word.from)..usize::from(word.until);
        text.and_then(|text| text.get(range)).unwrap_or_default()
    }
}

/// The text as it is searched: lower case, without accents, runs of white space as one space, at most 64 characters.
pub(crate) fn fold(text: &str) -> String {
    clip(&fold_all(text))
}

fn fold_all(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        let bare = word.nfkd().filter(|letter| !ACCENTS.contains(letter));
        folded.extend(bare.flat_map(char::to_lowercase));
    }
    folded
}

fn clip(text: &str) -> String {
    text.chars().take(WORD_CHARACTERS_MAX).collect()
}

/// The searched form of the part of a text whose words are kept.
fn fold_bounded(text: &str) -> String {
    let bounded: String = text.chars().take(TEXT_CHARACTERS_MAX).collect();
    fold_all(&bounded)
}

/// A part of a text, in bytes.
struct Part {
    start: usize,
    len: usize,
}

/// The searched form of a text from each of its words on.
fn beginnings_of(folded: &str) -> Vec<Part> {
    let mut starts = Vec::new();
    let mut inside = false;
    for (at, letter) in folded.char_indices() {
        let belongs = letter.is_alphanumeric();
        if (belongs && !inside) || at == 0 {
            starts.push(at);
        }
        inside = belongs;
    }
    let parts = starts.into_iter().take(WORDS_MAX).filter_map(|start| {
        let suffix = folded.get(start..)?;
        let end = suffix.char_indices().nth(WORD_CHARACTERS_MAX);
        Some(Part { start, len: end.map_or(suffix.len(), |(at, _)| at) })
    });
    parts.collect()
}

/// Whether a word of the text begins so.
pub(crate) fn has_beginning(text: &str, folded: &str) -> bool {
    beginnings(text).iter().any(|word| word.starts_with(folded))
}

/// The text from each of its words on: `Acme Corp` is found by `acme c` and by `cor`.
fn beginnings(text: &str) -> Vec<Arc<str>> {
    let folded = fold_bounded(text);
    let parts = beginnings_of(&folded).into_iter();
    parts.filter_map(|part| folded.get(part.start..)?.get(..part.len)).map(Arc::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn account(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    #[test]
    fn each_word_is_found_by_its_beginning() {
        let mut index = PrefixIndex::new(0u8);
        index.add(account(1), "Acme  Robotics (Zürich)", 7);
        index.add(account(1), "ann.lee@acme.example", 8);
        let find = |query: &str| {
            index.everybody(&fold(query)).map(|(_, found)| found).collect::<Vec<u8>>()
        };
        assert_eq!(find("ACME r"), [7]);
        assert_eq!(find("acme"), [7, 8]);
        for typed in ["zür", "ZUR", "zu\u{308}r"] {
            assert_eq!(find(typed), [7], "with and without the accent, however it is written");
        }
        assert_eq!(find("lee@"), [8]);
        assert_eq!(find("cme"), [0; 0]);
    }

    proptest! {
        #[test]
        fn the_index_finds_what_a_scan_finds(
            texts in prop::collection::vec(("[a-cA-C .]{0,8}", 0u8..4, 0u128..3), 0..40),
            gone in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
            query in "[a-c]{1,3}",
        ) {
            let mut index = PrefixIndex::new(0u8);
            let all = texts.iter().map(|(text, found, owner)| (account(*owner), text.as_str().into(), *found));
            let sorted = SortedWords::of(all.collect());
            let mut kept: BTreeSet<(Arc<str>, u8, u128)> = BTreeSet::new();
            for (text, found, owner) in &texts {
                index.add(account(*owner), text, *found);
                kept.extend(beginnings(text).into_iter().map(|word| (word, *found, *owner)));
            }
            // In the order of the words, and of what they stand for.
            let scan = |kept: &BTreeSet<(Arc<str>, u8, u128)>, owner: Option<u128>| {
                let wanted = kept.iter().filter(|e| owner.is_none_or(|owner| e.2 == owner));
                let found = wanted.filter(|e| e.0.starts_with(&query)).map(|e| (e.0.to_string(), e.1));
                found.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
            };
            let texts_of = |found: &mut dyn Iterator<Item = (&str, u8)>| {
                let mut all: Vec<_> = found.map(|(word, found)| (word.to_owned(), found)).collect();
                all.dedup();
                all
            };
            prop_assert_eq!(texts_of(&mut sorted.everybody(&query)), scan(&kept, None));
            for owner in 0..3 {
                let found = texts_of(&mut sorted.of_account(account(owner), &query));
                prop_assert_eq!(found, scan(&kept, Some(owner)));
            }
            for which in gone {
                if texts.is_empty() { break; }
                let (_, found, owner) = which.get(&texts);
                // A word that two owners share is kept once for everybody: only what one owner has
                // can go.
                let shared = kept.iter().any(|entry| entry.1 == *found && entry.2 != *owner);
                if !shared {
                    index.remove(account(*owner), *found);
                    kept.retain(|entry| entry.1 != *found || entry.2 != *owner);
                }
            }
            prop_assert_eq!(texts_of(&mut index.everybody(&query)), scan(&kept, None));
            for owner in 0..3 {
                let found = texts_of(&mut index.of_account(account(owner), &query));
                prop_assert_eq!(found, scan(&kept, Some(owner)));
            }
        }
    }
}
