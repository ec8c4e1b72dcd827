//! How far the read models are, on an instance that others may project for: as those announce it through the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use events::{LogId, Partition, Position};
use log::Log;
use migrations::{Announcement, Views};
use tokio::sync::watch;
use tracing::warn;
use uuid::Uuid;
use web::{Freshness, Present};

/// Who projects says something at least every 300 ms; after so long without a word it may be late.
const SURE_FOR: Duration = Duration::from_secs(1);
/// The pause before the database is listened to again.
const LISTEN_PAUSE: Duration = Duration::from_millis(500);
/// The pause before it is looked again which log this is, where nobody wakes us.
const HOME_PAUSE: Duration = Duration::from_secs(1);

/// The last word on each partition.
pub struct Announced {
    log: watch::Sender<Option<LogId>>,
    words: Box<[watch::Sender<Word>]>,
    ends: Box<[watch::Receiver<Position>]>,
}

#[derive(Debug, Clone, Copy)]
struct Word {
    next: Position,
    generation: Uuid,
    heard: Option<Instant>,
}

impl Announced {
    /// Nothing is known yet, of any partition of this log.
    pub fn new(log: &dyn Log, views: &Views) -> Arc<Self> {
        let nothing = Word { next: Position(0), generation: views.live_generation(), heard: None };
        let partitions = || (0..log.partitions()).map(Partition);
        Arc::new(Self {
            log: watch::Sender::new(None),
            words: partitions().map(|_| watch::Sender::new(nothing)).collect(),
            ends: partitions().map(|partition| log.end(partition)).collect(),
        })
    }

    /// Listens for as long as the process lives.
    pub async fn listen(self: Arc<Self>, views: Views) {
        loop {
            match views.listen().await {
                Ok(mut announcements) => {
                    // What was said while nobody listened is lost: nothing is certain until the next word.
                    self.words.iter().for_each(|word| word.send_modify(|word| word.heard = None));
                    let error = loop {
                        match announcements.next().await {
                            Ok(announcement) => self.hear(&announcement),
                            Err(error) => break error,
                        }
                    };
                    warn!(%error, "the announcements of the read models ended, listening again");
                }
                Err(error) => warn!(%error, "the announcements of the read models cannot be heard, trying again"),
            }
            tokio::time::sleep(LISTEN_PAUSE).await;
        }
    }

    /// Finds out which log this is, as soon as somebody has claimed its first partition.
    pub async fn find_home(self: Arc<Self>, log: Arc<dyn Log>) {
        let mut end = log.end(Partition(0));
        loop {
            match log::home(log.as_ref()).await {
                Ok(Some(home)) => {
                    self.log.send_replace(Some(home.log));
                    return;
                }
                Ok(None) => {}
                Err(error) => warn!(%error, "it cannot be read which log this is, trying again"),
            }
            // Woken by the first record, or in a while.
            let _ = tokio::time::timeout(HOME_PAUSE, end.changed()).await;
        }
    }

    fn hear(&self, said: &Announcement) {
        let Some(word) = self.words.get(said.partition as usize) else { return };
        let next = Position(said.next.cast_unsigned());
        word.send_modify(|word| {
            // Of one generation the furthest holds: two that project may speak in turn.
            let next = if word.generation == said.generation { word.next.max(next) } else { next };
            *word = Word { next, generation: said.generation, heard: Some(Instant::now()) };
        });
    }

    fn word(&self, partition: Partition) -> Option<&watch::Sender<Word>> {
        self.words.get(partition.0 as usize)
    }
}

#[async_trait]
impl Freshness for Announced {
    fn log(&self) -> Option<LogId> {
        *self.log.borrow()
    }

    async fn known_log(&self, wait: Duration) -> Option<LogId> {
        let mut log = self.log.subscribe();
        let known = tokio::time::timeout(wait, log.wait_for(Option::is_some)).await;
        known.ok()?.ok().and_then(|log| *log)
    }

    fn partitions(&self) -> u32 {
        u32::try_from(self.words.len()).unwrap_or(u32::MAX)
    }

    fn present(&self, partition: Partition) -> Present {
        let word = self.word(partition).map(|word| *word.borrow());
        word.map_or(Present { next: Position(0), generation: Uuid::nil(), sure: false }, |word| Present {
            next: word.next,
            generation: word.generation,
            sure: word.heard.is_some_and(|heard| heard.elapsed() < SURE_FOR),
        })
    }

    fn end(&self, partition: Partition) -> Position {
        let end = self.ends.get(partition.0 as usize).map_or(Position(0), |end| *end.borrow());
        // The views are never ahead of the log, whatever this process has heard of its end.
        end.max(self.present(partition).next)
    }

    async fn reached(&self, partition: Partition, position: Position, wait: Duration) -> bool {
        let Some(word) = self.word(partition) else { return false };
        let mut word = word.subscribe();
        let shown = word.wait_for(|word| word.next > position);
        tokio::time::timeout(wait, shown).await.is_ok_and(|shown| shown.is_ok())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use log::{Claim, Home, MemoryLog, Record, WriterId};

    use super::*;

    fn announced() -> (Arc<Announced>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let views = Views::open(folder.path()).unwrap();
        (Announced::new(&MemoryLog::new(2), &views), folder)
    }

    fn said(generation: u128, partition: u32, next: i64) -> Announcement {
        Announcement { generation: Uuid::from_u128(generation), partition, next }
    }

    #[tokio::test]
    async fn what_nobody_has_spoken_of_is_not_sure() {
        let (announced, _folder) = announced();
        assert!(!announced.present(Partition(1)).sure);
        announced.hear(&said(1, 1, 7));
        let present = announced.present(Partition(1));
        assert_eq!((present.next, present.generation, present.sure), (Position(7), Uuid::from_u128(1), true));
        assert!(!announced.present(Partition(0)).sure, "the neighbour's word is its own");
    }

    #[tokio::test]
    async fn a_word_never_takes_a_partition_back_but_another_generation_may_be_behind() {
        let (announced, _folder) = announced();
        announced.hear(&said(1, 0, 9));
        announced.hear(&said(1, 0, 5));
        assert_eq!(announced.present(Partition(0)).next, Position(9));
        announced.hear(&said(2, 0, 8));
        assert_eq!(announced.present(Partition(0)).next, Position(8));
    }

    #[tokio::test]
    async fn who_waits_for_a_position_is_woken_by_the_word_of_it() {
        let (announced, _folder) = announced();
        let waiting = tokio::spawn({
            let announced = announced.clone();
            async move { announced.reached(Partition(0), Position(3), Duration::from_mins(1)).await }
        });
        announced.hear(&said(1, 0, 3));
        announced.hear(&said(1, 0, 4));
        assert!(waiting.await.unwrap());
        assert!(!announced.reached(Partition(9), Position(0), Duration::ZERO).await);
    }

    #[tokio::test]
    async fn who_asks_which_log_this_is_waits_until_its_first_claim_is_read() {
        let (announced, _folder) = announced();
        assert_eq!(announced.known_log(Duration::ZERO).await, None);
        let log: Arc<dyn Log> = Arc::new(MemoryLog::new(2));
        tokio::spawn(Arc::clone(&announced).find_home(Arc::clone(&log)));
        let waiting = tokio::spawn({
            let announced = Arc::clone(&announced);
            async move { announced.known_log(Duration::from_mins(1)).await }
        });
        let (writer, home) = (WriterId(Uuid::from_u128(1)), Home { log: LogId(Uuid::from_u128(7)), partitions: 2 });
        let claim = Record::claim(writer, &Claim { term: 1, home, sealed: false });
        log.reign(Partition(0), writer).await.unwrap().send(vec![claim]).await;
        assert_eq!(waiting.await.unwrap(), Some(home.log));
    }
}
