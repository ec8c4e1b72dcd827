//! Cases: what a writer is told of what it appended, and whether its reign goes on.

use events::Position;

use super::Failure;
use super::scene::{Scene, Seat, equal, holds, texts};
use super::tampering::Tamper;
use crate::cursor::Cursor;
use crate::port::AppendError;
use crate::reign::{Appended, Outcome};

const UNKNOWN: Outcome = Outcome::Unknown(AppendError::Unreachable);

pub(super) async fn an_append_in_place_counts(scene: &Scene<'_>) -> Result<(), Failure> {
    let (mut seat, mut cursor) = scene.reigning(1).await?;
    for first in [1, 4, 7] {
        let batch = seat.events(["a", "b", "c"]);
        let appended = scene.append(&mut seat, &cursor, batch).await;
        told(&appended, &[counted(first), counted(first + 1), counted(first + 2)], false)?;
        cursor = appended.cursor;
    }
    equal("the writer's cursor and a reader's", &cursor, &scene.fold(Cursor::default()).await?.0)
}

pub(super) async fn an_append_behind_anothers_claim_is_void(scene: &Scene<'_>) -> Result<(), Failure> {
    let (mut seat, cursor) = scene.reigning(1).await?;
    scene.claimed(2).await?;
    let batch = seat.events(["a", "b"]);
    let appended = scene.append(&mut seat, &cursor, batch).await;
    told(&appended, &[Outcome::Void, Outcome::Void], true)?;
    none_counts(scene).await
}

pub(super) async fn an_append_across_anothers_claim_is_kept_up_to_it(scene: &Scene<'_>) -> Result<(), Failure> {
    let one = scene.claimed(1).await?;
    let mut other = scene.writer().await?;
    let records = vec![other.claim(2, scene.home())];
    let mut seat = scene.seat(one.tampered(Tamper::Interrupt { before: 2, by: other, records }));
    let (cursor, _) = scene.fold(Cursor::default()).await?;
    let batch = seat.events(["a", "b", "c", "d"]);
    let appended = scene.append(&mut seat, &cursor, batch).await;
    told(&appended, &[counted(1), counted(2), Outcome::Void, Outcome::Void], true)?;
    equal("the events that count", &scene.events().await?, &vec!["a".to_owned(), "b".to_owned()])
}

pub(super) async fn an_append_among_void_records_counts_and_the_reign_goes_on(
    scene: &Scene<'_>,
) -> Result<(), Failure> {
    let mut deposed = scene.claimed(1).await?;
    let two = scene.claimed(2).await?;
    let records = deposed.events(["void", "also void"]);
    let mut seat = scene.seat(two.tampered(Tamper::Interrupt { before: 1, by: deposed, records }));
    let (cursor, _) = scene.fold(Cursor::default()).await?;
    let batch = seat.events(["a", "b"]);
    let appended = scene.append(&mut seat, &cursor, batch).await;
    told(&appended, &[counted(2), counted(5)], false)?;
    let batch = seat.events(["c"]);
    let appended = scene.append(&mut seat, &appended.cursor, batch).await;
    told(&appended, &[counted(6)], false)
}

pub(super) async fn an_append_with_a_double_counts_and_the_reign_goes_on(scene: &Scene<'_>) -> Result<(), Failure> {
    let one = scene.claimed(1).await?;
    let mut seat = scene.seat(one.tampered(Tamper::DoubleOne(1)));
    let (cursor, _) = scene.fold(Cursor::default()).await?;
    let batch = seat.events(["a", "b", "c"]);
    let appended = scene.append(&mut seat, &cursor, batch).await;
    told(&appended, &[counted(1), counted(2), counted(4)], false)?;
    equal("the writer's cursor and a reader's", &appended.cursor, &scene.fold(Cursor::default()).await?.0)
}

pub(super) async fn an_append_with_a_hole_counts_up_to_it_and_ends_the_reign(scene: &Scene<'_>) -> Result<(), Failure> {
    let one = scene.claimed(1).await?;
    let mut seat = scene.seat(one.tampered(Tamper::LoseOne(1)));
    let (cursor, _) = scene.fold(Cursor::default()).await?;
    let batch = seat.events(["a", "b", "c"]);
    let appended = scene.append(&mut seat, &cursor, batch).await;
    // Neither is void: the lost record may land yet, and then so does what was sent behind it, doubled.
    told(&appended, &[counted(1), UNKNOWN, UNKNOWN], true)
}

pub(super) async fn an_append_without_a_report_is_unknown_and_ends_the_reign(scene: &Scene<'_>) -> Result<(), Failure> {
    for (term, tamper) in [(1, Tamper::LoseReport), (2, Tamper::LoseAll)] {
        let (mut seat, cursor) = tampered(scene, term, tamper).await?;
        let batch = seat.events(["a", "b"]);
        let appended = scene.append(&mut seat, &cursor, batch).await;
        told(&appended, &[UNKNOWN, UNKNOWN], true)?;
    }
    Ok(())
}

pub(super) async fn an_unknown_append_is_resolved_by_an_own_later_claim(scene: &Scene<'_>) -> Result<(), Failure> {
    resolved(scene, Tamper::LoseReport, &["a", "b"]).await
}

pub(super) async fn a_lost_append_is_resolved_by_an_own_later_claim(scene: &Scene<'_>) -> Result<(), Failure> {
    resolved(scene, Tamper::LoseAll, &[]).await
}

pub(super) async fn an_append_reported_below_its_place_means_a_cut_log(scene: &Scene<'_>) -> Result<(), Failure> {
    let (mut seat, cursor) = tampered(scene, 1, Tamper::ReportLower).await?;
    let batch = seat.events(["a", "b"]);
    let appended = scene.append(&mut seat, &cursor, batch).await;
    told(&appended, &[UNKNOWN, UNKNOWN], true)?;
    holds("an append below its place is told as a cut log", appended.cut.is_some())
}

/// After an append of unknown outcome, what an own later claim finds is what stays, even if the old writer wakes up.
async fn resolved(scene: &Scene<'_>, tamper: Tamper, found: &[&str]) -> Result<(), Failure> {
    let (mut seat, cursor) = tampered(scene, 1, tamper).await?;
    let (batch, late) = (seat.events(["a", "b"]), seat.events(["late"]));
    let again = batch.clone();
    told(&scene.append(&mut seat, &cursor, batch).await, &[UNKNOWN, UNKNOWN], true)?;
    scene.claimed(2).await?;
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    equal("what counts of an unknown append", &scene.events().await?, &found)?;
    for batch in [again, late] {
        scene.append(&mut seat, &cursor, batch).await;
        equal("what counts of it later", &scene.events().await?, &found)?;
    }
    Ok(())
}

async fn tampered(scene: &Scene<'_>, term: u64, tamper: Tamper) -> Result<(Seat, Cursor), Failure> {
    let writer = scene.claimed(term).await?;
    let (cursor, _) = scene.fold(Cursor::default()).await?;
    Ok((scene.seat(writer.tampered(tamper)), cursor))
}

async fn none_counts(scene: &Scene<'_>) -> Result<(), Failure> {
    let (_, counted) = scene.fold(Cursor::default()).await?;
    equal("the events that count", &texts(&counted), &Vec::new())
}

fn told(appended: &Appended, outcomes: &[Outcome], over: bool) -> Result<(), Failure> {
    equal("the outcomes", appended.outcomes.as_slice(), outcomes)?;
    equal("whether the reign is over", &appended.over, &over)
}

fn counted(position: u64) -> Outcome {
    Outcome::Counted(Position(position))
}
