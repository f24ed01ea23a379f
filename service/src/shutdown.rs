//! When to stop: ctrl-c or SIGTERM, told to everything that serves. Knows nothing of what it stops.

use std::io;

use tokio::sync::watch;

/// Tells everybody who listens that it is time to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// Says that it is time to stop. Saying it again changes nothing.
    pub fn start(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is time to stop.
    #[must_use]
    pub fn is_started(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is time to stop.
    pub async fn started(&self) {
        let mut told = self.0.subscribe();
        // The sender lives in `self`, so that waiting ends only when it was said.
        let _ = told.wait_for(|stop| *stop).await;
    }

    /// Starts the shutdown at the first ctrl-c or SIGTERM.
    ///
    /// # Errors
    /// When the system does not let signals be listened to.
    pub fn on_signals(&self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let told = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => tracing::info!("stopping: SIGTERM"),
                _ = interrupt.recv() => tracing::info!("stopping: ctrl-c"),
                () = told.started() => {}
            }
            told.start();
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_is_told_also_who_asks_late() {
        let shutdown = Shutdown::default();
        let early = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.started().await }
        });
        assert!(!shutdown.is_started());
        shutdown.start();
        early.await.unwrap();
        shutdown.started().await;
        assert!(shutdown.is_started());
    }
}
