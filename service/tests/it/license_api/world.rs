//! A vendor with one product, two customers with a license each, and the service in front of it.

use std::fmt::Write;

use ledger::license_key;
use serde_json::{Value, json};

use crate::support::{Answer, Home, Service, code, exchange, get, graphql, run, said};

/// The random digits of the first customer's key.
pub const FIRST: &str = "0F3K9QXZ20ABCDEFGHJKMNPQRS";
/// The key of the second customer's license, in a form of an earlier system.
pub const OTHER: &str = "OLD-KEY-OF-GLOBEX-4711";

const CATALOG: &str = r#"
{"type":"product","product":"orbit","name":"Orbit","at":"2026-01-01"}
{"type":"feature","product":"orbit","feature":"core","name":"Core","kind":"boolean","at":"2026-01-01"}
{"type":"feature","product":"orbit","feature":"sso","name":"Single sign-on","kind":"boolean","at":"2026-01-01"}
{"type":"feature","product":"orbit","feature":"model_detail","name":"Model detail","kind":"enum","values":["basic","fine","ultra"],"at":"2026-01-01"}
{"type":"feature","product":"orbit","feature":"api_calls","name":"API calls","kind":"metered","unit":"call","at":"2026-01-01"}
{"type":"feature","product":"orbit","feature":"exports","name":"Exports","kind":"metered","unit":"export","at":"2026-01-01"}
{"type":"edition","product":"orbit","edition":"core","name":"Core","values":{"core":true,"model_detail":"fine","api_calls":{"amount":100},"exports":{"amount":1000000}},"at":"2026-01-01"}
{"type":"plan","product":"orbit","plan":"perpetual","name":"Perpetual","at":"2026-01-01"}
{"type":"offering","product":"orbit","offering":"orbit-core","name":"Core","edition":"core","plan":"perpetual","devices":2,"domains":1,"at":"2026-01-01"}
{"type":"offering","product":"orbit","offering":"orbit-one","name":"One device","edition":"core","plan":"perpetual","devices":1,"at":"2026-01-01"}
"#;

/// The service, and the folder behind it.
pub struct World {
    service: Service,
    home: Home,
}

/// A key of the product with these random digits.
pub fn key(random: &str) -> String {
    license_key::spell("ORBT", random)
}

impl World {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, served with more arguments.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::serve(imported(), arguments)
    }

    pub fn on(home: Home) -> Self {
        Self::serve(home, &[])
    }

    fn serve(home: Home, arguments: &[&str]) -> Self {
        let serve = [&["serve", "--data", home.data()][..], arguments].concat();
        Self { service: Service::start_command(&serve), home }
    }

    /// The folder, once the service has stopped.
    pub fn stop(self) -> Home {
        let Self { service, home } = self;
        assert_eq!(service.stop().0, 0);
        home
    }

    pub fn get(&self, path: &str) -> Answer {
        get(&self.service.portal, path)
    }

    /// Asks the console as its first operator.
    pub fn console(&self, query: &str) -> Value {
        let token = self.service.console_token();
        graphql(&self.service.console, Some(&token), query).json()
    }

    /// Asks with the key of the first customer.
    pub fn ask(&self, operation: &str, body: &Value) -> Answer {
        self.ask_with(operation, body, &[])
    }

    pub fn ask_with(&self, operation: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        self.ask_by(&key(FIRST), operation, body, headers)
    }

    pub fn ask_by(
        &self,
        key: &str,
        operation: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let authorization = format!("License {key}");
        let headers = [&[("Authorization", authorization.as_str())][..], headers].concat();
        let path = format!("/v1/license/{operation}");
        self.exchange("POST", &path, &body.to_string(), &headers)
    }

    /// Sends a request with a body of JSON, unless its headers say otherwise.
    pub fn exchange(
        &self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let address = &self.service.portal;
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request.push_str("Content-Type: application/json\r\n");
        }
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        write!(request, "Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
            .unwrap();
        exchange(address, &request)
    }
}

fn imported() -> Home {
    let home = Home::new();
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(files.path().join(name), text.trim_start()).unwrap();
    };
    write("catalog.jsonl", CATALOG);
    write(
        "customers.csv",
        "external_id,name,since\nacme,Acme,2026-01-02\nglobex,Globex,2026-01-02\n",
    );
    let licenses = format!(
        "external_id,customer_external_id,product,offering,key,issued_at\n\
         L-1,acme,orbit,orbit-core,{},2026-02-01\nL-2,globex,orbit,orbit-one,{OTHER},2026-02-01\n",
        key(FIRST)
    );
    write("licenses.csv", &licenses);
    let done = run(&["import", "--data", home.data(), files.path().to_str().unwrap()]);
    assert_eq!(code(&done), 0, "{}", said(&done));
    home
}

/// Usage as it is sent.
pub fn used(id: &str, feature: &str, quantity: u64) -> Value {
    json!({ "id": id, "feature": feature, "quantity": quantity })
}
