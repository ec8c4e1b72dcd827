//! The `consultings` view: requests for advice, each with the advice or why there is none.

use events::StoreId;
use migrations::{Snapshot, ViewsError};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::shapes::{AdviceText, AdviceVerdict};

/// The projection's name.
pub(crate) const NAME: &str = "consultings";

const STATE: &str = "SELECT state, reason FROM consultings WHERE store_id = $1 AND request_id = $2";
const ADVICE: &str = "SELECT state, reason, start_date, end_date, advisor, body, findings FROM consultings \
     WHERE store_id = $1 AND request_id = $2";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[STATE, ADVICE];

/// Whether the advice is there; `None` if the store has no such request.
pub(crate) async fn state(
    snapshot: &mut Snapshot,
    store: StoreId,
    request: Uuid,
) -> Result<Option<AdviceVerdict>, ViewsError> {
    let row = snapshot.fetch_optional(STATE, &[store.0.into(), request.into()]).await?;
    row.map(|row| Ok(AdviceVerdict::of(request, row.text(0)?, row.opt_text(1)?))).transpose()
}

/// The advice, as far as there is any; `None` if the store has no such request.
pub(crate) async fn advice(
    snapshot: &mut Snapshot,
    store: StoreId,
    request: Uuid,
) -> Result<Option<AdviceText>, ViewsError> {
    let Some(row) = snapshot.fetch_optional(ADVICE, &[store.0.into(), request.into()]).await? else {
        return Ok(None);
    };
    let verdict = AdviceVerdict::of(request, row.text(0)?, row.opt_text(1)?);
    let findings = row.opt_text(6)?.map(|json| RawValue::from_string(json.to_owned())).transpose();
    let text = row.opt_text(5)?.map(str::to_owned);
    Ok(Some(AdviceText {
        start_date: row.date(2)?,
        end_date: row.date(3)?,
        advisor: row.opt_text(4)?.map(str::to_owned),
        consulting: text.filter(|text| !text.is_empty()).unwrap_or_else(|| verdict.message.to_owned()),
        findings: findings.map_err(|_| ViewsError::Shape { column: 6, expected: "JSON" })?,
        verdict,
    }))
}
