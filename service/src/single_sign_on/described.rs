//! What identity providers say of themselves: their addresses, and the keys that they sign with. It is kept for a while, so
//! that not every sign-in asks for it. A key that is not in it may be a new one: then it is asked for again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use openidconnect::IssuerUrl;
use openidconnect::core::CoreProviderMetadata;
use projections::views::single_sign_on::Provider;
use schemas::{AccountId, Timestamp};

use super::Refused;
use super::egress::Egress;

/// For how long it is believed. A provider that takes a key back has to wait so long until nothing that was signed with it
/// counts here any more.
const SECONDS_MAX: i64 = 10 * 60;
/// Of how many providers it is kept, each of 128 KiB at most.
const COUNT_MAX: usize = 256;

/// Which connection it is of: one that was made anew, or with another address, is another one.
type Connection = (AccountId, Timestamp, String);

struct Kept {
    said: Arc<CoreProviderMetadata>,
    until: Timestamp,
}

/// What a provider says of itself, and whether that was asked for just now.
pub struct Described {
    /// What it says.
    pub said: Arc<CoreProviderMetadata>,
    /// Whether asking again cannot tell anything new.
    pub is_fresh: bool,
}

/// All that are kept. Clones share them.
#[derive(Clone, Default)]
pub struct Descriptions {
    kept: Arc<Mutex<HashMap<Connection, Kept>>>,
}

impl Descriptions {
    /// What this provider says of itself, as it is kept, or asked for.
    ///
    /// # Errors
    /// When nothing is kept and it cannot be asked, or is not as it must be: such an answer is not kept.
    pub async fn of(
        &self,
        egress: &Egress,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<Described, Refused> {
        match self.kept(&connection(provider), now) {
            Some(said) => Ok(Described { said, is_fresh: false }),
            None => Ok(Described { said: self.anew(egress, provider, now).await?, is_fresh: true }),
        }
    }

    /// The same, asked for in any case.
    ///
    /// # Errors
    /// When it cannot be asked, or is not as it must be.
    pub async fn anew(
        &self,
        egress: &Egress,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, Refused> {
        let issuer = IssuerUrl::new(provider.issuer.clone());
        let issuer = issuer.map_err(|error| Refused::NotUnderstood(error.to_string()))?;
        let said = CoreProviderMetadata::discover_async(issuer, egress).await;
        let said = Arc::new(said.map_err(Refused::of_discovery)?);
        self.keep(connection(provider), Arc::clone(&said), now);
        Ok(said)
    }

    /// Keeps it no longer: it may be the reason why something failed.
    pub fn forget(&self, provider: &Provider) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&connection(provider));
    }

    fn kept(&self, connection: &Connection, now: Timestamp) -> Option<Arc<CoreProviderMetadata>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(connection).filter(|one| now < one.until)?;
        Some(Arc::clone(&found.said))
    }

    fn keep(&self, connection: Connection, said: Arc<CoreProviderMetadata>, now: Timestamp) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= COUNT_MAX && !kept.contains_key(&connection) {
            kept.retain(|_, one| now < one.until);
            let oldest = kept.iter().min_by_key(|(_, one)| one.until).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest.filter(|_| kept.len() >= COUNT_MAX) {
                kept.remove(&oldest);
            }
        }
        kept.insert(connection, Kept { said, until: now.plus_seconds(SECONDS_MAX) });
    }
}

fn connection(provider: &Provider) -> Connection {
    (provider.account, provider.since, provider.issuer.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Arc<CoreProviderMetadata> {
        let text = r#"{"issuer":"https://login.example","authorization_endpoint":"https://login.example/a",
            "jwks_uri":"https://login.example/k","response_types_supported":["code"],
            "subject_types_supported":["public"],"id_token_signing_alg_values_supported":["EdDSA"]}"#;
        Arc::new(serde_json::from_str(text).unwrap())
    }

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn of(number: i64) -> Connection {
        (AccountId::default(), at(number), "https://login.example".to_owned())
    }

    #[test]
    fn it_is_believed_for_its_time_and_of_that_connection_alone() {
        let all = Descriptions::default();
        all.keep(of(1), said(), at(0));
        assert!(all.kept(&of(1), at(SECONDS_MAX - 1)).is_some());
        assert!(all.kept(&of(1), at(SECONDS_MAX)).is_none(), "its time is over");
        assert!(all.kept(&of(2), at(0)).is_none(), "a connection that was made anew");
    }

    #[test]
    fn the_oldest_goes_where_there_is_no_room() {
        let all = Descriptions::default();
        let count = i64::try_from(COUNT_MAX).unwrap();
        (0..=count).for_each(|number| all.keep(of(number), said(), at(number)));
        assert_eq!(all.kept.lock().unwrap().len(), COUNT_MAX);
        assert!(all.kept(&of(0), at(count)).is_none());
        assert!(all.kept(&of(1), at(count)).is_some() && all.kept(&of(count), at(count)).is_some());
        // Those that are over make room first.
        all.keep(of(-1), said(), at(count + SECONDS_MAX - 1));
        assert_eq!(all.kept.lock().unwrap().len(), 2);
    }
}
