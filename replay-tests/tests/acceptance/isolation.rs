//! S1.5 and S1.2's tenancy: whatever a customer names, what belongs to another one is answered as what does not exist.

use std::collections::BTreeSet;

use schemas::{AccountId, ActivationId, EventId, GrantId, LicenseId, MemberId, TokenId};
use serde_json::{Value, json};

use crate::client::{each, list};
use crate::devices::published;
use crate::stage::text;
use crate::status::strip_request_ids;
use crate::world::{L1_KEY, World};

/// Everything of a tenant that somebody can name.
#[derive(Clone)]
pub struct Names {
    license: String,
    account: String,
    member: String,
    device: String,
    entry: String,
    session: String,
    grant: String,
    link: String,
    token: String,
    search: String,
}

impl Names {
    fn unknown(world: &World) -> Self {
        let id = || world.chance.lock().unwrap().id();
        Self {
            license: LicenseId::new(id()).to_string(),
            account: AccountId::new(id()).to_string(),
            member: MemberId::new(id()).to_string(),
            device: ActivationId::new(id()).to_string(),
            entry: EventId::new(id()).to_string(),
            session: TokenId::new(id()).to_string(),
            grant: GrantId::new(id()).to_string(),
            link: GrantId::new(id()).to_string(),
            token: TokenId::new(id()).to_string(),
            search: "ORBT-N0NE-SUCH-KEY1".to_owned(),
        }
    }
}

/// What is asked at each root field of the portal, with somebody's names.
fn questions(world: &World, names: &Names) -> Vec<(&'static str, String, Value)> {
    let ids = json!({ "license": names.license, "account": names.account, "member": names.member,
        "device": names.device, "search": names.search });
    let ask = |field, arguments: &str, selection: &str| {
        let document = format!(
            "query($license: ID!, $account: ID!, $member: ID!, $device: ID!, $search: String!) {{ \
             {field}{arguments} {selection} a: node(id: $license) {{ id }} b: node(id: $account) {{ id }} \
             c: node(id: $member) {{ id }} d: node(id: $device) {{ id }} e: licenses(text: $search) {{ totalCount }} }}"
        );
        (field, document, ids.clone())
    };
    let check = "(input: { licenseId: $license, memberId: $member, feature: \"core\", fingerprint: \"D1\" }";
    let past = "asOf: { at: \"2026-08-01T00:00:00Z\" }";
    vec![
        ask("viewer", "", "{ account { name } member { email } }"),
        ask("node", "(id: $device)", "{ id }"),
        ask("nodes", "(ids: [$license, $account, $member, $device])", "{ id }"),
        ask(
            "account",
            "(id: $account)",
            "{ name members { nodes { email } } history { nodes { text } } }",
        ),
        ask("account", &format!("(id: $account, {past})"), "{ name externalId }"),
        ask("licenses", "(account: $account)", "{ totalCount nodes { id } }"),
        ask("licenses", "(text: $search)", "{ totalCount nodes { id } }"),
        ask("licenses", &format!("(account: $account, {past})"), "{ totalCount nodes { id } }"),
        ask(
            "license",
            "(id: $license)",
            "{ id keyMasked accountName seatHolders { nodes { memberId } } }",
        ),
        ask("license", &format!("(id: $license, {past})"), "{ id status }"),
        ask("entitlements", "", "{ productCode }"),
        ask("seats", "", "{ assigned purchased }"),
        ask("devices", "", "{ totalCount nodes { name } }"),
        ask("check", &format!("{check})"), "{ allowed code reason }"),
        ask("check", &format!("{check}, {past})"), "{ allowed code reason }"),
        ask("diagnose", &format!("{check})"), "{ allowed failing { message } }"),
        ask(
            "learned",
            &format!("{check}, at: \"2026-08-01T00:00:00Z\", knownAt: \"2026-08-01T00:00:00Z\")"),
            "{ facts { text } }",
        ),
        ask(
            "licenseChangePreview",
            "(input: { licenseId: $license, changeOffering: \"growth\" })",
            "{ possible userErrors { code } }",
        ),
        ask("history", "(license: $license)", "{ totalCount nodes { text } }"),
        ask("history", "(account: $account)", "{ totalCount nodes { text } }"),
        ask("activity", "", "{ text aboutId undo }"),
        ask("dashboard", "", "{ total seats { assigned } devices { status count } }"),
        ask("products", "", "{ totalCount }"),
        ask("product", &format!("(id: \"{}\")", world.comet), "{ code }"),
    ]
}

/// What is done at each root mutation of the portal, with somebody's names.
pub fn deeds(names: &Names) -> Vec<(&'static str, Value)> {
    let license = &names.license;
    let seat = json!({ "licenseId": license, "memberId": names.member });
    let device = json!({ "licenseId": license, "deviceId": names.device });
    let bundle = json!({ "licenseId": license, "bundle": "analytics" });
    let activate = json!({ "licenseId": license, "fingerprint": "D1", "name": "mine", "memberId": names.member });
    let member = json!({ "memberId": names.member });
    let newcomer = json!({
        "accountId": names.account, "name": "Mole", "email": "mole@globex.example", "role": "ORG_ADMIN",
    });
    vec![
        ("seatAssign", seat.clone()),
        ("seatUnassign", seat),
        ("deviceActivate", activate),
        ("deviceDeactivate", device.clone()),
        ("deviceCheckIn", device.clone()),
        ("devicesRetireDormant", json!({ "licenseId": license })),
        ("devicesRetireDormant", json!({ "licenseId": license, "dryRun": true })),
        ("domainActivate", json!({ "licenseId": license, "domain": "a.example.com" })),
        ("domainDeactivate", device),
        ("licenseApplyBundle", bundle.clone()),
        ("licenseRemoveBundle", bundle),
        ("licenseRevealKey", json!({ "licenseId": license })),
        ("licenseUndo", json!({ "licenseId": license, "entryId": names.entry })),
        ("memberAdd", newcomer),
        ("memberChangeRole", json!({ "memberId": names.member, "role": "AUDITOR" })),
        ("accountDemandSecondFactor", json!({ "accountId": names.account, "demanded": true })),
        (
            "accountConnectIdentityProvider",
            json!({ "accountId": names.account, "issuer": "https://login.example.com",
                "clientId": "deedbook", "clientSecret": "a-secret" }),
        ),
        ("accountDisconnectIdentityProvider", json!({ "accountId": names.account })),
        ("accountRequireSingleSignOn", json!({ "accountId": names.account, "required": true })),
        ("accountPromote", json!({ "accountId": names.account, "name": "Mole & Co" })),
        ("memberErase", json!({ "memberId": names.member, "ground": "OBJECTION" })),
        ("memberSuspend", member.clone()),
        ("memberRestore", member.clone()),
        (
            "roleGrant",
            json!({ "memberId": names.member, "role": "AUDITOR", "accountId": names.account }),
        ),
        (
            "roleGrant",
            json!({ "memberId": names.member, "role": "AUDITOR", "licenseId": names.license }),
        ),
        ("roleGrantEnd", json!({ "grantId": names.grant })),
        (
            "seatsAllocate",
            json!({ "licenseId": license, "accountId": names.account, "seats": "1" }),
        ),
        ("partnerUnlink", json!({ "accountId": names.account, "linkId": names.link })),
        ("memberEndSessions", member.clone()),
        ("memberChangeProfile", json!({ "memberId": names.member, "name": "Else" })),
        ("memberRemoveSecondFactor", member.clone()),
        ("memberUnlinkIdentity", member.clone()),
        ("passwordLinkMake", member),
        ("apiTokenRevoke", json!({ "tokenId": names.token, "memberId": names.member })),
        ("sessionEnd", json!({ "sessionId": names.session })),
    ]
}

pub fn world_of_two() -> (World, Names) {
    let world = World::new();
    let device = world.activated("ann", &world.l1, "D1");
    let seat = json!({ "licenseId": world.l1, "memberId": world.bob });
    world.done("ann", "seatAssign", seat, "license { id }");
    for secret in [device.as_str(), "The D1"] {
        world.secret("acme", secret);
    }
    world.uses(&world.l1, 4_242);
    let theirs = world.issue("globex", "starter", json!({ "key": "ORBT-NARW-HAL1-TUSK" }));
    world.activated("gil", &theirs, "narwhal-box");
    let amy = world.member("acme", "amy", "Amy Ibex", "MEMBER");
    let over = json!({ "memberId": amy, "role": "AUDITOR", "licenseId": world.l1 });
    let granted = world.done("ann", "roleGrant", over, "grant { id }");
    let rex = json!({ "name": "Ocelot Resale", "externalId": "crm-ocelot" });
    let rex = world.done("vera", "accountOpen", rex, "account { id }");
    let rex = &rex["account"]["id"];
    let linked = json!({ "accountId": world.acme, "partnerId": rex, "role": "AUDITOR" });
    let linked = world.done("vera", "partnerLink", linked, "link { id }");
    let own = world.ask("ann", "{ activity { id undo } viewer { sessions { id } } }", json!({}));
    let seat = list(&own["activity"]).iter().find(|entry| !entry["undo"].is_null()).unwrap();
    let program =
        json!({ "name": "bobs", "scopes": ["READ"], "expiresAt": "2026-09-01T00:00:00Z" });
    let token = world.done("bob", "apiTokenCreate", program, "created { token { id } }");
    let names = Names {
        license: world.l1.clone(),
        account: world.acme.clone(),
        member: world.bob.clone(),
        device,
        entry: text(&seat["id"]),
        grant: text(&granted["grant"]["id"]),
        link: text(&linked["link"]["id"]),
        token: text(&token["created"]["token"]["id"]),
        session: text(&own["viewer"]["sessions"][0]["id"]),
        search: L1_KEY.to_owned(),
    };
    (world, names)
}

#[test]
fn s1_05_a_foreign_id_is_answered_byte_for_byte_as_an_unknown_one_at_every_root_query() {
    let (world, foreign) = world_of_two();
    let unknown = Names::unknown(&world);
    let mut asked = BTreeSet::new();
    let asked_of_foreign = questions(&world, &foreign);
    for (one, other) in asked_of_foreign.into_iter().zip(questions(&world, &unknown)) {
        let answers = [one, other].map(|(field, document, variables)| {
            asked.insert(field);
            let mut answer = world.answer("gil", &document, &variables);
            strip_request_ids(&mut answer);
            (field, answer.to_string())
        });
        assert_eq!(answers[0], answers[1]);
    }
    let roots: BTreeSet<String> = roots("Query");
    let asked: BTreeSet<String> = asked.into_iter().map(str::to_owned).collect();
    assert_eq!(asked, roots, "every root field is asked");
}

#[test]
fn s1_05_a_foreign_id_is_answered_byte_for_byte_as_an_unknown_one_at_every_root_mutation() {
    let (world, foreign) = world_of_two();
    let unknown = Names::unknown(&world);
    // Who makes a token, or says something of itself, names nothing that could be somebody else's.
    let of_oneself = [
        "apiTokenCreate",
        "profileChange",
        "preferencesSet",
        "notificationChoicesSet",
        "notificationsRead",
    ];
    let mut done: BTreeSet<String> = of_oneself.map(str::to_owned).into();
    let before = world.position();
    for ((mutation, input), (_, other)) in deeds(&foreign).into_iter().zip(deeds(&unknown)) {
        done.insert(mutation.to_owned());
        let one = world.act("gil", mutation, input, "");
        let other = world.act("gil", mutation, other, "");
        assert_eq!(one.to_string(), other.to_string(), "{mutation}");
        assert_eq!(one["userErrors"][0]["code"], "NOT_FOUND", "{mutation}: {one}");
    }
    assert_eq!(done, roots("Mutation"), "every root field is tried");
    assert_eq!(world.position(), before, "nothing is recorded by any of it");
}

#[test]
fn s1_05_on_one_s_own_license_a_foreign_person_or_device_does_not_exist() {
    let (world, foreign) = world_of_two();
    let unknown = Names::unknown(&world);
    let own = text(
        &world.ask("gil", "{ licenses { nodes { id } } }", json!({}))["licenses"]["nodes"][0]["id"],
    );
    let before = world.position();
    let foreign_deeds = deeds(&Names { license: own.clone(), ..foreign.clone() });
    let unknown_deeds = deeds(&Names { license: own.clone(), ..unknown.clone() });
    for ((mutation, one), (_, other)) in foreign_deeds.into_iter().zip(unknown_deeds) {
        let names_one = one.get("memberId").is_some() || one.get("deviceId").is_some();
        if names_one {
            let (one, other) =
                (world.act("gil", mutation, one, ""), world.act("gil", mutation, other, ""));
            assert_eq!(one.to_string(), other.to_string(), "{mutation}");
            assert_ne!(one["userErrors"], json!([]), "{mutation}");
        }
    }
    assert_eq!(world.position(), before);
    for member in [&foreign.member, &unknown.member] {
        let question = json!({ "licenseId": own, "memberId": member });
        assert_eq!(world.check("gil", question, Value::Null)["code"], "USER_NOT_SEATED");
    }
}

#[test]
fn s1_05_a_member_sees_only_what_it_was_given_and_a_branch_only_its_own() {
    let (world, foreign) = world_of_two();
    world.member("acme-eu", "eve", "Eve Lynx", "ORG_ADMIN");
    world.member("acme", "cara", "Cara Wombat", "MEMBER");
    let branch = world.issue("acme-eu", "starter", json!({ "key": "ORBT-LYNX-LYNX-LYNX" }));
    let unknown = Names::unknown(&world);
    let read = |who: &str, id: &str| {
        let mut answer = world.answer(
            who,
            "query($id: ID!) { license(id: $id) { id status } node(id: $id) { id } }",
            &json!({ "id": id }),
        );
        strip_request_ids(&mut answer);
        answer.to_string()
    };
    for who in ["eve", "cara"] {
        assert_eq!(read(who, &foreign.license), read(who, &unknown.license), "{who}");
    }
    let seen = |who: &str| {
        let nodes =
            world.ask(who, "{ licenses { nodes { id } } }", json!({}))["licenses"]["nodes"].take();
        each(&nodes, "id").into_iter().collect::<BTreeSet<_>>()
    };
    assert_eq!(seen("eve"), BTreeSet::from([branch.clone()]));
    assert_eq!(seen("ann"), BTreeSet::from([branch, world.l1.clone()]), "the parent sees both");
    assert_eq!(seen("bob"), BTreeSet::from([world.l1.clone()]), "bob has a seat");
    assert_eq!(seen("cara"), BTreeSet::new());
    let accounts = world.ask("eve", "{ account { id subAccounts { nodes { id } } } }", json!({}));
    assert_eq!(accounts["account"]["id"], json!(world.acme_eu));
    assert_eq!(
        world.error(
            "bob",
            "query($id: ID!) { history(license: $id) { totalCount } }",
            json!({ "id": world.l1 })
        ),
        "FORBIDDEN"
    );
}

#[test]
fn s1_05_no_customer_query_adds_up_over_tenants() {
    let (world, _) = world_of_two();
    let document = "{ dashboard { total seats { purchased } devices { status count } } licenses { totalCount } \
        devices { totalCount nodes { name } } seats { purchased } history { totalCount nodes { text actor { name } } } }";
    let gil = world.ask("gil", document, json!({}));
    assert_eq!(gil["dashboard"]["total"], 1);
    assert_eq!(gil["licenses"]["totalCount"], 1);
    assert_eq!(gil["devices"]["totalCount"], 1);
    assert_eq!(gil["seats"]["purchased"], "5");
    let facts = list(&gil["history"]["nodes"]).len();
    assert_eq!(gil["history"]["totalCount"], facts, "{gil}");
}

/// The names of the root fields of the portal's published schema.
fn roots(kind: &str) -> BTreeSet<String> {
    let sdl = published("portal");
    let body = sdl
        .split(&format!("type {kind} {{"))
        .nth(1)
        .unwrap()
        .split("\n}")
        .next()
        .unwrap()
        .to_owned();
    let mut names = BTreeSet::new();
    let mut words = false;
    for line in body.lines() {
        let quotes = line.matches("\"\"\"").count();
        if words || quotes > 0 {
            words = words != (quotes == 1);
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let name: String = line.trim().chars().take_while(char::is_ascii_alphanumeric).collect();
        if indent == 1 && !name.is_empty() {
            names.insert(name);
        }
    }
    assert!(!names.is_empty(), "no fields of {kind} in {body}");
    names
}
