//! What is PostgreSQL's alone: writers beside each other, lost connections, announcements, what its errors say.

use std::sync::Arc;

use migrations::{PostgresOptions, SnapshotRows, Views, ViewsError};
use uuid::Uuid;

use crate::place::{Place, options};
use crate::steps::{CATEGORY, add_category, built, categories, checkpoint, refused, row, switch};

const MOVE: &str = "UPDATE checkpoints SET next = $1 WHERE projection = 'sales' AND partition = $2 AND next = $3";

#[tokio::test]
async fn writers_of_two_partitions_commit_beside_each_other() {
    let place = Place::postgres().await;
    let views = place.open().await;
    let (mut one, mut other) = (views.writer().await.unwrap(), views.writer().await.unwrap());
    checkpoint(&mut one, 0, 1).await;
    checkpoint(&mut other, 1, 1).await;
    let mut first = one.begin().await.unwrap();
    assert_eq!(first.execute(MOVE, &[2.into(), 0.into(), 1.into()]).await.unwrap(), 1);
    let mut second = other.begin().await.unwrap();
    assert_eq!(second.execute(MOVE, &[2.into(), 1.into(), 1.into()]).await.unwrap(), 1);
    second.commit().await.unwrap();
    first.commit().await.unwrap();
}

#[tokio::test]
async fn of_two_writers_of_one_partition_the_compare_and_set_lets_one_pass() {
    let place = Place::postgres().await;
    let views = place.open().await;
    let (mut one, mut other) = (views.writer().await.unwrap(), views.writer().await.unwrap());
    checkpoint(&mut one, 0, 1).await;
    let mut first = one.begin().await.unwrap();
    assert_eq!(first.execute(MOVE, &[2.into(), 0.into(), 1.into()]).await.unwrap(), 1);
    let mut second = other.begin().await.unwrap();
    let params = [2.into(), 0.into(), 1.into()];
    let (moved, committed) = tokio::join!(second.execute(MOVE, &params), first.commit());
    committed.unwrap();
    assert_eq!(moved.unwrap(), 0);
}

#[tokio::test]
async fn a_transaction_in_which_a_statement_failed_does_not_pass_for_committed() {
    let place = Place::postgres().await;
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    let mut tx = writer.begin().await.unwrap();
    tx.execute(CATEGORY, &row(1)).await.unwrap();
    assert!(tx.execute(CATEGORY, &row(1)).await.is_err());
    assert!(matches!(tx.commit().await, Err(ViewsError::Refused(_))));
    add_category(&mut writer, 2).await;
    assert_eq!(categories(&views).await, [2]);
}

#[tokio::test]
async fn an_error_names_code_and_constraint_and_no_value() {
    let place = Place::postgres().await;
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    add_category(&mut writer, 1).await;
    let secret = "01012345678";
    let twice = refused(&mut writer, CATEGORY, &row(1)).await.to_string();
    assert!(twice.contains("23505") && twice.contains("categories_pkey"), "{twice}");
    let cast = "INSERT INTO categories (store_id, category_id, name) VALUES ($1, CAST($2 AS BIGINT), $3)";
    let params = [Uuid::nil().into(), secret.into(), "x".into()];
    let kinds = refused(&mut writer, cast, &params).await;
    assert!(matches!(kinds, ViewsError::Refused(_)) && !kinds.to_string().contains(secret), "{kinds}");
    let cast = "INSERT INTO categories (store_id, category_id, name) VALUES ($1, CAST(CAST($2 AS TEXT) AS BIGINT), $3)";
    let malformed = refused(&mut writer, cast, &[Uuid::nil().into(), "010-1234-5678".into(), "x".into()]).await;
    assert!(matches!(malformed, ViewsError::Refused(_)), "{malformed}");
    assert!(malformed.to_string().contains("22P02") && !malformed.to_string().contains("010"), "{malformed}");
    let zero = refused(&mut writer, CATEGORY, &[Uuid::nil().into(), 5.into(), "a\0b".into()]).await;
    assert!(matches!(zero, ViewsError::Refused(_)) && !zero.to_string().contains("a\0b"), "{zero}");
}

#[tokio::test]
async fn connections_that_the_server_ends_are_replaced() {
    let place = Place::postgres().await;
    let views = place.open().await;
    let mut writer = views.writer().await.unwrap();
    add_category(&mut writer, 1).await;
    let mut looking = views.snapshot().await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'salesync' \
               AND datname = current_database()";
    place.database().execute(end).await;
    assert!(matches!(looking.fetch("SELECT 1", &[]).await, Err(ViewsError::Unavailable(_))));
    drop(looking);
    let lost = writer.begin().await.err().unwrap();
    assert!(lost.is_transient(), "{lost}");
    // The pool may still hold others that the server has ended; each is found out once.
    let found = loop {
        match views.snapshot().await {
            Ok(_) => break categories(&views).await,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    };
    assert_eq!(found, [1]);
    add_category(&mut views.writer().await.unwrap(), 2).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_passing_trouble_and_its_password_is_not_told() {
    let url = "postgres://salesync:hunter2@127.0.0.1:1/shop";
    let options = PostgresOptions::new(url).unwrap();
    assert_eq!(format!("{options:?}"), "PostgresOptions(127.0.0.1:1/shop)");
    let refused = Views::connect(options).await.err().unwrap();
    assert!(refused.is_transient() && !refused.to_string().contains("hunter2"), "{refused}");
    let malformed = PostgresOptions::new("postgres://salesync:hunter2@host:port/shop").unwrap_err();
    assert!(!malformed.to_string().contains("hunter2"), "{malformed}");
}

#[tokio::test]
async fn what_is_announced_is_heard_with_the_commit_and_not_without() {
    let place = Place::postgres().await;
    let views = place.open().await;
    let mut heard = views.listen().await.unwrap();
    let mut writer = views.writer().await.unwrap();
    let mut given_up = writer.begin().await.unwrap();
    given_up.announce(1, 7).await.unwrap();
    drop(given_up);
    place.database().execute("NOTIFY salesync, 'nonsense'").await;
    for next in 8..10 {
        let mut tx = writer.begin().await.unwrap();
        tx.announce(1, next).await.unwrap();
        tx.commit().await.unwrap();
        let told = heard.next().await.unwrap();
        assert_eq!((told.generation, told.partition, told.next), (views.live_generation(), 1, next));
    }
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'salesync' \
               AND datname = current_database()";
    place.database().execute(end).await;
    assert!(heard.next().await.err().unwrap().is_transient());
}

#[tokio::test]
async fn of_a_generation_under_a_reader_nothing_is_dropped_and_of_one_under_a_builder_neither() {
    let place = Place::postgres().await;
    let views = place.open().await;
    let mut old = views.snapshot().await.unwrap();
    switch(&views, built(&views, 2, 5).await).await;
    let building = views.build(Uuid::from_u128(3)).await.unwrap();
    assert_eq!(views.tidy().await.unwrap(), 2);
    // Another process that connects sweeps too.
    let other = place.open().await;
    assert_eq!(old.fetch("SELECT COUNT(*) FROM sales", &[]).await.unwrap()[0].int(0).unwrap(), 0);
    drop((old, building));
    place.only_the_live_one_is_left(&other).await;
}

#[tokio::test]
async fn two_programs_that_connect_at_once_make_one_generation() {
    let place = Place::postgres().await;
    let (one, other) = tokio::join!(place.open(), place.open());
    assert_eq!(one.live_generation(), other.live_generation());
    assert_eq!(place.generations(&one).await, 1);
}

#[tokio::test]
async fn tables_of_an_older_program_are_folded_anew_and_those_of_a_newer_one_are_left_alone() {
    let place = Place::postgres().await;
    let views = place.open().await;
    add_category(&mut views.writer().await.unwrap(), 1).await;
    let before = views.live_generation();
    place.database().execute("UPDATE salesync.live SET version = version + 1").await;
    let newer = Views::connect(options(place.database())).await.err().unwrap();
    assert!(newer.to_string().contains("newer program"), "{newer}");
    assert!(views.snapshot().await.is_err() && views.writer().await.is_err());
    place.database().execute("UPDATE salesync.live SET version = 0").await;
    let anew = place.open().await;
    assert_ne!(anew.live_generation(), before);
    assert_eq!(categories(&anew).await, Vec::<i64>::new());
}

#[tokio::test]
async fn a_writers_snapshot_is_loaded_as_it_was_saved_whole_or_not_at_all() {
    let place = Place::postgres().await;
    let rows = Arc::new(SnapshotRows::connect(&options(place.database())).await.unwrap());
    assert_eq!(rows.load(0).await.unwrap(), None);
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    rows.save(0, &large).await.unwrap();
    rows.save(1, b"other").await.unwrap();
    assert!(rows.load(0).await.unwrap().as_deref() == Some(large.as_slice()));
    rows.save(0, b"small").await.unwrap();
    assert_eq!(rows.load(0).await.unwrap().as_deref(), Some(b"small".as_slice()));
    assert_eq!(rows.load(1).await.unwrap().as_deref(), Some(b"other".as_slice()));
    let mut given_up = Box::pin(rows.save(1, &large));
    assert!(futures::poll!(&mut given_up).is_pending());
    drop(given_up);
    let again = SnapshotRows::connect(&options(place.database())).await.unwrap();
    assert_eq!(again.load(1).await.unwrap().as_deref(), Some(b"other".as_slice()));
}
