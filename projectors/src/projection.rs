//! What a projection is: a pure fold of events into row changes, merged in memory for a whole batch.

use events::{Envelope, Overflow, Position};
use migrations::Value;

use crate::naive::Naive;

/// The changes that one batch of events makes to the rows of one view. Made empty for each batch, so that nothing of
/// one batch reaches another but through the rows.
pub trait Projection: Send {
    /// Folds the next event in and says whether it changes a row.
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable>;

    /// The row changes of the batch, in the order in which they are to be made.
    fn changes(self: Box<Self>) -> Vec<Change>;
}

/// One statement, executed once per row of parameters.
pub struct Change {
    /// The statement.
    pub sql: &'static str,
    /// Its parameters, row by row.
    pub rows: Vec<Vec<Value>>,
}

/// A view by name, how its projection begins a batch, and how the plain fold that it is held against begins.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The name: of its module here, of its file of tables, of its checkpoint.
    pub name: &'static str,
    pub(crate) begin: fn() -> Box<dyn Projection>,
    pub(crate) naive: fn() -> Box<dyn Naive>,
}

impl View {
    pub(crate) const fn of<P: Projection + Default + 'static, N: Naive + Default + 'static>(
        name: &'static str,
    ) -> Self {
        Self { name, begin: || Box::<P>::default(), naive: || Box::<N>::default() }
    }
}

/// Why a projection cannot apply an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Inapplicable {
    /// A sum or product left the range of 64 bits.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// It brings into being what this batch has seen come into being already.
    #[error("this {0} is there already")]
    Twice(&'static str),
}

/// An event that a projection cannot apply. It stands there until somebody decides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event at {position} cannot be applied: {reason}")]
pub struct Poison {
    /// The event's position.
    pub position: Position,
    /// Why; without anything of the event's contents.
    pub reason: String,
}

impl Change {
    pub(crate) fn new(sql: &'static str, rows: impl Iterator<Item = Vec<Value>>) -> Self {
        Self { sql, rows: rows.collect() }
    }
}
