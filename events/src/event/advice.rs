//! Advice on the figures of a period: asked for, given or not given.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::effect::EffectFailure;
use crate::date;
use crate::ids::EventId;
use crate::text::Language;

/// Advice on a period was asked for. The event's id is the request's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsultingRequested {
    /// The first business date.
    #[serde(with = "date")]
    pub start: NaiveDate,
    /// The last business date.
    #[serde(with = "date")]
    pub end: NaiveDate,
    /// How many events had booked something on the dates that the advice looks at: those of the period, and of the one
    /// before it that it is compared with. The same number again means the same figures.
    pub changes: u64,
    /// The language to give it in.
    pub language: Language,
}

/// The advice is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsultingCompleted {
    /// The request.
    pub request: EventId,
    /// What is advised.
    pub advice: Advice,
}

/// There will be no advice on this request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsultingFailed {
    /// The request.
    pub request: EventId,
    /// Why.
    pub reason: EffectFailure,
}

/// What is advised, and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// Who spoke.
    pub advisor: Advisor,
    /// The findings, most important first.
    pub findings: Vec<Finding>,
    /// The findings as text, for clients that show text.
    pub text: String,
}

/// Who gives advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Advisor {
    /// The plain rules in this program.
    Embedded,
    /// A language model.
    OpenAi {
        /// Which.
        model: String,
    },
}

/// One finding: what is the case, on which figures it rests, what to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// What is the case.
    pub statement: String,
    /// The figures that it cites, by their names in the table.
    pub figures: Vec<CitedFigure>,
    /// What to do about it.
    pub action: String,
    /// Whether every figure it cites stands in the table as cited, and its sentence holds no other number. What is not
    /// verified is shown as an opinion and never as fact.
    pub verified: bool,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The period as a whole.
    Overview,
    /// The change to the period before.
    Change,
    /// What sells well.
    Best,
    /// What sells badly.
    Worst,
    /// What is left of a price.
    Margin,
    /// Which days of the week are strong or weak.
    Weekday,
    /// Which hours are strong or weak.
    Hour,
    /// Sales that were voided.
    Voids,
    /// Items whose cost nobody entered.
    MissingCost,
    /// Anything else.
    Other,
}

/// A figure as a finding cites it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitedFigure {
    /// Its name in the table of figures.
    pub name: String,
    /// Its value: minor units, a count, or thousandths.
    pub value: i64,
}
