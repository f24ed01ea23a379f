//! Running an import again: after it ended, after it was interrupted, after a row was altered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::vendor::{CATALOG, TODAY, Vendor};
use deedbook_service::import::{self, Names, Options};
use deedbook_service::sample;
use ledger_log::{
    Append, AppendOutcome, CommandRecord, EventLog, Keystore, LogFuture, LogIdentity, MemoryLog,
    ReadError,
};
use schemas::{
    AccountId, CommandId, Header, LogPosition, Revision, StoredEvent, StreamName, Timestamp,
};
use tokio::sync::{Notify, watch};

/// What was recorded, whenever: event ids, times of recording and positions aside.
async fn recorded(vendor: &Vendor) -> BTreeMap<(StreamName, Revision), (String, Timestamp)> {
    let told = |header: Header| {
        // Without a time in its row a fact is true from when it was imported.
        ((header.stream, header.revision), (header.wire_name, header.effective_at))
    };
    vendor.events().await.into_iter().map(|event| told(event.header)).collect()
}

#[tokio::test]
async fn a_second_run_adds_nothing_and_says_so() {
    let vendor = Vendor::new();
    let files = sample::write(vendor.folder.path(), 1, TODAY).unwrap();
    let options = Options::default();
    let first = import::run(&vendor.ledger, &files, &options, &|_| {}).await.unwrap();
    assert!(first.is_clean(), "{first}");
    let position = vendor.position();
    let second = import::run(&vendor.ledger, &files, &options, &|_| {}).await.unwrap();
    assert!(second.is_clean(), "{second}");
    assert_eq!((second.total().added, second.total().already), (0, first.total().added));
    let dry = Options { dry_run: true, kind: None };
    let third = import::run(&vendor.ledger, &files, &dry, &|_| {}).await.unwrap();
    assert_eq!(third.total(), second.total());
    assert_eq!(vendor.position(), position);
}

/// A log that takes so many appends and then answers nothing any more, as a machine that lost power.
struct Dying {
    log: Arc<MemoryLog>,
    left: AtomicU64,
    died: Arc<Notify>,
}

impl EventLog for Dying {
    fn append(&self, append: Append) -> LogFuture<AppendOutcome> {
        let left = self.left.load(Ordering::SeqCst);
        self.left.store(left.saturating_sub(1), Ordering::SeqCst);
        if left > 0 {
            return self.log.append(append);
        }
        self.died.notify_one();
        Box::pin(std::future::pending())
    }

    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.log.read_stream(stream, after, limit)
    }

    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.log.read_all(after, limit)
    }

    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>> {
        self.log.find_command(tenant, command_id)
    }

    fn durable(&self) -> watch::Receiver<Option<LogPosition>> {
        self.log.durable()
    }

    fn identity(&self) -> LogIdentity {
        self.log.identity()
    }
}

#[tokio::test]
async fn an_import_that_was_interrupted_is_completed_by_running_it_again() {
    let keystore = Arc::new(Keystore::in_memory().unwrap());
    let whole = Vendor::with_keys(Arc::clone(&keystore));
    let files = sample::write(whole.folder.path(), 2, TODAY).unwrap();
    let options = Options::default();
    let report = import::run(&whole.ledger, &files, &options, &|_| {}).await.unwrap();
    assert!(report.is_clean(), "{report}");
    let rows = report.total().rows;
    let expected = recorded(&whole).await;
    for cut in [0, 1, 40, rows / 3, rows / 2, rows - 1] {
        let log = Arc::new(MemoryLog::new());
        let died = Arc::new(Notify::new());
        let left = AtomicU64::new(cut);
        let dying = Dying { log: Arc::clone(&log), left, died: Arc::clone(&died) };
        let first = Vendor::on(Arc::new(dying), Arc::clone(&keystore));
        tokio::select! {
            () = died.notified() => {}
            ended = import::run(&first.ledger, &files, &options, &|_| {}) => {
                panic!("the import ended before it was cut at {cut}: {ended:?}");
            }
        }
        drop(first);
        let restarted = Vendor::on(log, Arc::clone(&keystore));
        let before = restarted.events().await.len();
        let again = import::run(&restarted.ledger, &files, &options, &|_| {}).await.unwrap();
        assert!(again.is_clean(), "cut at {cut}: {again}");
        assert_eq!(again.total().added + again.total().already, rows, "cut at {cut}");
        assert_eq!(again.total().already == 0, before == 0, "cut at {cut}: {again}");
        assert_eq!(recorded(&restarted).await, expected, "cut at {cut}");
    }
}

#[tokio::test]
async fn a_changed_row_is_a_conflict_that_says_what_differs() {
    let vendor = Vendor::with_catalog().await;
    vendor.write("customers.csv", "external_id,name\nC-1,Acme\nC-2,Globex\n");
    vendor.write(
        "members.csv",
        "customer_external_id,external_id,name,email\nC-1,a,Ann,ann@a.example\n",
    );
    let license = "external_id,customer_external_id,product,bundle,issued_at\n";
    vendor.write("licenses.csv", format!("{license}L1,C-1,orbit,starter,2026-01-01\n"));
    vendor.write("devices.csv", "license_external_id,fingerprint,name\nL1,f1,Laptop\n");
    let files = ["customers.csv", "members.csv", "licenses.csv", "devices.csv"];
    let first = vendor.import(&files).await;
    assert!(first.is_clean(), "{first}");
    let position = vendor.position();
    vendor.write("customers.csv", "external_id,name\nC-1,Acme Ltd\nC-2,Globex\n");
    vendor.write(
        "members.csv",
        "customer_external_id,external_id,name,email,role\nC-1,a,Ann,ann@b.example,org_admin\n",
    );
    vendor.write("licenses.csv", format!("{license}L1,C-2,orbit,starter,2026-01-01\n"));
    vendor.write("devices.csv", "license_external_id,fingerprint,name\nL1,f1,Desktop\n");
    for report in [vendor.dry_run(&files).await, vendor.import(&files).await] {
        let text = vendor.text(&report);
        for told in [
            "customers.csv: row 2, column `name`: it is in the ledger already, and differs: \
             name is `Acme`, the row says `Acme Ltd`",
            "members.csv: row 2, column `email`: it is in the ledger already, and differs: \
             email is `ann@a.example`, the row says `ann@b.example`; role is another one",
            "licenses.csv: row 2, column `customer_external_id`: it is in the ledger already",
            "devices.csv: row 2, column `name`: it is in the ledger already, and differs: \
             name is `Laptop`, the row says `Desktop`",
        ] {
            assert!(text.contains(told), "{told}\n---\n{text}");
        }
        assert!(report.problems.iter().all(|problem| problem.code == "CONFLICT"), "{text}");
        assert_eq!((report.total().added, report.total().already), (0, 1), "{text}");
        assert_eq!(vendor.position(), position);
    }
}

#[tokio::test]
async fn a_catalog_is_added_to_version_by_version() {
    let vendor = Vendor::with_catalog().await;
    let second = r#"{"type":"edition","product":"orbit","edition":"core","version":2,"name":"Core","values":{"core":true}}"#;
    vendor.write("catalog.jsonl", format!("{CATALOG}{second}\n"));
    let report = vendor.import(&["catalog.jsonl"]).await;
    assert_eq!((report.total().added, report.total().already), (1, 9), "{report}");
    let fourth = second.replace("\"version\":2", "\"version\":4");
    vendor.write("catalog.jsonl", format!("{fourth}\n"));
    let report = vendor.import(&["catalog.jsonl"]).await;
    assert_eq!(report.problems.len(), 1, "{report}");
    assert_eq!(report.problems[0].code, "CONFLICT");
    let altered = CATALOG.replace("\"term\":\"1 year\"", "\"term\":\"2 years\"");
    vendor.write("catalog.jsonl", altered);
    let report = vendor.import(&["catalog.jsonl"]).await;
    assert_eq!((report.total().added, report.total().broken), (0, 1), "{report}");
}

#[tokio::test]
async fn an_email_that_was_refused_with_its_row_is_free_for_the_next() {
    let vendor = Vendor::new();
    vendor.write("customers.csv", "external_id,name,since\nC-1,Acme,2026-06-01\n");
    let members = "customer_external_id,external_id,name,email,since\n";
    vendor.write("members.csv", format!("{members}C-1,a,Ann,ann@a.example,2026-01-01\n"));
    let report = vendor.import(&["customers.csv", "members.csv"]).await;
    assert_eq!(report.problems[0].code, "EFFECTIVE_OUT_OF_ORDER", "{report}");
    assert_eq!(report.problems[0].column, Some("since"));
    assert_eq!(vendor.events().await.len(), 1, "only the account");
    vendor.write("members.csv", format!("{members}C-1,b,Bea,ann@a.example,2026-07-01\n"));
    let report = vendor.import(&["members.csv"]).await;
    assert!(report.is_clean(), "{report}");
    vendor.write("members.csv", format!("{members}C-1,c,Cy,ann@a.example,\n"));
    let report = vendor.import(&["members.csv"]).await;
    assert_eq!(report.problems[0].code, "EMAIL_TAKEN", "{report}");
    let names = Names::new(Arc::clone(vendor.ledger.codec().keystore()));
    let account = names.account("C-1");
    let history = vendor.ledger.history(account.into(), None, 10).await.unwrap();
    assert_eq!(history.len(), 2);
}
