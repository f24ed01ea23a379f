//! The body of an event as JSON, whatever its version: ids as UUIDs, hashes as hexadecimal digits. It needs
//! no event type, so that events of any version can be looked at.

use std::fmt;

use ledger_log::Keystore;
use ledger_log::keystore::Opened;
use schemas::SubjectId;
use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// MessagePack as JSON.
pub fn shown(bytes: &[u8]) -> Value {
    match rmp_serde::from_slice::<Shown>(bytes) {
        Ok(Shown(value)) => value,
        Err(error) => json!({ "unreadable": error.to_string() }),
    }
}

/// A personal part as JSON, opened with its subject's key.
pub fn opened(keystore: &Keystore, subject: SubjectId, sealed: &[u8]) -> Value {
    let value = match keystore.open_sealed(subject, sealed) {
        Ok(Opened::Clear(bytes)) => shown(&bytes),
        Ok(Opened::Erased) => json!("erased"),
        Err(error) => json!({ "unreadable": error.code() }),
    };
    json!({ "subject": subject.to_string(), "fields": value })
}

struct Shown(Value);

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(json!(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(json!(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(json!(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(json!(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(json!(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(match <[u8; 16]>::try_from(value) {
            Ok(id) => json!(Uuid::from_bytes(id).to_string()),
            Err(_) => json!(value.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        })
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, value: D) -> Result<Value, D::Error> {
        value.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Shown(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((Shown(name), Shown(value))) = entries.next_entry()? {
            let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::staff::{StaffAdded, StaffRole};
    use schemas::{Digest, Personal, StaffId};

    #[test]
    fn a_body_is_shown_with_its_ids_and_hashes() {
        let staff = StaffId::from_bytes([1; 16]);
        let fact = StaffAdded {
            staff,
            role: StaffRole::Auditor,
            email_digest: Digest([0xab; 32]),
            personal: Personal::default(),
        };
        let value = shown(&rmp_serde::to_vec_named(&fact).unwrap());
        assert_eq!(value["staff"], json!(staff.uuid().to_string()));
        assert_eq!(value["role"], json!("auditor"));
        assert_eq!(value["email_digest"], json!("ab".repeat(32)));
        assert!(shown(b"\xc1")["unreadable"].is_string());
    }
}
