//! Listening for announcements: NOTIFY from whoever projects, on a connection of its own.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, NoTls};

use super::connecting::{Purpose, config};
use super::store::Store;
use crate::announcements::Announcement;
use crate::error::ViewsError;

/// How many announcements wait to be taken; what comes beyond waits in the connection.
const WAITING: usize = 1_024;

/// A connection that listens.
pub(crate) struct Listening {
    heard: mpsc::Receiver<Result<Announcement, ViewsError>>,
    /// Closing it ends the listening.
    #[expect(dead_code, reason = "kept open")]
    client: Client,
    driven: JoinHandle<()>,
}

impl Listening {
    pub(crate) async fn begin(store: &Arc<Store>) -> Result<Self, ViewsError> {
        let (client, mut connection) = config(&store.options, Purpose::Reading).connect(NoTls).await?;
        let (tell, heard) = mpsc::channel(WAITING);
        let driven = tokio::spawn(async move {
            loop {
                let told = match std::future::poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(notice))) => parsed(notice.payload()).map(Ok),
                    Some(Ok(_)) => None,
                    Some(Err(error)) => Some(Err(error.into())),
                    None => return,
                };
                if let Some(told) = told
                    && tell.send(told).await.is_err()
                {
                    return;
                }
            }
        });
        client.batch_execute("LISTEN salesync").await?;
        Ok(Self { heard, client, driven })
    }

    pub(crate) async fn next(&mut self) -> Result<Announcement, ViewsError> {
        let gone = || ViewsError::Unavailable("the connection that listened is closed".to_owned());
        self.heard.recv().await.ok_or_else(gone)?
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.driven.abort();
    }
}

/// Anybody on the database may notify: what is no announcement is none.
fn parsed(payload: &str) -> Option<Announcement> {
    let mut words = payload.split(' ');
    let (generation, partition, next) = (words.next()?, words.next()?, words.next()?);
    Some(Announcement {
        generation: generation.parse().ok()?,
        partition: partition.parse().ok()?,
        next: next.parse().ok()?,
    })
    .filter(|_| words.next().is_none())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::parsed;

    #[test]
    fn what_is_no_announcement_is_passed_over() {
        let id = "00000000-0000-0000-0000-000000000007";
        let told = parsed(&format!("{id} 3 1042")).unwrap();
        assert_eq!((told.generation.as_u128(), told.partition, told.next), (7, 3, 1042));
        for nonsense in ["", "x", &format!("{id} 3"), &format!("{id} -1 2"), &format!("{id} 3 4 5")] {
            assert!(parsed(nonsense).is_none(), "{nonsense}");
        }
    }
}
