//! The end of a business day: its totals are fixed, and the owner is told.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::effect::EffectFailure;
use crate::ids::EventId;
use crate::money::Money;
use crate::text::{Language, PaymentType};
use crate::{date, timestamp};

/// A business day was closed with these totals. It never changes again: what comes later is booked on the open day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySettled {
    /// The day.
    #[serde(with = "date")]
    pub business_date: NaiveDate,
    /// What it came to.
    pub totals: DayTotals,
    /// What the owner is told.
    pub message: SmsText,
    /// Why that is not sent, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_message: Option<NoMessage>,
    /// Whom the message goes to.
    pub personal: Recipient,
}

/// A message on a date's totals was asked for by hand. The event's id is the message's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageRequested {
    /// The date that it speaks of.
    #[serde(with = "date")]
    pub business_date: NaiveDate,
    /// What it is for.
    pub purpose: MessagePurpose,
    /// The net sales that it tells.
    pub net: Money,
    /// What it says.
    pub message: SmsText,
    /// Whom it goes to.
    pub personal: Recipient,
}

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessagePurpose {
    /// A date's total so far; closes nothing.
    TotalSoFar,
    /// The message of a settlement once more.
    SettlementAgain,
}

/// A message was handed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettlementNotified {
    /// The message: the id of the event that asks for it.
    pub message: EventId,
    /// The date that it speaks of.
    #[serde(with = "date")]
    pub business_date: NaiveDate,
    /// To whom it was handed over.
    pub via: Via,
}

/// A message was not sent, or nobody knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettlementNotificationFailed {
    /// The message: the id of the event that asks for it.
    pub message: EventId,
    /// The date that it speaks of.
    #[serde(with = "date")]
    pub business_date: NaiveDate,
    /// Why.
    pub reason: EffectFailure,
    /// Whether it may have been sent all the same: the answer was lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

/// Where a message was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// A service that sends text messages took it.
    Sms,
    /// Nobody: no such service is configured, so the API shows it.
    Outbox,
}

/// Why a settlement has no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoMessage {
    /// The store has had as many as it may have in a day.
    StoreLimit,
    /// The store has no telephone number that a message can be sent to.
    NoPhone,
}

/// What a business date came to. `net` is `gross` plus `voids`, `profit` is `net` less `cost`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTotals {
    /// All sales booked on it.
    pub gross: Money,
    /// All voids booked on it: negative.
    pub voids: Money,
    /// Of these two, what belongs to dates that were settled before.
    pub corrections: Money,
    /// Of these two, what was recorded after the date had ended.
    pub late: Money,
    /// What is left of the sales.
    pub net: Money,
    /// What that cost the store; a missing cost counts as 0.
    pub cost: Money,
    /// What the store earned.
    pub profit: Money,
    /// How many sales.
    pub sales: u64,
    /// How many voids.
    pub voided: u64,
    /// When the first one occurred.
    #[serde(default, with = "timestamp::optional", skip_serializing_if = "Option::is_none")]
    pub first_sale: Option<DateTime<Utc>>,
    /// When the last one occurred.
    #[serde(default, with = "timestamp::optional", skip_serializing_if = "Option::is_none")]
    pub last_sale: Option<DateTime<Utc>>,
    /// By way of paying, in the order of their names.
    pub payments: Vec<PaymentTotals>,
}

/// What was paid in one way on a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentTotals {
    /// How; beyond the first [`DayTotals::NAMED_PAYMENTS`] ways of a date, `other`.
    pub payment_type: PaymentType,
    /// Sales less voids.
    pub net: Money,
    /// How many sales, less voids.
    pub sales: i64,
}

/// The text of a message; it fits one SMS and holds nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsText {
    /// Its language.
    pub language: Language,
    /// What it says.
    pub text: String,
}

/// Whom a message goes to, in one object so that it can be sealed or left out as one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// A telephone number in the form of E.164, where the store has one.
    pub phone: Option<String>,
}

impl DayTotals {
    /// How many ways of paying are named per date.
    pub const NAMED_PAYMENTS: usize = 32;
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recipient(personal)")
    }
}
