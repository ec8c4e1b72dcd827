//! Cases: reading on from a stored place.

use bytes::Bytes;
use events::Position;

use super::Failure;
use super::scene::{HERE, Scene, equal, holds, texts};
use crate::cursor::{Cursor, CursorError};
use crate::port::LogError;
use crate::reading::Admitted;
use crate::record::{Kind, Record};

pub(super) async fn a_stored_cursor_resumes_in_the_middle_of_a_reign(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.claimed(1).await?;
    let batch = one.events(["a", "b", "c"]);
    one.send(batch).await?;
    resumes_everywhere(scene, &["a", "b", "c"]).await
}

pub(super) async fn a_stored_cursor_resumes_behind_a_void_claim(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.claimed(1).await?;
    let mut two = scene.claimed(2).await?;
    let mut late = scene.claimed(2).await?;
    let (void, also_void, counts) = (late.events(["late"]), one.events(["one"]), two.events(["two"]));
    late.send(void).await?;
    two.send(counts).await?;
    one.send(also_void).await?;
    let more = two.events(["two more"]);
    two.send(more).await?;
    resumes_everywhere(scene, &["two", "two more"]).await
}

pub(super) async fn a_log_that_was_cut_is_not_resumed(scene: &Scene<'_>) -> Result<(), Failure> {
    let cursor = long_gone(scene).await?;
    let shorter = Scene::new(scene.candidate).await?;
    shorter.claimed(1).await?;
    let opened = Admitted::open(&*shorter.log, HERE, cursor.clone()).await;
    let (Err(LogError::Cursor(CursorError::Cut { end, next })), 4) = (opened.map(|_| ()), cursor.next.0) else {
        return Err(Failure("a log that ends before the cursor was resumed".to_owned()));
    };
    equal("the end that was named", &end, &Position(1))?;
    equal("the place that was named", &next, &Position(4))
}

pub(super) async fn a_log_that_was_replaced_is_not_resumed(scene: &Scene<'_>) -> Result<(), Failure> {
    let cursor = long_gone(scene).await?;
    let other = Scene::new(scene.candidate).await?;
    let mut one = other.claimed(1).await?;
    let batch = one.events(["a", "b", "not c", "d"]);
    one.send(batch).await?;
    let opened = Admitted::open(&*other.log, HERE, cursor).await.map(|_| ());
    let replaced = matches!(opened, Err(LogError::Cursor(CursorError::Replaced { at: Position(3) })));
    holds("a log with another record before the cursor is not resumed", replaced)
}

pub(super) async fn an_unreadable_claim_stops_the_reader_there(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.claimed(1).await?;
    let batch = one.events(["a"]);
    one.send(batch).await?;
    let claim = Record { kind: Kind::Claim, writer: one.id, n: 0, key: String::new(), value: Bytes::from_static(b"{") };
    one.send(vec![claim]).await?;
    let mut reading = Admitted::open(&*scene.log, HERE, Cursor::default()).await?;
    let mut counted = Vec::new();
    let stopped = loop {
        match reading.next(10).await {
            Ok(more) => counted.extend(more),
            Err(error) => break error,
        }
    };
    equal("what counted before the unreadable record", &texts(&counted), &vec!["a".to_owned()])?;
    equal("where the reader stopped", &reading.cursor().next, &Position(2))?;
    holds("the error names the record", matches!(stopped, LogError::Unreadable { at: Position(2), .. }))
}

/// The cursor behind four records of a log.
async fn long_gone(scene: &Scene<'_>) -> Result<Cursor, Failure> {
    let mut one = scene.claimed(1).await?;
    let batch = one.events(["a", "b", "c"]);
    one.send(batch).await?;
    Ok(scene.fold(Cursor::default()).await?.0)
}

/// Whoever stops after any record and resumes from what was stored there ends where a single read ends.
async fn resumes_everywhere(scene: &Scene<'_>, expected: &[&str]) -> Result<(), Failure> {
    let end = scene.log.current_end(HERE).await?;
    let (whole, counted) = scene.fold(Cursor::default()).await?;
    equal("the events that count", &texts(&counted), &expected.iter().map(ToString::to_string).collect())?;
    for stop in (0..=end.0).map(Position) {
        let from = Cursor::default();
        let (stored, mut counted) = scene.candidate.fold(&*scene.log, HERE, from, stop).await?;
        let kept = serde_json::to_vec(&stored).map_err(|error| Failure(error.to_string()))?;
        let stored: Cursor = serde_json::from_slice(&kept).map_err(|error| Failure(error.to_string()))?;
        let (resumed, rest) = scene.fold(stored).await?;
        counted.extend(rest);
        let found = texts(&counted);
        equal("the events that count, resumed", &found, &expected.iter().map(ToString::to_string).collect())?;
        equal("the cursor at the end, resumed", &resumed, &whole)?;
    }
    Ok(())
}
