//! Passkeys of a person: added, shown to come in and to show again who it is, and removed; and how pages look.

use ledger::access;
use schemas::access::{
    Audience, PasskeyAdded, PasskeyCredential, PasskeyKey, PasskeyUsed, Preferences, Theme,
    TokenIssued,
};
use schemas::{PasskeyId, Personal, StreamName, TokenId};

use super::{Cast, digest};
use crate::orbit::{Ask, DAY, Orbit, after};

pub(super) async fn tell(orbit: &mut Orbit, cast: &Cast) {
    let [came_by_password, came_by_passkey] = [(); 2].map(|()| TokenId::new(orbit.chance.id()));
    let [laptop, phone] = [(); 2].map(|()| PasskeyId::new(orbit.chance.id()));
    let issued = |token, secret_digest| TokenIssued {
        token,
        audience: Audience::Portal,
        secret_digest,
        expires_at: after(DAY),
    };
    let first = issued(came_by_password, digest(orbit, "token", "a third secret of ann"));
    let second = issued(came_by_passkey, digest(orbit, "token", "a fourth secret of ann"));
    let added = |passkey, name: &str, credential, counter| PasskeyAdded {
        passkey,
        token: came_by_password,
        relying_party: "portal.orbit.example".to_owned(),
        credential,
        counter,
        backup_eligible: true,
        backed_up: false,
        personal: Personal::new(
            cast.ann,
            PasskeyCredential {
                name: name.to_owned(),
                credential: "AQIDBAUGBwgJCgsMDQ4PEA".to_owned(),
                key: PasskeyKey::Es256 {
                    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".to_owned(),
                    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".to_owned(),
                },
            },
        ),
    };
    let used = |passkey, token, counter| PasskeyUsed { passkey, token, counter, backed_up: true };
    let TokenIssued { token, audience, secret_digest, expires_at } = first;
    let [on_laptop, on_phone] = ["laptop", "phone"].map(|name| digest(orbit, "passkey", name));
    for ask in [
        access::Command::IssueToken { token, audience, secret_digest, expires_at },
        access::Command::AddPasskey(added(laptop, "Ann's laptop", on_laptop, 1)),
        access::Command::AddPasskey(added(phone, "Ann's phone", on_phone, 0)),
        access::Command::IssueTokenByPasskey {
            issued: second,
            used: used(laptop, came_by_passkey, 2),
        },
        access::Command::ConfirmTokenByPasskey(used(phone, came_by_password, 0)),
        access::Command::RemovePasskey { passkey: laptop, kept: None },
        access::Command::SetPreferences {
            subject: cast.ann.into(),
            preferences: Preferences {
                time_zone: Some("Europe/Lisbon".to_owned()),
                theme: Some(Theme::Dark),
            },
        },
    ] {
        let stream = StreamName::access(cast.ann.uuid());
        orbit.tell(stream, Some(cast.acme), Ask::Access(ask)).await.recorded();
    }
}
