//! The text form of licenses and meters. It is hashed: a change here is a new version of the view.

use ledger::license::{ActivationKind, Ended, Ending, State};
use ledger::meter;
use schemas::FeatureKey;
use schemas::catalog::SourceRef;
use schemas::contract::Contract;
use schemas::license::{Acquisition, Blocker};

use super::rows::{LicenseRow, MeterNote, Origin};
use crate::row_text::RowText;
use crate::views::words::{From, Who, write_grant, write_terms};

pub(super) fn write_license(row: &LicenseRow, text: &mut RowText) {
    text.start("license", row.license);
    text.field("account", row.account);
    text.field("product", row.product);
    text.field("subject", row.secret.subject);
    text.field("revision", row.revision);
    text.instant("changed_at", row.changed_at);
    text.instant("effective_last", row.state.effective_last);
    write_issued(row, text);
    write_source(row, text);
    write_time(&row.state, text);
    write_seats(row, text);
    write_allocations(&row.state, text);
    write_activations(row, text);
    write_stops(row, text);
}

fn write_issued(row: &LicenseRow, text: &mut RowText) {
    write_origin("issued", &row.issued, text);
    if let Some(issued) = &row.state.issued {
        text.field("  license", issued.license);
        text.field("  account", issued.account);
        text.field("  product", issued.product);
        text.field("  acquired", acquisition_name(issued.acquired));
        text.field("  key_digest", issued.key_digest);
        text.field("  from", From(issued.source));
        text.instant("  at", issued.at);
    }
}

fn write_source(row: &LicenseRow, text: &mut RowText) {
    write_origin("source", &row.source, text);
    text.option("  from", row.state.source.map(From));
    if let Some(terms) = &row.state.terms {
        write_terms(text, terms);
    }
    row.state.grants.iter().for_each(|grant| write_grant(text, "grant", grant));
    for (bundle, applied) in &row.state.bundles {
        text.field("bundle", bundle);
        text.field("  from", From(SourceRef::Bundle(applied.bundle)));
        text.instant("  at", applied.at);
        applied.grants.iter().for_each(|grant| write_grant(text, "  grant", grant));
        if let Some(origin) = row.bundles.get(bundle) {
            write_origin("  applied", origin, text);
        }
    }
}

fn write_time(state: &State, text: &mut RowText) {
    if let Some(term) = &state.term {
        text.instant("term_from", term.from);
        text.instant_option("term_until", term.until);
    }
    if let Some(renewed) = &state.renewed {
        text.instant("renewed_ended", renewed.ended);
        text.instant("renewed_from", renewed.from);
    }
    text.instant_option("usage_counts_from", state.usage_counts_from);
    let Contract { time_zone, country, currency, locale, price_minor } = &state.contract;
    text.option("contract_time_zone", time_zone.as_ref());
    text.option("contract_country", country.as_ref());
    text.option("contract_currency", currency.as_ref());
    text.option("contract_locale", locale.as_ref());
    text.option("contract_price_minor", *price_minor);
}

fn write_seats(row: &LicenseRow, text: &mut RowText) {
    for (member, seat) in &row.state.seats {
        text.field("seat", member);
        text.instant("  assigned_at", seat.assigned_at);
        for account in seat.accounts.iter().flatten() {
            text.field("  account", account);
        }
        if let Some(origin) = row.seats.get(member) {
            write_origin("  assigned", origin, text);
        }
    }
}

fn write_allocations(state: &State, text: &mut RowText) {
    for (account, one) in &state.allocations {
        text.field("allocation", account);
        text.field("  seats", one.seats);
        text.field("  capped", one.capped);
        one.above.iter().for_each(|above| text.field("  above", above));
    }
}

fn write_activations(row: &LicenseRow, text: &mut RowText) {
    for (activation, one) in &row.state.activations {
        text.field("activation", activation);
        text.field("  kind", kind_name(one.kind));
        text.field("  digest", one.digest);
        text.option("  member", one.member);
        if let Some(version) = &one.version {
            text.words("  version", version);
        }
        text.instant("  activated_at", one.activated_at);
        text.instant("  last_seen_at", one.last_seen_at);
        if let Some(Ended { how, at }) = &one.ended {
            text.field("  ended", ending_name(*how));
            text.instant("  ended_at", *at);
        }
        if let Some(note) = row.bindings.get(activation) {
            write_origin("  bound", &note.bound, text);
            let subject = match note.kind {
                ActivationKind::Device => note.device.subject,
                ActivationKind::Domain => note.domain.subject,
            };
            text.field("  subject", subject);
        }
    }
}

fn write_stops(row: &LicenseRow, text: &mut RowText) {
    for (blocker, since) in &row.state.blockers {
        text.field("blocker", blocker_name(*blocker));
        text.instant("  since", *since);
        if let Some(note) = row.blockers.get(blocker) {
            write_origin("  set", &note.given, text);
            text.field("  subject", note.reason.subject);
        }
    }
    if let Some(revoked) = row.state.revoked {
        text.instant("revoked", revoked);
    }
    if let Some(note) = &row.revocation {
        write_origin("revocation", &note.given, text);
        text.field("  subject", note.reason.subject);
    }
}

fn write_origin(name: &str, origin: &Origin, text: &mut RowText) {
    text.field(
        name,
        format_args!("{} {} by {}", origin.event, origin.at.micros(), Who(origin.actor)),
    );
}

pub(super) fn write_meter(
    feature: &FeatureKey,
    state: &meter::State,
    note: &MeterNote,
    text: &mut RowText,
) {
    text.start("meter", note.meter);
    text.field("feature", feature);
    text.field("revision", note.revision);
    text.instant("changed_at", note.changed_at);
    text.instant("effective_last", state.effective_last);
    if let Some(opened) = &state.opened {
        text.field("license", opened.license);
        text.field("account", opened.account);
        text.field("counts", &opened.feature);
    }
    for grant in &state.grants {
        text.field("grant", grant.amount);
        text.field("  consumed", grant.consumed);
        text.instant("  granted_at", grant.granted_at);
        text.instant_option("  expires_at", grant.expires_at);
    }
    for (from, used) in &state.periods {
        text.instant("period", *from);
        text.field("  from_allowance", used.from_allowance);
        text.field("  from_grants", used.from_grants);
    }
}

const fn acquisition_name(acquired: Acquisition) -> &'static str {
    match acquired {
        Acquisition::Order => "order",
        Acquisition::Import => "import",
        Acquisition::Promotion => "promotion",
        Acquisition::Trial => "trial",
    }
}

const fn kind_name(kind: ActivationKind) -> &'static str {
    match kind {
        ActivationKind::Device => "device",
        ActivationKind::Domain => "domain",
    }
}

const fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::Deactivated => "deactivated",
        Ending::Retired => "retired",
    }
}

const fn blocker_name(blocker: Blocker) -> &'static str {
    match blocker {
        Blocker::Billing => "billing",
        Blocker::Abuse => "abuse",
        Blocker::VendorHold => "vendor_hold",
        Blocker::CustomerHold => "customer_hold",
        Blocker::Compliance => "compliance",
    }
}
