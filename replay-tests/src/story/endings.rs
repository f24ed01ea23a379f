//! What ends: who one is at a provider, people of the vendor who left, a customer that is erased whole, a key of the log.

use ledger::account::Around;
use ledger::proof::Rotation;
use ledger::proof::note::SignerKey;
use ledger::{account, ledger_stream, staff};
use schemas::account::{AccountProfile, ErasureGround, MemberRole, Party, ProviderSecret};
use schemas::staff::StaffRole;
use schemas::{AccountId, MemberId, StaffId, StreamName};

use super::{Cast, digest, person};
use crate::orbit::{Ask, Orbit};

pub(super) async fn tell(orbit: &mut Orbit, cast: &Cast) {
    unlink(orbit, cast).await;
    leave_the_vendor(orbit).await;
    erase_a_customer(orbit).await;
    let named = |seed: u8| SignerKey::from_seed("another.example/log", &[seed; 32]).unwrap();
    let change = Rotation::sign(&named(1), &named(2)).unwrap();
    let change = Ask::Ledger(ledger_stream::Command::RotateKey(change));
    orbit.tell(StreamName::ledger(), None, change).await.recorded();
}

async fn unlink(orbit: &mut Orbit, cast: &Cast) {
    let identity = digest(orbit, "identity", "ann at the other provider of acme");
    for ask in [
        account::Command::ConnectProvider {
            issuer: "https://next.acme.example".to_owned(),
            client: "orbit".to_owned(),
            secret: ProviderSecret { secret: "a secret of acme's next provider".to_owned() },
        },
        account::Command::LinkIdentity { member: cast.ann, identity },
        account::Command::UnlinkIdentity { member: cast.ann },
    ] {
        orbit.tell(cast.acme, Some(cast.acme), Ask::Account(ask)).await.recorded();
    }
}

async fn leave_the_vendor(orbit: &mut Orbit) {
    let otto = StaffId::new(orbit.chance.id());
    let ground = ErasureGround::NoLongerNeeded;
    for ask in [
        staff::Command::Add {
            staff: otto,
            role: StaffRole::Auditor,
            email_digest: digest(orbit, "email", "otto@orbit.example"),
            profile: person("Otto Ruiz", "otto@orbit.example"),
        },
        staff::Command::Suspend { others_operate: true },
        staff::Command::Restore,
        staff::Command::Suspend { others_operate: true },
        staff::Command::Erase { ground, held: false },
    ] {
        orbit.tell(otto, None, Ask::Staff(ask)).await.recorded();
    }
    orbit.ledger.codec().keystore().erase(otto.into()).unwrap();
}

async fn erase_a_customer(orbit: &mut Orbit) {
    let (initech, dia) = (AccountId::new(orbit.chance.id()), MemberId::new(orbit.chance.id()));
    for ask in [
        account::Command::Open {
            account: initech,
            parent: None,
            party: Party::Organization,
            profile: AccountProfile { name: "Initech".to_owned(), external_id: None },
        },
        account::Command::AddMember {
            member: dia,
            role: MemberRole::OrgAdmin,
            email_digest: digest(orbit, "email", "dia@initech.example"),
            profile: person("Dia Sommer", "dia@initech.example"),
        },
        account::Command::Erase {
            ground: ErasureGround::NoLongerNeeded,
            around: Around::default(),
        },
    ] {
        orbit.tell(initech, Some(initech), Ask::Account(ask)).await.recorded();
    }
    let keystore = orbit.ledger.codec().keystore();
    keystore.erase(initech.into()).unwrap();
    keystore.erase(dia.into()).unwrap();
}
