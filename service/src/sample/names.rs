//! Names of companies and people of many regions, each with the letters that its addresses are written with.
//! Companies are put together from parts; none is meant to be a real one.

use super::random::Random;

/// Blocks of six lines: how names are put together, a company's word, trade and legal form, given and family names.
const REGIONS: &str = include_str!("names.txt");

/// The names of every region.
pub(super) struct Names {
    regions: Vec<Region>,
}

/// A name and its form in an address.
type Name = (&'static str, &'static str);

/// How names are made in one part of the world.
struct Region {
    family_first: bool,
    /// What stands between words.
    space: &'static str,
    words: Vec<Name>,
    trades: Vec<Name>,
    forms: Vec<&'static str>,
    given: Vec<Name>,
    family: Vec<Name>,
}

/// A company that was made up.
pub(super) struct Company {
    pub(super) name: String,
    pub(super) domain: String,
    region: usize,
}

/// A person that was made up.
pub(super) struct Human {
    pub(super) name: String,
    /// The part of the e-mail before the `@`.
    pub(super) local: String,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { regions: REGIONS.split("\n\n").filter_map(Region::parse).collect() }
    }

    /// A company of any region.
    pub(super) fn company(&self, random: &mut Random) -> Option<Company> {
        let bound = u32::try_from(self.regions.len()).unwrap_or(u32::MAX);
        let place = usize::try_from(random.below(bound)).ok()?;
        let region = self.regions.get(place)?;
        let (word, word_ascii) = random.pick(&region.words)?;
        let (trade, trade_ascii) = random.pick(&region.trades)?;
        let form = random.pick(&region.forms)?;
        let space = region.space;
        let before_form = if form.starts_with(',') { "" } else { space };
        Some(Company {
            name: format!("{word}{space}{trade}{before_form}{form}"),
            domain: format!("{word_ascii}-{trade_ascii}.example"),
            region: place,
        })
    }

    /// A person who may work there.
    pub(super) fn human(&self, random: &mut Random, company: &Company) -> Option<Human> {
        let region = self.regions.get(company.region)?;
        let (given, given_ascii) = random.pick(&region.given)?;
        let (family, family_ascii) = random.pick(&region.family)?;
        let name = if region.family_first {
            format!("{family} {given}")
        } else {
            format!("{given} {family}")
        };
        Some(Human { name, local: format!("{given_ascii}.{family_ascii}") })
    }
}

impl Region {
    fn parse(block: &'static str) -> Option<Self> {
        let mut lines = block.lines();
        let order = lines.next()?;
        let mut next = || lines.next().map(pairs);
        let (words, trades) = (next()?, next()?);
        let forms = next()?.into_iter().map(|(form, _)| form).collect();
        let (given, family) = (next()?, next()?);
        let family_first = order.starts_with("family-first");
        let space = if order == "family-first" { "" } else { " " };
        Some(Self { family_first, space, words, trades, forms, given, family })
    }
}

/// `Müller=mueller | …`; a text without a form for addresses is its own.
fn pairs(line: &'static str) -> Vec<Name> {
    let pair = |text: &'static str| text.split_once('=').unwrap_or((text, text));
    line.split('|').map(str::trim).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_names_of_every_sort() {
        let names = Names::new();
        assert_eq!(names.regions.len(), REGIONS.split("\n\n").count());
        for region in &names.regions {
            let ascii = [&region.words, &region.trades, &region.given, &region.family];
            for (native, ascii) in ascii.into_iter().flatten() {
                let plain = ascii.bytes().all(|b| b.is_ascii_lowercase());
                assert!(plain && !ascii.is_empty(), "{native} = {ascii}");
            }
            assert!(!region.forms.is_empty());
        }
    }
}
