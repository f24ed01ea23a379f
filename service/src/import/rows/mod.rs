//! What each kind of row holds once its cells are values that cannot be wrong.

mod license;
mod party;

use serde::Serialize;

use schemas::Timestamp;

use super::catalog::Item;
use super::cells::{Cells, RowParser};
use super::kind::Kind;
use super::report::Fault;

pub(crate) use license::{
    BlockerAction, BlockerRow, Device, License, Renewal, Seat, Sighting, Source, UsageRow,
};
pub(crate) use party::{Customer, Member, MemberName, Staff};

/// One row of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Row {
    Catalog(Item),
    Staff(Staff),
    Customer(Customer),
    Member(Member),
    License(License),
    Renewal(Renewal),
    Seat(Seat),
    Device(Device),
    Sighting(Sighting),
    Blocker(BlockerRow),
    Usage(UsageRow),
}

impl Row {
    /// The row that these cells are.
    pub(crate) fn parse(kind: Kind, cells: &Cells) -> Result<Self, Vec<Fault>> {
        let mut parser = RowParser::new(cells);
        let p = &mut parser;
        let row = match kind {
            // The catalog has nested objects; the reader parses it without cells.
            Kind::Catalog => None,
            Kind::Staff => Staff::parse(p).map(Self::Staff),
            Kind::Customers => Customer::parse(p).map(Self::Customer),
            Kind::Members => Member::parse(p).map(Self::Member),
            Kind::Licenses => License::parse(p).map(Self::License),
            Kind::Renewals => Renewal::parse(p).map(Self::Renewal),
            Kind::Seats => Seat::parse(p).map(Self::Seat),
            Kind::Devices => Device::parse(p).map(Self::Device),
            Kind::Sightings => Sighting::parse(p).map(Self::Sighting),
            Kind::Blockers => BlockerRow::parse(p).map(Self::Blocker),
            Kind::Usage => UsageRow::parse(p).map(Self::Usage),
        };
        parser.finish(row)
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Catalog(_) => Kind::Catalog,
            Self::Staff(_) => Kind::Staff,
            Self::Customer(_) => Kind::Customers,
            Self::Member(_) => Kind::Members,
            Self::License(_) => Kind::Licenses,
            Self::Renewal(_) => Kind::Renewals,
            Self::Seat(_) => Kind::Seats,
            Self::Device(_) => Kind::Devices,
            Self::Sighting(_) => Kind::Sightings,
            Self::Blocker(_) => Kind::Blockers,
            Self::Usage(_) => Kind::Usage,
        }
    }

    /// From when the row is true; `None`: from the import.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Catalog(item) => item.at(),
            Self::Staff(_) => None,
            Self::Customer(row) => row.since,
            Self::Member(row) => row.since,
            Self::License(row) => row.issued_at.or(row.term_start),
            Self::Renewal(row) => row.renewed_at,
            Self::Seat(row) => row.assigned_at,
            Self::Device(row) => row.activated_at,
            Self::Sighting(row) => Some(row.seen_at),
            Self::Blocker(row) => row.at,
            Self::Usage(row) => Some(row.used_at),
        }
    }

    /// What makes the row this row and no other: two rows with the same identity are the same thing twice.
    pub(crate) fn identity(&self) -> Vec<String> {
        let at = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.micros().to_string());
        match self {
            Self::Catalog(item) => item.identity(),
            Self::Staff(row) => vec![row.name_within().to_owned()],
            Self::Customer(row) => vec![row.external_id.clone()],
            Self::Member(row) => {
                vec![row.customer_external_id.clone(), row.name_within().to_owned()]
            }
            Self::License(row) => vec![row.external_id.clone()],
            Self::Renewal(row) => vec![row.license_external_id.clone(), at(row.renewed_at)],
            Self::Seat(row) => {
                let mut identity = vec![row.license_external_id.clone()];
                identity.extend(row.member.identity());
                identity
            }
            Self::Device(row) => vec![row.license_external_id.clone(), row.fingerprint.clone()],
            Self::Sighting(row) => vec![
                row.license_external_id.clone(),
                row.fingerprint.clone(),
                at(Some(row.seen_at)),
            ],
            Self::Blocker(row) => vec![
                row.license_external_id.clone(),
                format!("{:?}", row.blocker),
                format!("{:?}", row.action),
                at(row.at),
            ],
            Self::Usage(row) => vec![
                row.license_external_id.clone(),
                row.feature.to_string(),
                at(Some(row.used_at)),
                row.external_id.clone().unwrap_or_default(),
            ],
        }
    }

    /// The column that a repeated identity is reported at.
    pub(crate) const fn identity_column(&self) -> Option<&'static str> {
        match self {
            Self::Catalog(_) => None,
            Self::Staff(_) | Self::Member(_) => Some("email"),
            Self::Customer(_) | Self::License(_) => Some("external_id"),
            Self::Renewal(_) => Some("renewed_at"),
            Self::Seat(_) => Some("member_email"),
            Self::Device(_) => Some("fingerprint"),
            Self::Sighting(_) => Some("seen_at"),
            Self::Blocker(_) => Some("blocker"),
            Self::Usage(_) => Some("used_at"),
        }
    }

    /// The column that says from when the row is true.
    pub(crate) const fn time_column(&self) -> Option<&'static str> {
        match self {
            Self::Catalog(_) | Self::Staff(_) => None,
            Self::Customer(_) | Self::Member(_) => Some("since"),
            Self::License(_) => Some("issued_at"),
            Self::Renewal(_) => Some("renewed_at"),
            Self::Seat(_) => Some("assigned_at"),
            Self::Device(_) => Some("activated_at"),
            Self::Sighting(_) => Some("seen_at"),
            Self::Blocker(_) => Some("at"),
            Self::Usage(_) => Some("used_at"),
        }
    }

    /// All that the row says, in one form whatever the file's format or order of columns.
    pub(crate) fn content(&self) -> Vec<u8> {
        // INVARIANT (rows encode): rows are plain structs of texts and numbers; a failure would only make two rows
        // look alike, and the rules still decide on the values themselves.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
