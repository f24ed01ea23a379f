//! `deedbook serve`.

use serde_json::json;

use super::arguments::{Listen, Serve};
use super::mailing::mailing;
use super::{Exit, Failure, output, password};
use crate::engine::Engine;
use crate::http::proxies::TrustedProxies;
use crate::http::{Addresses, Listeners};
use crate::shutdown::Shutdown;

/// Serves a ledger until it is told to stop.
///
/// # Errors
/// When the ledger cannot be opened or an address cannot be had.
pub async fn run(asked: &Serve) -> Result<Exit, Failure> {
    let shutdown = listen_for_signals()?;
    let engine = Engine::open(&asked.data.path, asked.data.sizes()).await?;
    let listeners = bind(&asked.listen)
        .await?
        .with_portal_introspection(asked.portal_introspection)
        .with_environment(asked.environment)
        .with_console_second_factor(asked.console_second_factor)
        .with_telling(mailing(&asked.mailing)?);
    let addresses = addresses(&listeners)?;
    if asked.json {
        output::json(&as_json(addresses))?;
    } else {
        let folder = asked.data.path.display();
        output::line(&format!("Serving the ledger in {folder}; ctrl-c stops it."))?;
        output::line(&format!("Customer portal  http://{}", addresses.portal))?;
        output::line(&format!("Vendor console   http://{}", addresses.console))?;
    }
    serve(engine, listeners, shutdown).await?;
    Ok(Exit::Done)
}

/// Starts to listen for ctrl-c and SIGTERM.
///
/// # Errors
/// When the system does not allow it.
pub fn listen_for_signals() -> Result<Shutdown, Failure> {
    let shutdown = Shutdown::default();
    shutdown.on_signals().map_err(|error| Failure::caused("NO_SIGNALS", &error))?;
    Ok(shutdown)
}

/// Takes the addresses.
///
/// # Errors
/// When one cannot be had.
pub async fn bind(listen: &Listen) -> Result<Listeners, Failure> {
    let wanted = Addresses { portal: listen.portal, console: listen.console };
    refuse_plain_http(listen)?;
    let breached = password::breached(&listen.breached)?;
    let bound = Listeners::bind(wanted).await.map_err(|error| {
        Failure::caused("ADDRESS_NOT_TAKEN", &error).advice(
            "stop what listens there, or choose others with --portal and --console (port 0: any)",
        )
    })?;
    Ok(bound
        .with_identity_providers(listen.identity_providers)
        .with_rates(listen.limits.into())
        .with_breached(breached)
        .with_plain_http(listen.allow_plain_http)
        .with_trusted_proxies(TrustedProxies::new(listen.trusted_proxies.clone())))
}

/// Passwords and sessions would be sent in the clear: nothing begins that is reached from elsewhere, unless a proxy in front of it
/// is named, or somebody says that it is meant.
fn refuse_plain_http(listen: &Listen) -> Result<(), Failure> {
    let sides = [("portal", listen.portal), ("console", listen.console)];
    let beyond = sides.into_iter().find(|(_, address)| !address.ip().is_loopback());
    match beyond {
        Some((side, address)) if listen.trusted_proxies.is_empty() && !listen.allow_plain_http => {
            let what = format!(
                "the {side} would answer in plain HTTP at `{address}`, where others can read passwords on their way"
            );
            Err(Failure::refused("PLAIN_HTTP_REFUSED", what).advice(
                "listen on 127.0.0.1 behind a proxy with TLS and name it with --trusted-proxy, as docs/operate.md tells; \
                 or say --allow-plain-http where nobody can listen in, as between containers of one machine",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// The addresses that were taken.
///
/// # Errors
/// When the system does not tell.
pub fn addresses(listeners: &Listeners) -> Result<Addresses, Failure> {
    listeners.addresses().map_err(|error| Failure::caused("ADDRESS_UNKNOWN", &error))
}

/// The addresses for scripts.
#[must_use]
pub fn as_json(addresses: Addresses) -> serde_json::Value {
    let Addresses { portal, console } = addresses;
    json!({
        "portal": format!("http://{portal}"),
        "console": format!("http://{console}"),
        "portalGraphql": format!("http://{portal}/graphql"),
        "consoleGraphql": format!("http://{console}/graphql"),
    })
}

/// Serves until it is time to stop, then closes the ledger.
///
/// # Errors
/// When a listener breaks.
pub async fn serve(
    engine: Engine,
    listeners: Listeners,
    shutdown: Shutdown,
) -> Result<(), Failure> {
    let served = listeners.serve(engine.clone(), shutdown).await;
    engine.close().await;
    served.map_err(|error| Failure::caused("LISTENER_BROKE", &error))
}
