//! What each view shows after what happened in a café, written out by hand.

use crate::cafe::Cafe;
use crate::on_both_engines;
use crate::place::Place;
use crate::till::Till;

on_both_engines!(
    a_store_logs_in_with_its_latest_password_until_it_closes,
    a_stores_profile_is_what_it_signed_up_with,
    the_menu_shows_prices_and_costs_of_today,
    a_removed_category_takes_its_items_off_the_menu_and_not_off_the_tables,
    orders_of_one_table_merge_per_item_under_the_oldest,
    a_revised_table_holds_one_order_with_the_new_lines,
    a_cancelled_table_leaves_nothing_and_the_next_guests_begin_a_new_tab,
    a_paid_table_is_empty_and_its_orders_stay,
    a_voided_sale_stays_in_the_list_and_says_when,
    a_day_adds_up_its_sales_and_names_what_has_no_cost,
    a_price_or_cost_of_today_never_touches_a_past_figure,
    a_void_of_the_same_day_is_shown_as_voided_one_of_a_settled_day_as_correction,
    what_is_recorded_after_a_day_has_ended_is_late,
    an_item_is_named_as_in_its_last_line_of_the_day,
    a_view_remembers_the_last_event_of_a_store_that_changed_it,
);

async fn opened(place: Place) -> (Till, Cafe) {
    let mut till = Till::open(place).await;
    let (cafe, events) = Cafe::open("ondocafe");
    till.happened(&events).await;
    (till, cafe)
}

async fn a_store_logs_in_with_its_latest_password_until_it_closes(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    let session = "SELECT password_hash, cv, keeps, closed FROM stores";
    let row = &till.rows(session).await[0];
    assert_eq!((row.text(0).unwrap(), row.int(1).unwrap(), row.bool(3).unwrap()), ("$argon2id$first", 0, false));
    till.happened(&[cafe.change_password(), cafe.change_password()]).await;
    let row = &till.rows(session).await[0];
    assert_eq!((row.text(0).unwrap(), row.int(1).unwrap()), ("$argon2id$2", 2));
    assert_eq!(row.opt_uuid(2).unwrap(), Some(uuid::Uuid::from_u128(2)));
    till.happened(&[cafe.close()]).await;
    assert!(till.rows(session).await[0].bool(3).unwrap());
}

async fn a_stores_profile_is_what_it_signed_up_with(place: Place) {
    let (till, cafe) = opened(place).await;
    let row = &till.rows("SELECT * FROM stores").await[0];
    assert_eq!(row.uuid(0).unwrap(), cafe.store.0);
    let texts: Vec<&str> = (1..12).map(|column| row.text(column).unwrap()).collect();
    let expected = [
        "ondocafe",
        "김온도",
        "01012345678",
        "카페 온도",
        "서울시 마포구 1",
        "일반음식점",
        "$argon2id$first",
        "KRW",
        "Asia/Seoul",
        "05:30:00",
        "ko",
    ];
    assert_eq!(texts, expected);
    assert_eq!(row.time(15).unwrap().to_rfc3339(), "2026-01-01T01:00:01.000003+00:00");
}

async fn the_menu_shows_prices_and_costs_of_today(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    let menu = "SELECT item_id, category_id, price, COALESCE(cost, -1) FROM items ORDER BY item_id";
    assert_eq!(till.numbers(menu).await, [[1, 1, 4_500, 900], [2, 1, 5_000, 1_300], [3, 1, 3_800, -1]]);
    till.happened(&[cafe.change_item(1, "아이스", 4_700), cafe.set_costs(&[(3, 700)])]).await;
    till.happened(&[cafe.remove_item(2), cafe.rename_category(1, "음료")]).await;
    assert_eq!(till.numbers(menu).await, [[1, 1, 4_700, 900], [3, 1, 3_800, 700]]);
    assert_eq!(till.texts("SELECT name FROM items ORDER BY item_id").await, ["아이스", "Scone \"plain\""]);
    assert_eq!(till.texts("SELECT name FROM categories").await, ["음료"]);
}

async fn a_removed_category_takes_its_items_off_the_menu_and_not_off_the_tables(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(1, &[(1, 2)])]).await;
    till.happened(&[cafe.remove_category(1)]).await;
    assert_eq!(till.numbers("SELECT COUNT(*) FROM items").await, [[0]]);
    assert_eq!(till.numbers("SELECT COUNT(*) FROM categories").await, [[0]]);
    assert_eq!(till.numbers("SELECT item_id, quantity FROM tab_lines").await, [[1, 2]]);
    assert_eq!(till.numbers("SELECT total FROM tabs").await, [[9_000]]);
}

const TABS: &str = "SELECT table_no, tab, order_id, orders, total FROM tabs ORDER BY table_no";
const LINES: &str = "SELECT item_id, quantity, ordinal FROM tab_lines ORDER BY ordinal";

async fn orders_of_one_table_merge_per_item_under_the_oldest(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(3, &[(2, 1), (1, 1)])]).await;
    till.happened(&[cafe.change_item(1, "새 이름", 5_000), cafe.place_order(3, &[(3, 1), (1, 2)])]).await;
    assert_eq!(till.numbers(TABS).await, [[3, 1, 1, 2, 9_500 + 3_800 + 10_000]]);
    assert_eq!(till.numbers(LINES).await, [[2, 1, 512], [1, 3, 513], [3, 1, 1_024]]);
    assert_eq!(till.texts("SELECT name FROM tab_lines WHERE item_id = 1").await, ["새 이름"]);
}

async fn a_revised_table_holds_one_order_with_the_new_lines(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(3, &[(1, 1)]), cafe.place_order(3, &[(2, 1)])]).await;
    till.happened(&[cafe.place_order(3, &[(3, 1)])]).await;
    till.happened(&[cafe.update_cart(3, &[(3, 2)])]).await;
    assert_eq!(till.numbers(TABS).await, [[3, 1, 1, 1, 7_600]]);
    assert_eq!(till.numbers(LINES).await, [[3, 2, 512]]);
    assert_eq!(till.numbers("SELECT order_id, total FROM orders").await, [[1, 7_600]]);
    assert_eq!(till.numbers("SELECT order_id FROM open_orders").await, [[1]]);
}

async fn a_cancelled_table_leaves_nothing_and_the_next_guests_begin_a_new_tab(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(3, &[(1, 1)])]).await;
    till.happened(&[cafe.place_order(3, &[(2, 1)]), cafe.cancel(3)]).await;
    for table in ["SELECT COUNT(*) FROM tabs", "SELECT COUNT(*) FROM tab_lines", "SELECT COUNT(*) FROM orders"] {
        assert_eq!(till.numbers(table).await, [[0]], "{table}");
    }
    till.happened(&[cafe.place_order(3, &[(1, 1)])]).await;
    assert_eq!(till.numbers(TABS).await, [[3, 2, 3, 1, 4_500]]);
}

async fn a_paid_table_is_empty_and_its_orders_stay(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(1, &[(1, 2), (3, 1)])]).await;
    till.happened(&[cafe.place_order(1, &[(2, 1)]), cafe.pay(1, "카드", false)]).await;
    assert_eq!(till.numbers("SELECT COUNT(*) FROM tabs").await, [[0]]);
    assert_eq!(till.numbers("SELECT COUNT(*) FROM open_orders").await, [[0]]);
    let orders = "SELECT order_id, table_no, tab, total FROM orders ORDER BY order_id";
    assert_eq!(till.numbers(orders).await, [[1, 1, 1, 12_800], [2, 1, 1, 5_000]]);
    let lines = till.texts("SELECT lines FROM orders WHERE order_id = 1").await;
    let expected = r#"[{"item_id":1,"item_name":"아메리카노","quantity":2,"unit_price":4500},{"item_id":3,"item_name":"Scone \"plain\"","quantity":1,"unit_price":3800}]"#;
    assert_eq!(lines, [expected]);
}

async fn a_voided_sale_stays_in_the_list_and_says_when(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(3, &[(1, 2)]), cafe.pay(3, "현금", false)]).await;
    let sale = &till.rows("SELECT * FROM sales").await[0];
    assert_eq!((sale.int(1).unwrap(), sale.int(3).unwrap(), sale.int(4).unwrap()), (1, 9_000, 1_800));
    assert_eq!((sale.opt_int(5).unwrap(), sale.text(6).unwrap(), sale.opt_time(9).unwrap()), (Some(50), "cash", None));
    let void = cafe.void(1, false);
    let at = void.time;
    till.happened(&[void]).await;
    assert_eq!(till.rows("SELECT voided_at FROM sales").await[0].opt_time(0).unwrap(), Some(at));
}

const DAYS: &str = "SELECT sales_volume, cost, voided, corrections, late, sales, cost_missing FROM days \
    ORDER BY business_date";

async fn a_day_adds_up_its_sales_and_names_what_has_no_cost(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(1, &[(1, 2), (3, 1)]), cafe.pay(1, "card", false)]).await;
    till.happened(&[cafe.place_order(2, &[(1, 1)]), cafe.pay(2, "현금", false)]).await;
    assert_eq!(till.numbers(DAYS).await, [[12_800 + 4_500, 1_800 + 900, 0, 0, 0, 2, 1]]);
    let items = "SELECT item_id, quantity, sales_volume, cost, cost_missing FROM day_items ORDER BY item_id";
    assert_eq!(till.numbers(items).await, [[1, 3, 13_500, 2_700, 0], [3, 1, 3_800, 0, 1]]);
    let payments = "SELECT sales_volume, sales FROM day_payments ORDER BY payment_type";
    assert_eq!(till.numbers(payments).await, [[12_800, 1], [4_500, 1]]);
}

async fn a_price_or_cost_of_today_never_touches_a_past_figure(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(1, &[(1, 2)]), cafe.pay(1, "card", false)]).await;
    let before = till.numbers(DAYS).await;
    till.happened(&[cafe.change_item(1, "금", 99_000), cafe.set_costs(&[(1, 80_000)]), cafe.remove_item(2)]).await;
    assert_eq!(till.numbers(DAYS).await, before);
}

async fn a_void_of_the_same_day_is_shown_as_voided_one_of_a_settled_day_as_correction(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    for _ in 0..2 {
        till.happened(&[cafe.place_order(1, &[(1, 2), (3, 1)]), cafe.pay(1, "card", false)]).await;
    }
    till.happened(&[cafe.void(1, false)]).await;
    assert_eq!(till.numbers(DAYS).await, [[12_800, 1_800, -12_800, 0, 0, 1, 1]]);
    cafe.next_day();
    till.happened(&[cafe.void(2, true)]).await;
    assert_eq!(
        till.numbers(DAYS).await,
        [[12_800, 1_800, -12_800, 0, 0, 1, 1], [-12_800, -1_800, 0, -12_800, 0, -1, -1]]
    );
}

async fn what_is_recorded_after_a_day_has_ended_is_late(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(1, &[(1, 1)]), cafe.pay(1, "card", true)]).await;
    cafe.next_day();
    till.happened(&[cafe.void(1, false)]).await;
    assert_eq!(till.numbers(DAYS).await, [[0, 0, -4_500, 0, 0, 0, 0]]);
    till.happened(&[cafe.place_order(1, &[(2, 1)]), cafe.pay(1, "card", true)]).await;
    assert_eq!(till.numbers(DAYS).await[1], [5_000, 1_300, 0, 0, 5_000, 1, 0]);
}

async fn an_item_is_named_as_in_its_last_line_of_the_day(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    till.happened(&[cafe.place_order(1, &[(1, 1)]), cafe.pay(1, "card", false)]).await;
    till.happened(&[cafe.change_item(1, "새 이름", 4_500), cafe.place_order(1, &[(1, 1)])]).await;
    let paid = cafe.pay(1, "card", false);
    let revision = paid.revision as i64;
    till.happened(&[paid]).await;
    assert_eq!(till.texts("SELECT name FROM day_items").await, ["새 이름"]);
    assert_eq!(till.numbers("SELECT named_at FROM day_items").await, [[revision]]);
}

async fn a_view_remembers_the_last_event_of_a_store_that_changed_it(place: Place) {
    let (mut till, mut cafe) = opened(place).await;
    let paid = till.happened(&[cafe.place_order(1, &[(1, 1)]), cafe.pay(1, "card", false)]).await;
    let (mut neighbour, events) = Cafe::open("neighbour");
    till.happened(&events).await;
    till.happened(&[neighbour.place_order(1, &[(1, 1)]), cafe.set_costs(&[(1, 950)])]).await;
    let position = "SELECT position FROM positions WHERE projection = 'days'";
    assert_eq!(till.numbers(position).await, [[paid.0 as i64]]);
}
