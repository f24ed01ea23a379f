//! The sample vendor as the demo has it, in a real data folder with real keys and views.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deedbook_service::engine::{Engine, Sizes};
use deedbook_service::import::{self, Names, Options, Progress};
use deedbook_service::sample::{self, people};
use ledger::account::AccountRules;
use ledger::entitlements;
use ledger::license::{ActivationKind, LicenseRules};
use ledger::meter::MeterRules;
use ledger::product::ProductRules;
use ledger::status::{Displayed, status};
use ledger_log::{Clock, SystemClock};
use schemas::{FeatureKey, Quantity, Timestamp};

use crate::vendor::{TODAY, Vendor};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_fits_the_rules_and_loads_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let engine = Engine::create(&data, "Orbit Software", Sizes::of_mib(8)).await.unwrap();
    let files = folder.path().join("files");
    let today = SystemClock.now();
    let report = sample::load(engine.ledger(), &files, 2026, today, &|_| {}).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.kinds["customers"].added, 200);
    let durable = engine.durable();
    let again = sample::load(engine.ledger(), &files, 2026, today, &|_| {}).await.unwrap();
    assert_eq!(again.total().added, 0, "{again}");
    assert_eq!(engine.durable(), durable, "passwords that were set stay");
    assert_eq!(engine.views_position(), durable);
    engine.close().await;
}

#[tokio::test]
async fn every_status_that_time_and_blockers_give_is_in_the_sample() {
    let vendor = Vendor::new();
    let files = sample::write(vendor.folder.path(), sample::SEED, TODAY).unwrap();
    let report = import::run(&vendor.ledger, &files, &Options::default(), &|_| {}).await.unwrap();
    assert!(report.is_clean(), "{report}");
    let mut shown: BTreeMap<&str, u64> = BTreeMap::new();
    let mut dormant = 0;
    let long_ago = TODAY.plus_seconds(-90 * 86_400);
    for number in 1..=196 {
        let names = Names::new(Arc::clone(vendor.ledger.codec().keystore()));
        let license = names.license(&format!("L-{}", 1_000 + number));
        let (state, _) = vendor.ledger.load::<LicenseRules>(license.into()).await.unwrap();
        *shown.entry(status(&state, TODAY).displayed.name()).or_default() += 1;
        let live = state.live(ActivationKind::Device);
        dormant += live.filter(|(_, device)| device.last_seen_at < long_ago).count();
    }
    for displayed in [
        Displayed::Assigned,
        Displayed::Active,
        Displayed::Expiring,
        Displayed::Grace,
        Displayed::Expired,
        Displayed::Suspended,
    ] {
        assert!(shown.get(displayed.name()).is_some_and(|count| *count > 0), "{shown:?}");
    }
    assert!(dormant >= 10, "{dormant} dormant devices");
}

#[tokio::test]
async fn the_bundles_and_l1_are_as_the_documentation_says() {
    let vendor = Vendor::new();
    let files = sample::write(vendor.folder.path(), sample::SEED, TODAY).unwrap();
    import::run(&vendor.ledger, &files, &Options::default(), &|_| {}).await.unwrap();
    let names = Names::new(Arc::clone(vendor.ledger.codec().keystore()));
    let product = names.product(&"orbit".parse().unwrap());
    let (product, _) = vendor.ledger.load::<ProductRules>(product.into()).await.unwrap();
    let calls: FeatureKey = "api_calls".parse().unwrap();
    for (bundle, seats, amount, all) in [
        ("starter", Quantity::Limited(5), Quantity::Limited(10_000), false),
        ("growth", Quantity::Limited(25), Quantity::Limited(100_000), false),
        ("enterprise", Quantity::Unlimited, Quantity::Unlimited, true),
    ] {
        let source = product.source_by_code(&bundle.parse().unwrap()).unwrap();
        let grants = product.resolve(source).unwrap().grants;
        let total = grants.iter().fold(Quantity::ZERO, |sum, grant| sum.plus(grant.seats));
        assert_eq!(total, seats, "{bundle}");
        assert_eq!(grants.iter().any(|grant| grant.all_features), all, "{bundle}");
        let allowance = grants.iter().filter_map(|grant| grant.values.get(&calls)).next().unwrap();
        let schemas::catalog::FeatureValue::Allowance(allowance) = allowance else {
            panic!("{bundle}: {allowance:?}")
        };
        assert_eq!(allowance.amount, amount, "{bundle}");
        let dedicated = grants.iter().any(|grant| {
            grant.services.get("support_tier").is_some_and(|tier| tier == "dedicated")
        });
        assert_eq!(dedicated, all, "{bundle}");
    }
    let license = names.license("L1");
    let (l1, _) = vendor.ledger.load::<LicenseRules>(license.into()).await.unwrap();
    assert_eq!((l1.seats_granted(), l1.seats_assigned()), (Quantity::Limited(5), 4));
    assert_eq!(l1.devices_granted(), Quantity::Limited(2));
    let ends: Timestamp = Timestamp::from_micros(1_801_353_600_000_000);
    assert_eq!(l1.term.unwrap().until, Some(ends), "2027-01-31");
    assert_eq!(status(&l1, TODAY).displayed, Displayed::Assigned);
    let metering = entitlements::metering(&l1, &product, &calls, TODAY).unwrap();
    let meter = names.meter(license, &calls);
    let (meter, _) = vendor.ledger.load::<MeterRules>(meter.into()).await.unwrap();
    assert_eq!(meter.used_in(metering.period).total(), 7_300);
    let (acme, _) = vendor.ledger.load::<AccountRules>(names.account("acme").into()).await.unwrap();
    for person in people().iter().filter(|person| person.customer == Some("acme")) {
        let member = names.member(names.account("acme"), person.handle);
        assert!(acme.members.contains_key(&member), "{}", person.handle);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_rows_are_imported_and_counted() {
    let vendor = Vendor::with_catalog().await;
    write_many(&vendor, 20_000);
    let files = ["customers.csv", "members.csv", "licenses.csv", "seats.csv", "devices.csv"];
    let paths: Vec<_> = files.iter().map(|name| vendor.folder.path().join(name)).collect();
    let (told, last) = (AtomicU64::new(0), AtomicU64::new(0));
    let progress = |progress: Progress| {
        if let Progress::Importing { rows, rows_total } = progress {
            assert_eq!(rows_total, 20_000);
            assert_eq!(last.swap(rows, Ordering::SeqCst) + 1, rows, "rows are counted one by one");
            told.fetch_add(1, Ordering::SeqCst);
        }
    };
    let report = import::run(&vendor.ledger, &paths, &Options::default(), &progress).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.total().rows, report.total().added), (20_000, 20_000));
    assert_eq!(told.load(Ordering::SeqCst), 20_000);
    // INVARIANT (facts in order): of each license, whatever lane its rows were in.
    let mut latest: BTreeMap<_, Timestamp> = BTreeMap::new();
    for event in vendor.events().await {
        let at = event.header.effective_at;
        let before = latest.insert(event.header.stream, at);
        assert!(before.is_none_or(|before| before <= at), "{}", event.header.stream);
    }
}

/// A fifth each: customers, members, licenses, seats, devices.
fn write_many(vendor: &Vendor, rows: u32) {
    let mut files = [
        "external_id,name,since\n".to_owned(),
        "customer_external_id,external_id,name,email,since\n".to_owned(),
        "external_id,customer_external_id,product,offering,issued_at\n".to_owned(),
        "license_external_id,member_external_id,assigned_at\n".to_owned(),
        "license_external_id,fingerprint,name,activated_at\n".to_owned(),
    ];
    for number in 0..rows / 5 {
        let day = number % 28 + 1;
        let [customers, members, licenses, seats, devices] = &mut files;
        *customers += &format!("C{number},Customer {number},2025-12-{day:02}\n");
        *members += &format!("C{number},P,Person {number},p{number}@c.example,2026-01-{day:02}\n");
        *licenses += &format!("L{number},C{number},orbit,orbit-large,2026-01-{day:02}\n");
        *seats += &format!("L{number},P,2026-03-{day:02}\n");
        *devices += &format!("L{number},f{number},Device,2026-02-{day:02}\n");
    }
    let names = ["customers.csv", "members.csv", "licenses.csv", "seats.csv", "devices.csv"];
    for (name, content) in names.iter().zip(files) {
        vendor.write(name, content);
    }
}
