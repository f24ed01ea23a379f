//! Broken rows: each is told with file, row, column and reason, none is taken by half, and the others are taken.

use std::fmt::Write;

use deedbook_service::import::Report;

use crate::vendor::Vendor;

/// What the import says about the broken rows below. Set `BLESS=1` to write it anew.
const REPORT: &str = include_str!("broken.txt");

const CUSTOMERS: &str = "external_id,parent_external_id,kind,name,since\n";
const MEMBERS: &str = "customer_external_id,external_id,name,email,role,since\n";
const LICENSES: &str = "external_id,customer_external_id,product,offering,bundle,version,issued_at,term_start,term_end,key\n";
const SEATS: &str = "license_external_id,member_email,member_external_id,assigned_at\n";
const DEVICES: &str = "license_external_id,fingerprint,name,member_email,activated_at\n";

const BROKEN_CUSTOMERS: &str = "\
,,,No Number,
B-1,,,,
B-2,,company,Bad Kind,
B-3,,,Bad Date,22/11/2026
B-4,B-4,,Own Parent,
B-5,NOBODY,,Orphan,
B-6,B-7,,Circle One,
B-7,B-6,,Circle Two,
C-1,,,Same Again,
B-8,,,Too few cells
B-9,,,\"Text\"after quote,
B-10,,,Tomorrow,2999-01-01
";
const BROKEN_MEMBERS: &str = "\
C-1,x1,,x1@c.example,,
C-1,x2,No E-Mail,nobody,,
C-1,x3,Bad Role,x3@c.example,king,
NOBODY,x4,No Customer,x4@c.example,,
C-2,x5,Same E-Mail,P1@C.EXAMPLE,,
C-1,P-1,Same Number,x6@c.example,,
B-5,x7,Customer Refused,x7@c.example,,
";
const BROKEN_LICENSES: &str = "\
X-1,NOBODY,orbit,,starter,,2026-01-01,,,
X-2,C-1,saturn,,starter,,2026-01-01,,,
X-3,C-1,orbit,,gold,,2026-01-01,,,
X-4,C-1,orbit,orbit-core,starter,,2026-01-01,,,
X-5,C-1,orbit,,,,2026-01-01,,,
X-6,C-1,orbit,,starter,7,2026-01-01,,,
X-7,C-1,orbit,,starter,,2026-01-01,2026-02-01,2026-02-01,
X-8,C-1,orbit,,starter,,2999-01-01,,,
X-9,C-1,Orbit!,,starter,,2026-01-01,,,
L-1,C-1,orbit,,starter,,2026-01-01,,,
X-10,C-1,orbit,,starter,,2026-01-01,,,SAME-KEY
X-11,C-1,orbit,,starter,,2026-01-01,,,same-key
X-12,C-1,orbit,,starter,zero,2026-01-01,,,
";
const BROKEN_SEATS: &str = "\
NOTHING,p1@c.example,,2026-02-01
L-1,,,2026-02-01
L-1,nobody@c.example,,2026-02-01
L-1,p2@c.example,,2026-02-01
L-1,p1@c.example,P-7,2026-02-01
L-1,,P-12,2025-01-01
L-1,,P-13,2026-07-01
L-1,,P-14,2026-07-02
";
const BROKEN_DEVICES: &str = "\
L-2,f-1,One,,2026-02-01
L-2,f-2,Two,,2026-02-02
L-2,f-3,Three,,2026-02-03
L-2,f-1,One again,,2026-02-04
L-2,,No Fingerprint,,2026-02-01
L-3,f-4,After The End,,2026-06-01
L-2,f-5,Not A Member,p1@c.example,2026-02-05
";

/// A thousand rows, of which these are broken.
fn write_files(vendor: &Vendor) -> [&'static str; 8] {
    let (mut customers, mut members) = (CUSTOMERS.to_owned(), MEMBERS.to_owned());
    for number in 1..=320 {
        writeln!(customers, "C-{number},,,Customer {number},2025-12-01").unwrap();
        let customer = if number % 6 == 1 { 1 } else { number };
        writeln!(members, "C-{customer},P-{number},P {number},p{number}@c.example,,").unwrap();
    }
    members.push_str("C-1,P-12,Twelve,p12x@c.example,,\nC-1,P-14,Fourteen,p14x@c.example,,\n");
    let mut licenses = LICENSES.to_owned();
    for number in 1..=320 {
        let end = if number == 3 { "2026-03-01" } else { "" };
        writeln!(licenses, "L-{number},C-{number},orbit,,starter,,2026-01-01,,{end},").unwrap();
    }
    let mut seats = SEATS.to_owned();
    for member in ["P-1", "P-7", "P-19", "P-25", "P-31"] {
        writeln!(seats, "L-1,,{member},2026-06-01").unwrap();
    }
    vendor.write("customers.csv", customers + BROKEN_CUSTOMERS);
    vendor.write("members.csv", members + BROKEN_MEMBERS);
    vendor.write("licenses.csv", licenses + BROKEN_LICENSES);
    vendor.write("seats.csv", seats + BROKEN_SEATS);
    vendor.write("devices.csv", DEVICES.to_owned() + BROKEN_DEVICES);
    vendor.write(
        "usage.jsonl",
        "{\"license_external_id\":\"L-1\",\"feature\":\"api_calls\",\"quantity\":100,\"used_at\":\"2026-03-01\"}\n\
         {\"license_external_id\":\"L-1\",\"feature\":\"api_calls\",\"quantity\":10000,\"used_at\":\"2026-03-02\"}\n\
         {\"license_external_id\":\"L-1\",\"feature\":\"core\",\"quantity\":1,\"used_at\":\"2026-03-02\"}\n\
         {\"license_external_id\":\"L-1\",\"feature\":\"api_calls\",\"quantity\":-3,\"used_at\":\"2026-03-02\"}\n\
         {\"license_external_id\":\"L-1\",\"feature\":\"api_calls\",\"quantity\":[1],\"used_at\":\"2026-03-02\"}\n\
         {\"license_external_id\":\"L-1\",\"feature\":\"api_calls\",\"qty\":1,\"used_at\":\"2026-03-02\"}\n\
         {\"license_external_id\":\"L-1\",\n",
    );
    let mut bytes =
        b"license_external_id,blocker,reason,at\nL-4,billing,not paid,2026-05-01\n".to_vec();
    bytes.extend_from_slice(
        b"L-4,mood,,2026-05-01\nL-4,abuse,\xff\xfe,2026-05-01\nL-4,,,2026-05-01\n",
    );
    bytes.extend_from_slice(format!("L-4,abuse,{},\n", "z".repeat(70_000)).as_bytes());
    vendor.write("blockers.csv", bytes);
    vendor.write("renewals.csv", "license_external_id,renewed_at,period\nL-5,2026-06-01,\nL-5,2026-06-02,1 fortnight\nL-6,\"2026-06-01,\nL-7,2026-06-01,\n");
    [
        "customers.csv",
        "members.csv",
        "licenses.csv",
        "renewals.csv",
        "seats.csv",
        "devices.csv",
        "blockers.csv",
        "usage.jsonl",
    ]
}

#[tokio::test]
async fn every_broken_row_is_told_and_the_others_are_taken() {
    let vendor = Vendor::with_catalog().await;
    let files = write_files(&vendor);
    let position = vendor.position();

    let dry = vendor.dry_run(&files).await;
    assert_eq!(vendor.position(), position, "a dry run writes nothing");
    assert_eq!(vendor.ledger.codec().keystore().subjects(), 0, "not even a key");

    let report = vendor.import(&files).await;
    let text = vendor.text(&report) + "\n";
    if std::env::var_os("BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/import/broken.txt");
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, REPORT);
    let total = report.total();
    assert_eq!(total.rows, total.added + total.already + total.broken);
    assert!(total.rows >= 1_000, "{total:?}");

    // What a dry run says is what happens.
    assert_eq!(dry.problems, report.problems);
    assert_eq!(dry.total(), total);

    let again = vendor.import(&files).await;
    assert_eq!((again.total().added, again.total().already), (0, total.added));
    let places = |report: &Report| -> Vec<_> {
        report.problems.iter().map(|problem| (problem.place, problem.code)).collect()
    };
    assert_eq!(places(&again), places(&report));
}

#[tokio::test]
async fn a_refused_row_leaves_nothing_behind() {
    let vendor = Vendor::with_catalog().await;
    vendor.write("customers.csv", CUSTOMERS.to_owned() + BROKEN_CUSTOMERS);
    vendor.write("members.csv", MEMBERS.to_owned() + BROKEN_MEMBERS);
    vendor.write("seats.csv", SEATS.to_owned() + BROKEN_SEATS);
    let before = vendor.events().await.len();
    let report = vendor.import(&["customers.csv", "members.csv", "seats.csv"]).await;
    // `C-1,,,Same Again` is the one good row here, and with it two members of C-1.
    let added = usize::try_from(report.total().added).unwrap();
    let claims = report.kinds["members"].added;
    let claims = usize::try_from(claims).unwrap();
    assert_eq!(vendor.events().await.len(), before + added + claims, "{report}");
}
