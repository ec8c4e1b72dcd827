//! How much an order and a tab may hold.

use events::{Event, Money, OrderId};

use super::*;

#[test]
fn a_cancellation_names_the_first_thousand_orders_and_counts_all() {
    let story = a_cafe().times(1_003, &place_order(1, [(LATTE, 1)])).and(cancel_tab(1));
    let Event::TabCancelled(cancelled) = story.last_event() else { panic!("not a cancellation") };
    assert_eq!((cancelled.orders, cancelled.first_orders.len()), (1_003, TabCancelled::NAMED));
    assert_eq!(cancelled.first_orders.last(), Some(&OrderId(1_000)));
}

#[test]
fn a_line_holds_a_million_pieces() {
    let too_many = Rejection::TooLarge { field: Field::Quantity, limit: QUANTITY };
    let cheap = a_cafe().and(change_item(LATTE, "라떼", 1));
    cheap
        .clone()
        .and(place_order(1, [(LATTE, QUANTITY)]))
        .when(place_order(1, [(LATTE, 1)]))
        .then_rejected(too_many.clone())
        .when(update_cart(1, [(LATTE, QUANTITY), (LATTE, 1)]))
        .then_rejected(too_many.clone());
    cheap
        .when(place_order(1, [(LATTE, QUANTITY + 1)]))
        .then_rejected(too_many.clone())
        .when(place_order(1, [(LATTE, i64::MAX), (LATTE, i64::MAX)]))
        .then_rejected(too_many)
        .and(place_order(1, [(LATTE, 1)]))
        .when(update_cart(1, [(LATTE, -1)]))
        .then_rejected(Rejection::Negative { field: Field::Quantity });
}

#[test]
fn what_lies_there_at_two_prices_may_be_sent_as_it_is() {
    let story = a_cafe()
        .and(change_item(LATTE, "라떼", 1))
        .and(place_order(1, [(LATTE, QUANTITY)]))
        .and(change_item(LATTE, "라떼", 2))
        .and(place_order(1, [(LATTE, 3)]))
        .and(update_cart(1, [(LATTE, QUANTITY + 3)]));
    assert_eq!(story.on_table(1), [(LATTE, QUANTITY, 1), (LATTE, 3, 2)]);
}

#[test]
fn an_order_and_a_tab_hold_five_hundred_lines() {
    let too_many = Rejection::TooManyLines { limit: LINES };
    let all = LINES as i64 + 1;
    let menu = (4..=all).fold(a_cafe(), |story, n| story.and(add_item(COFFEE, &format!("음료 {n}"), 10)));
    let one_of_each = |items: std::ops::RangeInclusive<i64>| items.map(|n| (events::ItemId(n), 1)).collect::<Vec<_>>();
    let full = menu
        .when(place_order(1, one_of_each(1..=all)))
        .then_rejected(too_many.clone())
        .and(place_order(1, one_of_each(1..=all - 1)));
    full.clone()
        .when(place_order(1, one_of_each(all..=all)))
        .then_rejected(too_many.clone())
        .and(place_order(1, one_of_each(1..=1)));
    full.and(change_item(LATTE, "라떼", 11))
        .when(update_cart(1, one_of_each(1..=all - 1).into_iter().map(|(item, _)| (item, 2))))
        .then_rejected(too_many.clone())
        .when(update_cart(1, vec![(LATTE, 1); LINES + 1]))
        .then_rejected(too_many);
}

#[test]
fn a_tab_comes_to_at_most_its_limit_on_the_price_side_and_on_the_cost_side() {
    let limit = AMOUNT_MINOR_UNITS;
    let too_much = Rejection::TabTotalTooLarge { limit };
    let story = a_cafe().and(change_item(LATTE, "라떼", limit / 2)).and(place_order(1, [(LATTE, 2)]));
    assert_eq!(story.state.floor.open_tab(TABLE).unwrap().total.price, Money(limit));
    story
        .when(place_order(1, [(AMERICANO, 1)]))
        .then_rejected(too_much.clone())
        .when(update_cart(1, [(LATTE, 3)]))
        .then_rejected(too_much.clone())
        .when(place_order(2, [(LATTE, QUANTITY)]))
        .then_rejected(too_much.clone());
    let dear = a_cafe().and(set_costs([(SCONE, Some(limit))])).and(place_order(1, [(SCONE, 1)]));
    dear.when(place_order(1, [(SCONE, 1)]))
        .then_rejected(too_much.clone())
        .when(place_order(2, [(SCONE, QUANTITY)]))
        .then_rejected(too_much);
}

#[test]
fn sums_beyond_sixty_four_bits_are_refused_and_not_wrapped() {
    let limit = AMOUNT_MINOR_UNITS;
    let story = (4..=20).fold(a_cafe(), |story, n| story.and(add_item(COFFEE, &format!("금 {n}"), limit)));
    story
        .when(place_order(1, (4..=20).map(|n| (events::ItemId(n), QUANTITY))))
        .then_rejected(Rejection::TabTotalTooLarge { limit });
}
