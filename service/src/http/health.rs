//! `/healthz` (the process answers), `/readyz` (it can be relied on, and why not) and `/metrics`.

use std::sync::OnceLock;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Serialize;

use crate::engine::{Engine, EngineHealth};
use ledger_log::sealing::Sealing;

/// Bounds of the request histogram, in seconds.
const SECONDS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// More events than this behind the log, and answers are too old to be called ready.
const LAG_EVENTS_MAX: u64 = 10_000;

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts recording metrics, once a process.
///
/// # Errors
/// When the histogram's bounds are refused.
pub fn start_metrics() -> Result<(), BuildError> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        // Nobody else sets it: the recorder is installed only here.
        let _ = RECORDER.set(handle);
    }
    Ok(())
}

/// The process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Readiness {
    ready: bool,
    ledger: &'static str,
    position: Option<u64>,
    views_position: Option<u64>,
    lag_events: u64,
    /// How many events the newest checkpoint covers.
    signed_events: Option<u64>,
    /// Why the last try to sign failed. The service stays ready: what is durable can be signed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Whether the service can be relied on now.
pub async fn readyz(State(engine): State<Engine>) -> Response {
    let readiness = readiness(&engine);
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

/// The metrics, for Prometheus.
pub async fn metrics(State(engine): State<Engine>) -> Response {
    let state = readiness(&engine);
    gauge("deedbook_log_position", state.position.unwrap_or(0));
    gauge("deedbook_views_position", state.views_position.unwrap_or(0));
    gauge("deedbook_views_lag_events", state.lag_events);
    gauge("deedbook_log_signed_events", state.signed_events.unwrap_or(0));
    gauge("deedbook_log_signing_failed", u64::from(state.signing_failure.is_some()));
    gauge("deedbook_log_halted", u64::from(state.ledger == "halted"));
    gauge("deedbook_ready", u64::from(state.ready));
    let text = RECORDER.get().map(|handle| {
        handle.run_upkeep();
        handle.render()
    });
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, content_type)], text.unwrap_or_default()).into_response()
}

fn readiness(engine: &Engine) -> Readiness {
    let position = engine.durable().map(|position| position.0);
    let views_position = engine.views_position().map(|position| position.0);
    let lag_events = position.unwrap_or(0).saturating_sub(views_position.unwrap_or(0));
    let (ledger, trouble) = match engine.health() {
        EngineHealth::Well => ("well", None),
        EngineHealth::Halted { reason } => ("halted", Some(reason)),
        EngineHealth::ViewsStopped { reason } => ("views-stopped", Some(reason)),
    };
    let behind = (lag_events > LAG_EVENTS_MAX)
        .then(|| format!("the views are {lag_events} events behind the log"));
    let reason = trouble.or(behind);
    let sealing = engine.sealing().map(Sealing::health);
    let signed = sealing.as_ref().and_then(|health| health.newest.as_ref());
    Readiness {
        ready: reason.is_none(),
        ledger,
        position,
        views_position,
        lag_events,
        signed_events: signed.map(|held| held.checkpoint.size),
        signing_failure: sealing.and_then(|health| health.failure),
        reason,
    }
}

fn gauge(name: &'static str, value: u64) {
    // Prometheus knows only floats; positions are exact up to 2^53.
    #[expect(clippy::cast_precision_loss, reason = "positions stay far below 2^53")]
    metrics::gauge!(name).set(value as f64);
}
