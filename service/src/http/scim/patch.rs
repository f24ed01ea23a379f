//! Changes as RFC 7644, 3.5.2, has them: which attribute, what is done to it, and with what. Read as identity providers
//! write them, who are not strict about letter case. Knows nothing of what a change means here.

use serde_json::Value;

use super::answer::Refused;
use super::filter::{Attribute, Filter, FilterError, Reader, get};

/// The most changes of one request.
pub const CHANGES_MAX: usize = 1_000;

/// What is done to an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The value is added to those there are, or takes the place of the only one.
    Add,
    /// The value takes the place of what there is.
    Replace,
    /// What there is is taken away; with a value, that one only.
    Remove,
}

/// One change of one attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What is done.
    pub act: Act,
    /// Which attribute.
    pub path: Path,
    /// With what.
    pub value: Value,
}

/// Where a change is made, such as `members[value eq "mem_…"]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Which attribute, and which part of it.
    pub attribute: Attribute,
    /// In which of its values only.
    pub within: Option<Filter>,
}

impl Path {
    /// The path that this text is.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, FilterError> {
        let mut reader = Reader::of(text)?;
        let name = reader.name();
        let mut attribute = Attribute::named(name).ok_or_else(|| reader.lost())?;
        let within = if reader.sign('[') { Some(reader.inside(']')?) } else { None };
        if within.is_some() && reader.sign('.') {
            let part = Attribute::named(reader.name());
            let part = part.filter(|part| part.part.is_none() && attribute.part.is_none());
            attribute.part = Some(part.ok_or_else(|| reader.lost())?.name);
        }
        reader.end()?;
        Ok(Self { attribute, within })
    }
}

/// The changes of a request, one for each attribute: what has no path is an object of attributes.
///
/// # Errors
/// When it is no list of changes.
pub fn read(body: &Value) -> Result<Vec<Change>, Refused> {
    let list = get(body, "Operations").and_then(Value::as_array);
    let list = list.ok_or_else(|| Refused::syntax("`Operations` must be a list of changes"))?;
    let mut changes = Vec::with_capacity(list.len().min(CHANGES_MAX));
    for one in list {
        let act = act(one)?;
        let value = get(one, "value").cloned().unwrap_or_default();
        match get(one, "path").filter(|path| !path.is_null()) {
            Some(path) => {
                let path = path.as_str().ok_or_else(|| Refused::path("it must be a text"))?;
                let path = Path::read(path).map_err(|error| Refused::path(&error.to_string()))?;
                changes.push(Change { act, path, value });
            }
            None => changes.extend(without_path(act, value)?),
        }
        if changes.len() > CHANGES_MAX {
            return Err(Refused::too_many());
        }
    }
    Ok(changes)
}

fn act(change: &Value) -> Result<Act, Refused> {
    let text = get(change, "op").and_then(Value::as_str).unwrap_or_default();
    match text.to_ascii_lowercase().as_str() {
        "add" => Ok(Act::Add),
        "replace" => Ok(Act::Replace),
        "remove" => Ok(Act::Remove),
        _ => Err(Refused::syntax("`op` must be `add`, `replace` or `remove`")),
    }
}

/// Names that are none of ours are left out, whatever they look like: nothing is kept of them.
fn without_path(act: Act, value: Value) -> Result<Vec<Change>, Refused> {
    match value {
        Value::Object(members) if act != Act::Remove => {
            let changes = members.into_iter().filter_map(|(name, value)| {
                let path = Path::read(&name).ok()?;
                Some(Change { act, path, value })
            });
            Ok(changes.collect())
        }
        Value::Object(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_) => Err(Refused::no_target()),
    }
}

#[cfg(test)]
mod tests;
