//! Membership: partitions are shared out, handed over in order, confirmed, and lost with the session.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::Partition;
use log::{Group, GroupOptions, KafkaOptions, NotConfirmed};

use crate::scene;

fn member(options: &KafkaOptions, advertised: &str) -> Group {
    let group = format!("{}-writers", options.address.topic());
    let session_timeout_ms = 1_500;
    let options = GroupOptions { session_timeout_ms, ..GroupOptions::new(options.address.clone(), group, advertised) };
    Group::join(options).unwrap()
}

async fn until(group: &Group, holds: impl Fn(&BTreeSet<Partition>) -> bool) -> BTreeSet<Partition> {
    let mut assigned = group.assigned();
    let found = assigned.wait_for(|assigned| holds(assigned)).await.unwrap();
    BTreeSet::clone(&Arc::clone(&found))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_partition_is_kept_until_it_is_let_go_and_then_it_is_the_others() {
    let options = scene::topic(4).await;
    let one = member(&options, "http://one:1");
    let all = until(&one, |assigned| assigned.len() == 4).await;
    for partition in &all {
        one.confirm(*partition).await.unwrap();
    }
    for partition in &all {
        assert_eq!(one.owner(*partition).await.as_deref(), Some("http://one:1"));
    }

    let two = member(&options, "http://two:2");
    let kept = until(&one, |assigned| assigned.len() == 2).await;
    assert!(two.assigned().borrow().is_empty(), "what is not let go is nobody else's");
    let given: BTreeSet<_> = all.difference(&kept).copied().collect();
    for partition in &given {
        assert_eq!(one.confirm(*partition).await, Err(NotConfirmed::NotAssigned));
        one.let_go(*partition);
    }
    assert_eq!(until(&two, |assigned| assigned.len() == 2).await, given);

    let moved = *given.first().unwrap();
    assert_eq!(two.confirm(*kept.first().unwrap()).await, Err(NotConfirmed::NotAssigned));
    two.confirm(moved).await.unwrap();
    // What is known is kept for a second; a third member has asked nobody yet.
    let beside = member(&options, "http://three:3");
    assert_eq!(beside.owner(moved).await.as_deref(), Some("http://two:2"));
    assert_eq!(beside.owner(*kept.first().unwrap()).await.as_deref(), Some("http://one:1"));
    assert_eq!(beside.owner(Partition(99)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_lets_go_first_and_its_partitions_go_to_the_others() {
    let options = scene::topic(2).await;
    let one = Arc::new(member(&options, "http://one:1"));
    until(&one, |assigned| assigned.len() == 2).await;
    let two = member(&options, "http://two:2");
    let kept = until(&one, |assigned| assigned.len() == 1).await;
    let given = [Partition(0), Partition(1)].into_iter().find(|partition| !kept.contains(partition)).unwrap();
    one.let_go(given);
    until(&two, |assigned| assigned.len() == 1).await;

    let leaving = tokio::spawn({
        let one = Arc::clone(&one);
        async move { one.leave().await }
    });
    until(&one, BTreeSet::is_empty).await;
    one.let_go(*kept.first().unwrap());
    leaving.await.unwrap();
    until(&two, |assigned| assigned.len() == 2).await;
    assert_eq!(one.confirm(*kept.first().unwrap()).await, Err(NotConfirmed::NotAssigned));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ran_out_takes_the_assignment_at_once_and_it_comes_back() {
    let broker = scene::breakable().await;
    let own = broker.own.as_ref().unwrap();
    let options = scene::options(&broker.address, &scene::new_name());
    scene::make(&options, 2).await;
    let one = member(&options, "http://one:1");
    until(&one, |assigned| assigned.len() == 2).await;
    own.pause();
    until(&one, BTreeSet::is_empty).await;
    assert_eq!(one.confirm(Partition(0)).await, Err(NotConfirmed::NotAssigned));
    own.resume();
    until(&one, |assigned| assigned.len() == 2).await;
    one.confirm(Partition(0)).await.unwrap();
}
