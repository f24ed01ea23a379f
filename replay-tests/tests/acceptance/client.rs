//! The client that every test speaks through. It never lets a portal answer pass that holds another tenant's data,
//! and it sends every mutation twice: the second answer must be the first, and must record nothing.

use replay_tests::http::Answer;
use serde_json::{Value, json};

use crate::stage::{Side, Stage};

impl Stage {
    /// The answer to a raw body of `POST /graphql`.
    #[track_caller]
    pub fn post(&self, who: &str, body: &str) -> Answer {
        let mut door = self.take_door(who);
        let headers = [("content-type", "application/json")];
        let answer = door.send("POST", "/graphql", &headers, body.as_bytes()).unwrap();
        self.return_door(who, door);
        self.scan(who, body, &answer.text());
        answer
    }

    /// No customer reads what belongs to another one, or to the vendor's people, unless it sent the text itself.
    #[track_caller]
    pub fn scan(&self, who: &str, asked: &str, answer: &str) {
        let (own, also) = {
            let people = self.people.lock().unwrap();
            let person = &people[who];
            if person.side == Side::Console {
                return;
            }
            (person.tenant.clone(), person.also.clone())
        };
        for (tenant, secret) in self.secrets.lock().unwrap().iter() {
            let foreign = !tenant.starts_with(&own) && !also.contains(tenant);
            if foreign && answer.contains(secret) && !asked.contains(secret) {
                panic!(
                    "{who} of {own} reads `{secret}` of {tenant}\nasked: {asked}\nread: {answer}"
                );
            }
        }
    }

    /// The whole answer to a document, data and errors.
    #[track_caller]
    pub fn answer(&self, who: &str, document: &str, variables: &Value) -> Value {
        let body = json!({ "query": document, "variables": variables }).to_string();
        self.post(who, &body).json()
    }

    /// The data of a query, which must have no errors.
    #[track_caller]
    pub fn ask(&self, who: &str, document: &str, variables: Value) -> Value {
        let mut answer = self.answer(who, document, &variables);
        assert!(answer.get("errors").is_none(), "{who}: {document}\n{variables}\n{answer}");
        answer["data"].take()
    }

    /// The code of the first error of an answer.
    #[track_caller]
    pub fn error(&self, who: &str, document: &str, variables: Value) -> String {
        let answer = self.answer(who, document, &variables);
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("{document}\n{variables}\nno error in {answer}")).to_owned()
    }

    /// A new command id.
    pub fn command_id(&self) -> String {
        self.chance.lock().unwrap().id().to_string()
    }

    /// The payload of a mutation, accepted or refused; sent twice.
    #[track_caller]
    pub fn act(&self, who: &str, mutation: &str, mut input: Value, selection: &str) -> Value {
        if input.get("commandId").is_none() {
            input["commandId"] = self.command_id().into();
        }
        self.token(who);
        let before = self.position();
        let first = self.once(who, mutation, &input, selection);
        let between = self.position();
        let second = self.once(who, mutation, &input, selection);
        let after = self.position();
        assert_eq!(between, after, "the retry of {mutation} {input} recorded something");
        let recorded = before != between;
        if recorded && first["userErrors"] == json!([]) {
            assert_eq!(first["replayed"], json!(false), "{mutation} {input}: {first}");
            assert_eq!(
                second["replayed"],
                json!(true),
                "the retry of {mutation} {input}: {second}"
            );
        }
        let plain = |payload: &Value| {
            let mut payload = payload.clone();
            payload["replayed"] = Value::Null;
            payload
        };
        assert_eq!(plain(&first), plain(&second), "the retry of {mutation} {input}");
        first
    }

    /// The payload of a mutation that is sent once; the input has its command id.
    #[track_caller]
    pub fn once(&self, who: &str, mutation: &str, input: &Value, selection: &str) -> Value {
        let document = document(mutation, selection);
        let mut data = self.ask(who, &document, json!({ "input": input }));
        let payload = data[mutation].take();
        assert!(payload.is_object(), "{mutation} {input} answers {payload}");
        payload
    }

    /// The payload of a mutation that must be accepted.
    #[track_caller]
    pub fn done(&self, who: &str, mutation: &str, input: Value, selection: &str) -> Value {
        let payload = self.act(who, mutation, input.clone(), selection);
        assert_eq!(payload["userErrors"], json!([]), "{who}: {mutation} {input}");
        payload
    }

    /// The refusal of a mutation that must be refused. A refusal says what happened, why, and what to do.
    #[track_caller]
    pub fn refused(&self, who: &str, mutation: &str, input: Value) -> Value {
        let payload = self.act(who, mutation, input.clone(), "");
        let error = payload["userErrors"][0].clone();
        assert!(error.is_object(), "{who}: {mutation} {input} was not refused: {payload}");
        for part in ["code", "message", "advice"] {
            let said = error[part].as_str().unwrap_or_default();
            assert!(!said.is_empty(), "the refusal of {mutation} has no {part}: {error}");
        }
        error
    }

    /// The code with which a mutation is refused, which records nothing.
    #[track_caller]
    pub fn refused_code(&self, who: &str, mutation: &str, input: Value) -> String {
        self.token(who);
        let before = self.position();
        let code = self.refused(who, mutation, input.clone())["code"].as_str().unwrap().to_owned();
        if code != "FORBIDDEN" {
            assert_eq!(
                before,
                self.position(),
                "the refused {mutation} {input} recorded something"
            );
        }
        code
    }
}

/// The document of a mutation with one input.
pub fn document(mutation: &str, selection: &str) -> String {
    let input = input_type(mutation);
    format!(
        "mutation($input: {input}!) {{ {mutation}(input: $input) {{ {selection} consistencyToken position \
         replayed userErrors {{ code message field advice rule }} }} }}"
    )
}

fn input_type(mutation: &str) -> String {
    if mutation == "domainDeactivate" {
        return "DeviceDeactivateInput".to_owned();
    }
    let (first, rest) = mutation.split_at(1);
    format!("{}{rest}Input", first.to_uppercase())
}

/// The codes of what was wrong with a mutation.
pub fn codes(payload: &Value) -> Vec<String> {
    each(&payload["userErrors"], "code")
}

/// The objects of a list.
#[track_caller]
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

/// The first object of a list that has this value at this key.
#[track_caller]
pub fn with<'a>(value: &'a Value, key: &str, wanted: &str) -> &'a Value {
    let found = list(value).iter().find(|one| one[key] == *wanted);
    found.unwrap_or_else(|| panic!("nothing has {key} `{wanted}` in {value}"))
}

/// The texts at a key of each object of a list.
#[track_caller]
pub fn each(value: &Value, key: &str) -> Vec<String> {
    list(value).iter().map(|one| crate::stage::text(&one[key])).collect()
}

/// The whole number that a `BigInt` says.
#[track_caller]
pub fn number(value: &Value) -> u64 {
    let said = value.as_str().unwrap_or_else(|| panic!("{value} is no BigInt"));
    said.parse().unwrap_or_else(|error| panic!("{said}: {error}"))
}
