//! What goes wrong between a writer and its log, done by the suite on the way into a provider that does nothing wrong.

use async_trait::async_trait;
use events::Position;

use super::scene::Writer;
use crate::port::{AppendError, ReignHandle, Report};
use crate::record::Record;

/// What is done to a writer's next append.
pub(super) enum Tamper {
    /// It lands; nothing is reported.
    LoseReport,
    /// It never lands; nothing is reported.
    LoseAll,
    /// The record of this index never lands and is not reported.
    LoseOne(usize),
    /// The record of this index lands twice; its second place is reported.
    DoubleOne(usize),
    /// Another writer sends this before the record of this index lands.
    Interrupt { before: usize, by: Writer, records: Vec<Record> },
    /// Everything is reported one place lower than it stands.
    ReportLower,
}

/// Sends by another handle, after tampering with the first append.
pub(super) struct Tampered {
    handle: Box<dyn ReignHandle>,
    tamper: Option<Tamper>,
}

impl Writer {
    /// This writer, whose next append is tampered with.
    pub(super) fn tampered(self, tamper: Tamper) -> Self {
        Self { handle: Box::new(Tampered { handle: self.handle, tamper: Some(tamper) }), ..self }
    }
}

#[async_trait]
impl ReignHandle for Tampered {
    async fn send(&mut self, mut batch: Vec<Record>) -> Vec<Report> {
        let silent = vec![Report::Unknown(AppendError::Unreachable); batch.len()];
        match self.tamper.take() {
            None => self.handle.send(batch).await,
            Some(Tamper::LoseReport) => {
                self.handle.send(batch).await;
                silent
            }
            Some(Tamper::LoseAll) => silent,
            Some(Tamper::LoseOne(index)) => {
                batch.remove(index);
                let mut reports = self.handle.send(batch).await;
                reports.insert(index, Report::Unknown(AppendError::Unreachable));
                reports
            }
            Some(Tamper::DoubleOne(index)) => {
                batch.insert(index, batch[index].clone());
                let mut reports = self.handle.send(batch).await;
                reports.remove(index);
                reports
            }
            Some(Tamper::Interrupt { before, mut by, records }) => {
                let rest = batch.split_off(before);
                let mut reports = self.handle.send(batch).await;
                by.handle.send(records).await;
                reports.extend(self.handle.send(rest).await);
                reports
            }
            Some(Tamper::ReportLower) => self.handle.send(batch).await.into_iter().map(lower).collect(),
        }
    }
}

fn lower(report: Report) -> Report {
    match report {
        Report::At(position) => Report::At(Position(position.0.saturating_sub(1))),
        unknown @ Report::Unknown(_) => unknown,
    }
}
