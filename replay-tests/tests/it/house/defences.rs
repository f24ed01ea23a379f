//! What keeps sources safe and shows nowhere else: what crates may do, whom the program talks to, where randomness comes
//! from, what pages do with texts and passwords, and that the papers tell the numbers of the code.

use std::fs;

use super::{SourceFile, code, files, has_word, places_of_words, root};

/// The crates whose code is in the programs that are shipped.
const SHIPPED: [&str; 7] =
    ["schemas", "ledger", "ledger/log", "ledger/verify", "projections", "graphql", "service"];

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The code of the shipped crates, without their tests.
fn shipped_code() -> Vec<SourceFile> {
    let sources: Vec<String> = SHIPPED.iter().map(|name| format!("{name}/src/")).collect();
    let shipped = |file: &SourceFile| {
        let test = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
        !test && sources.iter().any(|folder| file.path.starts_with(folder))
    };
    let production = |file: SourceFile| {
        let text = file.text.split("#[cfg(test)]").next().unwrap().to_owned();
        SourceFile { text, ..file }
    };
    files(&[".rs"]).into_iter().filter(shipped).map(production).collect()
}

/// What a shipped crate depends on, as its Cargo.toml names it.
fn needs(name: &str) -> Vec<String> {
    let manifest = text(&format!("{name}/Cargo.toml"));
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap();
    let named = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    named.filter(|name| !name.is_empty() && !name.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn no_crate_is_unsafe_or_counts_past_the_end_of_a_number() {
    let workspace = text("Cargo.toml");
    for lint in [
        "unsafe_code = \"forbid\"",
        "cast_possible_truncation = \"deny\"",
        "cast_sign_loss = \"deny\"",
        "cast_possible_wrap = \"deny\"",
    ] {
        assert!(workspace.contains(lint), "Cargo.toml lost `{lint}`");
    }
    for profile in ["[profile.dev]", "[profile.release]"] {
        let section = workspace.split(profile).nth(1).unwrap_or_default();
        let section = section.split("\n[").next().unwrap();
        assert!(section.contains("overflow-checks = true"), "{profile} lost `overflow-checks`");
    }
    for name in SHIPPED {
        let manifest = text(&format!("{name}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} has lints of its own");
    }
    for file in shipped_code() {
        let allowed =
            file.text.contains("allow(unsafe_code") || file.text.contains("allow(clippy::cast");
        assert!(!allowed, "{} makes an exception", file.path);
    }
}

/// Crates by which a program reaches others over the network, or sends mail.
const CLIENTS: [&str; 12] = [
    "reqwest",
    "ureq",
    "hyper",
    "hyper-util",
    "isahc",
    "curl",
    "awc",
    "tokio-tungstenite",
    "tokio-postgres",
    "rusqlite",
    "lettre",
    "object_store",
];

/// The one place from which the service connects to somebody whom a customer named.
const EGRESS: &str = "service/src/single_sign_on/egress.rs";
/// The one place from which it sends mails, to the server that whoever runs it named.
const MAIL: &str = "service/src/notices/mail.rs";

#[test]
fn the_program_calls_identity_providers_and_the_mail_server_only_and_starts_no_other_program() {
    for name in SHIPPED {
        for need in needs(name) {
            let is_egress =
                name == "service" && ["hyper", "hyper-util", "lettre"].contains(&need.as_str());
            assert!(
                is_egress || !CLIENTS.contains(&need.as_str()),
                "{name} depends on `{need}`: docs/security.md says whom the service calls"
            );
        }
    }
    let reaching = [
        "TcpStream",
        "UnixStream",
        "UdpSocket",
        "TcpSocket",
        "to_socket_addrs",
        "lookup_host",
        "hyper::client",
        "hyper_util::client",
    ];
    assert!(shipped_code().iter().any(|file| file.path == EGRESS), "{EGRESS} is the one place");
    for file in shipped_code() {
        if file.path != EGRESS {
            assert_eq!(places_of_words(&file, &reaching), [""; 0], "only {EGRESS} calls anybody");
        }
        if file.path != MAIL {
            assert_eq!(places_of_words(&file, &["lettre"]), [""; 0], "only {MAIL} sends mails");
        }
        for (at, line) in code(&file.text) {
            let starts = line.contains("process::Command") || line.contains("Command::new(\"");
            assert!(!starts, "{}:{at}: starts another program", file.path);
        }
    }
}

#[test]
fn what_nobody_may_guess_comes_from_the_machine() {
    let others = [
        "rand",
        "rand_core",
        "rand_chacha",
        "fastrand",
        "oorandom",
        "nanoid",
        "getrandom_or_panic",
    ];
    for name in SHIPPED {
        for need in needs(name) {
            assert!(!others.contains(&need.as_str()), "{name} takes randomness from `{need}`");
        }
    }
    for place in
        ["service/src/tokens.rs", "service/src/passwords.rs", "ledger/log/src/keystore/seal.rs"]
    {
        assert!(text(place).contains("getrandom::fill("), "{place} asks something else");
    }
    // A sample and a simulated disk are the same for the same seed, on purpose. Nothing else may be.
    assert!(
        !text("service/Cargo.toml").contains("simulated"),
        "the service would ship the simulator"
    );
    for file in shipped_code() {
        let seeds = ["service/src/sample/", "ledger/log/src/embedded/simulated/"];
        let sample = seeds.iter().any(|folder| file.path.starts_with(folder));
        for (at, line) in code(&file.text) {
            let seeded = has_word(line, "Random") && line.contains("random::Random");
            assert!(sample || !seeded, "{}:{at}: numbers that can be foretold", file.path);
        }
    }
}

/// The sources of what runs in browsers.
fn pages() -> Vec<SourceFile> {
    let all = files(&[".ts", ".tsx", ".html", ".js"]).into_iter();
    let pages: Vec<SourceFile> = all
        .filter(|file| {
            ["portal/shared/", "portal/customer/", "portal/console/", "service/src/http/pages/"]
                .iter()
                .any(|folder| file.path.starts_with(folder))
        })
        .collect();
    assert!(pages.len() > 40, "only {} sources of pages were found", pages.len());
    pages
}

/// What turns a text into markup or code, listens to other pages, leaves the site, or keeps what others could read.
const NOT_IN_PAGES: [&str; 17] = [
    "dangerouslySetInnerHTML",
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "eval(",
    "new Function",
    "javascript:",
    "postMessage",
    "\"message\"",
    "window.open",
    "sessionStorage",
    "indexedDB",
    "document.cookie",
    "serviceWorker",
];

/// Where pages keep how their reader wants to see them, and what they keep: nothing that is anybody's.
const KEPT_IN_BROWSERS: [(&str, &str); 4] = [
    ("portal/shared/theme.ts", "\"deedbook.theme\""),
    ("portal/shared/format.ts", "\"deedbook.zone\""),
    ("portal/customer/pages/overview/first-steps.tsx", "PUT_AWAY_KEY"),
    ("portal/shared/people/portal-address.tsx", "localStorage.getItem(KEY)"),
];

#[test]
fn pages_show_texts_as_texts_and_keep_nothing_that_is_anybody_s() {
    for file in pages() {
        for word in NOT_IN_PAGES {
            assert!(!file.text.contains(word), "{}: {word}", file.path);
        }
        let known = KEPT_IN_BROWSERS.iter().find(|(path, _)| *path == file.path);
        assert_eq!(
            file.text.contains("localStorage"),
            known.is_some(),
            "{}: what is kept in a browser has a line in KEPT_IN_BROWSERS",
            file.path
        );
        assert!(known.is_none_or(|(_, key)| file.text.contains(key)), "{}", file.path);
    }
}

/// Where a line sets what another text names: `object[name] = …`. A number or a fixed name chooses nothing.
fn sets_by_a_name(line: &str) -> bool {
    line.match_indices(']').any(|(end, _)| {
        let after = line[end + 1..].trim_start();
        let sets = ["=", "+=", "??=", "||=", "&&="].iter().any(|one| after.starts_with(one))
            && !["==", "=>"].iter().any(|one| after.starts_with(one));
        let start = line[..end].rfind('[').filter(|_| sets);
        start.is_some_and(|start| {
            let (before, inside) = (&line[..start], &line[start + 1..end]);
            let of_something =
                before.ends_with(|c: char| c.is_alphanumeric() || "_$)]".contains(c));
            let fixed = inside.is_empty()
                || inside.starts_with('"')
                || inside.chars().all(|c| c.is_ascii_digit());
            of_something && !fixed
        })
    })
}

#[test]
fn no_text_chooses_which_part_of_an_object_a_page_sets() {
    for (line, sets) in [
        ("  shown[name] = value;", true),
        ("all(of)[one.key] ??= [];", true),
        ("const [data, setData] = useState(0);", false),
        ("const all: string[] = [];", false),
        ("row[0] = first; if (a[b] === c) d();", false),
    ] {
        assert_eq!(sets_by_a_name(line), sets, "{line}");
    }
    let pollutes = ["__proto__", ".prototype", "setPrototypeOf", "Object.assign", "Reflect.set"];
    for file in pages() {
        for word in pollutes {
            assert!(!file.text.contains(word), "{}: {word}", file.path);
        }
        for (at, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, at + 1);
            assert!(!sets_by_a_name(line), "{place}: keep it in a Map: {line}");
        }
    }
}

/// The `<input …>` of a source that take a password, old or new.
fn password_fields(text: &str) -> Vec<&str> {
    let inputs = text.split("<input").skip(1).map(|rest| {
        // Arrow functions hold a `>` of their own.
        let end = rest.find("/>").unwrap_or(rest.len());
        let end = if rest[..end].contains("\n<") { rest.find(">\n").unwrap_or(end) } else { end };
        &rest[..end]
    });
    inputs
        .filter(|field| field.contains("current-password") || field.contains("new-password"))
        .collect()
}

#[test]
fn a_field_for_a_password_hides_it_and_lets_itself_be_filled() {
    let mut found = 0;
    for file in pages() {
        for field in password_fields(&file.text) {
            let hides = ["type=\"password\"", "type={props.password ? \"password\" : \"text\"}"];
            assert!(
                hides.iter().any(|hidden| field.contains(hidden)),
                "{}: shows what is typed: <input{field}",
                file.path
            );
            found += 1;
        }
        for word in ["onPaste", "onpaste", "onCopy", "oncopy", "onDrop", "maxlength", "maxLength"] {
            assert!(
                !file.text.contains(word),
                "{}: {word} stands in the way of managers",
                file.path
            );
        }
        let named = file.text.matches("name=\"password\"").count();
        let hidden = file.text.matches("name=\"password\" type=\"password\"").count();
        assert_eq!(named, hidden, "{}: a field `password` that shows it", file.path);
    }
    assert!(
        found >= 6,
        "only {found} fields for passwords were found: this test looks in the wrong place"
    );
}

#[test]
fn nothing_reminds_anybody_of_a_password() {
    for file in files(&[".graphql", ".json", ".html", ".tsx"]) {
        let ours = ["schemas/", "service/src/", "portal/"];
        if !ours.iter().any(|folder| file.path.starts_with(folder))
            || file.path.ends_with("lock.json")
        {
            continue;
        }
        let text = file.text.to_lowercase();
        for word in [
            "passwordhint",
            "password_hint",
            "securityquestion",
            "security_question",
            "secretquestion",
            "secret_question",
        ] {
            assert!(!text.contains(word), "{}: {word}", file.path);
        }
    }
}

/// What a page says, and the line of code that makes it so.
const SAID: [(&str, &str, &str, &str); 16] = [
    (
        "docs/people.md",
        "At least 15 characters",
        "service/src/passwords.rs",
        "CHARACTERS_MIN: usize = 15;",
    ),
    (
        "docs/people.md",
        "at most 1,024 bytes",
        "service/src/passwords.rs",
        "BYTES_MAX: usize = 1_024;",
    ),
    (
        "docs/people.md",
        "the person's own name, e-mail or organization",
        "service/src/auth/password.rs",
        "[one.name, one.email]).chain(account)",
    ),
    (
        "docs/people.md",
        "from one address after five",
        "service/src/throttle.rs",
        "FREE_FOR_PAIR: u32 = 5;",
    ),
    (
        "docs/people.md",
        "for one address after thirty",
        "service/src/throttle.rs",
        "FREE_FOR_ADDRESS: u32 = 30;",
    ),
    (
        "docs/people.md",
        "Two passwords are checked at a time",
        "service/src/passwords.rs",
        "AT_ONCE_MAX: usize = 2;",
    ),
    ("docs/people.md", "and 64 wait", "service/src/passwords.rs", "WAITING_MAX: usize = 64;"),
    (
        "docs/people.md",
        "good for 7 days",
        "graphql/src/act/credentials.rs",
        "LINK_SECONDS: i64 = 7 * 86_400;",
    ),
    (
        "docs/people.md",
        "a session of 12 hours",
        "service/src/tokens.rs",
        "LIFETIME_SECONDS: i64 = 12 * 60 * 60;",
    ),
    (
        "docs/people.md",
        "Five minutes after the last proof",
        "graphql/src/act/asked.rs",
        "STEP_UP_SECONDS: i64 = 5 * 60;",
    ),
    (
        "docs/people.md",
        "longer ago than twelve hours",
        "service/src/single_sign_on.rs",
        "SHOWN_SECONDS_MAX: u64 = 12 * 60 * 60;",
    ),
    (
        "docs/people.md",
        "| 5,000 a second |",
        "service/src/budgets.rs",
        "Self { management: 5_000, validation: 1_000 }",
    ),
    ("docs/people.md", "| four times that |", "service/src/budgets.rs", "SHARED_BY: u64 = 4;"),
    (
        "docs/security.md",
        "after 30 minutes",
        "service/src/auth/idle.rs",
        "PORTAL_SECONDS: i64 = 30 * 60;",
    ),
    (
        "docs/security.md",
        "at the console after 15",
        "service/src/auth/idle.rs",
        "CONSOLE_SECONDS: i64 = 15 * 60;",
    ),
    (
        "docs/security.md",
        "within five minutes",
        "service/src/auth/second.rs",
        "TICKET_SECONDS: i64 = 5 * 60;",
    ),
];

#[test]
fn what_the_papers_say_of_signing_in_is_what_the_code_does() {
    for (paper, words, source, line) in SAID {
        let said = text(paper).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{paper} no longer says `{words}`: say what {source} does");
        assert!(
            text(source).contains(line),
            "{source} no longer has `{line}`: {paper} says `{words}`"
        );
    }
}
