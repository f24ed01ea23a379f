//! Groups: each license of which the program may give seats is one, and its members are the users who have a seat. The
//! vendor issues licenses, so a group is neither made nor removed here; who is in it is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use ledger::authority::{Action, Resource};
use ledger::calendar;
use projections::page::PAGE_ROWS_MAX;
use projections::views::entitlements::LicenseRow;
use projections::{LicenseFilter, Scope, TenantScope, Views, Window};
use schemas::{AccountId, LicenseId, MemberId, Quantity};
use serde_json::{Value, json};

use super::acts::Caller;
use super::answer::{Refused, answer, created, done, set};
use super::discovery::GROUP;
use super::filter::get;
use super::listing::Listing;
use super::patch::{self, Act, CHANGES_MAX, Change};
use super::users::{self, text};

/// How many names a refusal tells.
const NAMES_TOLD_MAX: usize = 20;
/// How many of the last characters of an id stand for a key that was erased.
const ID_END_CHARACTERS: usize = 6;

/// How often a change waits for its turn before it is given up.
const WAITS_MAX: u32 = 30;

type Members = BTreeSet<MemberId>;

/// The groups that fit what is asked for.
///
/// # Errors
/// When the program may not manage seats.
pub async fn list(caller: &Caller, listing: &Listing) -> Result<Response, Refused> {
    caller.may_manage_seats().await?;
    let whole = listing.filter.is_some() || listing.wants("members");
    Ok(listing.page(&everything(caller), |row| shown(caller, row, whole)))
}

/// One group.
///
/// # Errors
/// When there is none with this id here.
pub async fn one(caller: &Caller, id: &str, listing: &Listing) -> Result<Response, Refused> {
    caller.may_manage_seats().await?;
    Ok(told(caller, &*row(caller, id)?, listing))
}

/// Takes a group of the identity provider for the one here that has its name, and gives its members seats.
///
/// # Errors
/// When none has the name, or somebody gets no seat.
pub async fn add(caller: &Caller, body: &Value, listing: &Listing) -> Result<Response, Refused> {
    caller.may_manage_seats().await?;
    let name = text(get(body, "displayName"), "displayName")?;
    let name = name.ok_or_else(|| Refused::value("`displayName` is missing"))?;
    let row = named(caller, &name)?;
    let is = members(caller, &row);
    let more = users_of(caller, get(body, "members"))?;
    let wanted = is.union(&more).copied().collect();
    become_so(caller, &row, &is, &wanted).await?;
    let resource = listing.shown(shown(caller, &*again(caller, &row)?, true));
    let location = location(caller, &row);
    Ok(created(&resource, &location))
}

/// Puts who is told in the place of who is in a group. When nobody is told, everybody stays.
///
/// # Errors
/// When there is no group with this id here, or somebody gets no seat.
pub async fn put(
    caller: &Caller,
    id: &str,
    body: &Value,
    listing: &Listing,
) -> Result<Response, Refused> {
    caller.may_manage_seats().await?;
    let row = row(caller, id)?;
    if let Some(told) = get(body, "members").filter(|told| !told.is_null()) {
        let wanted = users_of(caller, Some(told))?;
        become_so(caller, &row, &members(caller, &row), &wanted).await?;
    }
    Ok(told(caller, &*again(caller, &row)?, listing))
}

/// Changes who is in a group: everything that is asked for, or nothing.
///
/// # Errors
/// When there is no group with this id here, or somebody gets no seat.
pub async fn patch(
    caller: &Caller,
    id: &str,
    body: &Value,
    listing: &Listing,
) -> Result<Response, Refused> {
    caller.may_manage_seats().await?;
    let row = row(caller, id)?;
    let is = members(caller, &row);
    let mut wanted = is.clone();
    for change in patch::read(body)? {
        want(caller, &mut wanted, &change, id)?;
    }
    become_so(caller, &row, &is, &wanted).await?;
    Ok(told(caller, &*again(caller, &row)?, listing))
}

/// Takes everybody's seat back: nobody has one by this group any more. The license stays, and so does the group.
///
/// # Errors
/// When there is no group with this id here, or the rules refuse it.
pub async fn clear(caller: &Caller, id: &str) -> Result<Response, Refused> {
    caller.may_manage_seats().await?;
    let row = row(caller, id)?;
    become_so(caller, &row, &members(caller, &row), &Members::new()).await?;
    Ok(done())
}

fn row(caller: &Caller, id: &str) -> Result<Arc<LicenseRow>, Refused> {
    let license: Option<LicenseId> = id.parse().ok();
    let found = license.and_then(|license| {
        caller.read(|views, scope| {
            let row = views.license(scope, license)?;
            is_group(caller.account(), views, scope, row).then(|| Arc::clone(row))
        })
    });
    found.ok_or_else(Refused::not_found)
}

fn again(caller: &Caller, row: &LicenseRow) -> Result<Arc<LicenseRow>, Refused> {
    self::row(caller, &row.license.to_string())
}

/// Whether it is a license with seats that the program may give to people of the account it is at home in.
fn is_group(home: AccountId, views: &Views, scope: &TenantScope, row: &LicenseRow) -> bool {
    let state = &row.state;
    let of_home = row.account == home || row.with_seats().any(|having| having == home);
    let has_seats = state.seats_granted() != Quantity::Limited(0) || !state.seats.is_empty();
    let resource = Resource::Seats(row.license, home);
    of_home && has_seats && views.verdict(scope, Action::ManageSeats, resource).allowed()
}

fn everything(caller: &Caller) -> Vec<Arc<LicenseRow>> {
    let filter = LicenseFilter { account: Some(caller.account()), ..LicenseFilter::default() };
    let mut all: Vec<Arc<LicenseRow>> = Vec::new();
    let mut last = None;
    // The views are locked for a page at a time.
    loop {
        let window = Window::first(PAGE_ROWS_MAX).after(last);
        let more = caller.read(|views, scope| {
            let page = views.licenses(scope, &filter, scope.at(), &window);
            last = page.rows.last().map(|row| row.license);
            all.extend(
                page.rows.into_iter().filter(|row| is_group(caller.account(), views, scope, row)),
            );
            page.more_after
        });
        if !more {
            return all;
        }
    }
}

/// The only group with this name.
fn named(caller: &Caller, name: &str) -> Result<Arc<LicenseRow>, Refused> {
    let all = everything(caller);
    let wanted = name.to_lowercase();
    let mut found = all.iter().filter(|row| display_name(caller, row).to_lowercase() == wanted);
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(Arc::clone(row)),
        (Some(_), Some(_)) => {
            let words = "several licenses have this name: link the group to one of them by its id";
            Err(Refused::conflict("NAME_AMBIGUOUS", words))
        }
        (None, _) => {
            let names = all.iter().take(NAMES_TOLD_MAX).map(|row| display_name(caller, row));
            let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
            let names = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
            Err(Refused::value(&format!(
                "a group stands for a license and is called as the license is here: {names}"
            )))
        }
    }
}

/// What a license is called: its product, and the end of its key, as pages show it.
fn display_name(caller: &Caller, row: &LicenseRow) -> String {
    let product = caller.read(|views, scope| {
        let product = views.product(scope, row.product)?;
        product.name().map(str::to_owned)
    });
    let key = row.masked_key().unwrap_or_default();
    let end = key.rsplit('-').next().filter(|end| !end.is_empty() && !end.contains('*'));
    let id = row.license.to_string();
    let from = id.len().saturating_sub(ID_END_CHARACTERS);
    let end = end.or(id.get(from..)).unwrap_or_default();
    format!("{} {end}", product.unwrap_or_default()).trim().to_owned()
}

fn location(caller: &Caller, row: &LicenseRow) -> String {
    format!("{}/Groups/{}", caller.base, row.license)
}

/// A license as SCIM has it: a group, with its members where it is `whole`.
fn shown(caller: &Caller, row: &LicenseRow, whole: bool) -> Value {
    let mut group = json!({
        "schemas": [GROUP],
        "id": row.license.to_string(),
        "displayName": display_name(caller, row),
        "meta": {
            "resourceType": "Group",
            "created": calendar::text(row.issued.at),
            "location": location(caller, row),
        },
    });
    if whole {
        let members = members(caller, row).into_iter().map(|member| told_member(caller, member));
        set(&mut group, "members", members.collect());
    }
    group
}

fn told_member(caller: &Caller, member: MemberId) -> Value {
    let name = caller.read(|views, scope| {
        let profile = views.member(scope, member)?.profile.value.as_ref();
        profile.map(|profile| profile.name.clone())
    });
    let address = users::location(&caller.base, member);
    json!({ "value": member.to_string(), "$ref": address, "display": name, "type": "User" })
}

fn told(caller: &Caller, row: &LicenseRow, listing: &Listing) -> Response {
    let group = shown(caller, row, listing.wants("members"));
    answer(StatusCode::OK, &listing.shown(group))
}

/// The users who have a seat. People of other accounts who have one are no users here, and keep theirs.
fn members(caller: &Caller, row: &LicenseRow) -> Members {
    caller.read(|views, scope| {
        let seated = row.state.seats.keys().copied();
        let known = |member: &MemberId| {
            views.member(scope, *member).is_some_and(|row| users::is_user(caller, row))
        };
        seated.filter(known).collect()
    })
}

/// What a change wants of who is in a group. A group is called as its license is, so its name is left out.
fn want(caller: &Caller, wanted: &mut Members, change: &Change, id: &str) -> Result<(), Refused> {
    let stays = |words: &str| Err(Refused::mutability("BAD_USER_INPUT", words));
    let (path, value) = (&change.path, &change.value);
    match (path.attribute.name.as_str(), change.act) {
        ("id", _) if value.as_str() != Some(id) => stays("the id stays"),
        ("displayname", Act::Remove) => stays("this attribute stays"),
        ("members", _) if path.attribute.part.is_some() => {
            Err(Refused::path("members are added and removed as a whole"))
        }
        ("members", Act::Add | Act::Replace) if path.within.is_some() => {
            Err(Refused::path("members are added without a filter"))
        }
        ("members", Act::Add) => {
            wanted.extend(users_of(caller, Some(value))?);
            Ok(())
        }
        ("members", Act::Replace) => {
            *wanted = users_of(caller, Some(value))?;
            Ok(())
        }
        ("members", Act::Remove) => {
            match (&path.within, value) {
                (Some(filter), _) => {
                    wanted.retain(|member| !filter.fits(&told_member(caller, *member)));
                }
                (None, Value::Null) => wanted.clear(),
                // Whoever is not there needs no removing.
                (None, value) => ids(value)?.iter().for_each(|id| {
                    wanted.retain(|member| member.to_string() != *id);
                }),
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The users that a value names.
fn users_of(caller: &Caller, value: Option<&Value>) -> Result<Members, Refused> {
    let named = ids(value.unwrap_or(&Value::Null))?;
    if named.len() > CHANGES_MAX {
        return Err(Refused::too_many());
    }
    let user = |id: &String| users::row(caller, id).map(|row| row.member);
    named.iter().map(|id| user(id).map_err(|_| Refused::no_such_user())).collect()
}

/// The ids that a value names: `[{"value": "…"}]`, or one of them.
fn ids(value: &Value) -> Result<Vec<String>, Refused> {
    let one = |value: &Value| {
        let id = value.as_str().or_else(|| get(value, "value")?.as_str());
        let wrong = || Refused::value("`members` must be a list such as [{\"value\": \"mem_…\"}]");
        id.map(str::to_owned).ok_or_else(wrong)
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(all) => all.iter().map(one).collect(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            Ok(vec![one(other)?])
        }
    }
}

/// Gives and takes seats until those who are wanted have them. It goes on when the caller hangs up.
async fn become_so(
    caller: &Caller,
    row: &Arc<LicenseRow>,
    is: &Members,
    wanted: &Members,
) -> Result<(), Refused> {
    let gone: Vec<_> = is.difference(wanted).map(|member| (*member, false)).collect();
    let new: Vec<_> = wanted.difference(is).map(|member| (*member, true)).collect();
    let free = row.state.seats_granted().remaining(row.state.seats_assigned());
    let room = free.map(|free| free.saturating_add(gone.len() as u64));
    // Of one, the rules themselves say it, and why. Of several, nothing is recorded that would be taken back.
    if new.len() > 1 && room.is_some_and(|room| room < new.len() as u64) {
        let (asked, free) = (new.len(), room.unwrap_or_default());
        let words = format!("{asked} seats are asked for and {free} are free; free some first");
        return Err(Refused::conflict("NO_SEAT_AVAILABLE", &words));
    }
    let (caller, license) = (caller.clone(), row.license);
    let steps = [gone, new].concat();
    let work = tokio::spawn(async move { all_or_none(&caller, license, &steps).await });
    work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "seats were not given to the end");
        Err(Refused::ours("INTERNAL"))
    })
}

async fn all_or_none(
    caller: &Caller,
    license: LicenseId,
    steps: &[(MemberId, bool)],
) -> Result<(), Refused> {
    for (at, (member, given)) in steps.iter().enumerate() {
        let Err(refused) = in_time(caller, license, *member, *given).await else { continue };
        for (member, given) in steps.iter().take(at).rev() {
            if let Err(error) = in_time(caller, license, *member, !given).await {
                tracing::error!(?error, %license, "a seat could not be taken back");
            }
        }
        return Err(refused);
    }
    Ok(())
}

/// Gives or takes a seat. Whoever asked for too much waits here: nothing is left half done for that.
async fn in_time(
    caller: &Caller,
    license: LicenseId,
    member: MemberId,
    given: bool,
) -> Result<(), Refused> {
    let mut waits = 0;
    loop {
        let done = caller.seat(license, member, given).await;
        let wait = done.as_ref().err().and_then(Refused::retry_after);
        let Some(seconds) = wait.filter(|_| waits < WAITS_MAX) else { return done };
        waits += 1;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}
