//! A row of JSON Lines as names and cells: one flat object, its values texts, numbers, booleans or null.

use std::fmt;

use serde::Deserialize;
use serde::de::{Error, MapAccess, Visitor};

/// The names and cells of one line, in the order they stand in. A null is an empty cell.
pub(crate) fn cells(bytes: &[u8]) -> Result<Vec<(String, String)>, serde_json::Error> {
    serde_json::from_slice::<Pairs>(bytes).map(|pairs| pairs.0)
}

struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object such as {\"external_id\": \"C-1\", \"name\": \"Acme\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        while let Some((name, Cell(value))) = map.next_entry::<String, Cell>()? {
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("the name `{name}` stands twice")));
            }
            pairs.push((name, value));
        }
        Ok(Pairs(pairs))
    }
}

struct Cell(String);

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor).map(Self)
    }
}

struct CellVisitor;

impl Visitor<'_> for CellVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true, false or null")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok(String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_become_cells() {
        let read = cells(br#"{"a":"x","b":7,"c":null,"d":true}"#).unwrap();
        let values: Vec<_> = read.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["x", "7", "", "true"]);
    }

    #[test]
    fn a_name_that_stands_twice_and_a_nested_value_are_refused() {
        assert!(cells(br#"{"a":"x","a":"y"}"#).unwrap_err().to_string().contains("stands twice"));
        assert!(cells(br#"{"a":["x"]}"#).is_err());
        assert!(cells(br#"["a"]"#).is_err());
        assert!(cells(br#"{"a":1} {"a":2}"#).is_err());
    }
}
