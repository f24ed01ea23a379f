//! How mails leave, as the command line says.

use std::fs;

use zeroize::Zeroizing;

use super::Failure;
use super::arguments::Mailing as Asked;
use crate::notices::mail::{MailServer, Mailing, MailingError};

/// How mails leave; `None`: they do not.
///
/// # Errors
/// When what was given does not fit together.
pub fn mailing(asked: &Asked) -> Result<Option<Mailing>, Failure> {
    let Some(server) = &asked.mail_server else { return Ok(None) };
    let Some(portal) = &asked.portal_url else {
        tracing::warn!("a mail server was named and not where the portal is: give --portal-url");
        return Ok(None);
    };
    let Some(from) = &asked.mail_from else {
        let what = "a mail server was named, and not who mails are from".to_owned();
        return Err(Failure::refused("MAIL_FROM_MISSING", what)
            .advice("give --mail-from, such as `Acme <licenses@acme.example>`"));
    };
    let read = asked.mail_password_file.as_ref().map(fs::read_to_string).transpose();
    let password = read.map_err(|error| {
        Failure::caused("MAIL_PASSWORD_UNREADABLE", &error)
            .advice("give a file that this program may read with --mail-password-file")
    })?;
    let password = password
        .map(Zeroizing::new)
        .map(|text| Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    let server = MailServer::parse(server).map_err(|error| refused(&error))?;
    Mailing::by_server(&server, password, from, portal).map(Some).map_err(|error| refused(&error))
}

fn refused(error: &MailingError) -> Failure {
    Failure::caused("MAIL_NOT_UNDERSTOOD", error)
        .advice("docs/notifications.md tells how mails are set up")
}
