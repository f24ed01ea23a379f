//! Talking to identity providers (OpenID Connect): where somebody is sent, and what is believed of what comes back.
//! Knows nothing of accounts and people; who somebody is here, the door decides.

mod described;
pub mod egress;
pub mod networks;
pub mod pending;
mod refused;

use std::time::Duration;

use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken,
    CoreIdTokenClaims, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use projections::views::single_sign_on::Provider;
use schemas::Timestamp;

use self::described::Descriptions;
use self::egress::Egress;
use self::networks::Networks;
pub use self::refused::Refused;

/// The longest ago that somebody may have shown the provider who it is, to sign in: as long as a session is.
const SHOWN_SECONDS_MAX: u64 = 12 * 60 * 60;

/// How an ID token may be signed: by the provider's own key, never by what this service knows too.
const SIGNED_BY: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a provider calls a second factor (RFC 8176). What it only calls strong is not taken for one.
const SECOND_FACTORS: [&str; 4] = ["mfa", "otp", "hwk", "sc"];

/// Where somebody is sent, and what only this service and the provider are to know until the person is back.
pub struct Sent {
    /// The address at the provider.
    pub address: String,
    /// What the provider repeats in the way back.
    pub state: String,
    /// What the ID token repeats.
    pub nonce: String,
    /// What shows that the code was asked for here (PKCE).
    pub verifier: String,
}

/// What a provider says of somebody, after all was checked.
pub struct Said {
    /// What it calls the person, for ever.
    pub subject: String,
    /// The e-mail, where it says that it has checked it.
    pub email: Option<String>,
    /// Whether it asked for a second factor.
    pub second_factor: bool,
    /// When the person showed it who it is, in seconds since 1970; `None`: it does not say.
    pub authenticated_at: Option<i64>,
}

/// The way to identity providers, and what they said of themselves lately. Cheap to clone.
#[derive(Clone)]
pub struct Providers {
    egress: Egress,
    descriptions: Descriptions,
}

impl Providers {
    /// The way to those in these networks.
    #[must_use]
    pub fn new(networks: Networks) -> Self {
        Self { egress: Egress::new(networks), descriptions: Descriptions::default() }
    }

    /// Where to send somebody.
    ///
    /// # Errors
    /// When the provider cannot be asked, or its description is not as it must be.
    pub async fn send(
        &self,
        provider: &Provider,
        redirect: &str,
        again: bool,
        now: Timestamp,
    ) -> Result<Sent, Refused> {
        let described = self.descriptions.of(&self.egress, provider, now).await?;
        // Whoever is sent there types a password.
        self.egress.check_address(described.said.authorization_endpoint().as_str())?;
        let client = CoreClient::from_provider_metadata(
            (*described.said).clone(),
            ClientId::new(provider.client.clone()),
            Some(ClientSecret::new(provider.secret.clone())),
        )
        .set_redirect_uri(redirect_url(redirect)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let asked = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge);
        let asked = if again {
            asked.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO)
        } else {
            asked.set_max_age(Duration::from_secs(SHOWN_SECONDS_MAX))
        };
        let (address, state, nonce) = asked.url();
        Ok(Sent {
            address: address.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// What the provider says of whoever came back with this code.
    ///
    /// # Errors
    /// When the code is not taken, or what comes for it is not to be believed.
    pub async fn ask(
        &self,
        provider: &Provider,
        redirect: &str,
        sent: &Sent,
        code: String,
        now: Timestamp,
    ) -> Result<Said, Refused> {
        let described = self.descriptions.of(&self.egress, provider, now).await?;
        let token = self.exchange(provider, &described.said, redirect, sent, code).await;
        let token = token.inspect_err(|_| self.descriptions.forget(provider))?;
        let nonce = Nonce::new(sent.nonce.clone());
        match believed(&token, &nonce, provider, &described.said) {
            // The provider may sign with a new key since. Asked once: what it says then is what counts.
            Err(Refused::Token(ClaimsVerificationError::SignatureVerification(_)))
                if !described.is_fresh =>
            {
                let anew = self.descriptions.anew(&self.egress, provider, now).await?;
                believed(&token, &nonce, provider, &anew)
            }
            believed => believed,
        }
    }

    async fn exchange(
        &self,
        provider: &Provider,
        described: &CoreProviderMetadata,
        redirect: &str,
        sent: &Sent,
        code: String,
    ) -> Result<CoreIdToken, Refused> {
        let in_body = takes_secret_in_body_only(described);
        let client = CoreClient::from_provider_metadata(
            described.clone(),
            ClientId::new(provider.client.clone()),
            Some(ClientSecret::new(provider.secret.clone())),
        )
        .set_redirect_uri(redirect_url(redirect)?)
        .set_auth_type(if in_body { AuthType::RequestBody } else { AuthType::BasicAuth });
        let asked = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| Refused::NotUnderstood("it names no token endpoint".to_owned()))?;
        let verifier = PkceCodeVerifier::new(sent.verifier.clone());
        let answer = asked.set_pkce_verifier(verifier).request_async(&self.egress).await;
        let answer = answer.map_err(Refused::of_code)?;
        answer.id_token().cloned().ok_or(Refused::NoIdToken)
    }
}

/// What a token says, if the provider signed it for this service and this sign-in.
fn believed(
    token: &CoreIdToken,
    nonce: &Nonce,
    provider: &Provider,
    described: &CoreProviderMetadata,
) -> Result<Said, Refused> {
    let checked = CoreIdTokenVerifier::new_confidential_client(
        ClientId::new(provider.client.clone()),
        ClientSecret::new(provider.secret.clone()),
        described.issuer().clone(),
        described.jwks().clone(),
    )
    .set_allowed_algs(SIGNED_BY);
    token.claims(&checked, nonce).map(said).map_err(Refused::Token)
}

fn redirect_url(redirect: &str) -> Result<RedirectUrl, Refused> {
    let url = RedirectUrl::new(redirect.to_owned());
    url.map_err(|error| Refused::NotUnderstood(error.to_string()))
}

/// Sent in the header, unless the provider says that it takes it in the body only.
fn takes_secret_in_body_only(metadata: &CoreProviderMetadata) -> bool {
    let takes = |method| {
        let methods = metadata.token_endpoint_auth_methods_supported();
        methods.map(|methods| methods.contains(&method))
    };
    takes(CoreClientAuthMethod::ClientSecretBasic) == Some(false)
        && takes(CoreClientAuthMethod::ClientSecretPost) == Some(true)
}

fn said(claims: &CoreIdTokenClaims) -> Said {
    let verified = claims.email_verified() == Some(true);
    let methods = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
    Said {
        subject: claims.subject().as_str().to_owned(),
        email: claims.email().filter(|_| verified).map(|email| email.as_str().to_owned()),
        second_factor: methods.iter().any(|one| SECOND_FACTORS.contains(&one.as_str())),
        authenticated_at: claims.auth_time().map(|at| at.timestamp()),
    }
}
