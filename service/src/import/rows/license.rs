//! Rows about licenses: the license itself and what happened to it.

use schemas::catalog::RenewalBasis;
use schemas::license::{Acquisition, Blocker};
use schemas::{Code, FeatureKey, Period, Timestamp};
use serde::Serialize;

use super::party::MemberName;
use crate::import::cells::{REASON_CHARACTERS_MAX, RowParser};
use crate::import::report::codes;
use crate::import::time;

/// The longest version of a release or of software on a device, in characters.
const VERSION_CHARACTERS_MAX: usize = 64;
/// The longest license key, in characters.
const KEY_CHARACTERS_MAX: usize = 200;

/// What a license is issued from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) enum Source {
    Offering(Code),
    Bundle(Code),
}

/// A license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct License {
    pub(crate) external_id: String,
    pub(crate) customer_external_id: String,
    pub(crate) product: Code,
    pub(crate) source: Source,
    pub(crate) version: Option<u32>,
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) term_start: Option<Timestamp>,
    pub(crate) term_end: Option<Timestamp>,
    pub(crate) key: Option<String>,
    pub(crate) acquired: Acquisition,
}

impl License {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let ways = [
            ("import", Acquisition::Import),
            ("order", Acquisition::Order),
            ("promotion", Acquisition::Promotion),
            ("trial", Acquisition::Trial),
        ];
        let external_id = p.external_id("external_id");
        let customer_external_id = p.external_id("customer_external_id");
        let (product, source) = (p.parsed("product"), source(p));
        let version = p.has("version").then(|| p.quantity("version")).flatten();
        let version = version.map(|version| u32::try_from(version).unwrap_or(u32::MAX));
        let issued_at = p.optional_instant("issued_at");
        let (term_start, term_end) =
            (p.optional_instant("term_start"), p.optional_instant("term_end"));
        let key = p.optional_text("key", KEY_CHARACTERS_MAX);
        let acquired = p.choice("acquired", &ways);
        if let Some(from) = term_start.or(issued_at)
            && term_end.is_some_and(|end| end <= from)
        {
            let message = "the term ends at or before its start".to_owned();
            p.fault("term_end", codes::BAD_VALUE, message);
        }
        Some(Self {
            external_id: external_id?,
            customer_external_id: customer_external_id?,
            product: product?,
            source: source?,
            version,
            issued_at,
            term_start,
            term_end,
            key,
            acquired: acquired?,
        })
    }
}

fn source(p: &mut RowParser<'_>) -> Option<Source> {
    match (p.has("offering"), p.has("bundle")) {
        (true, false) => p.parsed("offering").map(Source::Offering),
        (false, true) => p.parsed("bundle").map(Source::Bundle),
        (false, false) => {
            let message = "say what is licensed: `offering` or `bundle`".to_owned();
            p.fault("offering", codes::MISSING, message);
            None
        }
        (true, true) => {
            let message = "give an `offering` or a `bundle`, not both".to_owned();
            p.fault("bundle", codes::BAD_VALUE, message);
            None
        }
    }
}

/// A further term of a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Renewal {
    pub(crate) license_external_id: String,
    pub(crate) renewed_at: Option<Timestamp>,
    pub(crate) period: Option<Period>,
    pub(crate) basis: Option<RenewalBasis>,
}

impl Renewal {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let bases = [
            ("", None),
            ("from_expiry", Some(RenewalBasis::FromExpiry)),
            ("from_now", Some(RenewalBasis::FromNow)),
            ("from_now_if_expired", Some(RenewalBasis::FromNowIfExpired)),
        ];
        let license_external_id = p.external_id("license_external_id");
        let renewed_at = p.optional_instant("renewed_at");
        let text = p.optional_text("period", VERSION_CHARACTERS_MAX);
        let period = text.as_deref().and_then(time::period);
        if text.is_some() && period.is_none() {
            let message = "expected a length of time such as `1 year`, `6 months` or `30 days`";
            p.fault("period", codes::BAD_VALUE, message.to_owned());
        }
        let basis = p.choice("basis", &bases);
        Some(Self { license_external_id: license_external_id?, renewed_at, period, basis: basis? })
    }
}

/// A person on a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Seat {
    pub(crate) license_external_id: String,
    pub(crate) member: MemberName,
    pub(crate) assigned_at: Option<Timestamp>,
}

impl Seat {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let license_external_id = p.external_id("license_external_id");
        let (member, assigned_at) = (MemberName::required(p), p.optional_instant("assigned_at"));
        Some(Self { license_external_id: license_external_id?, member: member?, assigned_at })
    }
}

/// A device bound to a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Device {
    pub(crate) license_external_id: String,
    pub(crate) fingerprint: String,
    pub(crate) name: String,
    pub(crate) platform: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) member: Option<MemberName>,
    pub(crate) activated_at: Option<Timestamp>,
}

impl Device {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let license_external_id = p.external_id("license_external_id");
        let (fingerprint, name) = (p.external_id("fingerprint"), p.name("name"));
        let platform = p.optional_text("platform", VERSION_CHARACTERS_MAX);
        let version = p.optional_text("version", VERSION_CHARACTERS_MAX);
        let (member, activated_at) = (MemberName::optional(p), p.optional_instant("activated_at"));
        Some(Self {
            license_external_id: license_external_id?,
            fingerprint: fingerprint?,
            name: name?,
            platform,
            version,
            member,
            activated_at,
        })
    }
}

/// A device that called home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Sighting {
    pub(crate) license_external_id: String,
    pub(crate) fingerprint: String,
    pub(crate) version: Option<String>,
    pub(crate) seen_at: Timestamp,
}

impl Sighting {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let license_external_id = p.external_id("license_external_id");
        let fingerprint = p.external_id("fingerprint");
        let version = p.optional_text("version", VERSION_CHARACTERS_MAX);
        let seen_at = p.instant("seen_at");
        Some(Self {
            license_external_id: license_external_id?,
            fingerprint: fingerprint?,
            version,
            seen_at: seen_at?,
        })
    }
}

/// Whether a blocker is set or cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum BlockerAction {
    Set,
    Clear,
}

/// What stops a license, or no longer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BlockerRow {
    pub(crate) license_external_id: String,
    pub(crate) blocker: Blocker,
    pub(crate) action: BlockerAction,
    pub(crate) reason: Option<String>,
    pub(crate) at: Option<Timestamp>,
}

impl BlockerRow {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let blockers = [
            ("billing", Blocker::Billing),
            ("abuse", Blocker::Abuse),
            ("vendor_hold", Blocker::VendorHold),
            ("customer_hold", Blocker::CustomerHold),
            ("compliance", Blocker::Compliance),
        ];
        let actions = [("set", BlockerAction::Set), ("clear", BlockerAction::Clear)];
        let license_external_id = p.external_id("license_external_id");
        let blocker = p.required("blocker").and_then(|()| p.choice("blocker", &blockers));
        let action = p.choice("action", &actions);
        let reason = p.optional_text("reason", REASON_CHARACTERS_MAX);
        let at = p.optional_instant("at");
        Some(Self {
            license_external_id: license_external_id?,
            blocker: blocker?,
            action: action?,
            reason,
            at,
        })
    }
}

/// What was used of a metered feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UsageRow {
    pub(crate) license_external_id: String,
    pub(crate) feature: FeatureKey,
    pub(crate) quantity: u64,
    pub(crate) used_at: Timestamp,
    pub(crate) external_id: Option<String>,
}

impl UsageRow {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let license_external_id = p.external_id("license_external_id");
        let (feature, quantity) = (p.parsed("feature"), p.quantity("quantity"));
        let (used_at, external_id) = (p.instant("used_at"), p.optional_external_id("external_id"));
        Some(Self {
            license_external_id: license_external_id?,
            feature: feature?,
            quantity: quantity?,
            used_at: used_at?,
            external_id,
        })
    }
}
