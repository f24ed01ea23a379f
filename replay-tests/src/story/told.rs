//! What a customer contracts on, a person who becomes an organization, the vendor's notice periods, and what somebody is
//! told without asking; and software that acts by a license key.

use ledger::authority::{Action, Basis, Rule};
use ledger::license::{ActivateDevice, Command as LicenseCommand, Replace};
use ledger::{access, account, notices, policy, staff};
use schemas::account::{AccountProfile, PersonProfile};
use schemas::contract::{Contract, ContractDefaults, NoticeRule};
use schemas::license::DeviceProfile;
use schemas::notices::{
    Channel, FailureReason, Muted, Notice, NotificationChoices, NotificationFailed,
    NotificationSent, QuietHours, Rhythm, Topic,
};
use schemas::{AccountId, ActivationId, Actor, EventId, MemberId, StreamName};

use super::{Cast, digest};
use crate::orbit::{Ask, Orbit};

pub(super) async fn tell(orbit: &mut Orbit, cast: &Cast) {
    contracts(orbit, cast).await;
    promote(orbit).await;
    rename(orbit).await;
    notices(orbit, cast).await;
    software(orbit, cast).await;
}

/// Software binds its device by the key of the license.
async fn software(orbit: &mut Orbit, cast: &Cast) {
    let fingerprint = "a device of the license api".to_owned();
    let ask = LicenseCommand::ActivateDevice(ActivateDevice {
        activation: ActivationId::new(orbit.chance.id()),
        fingerprint: digest(orbit, "device", &fingerprint),
        member: None,
        version: None,
        profile: DeviceProfile { name: "Device".to_owned(), fingerprint, platform: None },
        replace: Replace::Oldest,
    });
    let mut sent = orbit.ask(cast.license.into(), Some(cast.acme), Ask::License(ask));
    let (action, rule) = (Action::UseDevices, Rule::LicenseKey);
    sent.meta.actor = Actor::License(cast.license);
    sent.meta.basis = Some(Basis { action, rule, grant: None, token: None });
    orbit.send(&sent).await.recorded();
}

async fn contracts(orbit: &mut Orbit, cast: &Cast) {
    let rule = |country: Option<&str>, notice_days| NoticeRule {
        country: country.map(|country| country.parse().unwrap()),
        notice_days,
        cancel_days: 14,
    };
    let rules = vec![rule(None, 30), rule(Some("DE"), 28), rule(Some("FR"), 90)];
    let publish = policy::Command::PublishNotice { version: 1, rules };
    orbit.tell(StreamName::policy(), None, Ask::Policy(publish)).await.recorded();
    let defaults = account::Command::SetContractDefaults(ContractDefaults {
        time_zone: Some("Europe/Paris".parse().unwrap()),
        country: Some("FR".parse().unwrap()),
        currency: Some("EUR".parse().unwrap()),
        locale: Some("fr-FR".parse().unwrap()),
        data_region: Some("eu".parse().unwrap()),
    });
    orbit.tell(cast.acme, Some(cast.acme), Ask::Account(defaults)).await.recorded();
    let contract = LicenseCommand::SetContract(Contract {
        time_zone: Some("Europe/Paris".parse().unwrap()),
        country: Some("FR".parse().unwrap()),
        currency: Some("EUR".parse().unwrap()),
        locale: None,
        price_minor: Some(120_000),
    });
    orbit.tell(cast.license, Some(cast.acme), Ask::License(contract)).await.recorded();
}

async fn promote(orbit: &mut Orbit) {
    let (solo, sol) = (AccountId::new(orbit.chance.id()), MemberId::new(orbit.chance.id()));
    let email = "sol@solo.example";
    for ask in [
        account::Command::OpenForPerson {
            account: solo,
            parent: None,
            member: sol,
            email_digest: digest(orbit, "email", email),
            profile: PersonProfile {
                name: "Sol Berger".to_owned(),
                email: email.to_owned(),
                external_id: None,
            },
        },
        account::Command::Promote {
            profile: AccountProfile { name: "Solo & Co".to_owned(), external_id: None },
        },
    ] {
        orbit.tell(solo, Some(solo), Ask::Account(ask)).await.recorded();
    }
}

/// Whoever works for the vendor says how it is called.
async fn rename(orbit: &mut Orbit) {
    let (vera, email) = (orbit.vera, "vera@orbit.example".to_owned());
    let profile =
        PersonProfile { name: "Vera Lindqvist Berg".to_owned(), email, external_id: None };
    orbit.tell(vera, None, Ask::Staff(staff::Command::Rename { profile })).await.recorded();
}

async fn notices(orbit: &mut Orbit, cast: &Cast) {
    let choices = access::Command::SetNotificationChoices {
        subject: cast.ann.into(),
        choices: NotificationChoices {
            muted: vec![Muted { topic: Topic::Seats, channel: Channel::Mail }],
            rhythm: Rhythm::Daily,
            quiet_hours: Some(QuietHours { from_minute: 22 * 60, until_minute: 7 * 60 }),
        },
    };
    let stream = StreamName::access(cast.ann.uuid());
    orbit.tell(stream, Some(cast.acme), Ask::Access(choices)).await.recorded();
    let cause = EventId::new(orbit.chance.id());
    let sent = |channel| NotificationSent {
        notice: Notice::PasswordSet,
        topic: Topic::Credentials,
        channel,
        template_version: 1,
        cause,
        license: None,
        digest: false,
    };
    let failed = NotificationFailed {
        notice: Notice::LicenseRenewed,
        topic: Topic::LicenseChanges,
        channel: Channel::Mail,
        template_version: 1,
        cause,
        attempts: 11,
        reason: FailureReason::Refused,
    };
    for ask in [
        notices::Command::RecordSent(vec![sent(Channel::Mail), sent(Channel::Portal)]),
        notices::Command::RecordFailed(failed),
        notices::Command::MarkRead { up_to: 1 },
    ] {
        let stream = StreamName::notices(cast.ann.uuid());
        orbit.tell(stream, Some(cast.acme), Ask::Notices(ask)).await.recorded();
    }
}
