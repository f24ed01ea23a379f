//! What the published schemas have: mutations, fields, and documents that ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, ServiceDocument, Type, TypeKind,
    TypeSystemDefinition,
};

/// What stands where an id has to be: a command id, and the id of nothing.
pub const ANY_ID: &str = "00000000-0000-4000-8000-000000000001";

fn schema(side: &str) -> ServiceDocument {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../schemas/graphql")
        .join(format!("{side}.graphql"));
    let text = std::fs::read_to_string(path).expect("a published schema");
    parse_schema(text).expect("a schema")
}

fn types(side: &str) -> BTreeMap<String, TypeKind> {
    let mut found = BTreeMap::new();
    for definition in schema(side).definitions {
        if let TypeSystemDefinition::Type(one) = definition {
            found.insert(one.node.name.node.to_string(), one.node.kind);
        }
    }
    found
}

fn fields_of(kind: &TypeKind) -> Vec<&FieldDefinition> {
    match kind {
        TypeKind::Object(object) => object.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Scalar
        | TypeKind::Interface(_)
        | TypeKind::Union(_)
        | TypeKind::Enum(_)
        | TypeKind::InputObject(_) => Vec::new(),
    }
}

/// The names of the fields of a type.
pub fn of(side: &str, name: &str) -> BTreeSet<String> {
    let types = types(side);
    fields_of(&types[name]).into_iter().map(|field| field.name.node.to_string()).collect()
}

/// Every field of every object, as `License.history`.
pub fn all(side: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, kind) in types(side) {
        for field in fields_of(&kind) {
            found.insert(format!("{name}.{}", field.name.node));
        }
    }
    found
}

/// Who sees each field, by the file beside this one.
pub fn rows() -> BTreeMap<String, String> {
    let lines = include_str!("fields.txt").lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.split_once(' '));
    rows.map(|(field, guard)| (field.to_owned(), guard.to_owned())).collect()
}

fn base(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(of) => base(of),
    }
}

/// The fields of an object, each with a selection that asks for it.
pub fn selections(side: &str, object: &str) -> Vec<(String, String)> {
    let types = types(side);
    let selection = |field: &FieldDefinition| {
        let name = field.name.node.to_string();
        let is_leaf = matches!(
            types.get(&base(&field.ty.node)),
            None | Some(TypeKind::Scalar | TypeKind::Enum(_))
        );
        let below = if is_leaf { "" } else { " { __typename }" };
        // Without what is left out by default, and few of what there are many of.
        let pages = field.arguments.iter().any(|one| one.node.name.node == "first");
        let arguments = if pages { "(first: 5)" } else { "" };
        (name.clone(), format!("{name}{arguments}{below}"))
    };
    fields_of(&types[object]).into_iter().map(selection).collect()
}

/// A value of a type that says nothing.
fn value(types: &BTreeMap<String, TypeKind>, ty: &Type) -> String {
    let name = match &ty.base {
        BaseType::List(of) => return format!("[{}]", value(types, of)),
        BaseType::Named(name) => name.to_string(),
    };
    match types.get(&name) {
        Some(TypeKind::Enum(one)) => one.values[0].node.value.node.to_string(),
        Some(TypeKind::InputObject(input)) => {
            let needed = input.fields.iter().map(|field| &field.node);
            let needed = needed.filter(|field| !field.ty.node.nullable);
            let pair = |field: &InputValueDefinition| {
                format!("{}: {}", field.name.node, value(types, &field.ty.node))
            };
            format!("{{ {} }}", needed.map(pair).collect::<Vec<_>>().join(", "))
        }
        Some(
            TypeKind::Scalar | TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_),
        )
        | None => match name.as_str() {
            "Boolean" => "true".to_owned(),
            "Int" => "1".to_owned(),
            "Float" => "1.5".to_owned(),
            "BigInt" => "\"1\"".to_owned(),
            "DateTime" => "\"2026-08-02T00:00:00Z\"".to_owned(),
            "Duration" => "\"P1D\"".to_owned(),
            "ID" => format!("\"{ANY_ID}\""),
            _ => "\"x\"".to_owned(),
        },
    }
}

/// A mutation with an input that has what it must have.
pub fn mutation(side: &str, name: &str) -> String {
    let types = types(side);
    let field = fields_of(&types["Mutation"]).into_iter().find(|one| one.name.node == name);
    let field = field.expect("a mutation");
    let input = value(&types, &field.arguments[0].node.ty.node);
    format!("mutation {{ {name}(input: {input}) {{ userErrors {{ code field }} }} }}")
}
