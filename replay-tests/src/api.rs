//! GraphQL as a caller with a token sees it: queries, mutations under command ids, refusals by code.

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::http::{Answer, Door};

/// A door of the service, and the ids of the commands that are sent through it.
pub struct Api {
    /// The door.
    pub door: Door,
    chance: Chance,
}

impl Api {
    /// A caller at this door.
    #[must_use]
    pub const fn new(door: Door, chance: Chance) -> Self {
        Self { door, chance }
    }

    /// A new command id.
    pub fn command_id(&mut self) -> String {
        schemas::CommandId::new(self.chance.id()).to_string()
    }

    /// The whole answer to a document.
    pub fn ask(&mut self, query: &str, variables: &Value) -> Answer {
        self.door.graphql(query, variables).unwrap()
    }

    /// The data of a query, which must have no errors.
    #[track_caller]
    pub fn query(&mut self, query: &str, variables: &Value) -> Value {
        let answer = self.ask(query, variables);
        let mut body = answer.json();
        assert!(body.get("errors").is_none(), "{query}\n{variables}\n{body}");
        assert_eq!(answer.status, 200, "{body}");
        body["data"].take()
    }

    /// The code of the error that a query is answered with.
    #[track_caller]
    pub fn query_error(&mut self, query: &str, variables: &Value) -> String {
        let body = self.ask(query, variables).json();
        let code = body["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("{query}\n{variables}\nno error in {body}")).to_owned()
    }

    /// The payload of a mutation under a new command id, accepted or refused.
    #[track_caller]
    pub fn send(&mut self, mutation: &str, mut input: Value, selection: &str) -> Value {
        if input.get("commandId").is_none() {
            input["commandId"] = self.command_id().into();
        }
        let query = document(mutation, selection);
        let mut data = self.query(&query, &json!({ "input": input }));
        data[mutation].take()
    }

    /// The payload of a mutation that must be accepted.
    #[track_caller]
    pub fn done(&mut self, mutation: &str, input: Value, selection: &str) -> Value {
        let payload = self.send(mutation, input.clone(), selection);
        assert_eq!(payload["userErrors"], json!([]), "{mutation} {input}");
        payload
    }

    /// The refusal of a mutation that must be refused.
    #[track_caller]
    pub fn refused(&mut self, mutation: &str, input: Value) -> Value {
        let payload = self.send(mutation, input.clone(), "");
        let error = payload["userErrors"][0].clone();
        assert!(error.is_object(), "{mutation} {input} was not refused: {payload}");
        error
    }

    /// The code with which a mutation is refused.
    #[track_caller]
    pub fn refused_code(&mut self, mutation: &str, input: Value) -> String {
        self.refused(mutation, input)["code"].as_str().unwrap().to_owned()
    }
}

/// The document of a mutation with one input.
#[must_use]
pub fn document(mutation: &str, selection: &str) -> String {
    let (first, rest) = mutation.split_at(1);
    let input = format!("{}{rest}Input", first.to_uppercase());
    format!(
        "mutation($input: {input}!) {{ {mutation}(input: $input) {{ {selection} consistencyToken position \
         replayed userErrors {{ code message field advice rule }} }} }}"
    )
}
