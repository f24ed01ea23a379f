//! Tells whoever is to be told by now, and records that it was done. A mail is sent first and recorded then: a crash between the two
//! sends it again, with the same id, so that mail programs show it once.

use std::collections::BTreeSet;

use graphql::notices::{WORDS_VERSION, advice, title};
use jiff::tz::TimeZone;
use ledger::access::notifications::is_security;
use ledger::notices::{Command, NoticesRules, Told, topic};
use ledger_log::{CommandMeta, derive};
use projections::{Principal, TenantScope, Views};
use schemas::license::LicenseEvent;
use schemas::notices::{
    Channel, FailureReason, NotificationChoices, NotificationFailed, NotificationSent,
};
use schemas::{
    AccountId, Actor, CommandId, LedgerEvent, LicenseId, MemberId, StreamName, Timestamp,
};
use uuid::Uuid;

use super::mail::{Item, Letter, Mailing, NotSent};
use super::pending::{self, Cause, Waiting};
use super::plan::{self, When};
use super::unsubscribe::Unsubscribe;
use super::{Teller, since};

/// How often a mail is tried: with a minute after the first time and twice as long after each, for seventeen hours.
const ATTEMPTS_MAX: u32 = 11;
/// How many tellings are recorded by one command, or come in one mail.
const TOGETHER_MAX: usize = 100;
/// How many facts of one license are looked through for that of its newest term.
const FACTS_MAX: usize = 5_000;

/// Whoever is told.
struct Addressee {
    person: Uuid,
    member: Option<MemberId>,
    tenant: Option<AccountId>,
    name: String,
    email: String,
    choices: NotificationChoices,
    zone: TimeZone,
    reader: Option<TenantScope>,
}

/// One telling that is due.
#[derive(Clone)]
struct Due {
    told: Told,
    since: Timestamp,
    license: Option<LicenseId>,
    product: Option<String>,
}

impl Teller {
    /// Tells everybody who is to be told by now.
    pub(super) async fn tell(&mut self) {
        let now = self.now();
        let mut mailing = self.mailing.clone();
        for person in self.pending.people() {
            let known = self.engine.projections().read(|views| Addressee::of(views, person, now));
            let Some(known) = known else {
                // Kept out or erased meanwhile: nobody is told anything then.
                for (told, _) in self.pending.of(person) {
                    self.pending.done(person, told);
                }
                continue;
            };
            let (listed, mails) = self.due(&known, now);
            for some in listed.chunks(TOGETHER_MAX) {
                self.record(&known, some, false).await;
            }
            for some in mails {
                let Some(by) = &mailing else { break };
                if !self.mail(by, &known, &some, now).await {
                    // The server was not reached: it is not asked again for the next person.
                    mailing = None;
                }
            }
        }
    }

    /// What is due for a person: for the list, and by mail, each mail by itself. What the person does not want, may not know any
    /// more, or is no news any more, is done with.
    fn due(&mut self, known: &Addressee, now: Timestamp) -> (Vec<Due>, Vec<Vec<Due>>) {
        let (mut listed, mut single, mut together) = (Vec::new(), Vec::new(), Vec::new());
        for (told, waiting) in self.pending.of(known.person) {
            let (_, notice, channel) = told;
            let at = plan::when(notice, channel, &known.choices, &known.zone, waiting.since);
            let no_way = channel == Channel::Mail && self.mailing.is_none();
            let is_news = waiting.since >= since(now) && !no_way && at != When::Never;
            let seen = self.engine.projections().read(|views| known.may_know(views, &waiting));
            let Some((license, product)) = seen.filter(|_| is_news) else {
                self.pending.done(known.person, told);
                continue;
            };
            let due = Due { told, since: waiting.since, license, product };
            match (at, channel) {
                _ if waiting.not_before > now => {}
                (When::At(at) | When::Together(at), _) if at > now => {}
                (When::At(_) | When::Together(_), Channel::Portal) => listed.push(due),
                (When::At(_), Channel::Mail) => single.push(vec![due]),
                (When::Together(_), Channel::Mail) => together.push(due),
                (When::Never, _) => {}
            }
        }
        single.extend(together.chunks(TOGETHER_MAX).map(<[Due]>::to_vec));
        (listed, single)
    }

    /// Sends one mail; answers whether others may be tried.
    async fn mail(
        &mut self,
        by: &Mailing,
        known: &Addressee,
        some: &[Due],
        now: Timestamp,
    ) -> bool {
        let sent = by.send(&self.letter(known, some)).await;
        match sent {
            Ok(()) => {
                self.record(known, some, some.len() > 1).await;
                true
            }
            Err(failure) => {
                let status = failure.status.unwrap_or_default();
                tracing::warn!(status, for_good = failure.for_good, "a mail could not be sent");
                for due in some {
                    self.not_sent(known, due, failure, now).await;
                }
                failure.this_one
            }
        }
    }

    async fn not_sent(&mut self, known: &Addressee, due: &Due, failure: NotSent, now: Timestamp) {
        let attempts = self.pending.tried(known.person, due.told, self.later(now));
        if !failure.for_good && attempts < ATTEMPTS_MAX {
            return;
        }
        let (cause, notice, channel) = due.told;
        let failed = NotificationFailed {
            notice,
            topic: topic(notice),
            channel,
            template_version: WORDS_VERSION,
            cause,
            attempts,
            reason: if failure.for_good { FailureReason::Refused } else { failure.reason },
        };
        let told = std::slice::from_ref(due);
        if self.transact(known, told, "failed", Command::RecordFailed(failed)).await {
            self.pending.done(known.person, due.told);
        }
    }

    /// Records that the person was told.
    async fn record(&mut self, known: &Addressee, some: &[Due], digest: bool) {
        let sent = some.iter().map(|due| {
            let (cause, notice, channel) = due.told;
            NotificationSent {
                notice,
                topic: topic(notice),
                channel,
                template_version: WORDS_VERSION,
                cause,
                license: due.license,
                digest,
            }
        });
        let recorded =
            self.transact(known, some, "sent", Command::RecordSent(sent.collect())).await;
        let now = self.now();
        for due in some {
            if recorded {
                self.pending.done(known.person, due.told);
            } else {
                self.pending.tried(known.person, due.told, self.later(now));
            }
        }
    }

    async fn transact(
        &self,
        known: &Addressee,
        some: &[Due],
        outcome: &'static str,
        command: Command,
    ) -> bool {
        let ledger = self.engine.ledger();
        let id = CommandId::from_bytes(self.id(outcome, known.person, some));
        let digest = derive::request_digest(self.engine.keystore(), outcome, &[&id.bytes()]);
        let mut meta = CommandMeta::new(id, digest, Actor::System).for_tenant(known.tenant);
        if let [due] = some {
            meta = meta.caused_by(due.told.0);
        }
        let stream = StreamName::notices(known.person);
        let done = ledger.transact::<NoticesRules>(stream, command, meta).await;
        if let Err(error) = &done {
            tracing::error!(%error, "that somebody was told could not be recorded");
        }
        done.is_ok()
    }

    /// The bytes that stand for telling a person just this: the same after a crash.
    fn id(&self, purpose: &str, person: Uuid, some: &[Due]) -> [u8; 16] {
        let told: Vec<Told> = some.iter().map(|due| due.told).collect();
        // What is told is an enum and ids: writing them has no failing case.
        let told = serde_json::to_vec(&told).unwrap_or_default();
        let parts: [&[u8]; 3] = [purpose.as_bytes(), person.as_bytes(), &told];
        self.engine.keystore().derive_id("notice", &parts)
    }

    fn letter(&self, known: &Addressee, some: &[Due]) -> Letter {
        let items = some.iter().map(|due| Item {
            title: title(due.told.1),
            advice: advice(due.told.1),
            at: known.clock(due.since),
            product: due.product.clone(),
            path: due.license.map(|license| format!("/licenses/{license}")),
        });
        let items: Vec<Item> = items.collect();
        let subject = match items.as_slice() {
            [one] => one.title.to_owned(),
            several => format!("What is new: {} notifications", several.len()),
        };
        let topics: BTreeSet<_> = some.iter().map(|due| topic(due.told.1)).collect();
        let mutable = !topics.iter().any(|topic| is_security(*topic));
        let unsubscribe = known.member.filter(|_| mutable).map(|member| {
            let topics = topics.into_iter().collect();
            Unsubscribe { member, topics }.path(self.engine.keystore())
        });
        let id = Uuid::from_bytes(self.id("mail", known.person, some)).simple().to_string();
        let (name, address) = (known.name.clone(), known.email.clone());
        Letter { id, name, address, subject, items, unsubscribe }
    }

    fn later(&self, now: Timestamp) -> impl Fn(u32) -> Timestamp + use<> {
        let retry = i64::try_from(self.pace.retry.as_micros()).unwrap_or(i64::MAX);
        move |attempts| {
            let wait = retry.saturating_mul(1 << attempts.saturating_sub(1).min(ATTEMPTS_MAX));
            Timestamp::from_micros(now.micros().saturating_add(wait))
        }
    }

    /// The fact by which the present term of a license runs.
    pub(super) async fn term_fact(&self, license: LicenseId) -> Option<Cause> {
        let history = self.engine.ledger().history(license.into(), None, FACTS_MAX).await.ok()?;
        let began = history.iter().rev().find(|recorded| match &recorded.event {
            LedgerEvent::License(event) => matches!(
                event,
                LicenseEvent::LicenseIssued(_)
                    | LicenseEvent::TermStarted(_)
                    | LicenseEvent::LicenseRenewed(_)
                    | LicenseEvent::OfferingSwitched(_)
            ),
            LedgerEvent::Ledger(_)
            | LedgerEvent::Product(_)
            | LedgerEvent::Account(_)
            | LedgerEvent::Meter(_)
            | LedgerEvent::Staff(_)
            | LedgerEvent::Access(_)
            | LedgerEvent::Claim(_)
            | LedgerEvent::Notices(_)
            | LedgerEvent::Policy(_) => false,
        });
        // Nobody did it now: also whoever renewed it long ago is told that it ends.
        began.map(|recorded| Cause { actor: Actor::System, ..Cause::of(&recorded.header) })
    }
}

impl Addressee {
    fn of(views: &Views, person: Uuid, now: Timestamp) -> Option<Self> {
        let scope = views.authenticate_operator().ok()?;
        let principal = pending::principal(views, &scope, person)?;
        let (member, profile) = match principal {
            Principal::Member(member) => (Some(member), &views.member(&scope, member)?.profile),
            Principal::Staff(staff) => (None, &views.staff(&scope, staff)?.profile),
        };
        let profile = profile.value.as_ref()?;
        let own = views.credentials(&scope, principal);
        let zone = own.and_then(|own| own.preferences()?.time_zone.clone());
        Some(Self {
            person,
            member,
            tenant: pending::tenant(views, &scope, person),
            name: profile.name.clone(),
            email: profile.email.clone(),
            choices: own.and_then(|own| own.notification_choices()).cloned().unwrap_or_default(),
            zone: plan::zone(zone.as_deref()),
            reader: member.and_then(|member| views.reader_of(&scope, member, now)),
        })
    }

    /// INVARIANT (nobody hears what it may not read): the license and its product as far as the person may see them now;
    /// `None`: it is for admins, and the person reads not everything of the license any more.
    fn may_know(
        &self,
        views: &Views,
        waiting: &Waiting,
    ) -> Option<(Option<LicenseId>, Option<String>)> {
        let Some(license) = waiting.license else { return Some((None, None)) };
        let reader = self.reader.as_ref();
        if waiting.of_admins && !reader.is_some_and(|one| views.sees_whole_license(one, license)) {
            return None;
        }
        let known = reader.and_then(|one| {
            let row = views.license(one, license)?;
            let product = views.product(one, row.product)?.state.published.as_ref()?;
            Some((license, product.name.clone()))
        });
        Some(known.map_or((None, None), |(license, name)| (Some(license), Some(name))))
    }

    /// An instant by the person's clock.
    fn clock(&self, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default();
        at.to_zoned(self.zone.clone()).strftime("%-d %B %Y, %H:%M %Z").to_string()
    }
}
