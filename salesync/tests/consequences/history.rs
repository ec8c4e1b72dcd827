//! What the log says, read by the program's own command beside the running server.

use std::process::Command;

use serde_json::Value;

use crate::harness::Server;

/// Every event of the log, in order.
pub(crate) fn events(server: &Server) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_salesync"))
        .args(["log", "--log-format", "json"])
        .args(server.places())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The data of every event of this type.
pub(crate) fn of_type(server: &Server, name: &str) -> Vec<Value> {
    let all =
        events(server).into_iter().map(|line| if line["event"].is_object() { line["event"].clone() } else { line });
    all.filter(|event| event["type"] == name).map(|event| event["data"].clone()).collect()
}

/// The read models hold what the log says.
pub(crate) fn verified(server: &Server) {
    let output = Command::new(env!("CARGO_BIN_EXE_salesync"))
        .args(["verify", "--log-format", "json"])
        .args(server.places())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
