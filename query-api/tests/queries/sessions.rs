//! Which tokens are good, as the `stores` view tells it.

use std::sync::Arc;

use events::{Position, StoreId};
use query_api::{SessionTable, UNSEEN_STORE_SECONDS};
use web::{Access, Claims, Sessions as _};

use crate::fixture::Fixture;
use crate::on_both_engines;
use crate::place::Place;
use crate::rows;

on_both_engines!(
    a_changed_password_ends_every_token_but_the_one_that_changed_it,
    a_closed_stores_tokens_are_over,
    what_is_known_of_a_store_is_asked_once_and_again_after_it_was_taken_back,
    a_store_that_is_not_in_the_view_counts_as_open_for_a_minute,
    an_old_token_is_neither_good_nor_bad_until_the_view_has_caught_up,
);

fn claims(fixture: &Fixture, store: StoreId, cv: u32) -> Claims {
    fixture.tokens.verify(&fixture.tokens.mint(store, cv)).unwrap()
}

async fn a_changed_password_ends_every_token_but_the_one_that_changed_it(place: Place) {
    let fixture = Fixture::new(place).await;
    let store = fixture.store("demostore").await;
    let (spared, ended) = (claims(&fixture, store, 0), claims(&fixture, store, 0));
    let sessions = &fixture.sessions;
    assert_eq!((sessions.access(&spared).await, sessions.access(&ended).await), (Access::Granted, Access::Granted));
    fixture.commit(store, &["stores"], vec![rows::password_changed(store, 1, Some(spared.jti))]).await;
    sessions.invalidate(&[store]);
    assert_eq!((sessions.access(&spared).await, sessions.access(&ended).await), (Access::Granted, Access::Revoked));
    assert_eq!(sessions.access(&claims(&fixture, store, 1)).await, Access::Granted);
    fixture.commit(store, &["stores"], vec![rows::password_changed(store, 2, None)]).await;
    sessions.invalidate(&[store]);
    assert_eq!(sessions.access(&spared).await, Access::Revoked, "the second change spared another");
}

async fn a_closed_stores_tokens_are_over(place: Place) {
    let fixture = Fixture::new(place).await;
    let store = fixture.store("demostore").await;
    let token = claims(&fixture, store, 0);
    assert_eq!(fixture.sessions.access(&token).await, Access::Granted);
    fixture.commit(store, &["stores"], vec![rows::closed(store)]).await;
    fixture.sessions.invalidate(&[store]);
    assert_eq!(fixture.sessions.access(&token).await, Access::Revoked);
}

async fn what_is_known_of_a_store_is_asked_once_and_again_after_it_was_taken_back(place: Place) {
    let fixture = Fixture::new(place).await;
    let (store, other) = (fixture.store("demostore").await, fixture.store("otherstore").await);
    let (token, others) = (claims(&fixture, store, 0), claims(&fixture, other, 0));
    fixture.sessions.access(&token).await;
    fixture.sessions.access(&others).await;
    fixture.commit(store, &["stores"], vec![rows::closed(store), rows::closed(other)]).await;
    assert_eq!(fixture.sessions.access(&token).await, Access::Granted, "nobody has taken it back yet");
    fixture.sessions.invalidate(&[store]);
    assert_eq!(fixture.sessions.access(&token).await, Access::Revoked);
    assert_eq!(fixture.sessions.access(&others).await, Access::Granted, "the neighbour's stays at hand");
}

async fn a_store_that_is_not_in_the_view_counts_as_open_for_a_minute(place: Place) {
    let fixture = Fixture::new(place).await;
    fixture.store("demostore").await;
    let fresh = claims(&fixture, StoreId::of_username("fresh"), 0);
    assert_eq!(fixture.sessions.access(&fresh).await, Access::Granted);
    fixture.clock.forward(UNSEEN_STORE_SECONDS);
    assert_eq!(fixture.sessions.access(&fresh).await, Access::Granted);
    fixture.clock.forward(1);
    assert_eq!(fixture.sessions.access(&fresh).await, Access::Revoked, "the view is complete: there is no such store");
}

async fn an_old_token_is_neither_good_nor_bad_until_the_view_has_caught_up(place: Place) {
    let fixture = Fixture::new(place).await;
    let end_at_start = Position(3);
    let sessions = Arc::new(SessionTable::new(fixture.views.clone(), fixture.clock.clone(), vec![end_at_start]));
    let late = StoreId::of_username("latestore");
    let token = claims(&fixture, late, 0);
    fixture.clock.forward(UNSEEN_STORE_SECONDS + 1);
    assert_eq!(sessions.access(&token).await, Access::Unsure, "nothing is in the view yet");
    fixture.store("demostore").await;
    fixture.store("otherstore").await;
    assert_eq!(sessions.access(&token).await, Access::Unsure);
    fixture.store("latestore").await;
    assert_eq!(sessions.access(&token).await, Access::Granted);
    assert_eq!(sessions.access(&claims(&fixture, StoreId::of_username("nobody"), 0)).await, Access::Granted);
    let nobody = claims(&fixture, StoreId::of_username("nobody"), 0);
    fixture.clock.forward(UNSEEN_STORE_SECONDS + 1);
    assert_eq!(sessions.access(&nobody).await, Access::Revoked);
}
