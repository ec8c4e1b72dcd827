//! The consequences: projections of the log into the read models.
//!
//! [`start`] runs the projector of a partition: it tails the log, folds what has gathered into row changes, and writes
//! them with its checkpoints in one transaction. [`rebuild`] makes a new generation of all rows from the log alone,
//! [`verify`] holds the rows against a second fold, [`skip`] leaves out an event that cannot be applied where an operator
//! says so. [`resumable`] says beforehand whether the rows go on from this log.
//!
//! [`reactor::react`] runs the reactor of a partition: effects that follow events, [`advice`] and [`messages`], whose
//! outcomes it submits as commands.
//!
//! What is absent: nothing here decides anything, and no row is ever read to fold an event.

pub mod advice;
mod applying;
mod checkpoint;
mod decoding;
mod fold;
pub mod messages;
mod naive;
mod projection;
pub mod reactor;
mod rebuild;
mod resuming;
mod skipping;
mod verify;
pub mod views;
mod worker;

pub use fold::fold_only;
pub use projection::{Change, Inapplicable, Poison, Projection, View};
pub use rebuild::{FigureDifference, RebuildError, RebuildProgress, RebuildReport, rebuild};
pub use resuming::{ResumeError, resumable};
pub use skipping::{SkipError, skip};
pub use verify::{Difference, VerifiedView, VerifyError, VerifyReport, verify};
pub use worker::{Handle, Progress, SessionsChanged, Stopped, start};
