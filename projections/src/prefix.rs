//! Search by the beginning of a word, over everybody's rows and over one account's rows.
//! Knows nothing of what is found: it keeps words and what they stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemas::AccountId;

/// The longest word kept, in characters. A longer query finds nothing more than its beginning
/// would.
pub(crate) const WORD_CHARACTERS_MAX: usize = 64;

/// The most words of one text that can be searched by their beginning.
const WORDS_MAX: usize = 12;

/// The longest text whose words are kept, in characters.
const TEXT_CHARACTERS_MAX: usize = 512;

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

    /// The words of `text` no longer find `found`.
    pub(crate) fn remove(&mut self, owner: AccountId, text: &str, found: T) {
        for word in beginnings(text) {
            let entry = (word, found);
            self.everybody.remove(&entry);
            if let Some(own) = self.by_account.get_mut(&owner) {
                own.remove(&entry);
                if own.is_empty() {
                    self.by_account.remove(&owner);
                }
            }
        }
    }

    /// What a beginning finds among everybody's rows, in the order of the words.
    pub(crate) fn everybody<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = T> + 'a {
        beginning_with(&self.everybody, folded, self.least)
    }

    /// What a beginning finds among the rows of one account, in the order of the words.
    pub(crate) fn of_account<'a>(
        &'a self,
        owner: AccountId,
        folded: &'a str,
    ) -> impl Iterator<Item = T> + 'a {
        let own = self.by_account.get(&owner).into_iter();
        own.flat_map(move |words| beginning_with(words, folded, self.least))
    }
}

fn beginning_with<'a, T: Ord + Copy>(
    words: &'a Words<T>,
    folded: &'a str,
    least: T,
) -> impl Iterator<Item = T> + 'a {
    words
        .range((Arc::<str>::from(folded), least)..)
        .take_while(move |(word, _)| word.starts_with(folded))
        .map(|(_, found)| *found)
}

/// The text as it is searched: lower case, runs of white space as one space, at most 64 characters.
pub(crate) fn fold(text: &str) -> String {
    clip(&fold_all(text))
}

fn fold_all(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

fn clip(text: &str) -> String {
    text.chars().take(WORD_CHARACTERS_MAX).collect()
}

/// The text from each of its words on: `Acme Corp` is found by `acme c` and by `cor`.
fn beginnings(text: &str) -> Vec<Arc<str>> {
    let bounded: String = text.chars().take(TEXT_CHARACTERS_MAX).collect();
    let folded = fold_all(&bounded);
    let mut starts = Vec::new();
    let mut inside = false;
    for (at, letter) in folded.char_indices() {
        let belongs = letter.is_alphanumeric();
        if (belongs && !inside) || at == 0 {
            starts.push(at);
        }
        inside = belongs;
    }
    let suffixes = starts.into_iter().take(WORDS_MAX).filter_map(|at| folded.get(at..));
    suffixes.map(|suffix| Arc::from(clip(suffix).as_str())).collect()
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
        let find = |query: &str| index.everybody(&fold(query)).collect::<Vec<u8>>();
        assert_eq!(find("ACME r"), [7]);
        assert_eq!(find("acme"), [7, 8]);
        assert_eq!(find("zür"), [7]);
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
            let mut kept: BTreeSet<(Arc<str>, u8, u128)> = BTreeSet::new();
            for (text, found, owner) in &texts {
                index.add(account(*owner), text, *found);
                kept.extend(beginnings(text).into_iter().map(|word| (word, *found, *owner)));
            }
            for which in gone {
                if texts.is_empty() { break; }
                let (text, found, owner) = which.get(&texts);
                // A word that two owners share is kept once for everybody: only unique entries can
                // go.
                let shared = beginnings(text).iter().any(|word| kept.iter().any(|entry| {
                    entry.0 == *word && entry.1 == *found && entry.2 != *owner
                }));
                if !shared {
                    index.remove(account(*owner), text, *found);
                    for word in beginnings(text) { kept.remove(&(word, *found, *owner)); }
                }
            }
            let scan: BTreeSet<u8> =
                kept.iter().filter(|e| e.0.starts_with(&query)).map(|e| e.1).collect();
            prop_assert_eq!(index.everybody(&query).collect::<BTreeSet<_>>(), scan);
            for owner in 0..3 {
                let scan: BTreeSet<u8> = kept.iter()
                    .filter(|e| e.2 == owner && e.0.starts_with(&query)).map(|e| e.1).collect();
                prop_assert_eq!(index.of_account(account(owner), &query).collect::<BTreeSet<_>>(), scan);
            }
        }
    }
}
