//! Partners: accounts whose people act for a customer.

use async_graphql::{Context, ID, InputObject};
use ledger::account::{AccountRules, Command};
use ledger::authority::Action;
use schemas::account::PartnerLinked;
use schemas::{AccountId, GrantId};

use super::{Acted, Asked, payloads};
use crate::error::UserError;
use crate::read;
use crate::scalars::DateTime;
use crate::types::partner::{PartnerLink, PartnerRole};

/// Let the people of another account act for a customer.
#[derive(Debug, Clone, InputObject)]
pub struct PartnerLinkInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// For whom: this account and those below it.
    pub account_id: ID,
    /// The partner.
    pub partner_id: ID,
    /// The most that its people may do, each as far as its own role over the partner reaches.
    pub role: PartnerRole,
    /// The first instant at which it no longer counts; none: it has no end of its own.
    pub ends_at: Option<DateTime>,
}

/// Part with a partner.
#[derive(Debug, Clone, InputObject)]
pub struct PartnerUnlinkInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// For whom it acts.
    pub account_id: ID,
    /// The link.
    pub link_id: ID,
}

payloads! {
    /// What became of `partnerLink`.
    PartnerLinkPayload {
        /// The link.
        link: PartnerLink
    }
    /// What became of `partnerUnlink`.
    PartnerUnlinkPayload {
        /// The link after it.
        link: PartnerLink
    }
}

/// Links a partner. It counts before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn link(ctx: &Context<'_>, input: PartnerLinkInput) -> Acted<PartnerLink> {
    let operation = "partnerLink";
    let asked = Asked::new(ctx, Action::ManagePartners, operation, &input, &input.command_id)
        .await?
        .proven()?;
    let (asked, account) = asked.account(&input.account_id).await?;
    let partner = asked.account_named(&input.partner_id, "partnerId")?;
    asked.expect_kept(partner, account).await?;
    let link = GrantId::new(asked.made("partner"));
    let ends_at = input.ends_at.map(|DateTime(at)| at);
    let linked = PartnerLinked { link, partner, role: input.role.into(), ends_at };
    let command = Command::LinkPartner(linked);
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((linked_in(&asked, account, link), done))
}

/// Parts with a partner. It counts no longer before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn unlink(ctx: &Context<'_>, input: PartnerUnlinkInput) -> Acted<PartnerLink> {
    let operation = "partnerUnlink";
    let asked =
        Asked::new(ctx, Action::ManagePartners, operation, &input, &input.command_id).await?;
    let (asked, account) = asked.account(&input.account_id).await?;
    let link: Option<GrantId> = input.link_id.parse().ok();
    let link = link.filter(|link| linked_in(&asked, account, *link).is_some());
    let link = link.ok_or_else(|| UserError::not_found("linkId"))?;
    let command = Command::UnlinkPartner { link };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((linked_in(&asked, account, link), done))
}

fn linked_in(asked: &Asked<'_>, account: AccountId, link: GrantId) -> Option<PartnerLink> {
    let links = read::partners_of(asked.gate, asked.reader, account, true);
    links.into_iter().find(|one| one.id.as_str() == link.to_string())
}
