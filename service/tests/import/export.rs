//! What an export holds, what it leaves out, and how to tell that it is whole.

use std::collections::BTreeMap;
use std::path::Path;

use deedbook_service::export::{
    EVENTS_FILE, ExportError, LICENSE_COLUMNS, LICENSES_FILE, MANIFEST_SUFFIX, Manifest, Selection,
    to_folder,
};
use deedbook_service::import::Names;
use deedbook_service::moment::Moment;
use schemas::{Digest, LogPosition, Timestamp};
use serde_json::Value;
use std::sync::Arc;

use crate::vendor::{TODAY, Vendor, read};

async fn vendor() -> Vendor {
    let vendor = Vendor::with_catalog().await;
    vendor.write(
        "customers.csv",
        "external_id,name\nC-1,\"=HYPERLINK(\"\"http://evil.example\"\",\"\"Acme\"\")\"\n\
         +C-2,\"Zürich \"\"Quoted\"\", AG\"\n-C-3,@SUM(A1)\n",
    );
    vendor.write(
        "members.csv",
        "customer_external_id,external_id,name,email\nC-1,a,Ann,ann@a.example\n",
    );
    vendor.write(
        "licenses.csv",
        "external_id,customer_external_id,product,bundle,issued_at,key\n\
         L1,C-1,orbit,starter,2026-01-01,=CMD-AAAA-BBBB\n\
         =L2,+C-2,orbit,starter,2025-01-01,\nL3,-C-3,orbit,starter,2026-01-01,\n",
    );
    vendor.write("seats.csv", "license_external_id,member_external_id\nL1,a\n");
    let report =
        vendor.import(&["customers.csv", "members.csv", "licenses.csv", "seats.csv"]).await;
    assert!(report.is_clean(), "{report}");
    vendor
}

async fn export(
    vendor: &Vendor,
    name: &str,
    selection: &Selection,
    now: Timestamp,
) -> (std::path::PathBuf, Vec<Manifest>) {
    let folder = vendor.folder.path().join(name);
    let (log, codec) = (vendor.ledger.log(), vendor.ledger.codec());
    let manifests = to_folder(log.as_ref(), codec, &folder, selection, now).await.unwrap();
    (folder, manifests)
}

fn lines(folder: &Path) -> Vec<Value> {
    let text = read(&folder.join(EVENTS_FILE));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn table(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(LICENSES_FILE)).unwrap();
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), LICENSE_COLUMNS);
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[tokio::test]
async fn events_of_a_tenant_are_numbered_without_a_gap_and_chained() {
    let vendor = vendor().await;
    let (folder, manifests) = export(&vendor, "all", &Selection::default(), TODAY).await;
    let events = lines(&folder);
    assert_eq!(events.len(), vendor.events().await.len());
    assert_eq!(manifests[0].rows, u64::try_from(events.len()).unwrap());
    let mut ordinals: BTreeMap<String, u64> = BTreeMap::new();
    let mut roots: BTreeMap<String, String> = BTreeMap::new();
    for event in &events {
        let next = ordinals.entry(event["tenant"].to_string()).or_default();
        assert_eq!(event["ordinal"], *next, "{event}");
        *next += 1;
        let stream = event["stream"].to_string();
        let previous = roots.insert(stream, event["content_root"].as_str().unwrap().to_owned());
        let zero = Digest::ZERO.to_string();
        assert_eq!(event["previous_root"], previous.unwrap_or(zero), "{event}");
    }
    assert!(ordinals.len() >= 4, "the vendor's own and three customers'");

    // One customer's events have the same numbers when they are exported alone.
    let names = Names::new(Arc::clone(vendor.ledger.codec().keystore()));
    let tenant = names.account("C-1");
    let selection = Selection { tenant: Some(tenant), ..Selection::default() };
    let (folder, _) = export(&vendor, "one", &selection, TODAY).await;
    let own: Vec<_> =
        events.iter().filter(|event| event["tenant"] == tenant.to_string()).cloned().collect();
    assert_eq!(lines(&folder), own);
    assert_eq!(own.len(), 5, "opened, member, issued, term, seat");
    assert_eq!(table(&folder).len(), 1);
}

#[tokio::test]
async fn personal_fields_are_only_in_an_export_that_asks_for_them() {
    let vendor = vendor().await;
    let (folder, _) = export(&vendor, "without", &Selection::default(), TODAY).await;
    for file in [EVENTS_FILE, LICENSES_FILE] {
        let text = read(&folder.join(file));
        for personal in ["ann@a.example", "Zürich", "HYPERLINK", "=CMD", "C-2"] {
            assert!(!text.contains(personal), "{personal} is in {file}");
        }
    }
    let selection = Selection { with_personal: true, ..Selection::default() };
    let (folder, _) = export(&vendor, "with", &selection, TODAY).await;
    let events = read(&folder.join(EVENTS_FILE));
    assert!(events.contains("ann@a.example") && events.contains("Zürich"));
}

#[tokio::test]
async fn no_cell_of_the_table_is_run_by_a_spreadsheet() {
    let vendor = vendor().await;
    let selection = Selection { with_personal: true, ..Selection::default() };
    let (folder, manifests) = export(&vendor, "table", &selection, TODAY).await;
    let rows = table(&folder);
    assert_eq!(rows.len(), 3);
    for row in &rows {
        for (column, cell) in row {
            let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!runs, "{column}: {cell}");
        }
    }
    let row = |id: &str| {
        rows.iter().find(|row| row["license_external_id"].trim_start_matches('\'') == id).unwrap()
    };
    assert_eq!(row("L1")["customer"], "'=HYPERLINK(\"http://evil.example\",\"Acme\")");
    assert_eq!(row("L1")["seats_assigned"], "1");
    assert_eq!(row("L1")["seats"], "5");
    assert_eq!(row("=L2")["customer"], "Zürich \"Quoted\", AG");
    assert_eq!(row("=L2")["customer_external_id"], "'+C-2");
    assert_eq!(
        (row("L1")["status"].as_str(), row("=L2")["status"].as_str()),
        ("assigned", "expired")
    );
    assert_eq!(row("L3")["term_end"], "2027-01-01T00:00:00Z");
    assert!(read(&folder.join(LICENSES_FILE)).ends_with("\r\n"), "RFC 4180 line ends");

    for manifest in manifests {
        let bytes = std::fs::read(folder.join(&manifest.file)).unwrap();
        assert_eq!(manifest.blake3, Digest(*blake3::hash(&bytes).as_bytes()));
        assert_eq!(manifest.bytes, u64::try_from(bytes.len()).unwrap());
        assert_eq!(manifest.as_of_position, vendor.position());
        let beside = read(&folder.join(format!("{}{MANIFEST_SUFFIX}", manifest.file)));
        let beside: Value = serde_json::from_str(&beside).unwrap();
        assert_eq!(beside["blake3"], manifest.blake3.to_string());
        assert_eq!(beside["ledger"], vendor.ledger.log().identity().ledger.to_string());
    }
}

#[tokio::test]
async fn the_same_moment_gives_the_same_bytes_whatever_came_later() {
    let vendor = vendor().await;
    let position = vendor.position().unwrap();
    let selection = Selection { as_of: Some(Moment::Position(position)), ..Selection::default() };
    let (before, _) = export(&vendor, "before", &selection, TODAY).await;
    vendor.write("customers.csv", "external_id,name\nC-9,Newcomer\n");
    assert_eq!(vendor.import(&["customers.csv"]).await.total().added, 1);
    let later = TODAY.plus_seconds(86_400);
    let (after, manifests) = export(&vendor, "after", &selection, later).await;
    for file in before.read_dir().unwrap() {
        let name = file.unwrap().file_name();
        let (one, two) = (before.join(&name), after.join(&name));
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(two).unwrap(), "{name:?}");
    }
    assert_eq!(manifests[0].as_of_position, Some(position));

    let middle = LogPosition(vendor.events().await[4].position.0);
    let selection = Selection { after: Some(middle), ..Selection::default() };
    let (range, _) = export(&vendor, "range", &selection, later).await;
    assert_eq!(lines(&range).len(), vendor.events().await.len() - 5);

    let ledger = &vendor.ledger;
    let refused = to_folder(ledger.log().as_ref(), ledger.codec(), &range, &selection, later).await;
    assert!(matches!(refused, Err(ExportError::NotEmpty { .. })));
}
