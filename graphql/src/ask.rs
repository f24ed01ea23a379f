//! Questions to the evaluator: may it be used, why not, what would a change bring, what did we
//! learn since.

use async_graphql::{Context, Enum, Error, InputObject, Result, SimpleObject};
use ledger::entitlements::Entitlement as EntitlementState;
use ledger::license::{Command, LicenseRules, State};
use ledger::{Context as DecisionContext, Decider};
use projections::QuestionError;
use projections::as_of::Known;
use schemas::{FeatureKey, LicenseId, Timestamp};
use std::collections::BTreeMap;

use crate::act::grants::{UsageOnSwitch, application, switch};
use crate::error::{Failure, UserError, bad_input, load_fault};
use crate::gate::{Gate, Reader, parse_id, with_scope};
use crate::read::{self, AsOfInput, Moment, Seen, moment};
use crate::scalars::{DateTime, LedgerPosition};
use crate::types::decision::CheckInput;
use crate::types::history::HistoryEntry;
use crate::types::told::Told;
use crate::types::value::{quantity_text, value_text};

/// Asks the evaluator. Null when the license is unknown or somebody else's. Nothing is used up.
///
/// # Errors
/// When the question is malformed, or the ledger cannot be read.
pub async fn check(
    ctx: &Context<'_>,
    input: &CheckInput,
    as_of: Option<AsOfInput>,
    at_least: Option<&str>,
) -> Result<Option<Told>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let question = input.question();
    let license = question.license().map_err(|error| unreadable(&error))?;
    let answer = match moment(gate, as_of, at_least).await? {
        Moment::Live(now) => {
            with_scope!(reader, |scope| gate.projections.ask(scope, license, &question, now))
        }
        past @ Moment::Past(_) => {
            let Some(seen) = read::seen(gate, reader, license, past).await? else {
                return Ok(None);
            };
            let request = question.request(gate.ledger.codec().keystore(), seen.at);
            let position = seen.position.map(|LedgerPosition(position)| position);
            request.map(|request| Some(seen.facts.answer(&request, position)))
        }
    };
    let answer = answer.map_err(|error| unreadable(&error))?;
    Ok(answer.map(Told))
}

fn unreadable(error: &QuestionError) -> Error {
    bad_input(&error.to_string())
}

/// What a change would bring to one feature, or to seats, devices or domains.
#[derive(Debug, Clone, SimpleObject)]
pub struct FeatureChange {
    /// The feature; or `seats`, `devices`, `domains`.
    pub feature: String,
    /// Its name for people.
    pub name: String,
    /// The value now, in words; null when it is not given.
    pub before: Option<String>,
    /// The value after the change, in words; null when it would not be given.
    pub after: Option<String>,
    /// What becomes of it.
    pub change: ChangeKind,
}

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ChangeKind {
    /// It is given after the change only.
    Gained,
    /// It is given before the change only.
    Lost,
    /// It is another value.
    Altered,
    /// It stays as it is.
    Same,
}

/// What a change to a license would bring. Nothing is recorded.
#[derive(Debug, Clone, SimpleObject)]
pub struct ChangePreview {
    /// Whether the change would be made.
    pub possible: bool,
    /// Why not; empty when it is possible.
    pub user_errors: Vec<UserError>,
    /// Every feature, seats, devices and domains, before and after.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub changes: Vec<FeatureChange>,
}

/// A change to a license: exactly one of the two.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseChangeInput {
    /// The license.
    pub license_id: async_graphql::ID,
    /// Switch to this offering or bundle: its id or code.
    pub change_offering: Option<String>,
    /// Add this bundle: its id or code.
    pub apply_bundle: Option<String>,
    /// What becomes of the usage of the current period when switching; else it is carried over.
    pub usage: Option<UsageOnSwitch>,
}

/// What a change would bring. Null when the license is unknown or somebody else's.
///
/// # Errors
/// When the question is malformed, or the ledger cannot be read.
pub async fn preview(
    ctx: &Context<'_>,
    input: &LicenseChangeInput,
) -> Result<Option<ChangePreview>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let license = parse_id::<LicenseId>(&input.license_id, "licenseId")?;
    let now = gate.now();
    let seen = read::seen(gate, reader, license, Moment::Live(now)).await?;
    let Some(seen) = seen else { return Ok(None) };
    let product = &seen.facts.product;
    let usage = input.usage.unwrap_or(UsageOnSwitch::Carry);
    let command = match (&input.change_offering, &input.apply_bundle) {
        (Some(source), None) => switch(product, source, usage.into()),
        (None, Some(bundle)) => application(product, bundle, reader),
        (Some(_), Some(_)) | (None, None) => {
            return Err(bad_input("give either `changeOffering` or `applyBundle`"));
        }
    };
    match command {
        Ok(command) => Ok(Some(tried(&seen, &command, reader, now))),
        Err(Failure::User(error)) => Ok(Some(ChangePreview {
            possible: false,
            user_errors: vec![error],
            changes: Vec::new(),
        })),
        Err(Failure::Ours(error)) => Err(error),
    }
}

/// Decides the command without recording it. When it is refused, what it would have granted is
/// shown all the same.
fn tried(seen: &Seen, command: &Command, reader: Reader, now: Timestamp) -> ChangePreview {
    let before = &seen.facts.license.state;
    let context = DecisionContext { now, effective_at: now, actor: reader.actor(), basis: None };
    let mut after = before.clone();
    let mut user_errors = Vec::new();
    match LicenseRules::decide(before, command, &context) {
        Ok(decision) => {
            decision.events.iter().for_each(|event| LicenseRules::evolve(&mut after, event, now));
        }
        Err(rejection) => {
            user_errors.push(UserError::rejected(&rejection));
            grant_anyway(&mut after, command);
        }
    }
    let mut changed = seen.facts.clone();
    std::sync::Arc::make_mut(&mut changed.license).state = after;
    let changes = differences(&seen.facts.entitlements(now), &changed.entitlements(now));
    let bounds = bounds(before, &changed.license.state);
    ChangePreview {
        possible: user_errors.is_empty(),
        user_errors,
        changes: bounds.into_iter().chain(changes).collect(),
    }
}

fn grant_anyway(state: &mut State, command: &Command) {
    if let Command::SwitchOffering(to) = command {
        state.source = Some(to.source);
        state.grants.clone_from(&to.grants);
    }
}

fn differences(before: &[EntitlementState], after: &[EntitlementState]) -> Vec<FeatureChange> {
    type Sides<'a> = (Option<&'a EntitlementState>, Option<&'a EntitlementState>);
    let mut rows: BTreeMap<&FeatureKey, Sides<'_>> = BTreeMap::new();
    for row in before {
        rows.entry(&row.feature).or_default().0 = Some(row);
    }
    for row in after {
        rows.entry(&row.feature).or_default().1 = Some(row);
    }
    let shown = rows.into_iter().map(|(feature, (before, after))| {
        let name = after.or(before).map(|row| row.name.clone()).unwrap_or_default();
        let words = |row: Option<&EntitlementState>| row.map(|row| value_text(&row.value));
        change(feature.to_string(), name, words(before), words(after))
    });
    shown.collect()
}

fn bounds(before: &State, after: &State) -> Vec<FeatureChange> {
    let bound = |what: &str, name: &str, of: fn(&State) -> schemas::Quantity| {
        let words = |state: &State| Some(quantity_text(of(state)));
        change(what.to_owned(), name.to_owned(), words(before), words(after))
    };
    vec![
        bound("seats", "Seats", State::seats_granted),
        bound("devices", "Devices", State::devices_granted),
        bound("domains", "Domains", State::domains_granted),
    ]
}

fn change(
    feature: String,
    name: String,
    before: Option<String>,
    after: Option<String>,
) -> FeatureChange {
    let change = match (&before, &after) {
        (None, Some(_)) => ChangeKind::Gained,
        (Some(_), None) => ChangeKind::Lost,
        (before, after) if before == after => ChangeKind::Same,
        (Some(_), Some(_)) | (None, None) => ChangeKind::Altered,
    };
    FeatureChange { feature, name, before, after, change }
}

/// What the ledger learned about one past instant of a license between two moments of knowledge.
#[derive(Debug, Clone, SimpleObject)]
pub struct Learned {
    /// The answer about the instant, as it was known at the earlier moment; null when the license
    /// was not known.
    pub before: Option<Told>,
    /// The answer about the same instant, as it is known at the later moment.
    pub after: Option<Told>,
    /// The facts that were learned in between and say something about the instant.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub facts: Vec<HistoryEntry>,
}

/// Two looks at the same past instant with different knowledge, and the facts that make the
/// difference.
///
/// # Errors
/// When the question is malformed, or the ledger cannot be read.
pub async fn learned(
    ctx: &Context<'_>,
    input: &CheckInput,
    at: DateTime,
    known_at: DateTime,
    compared_with: Option<DateTime>,
) -> Result<Option<Learned>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let license = parse_id::<LicenseId>(&input.license_id, "licenseId")?;
    let earlier = Known::Time(known_at.0);
    let later = compared_with.map_or(Known::Latest, |DateTime(at)| Known::Time(at));
    let facts = with_scope!(reader, |scope| {
        gate.projections.learned_between(scope, license, at.0, earlier, later).await
    });
    let Some(facts) = facts.map_err(|error| load_fault(&error))? else { return Ok(None) };
    let before = look(ctx, input, at, known_at).await?;
    let then = compared_with.unwrap_or_else(|| gate.now().into());
    let after = look(ctx, input, at, then).await?;
    let facts = crate::history::shown(gate, reader, &facts).await?;
    Ok(Some(Learned { before, after, facts }))
}

async fn look(
    ctx: &Context<'_>,
    input: &CheckInput,
    at: DateTime,
    known_at: DateTime,
) -> Result<Option<Told>> {
    let as_of = AsOfInput { at: Some(at), position: None, known_at: Some(known_at) };
    check(ctx, input, Some(as_of), None).await
}
