//! Users: the people of the account. They are added without a role, suspended and restored; nobody is ever erased here,
//! and what the ledger keeps of a person is what was said when the person was added.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use ledger::calendar;
use projections::Window;
use projections::page::PAGE_ROWS_MAX;
use projections::views::accounts::MemberRow;
use schemas::MemberId;
use serde_json::{Value, json};

use super::acts::{Caller, Newcomer};
use super::answer::{Refused, answer, created, done, set};
use super::discovery::USER;
use super::filter::get;
use super::listing::Listing;
use super::patch::{self, Act, Change};

/// What an identity provider's number for a person begins with where it is kept, beside the vendor's own numbers, which
/// are not for the customer.
const EXTERNAL_ID_MARK: &str = "scim:";
/// The longest number of a person at an identity provider.
const EXTERNAL_ID_CHARACTERS_MAX: usize = 200;

/// What a request wants of a person who is there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// The sign-in e-mail that the request tells.
    email: Option<String>,
    /// Whether the person may come in.
    active: Option<bool>,
    /// What the person is called.
    name: Option<String>,
    /// The number of the person at the identity provider, as it is kept.
    external_id: Option<String>,
}

/// The people who fit what is asked for.
///
/// # Errors
/// When the program may not manage people.
pub async fn list(caller: &Caller, listing: &Listing) -> Result<Response, Refused> {
    caller.may_manage_people().await?;
    Ok(listing.page(&candidates(caller, listing), |row| shown(row, &caller.base)))
}

/// One person.
///
/// # Errors
/// When there is none with this id here.
pub async fn one(caller: &Caller, id: &str, listing: &Listing) -> Result<Response, Refused> {
    caller.may_manage_people().await?;
    Ok(told(caller, &*row(caller, id)?, listing))
}

/// Adds a person.
///
/// # Errors
/// When somebody signs in with the e-mail already, or the rules refuse it.
pub async fn add(caller: &Caller, body: &Value) -> Result<Response, Refused> {
    caller.may_manage_people().await?;
    let newcomer = newcomer(body)?;
    let active = active(body)?.unwrap_or(true);
    let member = caller.add(&newcomer).await?;
    if !active {
        caller.let_in(member, false).await?;
    }
    let row = row(caller, &member.to_string())?;
    let resource = shown(&row, &caller.base);
    Ok(created(&resource, &location(&caller.base, member)))
}

/// Puts a person in the place of one.
///
/// # Errors
/// When there is none with this id here, or it would be somebody else.
pub async fn put(
    caller: &Caller,
    id: &str,
    body: &Value,
    listing: &Listing,
) -> Result<Response, Refused> {
    caller.may_manage_people().await?;
    let row = row(caller, id)?;
    let active = active(body)?;
    // Whoever is to be out is out, whatever else is said.
    let wanted = if active == Some(false) {
        Wanted { active, ..Wanted::default() }
    } else {
        let (email, name) = (sign_in_email(body)?, name(body)?);
        Wanted { email, active, name, external_id: external_id(get(body, "externalId"))? }
    };
    become_so(caller, &row, &wanted, listing).await
}

/// Changes a person.
///
/// # Errors
/// When there is none with this id here, or it would be somebody else.
pub async fn patch(
    caller: &Caller,
    id: &str,
    body: &Value,
    listing: &Listing,
) -> Result<Response, Refused> {
    caller.may_manage_people().await?;
    let row = row(caller, id)?;
    let wanted = patched(id, body)?;
    become_so(caller, &row, &wanted, listing).await
}

/// Suspends a person: what is known of the person stays.
///
/// # Errors
/// When there is none with this id here, or the rules refuse it.
pub async fn suspend(caller: &Caller, id: &str) -> Result<Response, Refused> {
    caller.may_manage_people().await?;
    let row = row(caller, id)?;
    if row.suspended_at.is_none() {
        caller.let_in(row.member, false).await?;
    }
    Ok(done())
}

/// A person of the account whose data is not erased.
///
/// # Errors
/// When there is none with this id here.
pub fn row(caller: &Caller, id: &str) -> Result<Arc<MemberRow>, Refused> {
    let member: Option<MemberId> = id.parse().ok();
    let found =
        member.and_then(|member| caller.read(|views, scope| views.member(scope, member).cloned()));
    found.filter(|row| is_user(caller, row)).ok_or_else(Refused::not_found)
}

/// Whether somebody whom the program may know is a user here: not of an account below, nor erased.
#[must_use]
pub fn is_user(caller: &Caller, row: &MemberRow) -> bool {
    row.account == caller.account() && row.erased_at.is_none()
}

/// Everybody who can fit the filter, in the order of their ids.
fn candidates(caller: &Caller, listing: &Listing) -> Vec<Arc<MemberRow>> {
    let must = |name, part| {
        let filter = listing.filter.as_ref();
        filter.and_then(|filter| filter.must_equal(name, part))
    };
    let email = must("username", None).or(must("emails", Some("value"))).or(must("emails", None));
    let found = match (must("id", None), email) {
        (Some(id), _) => Some(id.parse().ok()),
        (None, Some(email)) => {
            let digest = caller.email_digest(email);
            Some(caller.read(|views, scope| views.find_member_by_email(scope, &digest)))
        }
        (None, None) => None,
    };
    match found {
        Some(member) => {
            let member: Option<MemberId> = member;
            member.and_then(|member| row(caller, &member.to_string()).ok()).into_iter().collect()
        }
        None => everybody(caller),
    }
}

fn everybody(caller: &Caller) -> Vec<Arc<MemberRow>> {
    let mut all: Vec<Arc<MemberRow>> = Vec::new();
    let mut last = None;
    // The views are locked for a page at a time.
    loop {
        let window = Window::first(PAGE_ROWS_MAX).after(last);
        let page = caller.read(|views, scope| views.members(scope, caller.account(), &window));
        let Some(page) = page else { return all };
        last = page.rows.last().map(|row| row.member);
        all.extend(page.rows.into_iter().filter(|row| is_user(caller, row)));
        if !page.more_after {
            return all;
        }
    }
}

/// A person as SCIM has it; without a name when that cannot be opened.
fn shown(row: &MemberRow, base: &str) -> Value {
    let profile = row.profile.value.as_ref();
    let (name, email) = profile.map(|one| (one.name.as_str(), one.email.as_str())).unzip();
    let id = row.member.to_string();
    let mut user = json!({
        "schemas": [USER],
        "id": id,
        "userName": email,
        "name": { "formatted": name },
        "displayName": name,
        "active": row.suspended_at.is_none(),
        "emails": [{ "value": email, "type": "work", "primary": true }],
        "meta": {
            "resourceType": "User",
            "created": calendar::text(row.added_at),
            "location": location(base, row.member),
        },
    });
    let kept = profile.and_then(|profile| profile.external_id.as_deref());
    if let Some(external_id) = kept.and_then(|kept| kept.strip_prefix(EXTERNAL_ID_MARK)) {
        set(&mut user, "externalId", external_id.into());
    }
    user
}

/// Where a user is.
#[must_use]
pub fn location(base: &str, member: MemberId) -> String {
    format!("{base}/Users/{member}")
}

fn told(caller: &Caller, row: &MemberRow, listing: &Listing) -> Response {
    answer(StatusCode::OK, &listing.shown(shown(row, &caller.base)))
}

/// INVARIANT (out is out): a request that takes somebody out is refused for nothing else that it says.
async fn become_so(
    caller: &Caller,
    was: &MemberRow,
    wanted: &Wanted,
    listing: &Listing,
) -> Result<Response, Refused> {
    let is_active = was.suspended_at.is_none();
    if wanted.active != Some(false)
        && let Some(changes) = changes(was, wanted)
    {
        caller.change(was.member, changes).await?;
    }
    if let Some(active) = wanted.active.filter(|active| *active != is_active) {
        caller.let_in(was.member, active).await?;
    }
    Ok(told(caller, &*row(caller, &was.member.to_string())?, listing))
}

/// What is to become another one than it is. A number of the vendor's own is not the directory's to change.
fn changes(was: &MemberRow, wanted: &Wanted) -> Option<Value> {
    let known = was.profile.value.as_ref()?;
    let kept = known.external_id.as_deref();
    let is_own = kept.is_none_or(|kept| kept.starts_with(EXTERNAL_ID_MARK));
    let number = wanted.external_id.as_deref().filter(|_| is_own);
    let mut changes = json!({});
    for (name, wanted, kept) in [
        ("name", wanted.name.as_deref(), Some(known.name.as_str())),
        ("email", wanted.email.as_deref(), Some(known.email.as_str())),
        ("externalId", number, kept),
    ] {
        if let Some(wanted) = wanted.filter(|wanted| Some(*wanted) != kept) {
            set(&mut changes, name, wanted.into());
        }
    }
    changes.as_object().is_some_and(|changes| !changes.is_empty()).then_some(changes)
}

/// What changes want of a person. What is not kept here is left out.
fn patched(id: &str, body: &Value) -> Result<Wanted, Refused> {
    let (mut wanted, mut refused) = (Wanted::default(), None);
    for change in patch::read(body)? {
        if let Err(error) = want(&mut wanted, &change, id) {
            refused.get_or_insert(error);
        }
    }
    match refused {
        Some(error) if wanted.active != Some(false) => Err(error),
        Some(_) | None => Ok(wanted),
    }
}

fn want(wanted: &mut Wanted, change: &Change, id: &str) -> Result<(), Refused> {
    let stays = |words: &str| Err(Refused::mutability("BAD_USER_INPUT", words));
    match (change.path.attribute.name.as_str(), change.act) {
        ("active" | "username", Act::Remove) => return stays("this attribute stays"),
        ("active", Act::Add | Act::Replace) => wanted.active = Some(boolean(&change.value)?),
        ("username", Act::Add | Act::Replace) => {
            let name = text(Some(&change.value), "userName")?;
            wanted.email = name.filter(|name| name.contains('@')).map(|name| normal(&name));
        }
        ("displayname", Act::Add | Act::Replace) => {
            wanted.name = text(Some(&change.value), "displayName")?.or(wanted.name.take());
        }
        // A part of a name alone says nothing of the rest, which is not kept in parts.
        ("name", Act::Add | Act::Replace) if change.path.attribute.part.is_none() => {
            let whole = json!({ "name": change.value });
            wanted.name = wanted.name.take().or(name(&whole)?);
        }
        ("externalid", Act::Add | Act::Replace) => {
            wanted.external_id = external_id(Some(&change.value))?;
        }
        ("id", _) if change.value.as_str() != Some(id) => return stays("the id stays"),
        ("groups", _) => return stays("who is in a group is changed at the group"),
        _ => {}
    }
    Ok(())
}

fn newcomer(body: &Value) -> Result<Newcomer, Refused> {
    let email = sign_in_email(body)?.ok_or_else(|| {
        Refused::value("`userName`, or else the primary e-mail, must be the e-mail to sign in with")
    })?;
    let external_id = external_id(get(body, "externalId"))?;
    let name = name(body)?.unwrap_or_else(|| email.clone());
    Ok(Newcomer { name, email, external_id })
}

/// The number of a person at the identity provider, as it is kept.
fn external_id(told: Option<&Value>) -> Result<Option<String>, Refused> {
    let external_id = text(told, "externalId")?;
    if external_id.as_ref().is_some_and(|id| id.chars().count() > EXTERNAL_ID_CHARACTERS_MAX) {
        return Err(Refused::value("`externalId` must have 200 characters at most"));
    }
    Ok(external_id.map(|id| format!("{EXTERNAL_ID_MARK}{id}")))
}

/// With what somebody signs in: `userName` where it is an e-mail, else the primary one of the e-mails.
fn sign_in_email(body: &Value) -> Result<Option<String>, Refused> {
    let user_name = text(get(body, "userName"), "userName")?
        .ok_or_else(|| Refused::value("`userName` is missing"))?;
    if user_name.contains('@') {
        return Ok(Some(normal(&user_name)));
    }
    let emails = get(body, "emails").and_then(Value::as_array).map(Vec::as_slice);
    let emails = emails.unwrap_or_default();
    let is = |email: &&Value, name: &str, value: Value| get(email, name) == Some(&value);
    let primary = emails.iter().find(|email| is(email, "primary", true.into()));
    let work = emails.iter().find(|email| is(email, "type", "work".into()));
    let email = primary.or(work).or(emails.first());
    let email = text(email.and_then(|email| get(email, "value")), "emails")?;
    Ok(email.map(|email| normal(&email)))
}

fn name(body: &Value) -> Result<Option<String>, Refused> {
    let part = |name: &str| text(get(body, "name").and_then(|whole| get(whole, name)), "name");
    let parts = [part("givenName")?, part("familyName")?];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let joined = (!parts.is_empty()).then(|| parts.join(" "));
    Ok(text(get(body, "displayName"), "displayName")?.or(part("formatted")?).or(joined))
}

fn active(body: &Value) -> Result<Option<bool>, Refused> {
    get(body, "active").filter(|value| !value.is_null()).map(boolean).transpose()
}

/// Some providers write it as a text.
fn boolean(value: &Value) -> Result<bool, Refused> {
    let word = value.as_str().map(str::to_ascii_lowercase);
    match (value.as_bool(), word.as_deref()) {
        (Some(is), _) => Ok(is),
        (None, Some("true")) => Ok(true),
        (None, Some("false")) => Ok(false),
        (None, _) => Err(Refused::value("`active` must be true or false")),
    }
}

/// A text that is not empty.
///
/// # Errors
/// When it is something else than a text.
pub fn text(value: Option<&Value>, name: &str) -> Result<Option<String>, Refused> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let text = text.trim();
            Ok((!text.is_empty()).then(|| text.to_owned()))
        }
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Refused::value(&format!("`{name}` must be a text")))
        }
    }
}

fn normal(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
