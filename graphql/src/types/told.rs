//! The answer of the evaluator as GraphQL writes it when it is asked plainly: fields, and fields of its checks,
//! without fragments or directives. It makes only what was asked for and waits for nothing, where the library's
//! way takes a task for each field. Everything else goes that way.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ScalarType, ServerResult, Value};
use ledger::evaluate;
use projections::Answer;

use crate::scalars::{BigInt, DateTime, LedgerPosition};
use crate::types::decision::Decision;

/// A [`Decision`], written straight from the answer.
#[derive(Debug, Clone)]
pub struct Told(pub Answer);

impl OutputType for Told {
    fn type_name() -> Cow<'static, str> {
        <Decision as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Decision as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match plainly(&ctx.item.node, |field| decision_field(&self.0, field)) {
            Some(value) => Ok(value),
            None => Decision::new(&self.0).resolve(ctx, field).await,
        }
    }
}

/// An object of the fields that are asked for; `None` when it takes more than that to tell.
fn plainly<'a>(
    set: &'a SelectionSet,
    value_of: impl Fn(&'a Field) -> Option<Value>,
) -> Option<Value> {
    let mut object = IndexMap::with_capacity(set.items.len());
    for selection in &set.items {
        let Selection::Field(field) = &selection.node else { return None };
        if !field.node.directives.is_empty() {
            return None;
        }
        let value = value_of(&field.node)?;
        // The same key twice is one field with what both ask for.
        if object.insert(field.node.response_key().node.clone(), value).is_some() {
            return None;
        }
    }
    (!object.is_empty()).then_some(Value::Object(object))
}

fn decision_field(answer: &Answer, field: &Field) -> Option<Value> {
    let evaluation = &answer.evaluation;
    let inside = &field.selection_set.node;
    Some(match field.name.node.as_str() {
        "__typename" => Value::String(Told::type_name().into_owned()),
        "allowed" => Value::Boolean(evaluation.allowed),
        "code" => or_null(evaluation.code.map(|code| text(code.name()))),
        "reason" => text(evaluation.reason()),
        "remaining" => or_null(answer.left.remaining.map(|units| BigInt(units).to_value())),
        "resetsAt" => or_null(answer.left.resets_at.map(|at| DateTime(at).to_value())),
        "at" => DateTime(answer.at).to_value(),
        "position" => or_null(answer.position.map(|position| LedgerPosition(position).to_value())),
        "failing" => list(evaluation.failing(), |check| check_object(check, inside))?,
        "checks" => list(evaluation.checks.iter(), |check| check_object(check, inside))?,
        _ => return None,
    })
}

fn check_object(check: &evaluate::Check, set: &SelectionSet) -> Option<Value> {
    plainly(set, |field| {
        Some(match field.name.node.as_str() {
            "code" => text(check.code.name()),
            "passed" => Value::Boolean(check.passed),
            "rule" => text(check.rule),
            "message" => text(&check.message),
            "fix" => match check.fix {
                None => Value::Null,
                Some(fix) => plainly(&field.selection_set.node, |field| {
                    Some(match field.name.node.as_str() {
                        "code" => text(fix.name()),
                        "text" => text(fix.text()),
                        _ => return None,
                    })
                })?,
            },
            _ => return None,
        })
    })
}

fn list<T>(items: impl Iterator<Item = T>, value_of: impl Fn(T) -> Option<Value>) -> Option<Value> {
    items.map(value_of).collect::<Option<Vec<_>>>().map(Value::List)
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn or_null(value: Option<Value>) -> Value {
    value.unwrap_or(Value::Null)
}
