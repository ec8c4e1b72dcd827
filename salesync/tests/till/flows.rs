//! The front end's flows, request by request in its order.

use std::sync::LazyLock;

use serde_json::json;

use crate::harness::Server;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

#[test]
fn a_guest_signs_up_and_finds_an_empty_store_at_once() {
    let name = crate::harness::new_name();
    let check = SERVER.guest().get(&format!("/stores/check?username={name}")).is(200);
    assert_eq!(check["result"], "success");
    let till = SERVER.sign_up_as(&name, &json!({}));
    assert_eq!(till.get("/orders/unpaids").is(200)["orders"], json!([]));
}
