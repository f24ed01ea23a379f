//! What of a JSON Schema is shape, and whether a value has it. Knows only the keywords that our types produce.

use serde_json::{Map, Value};

/// The hash of the shape: of the schema with its references resolved, without titles, descriptions and examples.
pub fn hash(schema: &Value) -> String {
    let mut text = String::new();
    write(&stripped(schema, schema), &mut text);
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn stripped(schema: &Value, root: &Value) -> Value {
    match schema {
        Value::Object(object) => {
            if let Some(target) = object.get("$ref") {
                return stripped(resolve(target, root), root);
            }
            let mut kept = Map::new();
            for (keyword, value) in object {
                match keyword.as_str() {
                    "title" | "description" | "examples" | "$defs" | "$schema" => {}
                    // The keys of this object are names of fields, not keywords.
                    "properties" => {
                        let fields = value.as_object().unwrap().iter();
                        let fields =
                            fields.map(|(name, field)| (name.clone(), stripped(field, root)));
                        kept.insert(keyword.clone(), Value::Object(fields.collect()));
                    }
                    _ => {
                        kept.insert(keyword.clone(), stripped(value, root));
                    }
                }
            }
            Value::Object(kept)
        }
        Value::Array(items) => items.iter().map(|item| stripped(item, root)).collect(),
        plain => plain.clone(),
    }
}

fn resolve<'a>(reference: &Value, root: &'a Value) -> &'a Value {
    let reference = reference.as_str().unwrap();
    root.pointer(reference.strip_prefix('#').unwrap())
        .unwrap_or_else(|| panic!("`{reference}` leads nowhere"))
}

/// JSON with sorted keys and no spaces, so that the hash does not depend on how a map is kept.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<_> = object.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(&object[key], out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// Where `value` does not have the shape of `schema`: a path and a reason for each place.
pub fn misfits(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let Some(object) = schema.as_object() else { return };
    for (keyword, wanted) in object {
        match keyword.as_str() {
            "title" | "description" | "$schema" | "$defs" | "format" | "maximum" | "pattern"
            | "examples" | "minLength" | "maxLength" | "propertyNames" => {}
            "$ref" => check(root, resolve(wanted, root), value, path, found),
            "type" if !has_type(wanted, value) => found.push(format!("{path}: not {wanted}")),
            "type" => {}
            "const" if wanted != value => found.push(format!("{path}: not {wanted}")),
            "const" => {}
            "enum" if !wanted.as_array().unwrap().contains(value) => {
                found.push(format!("{path}: not one of {wanted}"));
            }
            "enum" => {}
            "minimum" if value.as_f64() < wanted.as_f64() => {
                found.push(format!("{path}: below {wanted}"));
            }
            "minimum" => {}
            "oneOf" | "anyOf" => {
                let fits = |choice: &&Value| {
                    let mut misfits = Vec::new();
                    check(root, choice, value, path, &mut misfits);
                    misfits.is_empty()
                };
                let fitting = wanted.as_array().unwrap().iter().filter(fits).count();
                if fitting == 0 || (keyword == "oneOf" && fitting > 1) {
                    found.push(format!("{path}: fits {fitting} of the choices"));
                }
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{path}[{place}]"), found);
                }
            }
            "required" => {
                for name in wanted.as_array().unwrap() {
                    if value
                        .as_object()
                        .is_some_and(|have| !have.contains_key(name.as_str().unwrap()))
                    {
                        found.push(format!("{path}: {name} is missing"));
                    }
                }
            }
            "properties" | "additionalProperties" | "patternProperties" => {}
            unknown => {
                found.push(format!("{path}: this test does not know the keyword `{unknown}`"))
            }
        }
    }
    check_fields(root, object, value, path, found);
}

fn check_fields(
    root: &Value,
    schema: &Map<String, Value>,
    value: &Value,
    path: &str,
    found: &mut Vec<String>,
) {
    let named = schema.get("properties").and_then(Value::as_object);
    let pattern = schema.get("patternProperties").and_then(Value::as_object);
    for (name, field) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let by_pattern = || pattern.and_then(|patterns| patterns.values().next());
        if let Some(wanted) = named.and_then(|named| named.get(name)).or_else(by_pattern) {
            check(root, wanted, field, &path, found);
        } else {
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => found.push(format!("{path}: unknown field")),
                Some(wanted) => check(root, wanted, field, &path, found),
                None => {}
            }
        }
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        unknown => panic!("this test does not know the type `{unknown}`"),
    };
    match wanted {
        Value::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap())),
        kind => is(kind.as_str().unwrap()),
    }
}
