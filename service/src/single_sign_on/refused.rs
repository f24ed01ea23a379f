//! Why nobody came in through an identity provider: a stable code for the log, and plain words for the person.

use std::time::Duration;

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{
    ClaimsVerificationError, DiscoveryError, RequestTokenError, StandardErrorResponse,
};

use super::egress::EgressError;
use crate::auth::IssueError;

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Nothing is under way that this browser began; or it was used, or took too long.
    #[error("nothing is under way that this browser began")]
    NotBegun,
    /// The answer is to another question.
    #[error("the state is another one")]
    StateDiffers,
    /// The answer comes from, or for, another provider than the one that was asked.
    #[error("another provider answers")]
    AnotherProvider,
    /// The provider did not let the person in.
    #[error("the provider says `{0}`")]
    ByProvider(String),
    /// The account has no provider, or another one by now.
    #[error("the account has no such provider")]
    NoProvider,
    /// The provider cannot be asked.
    #[error("the provider cannot be asked")]
    Unreachable(#[from] EgressError),
    /// What the provider says of itself is not as it must be.
    #[error("the provider is not understood: {0}")]
    NotUnderstood(String),
    /// The provider does not give anything for the code.
    #[error("the provider does not take the code: {0}")]
    Code(String),
    /// The provider does not say who it is.
    #[error("the provider answers without an ID token")]
    NoIdToken,
    /// What the provider says of the person is not to be believed.
    #[error("the ID token is refused")]
    Token(#[source] ClaimsVerificationError),
    /// The provider says no e-mail that it has checked.
    #[error("the provider says no verified e-mail")]
    EmailNotVerified,
    /// The e-mail is nobody's of the account.
    #[error("nobody of the account has this e-mail, or may come in")]
    NotOfThisAccount,
    /// Who this is at the provider, or the person here, is linked otherwise.
    #[error("the person is linked with another identity")]
    LinkedOtherwise,
    /// The person did not show again who it is, or that is too long ago.
    #[error("the provider does not say that the person just showed who it is")]
    NotAgain,
    /// Somebody else showed who it is.
    #[error("somebody else came back")]
    AnotherPerson,
    /// The person has a second factor here, and the provider asked for none.
    #[error("a code of the authenticator is needed")]
    CodeNeeded {
        /// To be shown with the code, within five minutes.
        ticket: String,
    },
    /// Too many tries.
    #[error("too many tries: wait {0:?}")]
    Throttled(Duration),
    /// Too many at this moment.
    #[error("too many at this moment")]
    Busy,
    /// It could not be recorded.
    #[error("it cannot be recorded")]
    Issue(#[from] IssueError),
}

impl Refused {
    pub(super) fn of_discovery(error: DiscoveryError<EgressError>) -> Self {
        if let DiscoveryError::Request(error) = error {
            return Self::Unreachable(error);
        }
        Self::NotUnderstood(error.to_string())
    }

    pub(super) fn of_code(
        error: RequestTokenError<EgressError, StandardErrorResponse<CoreErrorResponseType>>,
    ) -> Self {
        match error {
            RequestTokenError::Request(error) => Self::Unreachable(error),
            RequestTokenError::ServerResponse(said) => Self::Code(said.error().to_string()),
            RequestTokenError::Parse(..) => Self::Code("its answer is not understood".to_owned()),
            RequestTokenError::Other(why) => Self::Code(why),
        }
    }

    /// The stable code, for the log and the counters.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotBegun => "NOT_BEGUN",
            Self::StateDiffers => "STATE_DIFFERS",
            Self::AnotherProvider => "ANOTHER_PROVIDER_ANSWERS",
            Self::ByProvider(_) => "REFUSED_BY_PROVIDER",
            Self::NoProvider => "NO_PROVIDER",
            Self::Unreachable(EgressError::Redirected { .. }) => "PROVIDER_REDIRECTS",
            Self::Unreachable(EgressError::NotAllowed { .. } | EgressError::Address { .. }) => {
                "PROVIDER_NOT_ALLOWED"
            }
            Self::Unreachable(
                EgressError::NoAddress { .. }
                | EgressError::Connect { .. }
                | EgressError::NoCertificates
                | EgressError::Http { .. }
                | EgressError::Answer { .. }
                | EgressError::TooSlow
                | EgressError::Busy,
            ) => "PROVIDER_UNREACHABLE",
            Self::NotUnderstood(_) => "PROVIDER_NOT_UNDERSTOOD",
            Self::Code(_) => "CODE_NOT_TAKEN",
            Self::NoIdToken => "NO_ID_TOKEN",
            Self::Token(error) => of_token(error),
            Self::EmailNotVerified => "EMAIL_NOT_VERIFIED",
            Self::NotOfThisAccount => "NOT_OF_THIS_ACCOUNT",
            Self::LinkedOtherwise => "LINKED_OTHERWISE",
            Self::NotAgain => "NOT_SHOWN_AGAIN",
            Self::AnotherPerson => "ANOTHER_PERSON",
            Self::CodeNeeded { .. } => "CODE_NEEDED",
            Self::Throttled(_) => "SIGN_IN_THROTTLED",
            Self::Busy => "SIGN_IN_BUSY",
            Self::Issue(_) => "LEDGER_UNAVAILABLE",
        }
    }

    /// For the person in front of the page: what happened, and whom to ask.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Self::NotBegun | Self::StateDiffers | Self::AnotherProvider => {
                "This sign-in was not begun in this browser, was used already, or took too long. Begin again."
            }
            Self::ByProvider(_) => {
                "Your organization’s sign-in did not let you in. Ask the people who look after it."
            }
            Self::NoProvider => {
                "No organization’s sign-in was found for this e-mail. Sign in with your password, or ask an admin of \
                 your organization."
            }
            Self::Unreachable(_) | Self::NotUnderstood(_) => {
                "Your organization’s sign-in cannot be reached, or is not set up right. Ask an admin of your \
                 organization to check its address."
            }
            Self::Code(_) => {
                "Your organization’s sign-in did not accept this service. Ask an admin of your organization to check \
                 the client id and secret."
            }
            Self::NoIdToken | Self::Token(_) => {
                "What your organization’s sign-in said of you cannot be trusted. Begin again; if it stays so, ask the \
                 people who look after it."
            }
            Self::EmailNotVerified => {
                "Your organization’s sign-in does not say that it has verified your e-mail. Ask the people who look \
                 after it."
            }
            Self::NotOfThisAccount => {
                "Nobody of your organization is known here by this e-mail. Ask an admin of your organization to add you."
            }
            Self::LinkedOtherwise => {
                "You were somebody else at your organization’s sign-in before. Ask an admin of your organization."
            }
            Self::NotAgain => {
                "Your organization’s sign-in did not ask you again who you are. Begin again; if it stays so, ask the \
                 people who look after it."
            }
            Self::AnotherPerson => "Somebody else signed in than who is signed in here.",
            Self::CodeNeeded { .. } => "A code is needed as well.",
            Self::Throttled(_) => "Too many tries. Wait a while, then begin again.",
            Self::Busy => "Many people are signing in right now. Try again in a moment.",
            Self::Issue(_) => {
                "Nobody can sign in right now. Please tell whoever runs this service."
            }
        }
    }
}

const fn of_token(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "TOKEN_EXPIRED",
        ClaimsVerificationError::InvalidAudience(_) => "TOKEN_FOR_ANOTHER",
        ClaimsVerificationError::InvalidIssuer(_) => "TOKEN_OF_ANOTHER",
        ClaimsVerificationError::InvalidNonce(_) => "TOKEN_NONCE_DIFFERS",
        ClaimsVerificationError::SignatureVerification(_) => "TOKEN_SIGNATURE",
        ClaimsVerificationError::InvalidAuthContext(_)
        | ClaimsVerificationError::InvalidAuthTime(_)
        | ClaimsVerificationError::InvalidSubject(_)
        | ClaimsVerificationError::Other(_)
        | ClaimsVerificationError::Unsupported(_) => "TOKEN_REFUSED",
        // What a later version of the library may find.
        _ => "TOKEN_REFUSED",
    }
}
