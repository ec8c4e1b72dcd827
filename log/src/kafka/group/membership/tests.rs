//! A revocation shows first, and ends once all that was asked back is let go.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc::sync_channel;

use super::*;

/// How often two threads are raced, so that one which does not wait is seen to win.
const RACES: usize = 50;

#[test]
fn a_revocation_ends_when_the_last_partition_is_let_go_and_not_before() {
    for _ in 0..RACES {
        let assigned = Arc::new(Assigned::default());
        let partitions = BTreeSet::from([Partition(1), Partition(2)]);
        assigned.came(&BTreeSet::from([Partition(0), Partition(1), Partition(2)]));
        let (tell, told) = sync_channel(3);
        let revoking = std::thread::spawn({
            let (assigned, tell) = (Arc::clone(&assigned), tell.clone());
            move || {
                assigned.asked_for(&partitions);
                tell.send("revoked").unwrap();
            }
        });
        while assigned.has(Partition(1)) {
            std::thread::yield_now();
        }
        assert!(assigned.has(Partition(0)), "what was not asked back stays");
        for (partition, word) in [(Partition(1), "one is let go"), (Partition(2), "both are")] {
            // Whoever does not wait has been in front of this for as long as it takes to wake the other.
            std::thread::yield_now();
            tell.send(word).unwrap();
            assigned.let_go(partition);
        }
        revoking.join().unwrap();
        assert_eq!([(); 3].map(|()| told.recv().unwrap()), ["one is let go", "both are", "revoked"]);
    }
}

#[test]
fn what_nobody_lets_go_of_is_given_back_all_the_same() {
    let assigned = Assigned::default();
    let partitions = BTreeSet::from([Partition(0)]);
    assigned.came(&partitions);
    assigned.asked_for(&partitions);
    assert!(!assigned.has(Partition(0)));
}
