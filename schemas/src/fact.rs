//! How a fact becomes bytes and comes back: a public MessagePack map, and at most one personal part.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::id::SubjectId;

/// Personal fields of a fact. They are never in the public body; they are sealed with the subject's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal<T> {
    /// Whose fields they are.
    pub subject: SubjectId,
    /// The fields; `None` once the subject's key was destroyed.
    pub value: Option<T>,
}

impl<T> Default for Personal<T> {
    fn default() -> Self {
        Self { subject: SubjectId::default(), value: None }
    }
}

impl<T> Personal<T> {
    /// Fields that are known.
    #[must_use]
    pub fn new(subject: impl Into<SubjectId>, value: T) -> Self {
        Self { subject: subject.into(), value: Some(value) }
    }
}

/// A fact in bytes, personal fields still in the clear: the log seals them before it stores anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedFact {
    /// What happened, in which version of its shape.
    pub wire_name: &'static str,
    /// The public body.
    pub public: Vec<u8>,
    /// The personal part.
    pub personal: EncodedPersonal,
}

/// The personal part of a fact in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncodedPersonal {
    /// The fact has none by its type.
    None,
    /// Its bytes in the clear.
    Clear {
        /// Whose it is.
        subject: SubjectId,
        /// The MessagePack bytes.
        bytes: Vec<u8>,
    },
    /// The fact has one by its type, and nobody knows it any more.
    Missing,
}

/// What is known of a fact's personal part when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenedPart<'a> {
    /// The fact was stored without one.
    None,
    /// The part, opened.
    Open {
        /// Whose it is.
        subject: SubjectId,
        /// The MessagePack bytes.
        bytes: &'a [u8],
    },
    /// The subject's key was destroyed.
    Erased {
        /// Whose it was.
        subject: SubjectId,
    },
}

/// Why bytes are not a fact.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The event is of a type or version that this program does not know.
    #[error(
        "event type `{wire_name}` is not known to this version of the software; a newer version wrote it"
    )]
    UnknownType {
        /// The wire name found.
        wire_name: String,
    },
    /// The body does not have the shape of its type.
    #[error("the body of a `{wire_name}` event does not have its shape")]
    Shape {
        /// The wire name.
        wire_name: &'static str,
        /// What was wrong.
        #[source]
        source: rmp_serde::decode::Error,
    },
    /// A personal part is missing, or there where none belongs.
    #[error("the parts of a `{wire_name}` event are not those of its type")]
    Parts {
        /// The wire name.
        wire_name: &'static str,
    },
}

/// All events of one kind of stream, in their newest version.
pub trait FactSet: Sized + Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The kind of stream these facts belong to.
    const KIND: crate::stream::StreamKind;
    /// The wire names of the newest versions, in the order of the enum.
    const WIRE_NAMES: &'static [&'static str];

    /// The wire name that this fact is written under.
    fn wire_name(&self) -> &'static str;

    /// The bytes of this fact.
    fn encode(&self) -> EncodedFact;

    /// The fact in its newest version, whatever version was stored.
    ///
    /// # Errors
    /// When the type is unknown or the bytes do not have its shape.
    fn decode(
        wire_name: &str,
        public: &[u8],
        personal: OpenedPart<'_>,
    ) -> Result<Self, DecodeError>;
}

/// One version of one fact. Implemented by the `facts!` macro.
pub trait Fact: Serialize + DeserializeOwned {
    /// The personal fields, `()` when there are none.
    type Personal: Serialize + DeserializeOwned;

    /// The personal part, when the fact has one.
    fn personal(&self) -> Option<&Personal<Self::Personal>>;

    /// The fact with this personal part.
    #[must_use]
    fn with_personal(self, personal: Personal<Self::Personal>) -> Self;
}

pub(crate) fn encode<F: Fact>(wire_name: &'static str, fact: &F) -> EncodedFact {
    let personal = match fact.personal() {
        None => EncodedPersonal::None,
        Some(Personal { value: None, .. }) => EncodedPersonal::Missing,
        Some(Personal { subject, value: Some(value) }) => {
            EncodedPersonal::Clear { subject: *subject, bytes: to_bytes(value) }
        }
    };
    EncodedFact { wire_name, public: to_bytes(fact), personal }
}

pub(crate) fn decode<F: Fact>(
    wire_name: &'static str,
    public: &[u8],
    personal: OpenedPart<'_>,
) -> Result<F, DecodeError> {
    let fact: F = from_bytes(wire_name, public)?;
    match (fact.personal().is_some(), personal) {
        (false, OpenedPart::None) => Ok(fact),
        (true, OpenedPart::Open { subject, bytes }) => {
            let value = Some(from_bytes(wire_name, bytes)?);
            Ok(fact.with_personal(Personal { subject, value }))
        }
        (true, OpenedPart::Erased { subject }) => {
            Ok(fact.with_personal(Personal { subject, value: None }))
        }
        (true, OpenedPart::None) | (false, OpenedPart::Open { .. } | OpenedPart::Erased { .. }) => {
            Err(DecodeError::Parts { wire_name })
        }
    }
}

fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    // INVARIANT (facts encode): facts are maps of plain values with text keys; writing them to memory has no
    // failing case. `schemas/tests/frozen.rs` encodes an example of every one.
    #[expect(clippy::expect_used, reason = "INVARIANT (facts encode)")]
    rmp_serde::to_vec_named(value).expect("facts encode")
}

fn from_bytes<'a, T: Deserialize<'a>>(
    wire_name: &'static str,
    bytes: &'a [u8],
) -> Result<T, DecodeError> {
    rmp_serde::from_slice(bytes).map_err(|source| DecodeError::Shape { wire_name, source })
}

/// Declares the events of one kind of stream: `Variant = "wire_name.vN"`, each with the fact of the same name.
/// A trailing `personal: Type` names the personal fields, kept in the fact's field `personal`; `was: v1::Fact as
/// "wire_name.v1"` an older version, which is only read, and becomes the newest by its `From`.
macro_rules! facts {
    (
        $(#[$doc:meta])*
        $name:ident of $kind:ident {
            $(
                $(#[$vdoc:meta])* $fact:ident = $wire:literal
                $(, personal: $personal:ty)? $(, was: $old:ty as $old_wire:literal)*;
            )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vdoc])* $fact($fact),)*
        }

        $(
            $crate::fact::fact_personal!($fact $(, $personal)?);

            impl From<$fact> for $name {
                fn from(fact: $fact) -> Self {
                    Self::$fact(fact)
                }
            }
        )*

        impl $crate::fact::FactSet for $name {
            const KIND: $crate::stream::StreamKind = $crate::stream::StreamKind::$kind;
            const WIRE_NAMES: &'static [&'static str] = &[$($wire),*];

            fn wire_name(&self) -> &'static str {
                match self {
                    $(Self::$fact(_) => $wire,)*
                }
            }

            fn encode(&self) -> $crate::fact::EncodedFact {
                match self {
                    $(Self::$fact(fact) => $crate::fact::encode($wire, fact),)*
                }
            }

            fn decode(
                wire_name: &str,
                public: &[u8],
                personal: $crate::fact::OpenedPart<'_>,
            ) -> Result<Self, $crate::fact::DecodeError> {
                match wire_name {
                    $(
                        $wire => $crate::fact::decode($wire, public, personal).map(Self::$fact),
                        $($old_wire => {
                            let old = $crate::fact::decode::<$old>($old_wire, public, personal);
                            old.map(|old| Self::$fact(old.into()))
                        })*
                    )*
                    unknown => Err($crate::fact::DecodeError::UnknownType { wire_name: unknown.to_owned() }),
                }
            }
        }

        impl $name {
            /// The JSON Schemas of these events, by wire name: of the public body, and of the personal part if any.
            #[must_use]
            pub fn json_schemas() -> Vec<(&'static str, schemars::Schema, Option<schemars::Schema>)> {
                vec![$((
                    $wire,
                    schemars::schema_for!($fact),
                    $crate::fact::personal_schema!($($personal)?),
                )),*]
            }
        }
    };
}

macro_rules! fact_personal {
    ($fact:ident) => {
        impl $crate::fact::Fact for $fact {
            type Personal = ();

            fn personal(&self) -> Option<&$crate::fact::Personal<()>> {
                None
            }

            fn with_personal(self, _: $crate::fact::Personal<()>) -> Self {
                self
            }
        }
    };
    ($fact:ident, $personal:ty) => {
        impl $crate::fact::Fact for $fact {
            type Personal = $personal;

            fn personal(&self) -> Option<&$crate::fact::Personal<$personal>> {
                Some(&self.personal)
            }

            fn with_personal(mut self, personal: $crate::fact::Personal<$personal>) -> Self {
                self.personal = personal;
                self
            }
        }
    };
}

macro_rules! personal_schema {
    () => {
        None
    };
    ($personal:ty) => {
        Some(schemars::schema_for!($personal))
    };
}

pub(crate) use {fact_personal, facts, personal_schema};
