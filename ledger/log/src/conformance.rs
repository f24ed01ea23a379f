//! What every adapter of the log must do, as one suite. It assumes neither an empty store nor contiguous
//! positions, and names its streams after the log's identity, so it also runs against a shared server.
#![expect(clippy::panic, reason = "a test suite: an adapter that answers otherwise fails it")]

use std::sync::Arc;

use schemas::{
    AccountId, Digest, EventId, LogPosition, Part, StoredEvent, StreamName, SubjectId, Timestamp,
};

use crate::numbering::APPEND_BYTES_MAX;
use crate::port::{
    Append, AppendOutcome, AppendRefusal, EventLog, ExpectedRevision, LogFuture, StreamSlice,
};

mod maker;

pub use maker::{Maker, committed};

/// Makes the logs of one adapter.
pub trait LogFactory: Send + Sync {
    /// A log for one test, with an identity that no other test has.
    fn fresh(&self) -> LogFuture<Arc<dyn EventLog>>;

    /// The same log after a restart, `None` when nothing of it survives one.
    fn restarted(&self, log: Arc<dyn EventLog>) -> LogFuture<Option<Arc<dyn EventLog>>>;
}

/// One test for each promise: `ledger_log::conformance_tests!(factory())` inside a test module.
#[macro_export]
macro_rules! conformance_tests {
    ($factory:expr) => {
        $crate::conformance_tests!($factory;
            an_append_is_taken_only_at_the_expected_revision,
            pipelined_appends_are_taken_in_the_order_of_the_calls,
            a_refused_append_leaves_those_behind_it_in_line,
            many_writers_of_one_stream_lose_nothing,
            the_events_of_an_append_are_together_or_absent,
            reads_start_after_what_they_are_given,
            slices_of_several_streams_come_in_the_order_asked,
            events_read_back_as_they_were_appended,
            events_are_chained_by_their_content_roots,
            an_append_without_events_is_refused,
            an_oversized_append_is_refused,
            a_command_is_found_by_tenant_and_id,
            recorded_time_never_runs_backwards,
            the_durable_position_reaches_every_committed_event,
            everything_survives_a_restart,
        );
    };
    ($factory:expr; $($name:ident,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::conformance::$name(&$factory).await;
            }
        )*
    };
}

/// The expected revision must be the stream's, whatever either is; a conflict says where the stream is.
pub async fn an_append_is_taken_only_at_the_expected_revision(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let expectations = [
        (ExpectedRevision::NoStream, None),
        (ExpectedRevision::Exact(0), Some(0)),
        (ExpectedRevision::Exact(1), Some(1)),
        (ExpectedRevision::Exact(2), Some(2)),
        (ExpectedRevision::Exact(u64::MAX), Some(u64::MAX)),
    ];
    for length in 0..4_u64 {
        for (expected, taken_at) in expectations {
            let stream = maker.stream();
            maker.fill(&*log, stream, length).await;
            let actual = length.checked_sub(1);
            let outcome = log.append(maker.append(stream, expected, 2)).await;
            let after = log.read_stream(stream, None, 100).await.unwrap_or_default().len();
            let before = usize::try_from(length).unwrap_or_default();
            if taken_at == actual {
                let committed = committed(outcome);
                assert_eq!(committed.first_revision, length, "{expected:?} at {actual:?}");
                assert_eq!(committed.last_revision, length + 1, "{expected:?} at {actual:?}");
                assert_eq!(after, before + 2, "{expected:?} at {actual:?}");
            } else {
                assert_eq!(outcome, AppendOutcome::Conflict { actual }, "{expected:?}");
                assert_eq!(after, before, "{expected:?} at {actual:?}");
            }
        }
    }
}

/// The call takes the place in line: a later append may build on one that is not answered yet.
pub async fn pipelined_appends_are_taken_in_the_order_of_the_calls(factory: &dyn LogFactory) {
    const DEPTH: u64 = 200;
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let stream = maker.stream();
    let mut expected = ExpectedRevision::NoStream;
    let mut answers = Vec::new();
    for revision in 0..DEPTH {
        answers.push(log.append(maker.append(stream, expected, 1)));
        expected = ExpectedRevision::Exact(revision);
    }
    // The last is asked first: the order is that of the calls, not of the waiting.
    let asked: Vec<_> = answers.into_iter().zip(0..DEPTH).collect();
    for (answer, revision) in asked.into_iter().rev() {
        assert_eq!(committed(answer.await).first_revision, revision);
    }
}

/// A conflict in the middle of the line refuses that append only.
pub async fn a_refused_append_leaves_those_behind_it_in_line(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let stream = maker.stream();
    let first = log.append(maker.append(stream, ExpectedRevision::NoStream, 1));
    let wrong = log.append(maker.append(stream, ExpectedRevision::Exact(9), 1));
    let second = log.append(maker.append(stream, ExpectedRevision::Exact(0), 1));
    assert_eq!(committed(first.await).last_revision, 0);
    assert_eq!(wrong.await, AppendOutcome::Conflict { actual: Some(0) });
    assert_eq!(committed(second.await).last_revision, 1);
}

/// Writers that retry on conflict leave a stream without gaps, with each of their events once.
pub async fn many_writers_of_one_stream_lose_nothing(factory: &dyn LogFactory) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 12;
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let stream = maker.stream();
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let appends: Vec<_> =
            (0..EACH).map(|_| maker.append(stream, ExpectedRevision::NoStream, 1)).collect();
        let log = Arc::clone(&log);
        writers.push(tokio::spawn(async move {
            let mut expected = ExpectedRevision::NoStream;
            for append in appends {
                while let AppendOutcome::Conflict { actual } =
                    log.append(Append { expected, ..append.clone() }).await
                {
                    expected = actual.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
                }
            }
        }));
    }
    for writer in writers {
        assert!(writer.await.is_ok(), "a writer failed");
    }
    let events = stream_of(&*log, stream).await;
    let revisions: Vec<_> = events.iter().map(|event| event.header.revision).collect();
    assert_eq!(revisions, (0..WRITERS * EACH).collect::<Vec<_>>());
    let mut ids: Vec<_> = events.iter().map(|event| event.header.event_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), events.len(), "an event was appended twice");
}

/// The events of one append have consecutive revisions and one recorded time; a refused append leaves none.
pub async fn the_events_of_an_append_are_together_or_absent(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let (stream, other) = (maker.stream(), maker.stream());
    let many = log.append(maker.append(stream, ExpectedRevision::NoStream, 7));
    let refused = log.append(maker.append(stream, ExpectedRevision::NoStream, 5));
    let beside = log.append(maker.append(other, ExpectedRevision::NoStream, 3));
    let many = committed(many.await);
    assert_eq!((many.first_revision, many.last_revision), (0, 6));
    assert_eq!(refused.await, AppendOutcome::Conflict { actual: Some(6) });
    assert_eq!(committed(beside.await).last_revision, 2);
    let events = stream_of(&*log, stream).await;
    assert_eq!(events.len(), 7);
    assert!(events.iter().all(|event| event.header.recorded_at == many.recorded_at));
    assert_eq!(events.last().map(|event| event.position), many.position);
}

/// A read starts after the revision or position that it is given, and ends at its limit.
pub async fn reads_start_after_what_they_are_given(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let before = *log.durable().borrow();
    let (one, two) = (maker.stream(), maker.stream());
    maker.fill(&*log, one, 5).await;
    maker.fill(&*log, two, 3).await;
    let missing = maker.stream();
    assert_eq!(log.read_stream(missing, None, 10).await, Ok(Vec::new()));
    for (after, limit, expected) in [
        (None, 10, vec![0, 1, 2, 3, 4]),
        (None, 2, vec![0, 1]),
        (Some(0), 2, vec![1, 2]),
        (Some(3), 10, vec![4]),
        (Some(4), 10, vec![]),
        (Some(u64::MAX), 10, vec![]),
        (None, 0, vec![]),
    ] {
        let read = log.read_stream(one, after, limit).await.unwrap_or_default();
        let revisions: Vec<_> = read.iter().map(|event| event.header.revision).collect();
        assert_eq!(revisions, expected, "after {after:?}, at most {limit}");
    }
    let whole = log_of(&*log, before, 100).await;
    assert_eq!(whole.len(), 8);
    assert!(whole.is_sorted_by(|a, b| a.position < b.position), "positions rise");
    for step in 1..4 {
        assert_eq!(log_of(&*log, before, step).await, whole, "read {step} at a time");
    }
}

/// One read of several slices gives for each what a read of it alone gives, in the order of the slices.
pub async fn slices_of_several_streams_come_in_the_order_asked(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let (one, two, missing) = (maker.stream(), maker.stream(), maker.stream());
    maker.fill(&*log, one, 5).await;
    maker.fill(&*log, two, 3).await;
    let slices: Vec<_> = [
        (two, None, 10),
        (missing, None, 10),
        (one, Some(1), 2),
        (two, Some(2), 10),
        (one, None, 10),
        (one, None, 0),
        (two, None, 10),
    ]
    .map(|(stream, after, limit)| StreamSlice { stream, after, limit })
    .into();
    let mut alone = Vec::new();
    for slice in &slices {
        let read = log.read_stream(slice.stream, slice.after, slice.limit).await;
        alone.push(read.unwrap_or_default());
    }
    assert_eq!(alone.iter().map(Vec::len).collect::<Vec<_>>(), [3, 0, 2, 0, 5, 0, 3]);
    assert_eq!(log.read_streams(slices).await, Ok(alone));
    assert_eq!(log.read_streams(Vec::new()).await, Ok(Vec::new()));
}

/// What was given to the log comes back, sealed and removed parts included.
pub async fn events_read_back_as_they_were_appended(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let stream = maker.stream();
    let mut append = maker.append(stream, ExpectedRevision::NoStream, 3);
    append.tenant = Some(AccountId::new(maker.id()));
    append.on_behalf_of = Some(AccountId::new(maker.id()));
    append.causation_id = Some(EventId::new(maker.id()));
    let subject = SubjectId::new(maker.id());
    let bodies = [
        vec![],
        vec![Part::Public(vec![]), Part::Personal { subject, sealed: vec![1; 300] }],
        vec![Part::Removed { commitment: Digest([5; 32]) }, Part::Public(vec![0; 5000])],
    ];
    for (event, parts) in append.events.iter_mut().zip(bodies) {
        event.parts = parts;
        event.effective_at = Timestamp::from_micros(-77);
    }
    committed(log.append(append.clone()).await);
    let read = stream_of(&*log, stream).await;
    assert_eq!(read.len(), append.events.len());
    for (event, given) in read.iter().zip(&append.events) {
        let header = &event.header;
        assert_eq!(event.parts, given.parts);
        assert_eq!(header.event_id, given.event_id);
        assert_eq!(header.wire_name, given.wire_name);
        assert_eq!(header.effective_at, given.effective_at);
        assert_eq!(header.stream, stream);
        assert_eq!((header.tenant, header.actor), (append.tenant, append.actor));
        assert_eq!(header.on_behalf_of, append.on_behalf_of);
        assert_eq!(header.command_id, append.command_id);
        assert_eq!(header.command_digest, append.command_digest);
        assert_eq!(header.correlation_id, append.correlation_id);
        assert_eq!(header.causation_id, append.causation_id);
        assert_eq!(header.rule, append.rule);
        assert_eq!(header.basis, append.basis.map(|basis| basis.to_string()));
        assert_eq!(header.policy_digest, append.basis.map(|_| ledger::authority::policy_digest()));
    }
}

/// Each event holds the content root of the one before it in its stream, and its own is that of its bytes.
pub async fn events_are_chained_by_their_content_roots(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let stream = maker.stream();
    maker.fill(&*log, stream, 3).await;
    let more = maker.append(stream, ExpectedRevision::Exact(2), 4);
    committed(log.append(more).await);
    let mut previous = Digest::ZERO;
    for event in stream_of(&*log, stream).await {
        assert_eq!(event.header.previous_root, previous);
        previous = ledger::proof::content_root(&event.header, &event.parts);
        assert_eq!(event.content_root, previous);
    }
}

/// An append needs an event.
pub async fn an_append_without_events_is_refused(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let stream = maker.stream();
    let outcome = log.append(maker.append(stream, ExpectedRevision::NoStream, 0)).await;
    assert_eq!(outcome, AppendOutcome::Rejected(AppendRefusal::Empty));
    assert_eq!(stream_of(&*log, stream).await, Vec::new());
}

/// An append over the limit is refused before anything is written.
pub async fn an_oversized_append_is_refused(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let stream = maker.stream();
    let mut append = maker.append(stream, ExpectedRevision::NoStream, 2);
    for event in &mut append.events {
        event.parts = vec![Part::Public(vec![1; APPEND_BYTES_MAX / 2])];
    }
    let outcome = log.append(append).await;
    let refused = matches!(outcome, AppendOutcome::Rejected(AppendRefusal::TooLarge { .. }));
    assert!(refused, "{outcome:?}");
    assert_eq!(stream_of(&*log, stream).await, Vec::new());
}

/// What a command recorded is found by its tenant and id, and by nothing else.
pub async fn a_command_is_found_by_tenant_and_id(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let stream = maker.stream();
    maker.fill(&*log, stream, 2).await;
    let (ours, theirs) = (AccountId::new(maker.id()), AccountId::new(maker.id()));
    let mut append = maker.append(stream, ExpectedRevision::Exact(1), 3);
    append.tenant = Some(ours);
    let id = append.command_id;
    assert_eq!(log.find_command(Some(ours), id).await, Ok(None));
    let done = committed(log.append(append.clone()).await);
    assert_eq!(log.find_command(None, id).await, Ok(None));
    assert_eq!(log.find_command(Some(theirs), id).await, Ok(None));
    let found = log.find_command(Some(ours), id).await;
    let Ok(Some(found)) = found else { panic!("the command was not found: {found:?}") };
    assert_eq!(found.command_digest, append.command_digest);
    assert_eq!((found.stream, found.first_revision, found.last_revision), (stream, 2, 4));
    assert_eq!(found.recorded_at, done.recorded_at);
    let last = stream_of(&*log, stream).await.last().map(|event| event.position);
    assert_eq!(Some(found.position), last);
    let refused = maker.append(stream, ExpectedRevision::NoStream, 1);
    let refused_id = refused.command_id;
    assert_eq!(log.append(refused).await, AppendOutcome::Conflict { actual: Some(4) });
    assert_eq!(log.find_command(None, refused_id).await, Ok(None));
}

/// An append that was decided earlier than the newest event is recorded no earlier than that.
pub async fn recorded_time_never_runs_backwards(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let before = *log.durable().borrow();
    for seconds in [0, 60, -3600, 61, 61, -1] {
        let stream = maker.stream();
        let mut append = maker.append(stream, ExpectedRevision::NoStream, 1);
        append.decided_at = append.decided_at.plus_seconds(seconds);
        let decided_at = append.decided_at;
        assert!(committed(log.append(append).await).recorded_at >= decided_at);
    }
    let events = log_of(&*log, before, 100).await;
    let times: Vec<_> = events.iter().map(|event| event.header.recorded_at).collect();
    assert_eq!(times.len(), 6);
    assert!(times.is_sorted(), "{times:?}");
}

/// The durable position is at least that of every append that was answered.
pub async fn the_durable_position_reaches_every_committed_event(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let mut durable = log.durable();
    let stream = maker.stream();
    for length in 0..5_u64 {
        let expected =
            length.checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        committed(log.append(maker.append(stream, expected, 1)).await);
        let newest = stream_of(&*log, stream).await.last().map(|event| event.position);
        let reached = durable.wait_for(|position| *position >= newest).await;
        assert!(reached.is_ok(), "the position is told as long as the log is there");
    }
}

/// After a restart everything is there, and the log goes on where it was.
pub async fn everything_survives_a_restart(factory: &dyn LogFactory) {
    let log = factory.fresh().await;
    let mut maker = Maker::of(&*log);
    let before = *log.durable().borrow();
    let first = maker.stream();
    let streams = [first, maker.stream(), maker.stream()];
    for (stream, length) in streams.into_iter().zip([4, 1, 9]) {
        maker.fill(&*log, stream, length).await;
    }
    let mut append = maker.append(first, ExpectedRevision::Exact(3), 2);
    append.decided_at = append.decided_at.plus_seconds(1000);
    committed(log.append(append.clone()).await);
    let written = log_of(&*log, before, 100).await;
    let found = log.find_command(None, append.command_id).await;
    let identity = log.identity();
    let Some(log) = factory.restarted(log).await else { return };
    assert_eq!(log.identity(), identity);
    assert_eq!(log_of(&*log, before, 100).await, written);
    assert_eq!(log.find_command(None, append.command_id).await, found);
    assert!(*log.durable().borrow() >= written.last().map(|event| event.position));
    let stale = maker.append(first, ExpectedRevision::Exact(3), 1);
    assert_eq!(log.append(stale).await, AppendOutcome::Conflict { actual: Some(5) });
    let next = committed(log.append(maker.append(first, ExpectedRevision::Exact(5), 1)).await);
    assert_eq!(next.first_revision, 6);
    assert!(Some(next.recorded_at) >= written.last().map(|event| event.header.recorded_at));
    let events = stream_of(&*log, first).await;
    let chained = events.last().map(|event| event.header.previous_root);
    assert_eq!(chained, events.iter().rev().nth(1).map(|event| event.content_root));
}

async fn stream_of(log: &dyn EventLog, stream: StreamName) -> Vec<StoredEvent> {
    let read = log.read_stream(stream, None, 10_000).await;
    read.unwrap_or_else(|error| panic!("{stream}: {error}"))
}

/// Everything after a position, read this many events at a time.
async fn log_of(
    log: &dyn EventLog,
    after: Option<LogPosition>,
    at_a_time: usize,
) -> Vec<StoredEvent> {
    let (mut all, mut after) = (Vec::new(), after);
    loop {
        let read = log.read_all(after, at_a_time).await;
        let page = read.unwrap_or_else(|error| panic!("after {after:?}: {error}"));
        let Some(last) = page.last() else { return all };
        after = Some(last.position);
        all.extend(page);
    }
}
