//! People are told of what concerns them: by a real mail server, in the portal, once, also after a restart; and what they
//! do not want, they are not told.

mod smtp;

use std::path::Path;
use std::time::Duration;

use deedbook_service::engine::{Engine, Sizes};
use deedbook_service::notices::mail::{MailServer, Mailing};
use deedbook_service::notices::unsubscribe::Unsubscribe;
use deedbook_service::notices::{self, Pace};
use deedbook_service::shutdown::Shutdown;
use projections::Principal;
use projections::views::access::{NoticeRow, Outcome};
use schemas::notices::{Channel, FailureReason, Notice, Topic};
use schemas::{MemberId, StreamName};
use serde_json::{Value, json};

use self::smtp::{Answer as Says, Server};
use crate::own_ledger::{ANN, PASSWORD, imported, imported_with, password_of};
use crate::support::{Answer, Home, Service, exchange, get, graphql, post, printed, run, said};

const FROM: &str = "Acme <licenses@acme.example>";
const PORTAL: &str = "https://portal.acme.example";
const CHOSEN: &str = "seven grey herons over Malmö";

/// A customer whose admin has a password since the ledger was made.
fn with_ann() -> Home {
    let home = imported();
    assert!(password_of(&home, ANN).output().unwrap().status.success());
    home
}

fn serve(home: &Home, server: &Server) -> Service {
    Service::start_command(&[
        "serve",
        "--data",
        home.data(),
        "--portal-url",
        PORTAL,
        "--mail-from",
        FROM,
        "--mail-server",
        &server.url(),
    ])
}

fn sign_in(service: &Service, password: &str) -> String {
    let answer = service.sign_in(&service.portal, ANN, password);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["token"].as_str().unwrap().to_owned()
}

fn change_password(service: &Service, from: &str, to: &str) -> String {
    let token = sign_in(service, from);
    let body = json!({ "password": from, "new": to });
    let changed = post(&service.portal, "/password", Some(&token), &body);
    assert_eq!(changed.status, 200, "{}", changed.body);
    changed.json()["token"].as_str().unwrap().to_owned()
}

/// Asks again and again until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so() {
            return;
        }
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("it never came to be that {what}");
}

const LIST: &str = "{ viewer { unreadNotifications notifications { totalCount nodes {
    number title topic read } } } }";

fn listed(service: &Service, token: &str) -> Value {
    graphql(&service.portal, Some(token), LIST).json()["data"]["viewer"].clone()
}

/// The facts of what somebody was told.
fn facts(home: &Home, person: MemberId) -> Vec<Value> {
    let stream = StreamName::notices(person.uuid()).to_string();
    let told = run(&["inspect", "--data", home.data(), "--stream", &stream, "--json"]);
    assert!(told.status.success(), "{}", said(&told));
    let lines = String::from_utf8(told.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn open(home: &Home) -> Engine {
    Engine::open(Path::new(home.data()), Sizes::of_mib(4)).await.unwrap()
}

fn ann(engine: &Engine) -> MemberId {
    let digest = engine.keystore().digest("email", ANN.as_bytes());
    engine.projections().read(|views| {
        let scope = views.authenticate_operator().unwrap();
        views.find_member_by_email(&scope, &digest).unwrap()
    })
}

#[test]
fn a_changed_password_is_told_its_owner_once_also_after_a_restart() {
    let home = with_ann();
    let server = Server::start(Says::Taken);
    let service = serve(&home, &server);
    let token = change_password(&service, PASSWORD, CHOSEN);
    until("a mail came", || server.mails().len() == 1);
    until("it is in the list", || listed(&service, &token)["notifications"]["totalCount"] == 1);
    let told = listed(&service, &token);
    assert_eq!(told["unreadNotifications"], 1);
    let one = &told["notifications"]["nodes"][0];
    assert_eq!(one["title"], "Your password was changed");
    assert_eq!((&one["topic"], &one["read"]), (&json!("CREDENTIALS"), &json!(false)));

    let mail = server.mails().remove(0);
    for said in ["To: ann@acme.example", "Subject: Your password was changed", "Hello Ann Example"]
    {
        assert!(mail.contains(said), "{said}: {mail}");
    }
    assert!(!mail.contains("List-Unsubscribe") && !mail.contains(CHOSEN), "{mail}");
    assert_eq!(service.stop().0, 0);

    // What was told is not told again: the next mail is of the next change.
    let service = serve(&home, &server);
    let token = change_password(&service, CHOSEN, PASSWORD);
    until("a second mail came", || server.mails().len() >= 2);
    until("it is in the list", || listed(&service, &token)["notifications"]["totalCount"] == 2);
    let read = json!({ "query": "mutation($i: NotificationsReadInput!) {
        notificationsRead(input: $i) { unread userErrors { code } } }",
        "variables": { "i": { "commandId": "00000000-0000-7000-8000-000000000009",
            "upTo": listed(&service, &token)["notifications"]["nodes"][0]["number"] } } });
    let read = post(&service.portal, "/graphql", Some(&token), &read).json();
    assert_eq!(read["data"]["notificationsRead"]["unread"], 0, "{read}");
    let (ended, log) = service.stop();
    assert_eq!(ended, 0);
    assert!(!log.contains(ANN), "a log line names nobody's address: {log}");
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    let id = |mail: &str| {
        mail.lines().find(|line| line.starts_with("Message-ID")).map(str::to_owned).unwrap()
    };
    assert_ne!(id(&mails[0]), id(&mails[1]));

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let person = runtime.block_on(async {
        let engine = open(&home).await;
        let person = ann(&engine);
        engine.close().await;
        person
    });
    let facts = facts(&home, person);
    let sent = |channel: &str| {
        let of = |fact: &&Value| fact["type"] == "notification_sent.v1";
        facts.iter().filter(of).filter(|fact| fact.to_string().contains(channel)).count()
    };
    assert_eq!((sent("\"mail\""), sent("\"portal\""), facts.len()), (2, 2, 5), "{facts:#?}");
    assert!(!format!("{facts:?}").contains("ann@"), "a telling names nobody's address: {facts:?}");
}

#[test]
fn whoever_is_kept_out_is_told_nothing() {
    let bob = "bob@acme.example";
    let home = imported_with("acme,bob,Bob Example,bob@acme.example,member\n");
    let set = |email: &str, password: &str| {
        let mut set = password_of(&home, email);
        assert!(set.env("DEEDBOOK_PASSWORD", password).output().unwrap().status.success());
    };
    set(ANN, PASSWORD);
    set(bob, PASSWORD);
    let server = Server::start(Says::Taken);
    let service = serve(&home, &server);
    let token = sign_in(&service, PASSWORD);
    let people = "{ account { members(first: 10) { nodes { id email } } } }";
    let people = graphql(&service.portal, Some(&token), people).json();
    let people = people["data"]["account"]["members"]["nodes"].as_array().unwrap().clone();
    let id = people.iter().find(|one| one["email"] == bob).unwrap()["id"].clone();
    let input = json!({ "commandId": "00000000-0000-7000-8000-000000000031", "memberId": id });
    let query =
        "mutation($i: MemberSuspendInput!) { memberSuspend(input: $i) { userErrors { code } } }";
    let body = json!({ "query": query, "variables": { "i": input } });
    let done = post(&service.portal, "/graphql", Some(&token), &body).json();
    assert_eq!(done["data"]["memberSuspend"]["userErrors"], json!([]), "{done}");
    assert_eq!(service.stop().0, 0);

    // Both passwords change; twice somebody who may come in is told, so by then everybody was looked at.
    set(bob, CHOSEN);
    for (mails, password) in [(1, CHOSEN), (2, PASSWORD)] {
        set(ANN, password);
        let service = serve(&home, &server);
        until("ann is told", || server.mails().len() >= mails);
        assert_eq!(service.stop().0, 0);
    }
    let mails = server.mails();
    assert!(mails.len() == 2 && mails.iter().all(|mail| mail.contains(ANN)), "{mails:?}");
    let bob: MemberId = id.as_str().unwrap().parse().unwrap();
    assert_eq!(facts(&home, bob), [] as [Value; 0]);
}

#[test]
fn a_server_that_refuses_is_asked_so_often_and_the_failure_is_a_fact() {
    let home = with_ann();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (says, asked, reason, password) in [
        (Says::Later, 11, FailureReason::Unreachable, CHOSEN),
        (Says::Refused, 1, FailureReason::Refused, PASSWORD),
    ] {
        let server = Server::start(says);
        let mut set = password_of(&home, ANN);
        assert!(set.env("DEEDBOOK_PASSWORD", password).output().unwrap().status.success());
        let failed = runtime.block_on(async {
            let engine = open(&home).await;
            let person = ann(&engine);
            let (shutdown, pace) = (
                Shutdown::default(),
                Pace { retry: Duration::ZERO, idle: Duration::from_millis(1) },
            );
            let mail = MailServer::parse(&server.url()).unwrap();
            let mailing = Mailing::by_server(&mail, None, FROM, PORTAL).unwrap();
            let telling = notices::start(engine.clone(), Some(mailing), pace, shutdown.clone());
            let mut changes = engine.projections().changes();
            let failed = loop {
                let rows = rows(&engine, person);
                let found = rows.iter().find(|row| row.outcome == Outcome::Failed(reason));
                if let Some(found) = found {
                    break *found;
                }
                changes.next().await.unwrap();
            };
            shutdown.start();
            telling.await.unwrap();
            let in_portal = |row: &&NoticeRow| row.channel == Channel::Portal;
            let rows = rows(&engine, person);
            let lost = !rows.iter().filter(in_portal).any(|row| row.cause == failed.cause);
            assert!(!lost, "what no mail told is in the list: {rows:?}");
            engine.close().await;
            failed
        });
        assert_eq!((failed.notice, failed.channel), (Notice::PasswordSet, Channel::Mail));
        assert_eq!(server.asked(), asked, "{says:?}");
        // A server that is well again gets nothing of it: it is over.
        server.answer(Says::Taken);
        assert_eq!(server.mails().len(), 0);
    }
}

fn rows(engine: &Engine, person: MemberId) -> Vec<NoticeRow> {
    engine.projections().read(|views| {
        let scope = views.authenticate_operator().unwrap();
        let row = views.credentials(&scope, Principal::Member(person)).cloned();
        row.map(|row| row.notices.rows.values().copied().collect()).unwrap_or_default()
    })
}

fn press(address: &str, path: &str) -> Answer {
    let body = "List-Unsubscribe=One-Click";
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        ),
    )
}

#[test]
fn the_link_in_a_mail_switches_off_its_topic_by_a_click_and_nothing_by_being_looked_at() {
    let home = with_ann();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (link, nobodys) = runtime.block_on(async {
        let engine = open(&home).await;
        let link =
            |member| Unsubscribe { member, topics: vec![Topic::Seats] }.path(engine.keystore());
        let links = (link(ann(&engine)), link(MemberId::new(uuid::Uuid::from_u128(7))));
        engine.close().await;
        links
    });
    let service = Service::start(home.data());
    let token = sign_in(&service, PASSWORD);
    let asked = "{ viewer { notificationChoices { topics { topic always mail portal } } } }";
    let muted = || {
        let told = graphql(&service.portal, Some(&token), asked).json();
        let topics = told["data"]["viewer"]["notificationChoices"]["topics"].clone();
        let topics = topics.as_array().unwrap().clone();
        let off = topics.iter().filter(|one| one["mail"] == false || one["portal"] == false);
        off.map(|one| one["topic"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    let page = get(&service.portal, &link);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<form method=\"post\">"), "{}", page.body);
    assert!(!page.body.contains("ann") && !page.body.contains("Ann"), "{}", page.body);
    assert_eq!(muted(), [""; 0], "whoever looks at a link switches nothing off");
    let (start, last) = link.split_at(link.len() - 1);
    let altered = format!("{start}{}", if last == "0" { "1" } else { "0" });
    for wrong in [
        altered,
        link.replace("topics=seats", "topics=devices"),
        link.replace("topics=seats", "topics=credentials"),
        "/unsubscribe".to_owned(),
    ] {
        assert_eq!(get(&service.portal, &wrong).status, 410, "{wrong}");
        assert_eq!(press(&service.portal, &wrong).status, 410, "{wrong}");
    }
    assert_eq!(muted(), [""; 0]);

    let done = press(&service.portal, &link);
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(muted(), ["SEATS"]);
    let again = press(&service.portal, &link);
    assert_eq!((again.status, &again.body), (200, &done.body), "a second click changes nothing");
    let nobody = press(&service.portal, &nobodys);
    assert_eq!((nobody.status, &nobody.body), (200, &done.body), "who is not there is no matter");
    assert_eq!(press(&service.console, &link).status, 404, "it is at the portal alone");
    let (ended, log) = service.stop();
    assert_eq!(ended, 0);
    assert!(log.contains("no mail is sent"), "{log}");
    let sign = link.rsplit_once('=').unwrap().1;
    assert!(!log.contains(sign), "{log}");
}

#[test]
fn what_one_chooses_is_kept_and_security_cannot_be_switched_off() {
    let home = with_ann();
    let service = Service::start(home.data());
    let token = sign_in(&service, PASSWORD);
    let set = |number: u8, choices: Value| {
        let mut input = choices;
        input["commandId"] = json!(format!("00000000-0000-7000-8000-0000000000{number:02}"));
        let query = "mutation($i: NotificationChoicesSetInput!) { notificationChoicesSet(input: $i)
            { choices { rhythm quietHours { fromMinute untilMinute } topics { topic mail } }
              userErrors { code rule } } }";
        let body = json!({ "query": query, "variables": { "i": input } });
        let answer = post(&service.portal, "/graphql", Some(&token), &body).json();
        answer["data"]["notificationChoicesSet"].clone()
    };
    for (number, topic) in ["CREDENTIALS", "RIGHTS", "PROGRAMS"].into_iter().enumerate() {
        let muted = json!([{ "topic": topic, "channel": "MAIL" }]);
        let number = u8::try_from(number).unwrap();
        let refused = set(number, json!({ "muted": muted, "rhythm": "DAILY" }));
        assert_eq!(refused["userErrors"][0]["code"], "SECURITY_NOT_MUTED", "{refused}");
    }
    for (number, hours) in [(10, (0, 0)), (11, (0, 1440)), (12, (-1, 5)), (13, (1440, 3))] {
        let quiet = json!({ "fromMinute": hours.0, "untilMinute": hours.1 });
        let refused = set(number, json!({ "muted": [], "rhythm": "AT_ONCE", "quietHours": quiet }));
        assert_eq!(refused["userErrors"][0]["code"], "QUIET_HOURS", "{refused}");
    }
    let quiet = json!({ "fromMinute": 1320, "untilMinute": 420 });
    let muted = json!([{ "topic": "LICENSE_ENDS", "channel": "MAIL" }]);
    let done = set(20, json!({ "muted": muted, "rhythm": "DAILY", "quietHours": quiet.clone() }));
    assert_eq!(done["choices"]["quietHours"], quiet, "{done}");
    assert_eq!(done["choices"]["rhythm"], "DAILY");
    service.stop();
    let known = home.text("known");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let person = runtime.block_on(async {
        let engine = open(&home).await;
        let person = ann(&engine);
        engine.close().await;
        person.to_string()
    });
    let to = ["export", "--data", home.data(), "--person", &person, "--to", &known, "--json"];
    printed(&run(&to));
    let events = std::fs::read_to_string(home.path("known/events.jsonl")).unwrap();
    assert!(events.contains("notification_choices_set.v1") && events.contains("license_ends"));
}
