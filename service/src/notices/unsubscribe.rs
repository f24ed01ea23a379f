//! The links at the foot of mails that switch topics off: for one person and some topics, signed, and good without signing
//! in. They name nobody but by an id.

use std::str::FromStr;

use ledger::access::notifications::is_security;
use ledger::access::{AccessRules, Command};
use ledger_log::{CommandMeta, Keystore, derive};
use projections::Principal;
use schemas::notices::{Channel, Muted, Topic};
use schemas::{Actor, CommandId, Digest, MemberId, StreamName};
use subtle::ConstantTimeEq;

use crate::auth::IssueError;
use crate::engine::Engine;

const PURPOSE: &str = "unsubscribe";
/// The longest text of topics: all of them, once.
const TOPICS_BYTES_MAX: usize = 128;

/// What a link switches off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    /// For whom.
    pub member: MemberId,
    /// What.
    pub topics: Vec<Topic>,
}

impl Unsubscribe {
    /// The part of the link behind the portal's address.
    #[must_use]
    pub fn path(&self, keystore: &Keystore) -> String {
        let (member, topics) = (self.member, names(&self.topics));
        let sign = sign(keystore, member, &topics);
        format!("/unsubscribe?who={member}&topics={topics}&sign={sign}")
    }

    /// What the parts of a link say; `None`: it was not made here, or was altered.
    #[must_use]
    pub fn parse(keystore: &Keystore, who: &str, topics: &str, said: &str) -> Option<Self> {
        let member = MemberId::from_str(who).ok()?;
        if topics.len() > TOPICS_BYTES_MAX {
            return None;
        }
        let said: Digest = said.parse().ok()?;
        let is_ours = sign(keystore, member, topics).0.ct_eq(&said.0);
        if !bool::from(is_ours) {
            return None;
        }
        let known = |name| Topic::ALL.into_iter().find(|topic| topic.name() == name);
        let topics: Vec<_> = topics.split(',').filter_map(known).collect();
        // None was ever made for what concerns security.
        (!topics.iter().any(|topic| is_security(*topic))).then_some(Self { member, topics })
    }
}

/// Takes topics off what a person is told by mail; a person that is not there any more is no matter.
///
/// # Errors
/// When it cannot be recorded.
pub async fn mute(engine: &Engine, asked: &Unsubscribe) -> Result<(), IssueError> {
    let person = asked.member.uuid();
    let found = engine.projections().read(|views| {
        let scope = views.authenticate_operator().ok()?;
        let row = views.member(&scope, asked.member).filter(|row| row.erased_at.is_none())?;
        let own = views.credentials(&scope, Principal::Member(asked.member));
        let chosen = own.and_then(|own| own.notification_choices()).cloned();
        Some((row.account, chosen.unwrap_or_default()))
    });
    let Some((account, mut choices)) = found else { return Ok(()) };
    let before = choices.muted.len();
    for topic in &asked.topics {
        let muted = Muted { topic: *topic, channel: Channel::Mail };
        if !choices.muted.contains(&muted) {
            choices.muted.push(muted);
        }
    }
    if choices.muted.len() == before {
        return Ok(());
    }
    let ledger = engine.ledger();
    let id = derive::new_uuid(ledger.clock().now()).map_err(|_| IssueError::Random)?;
    let digest = derive::request_digest(engine.keystore(), "unsubscribe", &[id.as_bytes()]);
    let meta =
        CommandMeta::new(CommandId::new(id), digest, Actor::System).for_tenant(Some(account));
    let command = Command::SetNotificationChoices { subject: asked.member.into(), choices };
    let done = ledger.transact::<AccessRules>(StreamName::access(person), command, meta).await;
    done.map(|_| ()).map_err(|error| IssueError::Ledger(Box::new(error)))
}

fn names(topics: &[Topic]) -> String {
    topics.iter().map(|topic| topic.name()).collect::<Vec<_>>().join(",")
}

fn sign(keystore: &Keystore, member: MemberId, topics: &str) -> Digest {
    keystore.digest(PURPOSE, &[&member.bytes()[..], topics.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn made(keystore: &Keystore) -> (String, String, String) {
        let member = MemberId::new(Uuid::from_u128(7));
        let link = Unsubscribe { member, topics: vec![Topic::Seats, Topic::Devices] };
        let path = link.path(keystore);
        let query = path.strip_prefix("/unsubscribe?").unwrap();
        let mut parts = query.split('&').map(|part| part.split_once('=').unwrap().1.to_owned());
        let parts = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        assert_eq!(Unsubscribe::parse(keystore, &parts.0, &parts.1, &parts.2), Some(link));
        parts
    }

    #[test]
    fn a_link_is_good_for_its_person_and_topics_alone() {
        let keystore = Keystore::in_memory().unwrap();
        let (who, topics, sign) = made(&keystore);
        let other = MemberId::new(Uuid::from_u128(8)).to_string();
        let refused = |who: &str, topics: &str, sign: &str| {
            assert_eq!(Unsubscribe::parse(&keystore, who, topics, sign), None, "{who} {topics}");
        };
        refused(&other, &topics, &sign);
        refused(&who, "seats", &sign);
        refused(&who, "seats,devices,license_ends", &sign);
        refused("", "", "");
        for place in 0..sign.len() {
            let mut altered = sign.clone().into_bytes();
            altered[place] = if altered[place] == b'0' { b'1' } else { b'0' };
            refused(&who, &topics, &String::from_utf8(altered).unwrap());
        }
        let elsewhere = Keystore::in_memory().unwrap();
        assert_eq!(Unsubscribe::parse(&elsewhere, &who, &topics, &sign), None);
    }

    #[test]
    fn no_link_switches_off_what_concerns_security() {
        let keystore = Keystore::in_memory().unwrap();
        let member = MemberId::new(Uuid::from_u128(7));
        for topics in ["credentials", "seats,rights", "programs"] {
            let signed = sign(&keystore, member, topics).to_string();
            let parsed = Unsubscribe::parse(&keystore, &member.to_string(), topics, &signed);
            assert_eq!(parsed, None, "{topics}");
        }
    }
}
