//! The menu, as it is told in the trade.

use events::{
    CategoryAdded, CategoryId, CategoryRemoved, CategoryRenamed, CostSet, CostsSet, ItemAdded, ItemChanged, ItemId,
    ItemRemoved, Money,
};

use crate::limits::AMOUNT_MINOR_UNITS;
use crate::tests::*;
use crate::{Already, Field, Rejection};

#[test]
fn categories_and_items_are_numbered_per_store_and_no_number_comes_back() {
    let story = a_cafe()
        .and(remove_item(SCONE))
        .and(remove_category(BAKERY))
        .when(add_category(" 차 "))
        .then(CategoryAdded { category_id: CategoryId(3), name: "차".to_owned() });
    story.when(add_item(CategoryId(3), "홍차", 5_000)).then(ItemAdded {
        item_id: ItemId(4),
        category_id: CategoryId(3),
        name: "홍차".to_owned(),
        price: Money(5_000),
    });
}

#[test]
fn a_rejected_command_takes_no_number() {
    a_cafe()
        .when(add_category("커피"))
        .then_rejected(Rejection::CategoryNameInUse { category_id: COFFEE })
        .when(add_item(COFFEE, "라떼", 1))
        .then_rejected(Rejection::ItemNameInUse { item_id: LATTE })
        .when(add_category("차"))
        .then(CategoryAdded { category_id: CategoryId(3), name: "차".to_owned() });
}

#[test]
fn a_categorys_name_is_its_own_in_the_store() {
    let renamed = CategoryRenamed { category_id: COFFEE, name: "음료".to_owned() };
    a_cafe()
        .when(rename_category(COFFEE, " 베이커리"))
        .then_rejected(Rejection::CategoryNameInUse { category_id: BAKERY })
        .when(rename_category(COFFEE, "커피 "))
        .then_already(Already::CategoryNamed { category_id: COFFEE })
        .when(rename_category(COFFEE, "음료"))
        .then(renamed)
        .when(rename_category(BAKERY, "커피"))
        .then(CategoryRenamed { category_id: BAKERY, name: "커피".to_owned() });
}

#[test]
fn an_items_name_is_its_own_in_the_category_alone() {
    let story = a_cafe().when(add_item(BAKERY, "라떼", 3_000)).then(ItemAdded {
        item_id: ItemId(4),
        category_id: BAKERY,
        name: "라떼".to_owned(),
        price: Money(3_000),
    });
    story
        .when(change_item(SCONE, "라떼", 3_800))
        .then_rejected(Rejection::ItemNameInUse { item_id: ItemId(4) })
        .when(change_item(LATTE, "라떼", 5_500))
        .then_already(Already::ItemUnchanged { item_id: LATTE })
        .when(change_item(LATTE, "라떼", 5_800))
        .then(ItemChanged { item_id: LATTE, category_id: COFFEE, name: "라떼".to_owned(), price: Money(5_800) })
        .and(change_item(LATTE, "카페 라떼", 5_800))
        .and(add_item(COFFEE, "라떼", 5_000));
}

#[test]
fn what_left_the_menu_is_unknown_and_its_name_is_free() {
    a_cafe()
        .when(remove_item(LATTE))
        .then(ItemRemoved { item_id: LATTE })
        .when(remove_item(LATTE))
        .then_rejected(Rejection::UnknownItem { item_id: LATTE })
        .when(change_item(LATTE, "라떼", 1))
        .then_rejected(Rejection::UnknownItem { item_id: LATTE })
        .and(add_item(COFFEE, "라떼", 5_500));
}

#[test]
fn a_category_leaves_with_its_items() {
    let story = a_cafe()
        .when(remove_category(COFFEE))
        .then(CategoryRemoved { category_id: COFFEE, items: vec![AMERICANO, LATTE] })
        .when(place_order(1, [(AMERICANO, 1)]))
        .then_rejected(Rejection::UnknownItem { item_id: AMERICANO });
    let gone = Rejection::UnknownCategory { category_id: COFFEE };
    story
        .when(remove_category(COFFEE))
        .then_rejected(gone.clone())
        .when(rename_category(COFFEE, "음료"))
        .then_rejected(gone.clone())
        .when(add_item(COFFEE, "모카", 1))
        .then_rejected(gone)
        .and(add_category("커피"));
}

#[test]
fn the_items_of_a_removed_category_are_named_in_order_of_their_numbers() {
    a_cafe()
        .and(add_item(COFFEE, "가배", 4_000))
        .when(remove_category(COFFEE))
        .then(CategoryRemoved { category_id: COFFEE, items: vec![AMERICANO, LATTE, ItemId(4)] });
}

#[test]
fn costs_are_set_where_they_change_and_nowhere_else() {
    let story =
        a_cafe().when(set_costs([(SCONE, Some(1_300)), (LATTE, Some(0)), (AMERICANO, Some(900))])).then(CostsSet {
            items: vec![set(LATTE, COFFEE, "라떼", 5_500, 0), set(SCONE, BAKERY, "스콘", 3_800, 1_300)],
        });
    story
        .when(set_costs([(SCONE, Some(1_300)), (LATTE, None)]))
        .then_already(Already::CostsUnchanged)
        .when(set_costs([]))
        .then_already(Already::CostsUnchanged)
        .when(set_costs([(SCONE, Some(1)), (SCONE, Some(2))]))
        .then(CostsSet { items: vec![set(SCONE, BAKERY, "스콘", 3_800, 2)] });
}

#[test]
fn one_unknown_item_and_no_cost_is_set() {
    let unknown = Rejection::UnknownItem { item_id: NEVER_ON_THE_MENU };
    a_cafe()
        .when(set_costs([(LATTE, Some(1_500)), (NEVER_ON_THE_MENU, Some(1))]))
        .then_rejected(unknown.clone())
        .when(set_costs([(NEVER_ON_THE_MENU, None)]))
        .then_rejected(unknown)
        .when(set_costs([(LATTE, None)]))
        .then_already(Already::CostsUnchanged);
}

#[test]
fn names_prices_and_costs_have_limits() {
    let limit = AMOUNT_MINOR_UNITS;
    a_cafe()
        .and(add_item(COFFEE, &"가".repeat(100), limit))
        .and(add_item(COFFEE, "물", 0))
        .when(add_item(COFFEE, &"가".repeat(101), 1))
        .then_rejected(Rejection::TooLong { field: Field::Name, limit: 100 })
        .when(add_item(COFFEE, "금", limit + 1))
        .then_rejected(Rejection::TooLarge { field: Field::Price, limit })
        .when(change_item(LATTE, "라떼", -5))
        .then_rejected(Rejection::Negative { field: Field::Price })
        .when(set_costs([(LATTE, Some(limit + 1))]))
        .then_rejected(Rejection::TooLarge { field: Field::Cost, limit })
        .when(set_costs([(LATTE, Some(-1))]))
        .then_rejected(Rejection::Negative { field: Field::Cost })
        .when(add_category(" "))
        .then_rejected(Rejection::Blank { field: Field::Name })
        .when(rename_category(COFFEE, "커\n피"))
        .then_rejected(Rejection::Unprintable { field: Field::Name });
}

fn set(item_id: ItemId, category_id: CategoryId, name: &str, price: i64, cost: i64) -> CostSet {
    CostSet { item_id, category_id, name: name.to_owned(), price: Money(price), cost: Money(cost) }
}
