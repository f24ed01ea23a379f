//! The servers that are asked: the service's own listeners, and the bare handler.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::routing::any;
use axum::{Json, Router};
use deedbook_service::budgets::Rates;
use deedbook_service::engine::Engine;
use deedbook_service::http::{Addresses, Listeners};
use deedbook_service::shutdown::Shutdown;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;

/// Both, until they are stopped.
pub struct Servers {
    /// The service's portal.
    pub portal: SocketAddr,
    /// The bare handler.
    pub bare: SocketAddr,
    answer: Arc<OnceLock<Value>>,
    shutdown: Shutdown,
}

/// What the bare handler reads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    license_id: String,
    feature: String,
}

impl Servers {
    /// Starts to serve.
    pub async fn start(engine: &Engine) -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind(Addresses { portal: free, console: free }).await.unwrap();
        // What is asked for is counted as always, and is never too much.
        let listeners = listeners.with_rates(Rates { management: u64::MAX, validation: u64::MAX });
        let portal = listeners.addresses().unwrap().portal;
        let shutdown = Shutdown::default();
        tokio::spawn(listeners.serve(engine.clone(), shutdown.clone()));
        let answer = Arc::new(OnceLock::new());
        let router = Router::new().fallback(any(answer_bare)).with_state(Arc::clone(&answer));
        let listener = TcpListener::bind(free).await.unwrap();
        let bare = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { portal, bare, answer, shutdown }
    }

    /// What the bare handler answers.
    pub fn answer_as(&self, answer: Value) {
        self.answer.set(answer).expect("it is said once");
    }

    /// Stops the service.
    pub fn stop(&self) {
        self.shutdown.start();
    }
}

async fn answer_bare(
    State(answer): State<Arc<OnceLock<Value>>>,
    Json(question): Json<Question>,
) -> Json<Value> {
    std::hint::black_box((question.license_id, question.feature));
    Json(answer.get().cloned().unwrap_or_default())
}
