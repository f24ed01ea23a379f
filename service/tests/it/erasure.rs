//! Erasing a person destroys the one key that everything personal is sealed with: nothing of it can be read any more, in no
//! copy of the log, and everything that was proven stays proven.

use std::path::Path;

use serde_json::{Value, json};

use crate::own_ledger::{PASSWORD, imported_with, password_of};
use crate::support::{Home, Service, code, graphql, post, printed, run, said};

const NAME: &str = "Bartholomew Quince";
const EMAIL: &str = "bart.quince@acme.example";

/// All that the ledger can still say, personal fields too.
fn told(home: &Home) -> String {
    let shown = run(&["inspect", "--data", home.data(), "--personal", "--json"]);
    assert_eq!(code(&shown), 0, "{}", said(&shown));
    String::from_utf8(shown.stdout).unwrap()
}

/// What the ledger knows of a person, line by line.
fn known_of(home: &Home, person: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("known");
    let made =
        run(&["export", "--data", home.data(), "--to", to.to_str().unwrap(), "--person", person]);
    assert_eq!(code(&made), 0, "{}", said(&made));
    assert!(!to.join("licenses.csv").exists());
    let text = std::fs::read_to_string(to.join("events.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The files below a folder that hold one of these words in the clear.
fn holding(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, words));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let holds = |word: &&str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        if words.iter().any(holds) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The person whom a search of the console finds.
fn found(service: &Service, token: &str) -> Value {
    let query =
        format!("{{ find(text: \"{EMAIL}\") {{ found {{ ... on Member {{ id name }} }} }} }}");
    let answer = graphql(&service.console, Some(token), &query).json();
    let hits = answer["data"]["find"].as_array().unwrap_or_else(|| panic!("{answer}"));
    hits.iter().map(|hit| hit["found"].clone()).collect()
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn an_erased_person_is_nowhere_any_more_and_every_proof_stays_valid() {
    let home = imported_with(&format!("acme,bart,{NAME},{EMAIL},member\n"));
    assert_eq!(code(&password_of(&home, EMAIL).output().unwrap()), 0);
    let before = tempfile::tempdir().unwrap();
    copied(&home.path("keys"), before.path());
    assert!(told(&home).contains(NAME), "what is to be erased can be read before");

    let service = Service::start(home.data());
    let signed_in = service.sign_in(&service.portal, EMAIL, PASSWORD);
    let theirs = signed_in.json()["token"].as_str().unwrap().to_owned();
    let token = service.console_token();
    let person = found(&service, &token);
    assert_eq!(person[0]["name"], NAME);
    let erase = format!(
        "mutation {{ memberErase(input: {{ commandId: \"{}\", memberId: {}, ground: OBJECTION }}) {{ position \
         member {{ name email erasedAt }} userErrors {{ code }} }} }}",
        uuid::Uuid::from_u128(23),
        person[0]["id"],
    );
    let erased = graphql(&service.console, Some(&token), &erase).json();
    let erased = &erased["data"]["memberErase"];
    assert_eq!(erased["userErrors"], json!([]), "{erased}");
    assert_eq!(
        (&erased["member"]["name"], &erased["member"]["email"]),
        (&Value::Null, &Value::Null)
    );
    assert!(erased["member"]["erasedAt"].is_string(), "{erased}");
    assert_eq!(graphql(&service.portal, Some(&theirs), "{ __typename }").status, 401);
    assert_eq!(service.sign_in(&service.portal, EMAIL, PASSWORD).status, 401);
    assert_eq!(found(&service, &token), json!([]));
    let again = graphql(&service.console, Some(&token), &erase).json();
    assert_eq!(again["data"]["memberErase"]["position"], erased["position"], "a retry is the same");
    let (_, log) = service.stop();
    let person: String = person[0]["id"].as_str().unwrap().to_owned();
    let known = known_of(&home, &person);
    assert!(known.iter().all(|line| !line.to_string().contains("Quince")), "{known:?}");

    let words = [NAME, EMAIL, "Bartholomew", "bart.quince"];
    assert_eq!(holding(Path::new(home.data()), &words), [""; 0]);
    assert!(words.iter().all(|word| !log.contains(word)), "{log}");
    let shown = told(&home);
    assert!(words.iter().all(|word| !shown.contains(word)), "the keys open nothing of it");
    let verified = run(&["verify", "--data", home.data()]);
    assert_eq!(code(&verified), 0, "{}", said(&verified));

    // Keys that were copied before come back, with a restore of the whole machine for instance.
    copied(before.path(), &home.path("keys"));
    assert!(told(&home).contains(NAME), "the old keys open it");
    let service = Service::start(home.data());
    assert_eq!(found(&service, &service.console_token()), json!([]));
    let (_, log) = service.stop();
    assert!(log.contains("keys of erased people were there again"), "{log}");
    assert!(!told(&home).contains(NAME), "before anybody was served they were destroyed again");
}

#[test]
fn what_is_known_of_a_person_of_the_vendor_is_exported_with_the_names_of_nobody_else() {
    let home = imported_with("");
    let service = Service::start(home.data());
    let token = service.console_token();
    let ask = |query: &str| {
        let answer = graphql(&service.console, Some(&token), query).json();
        answer["data"].clone()
    };
    let name = "Bartholomew Quince-Olsen";
    let id = uuid::Uuid::from_u128(41);
    let renamed = ask(&format!(
        "mutation {{ staffRename(input: {{ commandId: \"{id}\", name: \"{name}\" }}) \
         {{ staff {{ id name }} userErrors {{ code }} }} }}"
    ));
    assert_eq!(renamed["staffRename"]["staff"]["name"], name, "{renamed}");
    let person = renamed["staffRename"]["staff"]["id"].as_str().unwrap().to_owned();
    let id = uuid::Uuid::from_u128(42);
    let opened = ask(&format!(
        "mutation {{ accountOpen(input: {{ commandId: \"{id}\", name: \"Zeppelin Works\" }}) \
         {{ account {{ id }} userErrors {{ code }} }} }}"
    ));
    let account = opened["accountOpen"]["account"]["id"].as_str().unwrap().to_owned();
    service.stop();
    let known = known_of(&home, &person);
    let types: Vec<&str> = known.iter().map(|line| line["type"].as_str().unwrap()).collect();
    for kind in ["staff_added.v1", "staff_renamed.v1", "token_issued.v1", "account_opened.v1"] {
        assert!(types.contains(&kind), "{kind} is not among {types:?}");
    }
    let text = serde_json::to_string(&known).unwrap();
    assert!(text.contains(name) && text.contains(crate::support::EMAIL), "{text}");
    assert!(text.contains(&account) && !text.contains("Zeppelin"), "{text}");
    assert!(!text.contains("argon2") && !text.contains("Ann Example"), "{text}");
    let nobody = run(&["export", "--person", "acc_1", "--to", "nowhere", "--data", home.data()]);
    assert_eq!(code(&nobody), 2, "{}", said(&nobody));
}

#[test]
fn an_erased_person_of_the_vendor_is_nowhere_any_more_and_stays_so() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let act = |service: &Service, token: &str, number: u128, mutation: &str, more: &str| {
        let id = uuid::Uuid::from_u128(number);
        let asked = format!(
            "mutation {{ {mutation}(input: {{ commandId: \"{id}\", {more} }}) {{ staff {{ id name }} userErrors {{ code }} }} }}"
        );
        let done = graphql(&service.console, Some(token), &asked).json()["data"][mutation].clone();
        assert_eq!(done["userErrors"], json!([]), "{mutation}: {done}");
        done
    };
    let hired = format!("name: \"{NAME}\", email: \"{EMAIL}\", role: OPERATOR");
    let hired = act(&service, &token, 31, "staffAdd", &hired);
    let who = format!("staffId: {}", hired["staff"]["id"]);
    assert_eq!(service.stop().0, 0);
    assert_eq!(code(&password_of(&home, EMAIL).output().unwrap()), 0);
    let before = tempfile::tempdir().unwrap();
    copied(&home.path("keys"), before.path());

    let service = Service::start(home.data());
    let token = service.console_token();
    let signed_in = service.sign_in(&service.console, EMAIL, PASSWORD);
    let theirs = signed_in.json()["token"].as_str().unwrap().to_owned();
    act(&service, &token, 32, "staffSuspend", &who);
    assert_eq!(graphql(&service.console, Some(&theirs), "{ __typename }").status, 401);
    assert_eq!(service.sign_in(&service.console, EMAIL, PASSWORD).status, 401);
    let erase = format!("{who}, ground: NO_LONGER_NEEDED");
    assert_eq!(act(&service, &token, 33, "staffErase", &erase)["staff"]["name"], Value::Null);
    assert_eq!(service.stop().0, 0);
    let words = [NAME, EMAIL, "Bartholomew", "bart.quince"];
    assert_eq!(holding(Path::new(home.data()), &words), [""; 0]);
    assert!(words.iter().all(|word| !told(&home).contains(word)));
    let nobody = password_of(&home, EMAIL).output().unwrap();
    assert_eq!(code(&nobody), 1, "{}", said(&nobody));
    assert!(said(&nobody).contains("NOT_FOUND"), "{}", said(&nobody));

    copied(before.path(), &home.path("keys"));
    assert!(told(&home).contains(NAME), "the old keys open it");
    assert_eq!(Service::start(home.data()).stop().0, 0);
    assert!(!told(&home).contains(NAME), "before anybody was served they were destroyed again");
    assert_eq!(code(&run(&["verify", "--data", home.data()])), 0);
}

#[test]
fn an_erased_person_stays_so_in_a_log_that_was_copied_before() {
    let home = imported_with(&format!("acme,bart,{NAME},{EMAIL},member\n"));
    let copies = tempfile::tempdir().unwrap();
    let backup = copies.path().join("backup").to_str().unwrap().to_owned();
    let made = run(&["backup", "--data", home.data(), &backup]);
    assert_eq!(code(&made), 0, "{}", said(&made));
    let service = Service::start(home.data());
    let token = service.console_token();
    let person = found(&service, &token);
    let erase = json!({ "query": format!(
        "mutation {{ memberErase(input: {{ commandId: \"{}\", memberId: {}, ground: CONSENT_WITHDRAWN }}) \
         {{ userErrors {{ code }} }} }}",
        uuid::Uuid::from_u128(24), person[0]["id"],
    ) });
    let erased = post(&service.console, "/graphql", Some(&token), &erase).json();
    assert_eq!(erased["data"]["memberErase"]["userErrors"], json!([]), "{erased}");
    assert_eq!(service.stop().0, 0);

    let restored = copies.path().join("restored").to_str().unwrap().to_owned();
    let keys = home.text("keys");
    let done = run(&["restore", &backup, &restored, "--keys", &keys, "--fork"]);
    assert_eq!(code(&done), 0, "{}", said(&done));
    let shown = run(&["inspect", "--data", &restored, "--personal", "--json"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("Ann Example"), "the others are there: {shown}");
    assert!(!shown.contains(NAME), "{shown}");
}

/// Erases this person, and gives the codes of what was refused.
fn erased(service: &Service, token: &str, person: &Value, number: u128) -> Value {
    let erase = json!({ "query": format!(
        "mutation {{ memberErase(input: {{ commandId: \"{}\", memberId: {person}, ground: OBJECTION }}) \
         {{ userErrors {{ code }} }} }}",
        uuid::Uuid::from_u128(number),
    ) });
    let answer = post(&service.console, "/graphql", Some(token), &erase).json();
    answer["data"]["memberErase"]["userErrors"].clone()
}

/// A backup with its keys from before somebody was erased, and the list from after it.
struct Later {
    home: Home,
    place: Home,
    person: Value,
}

impl Later {
    fn new() -> Self {
        let home = imported_with(&format!("acme,bart,{NAME},{EMAIL},member\n"));
        assert_eq!(code(&password_of(&home, EMAIL).output().unwrap()), 0);
        let place = Home::vacant();
        let made = run(&["backup", "--data", home.data(), "--with-keys", &place.text("backup")]);
        assert!(String::from_utf8(made.stdout).unwrap().contains("deedbook erasures list"));
        let service = Service::start(home.data());
        let token = service.console_token();
        let person = found(&service, &token)[0]["id"].clone();
        assert_eq!(erased(&service, &token, &person, 25), json!([]));
        assert_eq!(service.stop().0, 0);
        let out = place.text("list");
        let listed = run(&["erasures", "list", "--data", home.data(), "--out", &out]);
        assert!(String::from_utf8(listed.stdout).unwrap().contains(person.as_str().unwrap()));
        Self { home, place, person }
    }

    fn restore(&self, to: &str, more: &[&str]) -> std::process::Output {
        let (backup, to) = (self.place.text("backup"), self.place.text(to));
        run(&[&["restore", &backup, &to], more].concat())
    }
}

#[test]
fn an_old_backup_with_its_keys_comes_back_without_those_on_the_list_of_erasures() {
    let later = Later::new();
    let list = later.place.text("list");
    // Without it, the old keys open what the old log holds; the output says so.
    let open = later.restore("open", &[]);
    assert_eq!(code(&open), 0, "{}", said(&open));
    assert!(String::from_utf8(open.stdout).unwrap().contains("--erasures"));
    let shown = run(&["inspect", "--data", &later.place.text("open"), "--personal", "--json"]);
    assert!(String::from_utf8(shown.stdout).unwrap().contains(NAME));

    // The list tells too that the backup lacks what was signed.
    let refused = later.restore("again", &["--erasures", &list]);
    assert!(said(&refused).contains("RESTORE_WOULD_FORK"), "{}", said(&refused));
    let restored = printed(&later.restore("again", &["--erasures", &list, "--fork", "--json"]));
    assert_eq!(
        (&restored["erased"]["listed"], &restored["erased"]["destroyed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(restored["erased"]["unknown"], json!([later.person]));
    let data = later.place.text("again");
    let shown = run(&["inspect", "--data", &data, "--personal", "--json"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("Ann Example") && !shown.contains(NAME), "{shown}");

    let service = Service::start(&data);
    let token = service.console_token();
    // Whoever knows the e-mail finds that somebody had it, and no more than that.
    assert_eq!(found(&service, &token), json!([{ "id": later.person, "name": null }]));
    assert_eq!(service.sign_in(&service.portal, EMAIL, PASSWORD).status, 401);
    // The log of the copy is told, too.
    assert_eq!(erased(&service, &token, &later.person, 26), json!([]));
    assert_eq!(found(&service, &token), json!([]));
    let (ended, log) = service.stop();
    assert_eq!(ended, 0);
    let words = [NAME, EMAIL, "Bartholomew", "bart.quince"];
    assert_eq!(holding(&later.place.path("again"), &words), [""; 0]);
    assert!(words.iter().all(|word| !log.contains(word)), "{log}");
    let again = printed(&run(&["erasures", "list", "--data", &data, "--json"]));
    assert_eq!(again["erasures"][0]["person"], later.person);
    let examined = run(&["doctor", "--data", &data]);
    assert_eq!(code(&examined), 0, "{}", String::from_utf8_lossy(&examined.stdout));
}

#[test]
fn a_list_of_erasures_names_nobody_comes_from_a_backup_too_and_is_of_one_ledger() {
    let later = Later::new();
    let list = std::fs::read_to_string(later.place.path("list")).unwrap();
    assert!([NAME, EMAIL, "Acme"].iter().all(|word| !list.contains(word)), "{list}");
    // While the service runs: from a backup, which needs no keys for it.
    let service = Service::start(later.home.data());
    let (backup, out) = (later.place.text("newer"), later.place.text("from a backup"));
    let refused = run(&["erasures", "list", "--data", later.home.data()]);
    assert!(said(&refused).contains("DATA_FOLDER_IN_USE"), "{}", said(&refused));
    assert_eq!(code(&run(&["backup", "--data", later.home.data(), &backup])), 0);
    let listed = printed(&run(&["erasures", "list", "--data", &backup, "--out", &out, "--json"]));
    assert_eq!(listed["erasures"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(service.stop().0, 0);
    let restored = printed(&later.restore("copy", &["--erasures", &out, "--fork", "--json"]));
    assert_eq!(restored["erased"]["destroyed"], json!(1));

    let (other, wrong) = (Home::new(), later.place.text("wrong"));
    let made = run(&["erasures", "list", "--data", other.data(), "--out", &wrong]);
    assert_eq!(code(&made), 0, "{}", said(&made));
    let changed = later.place.text("changed");
    let at = list.find("event ").unwrap() + 40;
    let letter = if &list[at..=at] == "A" { "B" } else { "A" };
    std::fs::write(&changed, format!("{}{letter}{}", &list[..at], &list[at + 1..])).unwrap();
    for file in [&wrong, &changed, &later.home.text("proofs/checkpoint")] {
        let refused = later.restore("none", &["--erasures", file, "--fork"]);
        assert_eq!(code(&refused), 1, "{}", said(&refused));
        assert!(said(&refused).contains("ERASURES_NOT_BELIEVED"), "{}", said(&refused));
        assert!(!later.place.path("none").exists(), "nothing is half done");
    }
}

#[test]
fn a_person_is_given_all_that_is_known_of_the_person_and_of_nobody_else() {
    let home = imported_with(&format!("acme,bart,{NAME},{EMAIL},member\n"));
    assert_eq!(code(&password_of(&home, EMAIL).output().unwrap()), 0);
    let service = Service::start(home.data());
    let person = found(&service, &service.console_token())[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(service.sign_in(&service.portal, EMAIL, PASSWORD).status, 200);
    assert_eq!(service.stop().0, 0);
    let known = known_of(&home, &person);
    let types: Vec<&str> = known.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["member_added.v1", "password_set.v1", "token_issued.v1"], "{known:?}");
    assert_eq!(known[0]["personal"]["fields"]["name"], NAME);
    assert_eq!(known[0]["personal"]["fields"]["email"], EMAIL);
    assert!(
        known[1].get("personal").is_none(),
        "the hash of a password is for nobody: {}",
        known[1]
    );
    let text = format!("{known:?}");
    assert!(!text.contains("Ann Example") && !text.contains("ann@acme.example"), "{text}");
    let both = run(&["export", "--person", &person, "--personal", "--to", "nowhere"]);
    assert_eq!(code(&both), 2);
}
