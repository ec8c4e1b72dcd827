//! What happens on the tables, as it is told in the trade.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use events::{CartUpdated, Event, OrderId, OrderPlaced, TabCancelled, TabNo, TableNo};

use crate::limits::{AMOUNT_MINOR_UNITS, LINES, QUANTITY, TABLE_NO};
use crate::tests::*;
use crate::{Already, Field, Rejection};

mod limits;

const TABLE: TableNo = TableNo(1);

#[test]
fn an_order_is_booked_at_the_prices_and_costs_of_its_moment() {
    a_cafe().when(place_order(1, [(LATTE, 2), (AMERICANO, 1)])).then(OrderPlaced {
        order_id: OrderId(1),
        table_no: TABLE,
        tab: TabNo(1),
        business_date: date("2026-11-20"),
        lines: vec![line(LATTE, "라떼", 2, 5_500, None), line(AMERICANO, "아메리카노", 1, 4_500, Some(900))],
        total: events::Money(15_500),
    });
}

#[test]
fn a_second_order_goes_on_the_same_tab_and_equal_lines_are_one() {
    let story = a_cafe()
        .and(place_order(1, [(LATTE, 1)]))
        .and(change_item(LATTE, "라떼", 6_000))
        .and(place_order(1, [(LATTE, 1), (SCONE, 1)]))
        .and(change_item(LATTE, "라떼", 5_500))
        .and(place_order(1, [(LATTE, 3)]));
    let Event::OrderPlaced(third) = story.last_event() else { panic!("not an order") };
    assert_eq!((third.order_id, third.tab), (OrderId(3), TabNo(1)));
    assert_eq!(story.on_table(1), [(LATTE, 4, 5_500), (LATTE, 1, 6_000), (SCONE, 1, 3_800)]);
    let tab = story.state.floor.open_tab(TABLE).unwrap();
    assert_eq!((tab.orders, tab.order_id, tab.total.price.0), (3, OrderId(1), 31_800));
}

#[test]
fn lines_that_differ_in_name_or_cost_stay_apart() {
    let story = a_cafe()
        .and(place_order(1, [(LATTE, 1)]))
        .and(set_costs([(LATTE, Some(0))]))
        .and(place_order(1, [(LATTE, 1)]))
        .and(change_item(LATTE, "카페 라떼", 5_500))
        .and(place_order(1, [(LATTE, 1)]));
    assert_eq!(story.on_table(1), [(LATTE, 1, 5_500), (LATTE, 1, 5_500), (LATTE, 1, 5_500)]);
}

#[test]
fn an_item_sent_twice_is_one_line() {
    let story = a_cafe().and(place_order(1, [(LATTE, 1), (SCONE, 1), (LATTE, 2)]));
    let Event::OrderPlaced(order) = story.last_event() else { panic!("not an order") };
    assert_eq!(order.lines, [line(LATTE, "라떼", 3, 5_500, None), line(SCONE, "스콘", 1, 3_800, Some(1_200))]);
}

#[test]
fn an_order_of_nothing_books_nothing() {
    let story = a_cafe().when(place_order(1, [])).then_already(Already::NothingOrdered);
    assert!(story.on_table(1).is_empty());
}

#[test]
fn one_bad_line_and_nothing_is_ordered() {
    let story = a_cafe()
        .when(place_order(1, [(LATTE, 1), (NEVER_ON_THE_MENU, 1)]))
        .then_rejected(Rejection::UnknownItem { item_id: NEVER_ON_THE_MENU })
        .when(place_order(1, [(LATTE, 1), (SCONE, 0)]))
        .then_rejected(Rejection::QuantityNotPositive { item_id: SCONE })
        .when(place_order(1, [(LATTE, -4)]))
        .then_rejected(Rejection::QuantityNotPositive { item_id: LATTE })
        .when(place_order(-1, [(LATTE, 1)]))
        .then_rejected(Rejection::Negative { field: Field::TableNo });
    assert!(story.on_table(1).is_empty());
    story.when(place_order(0, [(LATTE, 1)])).then(OrderPlaced {
        order_id: OrderId(1),
        table_no: TableNo(0),
        tab: TabNo(1),
        business_date: date("2026-11-20"),
        lines: vec![line(LATTE, "라떼", 1, 5_500, None)],
        total: events::Money(5_500),
    });
}

#[test]
fn a_tab_ends_with_its_payment_and_the_table_begins_the_next() {
    let story = a_cafe()
        .and(place_order(1, [(LATTE, 1)]))
        .and(pay(1))
        .and(place_order(1, [(LATTE, 1)]))
        .and(cancel_tab(1))
        .and(place_order(1, [(LATTE, 1)]))
        .and(place_order(2, [(LATTE, 1)]));
    assert_eq!(story.state.floor.open_tab(TABLE).unwrap().no, TabNo(3));
    assert_eq!(story.state.floor.open_tab(TableNo(2)).unwrap().no, TabNo(1));
}

#[test]
fn a_replaced_cart_leaves_one_order_the_oldest() {
    let story = a_cafe()
        .and(place_order(1, [(LATTE, 1)]))
        .at("2026-11-21T00:30:00+09:00")
        .and(place_order(1, [(SCONE, 1)]))
        .when(update_cart(1, [(LATTE, 2), (SCONE, 1)]))
        .then(CartUpdated {
            table_no: TABLE,
            tab: TabNo(1),
            order_id: OrderId(1),
            placed_at: instant("2026-11-20T19:06:34+09:00"),
            business_date: date("2026-11-20"),
            orders: 2,
            lines: vec![line(LATTE, "라떼", 2, 5_500, None), line(SCONE, "스콘", 1, 3_800, Some(1_200))],
            total: events::Money(14_800),
        });
    let tab = story.state.floor.open_tab(TABLE).unwrap();
    assert_eq!((tab.orders, tab.first_orders.as_slice()), (1, [OrderId(1)].as_slice()));
    story.and(place_order(2, [(LATTE, 1)])).and(pay(1));
}

#[test]
fn kept_pieces_keep_their_price_and_added_ones_take_todays() {
    let story = a_cafe()
        .and(place_order(1, [(LATTE, 2)]))
        .and(change_item(LATTE, "라떼", 6_000))
        .and(update_cart(1, [(LATTE, 3)]));
    assert_eq!(story.on_table(1), [(LATTE, 2, 5_500), (LATTE, 1, 6_000)]);
    let story = story.and(update_cart(1, [(LATTE, 5)]));
    assert_eq!(story.on_table(1), [(LATTE, 2, 5_500), (LATTE, 3, 6_000)]);
}

#[test]
fn removed_pieces_leave_newest_first() {
    let story = a_cafe()
        .and(place_order(1, [(LATTE, 2)]))
        .and(change_item(LATTE, "라떼", 6_000))
        .and(place_order(1, [(LATTE, 2), (SCONE, 1)]))
        .and(update_cart(1, [(LATTE, 3), (SCONE, 1)]));
    assert_eq!(story.on_table(1), [(LATTE, 2, 5_500), (LATTE, 1, 6_000), (SCONE, 1, 3_800)]);
    let story = story.and(update_cart(1, [(LATTE, 1)]));
    assert_eq!(story.on_table(1), [(LATTE, 1, 5_500)]);
}

#[test]
fn what_left_the_menu_stays_on_the_table_unless_it_is_sent() {
    let story = a_cafe()
        .and(place_order(1, [(LATTE, 2), (SCONE, 3)]))
        .and(remove_item(SCONE))
        .and(update_cart(1, [(LATTE, 1)]));
    assert_eq!(story.on_table(1), [(LATTE, 1, 5_500), (SCONE, 3, 3_800)]);
    let story = story
        .when(update_cart(1, [(LATTE, 1), (SCONE, 4)]))
        .then_rejected(Rejection::UnknownItem { item_id: SCONE })
        .and(update_cart(1, [(LATTE, 1), (SCONE, 2)]));
    assert_eq!(story.on_table(1), [(LATTE, 1, 5_500), (SCONE, 2, 3_800)]);
    let story = story.and(update_cart(1, [(LATTE, 1), (SCONE, 0)]));
    assert_eq!(story.on_table(1), [(LATTE, 1, 5_500)]);
    story
        .when(update_cart(1, [(LATTE, 1), (SCONE, 0)]))
        .then_already(Already::CartUnchanged { order_id: OrderId(1), table_no: TABLE })
        .when(update_cart(1, [(LATTE, 1), (NEVER_ON_THE_MENU, 0)]))
        .then_rejected(Rejection::UnknownItem { item_id: NEVER_ON_THE_MENU });
}

#[test]
fn a_cart_sent_as_it_is_changes_nothing_but_two_orders_become_one() {
    a_cafe()
        .and(place_order(1, [(LATTE, 2)]))
        .when(update_cart(1, [(LATTE, 1), (LATTE, 1)]))
        .then_already(Already::CartUnchanged { order_id: OrderId(1), table_no: TABLE })
        .and(place_order(1, [(LATTE, 1)]))
        .and(update_cart(1, [(LATTE, 3)]))
        .when(update_cart(1, [(LATTE, 3)]))
        .then_already(Already::CartUnchanged { order_id: OrderId(1), table_no: TABLE });
}

#[test]
fn an_empty_cart_cancels_the_tab_with_what_left_the_menu_too() {
    let cancelled =
        TabCancelled { table_no: TABLE, tab: TabNo(1), orders: 2, first_orders: vec![OrderId(1), OrderId(2)] };
    let story = a_cafe().and(place_order(1, [(LATTE, 1)])).and(place_order(1, [(SCONE, 1)]));
    let emptied = story.clone().and(remove_item(SCONE)).when(update_cart(1, [])).then(cancelled.clone());
    assert!(emptied.on_table(1).is_empty());
    story.clone().when(update_cart(1, [(LATTE, 0), (SCONE, 0)])).then(cancelled.clone());
    story.when(cancel_tab(1)).then(cancelled);
}

#[test]
fn an_empty_table_has_nothing_to_change_and_nothing_to_cancel() {
    a_cafe()
        .when(update_cart(1, [(LATTE, 1)]))
        .then_rejected(Rejection::TableHasNoOpenOrder { table_no: TABLE })
        .when(update_cart(1, []))
        .then_already(Already::TableEmpty { table_no: TABLE })
        .when(cancel_tab(1))
        .then_already(Already::TableEmpty { table_no: TABLE })
        .when(cancel_tab(-1))
        .then_rejected(Rejection::Negative { field: Field::TableNo })
        .when(update_cart(TABLE_NO + 1, []))
        .then_rejected(Rejection::TooLarge { field: Field::TableNo, limit: TABLE_NO });
}

#[test]
fn an_order_placed_after_midnight_belongs_to_its_own_date() {
    let story =
        a_cafe().and(place_order(1, [(LATTE, 1)])).at("2026-11-21T00:00:00+09:00").and(place_order(1, [(LATTE, 1)]));
    let Event::OrderPlaced(second) = story.last_event() else { panic!("not an order") };
    assert_eq!(second.business_date, date("2026-11-21"));
    assert_eq!(story.state.floor.open_tab(TABLE).unwrap().business_date, date("2026-11-20"));
}
