//! What a page tells its reader to type is typed, in its order and with the real programs, and they say what the page
//! says they do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its own functions too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use replay_tests::process;

/// What stands in a page for what was left out.
const LEFT_OUT: char = '…';

/// A command of a page, and what it answers there.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    typed: String,
    answer: Vec<String>,
}

/// The commands in the blocks of a page that show a terminal.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut in_terminal = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_terminal = line == "```console";
        } else if let Some(typed) = line.strip_prefix("$ ").filter(|_| in_terminal) {
            steps.push(Step { typed: typed.to_owned(), answer: Vec::new() });
        } else if in_terminal {
            steps.last_mut().unwrap().answer.push(line.to_owned());
        }
    }
    steps
}

/// What is another one each time, as the page has it, and as it is this time: hashes.
type Names = BTreeMap<String, String>;

/// Whether the answer is what the page says. A line of only the mark stands for any lines, a mark within a line for
/// any letters.
fn fits(said: &[String], answer: &[&str], names: &mut Names) -> bool {
    match (said, answer) {
        ([], []) => true,
        ([said, more @ ..], _) if said.chars().eq([LEFT_OUT]) => {
            (0..=answer.len()).any(|from| fits(more, &answer[from..], names))
        }
        ([said, said_more @ ..], [line, more @ ..]) => {
            line_fits(said, line, names) && fits(said_more, more, names)
        }
        ([], [_, ..]) | ([_, ..], []) => false,
    }
}

fn line_fits(said: &str, line: &str, names: &mut Names) -> bool {
    let (said, line): (Vec<_>, Vec<_>) = (said.split(' ').collect(), line.split(' ').collect());
    said.len() == line.len()
        && said.iter().zip(line).all(|(said, word)| word_fits(said, word, names))
}

fn word_fits(said: &str, word: &str, names: &mut Names) -> bool {
    let said = said.trim_end_matches([',', ':']);
    let word = word.trim_end_matches([',', ':']);
    if let Some((start, end)) = said.split_once(LEFT_OUT) {
        // Only an id or a signature is shortened, and its start is another one each time, too.
        let known = start.rfind('/').map_or("", |slash| &start[..=slash]);
        return word.starts_with(known) && word.ends_with(end);
    }
    if is_hash(said) && is_hash(word) {
        return names.entry(said.to_owned()).or_insert_with(|| word.to_owned()) == word;
    }
    said == word
}

/// 32 bytes in hexadecimal digits or in base64.
fn is_hash(word: &str) -> bool {
    let hexadecimal = word.len() == 64 && word.chars().all(|letter| letter.is_ascii_hexdigit());
    let base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    hexadecimal || (word.len() == 44 && word.ends_with('=') && word.chars().all(base64))
}

/// Types all that a page says into a shell in an empty folder.
fn follow(page: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join(page)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let programs = ["deedbook", "ledger-verify"].map(process::program);
    let path =
        format!("{}:{}", programs[0].parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut names = Names::new();
    let steps = steps(&page);
    for step in &steps {
        let mut typed = step.typed.clone();
        for (said, name) in &names {
            typed = typed.replace(said, name);
        }
        let mut shell = Command::new("sh");
        process::forget_settings(&mut shell);
        shell.args(["-c", &format!("exec 2>&1\n{typed}")]).current_dir(home.path());
        shell.env("PATH", &path).env("DEEDBOOK_SEGMENT_MIB", "4");
        let output = shell.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let answer: Vec<_> = text.lines().collect();
        assert!(fits(&step.answer, &answer, &mut names), "`{typed}` answers:\n{text}\n{step:#?}");
        let first = step.answer.first().map_or("", String::as_str);
        let refused = first.starts_with("error") || first.starts_with("refused");
        let code = if refused { 3 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "`{typed}` answers:\n{text}");
    }
    steps.len()
}

#[test]
fn the_page_about_proofs_is_true() {
    let typed = follow("docs/proofs.md");
    assert!(typed > 15, "only {typed} commands");
}

#[test]
fn an_answer_that_is_not_the_one_of_the_page_is_noticed() {
    let said = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let fits = |page: &[&str], answer: &[&str]| fits(&said(page), answer, &mut Names::new());
    let (one, other) = ("0a".repeat(32), "0b".repeat(32));
    assert!(fits(&["4 of 6", "…"], &["4 of 6"]) && fits(&["…", "b"], &["x", "y", "b"]));
    assert!(!fits(&["4 of 6"], &["4 of 7"]) && !fits(&["4 of 6"], &["4 of 6", "more"]));
    assert!(!fits(&["a", "b"], &["a"]) && !fits(&["a", "…"], &["b", "a"]));
    assert!(fits(&[&one, &one], &[&other, &other]), "a hash may be another one");
    assert!(!fits(&[&one, &one], &[&other, &one]), "and is the same everywhere");
    assert!(
        fits(&["by log/v1/ab…"], &["by log/v1/cdef"]) && !fits(&["by log/v1/ab…"], &["by a/v1/ab"])
    );
    let steps =
        steps("text\n```sh\n$ not this\n```\n```console\n$ a b\nc\n\nd\n$ e\n```\n$ nor this\n");
    let step = |typed: &str, answer| Step { typed: typed.to_owned(), answer };
    assert_eq!(steps, [step("a b", said(&["c", "", "d"])), step("e", vec![])]);
}
