//! How people are told by mail.

use std::path::PathBuf;

use clap::Args;

/// How people are told by mail. Without a server, or without the portal's address, they are told in the portal only.
#[derive(Debug, Clone, Args)]
pub struct Mailing {
    /// Where people find the portal, as they type it: links in mails lead there.
    #[arg(long, value_name = "URL", env = "DEEDBOOK_PORTAL_URL")]
    pub portal_url: Option<String>,
    /// The mail server that takes mails, such as smtp://USER@HOST:587 (encrypted before anything is said, except on this machine)
    /// or smtps://USER@HOST (encrypted from the start). In the user's name, %40 stands for @.
    #[arg(long, value_name = "URL", env = "DEEDBOOK_MAIL_SERVER")]
    pub mail_server: Option<String>,
    /// Who mails are from, such as `Acme <licenses@acme.example>`.
    #[arg(long, value_name = "SENDER", env = "DEEDBOOK_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// A file that holds the password of the server's user, and nothing else.
    #[arg(long, value_name = "FILE", env = "DEEDBOOK_MAIL_PASSWORD_FILE")]
    pub mail_password_file: Option<PathBuf>,
}
