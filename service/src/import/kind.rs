//! The kinds of rows an import knows, the columns of each, and how a file tells which kind it holds.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::Serialize;

/// What the rows of a file are. The order is the order of import: what is referred to comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Products with features, editions, plans, offerings, bundles and releases. JSON Lines only.
    Catalog,
    /// The vendor's own people.
    Staff,
    /// Customers and their sub-accounts.
    Customers,
    /// The people of customers.
    Members,
    /// Licenses.
    Licenses,
    /// Further terms of licenses.
    Renewals,
    /// Who sits on a license.
    Seats,
    /// Devices bound to a license.
    Devices,
    /// When a device was last seen.
    Sightings,
    /// What stops a license.
    Blockers,
    /// What was used of metered features.
    Usage,
}

/// Kinds that write to the same streams are imported together, their rows in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Catalog,
    Staff,
    Customers,
    Members,
    Licenses,
    Usage,
}

/// A column of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Whether a file must have it.
    pub required: bool,
}

const fn must(name: &'static str) -> Column {
    Column { name, required: true }
}

const fn may(name: &'static str) -> Column {
    Column { name, required: false }
}

impl Kind {
    /// Every kind, in the order of import.
    pub const ALL: [Self; 11] = [
        Self::Catalog,
        Self::Staff,
        Self::Customers,
        Self::Members,
        Self::Licenses,
        Self::Renewals,
        Self::Seats,
        Self::Devices,
        Self::Sightings,
        Self::Blockers,
        Self::Usage,
    ];

    /// Its name, as `--kind` takes it and as a file name starts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Staff => "staff",
            Self::Customers => "customers",
            Self::Members => "members",
            Self::Licenses => "licenses",
            Self::Renewals => "renewals",
            Self::Seats => "seats",
            Self::Devices => "devices",
            Self::Sightings => "sightings",
            Self::Blockers => "blockers",
            Self::Usage => "usage",
        }
    }

    pub(crate) const fn phase(self) -> Phase {
        match self {
            Self::Catalog => Phase::Catalog,
            Self::Staff => Phase::Staff,
            Self::Customers => Phase::Customers,
            Self::Members => Phase::Members,
            Self::Licenses
            | Self::Renewals
            | Self::Seats
            | Self::Devices
            | Self::Sightings
            | Self::Blockers => Phase::Licenses,
            Self::Usage => Phase::Usage,
        }
    }

    /// The columns it has. `docs/import.md` says what each holds. The catalog has objects, not columns.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Catalog => &[],
            Self::Staff => STAFF,
            Self::Customers => CUSTOMERS,
            Self::Members => MEMBERS,
            Self::Licenses => LICENSES,
            Self::Renewals => RENEWALS,
            Self::Seats => SEATS,
            Self::Devices => DEVICES,
            Self::Sightings => SIGHTINGS,
            Self::Blockers => BLOCKERS,
            Self::Usage => USAGE,
        }
    }

    /// The kind that a file's name starts with: `licenses.csv`, `licenses-2026.jsonl`.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        let stem = path.file_stem()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|kind| {
            let rest = stem.strip_prefix(kind.name());
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
    }
}

const STAFF: &[Column] = &[may("external_id"), must("name"), must("email"), must("role")];
const CUSTOMERS: &[Column] = &[
    must("external_id"),
    may("parent_external_id"),
    may("kind"),
    must("name"),
    may("email"),
    may("since"),
];
const MEMBERS: &[Column] = &[
    must("customer_external_id"),
    may("external_id"),
    must("name"),
    must("email"),
    may("role"),
    may("since"),
];
const LICENSES: &[Column] = &[
    must("external_id"),
    must("customer_external_id"),
    must("product"),
    may("offering"),
    may("bundle"),
    may("version"),
    may("issued_at"),
    may("term_start"),
    may("term_end"),
    may("key"),
    may("acquired"),
];
const RENEWALS: &[Column] =
    &[must("license_external_id"), may("renewed_at"), may("period"), may("basis")];
const SEATS: &[Column] = &[
    must("license_external_id"),
    may("member_email"),
    may("member_external_id"),
    may("assigned_at"),
];
const DEVICES: &[Column] = &[
    must("license_external_id"),
    must("fingerprint"),
    must("name"),
    may("platform"),
    may("version"),
    may("member_email"),
    may("member_external_id"),
    may("activated_at"),
];
const SIGHTINGS: &[Column] =
    &[must("license_external_id"), must("fingerprint"), may("version"), must("seen_at")];
const BLOCKERS: &[Column] =
    &[must("license_external_id"), must("blocker"), may("action"), may("reason"), may("at")];
const USAGE: &[Column] = &[
    must("license_external_id"),
    must("feature"),
    must("quantity"),
    must("used_at"),
    may("external_id"),
];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a text is not a kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a kind of rows; the kinds are {}", kind_names())]
pub struct ParseKindError {
    found: String,
}

fn kind_names() -> String {
    Kind::ALL.map(Kind::name).join(", ")
}

impl FromStr for Kind {
    type Err = ParseKindError;

    fn from_str(text: &str) -> Result<Self, ParseKindError> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| ParseKindError { found: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_the_kind_by_its_first_word() {
        let of = |name: &str| Kind::of_file(Path::new(name));
        assert_eq!(of("in/licenses.csv"), Some(Kind::Licenses));
        assert_eq!(of("Licenses-2026.jsonl"), Some(Kind::Licenses));
        assert_eq!(of("seats_eu.csv"), Some(Kind::Seats));
        assert_eq!(of("licensesold.csv"), None);
        assert_eq!(of("export.csv"), None);
    }

    #[test]
    fn kinds_of_one_phase_follow_each_other() {
        assert!(Kind::ALL.is_sorted_by_key(|kind| kind.phase()));
    }
}
