//! What this service says about itself to identity providers: what of SCIM it does, and what its resources are made of
//! (RFC 7643, 5 to 7).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{Refused, answer, list, set};
use super::listing::COUNT_MAX;

/// The schema of a user.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a group.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// What of SCIM is done here.
#[must_use]
pub fn configuration(base: &str) -> Response {
    let no = json!({ "supported": false });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": COUNT_MAX },
        "changePassword": no, "sort": no, "etag": no,
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Token of a program",
            "description": "A token with the scopes PEOPLE and LICENSES, made by an admin on the page Your account",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    });
    answer(StatusCode::OK, &body)
}

/// The kinds of resources, or the one of this name.
///
/// # Errors
/// When there is none.
pub fn resource_types(base: &str, name: Option<&str>) -> Result<Response, Refused> {
    let kind = |id: &str, endpoint: &str, schema: &str, description: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": id, "name": id, "endpoint": endpoint, "schema": schema, "description": description,
            "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{id}") },
        })
    };
    let all = vec![
        kind("User", "/Users", USER, "A person of the account"),
        kind("Group", "/Groups", GROUP, "Who has a seat of a license"),
    ];
    one_of(all, name)
}

/// The schemas, or the one with this id.
///
/// # Errors
/// When there is none.
pub fn schemas(base: &str, id: Option<&str>) -> Result<Response, Refused> {
    let all = [user(), group()].into_iter().map(|mut schema| {
        let id = schema.get("id").and_then(Value::as_str).unwrap_or_default();
        let meta = json!({ "resourceType": "Schema", "location": format!("{base}/Schemas/{id}") });
        set(&mut schema, "schemas", json!(["urn:ietf:params:scim:schemas:core:2.0:Schema"]));
        set(&mut schema, "meta", meta);
        schema
    });
    one_of(all.collect(), id)
}

fn one_of(all: Vec<Value>, id: Option<&str>) -> Result<Response, Refused> {
    let Some(id) = id else { return Ok(list(all.len(), 1, all)) };
    let found = all.iter().find(|one| one.get("id").is_some_and(|own| own == id));
    let found = found.ok_or_else(Refused::not_found)?;
    Ok(answer(StatusCode::OK, found))
}

fn user() -> Value {
    let name = json!([attribute("formatted", "string", "immutable", "The name", false)]);
    let emails = json!([
        attribute("value", "string", "immutable", "The e-mail", false),
        attribute("type", "string", "readOnly", "What it is for", false),
        attribute("primary", "boolean", "readOnly", "Whether it is the first", false),
    ]);
    json!({
        "id": USER,
        "name": "User",
        "description": "A person of the account",
        "attributes": [
            attribute("userName", "string", "immutable", "The e-mail with which the person signs in", true),
            complex("name", false, "The name, as it was when the person was added", name),
            attribute("displayName", "string", "immutable", "The same name", false),
            attribute("active", "boolean", "readWrite", "Whether the person may come in", false),
            complex("emails", true, "The e-mail with which the person signs in", emails),
        ],
    })
}

fn group() -> Value {
    let mut address = attribute("$ref", "reference", "readOnly", "The address of the user", false);
    set(&mut address, "referenceTypes", json!(["User"]));
    let members = json!([
        attribute("value", "string", "immutable", "The id of the user", false),
        attribute("display", "string", "readOnly", "The name of the user", false),
        address,
        attribute("type", "string", "readOnly", "What it is: User", false),
    ]);
    let mut members = complex("members", true, "Who has a seat of the license", members);
    set(&mut members, "mutability", "readWrite".into());
    json!({
        "id": GROUP,
        "name": "Group",
        "description": "Who has a seat of a license",
        "attributes": [
            attribute("displayName", "string", "immutable", "The license", true),
            members,
        ],
    })
}

fn attribute(name: &str, kind: &str, mutability: &str, description: &str, required: bool) -> Value {
    json!({
        "name": name, "type": kind, "multiValued": false, "description": description,
        "required": required, "caseExact": false, "mutability": mutability, "returned": "default",
        "uniqueness": if name == "userName" { "global" } else { "none" },
    })
}

fn complex(name: &str, many: bool, description: &str, parts: Value) -> Value {
    let mut complex = attribute(name, "complex", "immutable", description, false);
    set(&mut complex, "multiValued", many.into());
    set(&mut complex, "subAttributes", parts);
    complex
}
