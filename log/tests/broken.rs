//! The suite is worth something: each provider, reader and writer that is broken on purpose fails a named case.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

#[path = "broken/providers.rs"]
mod providers;
#[path = "broken/readers.rs"]
mod readers;
#[path = "broken/writers.rs"]
mod writers;

use log::conformance::{CASES, Candidate};

use self::providers::{AcksBeforeCommit, Provider, ReusesAPosition, SkipsAPosition, WakesNobody};
use self::readers::Reader;
use self::writers::Writer;

async fn is_caught_by(candidate: &dyn Candidate, names: &[&str]) {
    for name in names {
        let case = CASES.iter().find(|case| case.name == *name).unwrap();
        assert!(case.run(candidate).await.is_err(), "{name} does not catch it");
    }
}

#[tokio::test]
async fn a_provider_that_acks_before_it_commits() {
    let cases = ["a_reported_record_is_seen_by_another_process"];
    is_caught_by(&Provider(AcksBeforeCommit::new), &cases).await;
}

#[tokio::test]
async fn a_provider_that_uses_a_position_again() {
    let cases = ["positions_have_no_gaps", "a_reported_record_stands_where_it_was_reported"];
    is_caught_by(&Provider(ReusesAPosition::new), &cases).await;
}

#[tokio::test]
async fn a_provider_that_skips_a_position() {
    is_caught_by(&Provider(SkipsAPosition::new), &["positions_have_no_gaps", "an_append_in_place_counts"]).await;
}

#[tokio::test]
async fn a_provider_that_wakes_nobody() {
    is_caught_by(&Provider(WakesNobody::new), &["the_end_wakes_who_watches_it"]).await;
}

#[tokio::test]
async fn a_reader_that_ignores_claims() {
    is_caught_by(&Reader::IgnoresClaims, &["only_the_claim_in_force_counts", "a_record_before_any_claim_is_void"])
        .await;
}

#[tokio::test]
async fn a_reader_that_ignores_n() {
    let cases = ["a_doubled_record_counts_once", "nothing_counts_behind_a_hole", "a_reordered_record_is_void"];
    is_caught_by(&Reader::IgnoresN, &cases).await;
}

#[tokio::test]
async fn a_reader_that_ignores_the_term() {
    is_caught_by(&Reader::IgnoresTerm, &["a_claim_that_comes_late_is_void"]).await;
}

#[tokio::test]
async fn a_reader_that_ignores_the_home() {
    is_caught_by(&Reader::IgnoresHome, &["a_claim_made_for_another_log_is_void"]).await;
}

#[tokio::test]
async fn a_reader_that_ignores_the_seal() {
    is_caught_by(&Reader::IgnoresSeal, &["nothing_counts_after_a_seal"]).await;
}

#[tokio::test]
async fn a_reader_that_resumes_from_a_bare_offset() {
    let cases = ["a_stored_cursor_resumes_in_the_middle_of_a_reign", "a_stored_cursor_resumes_behind_a_void_claim"];
    is_caught_by(&Reader::ResumesFromABareOffset, &cases).await;
}

#[tokio::test]
async fn a_reader_that_lets_a_void_claim_end_the_reign() {
    is_caught_by(&Reader::TakesVoidForEnd, &["a_claim_that_comes_late_is_void"]).await;
}

#[tokio::test]
async fn a_writer_with_one_outcome_for_a_whole_batch() {
    let cases = ["an_append_across_anothers_claim_is_kept_up_to_it"];
    is_caught_by(&Writer::OneOutcomeForAll, &cases).await;
}

#[tokio::test]
async fn a_writer_that_checks_only_the_first_position() {
    let cases =
        ["an_append_across_anothers_claim_is_kept_up_to_it", "an_append_with_a_double_counts_and_the_reign_goes_on"];
    is_caught_by(&Writer::ChecksOnlyTheFirst, &cases).await;
}

#[tokio::test]
async fn a_writer_that_takes_a_hole_for_void() {
    is_caught_by(&Writer::TakesAHoleForVoid, &["an_append_with_a_hole_counts_up_to_it_and_ends_the_reign"]).await;
}

#[tokio::test]
async fn a_writer_that_takes_silence_for_void() {
    is_caught_by(&Writer::TakesSilenceForVoid, &["an_append_without_a_report_is_unknown_and_ends_the_reign"]).await;
}

#[tokio::test]
async fn a_writer_that_reigns_on_after_silence() {
    is_caught_by(&Writer::ReignsOn, &["an_append_without_a_report_is_unknown_and_ends_the_reign"]).await;
}

#[tokio::test]
async fn a_writer_that_takes_a_landing_below_its_place_for_appended() {
    is_caught_by(&Writer::TakesLowerForAppended, &["an_append_reported_below_its_place_means_a_cut_log"]).await;
}
