//! The runner: what was acknowledged is visible, what cannot be taken in stops everything, tokens
//! tell the truth.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use ledger_log::{
    Append, AppendOutcome, Codec, CommandRecord, EventLog, ExpectedRevision, InlineViews,
    LogFuture, LogIdentity, MemoryLog, NewEvent, ReadError,
};
use projections::{
    AsOf, AtLeastError, AuthenticationError, Heard, Options, Projections, TokenError,
};
use schemas::access::Audience;
use schemas::account::MemberRole;
use schemas::{
    AccountId, Actor, CommandId, CorrelationId, Digest, EventId, LogPosition, Part, Revision,
    StoredEvent, StreamName,
};
use support::{Vendor, account, block_on, license, member, operator, secret, uuid};
use tokio::sync::watch;

/// An event that a newer version of the software would write.
async fn write_from_the_future(log: &MemoryLog) -> LogPosition {
    let append = Append {
        stream: StreamName::claim(uuid(12, 1)),
        expected: ExpectedRevision::NoStream,
        tenant: None,
        actor: Actor::System,
        on_behalf_of: None,
        command_id: CommandId::new(uuid(12, 2)),
        command_digest: Digest::ZERO,
        correlation_id: CorrelationId::new(uuid(12, 2)),
        causation_id: None,
        rule: "claim.tomorrow",
        basis: None,
        decided_at: support::START,
        events: vec![NewEvent {
            event_id: EventId::new(uuid(12, 3)),
            wire_name: "value_teleported.v7",
            effective_at: support::START,
            parts: vec![Part::Public(vec![0x80])],
        }],
    };
    let outcome = log.append(append).await;
    let AppendOutcome::Committed(committed) = outcome else {
        panic!("the log takes any event: {outcome:?}")
    };
    committed.position.unwrap()
}

#[test]
fn what_was_acknowledged_is_visible_at_once() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        let scope = operator(&projections);
        for number in 0..20 {
            vendor.token(member(0).uuid(), 300 + number, Audience::Portal).await.unwrap();
            let now = vendor.now();
            let let_in = |projections: &Projections| {
                projections.read(|views| {
                    views.authenticate_portal_token(&secret(300 + number), now).is_ok()
                })
            };
            assert!(let_in(&projections));
            vendor.revoke_token(member(0).uuid(), 300 + number).await.unwrap();
            assert!(
                !let_in(&projections),
                "a revoked token is refused when the revocation is answered"
            );
            let receipt = vendor.issue(300 + number, 0).await.unwrap();
            assert!(projections.position() >= receipt.position);
            assert!(
                projections.read(|views| views.license(&scope, license(300 + number)).is_some())
            );
        }
        assert!(projections.health().is_caught_up() && projections.health().is_healthy());
    });
}

#[test]
fn many_commands_at_once_are_all_answered_and_all_visible() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    runtime.unwrap().block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        let vendor = Arc::new(vendor);
        let mut tasks = Vec::new();
        for number in 0..1_024 {
            let (vendor, projections) = (Arc::clone(&vendor), projections.clone());
            tasks.push(tokio::spawn(async move {
                vendor.open(1_000 + number, None).await.unwrap();
                let scope = operator(&projections);
                projections.read(|views| views.account(&scope, account(1_000 + number)).is_some())
            }));
        }
        for task in tasks {
            assert!(task.await.unwrap());
        }
    });
}

#[test]
fn an_unknown_event_stops_the_views_before_it_and_lets_nobody_in() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        let scope = vendor.scope(&projections, 0, 905).await;
        let known = projections.position();
        let waiting = projections.applied(LogPosition(10_000));
        let unknown = write_from_the_future(&vendor.log).await;
        // Ends because the views stopped: it is never reached.
        projections.applied(unknown).await;
        waiting.await;
        let health = projections.health();
        let stopped = health.stopped.clone().unwrap();
        assert_eq!((stopped.code, stopped.after), ("SCHEMA_UNKNOWN", known));
        assert!(stopped.reason.contains("value_teleported.v7"), "{}", stopped.reason);
        assert!(!health.is_healthy() && !health.is_caught_up());
        assert_eq!(projections.position(), known);
        projections.read(|views| {
            let refused = Err(AuthenticationError::ViewsStopped);
            let now = vendor.now();
            assert_eq!(views.authenticate_portal_token(&secret(905), now), refused);
            assert_eq!(
                views.authenticate_operator().map(|_| ()),
                Err(AuthenticationError::ViewsStopped)
            );
            assert!(views.tenant_scope_again(&scope, now).is_none());
        });
        let token = projections.token(Some(unknown));
        let refused = projections.at_least(&token).await;
        assert_eq!(refused, Err(AtLeastError::Stopped { wanted: unknown }));
        assert_eq!(projections.token(known).position, known);
        // A restart stops at the same event, and a replay says the same.
        let again = vendor.project(Options::in_memory()).await;
        assert_eq!(again.health().stopped.unwrap(), stopped);
        let replayed = projections::replay::replay(
            &*vendor.log,
            &vendor.codec,
            projections::replay::Until::Tail,
            |_| (),
        );
        assert_eq!(replayed.await.map(|_| ()).unwrap_err().code(), "SCHEMA_UNKNOWN");
    });
}

#[test]
fn stopped_views_write_no_snapshot() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::new();
        vendor.founded().await;
        write_from_the_future(&vendor.log).await;
        let projections = vendor.project(Options::in_folder(folder.path().to_owned())).await;
        assert!(projections.health().stopped.is_some());
        assert_eq!(projections.close().await.unwrap(), None);
    });
}

#[test]
fn a_token_waits_for_what_is_coming_and_tells_what_never_will() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        let receipt = vendor.issue(50, 0).await.unwrap();
        let token = projections.token(receipt.position);
        let parsed = projections.parse_token(&token.to_string()).unwrap();
        assert_eq!(parsed, token);
        assert_eq!(projections.at_least(&parsed).await, Ok(()));
        assert_eq!(projections.parse_token("at1-nonsense"), Err(TokenError::Malformed));

        // A copy of the ledger that was restored from before the position.
        let restored: Arc<dyn EventLog> = Arc::new(MemoryLog::of_ledger(uuid(0, 77)));
        let views = Projections::start(restored, Arc::clone(&vendor.codec), Options::in_memory());
        let views = views.await.unwrap();
        let wanted = receipt.position.unwrap();
        let refused = views.at_least(&parsed).await;
        assert_eq!(refused, Err(AtLeastError::RolledBack { wanted, durable: None }));
        assert_eq!(refused.unwrap_err().code(), "LEDGER_ROLLED_BACK");

        let other: Arc<dyn EventLog> = Arc::new(MemoryLog::of_ledger(uuid(0, 78)));
        let codec = Arc::new(Codec::new(Arc::clone(&vendor.keys)));
        let views = Projections::start(other, codec, Options::in_memory()).await.unwrap();
        assert_eq!(views.at_least(&parsed).await, Err(AtLeastError::OtherLedger));
        let start = views.token(None);
        assert_eq!(start.position, None);
        assert_eq!(views.at_least(&start).await, Ok(()));
    });
}

/// A log that can be written while nobody can read on: a store that is slow to show what is
/// durable.
struct SlowToShow {
    inner: MemoryLog,
    shows: watch::Receiver<bool>,
}

impl EventLog for SlowToShow {
    fn append(&self, append: Append) -> LogFuture<AppendOutcome> {
        self.inner.append(append)
    }

    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.inner.read_stream(stream, after, limit)
    }

    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        let (inner, mut shows) = (self.inner.clone(), self.shows.clone());
        Box::pin(async move {
            shows.wait_for(|shows| *shows).await.unwrap();
            inner.read_all(after, limit).await
        })
    }

    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>> {
        self.inner.find_command(tenant, command_id)
    }

    fn durable(&self) -> watch::Receiver<Option<LogPosition>> {
        self.inner.durable()
    }

    fn identity(&self) -> LogIdentity {
        self.inner.identity()
    }
}

#[tokio::test]
async fn a_read_that_would_be_stale_is_refused_in_time_and_one_that_is_not_is_answered() {
    let vendor = Vendor::new();
    vendor.founded().await;
    let (show, shows) = watch::channel(true);
    let log = Arc::new(SlowToShow { inner: (*vendor.log).clone(), shows });
    let codec = Arc::clone(&vendor.codec);
    let options = Options { at_least_wait: Duration::ZERO, ..Options::in_memory() };
    let projections = Projections::start(log, codec, options).await.unwrap();
    show.send(false).unwrap();
    let position = projections.position();
    let wanted = vendor.issue(50, 0).await.unwrap().position.unwrap();
    let token = projections.token(Some(wanted));
    let stale = projections.at_least(&token).await;
    assert_eq!(stale, Err(AtLeastError::Stale { wanted, position }));
    show.send(true).unwrap();
    projections.applied(wanted).await;
    assert_eq!(projections.at_least(&token).await, Ok(()));
    // Closed views say at once that they will not get there.
    let next = LogPosition(wanted.0 + 1);
    projections.close().await.unwrap();
    vendor.open(70, None).await.unwrap();
    let refused = projections.at_least(&projections.token(Some(next))).await;
    assert_eq!(refused, Err(AtLeastError::Stopped { wanted: next }));
}

#[test]
fn changes_come_in_order_when_the_views_know_them() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        let mut changes = projections.changes();
        vendor.open(60, None).await.unwrap();
        vendor.add_member(60, 61, MemberRole::Auditor).await.unwrap();
        vendor.issue(62, 60).await.unwrap();
        let mut seen = Vec::new();
        while let Some(Heard::Change(change)) = changes.try_next() {
            assert!(Some(change.position) <= projections.position());
            assert_eq!(change.tenant, Some(account(60)));
            seen.push((change.position, change.wire_name));
        }
        assert!(seen.is_sorted_by(|(one, _), (other, _)| one < other));
        let names: Vec<_> = seen.iter().map(|(_, name)| *name).collect();
        let expected =
            ["account_opened.v1", "member_added.v1", "license_issued.v1", "term_started.v1"];
        assert_eq!(names, expected);
    });
}

#[test]
fn a_forgotten_subject_is_gone_from_rows_and_from_the_search() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        vendor.on_license(0, 0, vendor.activate(1, 1, Some(0)), None).await.unwrap();
        vendor.password(member(0).uuid(), "phc").await.unwrap();
        let scope = operator(&projections);
        let before = projections.digests();
        for subject in [member(0).into(), account(0).into()] {
            vendor.keys.erase(subject).unwrap();
            projections.forget(subject);
        }
        projections.read(|views| {
            assert_eq!(views.member(&scope, member(0)).unwrap().profile.value, None);
            let row = views.license(&scope, license(0)).unwrap();
            assert_eq!((row.masked_key(), row.external_id()), (None, None));
            assert_eq!(row.bindings[&support::activation(1)].name(), None);
            for query in ["acme 0", "person0", "ann0", "k000", "l-0", "crm-0"] {
                assert_eq!(views.search(&scope, query, 9), [], "`{query}`");
            }
            assert_eq!(views.find_by_external_id(&scope, "L-0"), []);
            let email = vendor.email("person0@acme0.example");
            let challenge = views.password_challenge(Audience::Portal, &email).map(|_| ());
            assert_eq!(challenge, Err(AuthenticationError::Unknown));
        });
        assert_eq!(projections.digests(), before);
        assert!(projections.scrub().is_ok());
        // The past has forgotten too.
        let past = projections.license_as_of(&scope, license(0), AsOf::at(vendor.now())).await;
        assert_eq!(past.unwrap().unwrap().masked_key(), None);
    });
}
