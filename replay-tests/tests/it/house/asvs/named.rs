//! The tests that there are in the sources, by name: those of Rust, and those of the pages and of other people's tools.

use std::collections::BTreeMap;

use super::super::{code, files};

/// A test in a source file.
pub struct Found {
    path: String,
    is_switched_off: bool,
}

/// All tests by name. One with a title has it in lower case, with `_` between words.
pub struct Tests(BTreeMap<String, Vec<Found>>);

/// Where tests have titles instead of names.
const TITLED: [&str; 2] = ["portal/tests/", "graphql/conformance/"];

impl Tests {
    /// Looks through the sources.
    pub fn find() -> Self {
        let mut tests = Self(BTreeMap::new());
        for file in files(&[".rs"]) {
            for (name, off) in named_in(&file.text) {
                tests.put(name, &file.path, off);
            }
        }
        for file in files(&[".test.mjs"]) {
            let counts = TITLED.iter().any(|folder| file.path.starts_with(folder));
            for (name, off) in titled_in(&file.text).into_iter().filter(|_| counts) {
                tests.put(name, &file.path, off);
            }
        }
        tests
    }

    fn put(&mut self, name: String, path: &str, is_switched_off: bool) {
        let found = Found { path: path.to_owned(), is_switched_off };
        self.0.entry(name).or_default().push(found);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Whether there is one test that is meant by `name` or `path/of/file.rs#name`, and it runs; else what to do.
    pub fn look_up(&self, meant: &str) -> Result<(), String> {
        let (path, name) = match meant.split_once('#') {
            Some((path, name)) => (Some(path), name),
            None => (None, meant),
        };
        let all = self.0.get(name).map(Vec::as_slice).unwrap_or_default();
        let fitting: Vec<&Found> =
            all.iter().filter(|found| path.is_none_or(|path| path == found.path)).collect();
        match fitting[..] {
            [] => Err(format!("there is no test `{meant}`: name one that is there, or say `open`")),
            [found] if found.is_switched_off => {
                Err(format!("`{meant}` in {} is switched off and shows nothing", found.path))
            }
            [_] => Ok(()),
            [one, other, ..] => Err(format!(
                "`{name}` is in {} and in {}: say which, as `{}#{name}`",
                one.path, other.path, one.path
            )),
        }
    }
}

/// The functions under `#[test]` or `#[tokio::test]`, also those of proptest, and whether each is under `#[ignore]`.
fn named_in(text: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let (mut is_test, mut is_off) = (false, false);
    for (_, line) in code(text) {
        let line = line.trim();
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        is_off |= line.strip_prefix("#[").is_some_and(|rest| rest.starts_with("ignore"));
        if let Some(name) = function(line.trim_start_matches("#[test]").trim_start()) {
            if is_test {
                found.push((name, is_off));
            }
            (is_test, is_off) = (false, false);
        }
    }
    found
}

fn function(line: &str) -> Option<String> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // A macro writes `fn $name`.
    (!name.is_empty()).then_some(name)
}

/// What stands in `test("…")` and `it("…")`, and whether it is to be skipped.
fn titled_in(text: &str) -> Vec<(String, bool)> {
    let all_off = text.contains("describe.skip(");
    let mut found = Vec::new();
    for call in ["test(", "it("] {
        for (at, _) in text.match_indices(call) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') {
                continue;
            }
            let rest = text[at + call.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| "\"'`".contains(*c)) else { continue };
            let Some((title, after)) = rest[1..].split_once(quote) else { continue };
            let options = after.split("=>").next().unwrap();
            let off = options.contains("skip") || options.contains("todo");
            found.push((slug(title), off || all_off));
        }
    }
    found
}

fn slug(title: &str) -> String {
    let title = title.to_lowercase();
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

#[test]
fn a_test_is_found_by_its_name_and_one_that_is_switched_off_shows_nothing() {
    // Spelled apart, so that they are not found as tests of this file.
    let (test, ignore) = ("#[te".to_owned() + "st]", "#[igno".to_owned() + "re]");
    let rust = format!(
        "{test}\nfn one() {{}}\nfn helper() {{}}\n#[tokio::{}\n{ignore}\nasync fn two() {{}}",
        &test[2..]
    );
    assert_eq!(named_in(&rust), [("one".to_owned(), false), ("two".to_owned(), true)]);
    let titled = "test(\"Goes out, and back\", async () => {}); it.skip(\"x\"); await(\"y\"); \
        test('off', { skip: true }, () => {});";
    assert_eq!(
        titled_in(titled),
        [("goes_out_and_back".to_owned(), false), ("off".to_owned(), true)]
    );
    let tests = Tests::find();
    assert!(tests.count() > 700, "only {} tests were found", tests.count());
    assert!(tests.look_up("nothing_is_left_unfinished").is_ok());
    for (meant, says) in [("no_such_test", "no test"), ("each_refusal_has_its_reason", "say which")]
    {
        assert!(tests.look_up(meant).is_err_and(|error| error.contains(says)), "{meant}");
    }
    assert!(tests.look_up("ledger/tests/rules/meter.rs#each_refusal_has_its_reason").is_ok());
}
