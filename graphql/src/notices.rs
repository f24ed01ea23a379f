//! The words with which somebody is told without asking, the same in the list of the portal and in mails: what is so, and what
//! to do. They hold nothing that anybody typed.

use schemas::notices::{Notice, Topic};

/// The version of these words. A change of what they say is a new version: each telling records which it was.
pub const WORDS_VERSION: u32 = 1;

/// What is so, in a few words.
#[must_use]
pub const fn title(notice: Notice) -> &'static str {
    match notice {
        Notice::PasswordSet => "Your password was changed",
        Notice::SecondFactorSet => "An authenticator was set up for your sign-in",
        Notice::SecondFactorRemoved => "Your sign-in no longer asks for a code",
        Notice::RecoveryCodeUsed => "One of your recovery codes was used",
        Notice::PasskeyAdded => "A passkey was added to your sign-in",
        Notice::PasskeyRemoved => "A passkey was removed from your sign-in",
        Notice::SignInEmailChanged => "You sign in with another e-mail address",
        Notice::IdentityLinked => "Your organization's sign-in was linked to you",
        Notice::IdentityUnlinked => "Your organization's sign-in is no longer linked to you",
        Notice::RoleChanged => "Your role was changed",
        Notice::RoleGranted => "You were given more rights",
        Notice::RoleEnded => "Rights that you were given have ended",
        Notice::ProgramTokenMade => "A token with which a program acts for you was made",
        Notice::SeatGiven => "You have a seat",
        Notice::SeatTaken => "You no longer have a seat",
        Notice::DeviceAdded => "A device was activated for you",
        Notice::LicenseEndsInAMonth => "A license ends within 30 days",
        Notice::LicenseEndsInAWeek => "A license ends within 7 days",
        Notice::LicenseEndsTomorrow => "A license ends within a day",
        Notice::LicenseSuspended => "A license was suspended",
        Notice::LicenseResumed => "A reason that suspended a license is gone",
        Notice::LicenseRenewed => "A license was renewed",
        Notice::LicenseSwitched => "A license was switched to another offering",
        Notice::LicenseRevoked => "A license was revoked",
    }
}

/// What it means, and what to do.
#[must_use]
pub const fn advice(notice: Notice) -> &'static str {
    match notice {
        Notice::PasswordSet => {
            "Everywhere else you are signed out. If you did not do this, tell an admin of your organization at once: the \
             admin can keep the account shut and give you a new link."
        }
        Notice::SecondFactorSet
        | Notice::SecondFactorRemoved
        | Notice::PasskeyAdded
        | Notice::PasskeyRemoved
        | Notice::IdentityLinked
        | Notice::IdentityUnlinked => {
            "If you did not do this, and nobody did it for you, change your password and tell an admin of your organization."
        }
        Notice::RecoveryCodeUsed => {
            "It is used up. If you did not do this, change your password and set up the authenticator anew."
        }
        Notice::SignInEmailChanged => {
            "An admin or the vendor changed it. If you did not ask for it, tell an admin of your organization."
        }
        Notice::RoleChanged | Notice::RoleGranted | Notice::RoleEnded => {
            "Your account shows what you may do now. If it is not as it should be, ask an admin of your organization."
        }
        Notice::ProgramTokenMade => {
            "It may do at most what you may. If you did not make it, revoke it on Your account and change your password."
        }
        Notice::SeatGiven => "You can use the product from now on.",
        Notice::SeatTaken => "If you still need it, ask an admin of your organization.",
        Notice::DeviceAdded => {
            "If it is none of yours, deactivate it, and tell an admin of your organization."
        }
        Notice::LicenseEndsInAMonth | Notice::LicenseEndsInAWeek | Notice::LicenseEndsTomorrow => {
            "To go on using it, have it renewed by whoever sold it to you."
        }
        Notice::LicenseSuspended => {
            "Nobody can use it for now. The page of the license says why and what to do."
        }
        Notice::LicenseResumed => {
            "It can be used again unless something else stops it: the page of the license tells."
        }
        Notice::LicenseRenewed => "It has a further term.",
        Notice::LicenseSwitched => "The page of the license shows what it gives now.",
        Notice::LicenseRevoked => {
            "It is stopped for good. If that is a mistake, ask whoever sold it to you."
        }
    }
}

/// What a topic is about.
#[must_use]
pub const fn topic_title(topic: Topic) -> &'static str {
    match topic {
        Topic::Credentials => "What you sign in with",
        Topic::Rights => "What you may do",
        Topic::Programs => "Programs that act for you",
        Topic::Seats => "Seats given to you or taken back",
        Topic::Devices => "Devices activated for you",
        Topic::LicenseEnds => "Licenses that end soon, for admins",
        Topic::LicenseChanges => {
            "Licenses suspended, resumed, renewed, switched or revoked, for admins"
        }
    }
}
