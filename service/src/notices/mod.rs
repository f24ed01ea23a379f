//! Tells people of what concerns them without being asked: follows the log, finds who is to be told of what and when, tells, and
//! records each telling as a fact. What was recorded is not told again; what was not, is, for some days.

pub mod mail;
mod pending;
pub mod plan;
mod telling;
pub mod unsubscribe;

use std::time::Duration;

use ledger_log::ReadError;
use projections::{Changes, Views};
use schemas::{LogPosition, StoredEvent, Timestamp};
use tokio::task::JoinHandle;

use self::mail::Mailing;
use self::pending::Pending;
use crate::engine::Engine;
use crate::shutdown::Shutdown;

/// How old a fact may be of which somebody was not told yet: after that it is no news. A service that was down for longer tells
/// nobody of what was before.
pub const TOLD_WITHIN_DAYS: i64 = 7;
/// How many facts are read at a time.
const BATCH: usize = 500;
/// How often it is looked which terms end soon.
const REMINDED_EVERY_MICROS: i64 = 3_600_000_000;

/// How long things are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long after a mail did not leave it is tried again; each time twice as long.
    pub retry: Duration,
    /// How long nothing is looked at, when nothing is recorded.
    pub idle: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { retry: Duration::from_secs(60), idle: Duration::from_secs(30) }
    }
}

/// Who tells people. It ends with the shutdown.
pub struct Teller {
    engine: Engine,
    mailing: Option<Mailing>,
    pace: Pace,
    pending: Pending,
    after: Option<LogPosition>,
    begun: bool,
    reminded_at: Option<Timestamp>,
}

/// Begins to tell people, until it is time to stop.
#[must_use]
pub fn start(
    engine: Engine,
    mailing: Option<Mailing>,
    pace: Pace,
    shutdown: Shutdown,
) -> JoinHandle<()> {
    if mailing.is_none() {
        tracing::warn!("no mail is sent: people are told in the portal only");
    }
    let teller = Teller {
        engine,
        mailing,
        pace,
        pending: Pending::default(),
        after: None,
        begun: false,
        reminded_at: None,
    };
    tokio::spawn(teller.run(shutdown))
}

impl Teller {
    async fn run(mut self, shutdown: Shutdown) {
        let mut changes = self.engine.projections().changes();
        while !shutdown.is_started() {
            tokio::select! {
                () = self.pass() => {}
                // A mail under way is cut off: it was not recorded, and comes again with the same id.
                () = shutdown.started() => return,
            }
            tokio::select! {
                () = waited(&mut changes, self.pace.idle) => {}
                () = shutdown.started() => return,
            }
        }
    }

    /// Looks at what is new, then tells whoever is to be told by now.
    async fn pass(&mut self) {
        match self.read().await {
            Ok(()) => {}
            Err(error) => {
                tracing::error!(%error, "what people are to be told cannot be read");
                return;
            }
        }
        self.remind().await;
        self.tell().await;
    }

    async fn read(&mut self) -> Result<(), ReadError> {
        let now = self.now();
        let since = since(now);
        if !self.begun {
            self.after = self.engine.projections().read(|views| views.position_at(since));
            self.begun = true;
        }
        loop {
            // Who is to be told is asked of the views: not before they know the fact.
            let known = self.engine.views_position();
            let batch = self.engine.ledger().log().read_all(self.after, BATCH).await?;
            let batch: Vec<StoredEvent> =
                batch.into_iter().filter(|event| Some(event.position) <= known).collect();
            let Some(last) = batch.last() else { return Ok(()) };
            let last = last.position;
            let codec = self.engine.ledger().codec();
            for stored in &batch {
                // What cannot be decoded stops the views too, which say so.
                let Ok(recorded) = codec.decode_closed(stored) else { continue };
                if let Some(happening) = plan::happening(&recorded) {
                    let cause = pending::Cause::of(&recorded.header);
                    self.engine
                        .projections()
                        .read(|views| self.pending.add(views, happening, cause, now));
                }
            }
            self.after = Some(last);
        }
    }

    /// Terms end without a fact: so it is looked now and then.
    async fn remind(&mut self) {
        let now = self.now();
        let soon =
            self.reminded_at.is_some_and(|at| now.micros() - at.micros() < REMINDED_EVERY_MICROS);
        if soon {
            return;
        }
        let furthest = plan::REMINDERS.iter().map(|(days, _)| days * plan::DAY_MICROS).max();
        let until = Timestamp::from_micros(now.micros() + furthest.unwrap_or_default() + 1);
        let ending = self.engine.projections().read(|views: &Views| {
            let scope = views.authenticate_operator().ok()?;
            Some(views.licenses_ending(&scope, now, until))
        });
        let Some(ending) = ending else { return };
        for row in ending {
            let Some(end) = row.state.term.and_then(|term| term.until) else { continue };
            let due: Vec<_> = plan::reminders(end, since(now), now).collect();
            for (notice, at) in due {
                let Some(mut cause) = self.term_fact(row.license).await else { continue };
                cause.at = at;
                let happening = plan::Happening {
                    notice,
                    to: plan::To::AdminsOf(row.license),
                    license: Some(row.license),
                };
                self.engine
                    .projections()
                    .read(|views| self.pending.add(views, happening, cause, now));
            }
        }
        self.reminded_at = Some(now);
    }

    fn now(&self) -> Timestamp {
        self.engine.ledger().clock().now()
    }
}

fn since(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros() - TOLD_WITHIN_DAYS * plan::DAY_MICROS)
}

/// Waits until something is recorded, or for so long. What comes at once after it is taken together.
async fn waited(changes: &mut Changes, idle: Duration) {
    let heard = tokio::time::timeout(idle, changes.next()).await;
    match heard {
        Ok(Some(_)) => while changes.try_next().is_some() {},
        // The views are closed: nothing comes any more, and the shutdown ends this soon.
        Ok(None) => tokio::time::sleep(idle).await,
        Err(_) => {}
    }
}
