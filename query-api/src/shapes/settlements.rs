//! Settled days and messages as the clients read them. All amounts are in minor units.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::PaymentFigures;

/// Every settled day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Settlements {
    /// The days, oldest first.
    pub settlements: Vec<Settlement>,
}

/// What a day came to when it was settled; it never changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Settlement {
    /// The business date.
    pub date: NaiveDate,
    /// When it was settled.
    pub settled_at: String,
    /// All sales booked on it.
    pub gross: i64,
    /// All voids booked on it: negative.
    pub voids: i64,
    /// Of these two, what belongs to dates that were settled before.
    pub corrections: i64,
    /// Of these two, what was recorded after the date had ended.
    pub late: i64,
    /// What is left of the sales.
    pub sales_volume: i64,
    /// What that cost.
    pub cost: i64,
    /// What was earned.
    pub profit: i64,
    /// How many sales.
    pub sales: i64,
    /// How many voids.
    pub voided_sales: i64,
    /// When the first sale occurred.
    pub first_sale: Option<String>,
    /// When the last sale occurred.
    pub last_sale: Option<String>,
    /// By way of paying.
    #[schema(value_type = Vec<PaymentFigures>)]
    pub payments: Box<RawValue>,
    /// Why the owner was not told, if he was not: `store_limit`, `no_phone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_message: Option<String>,
}

/// One settled day, and what became of its message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Settled {
    /// The day.
    #[serde(flatten)]
    pub settlement: Settlement,
    /// What became of the settlement's last message: `pending`, `sent`, `failed`, `unknown` (sent?), `outbox` (no service
    /// is configured), `none`.
    pub message_state: String,
    /// Every message on this date, oldest first.
    pub messages: Vec<Message>,
}

/// The last messages to the owner.
#[derive(Debug, Serialize, ToSchema)]
pub struct Messages {
    /// At most 100, newest first.
    pub messages: Vec<Message>,
}

/// A message to the owner.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// Its id.
    pub message_id: Uuid,
    /// The date that it speaks of.
    pub date: NaiveDate,
    /// `settlement`, `settlement_again`, `total_so_far`.
    pub purpose: String,
    /// What it says.
    pub text: String,
    /// `pending`, `sent`, `failed`, `unknown`, `outbox`.
    pub state: String,
    /// Why it failed, or why nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was asked for.
    pub requested_at: String,
    /// When its state became this.
    pub changed_at: String,
}
