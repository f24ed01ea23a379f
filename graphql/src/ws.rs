//! Subscriptions over WebSocket, in the sub-protocol `graphql-transport-ws`. Who connects signs in
//! with the first message; the sign-in is looked at again whenever the ledger moves, so that a
//! revoked token closes the socket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, abortable};
use futures_util::stream::{BoxStream, SelectAll};
use projections::Heard;
use schemas::StreamKind;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, refusal_error};
use crate::door::{Door, Operation, Pass};
use crate::refusal::Refusal;
use crate::request_id::RequestId;

/// The only sub-protocol that is spoken.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// How long a client may take to sign in.
const SIGN_IN_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a client may take to read one message: a slow reader is disconnected, it can resume
/// where it was.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);
/// The longest id of an operation.
const OPERATION_ID_BYTES_MAX: usize = 128;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ClientMessage {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Value>,
    },
    Ping,
    Pong,
    Subscribe {
        id: String,
        payload: SubscribePayload,
    },
    Complete {
        id: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscribePayload {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Value,
}

/// What an operation yields.
struct Yielded {
    id: String,
    /// Which of the operations that the client gave this id, one after the other.
    serial: u64,
    /// A message of it; `None`: it ended.
    payload: Option<Value>,
}

struct Open {
    serial: u64,
    handle: AbortHandle,
}

/// Why a connection is closed.
struct Close {
    code: u16,
    reason: &'static str,
}

const BAD_MESSAGE: Close = Close { code: 4400, reason: "Bad message" };
const UNAUTHORIZED: Close = Close { code: 4401, reason: "Unauthorized" };
const FORBIDDEN: Close = Close { code: 4403, reason: "Forbidden" };
const SUBPROTOCOL: Close = Close { code: 4406, reason: "Subprotocol not acceptable" };
const INIT_TIMEOUT: Close = Close { code: 4408, reason: "Connection initialisation timeout" };
const SUBSCRIBER_EXISTS: Close = Close { code: 4409, reason: "Subscriber already exists" };
const TOO_MANY_INITS: Close = Close { code: 4429, reason: "Too many initialisation requests" };

type Step = ControlFlow<Option<Close>>;

/// What the request that opened a connection showed.
pub(crate) struct Shown {
    /// Its `Authorization` header: it counts where the first message brings none, since a page cannot read its own session.
    pub authorization: Option<String>,
    /// From where it came.
    pub from: Option<IpAddr>,
}

/// Serves one connection until it ends.
pub(crate) async fn serve<V: Clone + Send + Sync + 'static>(
    mut socket: WebSocket,
    door: Arc<Door<V>>,
    shown: Shown,
) {
    if socket.protocol().is_none() {
        return close(socket, Some(SUBPROTOCOL)).await;
    }
    let from = shown.from;
    let signed_in =
        tokio::time::timeout(SIGN_IN_TIME_MAX, sign_in(&mut socket, &door, shown)).await;
    let (bearer, pass) = match signed_in {
        Ok(Ok(signed_in)) => signed_in,
        Ok(Err(reason)) => return close(socket, reason).await,
        Err(_) => return close(socket, Some(INIT_TIMEOUT)).await,
    };
    let (open, streams) = (HashMap::new(), SelectAll::new());
    Connection { socket, door, bearer, from, pass, serial: 0, open, streams }.run().await;
}

/// Waits for `connection_init`, with a bearer token that is accepted or after one that was shown.
async fn sign_in<V: Clone + Send + Sync + 'static>(
    socket: &mut WebSocket,
    door: &Door<V>,
    shown: Shown,
) -> Result<(String, Pass<V>), Option<Close>> {
    loop {
        match receive(socket).await? {
            ClientMessage::ConnectionInit { payload } => {
                let bearer = payload
                    .as_ref()
                    .and_then(|payload| {
                        payload.get("authorization").or(payload.get("Authorization"))
                    })
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .or(shown.authorization)
                    .ok_or(Some(FORBIDDEN))?;
                let pass =
                    door.admit(Some(&bearer), shown.from).await.map_err(|_| Some(FORBIDDEN))?;
                send(socket, &json!({ "type": "connection_ack" })).await?;
                return Ok((bearer, pass));
            }
            ClientMessage::Ping => send(socket, &json!({ "type": "pong" })).await?,
            ClientMessage::Pong => {}
            ClientMessage::Subscribe { .. } | ClientMessage::Complete { .. } => {
                return Err(Some(UNAUTHORIZED));
            }
        }
    }
}

struct Connection<V> {
    socket: WebSocket,
    door: Arc<Door<V>>,
    bearer: String,
    from: Option<IpAddr>,
    pass: Pass<V>,
    serial: u64,
    open: HashMap<String, Open>,
    streams: SelectAll<BoxStream<'static, Yielded>>,
}

impl<V: Clone + Send + Sync + 'static> Connection<V> {
    async fn run(mut self) {
        let mut changes = self.door.changes();
        let mut recheck = tokio::time::interval(self.door.limits().recheck_every);
        let reason = loop {
            let step = tokio::select! {
                received = receive(&mut self.socket) => match received {
                    Ok(message) => self.receive(message).await,
                    Err(reason) => Step::Break(reason),
                },
                Some(yielded) = self.streams.next(), if !self.streams.is_empty() => {
                    self.forward(yielded).await
                }
                moved = changes.next() => match moved {
                    Some(Heard::Change(change)) if !decides_access(change.stream.kind) => Step::Continue(()),
                    Some(_) => self.recheck().await,
                    None => Step::Break(None),
                },
                _ = recheck.tick() => self.recheck().await,
            };
            if let Step::Break(reason) = step {
                break reason;
            }
        };
        close(self.socket, reason).await;
    }

    async fn receive(&mut self, message: ClientMessage) -> Step {
        match message {
            ClientMessage::ConnectionInit { .. } => Step::Break(Some(TOO_MANY_INITS)),
            ClientMessage::Ping => self.send(&json!({ "type": "pong" })).await,
            ClientMessage::Pong => Step::Continue(()),
            ClientMessage::Complete { id } => {
                if let Some(open) = self.open.remove(&id) {
                    open.handle.abort();
                }
                Step::Continue(())
            }
            ClientMessage::Subscribe { id, payload } => {
                if id.is_empty() || id.len() > OPERATION_ID_BYTES_MAX {
                    return Step::Break(Some(BAD_MESSAGE));
                }
                if self.open.contains_key(&id) {
                    return Step::Break(Some(SUBSCRIBER_EXISTS));
                }
                self.subscribe(id, payload).await
            }
        }
    }

    async fn subscribe(&mut self, id: String, payload: SubscribePayload) -> Step {
        let request_id = RequestId::next();
        let operation = Operation {
            query: payload.query,
            name: payload.operation_name,
            variables: payload.variables,
        };
        match self.door.subscribe(self.pass.clone(), operation, &request_id) {
            Err(refusal) => self.refuse(&id, &refusal, &request_id).await,
            Ok((responses, counted)) => {
                let (ended, handle) = abortable(std::future::pending::<()>());
                self.serial += 1;
                let serial = self.serial;
                let named = id.clone();
                let messages = responses.take_until(ended).map(move |response| {
                    let body = Answer::from_response(response, &request_id).body;
                    let payload = Some(serde_json::from_slice(&body).unwrap_or(Value::Null));
                    Yielded { id: named.clone(), serial, payload }
                });
                let ending = id.clone();
                let end = futures_util::stream::once(async move {
                    drop(counted);
                    Yielded { id: ending, serial, payload: None }
                });
                self.streams.push(messages.chain(end).boxed());
                self.open.insert(id, Open { serial, handle });
                Step::Continue(())
            }
        }
    }

    async fn refuse(&mut self, id: &str, refusal: &Refusal, request_id: &RequestId) -> Step {
        let error = refusal_error(refusal, request_id);
        self.send(&json!({ "id": id, "type": "error", "payload": [error] })).await
    }

    async fn forward(&mut self, yielded: Yielded) -> Step {
        let Yielded { id, serial, payload } = yielded;
        // What was completed by the client has nothing more to say.
        if self.open.get(&id).is_none_or(|open| open.serial != serial) {
            return Step::Continue(());
        }
        match payload {
            Some(payload) if payload.get("data").is_some() => {
                self.send(&json!({ "id": id, "type": "next", "payload": payload })).await
            }
            // What validation refused is an error of the operation, and its end.
            Some(payload) => {
                let errors = payload.get("errors").cloned().unwrap_or_default();
                if let Some(open) = self.open.remove(&id) {
                    open.handle.abort();
                }
                self.send(&json!({ "id": id, "type": "error", "payload": errors })).await
            }
            None => {
                self.open.remove(&id);
                self.send(&json!({ "id": id, "type": "complete" })).await
            }
        }
    }

    /// Looks at the credentials again.
    async fn recheck(&mut self) -> Step {
        match self.door.admit(Some(&self.bearer), self.from).await {
            Ok(pass) => {
                self.pass = pass;
                Step::Continue(())
            }
            Err(_) => Step::Break(Some(FORBIDDEN)),
        }
    }

    async fn send(&mut self, message: &Value) -> Step {
        match send(&mut self.socket, message).await {
            Ok(()) => Step::Continue(()),
            Err(reason) => Step::Break(reason),
        }
    }
}

/// Whether facts of this kind can end somebody's access.
const fn decides_access(kind: StreamKind) -> bool {
    match kind {
        StreamKind::Access | StreamKind::Account | StreamKind::Staff => true,
        StreamKind::Ledger
        | StreamKind::Product
        | StreamKind::License
        | StreamKind::Meter
        | StreamKind::Claim
        | StreamKind::Policy
        | StreamKind::Notices => false,
    }
}

/// The next message; `Err(None)` when the client is gone.
async fn receive(socket: &mut WebSocket) -> Result<ClientMessage, Option<Close>> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                return serde_json::from_str(&text).map_err(|_| Some(BAD_MESSAGE));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_)) | Err(_)) => return Err(Some(BAD_MESSAGE)),
            Some(Ok(Message::Close(_))) | None => return Err(None),
        }
    }
}

async fn send(socket: &mut WebSocket, message: &Value) -> Result<(), Option<Close>> {
    let sending = socket.send(Message::Text(message.to_string().into()));
    match tokio::time::timeout(SEND_TIME_MAX, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

async fn close(mut socket: WebSocket, reason: Option<Close>) {
    let frame = reason.map(|reason| CloseFrame { code: reason.code, reason: reason.reason.into() });
    // A client that is gone cannot be told so.
    let _ = tokio::time::timeout(SEND_TIME_MAX, socket.send(Message::Close(frame))).await;
}
