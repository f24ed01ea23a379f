//! The two GraphQL doors: the customer portal and the vendor console, each with its own schema and
//! its own viewer. Knows nothing of tokens, listeners or files: the service builds the doors and
//! mounts them.

pub mod act;
pub mod answer;
pub mod api_token;
pub mod ask;
pub mod console;
pub mod documents;
pub mod door;
pub mod error;
pub mod gate;
pub mod guard;
pub mod history;
pub mod http;
pub mod identity;
pub mod limits;
pub mod negotiation;
pub mod notices;
pub mod page;
pub mod portal;
pub mod read;
pub mod refusal;
pub mod request_id;
pub mod scalars;
mod sdl;
pub mod tokens;
pub mod types;
pub mod vain;
pub mod watch;
pub mod ws;

pub use door::{Door, Gatekeeper, Pass};
pub use gate::Gate;
pub use limits::Limits;
