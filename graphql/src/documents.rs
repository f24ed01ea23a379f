//! Parsed documents, kept by their text, and which of them passed validation with which variables.
//! Bounded: an older generation is dropped whole when the newer one is full.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::parser::{Error as ParseError, parse_query};

use crate::guard;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::tokens;

/// Longer documents are parsed each time: the bound on the number of documents is then a bound on
/// memory.
const KEPT_TEXT_BYTES_MAX: usize = 16 * 1024;

/// A document that passed the limits.
#[derive(Debug)]
pub struct Document {
    /// Its parsed form.
    pub parsed: ExecutableDocument,
    text_digest: [u8; 32],
}

impl Document {
    /// What kind of operation a request selects; `None` when it selects none.
    #[must_use]
    pub fn operation(&self, name: Option<&str>) -> Option<OperationType> {
        let mut operations = self.parsed.operations.iter();
        let found = match name {
            Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name == wanted)),
            None if operations.len() == 1 => operations.next(),
            None => None,
        };
        found.map(|(_, operation)| operation.node.ty)
    }

    /// What identifies one way of asking: the text, the operation, the variables.
    #[must_use]
    pub fn asked(&self, operation: Option<&str>, variables: &serde_json::Value) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.text_digest);
        hasher.update(operation.unwrap_or_default().as_bytes());
        hasher.update(&[0]);
        // Another order of keys is another way of asking: it is only validated once more.
        hasher.update(variables.to_string().as_bytes());
        *hasher.finalize().as_bytes()
    }
}

/// The documents of one door.
#[derive(Debug)]
pub struct Documents {
    generation_max: usize,
    parsed: Mutex<Generations<HashMap<[u8; 32], Arc<Document>>>>,
    valid: Mutex<Generations<HashMap<[u8; 32], u64>>>,
}

#[derive(Debug, Default)]
struct Generations<T> {
    newer: T,
    older: T,
}

impl Documents {
    /// An empty cache of the size that the limits say.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let generation_max = (limits.documents_max / 2).max(1);
        Self { generation_max, parsed: Mutex::default(), valid: Mutex::default() }
    }

    /// The document with this text.
    ///
    /// # Errors
    /// When it is not GraphQL, or passes a limit.
    pub fn get(&self, text: &str, limits: &Limits) -> Result<Arc<Document>, Refusal> {
        let key = *blake3::hash(text.as_bytes()).as_bytes();
        if let Some(found) = self.kept(&key) {
            return Ok(found);
        }
        tokens::measure(text, limits)?;
        let parsed = parse_query(text).map_err(|error| refuse(&error, limits))?;
        guard::check(&parsed, limits)?;
        let document = Arc::new(Document { parsed, text_digest: key });
        if text.len() <= KEPT_TEXT_BYTES_MAX {
            let mut all = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
            if all.newer.len() >= self.generation_max {
                all.older = std::mem::take(&mut all.newer);
            }
            all.newer.insert(key, Arc::clone(&document));
        }
        Ok(document)
    }

    fn kept(&self, key: &[u8; 32]) -> Option<Arc<Document>> {
        let mut all = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.newer.get(key) {
            return Some(Arc::clone(found));
        }
        let found = all.older.remove(key)?;
        if all.newer.len() < self.generation_max {
            all.newer.insert(*key, Arc::clone(&found));
        }
        Some(found)
    }

    /// What this way of asking costs, when it passed validation before: one for each field, times the rows of the lists
    /// around it.
    #[must_use]
    pub fn cost_of(&self, asked: &[u8; 32]) -> Option<u64> {
        let all = self.valid.lock().unwrap_or_else(PoisonError::into_inner);
        all.newer.get(asked).or_else(|| all.older.get(asked)).copied()
    }

    /// Remembers that this way of asking passed validation, and what it costs.
    pub fn remember_valid(&self, asked: [u8; 32], cost: u64) {
        let mut all = self.valid.lock().unwrap_or_else(PoisonError::into_inner);
        if all.newer.len() >= self.generation_max {
            all.older = std::mem::take(&mut all.newer);
        }
        all.newer.insert(asked, cost);
    }
}

fn refuse(error: &ParseError, limits: &Limits) -> Refusal {
    if matches!(error, ParseError::RecursionLimitExceeded) {
        return Refusal::TooDeep { depth_max: limits.depth_max };
    }
    let place = error.positions().next();
    Refusal::Syntax {
        line: place.map_or(0, |place| place.line),
        column: place.map_or(0, |place| place.column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_parsed_once_and_the_number_kept_is_bounded() {
        let limits = Limits { documents_max: 8, ..Limits::portal() };
        let documents = Documents::new(&limits);
        let first = documents.get("{a}", &limits).expect("parses");
        assert!(Arc::ptr_eq(&first, &documents.get("{a}", &limits).expect("kept")));
        for n in 0..100 {
            documents.get(&format!("{{a{n}}}"), &limits).expect("parses");
        }
        let all = documents.parsed.lock().expect("no panic before");
        assert!(all.newer.len() + all.older.len() <= 8);
    }

    #[test]
    fn what_is_not_graphql_is_located_and_nothing_of_it_is_repeated() {
        let limits = Limits::portal();
        let refusal = Documents::new(&limits).get("{ a\n ?? }", &limits).expect_err("refused");
        assert_eq!(refusal, Refusal::Syntax { line: 2, column: 2 });
    }

    #[test]
    fn the_operation_is_the_one_that_was_named() {
        let limits = Limits::portal();
        let text = "query A {a} mutation B {b}";
        let document = Documents::new(&limits).get(text, &limits).expect("parses");
        assert_eq!(document.operation(Some("B")), Some(OperationType::Mutation));
        assert_eq!(document.operation(Some("C")), None);
        assert_eq!(document.operation(None), None);
    }
}
