//! Views folded from the log, and how they are read. Knows nothing of commands: the read side
//! cannot decide.

mod authenticate;
mod kept;
mod personal;
mod prefix;

pub mod as_of;
pub mod digest;
pub mod evaluation;
pub mod page;
pub mod question;
pub mod replay;
pub mod rights;
pub mod row_text;
pub mod runner;
pub mod scope;
pub mod snapshot;
pub mod token;
pub mod views;

pub use as_of::{AsOf, Known};
pub use authenticate::{PasswordChallenge, SecondFactor, VerifiedPrincipal};
pub use digest::{Digests, ViewDigest, ViewVersion};
pub use evaluation::EvaluationFacts;
pub use page::{Page, Window};
pub use question::{Answer, Question, QuestionError};
pub use runner::{
    AtLeastError, Change, Changes, Health, Heard, Options, Projections, StartError, ViewDrift,
};
pub use scope::{AuthenticationError, KeyScope, Scope, TenantScope, VendorReader, VendorScope};
pub use snapshot::{Discarded, SnapshotError, SnapshotReport};
pub use token::{ConsistencyToken, TokenError};
pub use views::access::Principal;
pub use views::directory::{Bound, Found};
pub use views::entitlements::LicenseFilter;
pub use views::{Stop, Views};
