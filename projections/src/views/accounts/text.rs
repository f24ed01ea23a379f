//! The text form of customers, their people and what was granted. It is hashed: a change here is a new version of the view.

use ledger::authority::{Grant, role_id};
use schemas::account::{MemberRole, PartnerRole, Party};
use schemas::contract::ContractDefaults;

use super::{AccountRow, MemberRow};
use crate::row_text::RowText;

pub(super) fn write_account(row: &AccountRow, text: &mut RowText) {
    text.start("account", row.account);
    text.option("parent", row.parent);
    text.field("party", party_name(row.party));
    text.field("subject", row.profile.subject);
    text.instant("opened_at", row.opened_at);
    text.instant("changed_at", row.changed_at);
    text.field("revision", row.revision);
    if row.second_factor_demanded {
        text.field("second_factor_demanded", true);
    }
    for link in row.partners.values() {
        text.field("partner", link.partner);
        text.field("  link", link.link);
        text.field("  role", partner_role_name(link.role));
        text.instant_option("  ends_at", link.ends_at);
        text.instant("  linked_at", link.linked_at);
        text.instant_option("  ended_at", link.ended_at);
    }
    if let Some(provider) = &row.provider {
        provider.write(row.provider_secret.subject, text);
    }
    for (matter, since) in &row.legal_holds {
        text.field("legal_hold", matter);
        text.instant("  placed_at", *since);
    }
    if row.erased_at.is_some() {
        text.instant_option("erased_at", row.erased_at);
    }
    text.instant_option("promoted_at", row.promoted_at);
    let ContractDefaults { time_zone, country, currency, locale, data_region } = &row.contract;
    text.option("contract_time_zone", time_zone.as_ref());
    text.option("contract_country", country.as_ref());
    text.option("contract_currency", currency.as_ref());
    text.option("contract_locale", locale.as_ref());
    text.option("data_region", data_region.as_ref());
}

pub(super) fn write_member(row: &MemberRow, text: &mut RowText) {
    text.start("member", row.member);
    text.field("account", row.account);
    text.field("role", role_name(row.role));
    text.field("email_digest", row.email_digest);
    text.field("subject", row.profile.subject);
    text.instant("added_at", row.added_at);
    // Only where it is so: what was said before there was such a fact stays as it was.
    if row.suspended_at.is_some() {
        text.instant_option("suspended_at", row.suspended_at);
    }
    if row.erased_at.is_some() {
        text.instant_option("erased_at", row.erased_at);
    }
}

pub(super) fn write_grant(row: &Grant, text: &mut RowText) {
    text.start("grant", row.grant);
    text.field("account", row.account);
    text.field("member", row.member);
    text.field("role", role_id(row.role));
    text.option("license", row.license);
    text.instant_option("ends_at", row.ends_at);
    text.option("under", row.under);
    text.instant("given_at", row.given_at);
    text.instant_option("ended_at", row.ended_at);
}

const fn party_name(party: Party) -> &'static str {
    match party {
        Party::Organization => "organization",
        Party::Person => "person",
    }
}

const fn partner_role_name(role: PartnerRole) -> &'static str {
    match role {
        PartnerRole::LicenseViewer => "license_viewer",
        PartnerRole::Auditor => "auditor",
        PartnerRole::LicenseManager => "license_manager",
    }
}

const fn role_name(role: MemberRole) -> &'static str {
    match role {
        MemberRole::OrgAdmin => "org_admin",
        MemberRole::Member => "member",
        MemberRole::Auditor => "auditor",
    }
}
