//! The published schemas are those of the code. `UPDATE_SDL=1` writes them.

use std::path::PathBuf;

fn published(name: &str, sdl: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/graphql").join(name);
    if std::env::var_os("UPDATE_SDL").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(&path, sdl).expect("the schema is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == sdl,
        "{name} is not what the code says: run `make bless` and review the difference"
    );
}

#[test]
fn the_published_schemas_are_those_of_the_code() {
    published("portal.graphql", &graphql::portal::sdl());
    published("console.graphql", &graphql::console::sdl());
}

/// The names of the types that a schema declares.
fn types(sdl: &str) -> Vec<&str> {
    let starts = ["type ", "input ", "enum ", "union ", "interface ", "scalar "];
    sdl.lines()
        .filter_map(|line| starts.iter().find_map(|start| line.strip_prefix(start)))
        .filter_map(|rest| rest.split([' ', '@', '{']).next())
        .collect()
}

#[test]
fn no_type_of_the_vendors_is_in_the_customers_schema() {
    let portal = graphql::portal::sdl();
    for name in types(&portal) {
        let vendors = [
            "Staff",
            "Console",
            "Find",
            "Found",
            "ViewDigest",
            "LedgerState",
            "Publish",
            "Issue",
            "LicenseRevoke",
            "Blocker",
            "UnitsGrant",
            "UsageRecord",
            "AccountOpen",
            "StaffAdd",
            "Renew",
        ];
        let shown = ["ActiveBlocker", "BlockerKind", "RenewalBasis", "RenewalNotice"];
        let leaked = vendors.iter().any(|word| name.contains(word)) && !shown.contains(&name);
        assert!(!leaked, "`{name}` is in the customers' schema");
    }
    for field in [
        "staff",
        "find(",
        "accounts(",
        "ledger:",
        "productPublish",
        "licenseIssue",
        "licenseRevoke",
    ] {
        assert!(!portal.contains(&format!("\n\t{field}")), "`{field}` is in the customers' schema");
    }
    assert!(graphql::console::sdl().contains("staffAdd"));
}

#[test]
fn everything_in_the_schemas_is_described() {
    for sdl in [graphql::portal::sdl(), graphql::console::sdl()] {
        let mut described = false;
        let mut in_text = false;
        let mut missing = Vec::new();
        for line in sdl.lines() {
            let trimmed = line.trim();
            let quotes = trimmed.matches("\"\"\"").count();
            if in_text || quotes > 0 {
                if quotes == 1 {
                    in_text = !in_text;
                }
                described = true;
                continue;
            }
            let declares = !trimmed.is_empty()
                && !trimmed.starts_with(['}', '{', ')'])
                && !["schema", "directive", "query:", "mutation:", "subscription:"]
                    .iter()
                    .any(|start| trimmed.starts_with(start));
            if declares && !described {
                missing.push(trimmed.to_owned());
            }
            described = false;
        }
        assert_eq!(missing, Vec::<String>::new(), "these have no description");
    }
}
