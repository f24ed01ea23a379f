//! Commands as both doors send them: who may, which command id, what it means, and what became of
//! it.

pub mod account;
pub mod api_tokens;
mod asked;
pub mod catalog;
pub mod contract;
pub mod credentials;
pub mod devices;
pub mod erasure;
pub mod grants;
pub mod holds;
pub mod key;
pub mod license;
pub mod notices;
pub mod partners;
pub mod person;
pub mod profile;
pub mod roles;
pub mod seats;
pub mod single_sign_on;
pub mod staff;
pub mod undo;
pub mod usage;

use async_graphql::Error;

use crate::error::{Failure, UserError};
use crate::scalars::LedgerPosition;

pub use asked::record_denial;
pub(crate) use asked::{Allowed, Asked};

/// What became of a mutation: what it made or changed, and where in the ledger that is.
pub type Acted<T> = Result<(Option<T>, Done), Failure>;

/// Where in the ledger a mutation ended.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// The place of its last fact; or where it stood when there was nothing to do.
    pub position: Option<LedgerPosition>,
    /// To be given as `atLeast`.
    pub token: Option<String>,
    /// Whether the answer is the stored one of an earlier try.
    pub replayed: bool,
}

/// An input field that is not what it must be.
pub(crate) fn bad_field(field: &str, error: &dyn std::fmt::Display) -> Failure {
    UserError::about("BAD_USER_INPUT", field, error, "correct the field and try again").into()
}

/// Declares payloads: what a mutation answers. Each has one object, and the same five fields beside
/// it.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident: $ty:ty })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, async_graphql::SimpleObject)]
        pub struct $name {
            $(#[$field_doc])*
            pub $field: Option<$ty>,
            /// Why nothing happened; empty on success.
            pub user_errors: Vec<$crate::error::UserError>,
            /// To be given as `atLeast`, so that a read sees this change.
            pub consistency_token: Option<String>,
            /// The place in the ledger of this change; or of what was already so.
            pub position: Option<$crate::scalars::LedgerPosition>,
            /// Whether this is the stored answer of an earlier try with the same command id.
            pub replayed: bool,
        }

        impl $name {
            /// The answer to what was done or refused.
            ///
            /// # Errors
            /// When it failed on our side.
            pub fn answer(
                ctx: &async_graphql::Context<'_>,
                acted: $crate::act::Acted<$ty>,
            ) -> Result<Option<Self>, async_graphql::Error> {
                match acted {
                    Ok(($field, done)) => Ok(Some(Self {
                        $field,
                        user_errors: Vec::new(),
                        consistency_token: done.token,
                        position: done.position,
                        replayed: done.replayed,
                    })),
                    Err($crate::error::Failure::User(error)) => {
                        $crate::vain::Counting::note(ctx, &error.code);
                        Ok(Some(Self { user_errors: vec![error], ..Self::default() }))
                    }
                    Err($crate::error::Failure::Ours(error)) => Err(error),
                }
            }
        }
    )*};
}

pub(crate) use payloads;

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Ours(error) => error,
            Failure::User(error) => crate::error::coded(&error.code, &error.message),
        }
    }
}
