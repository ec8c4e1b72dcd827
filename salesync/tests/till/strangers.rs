//! A store sees only itself: another's ids, wherever they are put, are nobody's.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Server, Till};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// An id that no store has.
const NOBODYS: i64 = 9_000_000;

/// A store with three categories, items up to 3, two sales and an open table 5.
fn rich() -> Till {
    let till = SERVER.cafe(&[("라떼", 5500), ("차", 4000), ("물", 1000)]);
    for name in ["둘", "셋"] {
        till.post("/categories/", &json!({"name": name})).is(201);
    }
    for _ in 0..2 {
        till.order(5, &[(3, 1)]).is(200);
        till.pay(5).is(201);
    }
    till.order(5, &[(3, 1)]).is(200);
    till
}

/// A store with one of each, so that ids above 1 are the other's alone.
fn poor() -> Till {
    let till = SERVER.cafe(&[("남", 1)]);
    till.order(1, &[(1, 1)]).is(200);
    till
}

/// Everything that the store shows.
fn everything(till: &Till) -> Vec<Value> {
    ["/stores/", "/categories/", "/categories/items", "/bff/costs", "/orders/unpaids", "/sales/"]
        .iter()
        .map(|path| till.get(path).is(200))
        .collect()
}

#[test]
fn f10_anothers_id_in_a_path_is_the_same_404_as_nobodys() {
    let (rich, poor) = (rich(), poor());
    let before = everything(&rich);
    let name = json!({"name": "geraubt", "price": 1, "cost": 1, "password": "Stolen-1!!"});
    for (method, path, theirs) in [
        ("PUT", "/categories/{}", 2),
        ("DELETE", "/categories/{}", 2),
        ("POST", "/categories/{}/items", 2),
        ("GET", "/categories/items/{}", 3),
        ("PUT", "/categories/items/{}", 3),
        ("DELETE", "/categories/items/{}", 3),
        ("PUT", "/categories/items/costs/{}", 3),
        ("PUT", "/dashboard/costs/{}", 3),
        ("DELETE", "/sales/{}", 1),
    ] {
        let ask = |id: i64| poor.send(method, &path.replace("{}", &id.to_string()), Some(name.to_string().as_bytes()));
        let (theirs, nobodys) = (ask(theirs), ask(NOBODYS));
        theirs.refused(404, "not-found");
        assert_eq!(theirs.body, nobodys.body, "{method} {path}");
    }
    assert_eq!(everything(&rich), before);
}

#[test]
fn f10_anothers_store_cannot_be_changed_or_closed_and_looks_like_nobodys() {
    let (rich, poor) = (rich(), poor());
    let password = json!({"password": "Stolen-1!!"});
    let nobody = format!("/stores/{}", "00000000-0000-4000-8000-000000000000");
    let theirs = format!("/stores/{}", rich.store_id);
    let refused = poor.put(&nobody, &password);
    refused.refused(404, "not-found");
    assert_eq!(poor.put(&theirs, &password).body, refused.body);
    assert_eq!(poor.delete(&theirs).body, poor.delete(&nobody).body);
    assert_eq!(poor.delete("/stores/1").body, refused.body);
    let log_in = json!({"username": rich.username, "password": PASSWORD});
    SERVER.guest().post("/stores/login", &log_in).is(200);
    rich.get("/stores/").is(200);
}

#[test]
fn f10_anothers_ids_in_a_body_are_404_and_change_nothing() {
    let (rich, poor) = (rich(), poor());
    let before = everything(&rich);
    let refused = poor.order(1, &[(3, 1)]);
    refused.refused(404, "not-found");
    assert_eq!(poor.order(1, &[(NOBODYS, 1)]).body, refused.body);
    assert_eq!(poor.reorder(1, &[(3, 1)]).body, refused.body);
    for path in ["/categories/items/costs", "/dashboard/costs"] {
        let costs = |item: i64| poor.post(path, &json!({"items": [{"item_id": item, "cost": 1}]}));
        assert_eq!((costs(3).body, costs(NOBODYS).body), (refused.body.clone(), refused.body.clone()));
    }
    let costs = |item: i64| poor.post("/bff/costs", &json!({"items": [{"items": [{"item_id": item, "cost": 1}]}]}));
    assert_eq!((costs(3).body, costs(NOBODYS).status), (refused.body, 404));
    // A table's number means one's own table, whoever else has something on theirs.
    poor.pay(5).refused(409, "no-open-order");
    assert_eq!(poor.delete("/orders/5").is(200)["orders"], json!([]));
    assert_eq!(poor.table(5), (vec![], 0));
    assert_eq!(everything(&rich), before);
}

#[test]
fn f10_a_stores_name_or_id_in_a_query_or_body_selects_nothing() {
    let (rich, poor) = (rich(), poor());
    let id = &rich.store_id;
    for path in ["/stores/", "/categories/", "/categories/items", "/orders/unpaids", "/sales/", "/bff/costs"] {
        let own = poor.get(path).is(200);
        assert_eq!(poor.get(&format!("{path}?store_id={id}&store={id}&username={}", rich.username)).is(200), own);
    }
    let check = poor.post("/stores/pwcheck", &json!({"password": "Wrong-one1!", "store_id": id})).is(200);
    assert_eq!(check["result"], "failed");
    let mut renamed = poor.post("/categories/", &json!({"name": "x", "store_id": id})).is(201);
    assert_eq!(renamed["id"].take(), json!(2));
}

#[test]
fn f10_anothers_position_and_tag_tell_nothing() {
    let (rich, poor) = (rich(), poor());
    let theirs = rich.order(6, &[(1, 1)]);
    let after = theirs.header("salesync-position").unwrap();
    let plain = SERVER.guest().bearer(poor.token());
    assert_eq!(plain.get(&format!("/orders/unpaids?after={after}")).is(200)["store_id"], poor.store_id);
    let tag = rich.get("/orders/unpaids").header("etag").unwrap().to_owned();
    assert_eq!(plain.with("If-None-Match", &tag).get("/orders/unpaids").is(200)["store_id"], poor.store_id);
}

#[test]
fn f10_a_closed_stores_token_opens_nothing_at_all() {
    let till = rich();
    till.delete(&format!("/stores/{}", till.store_id)).is(200);
    let told = till.get("/stores/");
    told.refused(401, "unauthorized");
    for (method, path) in [
        ("GET", "/categories/"),
        ("GET", "/orders/unpaids"),
        ("GET", "/sales/"),
        ("GET", "/bff/costs"),
        ("POST", "/categories/"),
        ("POST", "/orders/"),
        ("PUT", "/orders/"),
        ("DELETE", "/orders/5"),
        ("POST", "/sales/"),
        ("DELETE", "/sales/1"),
        ("POST", "/stores/pwcheck"),
    ] {
        let body = json!({"name": "x", "table_no": 5, "carts": [{"item_id": 3, "quantity": 1}], "payment_type": "card",
            "password": PASSWORD});
        let answer = till.send(method, path, Some(body.to_string().as_bytes()));
        assert_eq!((answer.status, &answer.body), (401, &told.body), "{method} {path}");
    }
}
