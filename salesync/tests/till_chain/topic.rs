//! `salesync topic` as an operator types it.

use std::process::{Command, Output};

use crate::harness::broker_address;

fn topic(arguments: &[&str], name: &str) -> Output {
    let log = format!("kafka://{}/{name}-{}", broker_address(), std::process::id());
    let mut command = Command::new(env!("CARGO_BIN_EXE_salesync"));
    command.arg("topic").args(arguments).args(["--log", &log, "--allow-single-replica"]).output().unwrap()
}

#[test]
fn a_topic_is_made_once_and_found_made_after_that() {
    let create = ["create", "--partitions", "2", "--replicas", "1"];
    assert!(!topic(&["check"], "made").status.success(), "nobody has made it yet");
    for said in ["is made: 2 partitions, 1 replicas", "is there already and as a log must be"] {
        let made = topic(&create, "made");
        let told = String::from_utf8_lossy(&made.stdout).into_owned();
        assert!(made.status.success() && told.contains(said), "{told} {}", String::from_utf8_lossy(&made.stderr));
    }
    assert!(topic(&["check"], "made").status.success());
    let refused = topic(&["create", "--partitions", "3", "--replicas", "1"], "made");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.contains("with 2 partitions"), "{told}");
}
