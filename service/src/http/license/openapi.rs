//! The description of the license API as OpenAPI 3.1, made from the types that requests are read into and answers are
//! written from.

use axum::Json;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::answer::{Bound, Counted, Decided, Freed};
use super::asks::{Activate, Deactivate, EVENTS_MAX, Heartbeat, Usage, Validate};
use super::{DOCUMENT_PATH, KEYS_PATH, PATH};

/// One operation, as it is described.
struct Described {
    name: &'static str,
    summary: &'static str,
    told: &'static str,
    named: bool,
}

const OPERATIONS: [Described; 5] = [
    Described {
        name: "activate",
        summary: "Bind the device that the software runs on",
        told: "Decided",
        named: true,
    },
    Described {
        name: "deactivate",
        summary: "Free the slot of a device",
        told: "Freed",
        named: true,
    },
    Described {
        name: "validate",
        summary: "Ask whether the license may be used, and why",
        told: "Decided",
        named: false,
    },
    Described {
        name: "heartbeat",
        summary: "Say that the software runs on a device, and ask whether it may",
        told: "Decided",
        named: false,
    },
    Described { name: "usage", summary: "Count what was used", told: "Counted", named: false },
];

pub(super) async fn published() -> Json<Value> {
    Json(document())
}

/// The description.
#[must_use]
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let answers = [
        ("Decided", answer::<Decided>(&mut generator)),
        ("Freed", answer::<Freed>(&mut generator)),
        ("Counted", answer::<Counted>(&mut generator)),
    ];
    generator.subschema_for::<Activate>();
    generator.subschema_for::<Deactivate>();
    generator.subschema_for::<Validate>();
    generator.subschema_for::<Heartbeat>();
    generator.subschema_for::<Usage>();
    let mut schemas = generator.take_definitions(true);
    for (name, schema) in answers {
        schemas.insert(format!("{name}Answer"), schema);
    }
    schemas.insert("CloudEvent".to_owned(), cloud_event());
    schemas.insert("Problem".to_owned(), problem());
    let described = OPERATIONS.iter().map(|one| (format!("{PATH}/{}", one.name), post(one)));
    let mut paths: Map<String, Value> = described.collect();
    paths.insert(KEYS_PATH.to_owned(), keys());
    paths.insert(DOCUMENT_PATH.to_owned(), itself());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Deedbook license API", "version": "1",
            "description": "What software in the field does with its license key. Answers are signed (RFC 9421).",
            "license": { "name": "see the vendor's terms", "identifier": "LicenseRef-vendor" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "licenseKey": [] }, { "apiKey": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "licenseKey": { "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`License <key>`" },
                "apiKey": { "type": "apiKey", "in": "header", "name": "X-API-Key",
                    "description": "The license key, for tools that send nothing else." },
            },
        },
    })
}

fn keys() -> Value {
    let words = "The present key first, then those that were replaced in the last 30 days.";
    json!({ "get": {
        "operationId": "keys", "security": [],
        "summary": "The keys that answers are signed with, as a JSON Web Key Set",
        "responses": { "200": { "description": words,
            "content": { "application/json": { "schema": key_set() } } } },
    } })
}

fn itself() -> Value {
    json!({ "get": {
        "operationId": "document", "security": [], "summary": "This description",
        "responses": { "200": { "description": "This description.",
            "content": { "application/json": { "schema": { "type": "object" } } } } },
    } })
}

/// An answer with what it binds, as one schema.
fn answer<T: JsonSchema>(generator: &mut schemars::SchemaGenerator) -> Value {
    let (told, bound) = (generator.subschema_for::<T>(), generator.subschema_for::<Bound>());
    json!({ "allOf": [told, bound] })
}

fn post(one: &Described) -> Value {
    let ask = first_upper(one.name);
    let ask = json!({ "schema": { "$ref": format!("#/components/schemas/{ask}") } });
    let content = if one.name == "usage" {
        let event = json!({ "$ref": "#/components/schemas/CloudEvent" });
        let many =
            json!({ "type": "array", "items": event, "minItems": 1, "maxItems": EVENTS_MAX });
        json!({
            "application/json": ask,
            "application/cloudevents+json": { "schema": event },
            "application/cloudevents-batch+json": { "schema": many },
        })
    } else {
        json!({ "application/json": ask })
    };
    let told = format!("#/components/schemas/{}Answer", one.told);
    let refused = |description: &str| {
        json!({ "description": description, "content": {
            "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
        } })
    };
    let named = json!([{
        "name": "Idempotency-Key", "in": "header", "required": false,
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
        "description": "The name of this intent: sent again, it gets the outcome that it had.",
    }]);
    json!({ "post": {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": if one.named { named } else { json!([]) },
        "requestBody": { "required": true, "content": content },
        "responses": {
            "200": { "description": "The answer, signed.",
                "headers": signature_headers(),
                "content": { "application/json": { "schema": { "$ref": told } } } },
            "400": refused("The request cannot be understood."),
            "401": refused("There is no license key."),
            "404": refused("No license has this key."),
            "409": refused("The rules stand against it."),
            "413": refused("The request is too large."),
            "415": refused("The request is of another media type."),
            "422": refused("The `Idempotency-Key` was used for something else."),
            "429": refused("Too much was asked for lately: see Retry-After."),
            "503": refused("It cannot be answered at this moment."),
        },
    } })
}

fn signature_headers() -> Value {
    let text =
        |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "Content-Digest": text("The SHA-256 of the body (RFC 9530)."),
        "Signature-Input": text("What is signed, when, and with which key (RFC 9421)."),
        "Signature": text("The signature (RFC 9421)."),
    })
}

fn first_upper(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn cloud_event() -> Value {
    json!({
        "type": "object",
        "description": "Usage as a CloudEvent 1.0. It is counted once, by its source and id.",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "minLength": 1 },
            "source": { "type": "string", "minLength": 1 },
            "type": { "const": "deedbook.usage.v1" },
            "time": { "type": "string", "format": "date-time" },
            "data": {
                "type": "object", "required": ["feature", "quantity"],
                "properties": {
                    "feature": { "type": "string" },
                    "quantity": { "$ref": "#/components/schemas/Units" },
                },
            },
        },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457). Where the license is known, it also says what every answer says of itself, and is signed.",
        "required": ["type", "title", "status", "code", "detail", "retryable", "requestId"],
        "properties": {
            "type": { "const": "about:blank" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string", "description": "The stable code. New codes may be added: keep a default branch." },
            "detail": { "type": "string", "description": "What is so, in plain words." },
            "field": { "type": "string", "description": "The field that it is about." },
            "advice": { "type": "string", "description": "What to do next." },
            "rule": { "type": "string", "description": "The rule that stands against it." },
            "retryable": { "type": "boolean", "description": "Whether the same request may succeed later." },
            "requestId": { "type": "string" },
        },
    })
}

fn key_set() -> Value {
    json!({
        "type": "object", "required": ["keys"],
        "properties": { "keys": { "type": "array", "items": {
            "type": "object", "required": ["kty", "crv", "x", "kid", "alg", "use"],
            "properties": {
                "kty": { "const": "OKP" }, "crv": { "const": "Ed25519" }, "x": { "type": "string" },
                "kid": { "type": "string" }, "alg": { "const": "EdDSA" }, "use": { "const": "sig" },
            },
        } } },
    })
}
