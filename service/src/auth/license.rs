//! Software that shows a license key.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use ledger::license_key;
use projections::{AuthenticationError, KeyScope};

use super::Auth;
use crate::budgets::{Payer, Purpose};

/// The longest key that is looked at, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LicenseKeyError {
    /// No license has this key, or that of an account whose data is erased.
    #[error("no license has this key")]
    Unknown,
    /// The views that decide access stopped.
    #[error("it cannot be told who has access")]
    ViewsStopped,
}

impl Auth {
    /// The scope of whoever shows this license key: as it was issued, or however it was typed where its own digits check it.
    ///
    /// # Errors
    /// When there is no such license, or it cannot be told.
    pub fn license(&self, typed: &str) -> Result<KeyScope, LicenseKeyError> {
        if typed.len() > KEY_BYTES_MAX {
            return Err(LicenseKeyError::Unknown);
        }
        let (views, keystore) = (self.engine.projections(), self.engine.keystore());
        let spellings = [Some(license_key::normalize(typed)), license_key::meant(typed)];
        for spelling in spellings.into_iter().flatten() {
            let digest = keystore.digest("license_key", spelling.as_bytes());
            let found = views.read(|views| {
                let scope = views.authenticate_license_key(&digest)?;
                let erased = views.is_erased(scope.account().into());
                if erased { Err(AuthenticationError::Unknown) } else { Ok(scope) }
            });
            match found {
                Ok(scope) => return Ok(scope),
                Err(AuthenticationError::ViewsStopped) => {
                    return Err(LicenseKeyError::ViewsStopped);
                }
                Err(
                    AuthenticationError::Unknown
                    | AuthenticationError::Expired
                    | AuthenticationError::WrongPassword,
                ) => {}
            }
        }
        Err(LicenseKeyError::Unknown)
    }

    /// Takes from a license what its software asks for.
    ///
    /// # Errors
    /// How long to wait, when too much was asked for lately.
    pub fn charge_license(
        &self,
        scope: KeyScope,
        from: Option<IpAddr>,
        cost: u64,
    ) -> Result<(), Duration> {
        let (credential, tenant) = (scope.license().uuid(), Some(scope.account()));
        self.budgets.charge(
            Purpose::Licensing,
            Payer { credential, tenant, from },
            cost,
            Instant::now(),
        )
    }
}
