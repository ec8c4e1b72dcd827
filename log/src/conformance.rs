//! The port's contract as a suite of named cases, which every provider passes and every broken one fails.
//!
//! A provider's tests hand in a [`Candidate`], run each of [`CASES`] on it, and [`schedule`] with many seeds. What goes
//! wrong between a writer and its log (a report lost, a record doubled, somebody else's claim in the middle of an
//! append) is done by the suite itself, on the way into the provider, so a well-behaved one is tried with it too. A
//! candidate may also replace how is read and appended: the suite's own tests put broken ways there, to show that it
//! finds them.

mod appends;
mod claims;
mod cursors;
mod reads;
mod records;
mod scene;
mod schedule;
mod tampering;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use events::{Partition, Position};

use self::scene::Scene;
pub use self::schedule::{Tally, schedule};
use crate::cursor::Cursor;
use crate::port::{Log, LogError};
use crate::reading::Admitted;
use crate::record::{Record, Stored};
use crate::reign::{Appended, Reign};

/// How long a case may take, in seconds. One that hangs has failed.
const CASE_LIMIT_SECONDS: u64 = 20;

/// What the suite is run on.
#[async_trait]
pub trait Candidate: Send + Sync {
    /// A new, empty log.
    async fn fresh(&self) -> Result<Fixture, Failure>;

    /// Reads what counts from a cursor up to `end`, and gives the cursor there.
    async fn fold(
        &self,
        log: &dyn Log,
        partition: Partition,
        from: Cursor,
        end: Position,
    ) -> Result<(Cursor, Vec<Stored>), LogError> {
        let mut reading = Admitted::open(log, partition, from).await?;
        let mut counted = Vec::new();
        while reading.cursor().next < end {
            let left = usize::try_from(end.0 - reading.cursor().next.0).unwrap_or(usize::MAX);
            counted.extend(reading.next(left).await?);
        }
        Ok((reading.cursor().clone(), counted))
    }

    /// Appends as the writer of a partition.
    async fn append(&self, reign: &mut Reign, cursor: Cursor, batch: Vec<Record>) -> Appended {
        reign.append(cursor, batch).await
    }
}

/// One log, as two processes see it.
pub struct Fixture {
    /// As the process sees it that appends to it.
    pub log: Arc<dyn Log>,
    /// As another process sees it that only reads.
    pub beside: Arc<dyn Log>,
    /// Lets everything land that is under way, and lets nothing go wrong from then on. For a provider that loses and
    /// delays of its own accord; nothing to do for others.
    pub settle: Box<dyn Fn() + Send + Sync>,
}

/// In which way a candidate breaks the contract.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// A case of the suite.
pub struct Case {
    /// What is shown by it.
    pub name: &'static str,
    run: for<'a> fn(&'a Scene<'a>) -> Running<'a>,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

impl Case {
    /// Runs the case on a fresh log.
    pub async fn run(&self, candidate: &dyn Candidate) -> Result<(), Failure> {
        let scene = Scene::new(candidate).await?;
        let limit = Duration::from_secs(CASE_LIMIT_SECONDS);
        let hung = |_| Failure(format!("no end after {CASE_LIMIT_SECONDS} s"));
        tokio::time::timeout(limit, (self.run)(&scene)).await.map_err(hung)?
    }
}

macro_rules! cases {
    ($($module:ident { $($name:ident)+ })+) => {
        /// Every case.
        pub const CASES: &[Case] = &[
            $($(Case { name: stringify!($name), run: |scene| Box::pin($module::$name(scene)) },)+)+
        ];
    };
}

cases! {
    records {
        positions_have_no_gaps
        a_reported_record_stands_where_it_was_reported
        a_reported_record_is_seen_by_another_process
        a_record_reads_back_as_it_was_sent
        nothing_stands_beyond_the_end
        partitions_do_not_touch_each_other
    }
    reads {
        a_reader_sees_every_record_from_any_position
        a_reader_gives_no_more_than_asked_for
        a_reader_waits_at_the_end
        a_reader_beside_the_writer_sees_what_it_appends
        a_read_that_is_dropped_has_consumed_nothing
        the_end_wakes_who_watches_it
    }
    claims {
        only_the_claim_in_force_counts
        a_claim_that_comes_late_is_void
        a_claim_made_for_another_log_is_void
        nothing_counts_after_a_seal
        a_doubled_record_counts_once
        nothing_counts_behind_a_hole
        a_reordered_record_is_void
        a_record_before_any_claim_is_void
    }
    cursors {
        a_stored_cursor_resumes_in_the_middle_of_a_reign
        a_stored_cursor_resumes_behind_a_void_claim
        a_log_that_was_cut_is_not_resumed
        a_log_that_was_replaced_is_not_resumed
        an_unreadable_claim_stops_the_reader_there
    }
    appends {
        an_append_in_place_counts
        an_append_behind_anothers_claim_is_void
        an_append_across_anothers_claim_is_kept_up_to_it
        an_append_among_void_records_counts_and_the_reign_goes_on
        an_append_with_a_double_counts_and_the_reign_goes_on
        an_append_with_a_hole_counts_up_to_it_and_ends_the_reign
        an_append_without_a_report_is_unknown_and_ends_the_reign
        an_unknown_append_is_resolved_by_an_own_later_claim
        a_lost_append_is_resolved_by_an_own_later_claim
        an_append_reported_below_its_place_means_a_cut_log
    }
}
