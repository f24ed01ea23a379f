//! The audit trail as people read it: facts in plain words, with who acted and what was so before
//! and after.

mod changes;
mod contract;
mod undo;
mod words;

use async_graphql::{Context, Result};
use ledger::authority::{Basis, Rule};
use ledger_log::RecordedEvent;
use projections::page::{PAGE_ROWS_MAX, Page, Window};
use projections::views::audit::AuditEntry;
use schemas::license::LicenseEvent;
use schemas::{
    AccountId, Actor, EventId, Header, LedgerEvent, LicenseId, ProductId, StreamKind, StreamName,
};

use changes::Changes;
pub(crate) use undo::Undo;

use crate::error::{bad_input, coded, load_fault};
use crate::gate::{Gate, Reader, with_scope};
use crate::page::{PageMeta, decode_cursor, encode_cursor, rows_asked};
use crate::read::actor_name;
use crate::scalars::LedgerPosition;
use crate::types::history::{ActorKind, HistoryActor, HistoryConnection, HistoryEntry};
use crate::types::partner::OnBehalfOf;

const LIST: &str = "history";
/// How far the number of all rows is counted.
const COUNTED_MAX: usize = 1_000;

/// The same as [`of_license`]; `None` where the caller sees the license and not everything of it.
///
/// # Errors
/// When an argument is wrong, or the ledger cannot be read.
pub async fn of_seen_license(
    ctx: &Context<'_>,
    license: LicenseId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Option<HistoryConnection>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let whole = gate
        .projections
        .read(|views| with_scope!(reader, |scope| views.sees_whole_license(scope, license)));
    if whole { of_license(ctx, license, first, after).await.map(Some) } else { Ok(None) }
}

/// Everything recorded about a license and its meters. A member without a role of its own is
/// refused: the trail names other people.
///
/// # Errors
/// When an argument is wrong, the caller may not read it, or the ledger cannot be read.
pub async fn of_license(
    ctx: &Context<'_>,
    license: LicenseId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<HistoryConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let (sees, everything) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            (views.sees_license(scope, license), views.sees_whole_license(scope, license))
        })
    });
    refuse_plain_members(sees, everything)?;
    let window = window(first, after)?;
    let (page, meta) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let page = views.audit_of_license(scope, license, &window);
            let all = views.audit_of_license(scope, license, &Window::first(COUNTED_MAX));
            let total = all.map_or(0, |page| page.rows.len());
            meta(page, total, after, views.position().map(LedgerPosition))
        })
    });
    connection(gate, reader, &page, meta).await
}

/// Everything recorded about an account: the account itself, its licenses, its people's denied
/// attempts.
///
/// # Errors
/// When an argument is wrong, the caller may not read it, or the ledger cannot be read.
pub async fn of_account(
    ctx: &Context<'_>,
    account: AccountId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<HistoryConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    may_read_account(gate, reader, account)?;
    let window = window(first, after)?;
    let (page, meta) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let page = views.audit_of_account(scope, account, &window);
            let total = views.audit_count(scope, account).unwrap_or_default();
            let total = usize::try_from(total).unwrap_or(usize::MAX);
            meta(page, total, after, views.position().map(LedgerPosition))
        })
    });
    connection(gate, reader, &page, meta).await
}

/// The same of an account and all accounts below it, in one list.
///
/// # Errors
/// When an argument is wrong, the caller may not read it, or the ledger cannot be read.
pub async fn of_tree(
    ctx: &Context<'_>,
    account: AccountId,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<HistoryConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    may_read_account(gate, reader, account)?;
    let Window { before, limit, .. } = window(first, after)?;
    let (page, meta) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let page = views.audit_of_tree(scope, account, before, limit);
            let total = views.audit_count_of_tree(scope, account);
            let total = usize::try_from(total).unwrap_or(usize::MAX);
            meta(page, total, after, views.position().map(LedgerPosition))
        })
    });
    connection(gate, reader, &page, meta).await
}

/// What people changed lately, of an account and all accounts below it, or of all that the caller reads everything of,
/// newest first: without sign-ins, usage and devices that call home.
///
/// # Errors
/// When an argument is wrong, the caller may not read it, or the ledger cannot be read.
pub async fn changes(
    ctx: &Context<'_>,
    account: Option<AccountId>,
    first: Option<i32>,
) -> Result<Vec<HistoryEntry>> {
    /// How many pages are looked through for enough that is not a device calling home: each is a trip to the log.
    const PAGES_MAX: usize = 4;
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let accounts = match account {
        Some(account) => {
            may_read_account(gate, reader, account)?;
            vec![account]
        }
        None => {
            let reach =
                gate.projections.read(|views| with_scope!(reader, |scope| views.reach(scope)));
            refuse_plain_members(true, reach.everything || !reach.accounts.is_empty())?;
            reach.accounts
        }
    };
    let limit = rows_asked(first)?;
    let mut found: Vec<RecordedEvent> = Vec::new();
    let mut before = None;
    for _ in 0..PAGES_MAX {
        let page = gate.projections.read(|views| {
            with_scope!(reader, |scope| views.audit_changes_of_trees(
                scope,
                &accounts,
                before,
                PAGE_ROWS_MAX
            ))
        });
        let Some(page) = page else { break };
        let events = gate.projections.events(&page.rows).await;
        let events = events.map_err(|error| load_fault(&error))?;
        let changes = events.into_iter().rev().filter(|event| !is_a_call_home(event));
        found.extend(changes);
        before = page.rows.first().map(|oldest| oldest.ordinal);
        if found.len() >= limit || !page.more_before {
            break;
        }
    }
    found.truncate(limit);
    shown(gate, reader, &found).await
}

fn is_a_call_home(event: &RecordedEvent) -> bool {
    matches!(event.event, LedgerEvent::License(LicenseEvent::DeviceSeen(_)))
}

/// Everything in the ledger, of every customer.
///
/// # Errors
/// When an argument is wrong, the caller is not the vendor, or the ledger cannot be read.
pub async fn of_everything(
    ctx: &Context<'_>,
    stream: Option<StreamName>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<HistoryConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let Reader::Vendor(scope) = reader else {
        return Err(coded("FORBIDDEN", "your role does not allow this"));
    };
    let window = window(first, after)?;
    let (page, meta) = gate.projections.read(|views| {
        let read = |window: &Window<u64>| match stream {
            Some(stream) => views.audit_of_stream(&scope, stream, window),
            None => views.audit_of_everything(&scope, window),
        };
        let newest = read(&Window::last(1)).rows.first().map(|entry| entry.ordinal);
        let total = match stream {
            Some(_) => read(&Window::first(COUNTED_MAX)).rows.len(),
            None => {
                newest.map_or(0, |newest| usize::try_from(newest).map_or(usize::MAX, |n| n + 1))
            }
        };
        meta(Some(read(&window)), total, after, views.position().map(LedgerPosition))
    });
    connection(gate, reader, &page, meta).await
}

/// Whoever sees a thing and not everything of it is refused: the trail names other people. What is not seen at all has an
/// empty trail, as what there is not.
fn refuse_plain_members(sees: bool, sees_everything: bool) -> Result<()> {
    if sees && !sees_everything {
        return Err(coded("FORBIDDEN", "your role does not allow reading the history"));
    }
    Ok(())
}

fn may_read_account(gate: &Gate, reader: Reader, account: AccountId) -> Result<()> {
    let (sees, everything) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            (views.sees_account(scope, account), views.sees_whole_account(scope, account))
        })
    });
    refuse_plain_members(sees, everything)
}

/// Newest first: the page before the cursor, read from its end.
fn window(first: Option<i32>, after: Option<&str>) -> Result<Window<u64>> {
    let limit = rows_asked(first)?;
    let key = after.map(|cursor| decode_cursor(LIST, cursor)).transpose()?;
    let before = match key {
        None => None,
        Some(key) => {
            let bytes: Option<[u8; 8]> = key.try_into().ok();
            let bytes = bytes.ok_or_else(|| bad_input("`after` is not a cursor of this list"))?;
            Some(u64::from_be_bytes(bytes))
        }
    };
    Ok(Window::last(limit).before(before))
}

fn meta(
    page: Option<Page<AuditEntry>>,
    total: usize,
    after: Option<&str>,
    position: Option<LedgerPosition>,
) -> (Vec<AuditEntry>, PageMeta) {
    let page = page.unwrap_or_else(Page::empty);
    let meta =
        PageMeta { more_before: after.is_some(), more_after: page.more_before, total, position };
    (page.rows, meta)
}

async fn connection(
    gate: &Gate,
    reader: Reader,
    entries: &[AuditEntry],
    meta: PageMeta,
) -> Result<HistoryConnection> {
    let events = gate.projections.events(entries).await.map_err(|error| load_fault(&error))?;
    let shown = shown(gate, reader, &events).await?;
    let mut rows = entries
        .iter()
        .zip(shown)
        .map(|(entry, shown)| (encode_cursor(LIST, &entry.ordinal.to_be_bytes()), shown))
        .collect::<Vec<_>>();
    rows.reverse();
    Ok(HistoryConnection::new(rows, meta))
}

/// These facts as people read them, in the same order.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn shown(
    gate: &Gate,
    reader: Reader,
    events: &[RecordedEvent],
) -> Result<Vec<HistoryEntry>> {
    let streams = events.iter().map(|event| event.header.stream);
    let licenses = streams.filter(|stream| stream.kind == StreamKind::License).collect();
    let changes = changes::of_licenses(gate, reader, licenses).await?;
    let entries = events.iter().map(|event| {
        let changes = changes.get(&event.header.stream);
        entry(gate, reader, event, changes)
    });
    Ok(entries.collect())
}

/// What takes a fact of a license back.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn undo_of(
    gate: &Gate,
    reader: Reader,
    license: LicenseId,
    fact: EventId,
) -> Result<Option<Undo>> {
    let changes = changes::of_licenses(gate, reader, [license.into()].into()).await?;
    Ok(changes.values().next().and_then(|changes| changes.undo(gate, reader, fact)))
}

fn entry(
    gate: &Gate,
    reader: Reader,
    event: &RecordedEvent,
    changes: Option<&Changes>,
) -> HistoryEntry {
    let header = &event.header;
    let sides = changes.and_then(|changes| changes.sides(header.event_id));
    let undo = changes.and_then(|changes| changes.undo(gate, reader, header.event_id));
    let (on_behalf_of, partner_name) = on_behalf_of(gate, reader, event).unzip();
    let partner_name = partner_name.flatten();
    let fact = header.wire_name.rsplit_once('.').map_or(&*header.wire_name, |(fact, _)| fact);
    HistoryEntry {
        id: header.event_id.to_string().into(),
        about_id: about(header.stream).map(Into::into),
        fact: fact.to_owned(),
        text: words::text(gate, reader, event),
        before: sides.map(|(before, _)| before.clone()),
        after: sides.map(|(_, after)| after.clone()),
        undo: undo.filter(|undo| undo.stands).map(|undo| undo.text),
        actor: actor(gate, reader, header, partner_name),
        on_behalf_of,
        rule: header.rule.clone(),
        allowed_by: header.basis.as_deref().and_then(words::allowed_by),
        basis: header.basis.clone(),
        policy_digest: header.policy_digest.map(Into::into),
        recorded_at: header.recorded_at.into(),
        effective_at: header.effective_at.into(),
        backdated: header.effective_at < header.recorded_at
            && header.recorded_at.micros() - header.effective_at.micros() > BACKDATED_MICROS_MIN,
        position: event.position.into(),
        command_id: header.command_id.to_string().into(),
        digest: event.content_root.into(),
    }
}

/// A command is decided a moment before it is recorded; that alone is not backdating.
const BACKDATED_MICROS_MIN: i64 = 60_000_000;

fn about(stream: StreamName) -> Option<String> {
    match stream.kind {
        StreamKind::License => Some(LicenseId::new(stream.id).to_string()),
        StreamKind::Account => Some(AccountId::new(stream.id).to_string()),
        StreamKind::Product => Some(ProductId::new(stream.id).to_string()),
        StreamKind::Ledger
        | StreamKind::Meter
        | StreamKind::Staff
        | StreamKind::Access
        | StreamKind::Claim
        | StreamKind::Policy
        | StreamKind::Notices => None,
    }
}

/// For which customer somebody of a partner acted, and who that was.
fn on_behalf_of(
    gate: &Gate,
    reader: Reader,
    event: &RecordedEvent,
) -> Option<(OnBehalfOf, Option<String>)> {
    let header = &event.header;
    let basis: Basis = header.basis.as_deref()?.parse().ok()?;
    let link = basis.grant.filter(|_| basis.rule == Rule::PartnerLink)?;
    let license = LicenseId::new(header.stream.id);
    gate.projections.read(|views| {
        let link = with_scope!(reader, |scope| views.acted_by(scope, license, link))?;
        let name = match header.actor {
            Actor::Member(member) => views.name_of_partner(link, member).map(str::to_owned),
            Actor::System
            | Actor::Operator
            | Actor::Staff(_)
            | Actor::Token(_)
            | Actor::License(_) => None,
        };
        Some((OnBehalfOf::new(link, views.linked_names(link)), name))
    })
}

/// Who acted; `name` where it is known beside what the reader sees.
fn actor(gate: &Gate, reader: Reader, header: &Header, name: Option<String>) -> HistoryActor {
    let name = name.unwrap_or_else(|| actor_name(gate, reader, header.actor));
    let (kind, id) = match (header.actor, reader) {
        (Actor::System, _) => (ActorKind::System, None),
        (Actor::Member(member), _) => (ActorKind::Member, Some(member.to_string())),
        (Actor::Staff(staff), Reader::Vendor(_)) => (ActorKind::Vendor, Some(staff.to_string())),
        (Actor::Operator, _) | (Actor::Staff(_), Reader::Tenant(_)) => (ActorKind::Vendor, None),
        (Actor::Token(token), _) => (ActorKind::Program, Some(token.to_string())),
        (Actor::License(license), _) => (ActorKind::Software, Some(license.to_string())),
    };
    let program = words::program(gate, reader, header);
    HistoryActor { kind, id: id.map(Into::into), name, program }
}
