//! Why a command to a license may be refused, the first that applies first.

use schemas::license::Blocker;
use schemas::{AccountId, Timestamp};

use crate::calendar::text;
use crate::decider;

/// Why a command to a license may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// The license id is taken by a license with other content.
    #[error("the license is already issued with other content")]
    AlreadyIssued,
    /// There is no such license.
    #[error("there is no such license")]
    NotFound,
    /// The license is stopped for good.
    #[error("the license is revoked since {}", text(*.since))]
    Revoked {
        /// Since when.
        since: Timestamp,
    },
    /// Something later is already recorded, or it would be before the issue.
    #[error(
        "{} is before {}, from when the newest fact is true",
        text(*.effective_at),
        text(*.earliest)
    )]
    EffectiveOutOfOrder {
        /// From when it was to be true.
        effective_at: Timestamp,
        /// The earliest instant that is possible.
        earliest: Timestamp,
    },
    /// There is no such time zone.
    #[error("there is no such time zone")]
    TimeZoneUnknown,
    /// A price without a currency is no price.
    #[error("a price needs a currency")]
    PriceWithoutCurrency,
    /// The term ends before it begins.
    #[error("the term ends at or before its start")]
    TermEndsEarly,
    /// The source gives nothing.
    #[error("the source grants nothing")]
    NothingGranted,
    /// What was asked for belongs to another product.
    #[error("it belongs to another product than the license")]
    ProductMismatch,
    /// A reason stops the license.
    #[error("the license is suspended: {}", crate::license::blocker_text(*.blocker))]
    Suspended {
        /// The first reason.
        blocker: Blocker,
    },
    /// The term lies ahead.
    #[error("the term starts at {}", text(*.from))]
    NotStarted {
        /// Its first instant.
        from: Timestamp,
    },
    /// Term and grace are over.
    #[error("the license expired at {}", text(*.at))]
    Expired {
        /// The first instant after the term.
        at: Timestamp,
    },
    /// A license without a running term cannot be renewed.
    #[error("the first term has not started yet")]
    TermNotStarted,
    /// A perpetual license has nothing to renew.
    #[error("the license is perpetual")]
    Perpetual,
    /// The term that was to be renewed is not the current one.
    #[error("the term does not end at {} but at {}", text(*.asked), text(*.ends))]
    TermMismatch {
        /// The end that was given.
        asked: Timestamp,
        /// The end of the current term.
        ends: Timestamp,
    },
    /// The renewal would end the term earlier than it ends now.
    #[error(
        "the renewal would end at {}, the term already ends at {}",
        text(*.would_end),
        text(*.ends)
    )]
    RenewalShortens {
        /// The end that the renewal would give.
        would_end: Timestamp,
        /// The end of the current term.
        ends: Timestamp,
    },
    /// Every seat is taken, or is for people of another account.
    #[error("{}", no_seat_available(*.granted, *.assigned))]
    NoSeatAvailable {
        /// Seats granted.
        granted: u64,
        /// Seats assigned.
        assigned: u64,
    },
    /// The seats of an account are all it may have, and are taken.
    #[error("all {seats} seats of {account} are assigned, and it may have no others")]
    AllocationUsedUp {
        /// The account.
        account: AccountId,
        /// How many it has.
        seats: u64,
    },
    /// An account has what it has without seats of its own.
    #[error("the license is that account's own")]
    AllocatedToOwner,
    /// So many seats are not free.
    #[error("{taken} seats would be assigned or set aside, {granted} are granted")]
    SeatsNotFree {
        /// Seats granted.
        granted: u64,
        /// Seats that would be taken.
        taken: u64,
    },
    /// An account has more seats of its own than the account above it.
    #[error("the accounts below {account} would have {below} seats, it has {seats}")]
    AllocationsExceed {
        /// The account above.
        account: AccountId,
        /// How many it has, or would have.
        seats: u64,
        /// How many those below it have together, or would have.
        below: u64,
    },
    /// More people of an account have a seat than it would have.
    #[error("{taken} seats of {account} are assigned, it would have {seats} and no others")]
    AllocationInUse {
        /// The account.
        account: AccountId,
        /// How many it would have.
        seats: u64,
        /// How many are taken.
        taken: u64,
    },
    /// There is no such binding.
    #[error("there is no such activation on this license")]
    ActivationNotFound,
    /// The device was taken out for good.
    #[error("the device was retired at {}", text(*.at))]
    Retired {
        /// When.
        at: Timestamp,
    },
    /// The binding was ended.
    #[error("the activation was ended at {}", text(*.at))]
    NotActivated {
        /// When.
        at: Timestamp,
    },
    /// The id of the binding is taken by another one.
    #[error("the activation id is already in use for something else")]
    ActivationIdTaken,
    /// Every device slot is taken.
    #[error("all {granted} devices are activated")]
    TooManyDevices {
        /// Devices granted.
        granted: u64,
        /// Devices that are live.
        live: u64,
    },
    /// Every domain slot is taken.
    #[error("all {granted} domains are activated")]
    TooManyDomains {
        /// Domains granted.
        granted: u64,
        /// Domains that are live.
        live: u64,
    },
    /// Another version of the bundle is applied.
    #[error("version {version} of the bundle is already applied")]
    BundleVersionApplied {
        /// The version that is applied.
        version: u32,
    },
    /// More seats are assigned than would be granted.
    #[error("{taken} seats are assigned or set aside, {granted} would be granted")]
    SeatsExceedTarget {
        /// Seats that would be granted.
        granted: u64,
        /// Seats assigned, and those that are for one account and not assigned.
        taken: u64,
        /// How many seats to free first.
        need_to_free: u64,
    },
    /// More devices are live than would be granted.
    #[error("{live} devices are activated, {granted} would be granted")]
    DevicesExceedTarget {
        /// Devices that would be granted.
        granted: u64,
        /// Devices that are live.
        live: u64,
        /// How many devices to free first.
        need_to_free: u64,
    },
    /// More domains are live than would be granted.
    #[error("{live} domains are activated, {granted} would be granted")]
    DomainsExceedTarget {
        /// Domains that would be granted.
        granted: u64,
        /// Domains that are live.
        live: u64,
        /// How many domains to free first.
        need_to_free: u64,
    },
}

fn no_seat_available(granted: u64, assigned: u64) -> String {
    if assigned >= granted {
        return format!("all {granted} seats are assigned");
    }
    let kept = granted.saturating_sub(assigned);
    format!("{assigned} of {granted} seats are assigned, and {kept} are set aside for others")
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::AlreadyIssued => "ALREADY_ISSUED",
            Self::NotFound => "NOT_FOUND",
            Self::Revoked { .. } => "REVOKED",
            Self::EffectiveOutOfOrder { .. } => "EFFECTIVE_OUT_OF_ORDER",
            Self::TimeZoneUnknown => "TIME_ZONE_UNKNOWN",
            Self::PriceWithoutCurrency => "PRICE_WITHOUT_CURRENCY",
            Self::TermEndsEarly => "TERM_ENDS_EARLY",
            Self::NothingGranted => "NOTHING_GRANTED",
            Self::ProductMismatch => "PRODUCT_MISMATCH",
            Self::Suspended { .. } => "SUSPENDED",
            Self::NotStarted { .. } => "NOT_STARTED",
            Self::Expired { .. } => "EXPIRED",
            Self::TermNotStarted => "TERM_NOT_STARTED",
            Self::Perpetual => "PERPETUAL",
            Self::TermMismatch { .. } => "TERM_MISMATCH",
            Self::RenewalShortens { .. } => "RENEWAL_SHORTENS",
            Self::NoSeatAvailable { .. } => "NO_SEAT_AVAILABLE",
            Self::AllocationUsedUp { .. } => "ALLOCATION_USED_UP",
            Self::AllocatedToOwner => "ALLOCATED_TO_OWNER",
            Self::SeatsNotFree { .. } => "SEATS_NOT_FREE",
            Self::AllocationsExceed { .. } => "ALLOCATIONS_EXCEED",
            Self::AllocationInUse { .. } => "ALLOCATION_IN_USE",
            Self::ActivationNotFound => "ACTIVATION_NOT_FOUND",
            Self::Retired { .. } => "RETIRED",
            Self::NotActivated { .. } => "NOT_ACTIVATED",
            Self::ActivationIdTaken => "ACTIVATION_ID_TAKEN",
            Self::TooManyDevices { .. } => "TOO_MANY_DEVICES",
            Self::TooManyDomains { .. } => "TOO_MANY_DOMAINS",
            Self::BundleVersionApplied { .. } => "BUNDLE_VERSION_APPLIED",
            Self::SeatsExceedTarget { .. } => "SEATS_EXCEED_TARGET",
            Self::DevicesExceedTarget { .. } => "DEVICES_EXCEED_TARGET",
            Self::DomainsExceedTarget { .. } => "DOMAINS_EXCEED_TARGET",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } | Self::EffectiveOutOfOrder { .. } => {
                "license.facts_in_order"
            }
            Self::AlreadyIssued | Self::NotFound => "license.issued_once",
            Self::TimeZoneUnknown | Self::PriceWithoutCurrency => super::contract::RULE,
            Self::TermEndsEarly | Self::NothingGranted => "license.issue_is_sound",
            Self::Revoked { .. } => "license.revoked_is_final",
            Self::ProductMismatch => "license.one_product",
            Self::Suspended { .. } => "license.no_blocker",
            Self::NotStarted { .. } | Self::Expired { .. } => "license.in_term",
            Self::TermNotStarted
            | Self::Perpetual
            | Self::TermMismatch { .. }
            | Self::RenewalShortens { .. } => "license.renewal",
            Self::NoSeatAvailable { .. }
            | Self::AllocationUsedUp { .. }
            | Self::SeatsExceedTarget { .. } => "license.seats_fit",
            Self::AllocatedToOwner
            | Self::SeatsNotFree { .. }
            | Self::AllocationsExceed { .. }
            | Self::AllocationInUse { .. } => "license.allocations_fit",
            Self::ActivationNotFound
            | Self::Retired { .. }
            | Self::NotActivated { .. }
            | Self::ActivationIdTaken => "license.activation_is_live",
            Self::TooManyDevices { .. } | Self::DevicesExceedTarget { .. } => "license.devices_fit",
            Self::TooManyDomains { .. } | Self::DomainsExceedTarget { .. } => "license.domains_fit",
            Self::BundleVersionApplied { .. } => "license.bundles",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::AlreadyIssued => "issue the license under a new id".to_owned(),
            Self::NotFound => "check the id of the license".to_owned(),
            Self::Revoked { .. } => {
                "a revoked license stays revoked; ask the vendor for a new license".to_owned()
            }
            Self::EffectiveOutOfOrder { earliest, .. } => {
                format!("give an effective time of {} or later", text(*earliest))
            }
            Self::TimeZoneUnknown => "name it as IANA does, such as Europe/Paris".to_owned(),
            Self::PriceWithoutCurrency => "say the currency, too".to_owned(),
            Self::TermEndsEarly => "give an end after the start".to_owned(),
            Self::NothingGranted => "issue from an offering or bundle with content".to_owned(),
            Self::ProductMismatch => "choose an offering or bundle of the same product".to_owned(),
            Self::Suspended { blocker } => crate::license::blocker_advice(*blocker).to_owned(),
            Self::NotStarted { from } => format!("wait until {}", text(*from)),
            Self::Expired { .. } => "renew the license".to_owned(),
            Self::TermNotStarted => "activate a device or domain, which starts it".to_owned(),
            Self::Perpetual => "nothing to do, the license does not end".to_owned(),
            Self::TermMismatch { .. } => {
                "read the license again and renew the term that it has now".to_owned()
            }
            Self::RenewalShortens { .. } => {
                "choose a longer period, or renew from the end of the term".to_owned()
            }
            Self::NoSeatAvailable { .. } => {
                "free a seat of somebody who no longer needs it, or ask for more seats".to_owned()
            }
            Self::AllocationUsedUp { .. } => {
                "free a seat there that nobody needs, or ask whoever manages the license".to_owned()
            }
            Self::AllocatedToOwner => {
                "name an account below it; what is not set aside is for all of them".to_owned()
            }
            Self::SeatsNotFree { granted, taken } => {
                let excess = taken.saturating_sub(*granted);
                format!("give {excess} fewer, or free as many elsewhere first")
            }
            Self::AllocationsExceed { .. } => {
                "give fewer, or first give more to the account above".to_owned()
            }
            Self::AllocationInUse { seats, taken, .. } => {
                format!("free {} seats there first", taken.saturating_sub(*seats))
            }
            Self::ActivationNotFound => "check the id among the license's activations".to_owned(),
            Self::Retired { .. } => "activate the device again; that takes a free slot".to_owned(),
            Self::NotActivated { .. } => "activate it again".to_owned(),
            Self::ActivationIdTaken => "activate under a new activation id".to_owned(),
            Self::TooManyDevices { .. } => {
                "deactivate a device that is no longer used, or ask for more devices".to_owned()
            }
            Self::TooManyDomains { .. } => {
                "deactivate a domain that is no longer used, or ask for more domains".to_owned()
            }
            Self::BundleVersionApplied { version } => {
                format!("remove version {version} of the bundle first")
            }
            Self::SeatsExceedTarget { need_to_free, .. } => {
                format!("free {need_to_free} seats first, or keep what grants them")
            }
            Self::DevicesExceedTarget { need_to_free, .. } => {
                format!("deactivate {need_to_free} devices first, or keep what grants them")
            }
            Self::DomainsExceedTarget { need_to_free, .. } => {
                format!("deactivate {need_to_free} domains first, or keep what grants them")
            }
        }
    }
}
