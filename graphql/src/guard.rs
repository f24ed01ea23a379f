//! Checks of a parsed document that need no schema: depth, aliases, root fields, directives,
//! introspection. Fragments are followed where they are spread, so that nothing hides in them.

use std::collections::BTreeMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection,
    SelectionSet,
};

use crate::limits::Limits;
use crate::refusal::Refusal;

/// How often `fields`, `interfaces`, `possibleTypes`, `inputFields` and `args` may nest in an
/// introspection query: the queries of the usual tools do it twice, and each further level
/// multiplies the answer.
const INTROSPECTION_LISTS_NESTED_MAX: usize = 3;
/// The deepest an introspection query may nest; the usual one, with its chain of `ofType`, takes
/// 15.
const INTROSPECTION_DEPTH_MAX: usize = 20;

/// Refuses a document that asks for too much, whatever the schema.
///
/// # Errors
/// The first limit that is passed.
pub fn check(document: &ExecutableDocument, limits: &Limits) -> Result<(), Refusal> {
    let fragments = document
        .fragments
        .iter()
        .map(|(name, fragment)| (name.as_str(), &fragment.node))
        .collect::<BTreeMap<_, _>>();
    let mut walk = Walk { limits, fragments, spreading: Vec::new(), aliases: 0, visited: 0 };
    for (_, operation) in document.operations.iter() {
        walk.operation(&operation.node)?;
    }
    Ok(())
}

struct Walk<'a> {
    limits: &'a Limits,
    fragments: BTreeMap<&'a str, &'a FragmentDefinition>,
    spreading: Vec<&'a str>,
    aliases: usize,
    visited: usize,
}

/// Where in the document the walk is.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    introspection: bool,
    nested_lists: usize,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<(), Refusal> {
        let roots = self.roots(&operation.selection_set.node)?;
        if roots.len() > self.limits.root_fields_max {
            let root_fields_max = self.limits.root_fields_max;
            return Err(Refusal::TooManyRootFields { root_fields_max });
        }
        if operation.ty == OperationType::Mutation && roots.len() > 1 {
            let alone = roots.iter().find(|name| self.limits.alone.contains(name));
            if let Some(field) = alone {
                return Err(Refusal::NotAlone { field: (*field).to_owned() });
            }
        }
        let place = Place { depth: 0, introspection: false, nested_lists: 0 };
        self.selections(&operation.selection_set.node, place)
    }

    /// The names of the fields at the root, those in fragments too.
    fn roots(&mut self, set: &'a SelectionSet) -> Result<Vec<&'a str>, Refusal> {
        let mut names = Vec::new();
        for selection in &set.items {
            self.visit()?;
            match &selection.node {
                Selection::Field(field) => names.push(field.node.name.node.as_str()),
                Selection::InlineFragment(fragment) => {
                    names.extend(self.roots(&fragment.node.selection_set.node)?);
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.enter(name)? {
                        names.extend(self.roots(&fragment.selection_set.node)?);
                        self.spreading.pop();
                    }
                }
            }
        }
        Ok(names)
    }

    /// Counts what is walked over: fragments that spread fragments can grow a small document
    /// without bound.
    fn visit(&mut self) -> Result<(), Refusal> {
        self.visited += 1;
        let tokens_max = self.limits.tokens_max;
        if self.visited > 2 * tokens_max {
            Err(Refusal::TooManyTokens { tokens_max })
        } else {
            Ok(())
        }
    }

    /// The fragment of this name, now being spread; `None` when there is none: validation says so.
    fn enter(&mut self, name: &'a str) -> Result<Option<&'a FragmentDefinition>, Refusal> {
        if self.spreading.contains(&name) {
            return Err(Refusal::FragmentCycle { fragment: name.to_owned() });
        }
        let fragment = self.fragments.get(name).copied();
        if fragment.is_some() {
            self.spreading.push(name);
        }
        Ok(fragment)
    }

    fn selections(&mut self, set: &'a SelectionSet, place: Place) -> Result<(), Refusal> {
        for selection in &set.items {
            self.visit()?;
            match &selection.node {
                Selection::Field(field) => self.field(field, place)?,
                Selection::InlineFragment(fragment) => {
                    self.directives(fragment.node.directives.len())?;
                    self.selections(&fragment.node.selection_set.node, place)?;
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(spread.node.directives.len())?;
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.enter(name)? {
                        self.selections(&fragment.selection_set.node, place)?;
                        self.spreading.pop();
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &'a Positioned<Field>, place: Place) -> Result<(), Refusal> {
        let name = field.node.name.node.as_str();
        let introspection = place.introspection || (place.depth == 0 && is_introspection(name));
        if introspection && !self.limits.introspection {
            return Err(Refusal::Introspection);
        }
        self.directives(field.node.directives.len())?;
        self.aliases += usize::from(field.node.alias.is_some());
        if self.aliases > self.limits.aliases_max {
            return Err(Refusal::TooManyAliases { aliases_max: self.limits.aliases_max });
        }
        let lists = place.nested_lists + usize::from(introspection && is_meta_list(name));
        let depth = place.depth + 1;
        let depth_max = if introspection { INTROSPECTION_DEPTH_MAX } else { self.limits.depth_max };
        if depth > depth_max || lists > INTROSPECTION_LISTS_NESTED_MAX {
            return Err(Refusal::TooDeep { depth_max });
        }
        let inside = Place { depth, introspection, nested_lists: lists };
        self.selections(&field.node.selection_set.node, inside)
    }

    fn directives(&self, count: usize) -> Result<(), Refusal> {
        let directives_max = self.limits.directives_max;
        if count > directives_max {
            Err(Refusal::TooManyDirectives { directives_max })
        } else {
            Ok(())
        }
    }
}

fn is_introspection(field: &str) -> bool {
    matches!(field, "__schema" | "__type")
}

fn is_meta_list(field: &str) -> bool {
    matches!(field, "fields" | "interfaces" | "possibleTypes" | "inputFields" | "args")
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn refused(text: &str, limits: &Limits) -> Option<&'static str> {
        let document = parse_query(text).expect("the document parses");
        check(&document, limits).err().map(|refusal| refusal.code())
    }

    #[test]
    fn each_limit_holds_where_it_says() {
        let limits = Limits::portal();
        let nested = |levels: usize| format!("{}{}{}", "{a".repeat(levels), "", "}".repeat(levels));
        assert_eq!(refused(&nested(8), &limits), None);
        assert_eq!(refused(&nested(9), &limits), Some("TOO_DEEP"));
        let aliased = |count: usize| {
            let fields: String = (0..count).map(|n| format!(" f{n}: x")).collect();
            format!("{{ a {{{fields} }} }}")
        };
        assert_eq!(refused(&aliased(30), &limits), None);
        assert_eq!(refused(&aliased(31), &limits), Some("TOO_MANY_ALIASES"));
        let roots = |count: usize| format!("{{{}}}", " x".repeat(count));
        assert_eq!(refused(&roots(10), &limits), None);
        assert_eq!(refused(&roots(11), &limits), Some("TOO_MANY_ROOT_FIELDS"));
        let directives = |count: usize| format!("{{ x {} }}", "@skip(if: false) ".repeat(count));
        assert_eq!(refused(&directives(5), &limits), None);
        assert_eq!(refused(&directives(6), &limits), Some("TOO_MANY_DIRECTIVES"));
    }

    #[test]
    fn nothing_hides_in_a_fragment() {
        let limits = Limits::portal();
        let deep = "{a{b{c{d{...F}}}}} fragment F on Q {e{f{g{h{i}}}}}";
        assert_eq!(refused(deep, &limits), Some("TOO_DEEP"));
        let cycle = "{...F} fragment F on Q {a{...G}} fragment G on Q {b{...F}}";
        assert_eq!(refused(cycle, &limits), Some("GRAPHQL_VALIDATION_FAILED"));
        let roots = format!("{{...F}} fragment F on Q {{{}}}", " x".repeat(11));
        assert_eq!(refused(&roots, &limits), Some("TOO_MANY_ROOT_FIELDS"));
        let doubling: String = (0..20)
            .map(|n| format!("fragment F{n} on Q {{a{{...F{m} ...F{m}}}}}", m = n + 1))
            .collect();
        let growing = format!("{{...F0}} {doubling} fragment F20 on Q {{x}}");
        let roomy = Limits { depth_max: 100, ..Limits::portal() };
        assert_eq!(refused(&growing, &roomy), Some("TOO_MANY_TOKENS"));
    }

    #[test]
    fn an_activation_stands_alone() {
        let two = "mutation {deviceActivate{x} seatAssign{x}}";
        assert_eq!(refused(two, &Limits::portal()), Some("MUST_BE_ALONE"));
        assert_eq!(refused("mutation {deviceActivate{x}}", &Limits::portal()), None);
    }

    #[test]
    fn introspection_is_refused_unless_allowed_and_never_exponential() {
        assert_eq!(
            refused("{__schema{types{name}}}", &Limits::portal()),
            Some("INTROSPECTION_DISABLED")
        );
        assert_eq!(refused("{__typename}", &Limits::portal()), None);
        let open = Limits::portal().with_introspection(true);
        assert_eq!(refused("{__schema{types{name}}}", &open), None);
        let nested = "{__schema{types{fields{type{fields{type{fields{type{fields{name}}}}}}}}}}";
        assert_eq!(refused(nested, &open), Some("TOO_DEEP"));
    }
}
