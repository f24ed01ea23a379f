//! The pages for whoever runs the service tell what is so: every log line, every metric, every bound of a door, flags of the
//! program, and configurations that let nobody in but over TLS.

use std::collections::BTreeSet;
use std::fs;

use super::{SourceFile, files, root};

const GUIDE: &str = "docs/operate.md";
const LOGS: &str = "docs/logs.md";
const BOUNDS: &str = "docs/bounds.md";

fn paper(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The sources in these folders, without their tests.
fn sources(folders: &[&str]) -> Vec<SourceFile> {
    let wanted = |file: &SourceFile| {
        let test = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
        !test && folders.iter().any(|folder| file.path.starts_with(folder))
    };
    let untested = |file: SourceFile| {
        let text = file.text.split("#[cfg(test)]").next().unwrap().to_owned();
        SourceFile { text, ..file }
    };
    files(&[".rs"]).into_iter().filter(wanted).map(untested).collect()
}

/// The cells of the rows of all tables of a page.
fn rows(page: &str) -> Vec<Vec<String>> {
    let lines = page.lines().filter(|line| line.starts_with("| "));
    let cells = |line: &str| -> Vec<String> {
        let inside = line.trim_start_matches('|').trim_end_matches('|');
        inside.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The last text between quotes of a macro's call, from behind its opening bracket.
fn last_literal(call: &str) -> Option<String> {
    let (mut depth, mut last, mut literal, mut escaped) = (1, None, None::<String>, false);
    for c in call.chars() {
        match literal.as_mut() {
            Some(text) if escaped || (c != '"' && c != '\\') => {
                escaped = false;
                text.push(c);
            }
            Some(_) if c == '\\' => escaped = true,
            Some(_) => last = literal.take(),
            None if c == '"' => literal = Some(String::new()),
            None if "([{".contains(c) => depth += 1,
            None if ")]}".contains(c) => depth -= 1,
            None => {}
        }
        if depth == 0 {
            break;
        }
    }
    last
}

#[test]
fn every_line_that_is_logged_is_on_the_page_about_logs() {
    let mut logged = BTreeSet::new();
    for file in
        sources(&["schemas/src/", "ledger/", "projections/src/", "graphql/src/", "service/src/"])
    {
        for level in ["error", "warn", "info", "debug", "trace"] {
            for call in file.text.split(&format!("tracing::{level}!(")).skip(1) {
                let message =
                    last_literal(call).unwrap_or_else(|| panic!("{}: {call:.80}", file.path));
                logged.insert((level.to_uppercase(), message));
            }
        }
    }
    assert!(logged.len() > 40, "only {} lines were found: this test looks amiss", logged.len());
    let said: BTreeSet<(String, String)> = rows(&paper(LOGS))
        .iter()
        .filter_map(|cells| match (quoted(&cells[0])[..].first(), quoted(cells.get(1)?).first()) {
            (Some(level), Some(message)) if level.chars().all(|c| c.is_ascii_uppercase()) => {
                Some(((*level).to_owned(), (*message).to_owned()))
            }
            _ => None,
        })
        .collect();
    let missing: Vec<_> = logged.difference(&said).collect();
    let gone: Vec<_> = said.difference(&logged).collect();
    assert!(missing.is_empty(), "{LOGS} lacks {missing:?}");
    assert!(gone.is_empty(), "{LOGS} tells of lines that nobody writes: {gone:?}");
}

#[test]
fn every_metric_is_on_the_page_about_logs() {
    let name = |text: &str| {
        text.starts_with("deedbook_") && text.ends_with(|c: char| c.is_ascii_lowercase())
    };
    let mut counted = BTreeSet::new();
    for file in sources(&["graphql/src/", "service/src/", "ledger/log/src/"]) {
        for call in ["counter!(", "histogram!(", "gauge("] {
            for rest in file.text.split(call).skip(1) {
                let first =
                    rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                counted.extend(first.filter(|first| name(first)).map(str::to_owned));
            }
        }
    }
    assert!(counted.len() > 8, "only {counted:?} were found: this test looks amiss");
    let page = paper(LOGS);
    let metrics = page.split("## Metrics").nth(1).unwrap();
    let said: BTreeSet<String> = rows(metrics)
        .iter()
        .flat_map(|cells| {
            quoted(&cells[0])
                .into_iter()
                .filter(|text| name(text))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(said, counted, "{LOGS} tells of other metrics than there are");
}

/// Whether a source says that something of this name has this value: a constant, or a field that is set.
fn has_value(source: &str, name: &str, value: &str) -> bool {
    let constant = format!("const {name}: ");
    let constants = source.split(&constant).skip(1).filter_map(|rest| rest.split(';').next());
    let mut constants = constants.filter_map(|rest| rest.split_once(" = "));
    constants.any(|(_, found)| found == value)
        || [",", " "].iter().any(|end| source.contains(&format!(" {name}: {value}{end}")))
}

/// What the page about bounds says: the file, the name, the value.
fn bounds_said() -> Vec<(String, String, String)> {
    let mut said = Vec::new();
    for cells in rows(&paper(BOUNDS)) {
        let mut file = None;
        for text in cells.get(2).map(|cell| quoted(cell)).unwrap_or_default() {
            match (text.ends_with(".rs"), text.split_once(" = "), &file) {
                (true, _, _) => file = Some(text.to_owned()),
                (false, Some((name, value)), Some(file)) => {
                    said.push((file.clone(), name.to_owned(), value.to_owned()));
                }
                (false, _, _) => {}
            }
        }
    }
    said
}

#[test]
fn each_bound_on_the_page_is_that_of_the_sources_and_the_doors_have_no_other() {
    let said = bounds_said();
    assert!(said.len() > 60, "only {} bounds were found: this test looks amiss", said.len());
    for (file, name, value) in &said {
        assert!(
            has_value(&paper(file), name, value),
            "{BOUNDS} says {name} = {value}, {file} says otherwise"
        );
    }
    // What strangers do not reach: the command line, imports, the sample.
    let apart =
        ["import", "cli", "sample", "export", "backup"].map(|one| format!("service/src/{one}"));
    for file in sources(&["graphql/src/", "service/src/"]) {
        if apart.iter().any(|folder| file.path.starts_with(folder)) {
            continue;
        }
        for rest in file.text.split("const ").skip(1) {
            let name = rest.split(':').next().unwrap_or_default();
            let bound =
                name.ends_with("_MAX") && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            let known = said.iter().any(|(path, known, _)| *path == file.path && known == name);
            assert!(!bound || known, "{BOUNDS} lacks {name} of {}", file.path);
        }
    }
}

#[test]
fn every_refusal_on_the_page_about_bounds_is_one_of_the_rules() {
    let rules: String =
        sources(&["ledger/src/", "graphql/src/"]).into_iter().map(|file| file.text).collect();
    let page = paper(BOUNDS);
    let together = page.split("## What has to fit together").nth(1).unwrap();
    let rows = rows(together);
    assert!(rows.len() > 15, "only {} rows", rows.len());
    for cells in rows.iter().filter(|cells| cells.len() == 3) {
        for code in quoted(&cells[2]) {
            assert!(
                rules.contains(&format!("\"{code}\"")),
                "{BOUNDS}: no rule refuses with {code}"
            );
        }
    }
}

/// The blocks of code of the guide in this language.
fn blocks(language: &str) -> Vec<String> {
    let page = paper(GUIDE);
    let found: Vec<String> = page
        .split(&format!("\n```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next().map(str::to_owned))
        .collect();
    assert!(!found.is_empty(), "{GUIDE} has no block of {language}");
    found
}

#[test]
fn every_flag_of_the_guides_commands_is_one_of_the_program() {
    let arguments: String =
        sources(&["service/src/cli/arguments"]).into_iter().map(|file| file.text).collect();
    let mut seen = BTreeSet::new();
    let guide = paper(GUIDE);
    let commands = guide.replace("\\\n", " ");
    for line in commands.lines() {
        let ours = line.contains("deedbook serve") || line.contains("deedbook init");
        let asked = if ours { line.to_owned() } else { String::new() };
        let said = quoted(line).into_iter().filter(|text| text.starts_with("--"));
        let said = said.collect::<Vec<_>>().join(" ");
        for word in asked.split_whitespace().chain(said.split_whitespace()) {
            if let Some(flag) = word.strip_prefix("--").filter(|flag| !flag.is_empty()) {
                seen.insert(flag.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned());
            }
        }
    }
    for flag in [
        "trusted-proxy",
        "allow-plain-http",
        "breached-passwords",
        "console-second-factor",
        "log-format",
        "portal",
        "console",
    ] {
        assert!(seen.contains(flag), "{GUIDE} no longer tells of --{flag}");
    }
    for flag in seen {
        let field = format!("pub {}: ", flag.replace('-', "_"));
        let named = format!("long = \"{flag}\"");
        assert!(
            arguments.contains(&field) || arguments.contains(&named),
            "{GUIDE} tells of --{flag}, which the program does not know"
        );
    }
}

/// What TLS 1.2 may be spoken with: forward secrecy, authenticated encryption.
const CIPHERS: [(&str, &str); 6] = [
    ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
];

/// The words behind a directive, of the one line that has it.
fn directive(block: &str, name: &str) -> Vec<String> {
    let lines: Vec<&str> =
        block.lines().map(str::trim).filter(|line| line.starts_with(&format!("{name} "))).collect();
    assert_eq!(lines.len(), 1, "`{name}` stands once in\n{block}");
    let rest = lines[0].trim_start_matches(name).trim_end_matches(';').trim();
    rest.split([' ', ':']).map(str::to_owned).collect()
}

#[test]
fn the_guide_configures_tls_as_it_should_be_and_host_names_of_their_own() {
    let nginx = blocks("nginx");
    assert_eq!(nginx.len(), 3, "{GUIDE} has three files of nginx");
    assert_eq!(directive(&nginx[0], "ssl_protocols"), ["TLSv1.2", "TLSv1.3"]);
    assert_eq!(directive(&nginx[0], "ssl_ciphers"), CIPHERS.map(|(openssl, _)| openssl));
    let caddy = &blocks("caddy")[0];
    assert_eq!(directive(caddy, "protocols"), ["tls1.2", "tls1.3"]);
    assert_eq!(directive(caddy, "ciphers"), CIPHERS.map(|(_, iana)| iana));
    for sent in
        ["X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "Upgrade $http_upgrade"]
    {
        assert!(
            nginx[1].contains(&format!("proxy_set_header {sent};")),
            "nginx does not send {sent}"
        );
    }
    for (side, port) in [("portal", "8080"), ("console", "8081")] {
        let address = format!("127.0.0.1:{port}");
        let arguments = paper("service/src/cli/arguments.rs");
        let default = format!("{}_DEFAULT: &str = \"{address}\";", side.to_uppercase());
        assert!(arguments.contains(&default), "the {side} listens elsewhere than the guide says");
        let host = format!("server_name {side}.example.com;");
        let server = nginx[2].split("\nserver {").find(|server| server.contains(&host)).unwrap();
        assert!(server.contains(&format!("proxy_pass http://{address};")), "{server}");
        assert!(server.contains("listen 443 ssl;"), "{server}");
        let site = caddy.split(&format!("\n{side}.example.com {{")).nth(1).unwrap();
        let site = site.split("\n}").next().unwrap();
        assert!(site.contains(&format!("reverse_proxy {address}")), "{site}");
        assert!(site.contains("import deedbook"), "{site}");
    }
    let certificate = "/etc/letsencrypt/live/portal.example.com/fullchain.pem";
    assert_eq!(directive(&nginx[0], "ssl_certificate"), [certificate], "of a public authority");
    let certbot = "certbot certonly --webroot -w /var/www/html -d portal.example.com -d console.";
    assert!(paper(GUIDE).contains(certbot), "{GUIDE} no longer gets a certificate");
    let plain = nginx[2].split("listen 80;").nth(1).unwrap().split("\n}").next().unwrap();
    assert!(!plain.contains("proxy_pass") && plain.contains("return 301 https://"), "{plain}");
}

#[test]
fn the_guide_sends_lines_elsewhere_over_tls_and_keeps_them_where_the_service_cannot() {
    let rsyslog = &blocks("rsyslog")[0];
    for said in [
        "StreamDriverMode=\"1\"",
        "StreamDriverAuthMode=\"x509/name\"",
        "queue.saveOnShutdown=\"on\"",
        "action.resumeRetryCount=\"-1\"",
    ] {
        assert!(rsyslog.contains(said), "lines are not sent safely: {said} is gone");
    }
    let units = blocks("ini");
    let service = units.iter().find(|unit| unit.contains("[Service]")).unwrap();
    for said in
        ["User=deedbook", "UMask=0077", "ProtectSystem=strict", "LimitCORE=0", "--log-format json"]
    {
        assert!(service.contains(said), "the unit lost {said}");
    }
    assert!(!service.contains("/var/log"), "the service itself writes no file of lines");
    let journal = units.iter().find(|unit| unit.contains("[Journal]")).unwrap();
    for said in ["Storage=persistent", "MaxRetentionSec=90day", "ForwardToSyslog=yes"] {
        assert!(journal.contains(said), "the journal lost {said}");
    }
}

#[test]
fn the_guide_says_how_soon_known_holes_are_closed_and_what_looks_for_them_is_there() {
    let guide = paper(GUIDE);
    let updates = guide.split("\n## Updates").nth(1).unwrap();
    for within in ["48 hours", "7 days", "30 days", "every quarter"] {
        assert!(updates.contains(within), "{GUIDE} no longer says {within}");
    }
    let makefile = paper("Makefile");
    assert!(makefile.contains("cargo deny --locked check advisories"), "advisories are not asked");
    assert!(
        makefile.contains("check: portal/node_modules/installed deny"),
        "`make check` skips it"
    );
    // An exception ends: somebody looks at it again.
    let exceptions = paper("deny.toml");
    let ignored = exceptions.split("\nignore = [").nth(1).unwrap().split("\n]").next().unwrap();
    let dated = ignored.matches("# Until 20").count();
    assert_eq!(ignored.matches("{ id = ").count(), dated, "deny.toml: an exception without a day");
}
