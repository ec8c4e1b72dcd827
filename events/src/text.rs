//! Small closed vocabularies that are stored as text.

use serde::{Deserialize, Serialize};

/// The language a store is spoken to in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Korean, the default.
    #[default]
    Ko,
    /// English.
    En,
}

/// How a sale was paid: `card` and `cash` under one name whatever language the terminal speaks, other text as sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentType(String);

impl PaymentType {
    /// The type that a terminal means by this text.
    pub fn of(text: &str) -> Self {
        Self(match text {
            "카드" => "card".to_owned(),
            "현금" => "cash".to_owned(),
            other => other.to_owned(),
        })
    }

    /// The text that is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
