//! What released versions wrote is read for ever: same bytes, same commitments, same answers, same digests.
//! `RECORD_GOLDEN=1` records the ledger of a new release, once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_log::Codec;
use ledger_log::embedded::verify;
use projections::replay::{Until, replay};
use projections::{Options, Projections};
use replay_tests::answers::answers;
use replay_tests::chance::Chance;
use replay_tests::golden::{self, Opened};
use replay_tests::orbit::{Answer, Ask, key};
use replay_tests::story::{ERASED, PERSONAL};
use schemas::{LedgerEvent, StoredEvent};

/// The recording of this version: another one is made when an event is added before its release.
const RELEASE: &str = concat!(env!("CARGO_PKG_VERSION"), "+9");

fn home(release: &str) -> PathBuf {
    golden::folder().join(release)
}

/// What a ledger says, as plain texts by name: its chain, the answers of the rules, and every view.
async fn texts(opened: &Opened) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    texts.insert("chain@1".to_owned(), chain(&opened.events));
    texts.insert("answers@1".to_owned(), answers(&opened.codec, &opened.events));
    let views = replay(&*opened.log, &opened.codec, Until::Tail, |_| {}).await.unwrap();
    for (view, text) in views.texts() {
        texts.insert(view.to_string(), text.as_str().to_owned());
    }
    texts
}

async fn digests(opened: &Opened) -> BTreeMap<String, String> {
    let views = replay(&*opened.log, &opened.codec, Until::Tail, |_| {}).await.unwrap();
    let of_views = views.digests().views.into_iter();
    let mut digests: BTreeMap<_, _> =
        of_views.map(|view| (view.view.to_string(), view.digest.to_string())).collect();
    for (name, text) in
        [("chain@1", chain(&opened.events)), ("answers@1", answers(&opened.codec, &opened.events))]
    {
        digests.insert(name.to_owned(), blake3::hash(text.as_bytes()).to_hex().to_string());
    }
    digests
}

/// One line for each event: where it stands, and the commitment to it.
fn chain(events: &[StoredEvent]) -> String {
    let mut out = String::new();
    for event in events {
        let header = &event.header;
        let (position, stream, revision) = (event.position, header.stream, header.revision);
        let (recorded, effective) = (header.recorded_at.micros(), header.effective_at.micros());
        let (wire_name, root) = (&header.wire_name, event.content_root);
        let times = format!("{recorded} {effective}");
        writeln!(out, "{position} {stream} {revision} {wire_name} {times} {root}").unwrap();
    }
    out
}

/// The first line in which two texts differ, with both.
fn first_difference(kept: &str, found: &str) -> String {
    let mut kept_lines = kept.lines();
    let mut found_lines = found.lines();
    for line in 1.. {
        let pair = (kept_lines.next(), found_lines.next());
        if pair.0 != pair.1 {
            return format!("line {line}\n  kept:  {:?}\n  found: {:?}", pair.0, pair.1);
        }
    }
    String::new()
}

#[tokio::test]
async fn this_release_has_its_golden_ledger() {
    let home = home(RELEASE);
    if std::env::var_os("RECORD_GOLDEN").is_some() {
        assert!(!home.exists(), "{} is recorded: it is never written again", home.display());
        golden::record(&home.join("ledger"), Chance::printed("golden")).await;
        let opened = golden::open(&home.join("ledger")).await;
        let said = home.join("said");
        fs::create_dir_all(&said).unwrap();
        for (name, text) in texts(&opened).await {
            fs::write(said.join(format!("{name}.text")), text).unwrap();
        }
        for (name, digest) in digests(&opened).await {
            fs::write(said.join(format!("{name}.digest")), digest + "\n").unwrap();
        }
        fs::write(home.join("MANIFEST"), manifest(&home)).unwrap();
    }
    assert!(home.is_dir(), "record it once: RECORD_GOLDEN=1 cargo test -p replay-tests golden");
}

/// The hash of every file of a golden ledger.
fn manifest(home: &Path) -> String {
    let mut lines = String::new();
    for file in golden::files(home).into_iter().filter(|file| file != "MANIFEST") {
        let hash = blake3::hash(&fs::read(home.join(&file)).unwrap()).to_hex();
        writeln!(lines, "{hash} {file}").unwrap();
    }
    lines
}

#[test]
fn no_byte_of_a_golden_ledger_changed() {
    for release in golden::releases() {
        let kept = fs::read_to_string(home(&release).join("MANIFEST")).unwrap();
        let found = manifest(&home(&release));
        assert_eq!(kept, found, "{release}: {}", first_difference(&kept, &found));
    }
}

#[tokio::test]
async fn every_golden_ledger_is_whole() {
    for release in golden::releases() {
        let copied = golden::copy_of(&release);
        let mut seen = Vec::new();
        let each = &mut |event: &StoredEvent| seen.push(event.clone());
        let report = verify(copied.path(), &golden::options(), each).unwrap();
        assert_eq!(report.findings, [], "{release}");
        assert!(report.segments >= 3, "{release} is in {} segments", report.segments);
        let opened = golden::open(copied.path()).await;
        assert_eq!(seen, opened.events, "{release}: verify and the log read the same");
    }
}

#[tokio::test]
async fn every_golden_ledger_says_what_it_said() {
    for release in golden::releases() {
        let copied = golden::copy_of(&release);
        let opened = golden::open(copied.path()).await;
        let (texts, digests) = (texts(&opened).await, digests(&opened).await);
        let said = home(&release).join("said");
        for file in golden::files(&said) {
            let kept = fs::read_to_string(said.join(&file)).unwrap();
            let (name, kind) = file.rsplit_once('.').unwrap();
            // A view that changes meaning gets a new version beside the old one, which is then retired.
            let found = match kind {
                "text" => texts.get(name).cloned(),
                _ => digests.get(name).map(|digest| format!("{digest}\n")),
            };
            let found = found.unwrap_or_else(|| panic!("{release}: nothing says {name} any more"));
            assert_eq!(kept, found, "{release} {file}: {}", first_difference(&kept, &found));
        }
    }
}

#[tokio::test]
async fn every_type_of_event_lies_in_a_golden_ledger_and_can_be_found() {
    let mut seen = BTreeSet::new();
    for release in golden::releases() {
        let copied = golden::copy_of(&release);
        let opened = golden::open(copied.path()).await;
        for event in &opened.events {
            let header = &event.header;
            seen.insert(header.wire_name.clone());
            let found = opened.log.find_command(header.tenant, header.command_id).await.unwrap();
            let found = found.unwrap_or_else(|| panic!("no command {}", header.command_id));
            assert_eq!(
                (found.stream, found.command_digest),
                (header.stream, header.command_digest)
            );
            assert!((found.first_revision..=found.last_revision).contains(&header.revision));
            let before = header.revision.checked_sub(1);
            let read = opened.log.read_stream(header.stream, before, 1).await.unwrap();
            assert_eq!(read, std::slice::from_ref(event));
        }
    }
    let known = LedgerEvent::json_schemas().into_iter().map(|(_, wire_name, ..)| wire_name);
    let missing: Vec<_> = known.filter(|wire_name| !seen.contains(*wire_name)).collect();
    assert_eq!(missing, [""; 0], "these events are in no golden ledger");
}

#[tokio::test]
async fn what_is_personal_opens_with_the_keys_and_lies_nowhere_in_the_clear() {
    for release in golden::releases() {
        let copied = golden::copy_of(&release);
        let opened = golden::open(copied.path()).await;
        let decoded = opened.events.iter().map(|event| opened.codec.decode(event).unwrap());
        let read = decoded.map(|event| format!("{:?}", event.event)).collect::<String>();
        let snapshots = copied.path().join("snapshots");
        let options = Options::in_folder(snapshots.clone());
        let codec: Arc<Codec> = Arc::clone(&opened.codec);
        let projections =
            Projections::start(Arc::clone(&opened.log), codec, options).await.unwrap();
        projections.snapshot_now().await.unwrap().unwrap();
        assert!(!golden::files(&snapshots).is_empty(), "no snapshot to look into");
        for word in ERASED {
            assert!(!read.contains(word), "{release}: `{word}` can be read again");
        }
        for word in PERSONAL {
            assert!(read.contains(word), "{release}: `{word}` cannot be read any more");
        }
        for word in PERSONAL.into_iter().chain(ERASED) {
            for file in golden::files(copied.path()) {
                let bytes = fs::read(copied.path().join(&file)).unwrap();
                let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
                assert!(!found, "{release}: `{word}` lies in {file} in the clear");
            }
        }
    }
}

#[tokio::test]
async fn a_golden_ledger_can_be_written_on() {
    for release in golden::releases() {
        let copied = golden::copy_of(&release);
        let before = golden::open(copied.path()).await.events;
        let license = before
            .iter()
            .find(|event| event.header.wire_name.starts_with("seat_assigned."))
            .map(|event| event.header.clone())
            .unwrap();
        let (mut orbit, log) = golden::open_for_writing(copied.path(), Chance::new(1));
        let retried = replay_tests::orbit::Sent {
            stream: license.stream,
            ask: Ask::License(ledger::license::Command::AssignSeat {
                member: schemas::MemberId::default(),
                accounts: Vec::new(),
            }),
            meta: ledger_log::CommandMeta::new(
                license.command_id,
                license.command_digest,
                license.actor,
            )
            .for_tenant(license.tenant),
        };
        let answer = orbit.send(&retried).await;
        assert!(matches!(answer, Answer::Done { replayed: true, .. }), "{answer:?}");

        let feature = ledger::product::Command::DefineFeature {
            feature: key("written_later"),
            name: "Written later".to_owned(),
            module: None,
            kind: schemas::catalog::FeatureKind::Boolean,
        };
        let product = before.iter().find(|e| e.header.wire_name.starts_with("product_published."));
        let product = product.unwrap().header.stream;
        let answer = orbit.tell(product, None, Ask::Product(feature)).await;
        assert_eq!(answer.recorded().len(), 1);
        log.close();
        drop((orbit, log));
        let after = golden::open(copied.path()).await.events;
        assert_eq!(after[..before.len()], before[..]);
        assert_eq!(after.len(), before.len() + 1);
        let report = verify(copied.path(), &golden::options(), &mut |_| {}).unwrap();
        assert_eq!(report.findings, []);
    }
}
