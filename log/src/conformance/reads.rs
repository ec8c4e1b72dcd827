//! Cases: how a provider's readers behave.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use events::Position;

use super::Failure;
use super::scene::{HERE, Scene, equal, holds, texts};
use crate::port::{Log, LogError, Reader};
use crate::record::Stored;

const LETTERS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

pub(super) async fn a_reader_sees_every_record_from_any_position(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    let batch = writer.events(LETTERS);
    writer.send(batch).await?;
    for log in [&scene.log, &scene.beside] {
        for from in 0..LETTERS.len() {
            for max in 1..=LETTERS.len() {
                let read = read(&**log, from, max, LETTERS.len() - from).await?;
                let positions: Vec<_> = read.iter().map(|stored| stored.position.0).collect();
                let expected: Vec<_> = (from as u64..LETTERS.len() as u64).collect();
                equal("the positions that were read", &positions, &expected)?;
                equal("what was read", &texts(&read), &LETTERS[from..].iter().map(ToString::to_string).collect())?;
            }
        }
    }
    Ok(())
}

pub(super) async fn a_reader_gives_no_more_than_asked_for(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    let batch = writer.events(LETTERS);
    writer.send(batch).await?;
    let mut reader = scene.log.reader(HERE, Position(0)).await?;
    let mut next = 0;
    for max in [1, 2, 3, 1] {
        let read = reader.next(max).await?;
        holds("a read gives at least one record and no more than asked for", (1..=max).contains(&read.len()))?;
        equal("the first position of a read", &read.first().map(|stored| stored.position), &Some(Position(next)))?;
        next += read.len() as u64;
    }
    Ok(())
}

pub(super) async fn a_reader_waits_at_the_end(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    let mut reader = scene.log.reader(HERE, Position(0)).await?;
    for text in LETTERS {
        let batch = writer.events([text]);
        let waiting = async { reader.next(10).await.map_err(Failure::from) };
        let (read, sent) = tokio::join!(biased; waiting, writer.send(batch));
        sent?;
        equal("what the waiting reader was given", &texts(&read?), &vec![text.to_owned()])?;
    }
    Ok(())
}

pub(super) async fn a_reader_beside_the_writer_sees_what_it_appends(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    let mut reader = scene.beside.reader(HERE, Position(0)).await?;
    for text in LETTERS {
        let batch = writer.events([text]);
        let waiting = async { reader.next(10).await.map_err(Failure::from) };
        let (read, sent) = tokio::join!(biased; waiting, writer.send(batch));
        sent?;
        equal("what the reader in another process was given", &texts(&read?), &vec![text.to_owned()])?;
    }
    Ok(())
}

pub(super) async fn a_read_that_is_dropped_has_consumed_nothing(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    let mut reader = scene.log.reader(HERE, Position(0)).await?;
    holds("a read of an empty log waits", begin_and_drop(&mut *reader).await.is_none())?;
    let mut found = Vec::new();
    for text in LETTERS {
        let batch = writer.events([text]);
        writer.send(batch).await?;
        // A read that ends at once was not dropped but done: it has consumed what it gave.
        for _ in 0..3 {
            if found.len() < usize::try_from(writer.n).unwrap_or(usize::MAX)
                && let Some(read) = begin_and_drop(&mut *reader).await
            {
                found.extend(read?);
            }
        }
    }
    while found.len() < LETTERS.len() {
        found.extend(reader.next(2).await?);
    }
    equal("everything that was read", &texts(&found), &LETTERS.map(ToOwned::to_owned).to_vec())
}

pub(super) async fn the_end_wakes_who_watches_it(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    let mut end = scene.log.end(HERE);
    for (next, text) in (1..).zip(LETTERS) {
        let batch = writer.events([text]);
        let watching = async { end.wait_for(|end| *end >= Position(next)).await.map(|end| *end) };
        let (seen, sent) = tokio::join!(biased; watching, writer.send(batch));
        sent?;
        equal("the end that the watch told", &seen.ok(), &Some(Position(next)))?;
    }
    Ok(())
}

/// Begins a read and drops it unless it is done at once.
async fn begin_and_drop(reader: &mut dyn Reader) -> Option<Result<Vec<Stored>, LogError>> {
    let mut read = pin!(reader.next(2));
    poll_fn(|context| match read.as_mut().poll(context) {
        Poll::Ready(read) => Poll::Ready(Some(read)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn read(log: &dyn Log, from: usize, max: usize, records: usize) -> Result<Vec<Stored>, Failure> {
    let mut reader = log.reader(HERE, Position(from as u64)).await?;
    let mut read = Vec::new();
    while read.len() < records {
        read.extend(reader.next(max).await?);
    }
    Ok(read)
}
