//! Positions, tags, and finished answers: what is new is seen, what is not new costs nothing.

use std::sync::atomic::Ordering;

use events::StoreId;
use migrations::Value;

use crate::fixture::{Answer, Fixture, PROJECTIONS};
use crate::on_both_engines;
use crate::place::Place;
use crate::rows;

on_both_engines!(
    an_answer_states_its_position_and_how_it_may_be_kept,
    while_nothing_is_new_the_answer_comes_from_memory,
    what_a_neighbour_does_changes_neither_answer_nor_tag_but_the_position,
    what_the_store_does_is_in_the_next_answer,
    who_has_the_answer_already_gets_304,
    a_tag_is_good_for_its_question_and_its_store_alone,
    a_tag_from_ahead_waits_no_further_than_the_log_goes,
    an_answer_waits_until_it_is_as_new_as_asked,
    a_position_is_waited_for_also_while_nobody_knows_which_log_this_is,
    an_answer_that_does_not_become_as_new_as_asked_is_refused_and_says_when_to_ask_again,
    a_position_of_another_log_or_partition_is_not_waited_for,
    a_projection_that_stopped_is_not_passed_off_as_new,
    a_client_that_saw_a_moment_is_never_answered_from_before_it,
    without_word_of_the_views_they_are_asked_each_time,
    what_was_answered_before_the_log_was_known_is_not_kept_without_its_position,
    another_generation_is_read_anew_under_another_tag,
);

const VOLUMES: &str = "/dashboard/volumes?start=2026-11-20&end=2026-11-20";

async fn cafe(place: Place) -> (Fixture, StoreId) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    fixture.event(cafe, &["days"], vec![rows::day(cafe, "2026-11-20", [5000, 0, 0, 0, 0, 0])]).await;
    (fixture, cafe)
}

fn booked(cafe: StoreId, total: i64) -> (&'static str, Vec<Value>) {
    ("UPDATE days SET sales_volume = $1 WHERE store_id = $2", vec![total.into(), cafe.0.into()])
}

#[track_caller]
fn sold(answer: &Answer) -> i64 {
    answer.json(200)["total"][0]["sales_volume"].as_i64().unwrap()
}

async fn an_answer_states_its_position_and_how_it_may_be_kept(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let answer = fixture.get(cafe, VOLUMES).await;
    assert_eq!(answer.header("salesync-position"), "5f3a90c1-0-1");
    assert_eq!((answer.header("cache-control"), answer.header("vary")), ("private, no-cache", "authorization"));
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.header("etag").starts_with("\"1-"), "{}", answer.header("etag"));
}

async fn while_nothing_is_new_the_answer_comes_from_memory(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let first = fixture.get(cafe, VOLUMES).await;
    // Rows that no event changed: whoever asked the views would see them.
    fixture.tamper(booked(cafe, 1).0, booked(cafe, 1).1).await;
    let second = fixture.get(cafe, VOLUMES).await;
    assert_eq!((&first.body, first.header("etag")), (&second.body, second.header("etag")));
    assert_eq!(sold(&second), 5000);
}

async fn what_a_neighbour_does_changes_neither_answer_nor_tag_but_the_position(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let first = fixture.get(cafe, VOLUMES).await;
    fixture.tamper(booked(cafe, 1).0, booked(cafe, 1).1).await;
    let neighbour = fixture.store("neighbour").await;
    fixture.event(neighbour, &["days"], vec![rows::day(neighbour, "2026-11-20", [7, 0, 0, 0, 0, 0])]).await;
    let second = fixture.get(cafe, VOLUMES).await;
    assert_eq!((&first.body, first.header("etag")), (&second.body, second.header("etag")), "no row was read");
    assert_eq!(
        (first.header("salesync-position"), second.header("salesync-position")),
        ("5f3a90c1-0-1", "5f3a90c1-0-3")
    );
    // The same answer is good without asking the views from here on.
    let third = fixture.get(cafe, VOLUMES).await;
    assert_eq!((&second.body, second.header("salesync-position")), (&third.body, third.header("salesync-position")));
}

async fn what_the_store_does_is_in_the_next_answer(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let first = fixture.get(cafe, VOLUMES).await;
    fixture.event(cafe, &["days"], vec![booked(cafe, 9000)]).await;
    let second = fixture.get(cafe, VOLUMES).await;
    assert_eq!((sold(&first), sold(&second)), (5000, 9000));
    assert_ne!(first.header("etag"), second.header("etag"));
    // An event of the store that is not of this projection leaves it.
    fixture.event(cafe, &["tables"], vec![]).await;
    assert_eq!(fixture.get(cafe, VOLUMES).await.header("etag"), second.header("etag"));
}

async fn who_has_the_answer_already_gets_304(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let first = fixture.get(cafe, VOLUMES).await;
    let tag = first.header("etag").to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let answer = fixture.get_with(cafe, VOLUMES, &[("if-none-match", &known)]).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{known}");
        assert_eq!((answer.header("etag"), answer.header("salesync-position")), (tag.as_str(), "5f3a90c1-0-1"));
        assert_eq!((answer.header("cache-control"), answer.header("vary")), ("private, no-cache", "authorization"));
    }
    fixture.event(cafe, &["days"], vec![booked(cafe, 9000)]).await;
    assert_eq!(sold(&fixture.get_with(cafe, VOLUMES, &[("if-none-match", &tag)]).await), 9000);
}

async fn a_tag_is_good_for_its_question_and_its_store_alone(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let neighbour = fixture.store("neighbour").await;
    let tag = fixture.get(cafe, VOLUMES).await.header("etag").to_owned();
    let headers = [("if-none-match", tag.as_str())];
    let other = "/dashboard/volumes?start=2026-11-19&end=2026-11-20";
    assert_eq!(fixture.get_with(cafe, other, &headers).await.status, 200);
    assert_eq!(fixture.get_with(cafe, "/sales/daily?date=2026-11-20", &headers).await.status, 200);
    assert_eq!(fixture.get_with(neighbour, VOLUMES, &headers).await.status, 200);
    for nonsense in ["", "\"", "\"99999999999999999999-x\"", "\"18446744073709551615-00\"", "x", "\"1-\""] {
        assert_eq!(fixture.get_with(cafe, VOLUMES, &[("if-none-match", nonsense)]).await.status, 200, "{nonsense}");
    }
}

async fn a_tag_from_ahead_waits_no_further_than_the_log_goes(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let tag = fixture.get(cafe, VOLUMES).await.header("etag").replace("\"1-", "\"9007199254740991-");
    // The log ends where the views stand, so there is nothing to wait for.
    assert_eq!(fixture.get_with(cafe, VOLUMES, &[("if-none-match", &tag)]).await.status, 200);
}

async fn an_answer_waits_until_it_is_as_new_as_asked(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    fixture.get(cafe, VOLUMES).await;
    let position = fixture.commit(cafe, &["days"], vec![booked(cafe, 9000)]).await;
    let path = format!("{VOLUMES}&after=5f3a90c1-0-{position}");
    let mut asked = Box::pin(fixture.get(cafe, &path));
    assert!(futures::poll!(&mut asked).is_pending(), "nobody has said yet that it is visible");
    fixture.announce(position);
    assert_eq!(sold(&asked.await), 9000);
}

async fn a_position_is_waited_for_also_while_nobody_knows_which_log_this_is(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    fixture.word.knows_the_log.send_replace(false);
    let position = fixture.commit(cafe, &["days"], vec![booked(cafe, 9000)]).await;
    let path = format!("{VOLUMES}&after=5f3a90c1-0-{position}");
    let mut asked = Box::pin(fixture.get(cafe, &path));
    assert!(futures::poll!(&mut asked).is_pending(), "the position may be this log's");
    fixture.announce(position);
    assert!(futures::poll!(&mut asked).is_pending(), "nobody knows yet that it is");
    fixture.word.knows_the_log.send_replace(true);
    let answer = asked.await;
    assert_eq!((sold(&answer), answer.header("salesync-position")), (9000, format!("5f3a90c1-0-{position}").as_str()));
    fixture.word.knows_the_log.send_replace(false);
    fixture.word.patient.store(false, Ordering::Relaxed);
    assert_eq!(fixture.get(cafe, &path).await.status, 503);
    assert_eq!(fixture.get(cafe, VOLUMES).await.status, 200, "who asks for no position is never refused");
}

async fn an_answer_that_does_not_become_as_new_as_asked_is_refused_and_says_when_to_ask_again(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    fixture.word.patient.store(false, Ordering::Relaxed);
    for path in [format!("{VOLUMES}&after=5f3a90c1-0-2"), "/sales/?after=5f3a90c1-0-1,5f3a90c1-0-2".to_owned()] {
        let refused = fixture.get(cafe, &path).await;
        let problem = refused.json(503);
        assert_eq!((problem["outcome"].as_str(), refused.header("retry-after")), (Some("not_applied"), "1"), "{path}");
    }
    assert_eq!(fixture.get(cafe, &format!("{VOLUMES}&after=5f3a90c1-0-1")).await.status, 200);
}

async fn a_position_of_another_log_or_partition_is_not_waited_for(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    for after in ["", "00000000-0-999999", "5f3a90c1-7-999999", "5f3a90c1-0-0", "5f3a90c1-0-1,00000000-0-5", ","] {
        assert_eq!(fixture.get(cafe, &format!("{VOLUMES}&after={after}")).await.status, 200, "{after}");
        assert_eq!(fixture.get(cafe, &format!("/sales/?after={after}")).await.status, 200, "{after}");
    }
    for nonsense in ["x", "5f3a90c1-0", "5f3a90c1-0-1-1", "5f3a90c1-0--1", "5f3a90c1-0-99999999999999999999999"] {
        let refused = fixture.get(cafe, &format!("{VOLUMES}&after={nonsense}")).await;
        assert_eq!(refused.json(422)["field"], "after", "{nonsense}");
    }
}

async fn a_projection_that_stopped_is_not_passed_off_as_new(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    fixture.get(cafe, VOLUMES).await;
    let position = fixture.commit(cafe, &["sales"], vec![]).await;
    let stopped = "UPDATE checkpoints SET next = next - 1 WHERE projection = $1";
    fixture.tamper(stopped, vec!["days".into()]).await;
    fixture.announce(position);
    let refused = fixture.get(cafe, &format!("{VOLUMES}&after=5f3a90c1-0-{position}")).await;
    assert_eq!(refused.json(503)["outcome"], "not_applied");
    assert_eq!(refused.header("retry-after"), "1");
    let list = fixture.get(cafe, &format!("/sales/?after=5f3a90c1-0-{position}")).await;
    assert_eq!(list.status, 200, "this one goes on");
    let unasked = fixture.get(cafe, VOLUMES).await;
    assert_eq!((sold(&unasked), unasked.header("salesync-position")), (5000, "5f3a90c1-0-1"), "never 503 unasked");
}

async fn a_client_that_saw_a_moment_is_never_answered_from_before_it(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let before = fixture.get(cafe, VOLUMES).await;
    // Visible in the views, but nobody has said so yet.
    fixture.commit(cafe, &["days"], vec![booked(cafe, 9000)]).await;
    let ahead = fixture.get(cafe, "/sales/daily?date=2026-11-20").await;
    assert_eq!(ahead.header("salesync-position"), "5f3a90c1-0-2");
    let after = fixture.get(cafe, VOLUMES).await;
    assert_eq!((sold(&before), sold(&after)), (5000, 9000));
    assert_eq!(after.header("salesync-position"), "5f3a90c1-0-2");
}

async fn without_word_of_the_views_they_are_asked_each_time(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    fixture.get(cafe, VOLUMES).await;
    fixture.word.present.send_modify(|present| present.sure = false);
    fixture.commit(cafe, &["days"], vec![booked(cafe, 9000)]).await;
    assert_eq!(sold(&fixture.get(cafe, VOLUMES).await), 9000);
}

async fn what_was_answered_before_the_log_was_known_is_not_kept_without_its_position(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    fixture.word.knows_the_log.send_replace(false);
    let before = fixture.get(cafe, VOLUMES).await;
    assert_eq!((sold(&before), before.headers.get("salesync-position")), (5000, None));
    fixture.word.knows_the_log.send_replace(true);
    let after = fixture.get(cafe, VOLUMES).await;
    assert_eq!(after.header("salesync-position"), "5f3a90c1-0-1");
    assert_ne!(before.header("etag"), after.header("etag"));
}

async fn another_generation_is_read_anew_under_another_tag(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let first = fixture.get(cafe, VOLUMES).await;
    let id = uuid::Uuid::from_u128(0x77);
    let mut new = fixture.views.build(id).await.unwrap();
    let mut tx = new.begin().await.unwrap();
    let (sql, params) = rows::store(cafe, "demostore", "no hash");
    tx.execute(sql, &params).await.unwrap();
    let (sql, params) = rows::day(cafe, "2026-11-20", [6000, 0, 0, 0, 0, 0]);
    tx.execute(sql, &params).await.unwrap();
    for projection in PROJECTIONS {
        let checkpoint =
            "INSERT INTO checkpoints (projection, partition, next, cursor, counted) VALUES ($1, 0, 2, '{}', 0)";
        tx.execute(checkpoint, &[projection.into()]).await.unwrap();
    }
    let position = "INSERT INTO positions (projection, store_id, position) VALUES ('days', $1, 1)";
    tx.execute(position, &[cafe.0.into()]).await.unwrap();
    tx.commit().await.unwrap();
    new.finish().await.unwrap();
    let hold = fixture.views.hold().await.unwrap();
    fixture.views.switch(new, hold).await.unwrap();
    fixture.announce(events::Position(1));
    let second = fixture.get_with(cafe, VOLUMES, &[("if-none-match", first.header("etag"))]).await;
    assert_eq!((sold(&first), sold(&second)), (5000, 6000), "the generations differ, so it shows which one was read");
    assert_ne!(first.header("etag"), second.header("etag"));
    assert_eq!(first.header("salesync-position"), second.header("salesync-position"));
}
