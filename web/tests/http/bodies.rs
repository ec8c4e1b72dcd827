//! Bodies: malformed, huge, deep, hostile.

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::fixture::{Answer, Served, read_answer, serve, within};

async fn put(served: &Served, body: &[u8]) -> Answer {
    let head = format!(
        "PUT /items/1 HTTP/1.1\r\nHost: cafe\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
        served.token(),
        body.len()
    );
    served.exchange(&[head.as_bytes(), body].concat()).await
}

#[tokio::test]
async fn what_is_not_json_is_a_400() {
    let served = serve().await;
    let deep = [b"{\"price\":".to_vec(), vec![b'['; 10_000], vec![b']'; 10_000], b"}".to_vec()].concat();
    let deep_objects = br#"{"a":"#.repeat(10_000);
    for body in [
        &b""[..],
        b" ",
        b"{",
        b"{\"price\":}",
        b"{\"price\":NaN}",
        b"{\"price\":Infinity}",
        b"{\"price\":01}",
        b"{\"price\":1,}",
        b"{price:1}",
        b"{\"price\":1}{}",
        b"{\"price\":1} x",
        b"{\"price\":\"\xff\xfe\"}",
        b"{\"\xc3\x28\":1}",
        b"\xef\xbb\xbf{\"price\":1}",
        b"[1,2",
        b"nul",
        b"\"",
        &deep,
        &deep_objects,
    ] {
        let answer = put(&served, body).await;
        assert!(answer.status == 400 && answer.is_problem("malformed-json"), "{:?}: {answer:?}", body.get(..40));
    }
}

#[tokio::test]
async fn json_of_another_shape_is_a_422_that_names_the_field() {
    let served = serve().await;
    for (body, field) in [
        ("[]", "body"),
        ("null", "body"),
        ("17", "body"),
        ("\"price\"", "body"),
        ("{}", "price"),
        ("{\"price\":null}", "price"),
        ("{\"price\":true}", "price"),
        ("{\"price\":[5]}", "price"),
        ("{\"price\":{}}", "price"),
        ("{\"price\":\"\"}", "price"),
        ("{\"price\":\"5000a\"}", "price"),
        ("{\"price\":\"\\ud800\"}", "price"),
        ("{\"price\":1000.5}", "price"),
        ("{\"price\":-5}", "price"),
        ("{\"price\":1e400}", "price"),
        ("{\"price\":-1e400}", "price"),
        ("{\"price\":1e-400}", "price"),
        ("{\"price\":99999999999999999999999999}", "price"),
        ("{\"price\":1000001}", "price"),
    ] {
        let answer = put(&served, body.as_bytes()).await;
        assert!(answer.status == 422 && answer.is_problem("invalid-field"), "{body}: {answer:?}");
        assert_eq!(answer.json()["field"], field, "{body}");
    }
    let over = put(&served, b"{\"price\":1000001}").await.json();
    assert_eq!(
        (&over["limit"], &over["minimum"], &over["maximum"]),
        (&json!("price_minor_units"), &json!(0), &json!(1_000_000))
    );
}

#[tokio::test]
async fn numbers_are_taken_as_the_clients_write_them() {
    let served = serve().await;
    for (price, number) in
        [("5000", 5000), ("\"5000\"", 5000), ("\" 5000 \"", 5000), ("20.0", 20), ("5e3", 5000), ("-0", 0)]
    {
        let body = format!("{{\"store_id\":1,\"unknown\":[[{{}}]],\"price\":{price}}}");
        assert_eq!(put(&served, body.as_bytes()).await.json()["price"], number, "{price}");
    }
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_and_its_sender_reads_why() {
    let served = serve().await;
    let answer = put(&served, &vec![b'x'; 100_000_000]).await;
    assert!(answer.status == 413 && answer.is_problem("body-too-large"), "{answer:?}");
    assert_eq!((&answer.json()["limit"], &answer.json()["maximum"]), (&json!("body_bytes"), &json!(2_097_152)));
}

#[tokio::test]
async fn a_large_body_without_a_token_is_a_401_that_its_sender_reads() {
    let served = serve().await;
    let head = "PUT /items/1 HTTP/1.1\r\nHost: cafe\r\nContent-Length: 10000000\r\n\r\n";
    let answer = served.exchange(&[head.as_bytes(), &vec![b'x'; 10_000_000]].concat()).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_where_the_limit_is() {
    let served = serve().await;
    let mut stream = served.connect().await;
    let head = format!(
        "PUT /items/1 HTTP/1.1\r\nHost: cafe\r\nConnection: close\r\nAuthorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        served.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    for _ in 0..33 {
        within(stream.write_all(&chunk)).await.unwrap();
    }
    let answer = read_answer(&mut stream).await;
    assert!(answer.status == 413 && answer.is_problem("body-too-large"), "{answer:?}");
}

#[tokio::test]
async fn a_key_is_255_visible_ascii_characters_at_most() {
    let served = serve().await;
    let bearer = format!("Authorization: Bearer {}", served.token());
    let (most, more) = ("k".repeat(255), "k".repeat(256));
    for (key, status) in
        [("till-1/7", 200), ("\"quoted\"", 200), (&most, 200), (&more, 422), ("", 422), ("a b", 422), ("é", 422)]
    {
        let line = format!("Idempotency-Key: {key}");
        let answer = served.send("PUT", "/items/1", &[&bearer, &line], "{\"price\":1}").await;
        assert_eq!(answer.status, status, "{key}");
        assert!(status == 422 || answer.json()["key"] == key);
    }
    let twice =
        served.send("PUT", "/items/1", &[&bearer, "Idempotency-Key: a", "Idempotency-Key: b"], "{\"price\":1}").await;
    assert_eq!((twice.status, &twice.json()["field"]), (422, &json!("Idempotency-Key")));
}

#[tokio::test]
async fn an_id_in_a_path_is_digits_or_nobodys() {
    let served = serve().await;
    for id in ["0", "1", "4000", "9007199254740991"] {
        assert_eq!(served.send_signed("GET", &format!("/items/{id}"), "").await.status, 200, "{id}");
    }
    let nobody = served.send("GET", "/nowhere", &[], "").await;
    for id in [
        "null",
        "undefined",
        "-1",
        "+1",
        "01",
        "1.0",
        "1e3",
        "9007199254740992",
        "99999999999999999999",
        "%31x",
        "%ff",
        "%00",
        "1%2f2",
    ] {
        let answer = served.send_signed("DELETE", &format!("/items/{id}"), "").await;
        assert_eq!((answer.status, &answer.body), (404, &nobody.body), "{id}");
    }
}
