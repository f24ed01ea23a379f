//! Who signed in at the vendor's door.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use projections::Principal;
use projections::scope::VendorReader;

use super::Viewer;
use super::staff::{StaffMember, StaffRole};
use crate::gate::Gate;
use crate::scalars::DateTime;
use crate::types::api_token::ApiToken;
use crate::types::session::{Passkey, Preferences, SecondFactor, Session, SignIn};

/// Who signed in at the vendor's door.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ConsoleViewer {
    /// The person; null for the operator at the command line.
    pub staff: Option<StaffMember>,
    /// What the person may do.
    pub role: StaffRole,
    /// When the sign-in ends; null when it has no end of its own.
    pub expires_at: Option<DateTime>,
    /// When the password was set; null when there is none.
    pub password_set_at: Option<DateTime>,
    /// The second factor; null when none is set up.
    pub second_factor: Option<SecondFactor>,
    /// The passkeys with which the caller may sign in, the oldest first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub passkeys: Vec<Passkey>,
    /// How the caller wants pages to look; null: as the browser has it.
    pub preferences: Option<Preferences>,
    /// Where the caller is signed in, the newest 100 first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub sessions: Vec<Session>,
    /// The tokens with which programs act for the caller: those that are accepted, the newest first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub api_tokens: Vec<ApiToken>,
}

#[ComplexObject]
impl ConsoleViewer {
    /// When the caller came in during the last 90 days, the newest 100 first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn sign_ins(&self, ctx: &Context<'_>) -> Result<Vec<SignIn>> {
        let gate = Gate::of(ctx)?;
        let scope = ctx.data::<Viewer>()?.scope;
        let VendorReader::Staff(staff, _) = scope.reader() else { return Ok(Vec::new()) };
        let whose = Principal::Staff(staff);
        let own = gate.projections.read(|views| views.credentials(&scope, whose).cloned());
        match own {
            Some(own) => crate::read::sign_ins::sign_ins(gate, &own).await,
            None => Ok(Vec::new()),
        }
    }
}
