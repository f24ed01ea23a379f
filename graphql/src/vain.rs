//! What was asked for in vain: it is not there, not theirs, or beyond what they may. Whoever asks learns no more than
//! before; whoever runs the service is told that somebody tries.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::{Context, PathSegment, Response, Value};

/// How much of one operation was in vain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vain {
    /// What is not there, or somebody else's: the two are one answer.
    pub not_found: u64,
    /// What the caller may not do.
    pub forbidden: u64,
}

/// Counts while an operation is executed. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Counting(Arc<[AtomicU64; 2]>);

impl Counting {
    /// A change was refused with this code, whether or not its caller asks for the reason; or a list was narrowed to what
    /// is not there for its caller, and is empty.
    pub fn note(ctx: &Context<'_>, code: &str) {
        if let Some(counting) = ctx.data_opt::<Self>() {
            counting.add(code);
        }
    }

    /// What was in vain of the operation that is answered so. Only what stands at its root names something: what is below
    /// it was found.
    #[must_use]
    pub fn told(&self, response: &Response) -> Vain {
        for error in &response.errors {
            let code = error.extensions.as_ref().and_then(|values| values.get("code"));
            if let Some(Value::String(code)) = code {
                self.add(code);
            }
        }
        if let Value::Object(root) = &response.data {
            let failed = |name: &str| {
                let mut roots = response.errors.iter().filter_map(|error| error.path.first());
                roots.any(|root| matches!(root, PathSegment::Field(field) if field == name))
            };
            for (name, value) in root {
                let missing = if failed(name.as_str()) { 0 } else { missing(value) };
                (0..missing).for_each(|_| self.add("NOT_FOUND"));
            }
        }
        let [not_found, forbidden] = &*self.0;
        let read = |counted: &AtomicU64| counted.load(Ordering::Relaxed);
        Vain { not_found: read(not_found), forbidden: read(forbidden) }
    }

    fn add(&self, code: &str) {
        let [not_found, forbidden] = &*self.0;
        let counted = match code {
            "NOT_FOUND" => not_found,
            "FORBIDDEN" => forbidden,
            _ => return,
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many things are not there.
fn missing(found: &Value) -> usize {
    match found {
        Value::Null => 1,
        Value::List(found) => found.iter().filter(|one| matches!(one, Value::Null)).count(),
        Value::Object(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => 0,
    }
}
