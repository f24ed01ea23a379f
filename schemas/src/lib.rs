//! What was and is written: every event in every version, its envelope, and the ids that name things.
//! Knows nothing of commands, rules, views, stores or GraphQL.

pub mod access;
pub mod account;
pub mod catalog;
pub mod claim;
pub mod contract;
pub mod envelope;
pub mod fact;
pub mod id;
pub mod ledger;
pub mod license;
pub mod meter;
pub mod network;
pub mod notices;
pub mod part;
pub mod policy;
pub mod product;
pub mod quantity;
pub mod staff;
pub mod stream;
pub mod table;
pub mod time;

pub use envelope::{Actor, Digest, Header, LogPosition, Revision, StoredEvent};
pub use fact::{DecodeError, EncodedFact, EncodedPersonal, FactSet, OpenedPart, Personal};
pub use id::{
    AccountId, ActivationId, BundleId, Code, CommandId, CorrelationId, EventId, FeatureKey,
    GrantId, LicenseId, MemberId, MeterId, OfferingId, PasskeyId, ProductId, StaffId, SubjectId,
    TokenId,
};
pub use network::{Network, ParseNetworkError};
pub use part::Part;
pub use quantity::Quantity;
pub use stream::{StreamKind, StreamName};
pub use table::LedgerEvent;
pub use time::{Period, PeriodUnit, Timestamp};
