//! Every event there is, by name and version.
//!
//! To add one: its struct in the file of its part of the trade, a line in the list below, a golden file. To change one:
//! raise its version here, keep reading the old one in its `upcast`, add (never edit) a golden file.

mod advice;
mod catalogue;
mod effect;
mod order;
mod sale;
mod settlement;
mod store;

use serde::Serialize;

pub use advice::{
    Advice, Advisor, CitedFigure, ConsultingCompleted, ConsultingFailed, ConsultingRequested, Finding, FindingKind,
};
pub use catalogue::{
    CategoryAdded, CategoryRemoved, CategoryRenamed, CostSet, CostsSet, ItemAdded, ItemChanged, ItemRemoved,
};
pub use effect::{EffectFailure, EffectStarted};
pub use order::{CartUpdated, OrderPlaced, TabCancelled};
pub use sale::{SaleCompleted, SaleVoided};
pub use settlement::{
    DaySettled, DayTotals, MessagePurpose, MessageRequested, NoMessage, PaymentTotals, Recipient,
    SettlementNotificationFailed, SettlementNotified, SmsText, Via,
};
pub use store::{Credentials, Owner, PasswordChanged, StoreClosed, StoreRegistered};

use crate::envelope::DecodeError;

macro_rules! events {
    ($($name:ident $schema:tt;)+) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        #[expect(missing_docs, reason = "each variant is documented at the struct that it is named after")]
        pub enum Event { $($name($name),)+ }

        impl Event {
            /// Every type's name and present version.
            pub const TYPES: &'static [(&'static str, u32)] = &[$((stringify!($name), $schema),)+];

            /// The CloudEvents `type`.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)+ }
            }

            /// The version of the type that this program writes.
            pub fn schema(&self) -> u32 {
                match self { $(Self::$name(_) => $schema,)+ }
            }

            /// Reads `data` as it was written by any version of this program so far.
            pub(crate) fn decode(name: &str, schema: u32, data: &str) -> Result<Self, DecodeError> {
                match name {
                    $(stringify!($name) => $name::upcast(schema, data).map(Self::$name),)+
                    _ => Err(DecodeError::Unknown { name: name.to_owned(), schema }),
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(event: $name) -> Self { Self::$name(event) }
        })+

        // A type of one version is read as it was written. A type that got a second one says in its own file how the
        // earlier ones read today.
        $(one_version!($name $schema);)+
    };
}

macro_rules! one_version {
    ($name:ident 1) => {
        impl $name {
            fn upcast(schema: u32, data: &str) -> Result<Self, DecodeError> {
                match schema {
                    1 => Ok(serde_json::from_str(data)?),
                    _ => Err(DecodeError::Unknown { name: stringify!($name).to_owned(), schema }),
                }
            }
        }
    };
    ($name:ident $later:tt) => {};
}

events! {
    StoreRegistered 1;
    PasswordChanged 1;
    StoreClosed 1;
    CategoryAdded 1;
    CategoryRenamed 1;
    CategoryRemoved 1;
    ItemAdded 1;
    ItemChanged 1;
    ItemRemoved 1;
    CostsSet 1;
    OrderPlaced 1;
    CartUpdated 1;
    TabCancelled 1;
    SaleCompleted 2;
    SaleVoided 1;
    DaySettled 1;
    MessageRequested 1;
    SettlementNotified 1;
    SettlementNotificationFailed 1;
    ConsultingRequested 1;
    ConsultingCompleted 1;
    ConsultingFailed 1;
    EffectStarted 1;
}

impl Event {
    /// The business date on which the event books money, where it books any.
    pub fn books_on(&self) -> Option<chrono::NaiveDate> {
        match self {
            Self::SaleCompleted(sale) => Some(sale.business_date),
            Self::SaleVoided(void) => Some(void.business_date),
            _ => None,
        }
    }
}
