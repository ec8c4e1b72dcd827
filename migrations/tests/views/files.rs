//! What is SQLite's alone: files that are missing, damaged or left over.

use crate::place::Place;
use crate::steps::{add_category, categories};
use migrations::Views;
use uuid::Uuid;

#[tokio::test]
async fn leftovers_of_a_crash_are_removed_at_the_next_start() {
    let place = Place::sqlite();
    drop(place.open().await);
    let leftover = place.folder().join(format!("{}.db", Uuid::from_u128(9)));
    std::fs::write(&leftover, "half a file").unwrap();
    drop(place.open().await);
    assert!(!leftover.exists());
}

#[tokio::test]
async fn a_damaged_generation_is_found_at_start_and_folded_anew() {
    let place = Place::sqlite();
    let views = place.open().await;
    let damaged = views.live_generation();
    let mut writer = views.writer().await.unwrap();
    for id in 0..2_000 {
        add_category(&mut writer, id).await;
    }
    drop((views, writer));
    let file = place.folder().join(format!("{damaged}.db"));
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0xA5);
    std::fs::write(&file, bytes).unwrap();
    let views = place.open().await;
    assert_ne!(views.live_generation(), damaged);
    assert_eq!(categories(&views).await, Vec::<i64>::new());
    assert_eq!(place.generations(&views).await, 1);
}

#[tokio::test]
async fn a_missing_file_is_folded_anew_under_another_id() {
    let place = Place::sqlite();
    let first = place.open().await.live_generation();
    std::fs::remove_file(place.folder().join(format!("{first}.db"))).unwrap();
    assert_ne!(Views::open(&place.folder()).unwrap().live_generation(), first);
}
