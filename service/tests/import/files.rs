//! What files may look like.

use crate::vendor::Vendor;
use deedbook_service::import::{self, Kind, Names, Options};
use ledger::account::AccountRules;
use ledger::license::LicenseRules;
use schemas::LedgerEvent;
use schemas::account::AccountEvent;
use std::sync::Arc;

async fn customer_name(vendor: &Vendor, external_id: &str) -> String {
    let names = Names::new(Arc::clone(vendor.ledger.codec().keystore()));
    let stream = names.account(external_id).into();
    let first = vendor.ledger.history(stream, None, 1).await.unwrap().remove(0);
    let LedgerEvent::Account(AccountEvent::AccountOpened(opened)) = first.event else {
        panic!("not an account: {first:?}")
    };
    opened.personal.value.unwrap().name
}

#[tokio::test]
async fn csv_may_have_a_byte_order_mark_quoted_line_breaks_and_windows_line_ends() {
    let vendor = Vendor::new();
    let csv =
        "\u{feff}External ID,Name,x_note\r\nC-1,\"Müller, Söhne\r\n& \"\"Co\"\"\",x\r\n\r\n,,\r\n";
    vendor.write("customers.csv", csv);
    let report = vendor.import(&["customers.csv"]).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.total().added, 1);
    assert_eq!(customer_name(&vendor, "C-1").await, "Müller, Söhne & \"Co\"");
}

#[tokio::test]
async fn semicolons_tabs_and_json_lines_say_the_same() {
    let vendor = Vendor::new();
    vendor.write("customers.csv", "external_id;name\nC-1;Größe, AG\n");
    vendor.write("customers-2.tsv", "name\texternal_id\n株式会社\tC-2\n");
    let json = "\u{feff}{\"external_id\":\"C-1\",\"name\":\"Größe, AG\"}\n\n{\"external_id\":3,\"name\":\"x\",\"since\":null}\n";
    vendor.write("customers-3.jsonl", json);
    let report = vendor.import(&["customers.csv", "customers-2.tsv"]).await;
    assert_eq!((report.total().added, report.is_clean()), (2, true), "{report}");
    // The same row in another format is the same row.
    let report = vendor.import(&["customers-3.jsonl"]).await;
    assert_eq!((report.total().added, report.total().already), (1, 1), "{report}");
    assert_eq!(customer_name(&vendor, "C-2").await, "株式会社");
    assert_eq!(customer_name(&vendor, "3").await, "x");
}

#[tokio::test]
async fn a_file_that_is_not_what_it_says_stops_the_import_before_anything_is_written() {
    let vendor = Vendor::new();
    vendor.write("customers.csv", "external_id,name\nC-1,Acme\n");
    for (name, content, code) in [
        ("members.csv", "customer_external_id,nmae,email\n".as_bytes(), "HEADER"),
        ("members-2.csv", "customer_external_id,name\n".as_bytes(), "HEADER"),
        ("members-3.csv", "name,name,email,customer_external_id\n".as_bytes(), "HEADER"),
        ("members-4.csv", b"".as_slice(), "HEADER"),
        ("members-5.csv", b"\xff\xfec\0u\0".as_slice(), "NOT_UTF8"),
        ("members.xlsx", b"PK".as_slice(), "FILE"),
        ("people.csv", "name\n".as_bytes(), "FILE"),
        ("catalog.csv", "name\n".as_bytes(), "FILE"),
    ] {
        vendor.write(name, content);
        let report = vendor.import(&["customers.csv", name]).await;
        let codes: Vec<_> = report.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [code], "{name}: {report}");
        assert_eq!(vendor.position(), None, "{name}");
    }
    let report = vendor.import(&["customers.csv", "nowhere.csv"]).await;
    assert!(!report.is_clean());
    assert_eq!(vendor.position(), None);
}

#[tokio::test]
async fn a_kind_that_is_named_overrides_the_file_name() {
    let vendor = Vendor::new();
    let file = vendor.write("crm-export.csv", "external_id,name\nC-1,Acme\n");
    let options = Options { dry_run: false, kind: Some(Kind::Customers) };
    let report = import::run(&vendor.ledger, &[file], &options, &|_| {}).await.unwrap();
    assert_eq!(report.total().added, 1, "{report}");
}

#[tokio::test]
async fn rows_may_stand_in_any_order_within_and_across_files() {
    let vendor = Vendor::with_catalog().await;
    vendor
        .write("customers.csv", "external_id,parent_external_id,name\nE,B,Deep\nB,A,Sub\nA,,Top\n");
    vendor.write("members.csv", "customer_external_id,name,email\nA,Ann,Ann@acme.example\n");
    vendor.write(
        "licenses.csv",
        "external_id,customer_external_id,product,bundle,issued_at\nL1,A,orbit,starter,2026-01-01\n",
    );
    // Each file is sorted otherwise than by time, and the facts of one license lie in three files.
    vendor.write(
        "devices.csv",
        "license_external_id,fingerprint,name,member_email,activated_at\n\
         L1,f2,Two,ann@ACME.example,2026-06-01\nL1,f1,One,,2026-02-01\n",
    );
    vendor.write(
        "seats.csv",
        "license_external_id,member_email,assigned_at\nL1,ann@acme.example,2026-03-01\n",
    );
    vendor.write("sightings.csv", "license_external_id,fingerprint,seen_at\nL1,f1,2026-04-01\n");
    let files = [
        "sightings.csv",
        "devices.csv",
        "seats.csv",
        "licenses.csv",
        "members.csv",
        "customers.csv",
    ];
    let dry = vendor.dry_run(&files).await;
    assert!(dry.is_clean(), "{dry}");
    let report = vendor.import(&files).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.total().added, 9);
    let names = Names::new(Arc::clone(vendor.ledger.codec().keystore()));
    let license = names.license("L1");
    let (state, _) = vendor.ledger.load::<LicenseRules>(license.into()).await.unwrap();
    assert_eq!((state.seats.len(), state.activations.len()), (1, 2));
    let history = vendor.ledger.history(license.into(), None, 100).await.unwrap();
    assert!(history.is_sorted_by_key(|event| event.header.effective_at));
    let (deep, _) = vendor.ledger.load::<AccountRules>(names.account("E").into()).await.unwrap();
    assert_eq!(deep.opened.unwrap().parent, Some(names.account("B")));
}
