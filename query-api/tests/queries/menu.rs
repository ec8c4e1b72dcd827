//! The menu and its costs, as the front end and the load scripts read them.

use events::StoreId;
use serde_json::json;

use crate::fixture::Fixture;
use crate::on_both_engines;
use crate::place::Place;
use crate::rows;

on_both_engines!(
    categories_are_listed_oldest_first_under_both_slash_forms,
    the_menu_shows_empty_categories_too_and_null_where_nobody_said_the_cost,
    the_list_of_costs_names_each_items_category,
    one_item_is_shown_by_its_number,
    an_item_that_is_not_there_and_one_of_another_store_are_the_same_404,
    a_store_that_has_just_signed_up_has_empty_lists,
);

async fn cafe(place: Place) -> (Fixture, StoreId) {
    let fixture = Fixture::new(place).await;
    let cafe = fixture.store("demostore").await;
    let menu = vec![
        rows::category(cafe, 1, "커피"),
        rows::category(cafe, 2, "계절 메뉴"),
        rows::category(cafe, 10, "차"),
        rows::item(cafe, (1, 1), "아메리카노", 4500, Some(900)),
        rows::item(cafe, (2, 10), "유자차", 5500, None),
        rows::item(cafe, (3, 1), "라떼", 5000, Some(0)),
    ];
    fixture.event(cafe, &["catalogue"], menu).await;
    (fixture, cafe)
}

async fn categories_are_listed_oldest_first_under_both_slash_forms(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let expected = json!({
        "categories": [{"id": 1, "name": "커피"}, {"id": 2, "name": "계절 메뉴"}, {"id": 10, "name": "차"}],
        "store_id": cafe.0,
    });
    for path in ["/categories/", "/categories"] {
        assert_eq!(fixture.get(cafe, path).await.success(), expected, "{path}");
    }
}

async fn the_menu_shows_empty_categories_too_and_null_where_nobody_said_the_cost(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let menu = json!([
        {"category_id": 1, "category_name": "커피", "items": [
            {"item_id": 1, "name": "아메리카노", "price": 4500, "cost": 900},
            {"item_id": 3, "name": "라떼", "price": 5000, "cost": 0},
        ]},
        {"category_id": 2, "category_name": "계절 메뉴", "items": []},
        {"category_id": 10, "category_name": "차", "items": [
            {"item_id": 2, "name": "유자차", "price": 5500, "cost": null},
        ]},
    ]);
    assert_eq!(fixture.get(cafe, "/categories/items").await.success(), json!({"categories": menu}));
    assert_eq!(fixture.get(cafe, "/bff/costs").await.success(), json!({"items": menu}));
}

async fn the_list_of_costs_names_each_items_category(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let item = |id, name: &str, (category, called): (i64, &str), price, cost: Option<i64>| {
        json!({"item_id": id, "name": name, "category_id": category, "category_name": called, "price": price,
            "cost": cost})
    };
    let expected = json!({"items": [
        item(1, "아메리카노", (1, "커피"), 4500, Some(900)),
        item(2, "유자차", (10, "차"), 5500, None),
        item(3, "라떼", (1, "커피"), 5000, Some(0)),
    ]});
    for path in ["/categories/items/costs?store_id=1", "/dashboard/costs"] {
        assert_eq!(fixture.get(cafe, path).await.success(), expected, "{path}");
    }
}

async fn one_item_is_shown_by_its_number(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let expected = json!({"item": {"item_id": 3, "name": "라떼", "price": 5000}});
    assert_eq!(fixture.get(cafe, "/categories/items/3").await.success(), expected);
}

async fn an_item_that_is_not_there_and_one_of_another_store_are_the_same_404(place: Place) {
    let (fixture, cafe) = cafe(place).await;
    let other = fixture.store("otherstore").await;
    fixture.event(other, &["catalogue"], vec![rows::item(other, (77, 1), "비밀", 1, None)]).await;
    let unknown = fixture.get(cafe, "/categories/items/9999").await;
    assert_eq!(unknown.json(404)["result"], "failed");
    for id in ["77", "undefined", "null", "-1", "1.0", "01", "9007199254740993", "99999999999999999999"] {
        let answer = fixture.get(cafe, &format!("/categories/items/{id}")).await;
        assert_eq!((answer.status, &answer.body), (unknown.status, &unknown.body), "{id}");
    }
}

async fn a_store_that_has_just_signed_up_has_empty_lists(place: Place) {
    let fixture = Fixture::new(place).await;
    let fresh = events::StoreId::of_username("notyetinview");
    assert_eq!(fixture.get(fresh, "/categories/").await.success(), json!({"categories": [], "store_id": fresh.0}));
    assert_eq!(fixture.get(fresh, "/categories/items").await.success(), json!({"categories": []}));
    assert_eq!(fixture.get(fresh, "/orders/unpaids").await.success(), json!({"orders": [], "store_id": fresh.0}));
    assert_eq!(fixture.get(fresh, "/sales/").await.success(), json!({"sales": []}));
    let own = fixture.get(fresh, "/stores/").await;
    own.json(503);
    assert_eq!(own.header("retry-after"), "1");
}
