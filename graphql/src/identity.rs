//! Ids that follow from what they name, so that a retry and an import make the same ones. They are
//! keyed: nobody outside can guess the id of an external number.

use ledger::license_key;
use ledger_log::Keystore;
use schemas::{
    AccountId, BundleId, Code, CommandId, Digest, FeatureKey, LicenseId, MemberId, MeterId,
    OfferingId, ProductId,
};

/// The product with this code: a code names one product.
#[must_use]
pub fn product_id(keystore: &Keystore, code: &Code) -> ProductId {
    ProductId::from_bytes(keystore.derive_id("product", &[code.as_str().as_bytes()]))
}

/// The offering of a product with this SKU.
#[must_use]
pub fn offering_id(keystore: &Keystore, product: ProductId, code: &Code) -> OfferingId {
    let parts = [&product.bytes()[..], code.as_str().as_bytes()];
    OfferingId::from_bytes(keystore.derive_id("offering", &parts))
}

/// The bundle of a product with this code.
#[must_use]
pub fn bundle_id(keystore: &Keystore, product: ProductId, code: &Code) -> BundleId {
    let parts = [&product.bytes()[..], code.as_str().as_bytes()];
    BundleId::from_bytes(keystore.derive_id("bundle", &parts))
}

/// The account with this number of the vendor's.
#[must_use]
pub fn account_id(keystore: &Keystore, external_id: &str) -> AccountId {
    AccountId::from_bytes(keystore.derive_id("account", &[external_id.as_bytes()]))
}

/// The person of an account that is a person's.
#[must_use]
pub fn person_of(keystore: &Keystore, account: AccountId) -> MemberId {
    MemberId::from_bytes(keystore.derive_id("person", &[&account.bytes()]))
}

/// The meter of one feature of one license.
#[must_use]
pub fn meter_id(keystore: &Keystore, license: LicenseId, feature: &FeatureKey) -> MeterId {
    let parts = [&license.bytes()[..], feature.as_str().as_bytes()];
    MeterId::from_bytes(keystore.derive_id("meter", &parts))
}

/// The id of the thing that this command makes.
#[must_use]
pub fn made_by(keystore: &Keystore, what: &str, command: CommandId) -> [u8; 16] {
    keystore.derive_id(what, &[b"command", &command.bytes()])
}

/// The secret of the link that this command makes for a person: 51 characters that hold 255 bits. The same command about
/// somebody else makes another.
#[must_use]
pub fn password_code(keystore: &Keystore, command: CommandId, member: MemberId) -> String {
    let asked = [command.bytes(), member.bytes()].concat();
    let secret = keystore.digest("password_code_of_command", &asked).0;
    license_key::digits(&secret, 51).to_lowercase()
}

/// What is stored of such a secret.
#[must_use]
pub fn password_code_digest(code: &str) -> Digest {
    Digest(blake3::derive_key("deedbook 2026 password link v1", code.as_bytes()))
}

/// The license key that this command makes: the product's first letters, 26 characters that hold
/// 130 bits, and four that check them, in groups of five.
#[must_use]
pub fn license_key(keystore: &Keystore, product: &Code, command: CommandId) -> String {
    let secret = keystore.digest("license_key_of_command", &command.bytes()).0;
    let letters = product.as_str().chars().filter(char::is_ascii_alphanumeric).take(4);
    let prefix: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    license_key::spell(&prefix, &license_key::digits(&secret, license_key::RANDOM_DIGITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_license_key_is_the_same_for_a_retry_and_another_for_another_command() {
        let keystore = Keystore::in_memory().expect("a keystore");
        let product: Code = "orbit".parse().expect("a code");
        let of = |n| license_key(&keystore, &product, CommandId::new(Uuid::from_u128(n)));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(of(1).starts_with("ORBI-"));
        assert_eq!(of(1).len(), 4 + 6 * 6, "{}", of(1));
    }
}
