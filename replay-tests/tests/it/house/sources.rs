//! What sources may not say.

use super::{SourceFile, code, files, has_word, places_of_words};

/// The files of the pure crates.
fn pure_files() -> Vec<SourceFile> {
    let pure = |file: &SourceFile| {
        file.path.starts_with("ledger/src/") || file.path.starts_with("schemas/src/")
    };
    files(&[".rs"]).into_iter().filter(pure).collect()
}

#[test]
fn rules_and_facts_touch_no_clock_no_disk_no_network_and_no_hash_map() {
    let forbidden = [
        "HashMap",
        "HashSet",
        "SystemTime",
        "Instant",
        "async",
        "await",
        "thread",
        "env",
        "fs",
        "net",
        "process",
        "rand",
        "tokio",
        "println",
        "eprintln",
        "f32",
        "f64",
    ];
    for file in pure_files() {
        let production = file.text.split("#[cfg(test)]").next().unwrap().to_owned();
        let places = places_of_words(&SourceFile { text: production, ..file }, &forbidden);
        assert_eq!(places, [""; 0], "what is pure does without these");
    }
}

#[test]
fn the_rules_have_no_variables_that_outlive_a_call() {
    for file in pure_files() {
        for (at, line) in code(&file.text) {
            let line = line.trim_start();
            let declares = line.starts_with("static ") || line.starts_with("pub static ");
            assert!(!declares, "{}:{at}: a static in a pure crate", file.path);
        }
    }
}

#[test]
fn the_lints_of_the_rules_repeat_those_of_the_root() {
    let all = files(&["clippy.toml"]);
    let root = all.iter().find(|file| file.path == "clippy.toml").unwrap();
    let rules = all.iter().find(|file| file.path == "ledger/clippy.toml").unwrap();
    for line in root.text.lines().filter(|line| line.contains('=')) {
        assert!(
            rules.text.contains(line),
            "ledger/clippy.toml replaces clippy.toml, so it has to repeat `{line}`"
        );
    }
}

#[test]
fn the_read_side_cannot_decide() {
    let projections =
        files(&[".rs"]).into_iter().filter(|f| f.path.starts_with("projections/src/"));
    for file in projections {
        let production = file.text.split("#[cfg(test)]").next().unwrap().to_owned();
        let places = places_of_words(
            &SourceFile { text: production, ..file },
            &["decide", "Command", "Decision", "transact", "Append"],
        );
        assert_eq!(places, [""; 0], "projections remembers and answers, it never decides");
    }
}

#[test]
fn retired_versions_of_events_are_named_only_in_their_own_file() {
    for file in files(&[".rs"]).iter().filter(|file| file.path.starts_with("schemas/src/")) {
        for (at, line) in code(&file.text) {
            let open = line.trim_start().strip_prefix("pub mod v");
            let retired = open.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            assert!(!retired, "{}:{at}: a retired version is a private module", file.path);
        }
    }
}

/// The Rust that is only test: files under `tests`, and what follows `#[cfg(test)]` elsewhere.
fn test_code() -> Vec<SourceFile> {
    let this_file = "replay-tests/tests/it/house/sources.rs";
    let all = files(&[".rs"]).into_iter().filter(|file| file.path != this_file);
    let only_test = |file: SourceFile| {
        if file.path.contains("tests/") || file.path.ends_with("/tests.rs") {
            return Some(file);
        }
        let (_, text) = file.text.split_once("#[cfg(test)]")?;
        Some(SourceFile { text: text.to_owned(), path: file.path })
    };
    all.filter_map(only_test).collect()
}

#[test]
fn no_test_is_switched_off_unfinished_or_waits_by_the_clock() {
    for file in test_code() {
        for (_, line) in code(&file.text) {
            assert!(!line.contains("#[ignore"), "{}: a test is switched off: {line}", file.path);
            for word in ["todo!", "unimplemented!", "sleep", "sleep_until"] {
                let there = line.contains(&format!("{word}("))
                    && has_word(line, word.trim_end_matches('!'));
                assert!(!there, "{}: {word} in a test: {line}", file.path);
            }
        }
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let this_file = "replay-tests/tests/it/house/sources.rs";
    for file in files(&[".rs", ".ts", ".tsx"]).iter().filter(|file| file.path != this_file) {
        for word in ["todo!", "unimplemented!", "TODO", "FIXME", "XXX"] {
            assert!(!file.text.contains(word), "{}: {word}", file.path);
        }
    }
}

/// The longest file of Rust, in lines. The style asks for about 400; this is where a test stops believing "about".
const FILE_LINES_MAX: usize = 500;

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    for file in files(&[".rs", ".ts", ".tsx"]) {
        let lines = file.text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{}: {lines} lines, split it by what it does", file.path);
    }
}

#[test]
fn no_file_is_named_for_being_a_rest() {
    let rests =
        ["utils.rs", "util.rs", "common.rs", "helpers.rs", "helper.rs", "misc.rs", "types.rs"];
    for file in files(&[".rs"]) {
        let name = file.path.rsplit('/').next().unwrap();
        assert!(!rests.contains(&name), "{}: name the file for what is in it", file.path);
    }
}

#[test]
fn every_source_file_opens_by_saying_what_it_is() {
    // The tests of a module are part of it and need no introduction of their own.
    for file in files(&[".rs"]).iter().filter(|file| !file.path.ends_with("/tests.rs")) {
        assert!(file.text.starts_with("//!"), "{} opens without a word on what it is", file.path);
    }
}

#[test]
fn a_scope_of_one_tenant_is_made_only_where_people_are_authenticated() {
    let mut makers = 0;
    for file in files(&[".rs"]) {
        let production = file.text.split("#[cfg(test)]").next().unwrap();
        if file.path.contains("tests/") {
            continue;
        }
        for (at, line) in code(production) {
            if line.contains("TenantScope {") && !line.contains("struct") && !line.contains("impl")
            {
                let inside = file.path.starts_with("projections/src/");
                assert!(inside, "{}:{at}: a TenantScope made by hand", file.path);
                makers += 1;
            }
        }
        let open = production.contains("pub struct TenantScope(pub");
        assert!(!open, "{}: anybody can make a TenantScope", file.path);
    }
    assert!(makers > 0 || !has_scope(), "this test does not see where a TenantScope is made");
}

fn has_scope() -> bool {
    files(&[".rs"]).iter().any(|file| file.text.contains("pub struct TenantScope {"))
}
