//! Values on their way into a statement or out of a row, the same for every engine.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// What a statement's parameter or a row's column holds.
#[derive(Clone, PartialEq, PartialOrd)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A whole number; money in minor units.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A uuid.
    Uuid(Uuid),
    /// A calendar date.
    Date(NaiveDate),
    /// An instant, kept to the microsecond.
    Time(DateTime<Utc>),
}

/// Shows the kind alone: rows hold personal data, and whatever can be printed ends up in a log one day.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int",
            Self::Bool(_) => "Bool",
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
            Self::Uuid(_) => "Uuid",
            Self::Date(_) => "Date",
            Self::Time(_) => "Time",
        })
    }
}

macro_rules! from {
    ($($rust:ty => $variant:ident;)+) => {$(
        impl From<$rust> for Value {
            fn from(value: $rust) -> Self {
                Self::$variant(value)
            }
        }
    )+};
}

from! {
    i64 => Int;
    bool => Bool;
    String => Text;
    Vec<u8> => Bytes;
    Uuid => Uuid;
    NaiveDate => Date;
    DateTime<Utc> => Time;
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
