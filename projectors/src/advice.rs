//! Advice on a period: a table of figures read at one position, advisors that speak of them, and the check that what
//! they cite stands in the table.
//!
//! ```text
//!   views ──reading──► Figures ──rules or a language model──► findings ──checking──► Advice, with its text
//! ```

mod checking;
mod figures;
mod openai;
pub(crate) mod reading;
mod rules;
mod wording;

pub use figures::{Facts, Figure, Figures, ItemFacts, Unit};
pub use openai::{OpenAi, OpenAiOptions};
pub use rules::EmbeddedAdvisor;
