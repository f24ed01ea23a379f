//! Passwords that strangers know already: the most common ones, which come with the program, and those that leaked from other
//! services, which are in a file of whoever runs this one. Knows nothing of people.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha1::{Digest, Sha1};

/// The 9,728 passwords of at least 15 characters among the million that are most common (10 million passwords, of SecLists, MIT):
/// of each, in lower case, the first eight bytes of its SHA-1, sorted. SHA-1 guards nothing here: the passwords are public.
const COMMON: &[u8] = include_bytes!("common.bin");
/// How much of a hash is kept of a common one.
const COMMON_BYTES: usize = 8;

/// How many characters a hash has in a file.
const HASH_CHARACTERS: usize = 40;
/// The longest line of a file: a hash, a colon, a count, the end.
const LINE_BYTES_MAX: u64 = 64;

/// Whether it is one of the most common ones, in whatever case.
#[must_use]
pub fn is_common(password: &str) -> bool {
    let hash = Sha1::digest(password.to_lowercase().as_bytes());
    let Some(wanted) = hash.get(..COMMON_BYTES) else { return false };
    let at = |index: usize| COMMON.get(index * COMMON_BYTES..(index + 1) * COMMON_BYTES);
    let (mut low, mut high) = (0, COMMON.len() / COMMON_BYTES);
    while low < high {
        let middle = usize::midpoint(low, high);
        let Some(found) = at(middle) else { return false };
        match found.cmp(wanted) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

/// Why a file of breached passwords cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BreachedError {
    /// It cannot be read.
    #[error("the breached passwords in `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is another kind of file.
    #[error("`{}` has no sorted lines of a SHA-1 and a count, near byte {at}", path.display())]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
    },
}

/// A file of passwords that leaked elsewhere: sorted lines `SHA-1:count`, as the dumps of Have I Been Pwned have them. It is
/// searched where it lies, as it has tens of gigabytes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Breached {
    path: PathBuf,
    file: Arc<File>,
    length: u64,
}

impl Breached {
    /// Opens a file, and looks at its ends.
    ///
    /// # Errors
    /// When it cannot be read or is another kind of file.
    pub fn open(path: &Path) -> Result<Self, BreachedError> {
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) =
            opened.map_err(|source| BreachedError::Unreadable { path: path.to_owned(), source })?;
        let breached = Self { path: path.to_owned(), file: Arc::new(file), length };
        let first = breached.line_around(0)?;
        let last = breached.line_around(length.saturating_sub(1))?;
        if last.hash < first.hash {
            return Err(breached.not_understood(last.start));
        }
        Ok(breached)
    }

    /// Whether the password is in it: some 35 short reads of a file of 40 GB.
    ///
    /// # Errors
    /// When the file cannot be read any more, or is not what it was.
    pub fn has(&self, password: &str) -> Result<bool, BreachedError> {
        let wanted: String =
            Sha1::digest(password.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect();
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let line = self.line_around(u64::midpoint(low, high))?;
            match line.hash.as_str().cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                // Each turn leaves the line that was looked at: it ends.
                std::cmp::Ordering::Less => low = line.end,
                std::cmp::Ordering::Greater => high = line.start,
            }
        }
        Ok(false)
    }

    /// The line that the byte at this place is of.
    fn line_around(&self, place: u64) -> Result<Line, BreachedError> {
        let from = place.saturating_sub(LINE_BYTES_MAX);
        let to = place.saturating_add(LINE_BYTES_MAX).min(self.length);
        let mut bytes = vec![0; usize::try_from(to - from).unwrap_or_default()];
        let read = self.file.read_exact_at(&mut bytes, from);
        read.map_err(|source| BreachedError::Unreadable { path: self.path.clone(), source })?;
        let wrong = || self.not_understood(place);
        let inside = usize::try_from(place - from).unwrap_or_default();
        let (before, after) = bytes.split_at_checked(inside).ok_or_else(wrong)?;
        let begins = before.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let begins = begins.or((from == 0).then_some(0)).ok_or_else(wrong)?;
        let ends = after.iter().position(|byte| *byte == b'\n').map(|at| inside + at + 1);
        let ends = ends.or((to == self.length).then_some(bytes.len())).ok_or_else(wrong)?;
        let text = bytes.get(begins..ends).and_then(|line| std::str::from_utf8(line).ok());
        let (hash, count) =
            text.and_then(|text| text.trim_end().split_once(':')).ok_or_else(wrong)?;
        let is_hash = hash.len() == HASH_CHARACTERS && hash.bytes().all(|c| c.is_ascii_hexdigit());
        if !is_hash || count.parse::<u64>().is_err() {
            return Err(wrong());
        }
        let place_of = |at: usize| from.saturating_add(u64::try_from(at).unwrap_or_default());
        let (start, end) = (place_of(begins), place_of(ends));
        Ok(Line { hash: hash.to_ascii_uppercase(), start, end })
    }

    fn not_understood(&self, at: u64) -> BreachedError {
        BreachedError::NotUnderstood { path: self.path.clone(), at }
    }
}

struct Line {
    hash: String,
    /// Where it begins.
    start: u64,
    /// Where the next one begins.
    end: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("breached.txt");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn hash(password: &str) -> String {
        Sha1::digest(password.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect()
    }

    #[test]
    fn the_list_of_common_passwords_is_whole_and_sorted() {
        assert_eq!(COMMON.len(), 9_728 * COMMON_BYTES);
        let (kept, rest) = COMMON.as_chunks::<COMMON_BYTES>();
        assert!(rest.is_empty() && kept.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn a_common_password_is_one_in_whatever_case() {
        for password in
            ["Mailcreated5240", "mailCREATED5240", "zQjphsyf6ctifgu", "lhbjkjubz2957704"]
        {
            assert!(is_common(password), "{password}");
        }
        for password in ["seven grey herons over Malmö", "Mailcreated5241", ""] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn each_line_of_a_file_is_found_and_nothing_between_them() {
        for end in ["\r\n", "\n"] {
            for count in 1..40_u64 {
                let names: Vec<String> = (0..count).map(|n| format!("password {n}")).collect();
                let counted = names.iter().zip(0_u32..);
                let mut lines: Vec<String> = counted
                    .map(|(name, n)| format!("{}:{}", hash(name), 3_u64.pow(n % 30)))
                    .collect();
                lines.sort();
                for last in ["", end] {
                    let (_folder, path) = file_of(&format!("{}{last}", lines.join(end)));
                    let breached = Breached::open(&path).unwrap();
                    for name in &names {
                        assert!(breached.has(name).unwrap(), "{name} of {count}");
                    }
                    for n in 0..100 {
                        assert!(!breached.has(&format!("another {n}")).unwrap());
                    }
                }
            }
        }
    }

    #[test]
    fn another_kind_of_file_is_refused() {
        let sorted = format!("{}:1\n{}:2\n", "0".repeat(40), "F".repeat(40));
        let turned = format!("{}:1\n{}:2\n", "F".repeat(40), "0".repeat(40));
        let (_folder, path) = file_of(&sorted);
        assert!(Breached::open(&path).is_ok());
        for text in ["", "letmein\n", &turned, &sorted.replace(':', ";"), &"0".repeat(10_000)] {
            let (_folder, path) = file_of(text);
            let refused = Breached::open(&path);
            assert!(matches!(refused, Err(BreachedError::NotUnderstood { .. })), "{text:.50}");
        }
        let nowhere = Breached::open(Path::new("/nowhere/at/all"));
        assert!(matches!(nowhere, Err(BreachedError::Unreadable { .. })));
    }
}
