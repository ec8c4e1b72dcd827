//! What is answered to settlements, to requests for messages and advice, and to the reactors that see to them.

use domain::Already;
use events::{DaySettled, Event, EventId};
use serde_json::{Value, json};

use super::answer;
use crate::request::Answer;

pub(super) fn of_event(id: EventId, event: &Event) -> Answer {
    match event {
        Event::DaySettled(e) => settled(e),
        Event::MessageRequested(_) => answer(200, "success", json!({"message": "매출 문자를 보냅니다."})),
        Event::ConsultingRequested(_) => advice_asked(id),
        Event::SettlementNotified(e) => told("기록되었습니다.", "id", e.message),
        Event::SettlementNotificationFailed(e) => told("기록되었습니다.", "id", e.message),
        Event::ConsultingCompleted(e) => told("기록되었습니다.", "id", e.request),
        Event::ConsultingFailed(e) => told("기록되었습니다.", "id", e.request),
        Event::EffectStarted(e) => told("시작되었습니다.", "id", e.effect),
        Event::StoreRegistered(_)
        | Event::PasswordChanged(_)
        | Event::StoreClosed(_)
        | Event::CategoryAdded(_)
        | Event::CategoryRenamed(_)
        | Event::CategoryRemoved(_)
        | Event::ItemAdded(_)
        | Event::ItemChanged(_)
        | Event::ItemRemoved(_)
        | Event::CostsSet(_)
        | Event::OrderPlaced(_)
        | Event::CartUpdated(_)
        | Event::TabCancelled(_)
        | Event::SaleCompleted(_)
        | Event::SaleVoided(_) => answered_by_the_caller(),
    }
}

pub(super) fn of_already(already: &Already) -> Answer {
    match already {
        Already::DaySettled(settlement) => settled(settlement),
        // The same as at the first time: whoever asks twice need not know.
        Already::TotalTold => answer(200, "success", json!({"message": "매출 문자를 보냅니다."})),
        Already::ConsultingKnown { request } => advice_asked(*request),
        Already::EffectOver { effect } => told("이미 끝났습니다.", "over", *effect),
        Already::EffectStarted { effect } => told("시작되었습니다.", "id", *effect),
        Already::CategoryNamed { .. }
        | Already::ItemUnchanged { .. }
        | Already::CostsUnchanged
        | Already::NothingOrdered
        | Already::CartUnchanged { .. }
        | Already::TableEmpty { .. }
        | Already::SaleVoided { .. } => answered_by_the_caller(),
    }
}

/// What never comes here, spelled out above so that a new event cannot be forgotten.
fn answered_by_the_caller() -> Answer {
    answer(200, "success", json!({}))
}

/// One answer for the settlement and for asking for it again.
fn settled(event: &DaySettled) -> Answer {
    let totals = &event.totals;
    let payments: Vec<Value> = totals
        .payments
        .iter()
        .map(|paid| json!({"payment_type": paid.payment_type, "sales_volume": paid.net, "sales": paid.sales}))
        .collect();
    let body = json!({
        "message": "마감되었습니다.", "date": event.business_date, "gross": totals.gross, "voids": totals.voids,
        "corrections": totals.corrections, "late": totals.late, "sales_volume": totals.net, "cost": totals.cost,
        "profit": totals.profit, "sales": totals.sales, "voided_sales": totals.voided, "payments": payments,
    });
    answer(201, "success", body)
}

fn advice_asked(request: EventId) -> Answer {
    answer(200, "success", json!({"message": "분석을 시작했습니다.", "req_id": request}))
}

fn told(message: &str, name: &str, id: EventId) -> Answer {
    let mut body = json!({"message": message});
    body[name] = json!(id);
    answer(200, "success", body)
}
