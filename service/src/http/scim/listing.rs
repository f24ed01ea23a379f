//! What of a list, and what of each resource, is asked for: filter, page and attributes (RFC 7644, 3.4.2 and 3.9).

use axum::http::Uri;
use axum::response::Response;
use serde_json::Value;

use super::answer::{Refused, list};
use super::filter::{Attribute, Filter, get};

/// The most rows of a page.
pub const COUNT_MAX: usize = 200;
/// How many rows a page has when nobody says.
const COUNT_USUAL: usize = 100;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Only what is so.
    pub filter: Option<Filter>,
    /// From which row on, from 1.
    start: usize,
    /// How many rows at most.
    count: usize,
    /// These attributes alone; empty: all.
    only: Vec<String>,
    /// All attributes but these.
    without: Vec<String>,
}

impl Listing {
    /// What the query of an address asks for.
    ///
    /// # Errors
    /// When a parameter is not what it must be.
    pub fn of(uri: &Uri) -> Result<Self, Refused> {
        let query = uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query)
            .map_err(|_| Refused::value("the query of the address is not form-urlencoded"))?;
        Self::told(|name| {
            let found = pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        })
    }

    /// What a search asks for, whose names and values are not for an address (RFC 7644, 3.4.3).
    ///
    /// # Errors
    /// When something of it is not what it must be.
    pub fn searched(body: &Value) -> Result<Self, Refused> {
        Self::told(|name| match get(body, name)? {
            Value::String(text) => Some(text.clone()),
            Value::Array(all) => {
                let names: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
                Some(names.join(","))
            }
            other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
                Some(other.to_string())
            }
            Value::Null => None,
        })
    }

    fn told(take: impl Fn(&str) -> Option<String>) -> Result<Self, Refused> {
        let take = |name: &str| {
            let text = take(name).map(|text| text.trim().to_owned());
            text.filter(|text| !text.is_empty())
        };
        let start = number(take("startIndex"), 1, "startIndex")?.max(1);
        let count = number(take("count"), COUNT_USUAL, "count")?.min(COUNT_MAX);
        let filter = take("filter").map(|text| Filter::read(&text)).transpose()?;
        let (only, without) = (names(take("attributes")), names(take("excludedAttributes")));
        Ok(Self { filter, start, count, only, without })
    }

    /// How many rows a page has at most.
    #[must_use]
    pub fn rows_max(&self) -> u64 {
        u64::try_from(self.count).unwrap_or(u64::MAX)
    }

    /// Whether an attribute is asked for.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        let has = |names: &[String]| names.iter().any(|one| one.eq_ignore_ascii_case(name));
        (self.only.is_empty() || has(&self.only)) && !has(&self.without)
    }

    /// The page that is asked for, of all rows in their order. A row becomes a resource only where it has to.
    #[must_use]
    pub fn page<T>(&self, rows: &[T], resource: impl Fn(&T) -> Value) -> Response {
        let (before, count) = (self.start.saturating_sub(1), self.count);
        let Some(filter) = &self.filter else {
            let page = rows.iter().skip(before).take(count);
            return list(
                rows.len(),
                self.start,
                page.map(|row| self.shown(resource(row))).collect(),
            );
        };
        let all = rows.iter().map(resource).filter(|resource| filter.fits(resource));
        let all: Vec<Value> = all.collect();
        let total = all.len();
        let page = all.into_iter().skip(before).take(count);
        list(total, self.start, page.map(|resource| self.shown(resource)).collect())
    }

    /// A resource with what is asked for of it.
    #[must_use]
    pub fn shown(&self, mut resource: Value) -> Value {
        if let Some(members) = resource.as_object_mut() {
            let always = |name: &str| name == "id" || name == "schemas";
            members.retain(|name, _| always(name) || self.wants(name));
        }
        resource
    }
}

/// A whole number. What is below 0 is taken for 0, as RFC 7644 asks for.
fn number(text: Option<String>, unless_told: usize, name: &str) -> Result<usize, Refused> {
    let Some(text) = text else { return Ok(unless_told) };
    let number: i64 =
        text.parse().map_err(|_| Refused::value(&format!("`{name}` must be a whole number")))?;
    Ok(usize::try_from(number.max(0)).unwrap_or(usize::MAX))
}

/// The attributes of a list of names; of a part, the whole of it.
fn names(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split(',').filter_map(|name| Attribute::named(name.trim())).map(|one| one.name).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listing(query: &str) -> Result<Listing, Refused> {
        Listing::of(&format!("/scim/v2/Users?{query}").parse().unwrap())
    }

    #[test]
    fn a_page_has_bounds_whatever_is_asked_for() {
        let of =
            |query: &str| listing(query).map(|listing| (listing.start, listing.count)).unwrap();
        assert_eq!(of(""), (1, 100));
        assert_eq!(of("startIndex=0&count=5000"), (1, 200));
        assert_eq!(of("startIndex=-3&count=-1"), (1, 0));
        assert_eq!(of("STARTINDEX=7&count=2"), (7, 2));
        for wrong in ["count=many", "startIndex=1.5", "startIndex=99999999999999999999"] {
            assert_eq!(listing(wrong).unwrap_err().scim_type(), Some("invalidValue"), "{wrong}");
        }
        let wrong = listing("filter=userName%20is").unwrap_err();
        assert_eq!(wrong.scim_type(), Some("invalidFilter"));
    }

    #[test]
    fn a_search_asks_as_an_address_does() {
        let body = json!({
            "filter": "userName pr", "startIndex": 3, "count": 7,
            "attributes": ["userName", "name.formatted"], "excludedAttributes": null,
        });
        let asked = "filter=userName%20pr&startIndex=3&count=7&attributes=userName,name.formatted";
        assert_eq!(Listing::searched(&body), listing(asked));
        assert_eq!(Listing::searched(&json!({})), listing(""));
        assert!(Listing::searched(&json!({ "count": {} })).is_err());
    }

    #[test]
    fn a_resource_shows_what_is_asked_for() {
        let whole = json!({ "schemas": [], "id": "lic_1", "displayName": "Orbit", "members": [] });
        let shown = |query: &str| listing(query).unwrap().shown(whole.clone());
        assert_eq!(shown(""), whole);
        let without = json!({ "schemas": [], "id": "lic_1", "displayName": "Orbit" });
        assert_eq!(shown("excludedAttributes=members,id"), without);
        assert_eq!(shown("attributes=displayname"), without);
        let of_group = "attributes=urn:ietf:params:scim:schemas:core:2.0:Group:displayName";
        assert_eq!(shown(of_group), without);
    }
}
