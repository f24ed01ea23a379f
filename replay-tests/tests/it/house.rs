//! The rules of the house, as tests: who may import whom, what the pure crates may not touch, what no test may do,
//! and that ARCHITECTURE.md speaks of what is there. Knows nothing of what the crates do.

mod asvs;
mod defences;
mod imports;
mod kinds_of_data;
mod operating;
mod papers;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the whole project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// A text file of the project.
struct SourceFile {
    /// Its path from the root, with `/`.
    path: String,
    text: String,
}

/// What is not ours to judge: built, downloaded, or a ledger.
const SKIPPED_FOLDERS: [&str; 6] = ["target", "node_modules", "data", "golden", "dist", "build"];

/// All text files with one of these endings, sorted by path.
fn files(endings: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    collect(&root(), endings, &mut found);
    found.sort_by(|one, two| one.path.cmp(&two.path));
    assert!(!found.is_empty(), "no file ends in {endings:?}: this test looks in the wrong place");
    found
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let is_made = name.contains(".generated.") || SKIPPED_FOLDERS.contains(&name.as_str());
        if name.starts_with(".git") || is_made {
            continue;
        }
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            collect(&path, endings, found);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            found.push(SourceFile { path, text });
        }
    }
}

/// The lines of Rust that are code: whole-line comments and comments at the end of a line are left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let uncommented = numbered.map(|(at, line)| (at, line.split(" // ").next().unwrap()));
    uncommented.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether the line has this word, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// The places where code has one of these words.
fn places_of_words(file: &SourceFile, words: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for (at, line) in code(&file.text) {
        for word in words.iter().filter(|word| has_word(line, word)) {
            places.push(format!("{}:{at}: {word}", file.path));
        }
    }
    places
}
