//! Least privilege: who projects writes, who queries reads and no more.

use migrations::{PostgresOptions, SnapshotRows, Views, ViewsError};
use uuid::Uuid;

use crate::database::Database;
use crate::place::Place;
use crate::steps::{CATEGORIES, CATEGORY, add_category, built, categories, refused, row, switch};

const ROLES: &str = include_str!("../../../deploy/postgres/roles.sql");

/// A database with the two roles, as an administrator makes it.
async fn prepared() -> Place {
    let place = Place::postgres().await;
    place.database().execute(ROLES).await;
    // An administrator may do it again, when a release adds to it.
    place.database().execute(ROLES).await;
    place
}

fn options(database: &Database, role: &str) -> PostgresOptions {
    PostgresOptions::new(&database.url_as(role)).unwrap()
}

#[tokio::test]
async fn the_two_roles_suffice_for_everything_that_is_done() {
    let place = prepared().await;
    let projecting = Views::connect(options(place.database(), "salesync_projector")).await.unwrap();
    add_category(&mut projecting.writer().await.unwrap(), 1).await;
    let querying = Views::connect_read_only(options(place.database(), "salesync_query")).await.unwrap();
    assert_eq!(categories(&querying).await, [1]);
    let mut heard = querying.listen().await.unwrap();
    let mut writer = projecting.writer().await.unwrap();
    let mut tx = writer.begin().await.unwrap();
    tx.announce(3, 1042).await.unwrap();
    tx.commit().await.unwrap();
    let told = heard.next().await.unwrap();
    assert_eq!((told.generation, told.partition, told.next), (projecting.live_generation(), 3, 1042));
    drop(writer);
    switch(&projecting, built(&projecting, 2, 2).await).await;
    assert_eq!(categories(&querying).await, [2]);
    place.only_the_live_one_is_left(&projecting).await;
    let rows = SnapshotRows::connect(&options(place.database(), "salesync_projector")).await.unwrap();
    rows.save(0, b"state").await.unwrap();
}

#[tokio::test]
async fn who_queries_cannot_write() {
    let place = prepared().await;
    let projecting = Views::connect(options(place.database(), "salesync_projector")).await.unwrap();
    add_category(&mut projecting.writer().await.unwrap(), 1).await;
    // Whoever got hold of the reading role's password would not keep to what we call read-only.
    let bold = Views::connect(options(place.database(), "salesync_query")).await.unwrap();
    let denied = refused(&mut bold.writer().await.unwrap(), CATEGORY, &row(2)).await.to_string();
    assert!(denied.contains("permission denied for table categories"), "{denied}");
    assert!(bold.build(Uuid::from_u128(2)).await.is_err());
    let generation = format!("g_{}", projecting.live_generation().simple());
    for statement in [
        format!("DELETE FROM {generation}.categories"),
        format!("INSERT INTO {generation}.categories VALUES ('{}', 9, 'x')", Uuid::nil()),
        format!("UPDATE {generation}.checkpoints SET next = 0"),
        "UPDATE salesync.live SET flips = 0".to_owned(),
        format!("DROP SCHEMA {generation} CASCADE"),
        "CREATE SCHEMA mine".to_owned(),
        "SELECT * FROM salesync_writers.snapshots".to_owned(),
    ] {
        let told = attempted(place.database(), "salesync_query", &statement).await;
        assert!(told.contains("permission denied") || told.contains("must be owner"), "{statement}: {told}");
    }
    assert_eq!(categories(&projecting).await, [1]);
}

/// What the server says to a statement of a role; it has to refuse.
async fn attempted(database: &Database, role: &str, statement: &str) -> String {
    let config: tokio_postgres::Config = database.url_as(role).parse().unwrap();
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    let driven = tokio::spawn(connection);
    let refused = client.batch_execute(statement).await.err();
    driven.abort();
    let refused = refused.unwrap_or_else(|| panic!("{role} may {statement}"));
    refused.as_db_error().unwrap().message().to_owned()
}

#[tokio::test]
async fn a_snapshot_cannot_write_whatever_its_role() {
    let place = Place::postgres().await;
    let views = place.open().await;
    let mut snapshot = views.snapshot().await.unwrap();
    let refused = snapshot.fetch(CATEGORY, &row(1)).await.err().unwrap();
    assert!(matches!(refused, ViewsError::Unavailable(_)), "{refused}");
    drop(snapshot);
    assert!(views.snapshot().await.unwrap().fetch(CATEGORIES, &[]).await.unwrap().is_empty());
}
