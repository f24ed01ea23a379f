//! Medians of rounds, and ratios within a round: the machine drifts, so only what ran side by side is compared.

use std::collections::BTreeMap;
use std::time::Duration;

/// What one engine did in one round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The figure.
    pub figure: f64,
    /// What 99 of 100 waited at most.
    pub p99: Option<Duration>,
}

/// The measures of all rounds, by engine and how many were in flight.
#[derive(Debug, Default)]
pub struct Rounds(BTreeMap<(&'static str, usize), Vec<Measure>>);

impl Rounds {
    /// Adds what an engine did in the next round.
    pub fn add(&mut self, engine: &'static str, in_flight: usize, measure: Measure) {
        self.0.entry((engine, in_flight)).or_default().push(measure);
    }

    /// The median of the figures, and of the 99th percentiles in milliseconds; `None`: not measured.
    #[must_use]
    pub fn median(&self, engine: &'static str, in_flight: usize) -> Option<(f64, Option<f64>)> {
        let measures = self.0.get(&(engine, in_flight))?;
        let figure = median(measures.iter().map(|one| one.figure))?;
        let waits = measures.iter().filter_map(|one| one.p99.map(|p99| p99.as_secs_f64() * 1e3));
        Some((figure, median(waits)))
    }

    /// The median of the ratios of one engine to another, round by round.
    #[must_use]
    pub fn ratio(
        &self,
        engine: (&'static str, usize),
        other: (&'static str, usize),
    ) -> Option<f64> {
        let pairs = self.0.get(&engine)?.iter().zip(self.0.get(&other)?);
        median(pairs.map(|(one, other)| one.figure / other.figure))
    }
}

/// The value in the middle, or the mean of the two.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.is_empty() {
        None
    } else if values.len().is_multiple_of(2) {
        Some(f64::midpoint(values[middle - 1], values[middle]))
    } else {
        Some(values[middle])
    }
}

/// The wait that 99 of 100 do not exceed.
#[must_use]
pub fn p99(mut waits: Vec<Duration>) -> Option<Duration> {
    waits.sort_unstable();
    waits.get(waits.len() * 99 / 100).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        let mut rounds = Rounds::default();
        for (ours, theirs) in [(10.0, 10.0), (40.0, 20.0), (9.0, 3.0)] {
            rounds.add("ours", 64, Measure { figure: ours, p99: Some(Duration::from_millis(2)) });
            rounds.add("theirs", 64, Measure { figure: theirs, p99: None });
        }
        assert_eq!(rounds.median("ours", 64), Some((10.0, Some(2.0))));
        assert_eq!(rounds.median("theirs", 64), Some((10.0, None)));
        assert_eq!(rounds.ratio(("ours", 64), ("theirs", 64)), Some(2.0));
        assert_eq!(rounds.median("ours", 1), None);
    }

    #[test]
    fn one_of_a_hundred_may_wait_longer() {
        let waits = (0..100).map(Duration::from_millis).collect();
        assert_eq!(p99(waits), Some(Duration::from_millis(99)));
        assert_eq!(p99(Vec::new()), None);
    }
}
