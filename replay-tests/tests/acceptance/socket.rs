//! A client of `graphql-transport-ws`, as a browser's.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::stage::Stage;

/// Longer than anything here takes; reached only when nothing comes at all.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// An open connection.
pub struct Socket<'a> {
    stage: &'a Stage,
    who: &'a str,
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a connection came to.
#[derive(Debug)]
pub enum Heard {
    /// A message.
    Message(Value),
    /// The other side closed, with this code.
    Closed(Option<u16>),
}

impl<'a> Socket<'a> {
    /// Connects, and shows this token.
    pub fn connect(
        stage: &'a Stage,
        who: &'a str,
        address: SocketAddr,
        token: &str,
    ) -> (Self, Heard) {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let connecting = tokio_tungstenite::connect_async(request);
        let (stream, _) = stage.block_on(connecting).unwrap();
        let mut socket = Self { stage, who, stream };
        let init = json!({ "type": "connection_init",
            "payload": { "authorization": format!("Bearer {token}") } });
        socket.send(&init);
        let heard = socket.hear();
        (socket, heard)
    }

    /// Connects to the portal as somebody who may come in.
    pub fn portal(stage: &'a Stage, who: &'a str) -> Self {
        let token = stage.token(who);
        let (socket, heard) = Self::connect(stage, who, stage.addresses.portal, &token);
        assert!(
            matches!(&heard, Heard::Message(one) if one["type"] == "connection_ack"),
            "{heard:?}"
        );
        socket
    }

    /// Starts an operation. It listens when this returns.
    pub fn subscribe(&mut self, id: &str, document: &str, variables: &Value) {
        let payload = json!({ "query": document, "variables": variables });
        self.send(&json!({ "type": "subscribe", "id": id, "payload": payload }));
        // Messages are taken in order, and whoever answers three pings has started what came before them.
        for _ in 0..3 {
            self.send(&json!({ "type": "ping" }));
            let heard = self.message();
            assert_eq!(heard["type"], "pong", "{heard}");
        }
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        let text = Message::Text(message.to_string().into());
        self.stage.block_on(self.stream.send(text)).unwrap();
    }

    /// The next message.
    #[track_caller]
    pub fn message(&mut self) -> Value {
        match self.hear() {
            Heard::Message(message) => message,
            Heard::Closed(code) => panic!("the connection was closed with {code:?}"),
        }
    }

    /// Whatever comes next.
    #[track_caller]
    pub fn hear(&mut self) -> Heard {
        loop {
            let next = async { tokio::time::timeout(SILENCE_MAX, self.stream.next()).await };
            match self.stage.block_on(next).unwrap_or_else(|_| panic!("nothing comes")) {
                Some(Ok(Message::Text(text))) => {
                    self.stage.scan(self.who, "", &text);
                    return Heard::Message(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }
}
