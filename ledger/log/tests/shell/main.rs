//! The loop over the embedded log, with keys in files: what was answered is there after a restart, once, and its
//! personal fields still open.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use ledger::account::{AccountRules, Command};
use ledger_log::{
    Codec, CommandMeta, EmbeddedLog, EmbeddedOptions, EventLog, Keystore, Ledger, SystemClock,
};
use schemas::account::{AccountEvent, AccountProfile, MemberRole, Party, PersonProfile};
use schemas::{AccountId, Actor, CommandId, Digest, LedgerEvent, MemberId, Part, StreamName};
use uuid::Uuid;

const SEGMENT_BYTES: u64 = 8 * 1024 * 1024;
const MEMBERS: u8 = 60;

fn account() -> AccountId {
    AccountId::from_bytes([1; 16])
}

fn member(number: u8) -> MemberId {
    MemberId::from_bytes([number; 16])
}

fn name(number: u8) -> String {
    format!("Ada Lovelace the {number}th")
}

fn meta(number: u8) -> CommandMeta {
    let id = CommandId::new(Uuid::from_u128(u128::from(number)));
    CommandMeta::new(id, Digest([number; 32]), Actor::Operator).for_tenant(Some(account()))
}

fn open_account() -> Command {
    let profile = AccountProfile { name: "Analytical Engines".to_owned(), external_id: None };
    Command::Open { account: account(), parent: None, party: Party::Organization, profile }
}

fn add(number: u8) -> Command {
    Command::AddMember {
        member: member(number),
        role: MemberRole::Member,
        email_digest: Digest([number; 32]),
        profile: PersonProfile {
            name: name(number),
            email: format!("ada{number}@example.org"),
            external_id: None,
        },
    }
}

/// The ledger in a data folder; `create` makes it.
fn ledger_in(data: &Path, create: bool) -> Result<(Ledger, EmbeddedLog), Box<dyn Error>> {
    let keys = data.join("keys");
    let keystore = if create { Keystore::create(&keys) } else { Keystore::open(&keys) };
    let keystore = Arc::new(keystore?);
    let options = EmbeddedOptions {
        segment_bytes: SEGMENT_BYTES,
        reserve_bytes: 0,
        before_commit: keystore.before_commit(),
        ..EmbeddedOptions::default()
    };
    if create {
        EmbeddedLog::create(data, &options)?;
    }
    let (log, _) = EmbeddedLog::open(data, options)?;
    let codec = Arc::new(Codec::new(keystore));
    Ok((Ledger::new(Arc::new(log.clone()), codec, Arc::new(SystemClock)), log))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answered_commands_survive_a_restart_once_and_their_personal_fields_open() {
    let folder = tempfile::tempdir().unwrap();
    let stream = StreamName::from(account());
    let (ledger, log) = ledger_in(folder.path(), true).unwrap();
    ledger.transact::<AccountRules>(stream, open_account(), meta(0)).await.unwrap();
    let tasks: Vec<_> = (1..=MEMBERS)
        .flat_map(|number| [number, number])
        .map(|number| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                let answer = ledger.transact::<AccountRules>(stream, add(number), meta(number));
                (number, answer.await.unwrap())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    log.close();
    drop((ledger, log));

    let (ledger, log) = ledger_in(folder.path(), false).unwrap();
    let history = ledger.history(stream, None, 1_000).await.unwrap();
    assert_eq!(history.len(), 1 + usize::from(MEMBERS));
    for (number, before) in answers {
        let again = ledger.transact::<AccountRules>(stream, add(number), meta(number)).await;
        let again = again.unwrap();
        assert!(again.replayed);
        assert_eq!(
            (again.first_revision, again.position),
            (before.first_revision, before.position)
        );
        assert_eq!(again.events, before.events);
    }
    assert_eq!(ledger.history(stream, None, 1_000).await.unwrap(), history);

    ledger.codec().keystore().erase(member(7).into()).unwrap();
    log.close();
    drop((ledger, log));
    let (ledger, log) = ledger_in(folder.path(), false).unwrap();
    let history = ledger.history(stream, None, 1_000).await.unwrap();
    let mut erased = 0;
    for recorded in history {
        let LedgerEvent::Account(AccountEvent::MemberAdded(added)) = recorded.event else {
            continue;
        };
        match added.personal.value {
            None => {
                erased += 1;
                assert_eq!(added.member, member(7));
            }
            Some(person) => assert!(person.name.starts_with("Ada Lovelace the ")),
        }
    }
    assert_eq!(erased, 1);
    // No stored byte is personal in the clear.
    let clear = b"Lovelace";
    for part in log.read_all(None, 1_000).await.unwrap().into_iter().flat_map(|event| event.parts) {
        let (Part::Public(bytes) | Part::Personal { sealed: bytes, .. }) = part else { continue };
        assert!(!bytes.windows(clear.len()).any(|window| window == clear));
    }
}
