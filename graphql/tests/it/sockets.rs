//! Subscriptions over a real WebSocket.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use schemas::MemberId;
use schemas::access::Audience;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::world::{World, command};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn listen(world: &World) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = world.portal.clone();
    tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
    address
}

async fn connect(address: SocketAddr) -> Socket {
    let mut request = format!("ws://{address}/graphql").into_client_request().expect("a request");
    let protocol = "graphql-transport-ws".parse().expect("a header");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    tokio_tungstenite::connect_async(request).await.expect("connects").0
}

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.expect("sent");
}

/// The next message, or the code with which the connection was closed.
async fn hear(socket: &mut Socket) -> Result<Value, u16> {
    loop {
        match socket.next().await.expect("a message").expect("no transport error") {
            Message::Text(text) => return Ok(serde_json::from_str(&text).expect("JSON")),
            Message::Close(frame) => return Err(frame.map_or(0, |frame| frame.code.into())),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

async fn signed_in(world: &World, who: &str) -> Socket {
    let mut socket = connect(listen(world).await).await;
    let payload = json!({ "authorization": format!("Bearer {who}") });
    say(&mut socket, json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(hear(&mut socket).await, Ok(json!({ "type": "connection_ack" })));
    socket
}

fn subscribe(id: &str, world: &World) -> Value {
    let query = "subscription($id: ID!) { licenseChanged(licenseId: $id) { fact position license { status } } }";
    let payload = json!({ "query": query, "variables": { "id": world.ids.license } });
    json!({ "id": id, "type": "subscribe", "payload": payload })
}

async fn activate(world: &World, name: &str) {
    let input = json!({ "commandId": command(), "licenseId": world.ids.license, "fingerprint": name, "name": name });
    world.done("deviceActivate", "DeviceActivateInput", input, "device { id }").await;
}

#[tokio::test]
async fn an_activation_is_pushed_with_its_position_and_the_new_status() {
    let world = World::fixture().await;
    let mut socket = signed_in(&world, "ann").await;
    say(&mut socket, subscribe("1", &world)).await;
    say(&mut socket, json!({ "type": "ping" })).await;
    assert_eq!(
        hear(&mut socket).await,
        Ok(json!({ "type": "pong" })),
        "the subscription stands by now"
    );
    activate(&world, "D1").await;
    let pushed = hear(&mut socket).await.expect("a message");
    let change = &pushed["payload"]["data"]["licenseChanged"];
    assert_eq!(
        (pushed["id"].clone(), change["fact"].clone()),
        (json!("1"), json!("device_activated"))
    );
    assert_eq!(change["license"]["status"], "ACTIVE");
    assert!(change["position"].is_string());
    say(&mut socket, json!({ "id": "1", "type": "complete" })).await;
    say(&mut socket, json!({ "type": "ping" })).await;
    assert_eq!(hear(&mut socket).await, Ok(json!({ "type": "pong" })));
    activate(&world, "D2").await;
    say(&mut socket, json!({ "type": "ping" })).await;
    assert_eq!(
        hear(&mut socket).await,
        Ok(json!({ "type": "pong" })),
        "a completed subscription is silent"
    );
}

#[tokio::test]
async fn who_does_not_sign_in_is_closed_out() {
    let world = World::fixture().await;
    let address = listen(&world).await;
    let mut early = connect(address).await;
    say(&mut early, subscribe("1", &world)).await;
    assert_eq!(hear(&mut early).await, Err(4401));
    for payload in [
        json!({}),
        json!({ "authorization": "Bearer nobody" }),
        json!({ "authorization": "Bearer vera" }),
    ] {
        let mut socket = connect(address).await;
        say(&mut socket, json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(hear(&mut socket).await, Err(4403));
    }
    let mut garbage = connect(address).await;
    say(&mut garbage, json!({ "type": "hello" })).await;
    assert_eq!(hear(&mut garbage).await, Err(4400));
}

#[tokio::test]
async fn a_revoked_token_closes_the_socket() {
    let world = World::fixture().await;
    let ann: MemberId = world.ids.ann.parse().expect("a member id");
    let token = world.issue_token(ann.uuid(), "second", Audience::Portal).await;
    let mut socket = signed_in(&world, "second").await;
    world.revoke_token(ann.uuid(), token).await;
    assert_eq!(hear(&mut socket).await, Err(4403));
}

#[tokio::test]
async fn what_is_not_a_subscription_or_not_the_callers_is_an_error_of_the_operation() {
    let world = World::fixture().await;
    let mut socket = signed_in(&world, "gus").await;
    say(
        &mut socket,
        json!({ "id": "q", "type": "subscribe", "payload": { "query": "{ __typename }" } }),
    )
    .await;
    let refused = hear(&mut socket).await.expect("a message");
    assert_eq!(
        (refused["type"].clone(), refused["payload"][0]["extensions"]["code"].clone()),
        (json!("error"), json!("WRONG_TRANSPORT"))
    );
    say(
        &mut socket,
        json!({ "id": "x", "type": "subscribe", "payload": { "query": "subscription { nope }" } }),
    )
    .await;
    let invalid = hear(&mut socket).await.expect("a message");
    assert_eq!(invalid["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    say(&mut socket, subscribe("f", &world)).await;
    let foreign = hear(&mut socket).await.expect("a message");
    assert!(foreign.to_string().contains("NOT_FOUND"), "{foreign}");
}

#[tokio::test]
async fn the_twenty_first_subscription_of_a_person_is_refused() {
    let world = World::fixture().await;
    let mut socket = signed_in(&world, "ann").await;
    for n in 0..21 {
        say(&mut socket, subscribe(&n.to_string(), &world)).await;
    }
    let refused = hear(&mut socket).await.expect("a message");
    assert_eq!(
        (refused["id"].clone(), refused["payload"][0]["extensions"]["code"].clone()),
        (json!("20"), json!("RATE_LIMITED"))
    );
    say(&mut socket, subscribe("0", &world)).await;
    assert_eq!(hear(&mut socket).await, Err(4409), "an id in use is not taken twice");
}
