//! The `settlements` view: settled days with their totals, and the messages to the owner.

use chrono::NaiveDate;
use chrono_tz::Tz;
use events::StoreId;
use migrations::{Row, Snapshot, ViewsError};
use serde_json::value::RawValue;

use crate::shapes::{Message, Messages, Settled, Settlement, Settlements, local};

/// The projection's name.
pub(crate) const NAME: &str = "settlements";

/// How many messages are shown, the last ones.
const MESSAGES_SHOWN: i64 = 100;

const ALL: &str = "SELECT business_date, settled_at, gross, voids, corrections, late, sales_volume, cost, profit, \
     sales, voided_sales, first_sale, last_sale, payments, no_message FROM settlements \
     WHERE store_id = $1 ORDER BY business_date";
const ONE: &str = "SELECT business_date, settled_at, gross, voids, corrections, late, sales_volume, cost, profit, \
     sales, voided_sales, first_sale, last_sale, payments, no_message FROM settlements \
     WHERE store_id = $1 AND business_date = $2";
const MESSAGES_OF_DAY: &str = "SELECT message_id, business_date, purpose, body, state, reason, requested_at, changed_at \
     FROM messages WHERE store_id = $1 AND business_date = $2 ORDER BY revision";
const LAST_MESSAGES: &str = "SELECT message_id, business_date, purpose, body, state, reason, requested_at, changed_at \
     FROM messages WHERE store_id = $1 ORDER BY revision DESC LIMIT $2";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ALL, ONE, MESSAGES_OF_DAY, LAST_MESSAGES];

/// Every settled day, oldest first.
pub(crate) async fn all(snapshot: &mut Snapshot, store: StoreId, zone: Tz) -> Result<Settlements, ViewsError> {
    let rows = snapshot.fetch(ALL, &[store.0.into()]).await?;
    Ok(Settlements { settlements: rows.iter().map(|row| settlement(row, zone)).collect::<Result<_, _>>()? })
}

/// One settled day with its messages; `None` if it is not settled.
pub(crate) async fn one(
    snapshot: &mut Snapshot,
    store: StoreId,
    date: NaiveDate,
    zone: Tz,
) -> Result<Option<Settled>, ViewsError> {
    let key = [store.0.into(), date.into()];
    let Some(row) = snapshot.fetch_optional(ONE, &key).await? else { return Ok(None) };
    let settlement = settlement(&row, zone)?;
    let messages = snapshot.fetch(MESSAGES_OF_DAY, &key).await?;
    let messages: Vec<Message> = messages.iter().map(|row| message(row, zone)).collect::<Result<_, _>>()?;
    // A total so far is no message of the settlement.
    let of_settlement = messages.iter().rev().find(|message| message.purpose != "total_so_far");
    let message_state = of_settlement.map_or_else(|| "none".to_owned(), |message| message.state.clone());
    Ok(Some(Settled { settlement, message_state, messages }))
}

/// The last messages, newest first.
pub(crate) async fn messages(snapshot: &mut Snapshot, store: StoreId, zone: Tz) -> Result<Messages, ViewsError> {
    let rows = snapshot.fetch(LAST_MESSAGES, &[store.0.into(), MESSAGES_SHOWN.into()]).await?;
    Ok(Messages { messages: rows.iter().map(|row| message(row, zone)).collect::<Result<_, _>>()? })
}

fn settlement(row: &Row, zone: Tz) -> Result<Settlement, ViewsError> {
    let at = |column| Ok::<_, ViewsError>(row.opt_time(column)?.map(|at| local(at, zone)));
    let payments = RawValue::from_string(row.text(13)?.to_owned());
    Ok(Settlement {
        date: row.date(0)?,
        settled_at: local(row.time(1)?, zone),
        gross: row.int(2)?,
        voids: row.int(3)?,
        corrections: row.int(4)?,
        late: row.int(5)?,
        sales_volume: row.int(6)?,
        cost: row.int(7)?,
        profit: row.int(8)?,
        sales: row.int(9)?,
        voided_sales: row.int(10)?,
        first_sale: at(11)?,
        last_sale: at(12)?,
        payments: payments.map_err(|_| ViewsError::Shape { column: 13, expected: "JSON" })?,
        no_message: row.opt_text(14)?.map(str::to_owned),
    })
}

fn message(row: &Row, zone: Tz) -> Result<Message, ViewsError> {
    Ok(Message {
        message_id: row.uuid(0)?,
        date: row.date(1)?,
        purpose: row.text(2)?.to_owned(),
        text: row.text(3)?.to_owned(),
        state: row.text(4)?.to_owned(),
        reason: row.opt_text(5)?.map(str::to_owned),
        requested_at: local(row.time(6)?, zone),
        changed_at: local(row.time(7)?, zone),
    })
}
