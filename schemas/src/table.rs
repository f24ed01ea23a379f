//! The event table: every event of every stream, found by its wire name.

use crate::access::AccessEvent;
use crate::account::AccountEvent;
use crate::claim::ClaimEvent;
use crate::fact::{DecodeError, EncodedFact, FactSet, OpenedPart};
use crate::ledger::LedgerFact;
use crate::license::LicenseEvent;
use crate::meter::MeterEvent;
use crate::notices::NoticesEvent;
use crate::policy::PolicyEvent;
use crate::product::ProductEvent;
use crate::staff::StaffEvent;
use crate::stream::StreamKind;

macro_rules! table {
    ($($(#[$doc:meta])* $kind:ident($set:ident),)*) => {
        /// An event of any stream, in its newest version.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum LedgerEvent {
            $($(#[$doc])* $kind($set),)*
        }

        $(
            impl From<$set> for LedgerEvent {
                fn from(event: $set) -> Self {
                    Self::$kind(event)
                }
            }

            impl TryFrom<LedgerEvent> for $set {
                type Error = LedgerEvent;

                fn try_from(event: LedgerEvent) -> Result<Self, LedgerEvent> {
                    match event {
                        LedgerEvent::$kind(event) => Ok(event),
                        other => Err(other),
                    }
                }
            }
        )*

        impl LedgerEvent {
            /// The wire name that this event is written under.
            #[must_use]
            pub fn wire_name(&self) -> &'static str {
                match self {
                    $(Self::$kind(event) => event.wire_name(),)*
                }
            }

            /// The bytes of this event.
            #[must_use]
            pub fn encode(&self) -> EncodedFact {
                match self {
                    $(Self::$kind(event) => event.encode(),)*
                }
            }

            /// The event in its newest version, whatever version was stored.
            ///
            /// # Errors
            /// When the type is unknown or the bytes do not have its shape.
            pub fn decode(
                kind: StreamKind,
                wire_name: &str,
                public: &[u8],
                personal: OpenedPart<'_>,
            ) -> Result<Self, DecodeError> {
                match kind {
                    $(StreamKind::$kind => $set::decode(wire_name, public, personal).map(Self::$kind),)*
                }
            }

            /// The JSON Schemas of all events: kind of stream, wire name, public body, personal part if any.
            #[must_use]
            pub fn json_schemas() -> Vec<(StreamKind, &'static str, schemars::Schema, Option<schemars::Schema>)> {
                let mut all = Vec::new();
                $(all.extend(
                    $set::json_schemas().into_iter().map(|(name, public, personal)| (StreamKind::$kind, name, public, personal)),
                );)*
                all
            }
        }
    };
}

table! {
    /// About the ledger itself.
    Ledger(LedgerFact),
    /// About a product.
    Product(ProductEvent),
    /// About a customer.
    Account(AccountEvent),
    /// About a license.
    License(LicenseEvent),
    /// About a meter.
    Meter(MeterEvent),
    /// About a person of the vendor.
    Staff(StaffEvent),
    /// About a principal's credentials.
    Access(AccessEvent),
    /// About a claimed value.
    Claim(ClaimEvent),
    /// About the vendor's policies.
    Policy(PolicyEvent),
    /// About what a person was told.
    Notices(NoticesEvent),
}
