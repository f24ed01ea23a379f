//! How long what lets somebody in is good: a password until it is changed, a session twelve hours, a ticket five minutes.

use serde_json::{Value, json};

use crate::stage::{PASSWORD, Side, text};
use crate::world::World;

const ANN: &str = "ann@acme-wombat.example";

#[test]
fn a_password_is_good_until_it_is_changed() {
    let world = World::new();
    for years in 1..=3 {
        world.put(world.now().plus_seconds(years * 366 * 86_400));
        assert_eq!(world.sign_in(Side::Portal, ANN, PASSWORD).status, 200, "{years} years later");
    }
}

#[test]
fn a_session_is_over_after_twelve_hours_however_much_it_is_used() {
    let world = World::new();
    let (began, token) = (world.now(), world.token("ann"));
    let mut program = world.nobody(Side::Portal).with_token(&token);
    let mut is_in = || program.graphql("{ __typename }", &json!({})).unwrap().status;
    for minutes in (0..12 * 60).step_by(29) {
        world.put(began.plus_seconds(minutes * 60));
        assert_eq!(is_in(), 200, "{minutes} minutes");
        // Touching a page keeps its session from resting, and makes it no longer.
        let cookie = format!("deedbook_portal={token}");
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
        let mut browser = world.nobody(Side::Portal);
        let touched = browser.send("POST", "/session/used", &headers, b"").unwrap();
        assert_eq!(touched.status, 204, "{minutes} minutes");
    }
    world.put(began.plus_seconds(12 * 3_600 - 1));
    assert_eq!(is_in(), 200);
    world.put(began.plus_seconds(12 * 3_600));
    assert_eq!(is_in(), 401, "the first instant at which it is over");
}

#[test]
fn a_ticket_is_good_for_five_minutes_after_the_password() {
    let world = World::new();
    world.give_second_factor(&world.ann, &["AAAA-AAAA-AAAA-AAAA", "BBBB-BBBB-BBBB-BBBB"]);
    let ticket = || -> String {
        let asked = world.sign_in(Side::Portal, ANN, PASSWORD);
        assert_eq!((asked.status, &asked.json()["error"]["code"]), (401, &json!("CODE_NEEDED")));
        text(&asked.json()["ticket"])
    };
    let show = |ticket: &str, code: &str| {
        let body: Value = json!({ "ticket": ticket, "code": code });
        let headers = [("content-type", "application/json")];
        let mut door = world.nobody(Side::Portal);
        door.send("POST", "/sign-in", &headers, body.to_string().as_bytes()).unwrap().status
    };
    let late = ticket();
    world.put(world.now().plus_seconds(300));
    assert_eq!(show(&late, "AAAA-AAAA-AAAA-AAAA"), 401, "five minutes later");
    let in_time = ticket();
    world.put(world.now().plus_seconds(299));
    assert_eq!(show(&in_time, "AAAA-AAAA-AAAA-AAAA"), 200, "a second earlier");
    assert_eq!(show(&in_time, "BBBB-BBBB-BBBB-BBBB"), 200);
}
