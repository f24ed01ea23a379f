//! The ids that follow from external ids and codes, and the keyed hashes that values are found by. They are the
//! same on every run, which is what makes an import repeatable.

use std::sync::Arc;

use ledger::license_key;
use ledger_log::Keystore;
use schemas::{
    AccountId, ActivationId, BundleId, Code, CommandId, Digest, FeatureKey, LicenseId, MemberId,
    MeterId, OfferingId, ProductId, StaffId,
};

use crate::people;

/// Derives ids and hashes with the keys of one ledger.
#[derive(Debug, Clone)]
pub struct Names {
    keystore: Arc<Keystore>,
}

impl Names {
    /// Names with these keys.
    #[must_use]
    pub const fn new(keystore: Arc<Keystore>) -> Self {
        Self { keystore }
    }

    /// The customer with this external id.
    #[must_use]
    pub fn account(&self, external_id: &str) -> AccountId {
        AccountId::from_bytes(self.id("account", &[external_id.as_bytes()]))
    }

    /// The person of this customer with this external id, or with this e-mail when it has none.
    #[must_use]
    pub fn member(&self, account: AccountId, name: &str) -> MemberId {
        MemberId::from_bytes(self.id("member", &[&account.bytes(), name.as_bytes()]))
    }

    /// The vendor's person with this external id, or with this e-mail when it has none.
    #[must_use]
    pub fn staff(&self, name: &str) -> StaffId {
        StaffId::from_bytes(self.id("staff", &[name.as_bytes()]))
    }

    /// The product with this code.
    #[must_use]
    pub fn product(&self, code: &Code) -> ProductId {
        ProductId::from_bytes(self.id("product", &[code.as_str().as_bytes()]))
    }

    /// The offering with this code.
    #[must_use]
    pub fn offering(&self, product: ProductId, code: &Code) -> OfferingId {
        let parts: [&[u8]; 2] = [&product.bytes(), code.as_str().as_bytes()];
        OfferingId::from_bytes(self.id("offering", &parts))
    }

    /// The bundle with this code.
    #[must_use]
    pub fn bundle(&self, product: ProductId, code: &Code) -> BundleId {
        let parts: [&[u8]; 2] = [&product.bytes(), code.as_str().as_bytes()];
        BundleId::from_bytes(self.id("bundle", &parts))
    }

    /// The license with this external id.
    #[must_use]
    pub fn license(&self, external_id: &str) -> LicenseId {
        LicenseId::from_bytes(self.id("license", &[external_id.as_bytes()]))
    }

    /// The binding of this license to the device with this fingerprint.
    #[must_use]
    pub fn activation(&self, license: LicenseId, fingerprint: &Digest) -> ActivationId {
        let parts: [&[u8]; 2] = [&license.bytes(), &fingerprint.0];
        ActivationId::from_bytes(self.id("activation", &parts))
    }

    /// The meter of this feature on this license.
    #[must_use]
    pub fn meter(&self, license: LicenseId, feature: &FeatureKey) -> MeterId {
        let parts: [&[u8]; 2] = [&license.bytes(), feature.as_str().as_bytes()];
        MeterId::from_bytes(self.id("meter", &parts))
    }

    /// The command that a row is, by what makes the row this row.
    #[must_use]
    pub fn command(&self, kind: &str, identity: &[String]) -> CommandId {
        let mut parts = vec![kind.as_bytes()];
        parts.extend(identity.iter().map(String::as_bytes));
        CommandId::from_bytes(self.id("import", &parts))
    }

    /// The keyed hash of a sign-in e-mail.
    #[must_use]
    pub fn email(&self, email: &str) -> Digest {
        people::email_digest(&self.keystore, email)
    }

    /// The keyed hash of a license key.
    #[must_use]
    pub fn key(&self, key: &str) -> Digest {
        self.keystore.digest("license_key", license_key::normalize(key).as_bytes())
    }

    /// The keyed hash of a device's fingerprint.
    #[must_use]
    pub fn fingerprint(&self, fingerprint: &str) -> Digest {
        self.keystore.digest("device", fingerprint.as_bytes())
    }

    /// The key of a license that came without one: nobody guesses it without the ledger's keys, and it is the same
    /// on every run.
    #[must_use]
    pub fn new_key(&self, product: &Code, license: LicenseId) -> String {
        let letters = product.as_str().chars().filter(char::is_ascii_alphanumeric);
        let prefix = letters.take(4).collect::<String>().to_ascii_uppercase();
        let secret = self.keystore.digest("license key", &license.bytes());
        license_key::spell(&prefix, &license_key::digits(&secret.0, license_key::RANDOM_DIGITS))
    }

    fn id(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 16] {
        self.keystore.derive_id(purpose, parts)
    }
}
