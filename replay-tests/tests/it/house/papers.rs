//! What the papers say is there, is there: ARCHITECTURE.md, the Makefile, the published schemas, the lock files.

use std::collections::BTreeSet;
use std::fs;

use super::{files, root};

fn paper(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What stands between backticks and looks like a path of the project.
fn paths_named_in(text: &str) -> Vec<String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let endings = [".rs", ".md", ".toml", ".json", ".graphql", ".lock", ".mjs", ".js"];
    let quoted = text.split('`').skip(1).step_by(2);
    let words = quoted.flat_map(|quoted| quoted.split_whitespace());
    let is_path = |word: &&str| {
        let media = word.starts_with("application/") || word.starts_with("text/");
        let path = word.contains('/') || endings.iter().any(|ending| word.ends_with(ending));
        path && !media
            && !word.starts_with('/')
            && !word.starts_with('.')
            && word.chars().all(known)
    };
    words.filter(is_path).map(str::to_owned).collect()
}

#[test]
fn every_path_named_in_the_architecture_exists() {
    let text = paper("ARCHITECTURE.md");
    let named = paths_named_in(&text);
    assert!(named.len() >= 10, "ARCHITECTURE.md names only {named:?}");
    let missing: Vec<_> = named.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:?}");
}

#[test]
fn the_architecture_can_be_read_in_one_sitting() {
    let lines = paper("ARCHITECTURE.md").lines().count();
    assert!(lines <= 200, "ARCHITECTURE.md has {lines} lines, at most 200 are wanted");
}

#[test]
fn the_papers_of_the_house_are_there() {
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile"] {
        assert!(paper(name).len() > 100, "{name} says nothing");
    }
    let adrs = fs::read_dir(root().join("docs/adr")).unwrap().count();
    assert!(adrs >= 5, "docs/adr has {adrs} records");
}

#[test]
fn the_commands_that_the_readme_names_are_there() {
    let makefile = paper("Makefile");
    let readme = paper("README.md");
    let targets = |text: &str| -> Vec<String> {
        let words = text.split("make ").skip(1).map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>()
        });
        words.filter(|word| !word.is_empty()).collect()
    };
    let quoted: Vec<_> = readme.split('`').filter(|text| text.contains("make ")).collect();
    for target in quoted.iter().flat_map(|text| targets(text)) {
        let rule = format!("\n{target}:");
        assert!(
            makefile.contains(&rule),
            "the README names `make {target}`, the Makefile has no such rule"
        );
    }
    for target in ["demo", "test", "check", "bless"] {
        assert!(makefile.contains(&format!("\n{target}:")), "the Makefile has no rule `{target}`");
        let open = readme.contains(&format!("make {target}"));
        assert!(
            open || target == "check" || target == "bless",
            "the README does not say `make {target}`"
        );
    }
}

#[test]
fn the_published_graphql_schemas_are_there() {
    for door in ["portal", "console"] {
        let sdl = paper(&format!("schemas/graphql/{door}.graphql"));
        assert!(sdl.contains("type Query"), "the {door}'s SDL has no queries");
        assert!(sdl.contains("type Mutation"), "the {door}'s SDL has no mutations");
    }
}

#[test]
fn no_file_sends_a_build_to_a_registry_of_its_own() {
    let lock = paper("Cargo.lock");
    let sources: BTreeSet<&str> =
        lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert_eq!(sources.len(), 1, "Cargo.lock names more than the usual registry: {sources:?}");
    let registry = |line: &&str| line.starts_with("source = \"registry+");
    assert!(sources.iter().all(registry), "Cargo.lock names a repository: {sources:?}");
    for file in files(&["package-lock.json", ".npmrc", "config.toml", "pnpm-lock.yaml"]) {
        for word in ["\"resolved\": \"http", "registry =", "registry=", "[source.", "[registries"] {
            assert!(!file.text.contains(word), "{} names a registry: {word}", file.path);
        }
    }
}
