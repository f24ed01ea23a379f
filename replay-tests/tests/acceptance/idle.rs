//! Sessions of browsers that nobody uses end by themselves; what a page asks by itself is no use.

use serde_json::json;

use crate::stage::Side;
use crate::world::World;

/// A browser with its cookie.
struct Browser<'a> {
    world: &'a World,
    side: Side,
    cookie: String,
}

impl Browser<'_> {
    fn send(&self, path: &str, site: &str) -> u16 {
        let headers = [
            ("content-type", "application/json"),
            ("cookie", self.cookie.as_str()),
            ("sec-fetch-site", site),
        ];
        let body = json!({ "query": "{ __typename }" }).to_string();
        let mut door = self.world.nobody(self.side);
        door.send("POST", path, &headers, body.as_bytes()).unwrap().status
    }

    /// What a page asks by itself.
    fn asks(&self) -> u16 {
        self.send("/graphql", "same-origin")
    }

    /// What a page says when somebody touches it.
    fn is_touched(&self) -> u16 {
        self.send("/session/used", "same-origin")
    }
}

#[test]
fn s1_24_a_session_that_nobody_uses_ends_by_itself_and_sooner_at_the_console() {
    for (side, who, name, minutes) in
        [(Side::Portal, "ann", "portal", 30), (Side::Console, "vera", "console", 15)]
    {
        let world = World::new();
        let token = world.token(who);
        let cookie = format!("deedbook_{name}={token}");
        let browser = Browser { world: &world, side, cookie };
        let later = |minutes: i64| world.put(world.now().plus_seconds(minutes * 60));
        assert_eq!(browser.asks(), 200, "{who}");
        later(minutes - 1);
        assert_eq!(browser.asks(), 200, "{who}: not yet");
        assert_eq!(browser.is_touched(), 204, "{who}");
        later(minutes - 1);
        assert_eq!(browser.asks(), 200, "{who}: it was used");
        assert_eq!(
            browser.send("/session/used", "cross-site"),
            401,
            "no other site keeps it awake"
        );
        // A program with the same token does not keep it awake either.
        let mut program = world.nobody(side).with_token(&token);
        assert_eq!(program.graphql("{ __typename }", &json!({})).unwrap().status, 200, "{who}");
        later(1);
        assert_eq!(browser.asks(), 401, "{who}: nobody used it for {minutes} minutes");
        assert_eq!(browser.is_touched(), 401, "{who}: too late");
        // The session itself is over, not only its cookie, in this process and any later one.
        while program.graphql("{ __typename }", &json!({})).unwrap().status != 401 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn s1_24_a_program_s_session_rests_as_long_as_it_likes() {
    let world = World::new();
    let mut program = world.nobody(Side::Portal).with_token(&world.token("ann"));
    world.put(world.now().plus_seconds(11 * 3_600));
    assert_eq!(program.graphql("{ __typename }", &json!({})).unwrap().status, 200);
}
