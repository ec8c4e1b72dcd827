//! What a command is answered: a function of its event alone, or of what was the case instead.
//!
//! The answer to an event is never stored: it is made from the event, now and for every retry, so it must be the same
//! bytes for ever. `golden/` holds one per event version; who changes an answer's shape here breaks them, and a shape
//! that must change needs a new version of the event.

mod consequences;

use domain::{Already, Rejection};
use events::{
    CostSet, Envelope, Event, Money, OrderId, OrderPlaced, PaymentType, SaleCompleted, SaleId, SaleVoided,
    TabCancelled, TableNo,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::rejections;
use crate::request::Answer;

/// The answer to the command that this event came from.
pub fn of_event(event: &Envelope) -> Answer {
    let (status, body) = match &event.data {
        Event::OrderPlaced(placed) => return written(200, &Placed::of(placed)),
        Event::SaleCompleted(sale) => return written(201, &Sold::of(sale)),
        Event::StoreRegistered(_) => {
            (201, json!({"message": "가입이 완료되었습니다.", "store_id": event.subject.store()}))
        }
        Event::PasswordChanged(_) => {
            (200, json!({"message": "비밀번호가 변경되었습니다.", "store_id": event.subject.store()}))
        }
        Event::StoreClosed(_) => (200, json!({"message": "매장이 폐점되었습니다.", "store_id": event.subject.store()})),
        Event::CategoryAdded(e) => (201, json!({"message": "카테고리가 추가되었습니다.", "id": e.category_id})),
        Event::CategoryRenamed(e) => (200, json!({"message": "카테고리가 수정되었습니다.", "id": e.category_id})),
        Event::CategoryRemoved(e) => {
            (200, json!({"message": "카테고리가 삭제되었습니다.", "category_id": e.category_id}))
        }
        Event::ItemAdded(e) => (201, json!({"message": "상품이 추가되었습니다.", "id": e.item_id})),
        Event::ItemChanged(e) => (200, json!({"message": "상품이 수정되었습니다.", "item_id": e.item_id})),
        Event::ItemRemoved(e) => (200, json!({"message": "상품이 삭제되었습니다.", "item_id": e.item_id})),
        Event::CostsSet(e) => (200, costs(&e.items)),
        Event::CartUpdated(e) => {
            (200, json!({"message": "주문이 변경되었습니다.", "order_id": e.order_id, "table_no": e.table_no}))
        }
        Event::TabCancelled(e) => (200, cancelled(e)),
        Event::SaleVoided(e) => (200, void(e)),
        other => return consequences::of_event(event.id, other),
    };
    answer(status, "success", body)
}

/// The answer where what was asked for already is so.
pub fn of_already(already: &Already) -> Answer {
    let (result, body) = match already {
        Already::CategoryNamed { category_id } => {
            ("success", json!({"message": "변경된 내용이 없습니다.", "id": category_id}))
        }
        Already::ItemUnchanged { item_id } => {
            ("success", json!({"message": "변경된 내용이 없습니다.", "item_id": item_id}))
        }
        Already::CostsUnchanged => ("success", costs(&[])),
        Already::NothingOrdered => ("failed", json!({"message": "주문할 상품이 없습니다."})),
        Already::CartUnchanged { order_id, table_no } => {
            ("success", json!({"message": "변경된 내용이 없습니다.", "order_id": order_id, "table_no": table_no}))
        }
        Already::TableEmpty { table_no } => {
            ("cancelled", json!({"message": "열린 주문이 없습니다.", "orders": [], "table_no": table_no}))
        }
        Already::SaleVoided { sale_id } => ("success", json!({"message": "이미 취소된 결제입니다.", "id": sale_id})),
        other => return consequences::of_already(other),
    };
    answer(200, result, body)
}

/// The answer where it cannot be done.
pub fn of_rejection(rejection: &Rejection) -> Answer {
    let problem = rejections::problem(rejection);
    Answer { status: problem.status().as_u16(), body: problem.to_bytes() }
}

/// The answer to whoever has no token that opens the store: never recorded.
pub(crate) fn unauthorized() -> Answer {
    let problem = web::Problem::unauthorized();
    Answer { status: problem.status().as_u16(), body: problem.to_bytes() }
}

fn answer(status: u16, result: &str, mut body: Value) -> Answer {
    if let Some(members) = body.as_object_mut() {
        members.entry("result").or_insert_with(|| result.into());
    }
    Answer { status, body: body.to_string().into() }
}

/// One shape for one cost and for many: a single one stands under `item` too.
fn costs(items: &[CostSet]) -> Value {
    let shown: Vec<Value> = items
        .iter()
        .map(|set| {
            json!({
                "item_id": set.item_id, "name": set.name, "category_id": set.category_id,
                "price": set.price, "cost": set.cost,
            })
        })
        .collect();
    let mut body = json!({"message": "원가가 저장되었습니다.", "items": shown});
    if let [only] = shown.as_slice() {
        body["item"] = only.clone();
    }
    body
}

/// One shape for an emptied cart and for a cancelled table.
fn cancelled(event: &TabCancelled) -> Value {
    json!({
        "message": "주문이 취소되었습니다.", "result": "cancelled", "order_id": event.first_orders.first(),
        "table_no": event.table_no, "orders": event.first_orders,
    })
}

/// Nearly every answer is one of these two, so they are written straight from the event. Fields in the order of their
/// names, as in all answers.
#[derive(Serialize)]
struct Placed {
    message: &'static str,
    order_id: OrderId,
    result: &'static str,
    table_no: TableNo,
}

#[derive(Serialize)]
struct Sold<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Money>,
    id: SaleId,
    message: &'static str,
    payment_type: &'a PaymentType,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stated_total_price: Option<Money>,
    table_no: TableNo,
    total_price: Money,
}

impl Placed {
    fn of(event: &OrderPlaced) -> Self {
        Self {
            message: "주문이 접수되었습니다.",
            order_id: event.order_id,
            result: "success",
            table_no: event.table_no,
        }
    }
}

impl<'a> Sold<'a> {
    fn of(event: &'a SaleCompleted) -> Self {
        let total = event.total.price;
        Self {
            difference: event.stated_total.map(|stated| stated.minus(total).unwrap_or(Money::ZERO)),
            id: event.sale_id,
            message: "결제가 완료되었습니다.",
            payment_type: &event.payment_type,
            result: "success",
            stated_total_price: event.stated_total,
            table_no: event.table_no,
            total_price: total,
        }
    }
}

fn written(status: u16, body: &impl Serialize) -> Answer {
    // Numbers and text always have a JSON form.
    Answer { status, body: serde_json::to_vec(body).unwrap_or_default().into() }
}

fn void(event: &SaleVoided) -> Value {
    json!({
        "message": "결제가 취소되었습니다.", "id": event.sale_id, "voided": event.total.price,
        "business_date": event.business_date,
    })
}
