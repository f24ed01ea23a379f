//! The envelope of every event: who, when, why, after what. It holds no personal data: people are ids.
//! Its canonical bytes, defined here and nowhere else, are what the content root commits to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{
    AccountId, CommandId, CorrelationId, EventId, LicenseId, MemberId, StaffId, TokenId,
};
use crate::part::Part;
use crate::stream::{StreamKind, StreamName};
use crate::time::Timestamp;

/// A place in the log's total order. Opaque: compare and store it, never add to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogPosition(pub u64);

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// The number of an event within its stream; the first is 0.
pub type Revision = u64;

/// A 256-bit hash. Written as 64 hexadecimal digits where people read it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// What stands where there is no earlier digest.
    pub const ZERO: Self = Self([0; 32]);
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(ParseDigestError);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| ParseDigestError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ParseDigestError)?;
        }
        Ok(Self(bytes))
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct ParseDigestError;

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            serde_bytes::ByteArray::<32>::deserialize(deserializer).map(|bytes| Self(*bytes))
        }
    }
}

impl schemars::JsonSchema for Digest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who acted. Always an id, never a name: names are personal and live in sealed parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The service itself.
    System,
    /// The operator at the command line: import, init, restore.
    Operator,
    /// A person of a customer.
    Member(MemberId),
    /// A person of the vendor.
    Staff(StaffId),
    /// A program with a bearer token of its own.
    Token(TokenId),
    /// Software that showed the key of this license.
    License(LicenseId),
}

/// What is recorded about an event beside its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The event's own id, a UUIDv7.
    pub event_id: EventId,
    /// The customer whose event it is; `None` for the vendor's own (catalog, staff, ledger).
    pub tenant: Option<AccountId>,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its number within the stream; the first is 0.
    pub revision: Revision,
    /// The content root of the event before it in the stream; zero for the first.
    pub previous_root: Digest,
    /// What happened, in which version of its shape: `seat_assigned.v1`.
    pub wire_name: String,
    /// When the ledger recorded it. Never earlier than the event before it in the log.
    pub recorded_at: Timestamp,
    /// When it is true from.
    pub effective_at: Timestamp,
    /// Who acted.
    pub actor: Actor,
    /// The customer on whose behalf somebody else acted.
    pub on_behalf_of: Option<AccountId>,
    /// The command that caused it.
    pub command_id: CommandId,
    /// The digest of that command's meaning: the same id with another digest is refused.
    pub command_digest: Digest,
    /// What ties this command to others of the same piece of work.
    pub correlation_id: CorrelationId,
    /// The event that caused the command, if one did.
    pub causation_id: Option<EventId>,
    /// The rule that decided, such as `license.seats_fit`.
    pub rule: String,
    /// The digest of the policy by which whoever acted was allowed to.
    pub policy_digest: Option<Digest>,
    /// By which right whoever acted was allowed to: what was to be done, by which rule, by which grant if it was one,
    /// as in `seats.manage:granted_role:grt_…`. `None` for what nobody was asked about: what the service itself did, and
    /// what was recorded before rights were.
    pub basis: Option<String>,
}

/// An event as the log stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the log.
    pub position: LogPosition,
    /// The envelope.
    pub header: Header,
    /// The body.
    pub parts: Vec<Part>,
    /// The commitment to header and parts, computed at append.
    pub content_root: Digest,
}

/// Why bytes are not a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The bytes end before the header does.
    #[error("the header ends early")]
    Truncated,
    /// There are bytes after the header's end.
    #[error("the header is followed by bytes that do not belong to it")]
    Trailing,
    /// The header was written by a newer version of the format.
    #[error("header format {found} is not supported, the newest that is known is {newest}")]
    Version {
        /// The version found.
        found: u8,
        /// The newest version this program reads.
        newest: u8,
    },
    /// A field holds a value that has no meaning.
    #[error("the header's field `{field}` holds an unknown value")]
    Field {
        /// The field.
        field: &'static str,
    },
}

/// The newest version of the canonical header: version 1 with a basis after its last field. A header without a basis is
/// written as version 1, so that each header has one spelling.
pub const HEADER_VERSION: u8 = 2;
const HEADER_VERSION_WITHOUT_BASIS: u8 = 1;

impl Header {
    /// The canonical bytes: fixed-width integers big-endian, texts with a 16-bit length, options with a flag byte,
    /// in the order of the fields. Equal headers have equal bytes and the other way round.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(320);
        let version = match self.basis {
            None => HEADER_VERSION_WITHOUT_BASIS,
            Some(_) => HEADER_VERSION,
        };
        out.push(version);
        out.extend_from_slice(&self.event_id.bytes());
        put_option(&mut out, self.tenant.map(AccountId::bytes).as_ref().map(<[u8; 16]>::as_slice));
        out.push(self.stream.kind.code());
        out.extend_from_slice(self.stream.id.as_bytes());
        out.extend_from_slice(&self.revision.to_be_bytes());
        out.extend_from_slice(&self.previous_root.0);
        put_text(&mut out, &self.wire_name);
        out.extend_from_slice(&self.recorded_at.micros().to_be_bytes());
        out.extend_from_slice(&self.effective_at.micros().to_be_bytes());
        put_actor(&mut out, self.actor);
        let behalf = self.on_behalf_of.map(AccountId::bytes);
        put_option(&mut out, behalf.as_ref().map(<[u8; 16]>::as_slice));
        out.extend_from_slice(&self.command_id.bytes());
        out.extend_from_slice(&self.command_digest.0);
        out.extend_from_slice(&self.correlation_id.bytes());
        let causation = self.causation_id.map(EventId::bytes);
        put_option(&mut out, causation.as_ref().map(<[u8; 16]>::as_slice));
        put_text(&mut out, &self.rule);
        put_option(&mut out, self.policy_digest.as_ref().map(|digest| digest.0.as_slice()));
        if let Some(basis) = &self.basis {
            put_text(&mut out, basis);
        }
        out
    }

    /// The header that these canonical bytes are.
    ///
    /// # Errors
    /// When the bytes are not exactly one header of a version that is known.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut rest = Reader { bytes };
        let version = rest.byte()?;
        if !(HEADER_VERSION_WITHOUT_BASIS..=HEADER_VERSION).contains(&version) {
            return Err(HeaderError::Version { found: version, newest: HEADER_VERSION });
        }
        let header = Self {
            event_id: EventId::from_bytes(rest.array()?),
            tenant: rest.option("tenant")?.map(AccountId::from_bytes),
            stream: rest.stream()?,
            revision: u64::from_be_bytes(rest.array()?),
            previous_root: Digest(rest.array()?),
            wire_name: rest.text("wire_name")?,
            recorded_at: rest.timestamp("recorded_at")?,
            effective_at: rest.timestamp("effective_at")?,
            actor: rest.actor()?,
            on_behalf_of: rest.option("on_behalf_of")?.map(AccountId::from_bytes),
            command_id: CommandId::from_bytes(rest.array()?),
            command_digest: Digest(rest.array()?),
            correlation_id: CorrelationId::from_bytes(rest.array()?),
            causation_id: rest.option("causation_id")?.map(EventId::from_bytes),
            rule: rest.text("rule")?,
            policy_digest: rest.option("policy_digest")?.map(Digest),
            basis: match version {
                HEADER_VERSION_WITHOUT_BASIS => None,
                _ => Some(rest.text("basis")?),
            },
        };
        if rest.bytes.is_empty() { Ok(header) } else { Err(HeaderError::Trailing) }
    }
}

/// The longest text in a header, in bytes. Wire names and rules are ours and short.
pub const HEADER_TEXT_BYTES_MAX: usize = 255;

fn put_text(out: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(HEADER_TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or_default();
    // The bound above makes the length fit; the fallback is never taken.
    let length = u16::try_from(kept.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(kept.as_bytes());
}

fn put_option(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => out.push(0),
        Some(bytes) => {
            out.push(1);
            out.extend_from_slice(bytes);
        }
    }
}

fn put_actor(out: &mut Vec<u8>, actor: Actor) {
    let (code, id) = match actor {
        Actor::System => (0, [0; 16]),
        Actor::Operator => (1, [0; 16]),
        Actor::Member(id) => (2, id.bytes()),
        Actor::Staff(id) => (3, id.bytes()),
        Actor::Token(id) => (4, id.bytes()),
        Actor::License(id) => (5, id.bytes()),
    };
    out.push(code);
    out.extend_from_slice(&id);
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        let (head, tail) = self.bytes.split_first_chunk::<N>().ok_or(HeaderError::Truncated)?;
        self.bytes = tail;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8, HeaderError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn option<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<[u8; N]>, HeaderError> {
        match self.byte()? {
            0 => Ok(None),
            1 => self.array().map(Some),
            _ => Err(HeaderError::Field { field }),
        }
    }

    fn text(&mut self, field: &'static str) -> Result<String, HeaderError> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        if length > HEADER_TEXT_BYTES_MAX {
            return Err(HeaderError::Field { field });
        }
        let (head, tail) = self.bytes.split_at_checked(length).ok_or(HeaderError::Truncated)?;
        self.bytes = tail;
        String::from_utf8(head.to_vec()).map_err(|_| HeaderError::Field { field })
    }

    fn timestamp(&mut self, field: &'static str) -> Result<Timestamp, HeaderError> {
        let micros = i64::from_be_bytes(self.array()?);
        let time = Timestamp::from_micros(micros);
        if time.micros() == micros { Ok(time) } else { Err(HeaderError::Field { field }) }
    }

    fn stream(&mut self) -> Result<StreamName, HeaderError> {
        let kind = StreamKind::from_code(self.byte()?);
        let kind = kind.ok_or(HeaderError::Field { field: "stream" })?;
        Ok(StreamName::new(kind, uuid::Uuid::from_bytes(self.array()?)))
    }

    fn actor(&mut self) -> Result<Actor, HeaderError> {
        let code = self.byte()?;
        let id: [u8; 16] = self.array()?;
        match code {
            0 if id == [0; 16] => Ok(Actor::System),
            1 if id == [0; 16] => Ok(Actor::Operator),
            2 => Ok(Actor::Member(MemberId::from_bytes(id))),
            3 => Ok(Actor::Staff(StaffId::from_bytes(id))),
            4 => Ok(Actor::Token(TokenId::from_bytes(id))),
            5 => Ok(Actor::License(LicenseId::from_bytes(id))),
            _ => Err(HeaderError::Field { field: "actor" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn header(seed: u128, text: &str, some: bool) -> Header {
        let id = Uuid::from_u128(seed);
        Header {
            event_id: EventId::new(id),
            tenant: some.then(|| AccountId::new(id)),
            stream: StreamName::new(StreamKind::License, id),
            revision: 7,
            previous_root: Digest([3; 32]),
            wire_name: text.to_owned(),
            recorded_at: Timestamp::from_micros(1_785_542_400_000_000),
            effective_at: Timestamp::from_micros(-5),
            actor: if some { Actor::Member(MemberId::new(id)) } else { Actor::System },
            on_behalf_of: (!some).then(|| AccountId::new(id)),
            command_id: CommandId::new(id),
            command_digest: Digest([9; 32]),
            correlation_id: CorrelationId::new(id),
            causation_id: some.then(|| EventId::new(id)),
            rule: "license.seats_fit".to_owned(),
            policy_digest: some.then_some(Digest([1; 32])),
            basis: some.then(|| "seats.manage:home_role".to_owned()),
        }
    }

    proptest! {
        #[test]
        fn a_header_reads_back_from_its_canonical_bytes(seed: u128, text in "[a-z_.0-9]{0,60}", some: bool) {
            let written = header(seed, &text, some);
            prop_assert_eq!(Header::decode(&written.encode()), Ok(written));
        }

        #[test]
        fn bytes_that_decode_are_the_canonical_ones(bytes: Vec<u8>, flip in 0usize..300, some: bool) {
            let _ = Header::decode(&bytes);
            let mut encoded = header(5, "seat_assigned.v1", some).encode();
            if let Some(byte) = encoded.get_mut(flip) {
                *byte ^= 1;
            }
            if let Ok(read) = Header::decode(&encoded) {
                prop_assert_eq!(read.encode(), encoded);
            }
        }
    }

    #[test]
    fn a_cut_or_longer_header_is_refused() {
        for some in [false, true] {
            let bytes = header(1, "seat_assigned.v1", some).encode();
            for length in 0..bytes.len() {
                assert!(Header::decode(&bytes[..length]).is_err(), "cut at {length}");
            }
            let longer = [bytes, vec![0]].concat();
            assert_eq!(Header::decode(&longer), Err(HeaderError::Trailing));
        }
    }

    #[test]
    fn a_header_without_a_basis_is_written_as_it_was_before_there_was_one() {
        assert_eq!(header(1, "seat_assigned.v1", false).encode()[0], 1);
        let bytes = [3, 0, 0];
        assert_eq!(Header::decode(&bytes), Err(HeaderError::Version { found: 3, newest: 2 }));
    }
}
