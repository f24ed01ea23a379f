//! Why a request is turned away at the door, before any resolver runs: stable codes and HTTP
//! statuses.

use std::time::Duration;

use http::StatusCode;

/// A request that is not executed. The message is for the caller, in the caller's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No bearer token, or one that is not accepted.
    #[error("sign in: send `Authorization: Bearer <token>` with a token of this door")]
    Unauthenticated,
    /// The organization demands a second factor, and the caller has none.
    #[error(
        "your organization demands a second factor: set one up with `POST /second-factor`, then go on"
    )]
    SecondFactorRequired,
    /// The request comes from another site's page.
    #[error("requests from other sites' pages are not taken")]
    CrossSite,
    /// A verb that is neither GET nor POST.
    #[error("use POST, or GET for queries")]
    Method,
    /// A mutation by GET.
    #[error("only queries may be sent by GET, send this operation by POST")]
    MutationByGet,
    /// The body is not declared to be JSON.
    #[error("send the request as `content-type: application/json`")]
    ContentType,
    /// No media type of ours is acceptable to the caller.
    #[error("accept `application/graphql-response+json` or `application/json`")]
    NotAcceptable,
    /// The body is too long.
    #[error("the request is longer than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The body did not arrive in time, or its connection broke.
    #[error("the request's body did not arrive")]
    BodyLost,
    /// The body is not JSON.
    #[error("the request's body is not JSON, line {line}, column {column}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// An array of requests.
    #[error("send one operation in a request, arrays are not taken; use aliases instead")]
    Batch,
    /// A parameter of the request is missing or of another type.
    #[error("the request's `{parameter}` must be {expected}")]
    Parameter {
        /// Which.
        parameter: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The document is not GraphQL.
    #[error("the document is not valid GraphQL near line {line}, column {column}")]
    Syntax {
        /// The line, from 1; 0 when not known.
        line: usize,
        /// The column, from 1; 0 when not known.
        column: usize,
    },
    /// The document is too long.
    #[error("the document has more than {tokens_max} tokens: split it")]
    TooManyTokens {
        /// The limit.
        tokens_max: usize,
    },
    /// The document is too deep.
    #[error("the document nests fields deeper than {depth_max}")]
    TooDeep {
        /// The limit.
        depth_max: usize,
    },
    /// The document spreads a fragment within itself.
    #[error("the fragment `{fragment}` spreads itself")]
    FragmentCycle {
        /// Which.
        fragment: String,
    },
    /// Too many aliases.
    #[error("the document uses more than {aliases_max} aliases: split it")]
    TooManyAliases {
        /// The limit.
        aliases_max: usize,
    },
    /// Too many fields at the root.
    #[error("the operation has more than {root_fields_max} fields at its root: split it")]
    TooManyRootFields {
        /// The limit.
        root_fields_max: usize,
    },
    /// Too many directives on one field.
    #[error("a field has more than {directives_max} directives")]
    TooManyDirectives {
        /// The limit.
        directives_max: usize,
    },
    /// A field that must be alone in its operation is not.
    #[error("`{field}` must be the only field of its operation")]
    NotAlone {
        /// Which.
        field: String,
    },
    /// The schema is not readable here.
    #[error("introspection is switched off here: read the published schema instead")]
    Introspection,
    /// A subscription over plain HTTP.
    #[error("subscriptions are served over WebSocket, sub-protocol `graphql-transport-ws`")]
    SubscriptionOverHttp,
    /// Something else than a subscription over WebSocket.
    #[error("only subscriptions are served over WebSocket, send queries and mutations by POST")]
    SubscriptionsOnly,
    /// Too many subscriptions or connections.
    #[error("too many subscriptions are open: close one first")]
    TooManySubscriptions,
    /// Too much was asked for lately.
    #[error("too much was asked for lately: try again in {seconds} s")]
    RateLimited {
        /// How long to wait.
        seconds: u64,
    },
    /// A query took too long and was stopped.
    #[error("the query took longer than {seconds} s and was stopped: ask for less")]
    QueryTimeout {
        /// The limit.
        seconds: u64,
    },
    /// A mutation takes too long; it goes on.
    #[error(
        "the answer took longer than {seconds} s; whether it was recorded is not known yet: \
         repeat it with the same `commandId`"
    )]
    MutationTimeout {
        /// The limit.
        seconds: u64,
    },
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::CrossSite => "FORBIDDEN",
            Self::Method | Self::MutationByGet => "METHOD_NOT_ALLOWED",
            Self::ContentType => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::TooLarge { .. } => "BODY_TOO_LARGE",
            Self::BodyLost => "BODY_INCOMPLETE",
            Self::Json { .. } => "MALFORMED_JSON",
            Self::Batch => "BATCH_NOT_SUPPORTED",
            Self::Parameter { .. } => "BAD_REQUEST",
            Self::Syntax { .. } => "GRAPHQL_PARSE_FAILED",
            Self::TooManyTokens { .. } => "TOO_MANY_TOKENS",
            Self::TooDeep { .. } => "TOO_DEEP",
            Self::FragmentCycle { .. } => "GRAPHQL_VALIDATION_FAILED",
            Self::TooManyAliases { .. } => "TOO_MANY_ALIASES",
            Self::TooManyRootFields { .. } => "TOO_MANY_ROOT_FIELDS",
            Self::TooManyDirectives { .. } => "TOO_MANY_DIRECTIVES",
            Self::NotAlone { .. } => "MUST_BE_ALONE",
            Self::Introspection => "INTROSPECTION_DISABLED",
            Self::SubscriptionOverHttp | Self::SubscriptionsOnly => "WRONG_TRANSPORT",
            Self::TooManySubscriptions | Self::RateLimited { .. } => "RATE_LIMITED",
            Self::QueryTimeout { .. } => "TIMEOUT",
            Self::MutationTimeout { .. } => "OUTCOME_UNKNOWN",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::CrossSite | Self::SecondFactorRequired => StatusCode::FORBIDDEN,
            Self::Method | Self::MutationByGet => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyLost => StatusCode::REQUEST_TIMEOUT,
            Self::TooManySubscriptions | Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::QueryTimeout { .. } | Self::MutationTimeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Json { .. }
            | Self::Batch
            | Self::Parameter { .. }
            | Self::Syntax { .. }
            | Self::TooManyTokens { .. }
            | Self::TooDeep { .. }
            | Self::FragmentCycle { .. }
            | Self::TooManyAliases { .. }
            | Self::TooManyRootFields { .. }
            | Self::TooManyDirectives { .. }
            | Self::NotAlone { .. }
            | Self::Introspection
            | Self::SubscriptionOverHttp
            | Self::SubscriptionsOnly => StatusCode::BAD_REQUEST,
        }
    }

    /// Too much was asked for, and this is how long to wait.
    #[must_use]
    pub const fn rate_limited(wait: Duration) -> Self {
        // Rounded up: whoever waits that long is let in.
        let seconds = wait.as_secs() + if wait.subsec_nanos() > 0 { 1 } else { 0 };
        Self::RateLimited { seconds }
    }

    /// How many seconds to wait before the same request, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        if let Self::RateLimited { seconds } = self { Some(*seconds) } else { None }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        matches!(
            self,
            Self::BodyLost
                | Self::TooManySubscriptions
                | Self::RateLimited { .. }
                | Self::MutationTimeout { .. }
        )
    }

    /// Whether the request got as far as being a GraphQL request; else its answer is not one
    /// either.
    #[must_use]
    pub const fn is_graphql(&self) -> bool {
        matches!(
            self,
            Self::Syntax { .. }
                | Self::TooManyTokens { .. }
                | Self::TooDeep { .. }
                | Self::FragmentCycle { .. }
                | Self::TooManyAliases { .. }
                | Self::TooManyRootFields { .. }
                | Self::TooManyDirectives { .. }
                | Self::NotAlone { .. }
                | Self::Introspection
                | Self::SubscriptionOverHttp
                | Self::SubscriptionsOnly
                | Self::QueryTimeout { .. }
                | Self::MutationTimeout { .. }
        )
    }
}
