//! Telling whoever runs the service that somebody asks for what is not there, not theirs, or beyond what they may.

use std::net::IpAddr;
use std::time::Instant;

use graphql::vain::Vain;

use super::Auth;

/// Who asked, as the log tells it: nothing that whoever asked could choose freely.
pub struct Asked {
    /// At which side.
    pub listener: &'static str,
    /// At which address.
    pub what: &'static str,
    /// From where, where that is known.
    pub from: Option<IpAddr>,
    /// Whose token was shown, where that is known.
    pub who: Option<String>,
}

impl Auth {
    /// Counts it, and tells the log as often as it is told of one address.
    pub fn asked_in_vain(&self, asked: Asked, vain: Vain) {
        let Asked { listener, what, from, who } = asked;
        let Vain { not_found, forbidden } = vain;
        for (outcome, times) in [("NOT_FOUND", not_found), ("FORBIDDEN", forbidden)] {
            metrics::counter!("deedbook_asked_in_vain_total",
                "listener" => listener, "outcome" => outcome)
            .increment(times);
        }
        let Some(untold) = self.vain.tell(from, Instant::now()) else { return };
        let from = from.map(tracing::field::display);
        tracing::info!(listener, what, from, who, not_found, forbidden, untold, "asked in vain");
    }
}
