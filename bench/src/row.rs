//! One figure of the results, as it stands in the table and in the JSON file.

use serde::Serialize;

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was done, such as `commands` or `replay`.
    pub workload: &'static str,
    /// Who did it.
    pub engine: &'static str,
    /// How many were under way at once; `None` where that means nothing.
    pub in_flight: Option<usize>,
    /// The median of the rounds.
    pub median: f64,
    /// What the median counts, such as `commands/s`.
    pub unit: &'static str,
    /// What 99 of 100 waited at most, in milliseconds: the median of the rounds.
    pub p99_ms: Option<f64>,
    /// The median of the ratios of each round to the other engine in that round.
    pub ratio: Option<f64>,
    /// The other engine.
    pub ratio_to: Option<&'static str>,
    /// What the ratio is to reach.
    pub target: Option<Target>,
}

/// What a figure is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The ratio is at least this.
    RatioAtLeast(f64),
    /// The ratio is at most this.
    RatioAtMost(f64),
    /// The median is at most this.
    MedianAtMost(f64),
}

impl Row {
    /// Whether the figure reaches its target; `None`: it has none.
    #[must_use]
    pub fn is_reached(&self) -> Option<bool> {
        Some(match self.target? {
            Target::RatioAtLeast(least) => self.ratio.is_some_and(|ratio| ratio >= least),
            Target::RatioAtMost(most) => self.ratio.is_some_and(|ratio| ratio <= most),
            Target::MedianAtMost(most) => self.median <= most,
        })
    }
}
