//! Between events and stored parts: personal fields are sealed on the way in and opened on the way out.
//! The one place that turns stored bytes into the newest version of an event.

use std::sync::Arc;

use schemas::{
    DecodeError, Digest, EncodedFact, EncodedPersonal, Header, LedgerEvent, LogPosition,
    OpenedPart, Part, StoredEvent, SubjectId,
};

use crate::keystore::{Keystore, KeystoreError, Opened};

/// An event as business code sees it: in its newest version, personal fields open unless they were erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place in the log.
    pub position: LogPosition,
    /// The envelope.
    pub header: Header,
    /// The commitment to header and parts.
    pub content_root: Digest,
    /// What happened.
    pub event: LedgerEvent,
}

/// Why an event cannot be written or read. A reader never skips such an event: it stops that stream.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The type is unknown, the body has another shape, or the parts are not those of the type.
    #[error("event {revision} of `{stream}` at position {position} cannot be read")]
    Read {
        /// The stream.
        stream: schemas::StreamName,
        /// The event's number in the stream.
        revision: schemas::Revision,
        /// Its place in the log.
        position: LogPosition,
        /// What is wrong.
        #[source]
        source: DecodeError,
    },
    /// The event has personal fields by its type, but not by its value.
    #[error("a `{wire_name}` event cannot be recorded without its personal fields")]
    PersonalMissing {
        /// What was to be recorded.
        wire_name: &'static str,
    },
    /// The machine gave no id for the new event.
    #[error("a `{wire_name}` event gets no id")]
    Id {
        /// What was to be recorded.
        wire_name: &'static str,
        /// Why not.
        #[source]
        source: KeystoreError,
    },
    /// The key of a personal part failed.
    #[error("the personal part of a `{wire_name}` event")]
    Key {
        /// The event's type.
        wire_name: String,
        /// What is wrong.
        #[source]
        source: KeystoreError,
    },
}

impl CodecError {
    /// The stable code, upper case with underscores.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { source: DecodeError::UnknownType { .. }, .. } => "SCHEMA_UNKNOWN",
            Self::Read {
                source: DecodeError::Shape { .. } | DecodeError::Parts { .. }, ..
            } => "BODY_UNREADABLE",
            Self::PersonalMissing { .. } => "PERSONAL_MISSING",
            Self::Id { source, .. } | Self::Key { source, .. } => source.code(),
        }
    }
}

/// Seals, opens and decodes with the keys of one ledger.
#[derive(Debug, Clone)]
pub struct Codec {
    keystore: Arc<Keystore>,
}

impl Codec {
    /// The codec with these keys.
    #[must_use]
    pub const fn new(keystore: Arc<Keystore>) -> Self {
        Self { keystore }
    }

    /// The keys.
    #[must_use]
    pub const fn keystore(&self) -> &Arc<Keystore> {
        &self.keystore
    }

    /// The wire name and the parts of an event, personal fields sealed. A subject without a key gets one, which
    /// [`Keystore::flush`] must make durable before the event is.
    ///
    /// # Errors
    /// When personal fields are missing or their subject was erased.
    pub fn encode(&self, event: &LedgerEvent) -> Result<(&'static str, Vec<Part>), CodecError> {
        let EncodedFact { wire_name, public, personal } = event.encode();
        let (subject, clear) = match personal {
            EncodedPersonal::None => return Ok((wire_name, vec![Part::Public(public)])),
            // INVARIANT (parts fit the type): what is written here must be readable for ever.
            EncodedPersonal::Missing => return Err(CodecError::PersonalMissing { wire_name }),
            EncodedPersonal::Clear { subject, bytes } => (subject, bytes),
        };
        let key = |source| CodecError::Key { wire_name: wire_name.to_owned(), source };
        self.keystore.ensure(&[subject]).map_err(key)?;
        let sealed = self.keystore.seal(subject, &clear).map_err(key)?;
        Ok((wire_name, vec![Part::Public(public), Part::Personal { subject, sealed }]))
    }

    /// The event in its newest version, personal fields open; they are `None` once the subject was erased or the
    /// part's bytes were removed.
    ///
    /// # Errors
    /// When the type is unknown, the bytes do not have its shape, or the key does not open the part.
    pub fn decode(&self, stored: &StoredEvent) -> Result<RecordedEvent, CodecError> {
        let Some(Part::Personal { subject, sealed }) = personal_part(stored) else {
            return decode_with(stored, closed_part(stored));
        };
        let opened = self.keystore.open_sealed(*subject, sealed).map_err(|source| {
            CodecError::Key { wire_name: stored.header.wire_name.clone(), source }
        })?;
        match opened {
            Opened::Clear(bytes) => {
                decode_with(stored, OpenedPart::Open { subject: *subject, bytes: &bytes })
            }
            Opened::Erased => decode_with(stored, OpenedPart::Erased { subject: *subject }),
        }
    }

    /// The event in its newest version, personal fields left closed (`None`). Quicker than [`Codec::decode`], and
    /// enough to fold the states of rules, which hold no personal values.
    ///
    /// # Errors
    /// When the type is unknown or the bytes do not have its shape.
    pub fn decode_closed(&self, stored: &StoredEvent) -> Result<RecordedEvent, CodecError> {
        decode_with(stored, closed_part(stored))
    }
}

fn personal_part(stored: &StoredEvent) -> Option<&Part> {
    stored.parts.get(1)
}

fn closed_part(stored: &StoredEvent) -> OpenedPart<'static> {
    match personal_part(stored) {
        None | Some(Part::Public(_)) => OpenedPart::None,
        Some(Part::Personal { subject, .. }) => OpenedPart::Erased { subject: *subject },
        // The subject went with the bytes.
        Some(Part::Removed { .. }) => OpenedPart::Erased { subject: SubjectId::default() },
    }
}

fn decode_with(
    stored: &StoredEvent,
    personal: OpenedPart<'_>,
) -> Result<RecordedEvent, CodecError> {
    let header = &stored.header;
    let public = match stored.parts.first() {
        Some(Part::Public(bytes)) if stored.parts.len() <= 2 => bytes.as_slice(),
        // Bytes that no type has: the decoder then names the type in its refusal.
        Some(Part::Public(_) | Part::Personal { .. } | Part::Removed { .. }) | None => &[],
    };
    let event = LedgerEvent::decode(header.stream.kind, &header.wire_name, public, personal)
        .map_err(|source| CodecError::Read {
            stream: header.stream,
            revision: header.revision,
            position: stored.position,
            source,
        })?;
    Ok(RecordedEvent {
        position: stored.position,
        header: header.clone(),
        content_root: stored.content_root,
        event,
    })
}

#[cfg(test)]
mod tests;
