//! Mails: how they are written and how they leave, to a mail server or, in a demo, into a folder.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use schemas::notices::FailureReason;
use zeroize::Zeroizing;

/// How long a mail server may take for each of its answers.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);
const SMTP_PORT: u16 = 25;
const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;

const TEXT: (&str, &str) = ("mail.txt", include_str!("mail/mail.txt"));
/// A name that ends in `.html`, so that what is filled in is escaped.
const HTML: (&str, &str) = ("mail.html", include_str!("mail/mail.html"));

/// How mails leave, from whom, and where their links lead.
#[derive(Clone)]
pub struct Mailing {
    way: Way,
    from: Mailbox,
    portal: String,
}

#[derive(Clone)]
enum Way {
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

/// A mail server as an address names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    host: String,
    port: Option<u16>,
    user: Option<String>,
    encrypted: bool,
}

/// Why mails cannot be sent with what was given.
#[derive(Debug, thiserror::Error)]
pub enum MailingError {
    /// The address of the server is none.
    #[error(
        "expected an address such as smtp://mail.example.com:587 or smtps://mail.example.com, without a password"
    )]
    Server,
    /// Nobody can have this address.
    #[error("`{found}` is no sender such as `Acme <licenses@acme.example>`")]
    From {
        /// What was given.
        found: String,
    },
    /// The portal's address is none.
    #[error("`{found}` is no address such as https://portal.example.com")]
    Portal {
        /// What was given.
        found: String,
    },
    /// TLS cannot be had.
    #[error("TLS with the mail server cannot be set up")]
    Tls(#[source] lettre::transport::smtp::Error),
    /// A server that takes a password, and none; or the other way round.
    #[error("a user in the server's address and a file with the password go together")]
    Password,
}

/// Why a mail did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSent {
    /// Whether trying again is of no use.
    pub for_good: bool,
    /// Whether it is about this mail alone; else the server was not reached, and other mails fare no better.
    pub this_one: bool,
    /// What is recorded when it is no longer tried.
    pub reason: FailureReason,
    /// What the server answered, by its number.
    pub status: Option<u16>,
}

/// What one mail says.
#[derive(Debug, Clone)]
pub struct Letter {
    /// By which id the same mail is known when it comes twice, without the part behind the `@`.
    pub id: String,
    /// What the person is called.
    pub name: String,
    /// Where it goes.
    pub address: String,
    /// What stands above it: nothing that anybody typed.
    pub subject: String,
    /// What it tells.
    pub items: Vec<Item>,
    /// The part of the link behind the portal's address that switches off what it is about.
    pub unsubscribe: Option<String>,
}

/// One thing that a mail tells.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Item {
    /// What is so.
    pub title: &'static str,
    /// What it means, and what to do.
    pub advice: &'static str,
    /// When it was, in the person's zone.
    pub at: String,
    /// The product of the license it is about.
    pub product: Option<String>,
    /// The page of that license, behind the portal's address.
    pub path: Option<String>,
}

impl MailServer {
    /// Reads an address: `smtps://` is encrypted from the start; `smtp://` becomes so before anything is said, except on
    /// this machine.
    ///
    /// # Errors
    /// When it is no such address.
    pub fn parse(text: &str) -> Result<Self, MailingError> {
        let uri: http::Uri = text.parse().map_err(|_| MailingError::Server)?;
        let encrypted = match uri.scheme_str() {
            Some("smtps") => true,
            Some("smtp") => false,
            Some(_) | None => return Err(MailingError::Server),
        };
        let authority = uri.authority().ok_or(MailingError::Server)?;
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| user);
        let bare = uri.path().is_empty() || uri.path() == "/";
        if !bare || uri.query().is_some() || user.is_some_and(|user| user.contains(':')) {
            return Err(MailingError::Server);
        }
        let user = user.map(|user| user.replace("%40", "@"));
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: authority.port_u16(), user, encrypted })
    }

    fn is_here(&self) -> bool {
        let address = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    fn connection(
        &self,
        password: Option<&str>,
    ) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailingError> {
        let tls = || TlsParameters::new(self.host.clone()).map_err(MailingError::Tls);
        let (tls, port) = match (self.encrypted, self.is_here()) {
            (true, _) => (Tls::Wrapper(tls()?), SUBMISSIONS_PORT),
            (false, true) => (Tls::None, SMTP_PORT),
            (false, false) => (Tls::Required(tls()?), SUBMISSION_PORT),
        };
        let made = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(ANSWER_TIME_MAX));
        match (&self.user, password) {
            (Some(user), Some(password)) => {
                let shown = Credentials::new(user.clone(), password.to_owned());
                Ok(made.credentials(shown).build())
            }
            (None, None) => Ok(made.build()),
            (Some(_), None) | (None, Some(_)) => Err(MailingError::Password),
        }
    }
}

impl Mailing {
    /// By a mail server.
    ///
    /// # Errors
    /// When what was given does not fit.
    pub fn by_server(
        server: &MailServer,
        password: Option<Zeroizing<String>>,
        from: &str,
        portal: &str,
    ) -> Result<Self, MailingError> {
        let way = Way::Server(server.connection(password.as_ref().map(|one| one.as_str()))?);
        Self::new(way, from, portal)
    }

    /// Into a folder, a file for each mail.
    ///
    /// # Errors
    /// When what was given does not fit.
    pub fn into_folder(folder: PathBuf, from: &str, portal: &str) -> Result<Self, MailingError> {
        Self::new(Way::Folder(folder), from, portal)
    }

    fn new(way: Way, from: &str, portal: &str) -> Result<Self, MailingError> {
        let sender = from.parse();
        let from = sender.map_err(|_| MailingError::From { found: from.to_owned() })?;
        let uri: Option<http::Uri> = portal.parse().ok();
        let web = |uri: &http::Uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none()
        };
        if !uri.as_ref().is_some_and(web) {
            return Err(MailingError::Portal { found: portal.to_owned() });
        }
        Ok(Self { way, from, portal: portal.trim_end_matches('/').to_owned() })
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// When it did not leave.
    pub async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let refused = NotSent {
            for_good: true,
            this_one: true,
            reason: FailureReason::Refused,
            status: None,
        };
        let message = self.written(letter).ok_or(refused)?;
        match &self.way {
            Way::Server(server) => server.send(message).await.map(|_| ()).map_err(|error| {
                let for_good = error.is_permanent();
                NotSent {
                    for_good,
                    this_one: error.status().is_some(),
                    reason: if for_good {
                        FailureReason::Refused
                    } else {
                        FailureReason::Unreachable
                    },
                    status: error.status().map(u16::from),
                }
            }),
            Way::Folder(folder) => {
                let (file, folder) = (folder.join(format!("{}.eml", letter.id)), folder.clone());
                let written = tokio::task::spawn_blocking(move || {
                    std::fs::create_dir_all(&folder)?;
                    std::fs::write(file, message.formatted())
                });
                let unreachable = NotSent {
                    for_good: false,
                    this_one: false,
                    reason: FailureReason::Unreachable,
                    ..refused
                };
                written.await.ok().and_then(Result::ok).ok_or(unreachable)
            }
        }
    }

    /// The mail, its text in two forms. INVARIANT (headers hold nothing typed): the subject is ours, the address is one,
    /// and the name is in the text alone.
    fn written(&self, letter: &Letter) -> Option<Message> {
        let address: Address = letter.address.parse().ok()?;
        let mut mail = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.email.domain())))
            .header(AutoSubmitted);
        if let Some(path) = &letter.unsubscribe {
            mail = mail.header(ListUnsubscribe(format!("<{}{path}>", self.portal)));
            mail = mail.header(ListUnsubscribePost);
        }
        let part = |kind, text| SinglePart::builder().header(kind).body(text);
        let plain = part(ContentType::TEXT_PLAIN, self.filled(TEXT, letter)?);
        let html = part(ContentType::TEXT_HTML, self.filled(HTML, letter)?);
        mail.multipart(MultiPart::alternative().singlepart(plain).singlepart(html)).ok()
    }

    fn filled(&self, template: (&str, &str), letter: &Letter) -> Option<String> {
        let mut environment = Environment::new();
        environment.add_template(template.0, template.1).ok()?;
        let Letter { name, subject, items, unsubscribe, .. } = letter;
        let portal = &self.portal;
        let items = Value::from(Serde(items));
        let filled = context! { name, subject, items, unsubscribe, portal };
        let text = environment.get_template(template.0).and_then(|found| found.render(filled));
        text.map_err(|error| tracing::error!(%error, "a mail cannot be written")).ok()
    }
}

/// Where one click switches off what the mail is about (RFC 8058).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

macro_rules! fixed_header {
    ($(#[$doc:meta])* $type:ident, $name:literal, $value:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        struct $type;

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self)
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value.to_owned())
            }
        }
    };
}

fixed_header! {
    /// That the link takes one click without a page (RFC 8058).
    ListUnsubscribePost, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
}

fixed_header! {
    /// That nobody wrote it: no machine answers that its owner is on holiday (RFC 3834).
    AutoSubmitted, "Auto-Submitted", "auto-generated"
}

#[cfg(test)]
mod tests;
