//! Bodies and requests that nobody means well with: a refusal each, never a 500, and no memory for them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::LazyLock;

use serde_json::json;

use crate::harness::{PATIENCE, Server, Till};

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// Every route that reads a body.
const ROUTES: [(&str, &str); 14] = [
    ("POST", "/stores/"),
    ("POST", "/stores/login"),
    ("POST", "/stores/pwcheck"),
    ("POST", "/categories/"),
    ("PUT", "/categories/1"),
    ("POST", "/categories/1/items"),
    ("PUT", "/categories/items/1"),
    ("POST", "/categories/items/costs"),
    ("PUT", "/categories/items/costs/1"),
    ("POST", "/bff/costs"),
    ("POST", "/dashboard/costs"),
    ("POST", "/orders/"),
    ("PUT", "/orders/"),
    ("POST", "/sales/"),
];

/// What a client may send that is no JSON object at all.
fn nonsense() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("half", b"{\"name\": ".to_vec()),
        ("nan", b"{\"name\": \"x\", \"price\": NaN, \"cost\": NaN, \"table_no\": NaN}".to_vec()),
        ("infinity", b"{\"price\": -Infinity}".to_vec()),
        ("invalid utf-8", b"{\"name\": \"\xff\xfe\", \"password\": \"\xc3\"}".to_vec()),
        (
            "a lone surrogate",
            br#"{"name": "\ud800", "username": "\ud800", "password": "\udfff", "table_no": "\ud800",
            "cost": "\ud800", "items": "\ud800"}"#
                .to_vec(),
        ),
        ("two objects", b"{}{}".to_vec()),
        ("a list", b"[1, 2, 3]".to_vec()),
        ("a text", b"\"text\"".to_vec()),
        ("null", b"null".to_vec()),
        ("deep lists", [vec![b'['; 10_000], vec![b']'; 10_000]].concat()),
        ("deep objects", "{\"a\":".repeat(10_000).into_bytes()),
        ("deep in a field", format!("{{\"name\": {}1{}}}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes()),
        ("nulls", vec![0; 1_000]),
        ("latin", b"name=x&price=1".to_vec()),
    ]
}

#[test]
fn nonsense_is_refused_everywhere_and_never_a_500() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    for (method, path) in ROUTES {
        for (what, body) in nonsense() {
            let answer = till.send(method, path, Some(&body));
            assert!(matches!(answer.status, 400 | 422), "{method} {path}, {what}: {}", answer.text());
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        }
    }
    assert_eq!(till.get("/categories/items/1").is(200)["item"]["price"], json!(5500));
}

#[test]
fn numbers_of_any_size_are_refused_with_their_field() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let digits = "9".repeat(100_000);
    for number in ["1e400", "-1e400", "1e99999999999999999999", "9223372036854775808", "18446744073709551616", &digits]
    {
        for quoted in [number.to_owned(), format!("\"{number}\"")] {
            let refused = |method: &str, path: &str, body: String, field: &str| {
                let answer = till.send(method, path, Some(body.as_bytes())).refused(422, "invalid-field");
                assert!(answer["field"].as_str().unwrap().ends_with(field), "{answer}");
            };
            refused("POST", "/categories/1/items", format!("{{\"name\":\"x\",\"price\":{quoted}}}"), "price");
            refused("PUT", "/categories/items/costs/1", format!("{{\"cost\":{quoted}}}"), "cost");
            let carts = format!("{{\"table_no\":1,\"carts\":[{{\"item_id\":1,\"quantity\":{quoted}}}]}}");
            refused("POST", "/orders/", carts, "quantity");
            let carts = format!("{{\"table_no\":{quoted},\"carts\":[]}}");
            refused("PUT", "/orders/", carts, "table_no");
        }
    }
    assert_eq!(till.table(1), (vec![], 0));
}

#[test]
fn ids_of_any_size_in_a_path_are_404() {
    let till = SERVER.sign_up();
    for id in ["9223372036854775808", "-1", "0", "1e3", "1.0", "%00", "%ff", "..%2f..", &"9".repeat(1_000)] {
        for path in ["/categories", "/categories/items", "/sales"] {
            let answer = till.delete(&format!("{path}/{id}"));
            assert_eq!(answer.status, 404, "{path}/{id}: {}", answer.text());
        }
        let answer = till.get(&format!("/categories/items/{id}"));
        assert_eq!(answer.status, 404, "{id}: {}", answer.text());
    }
}

#[test]
fn a_query_of_any_kind_is_a_4xx_at_worst() {
    let till = SERVER.sign_up();
    for query in ["date=%ff", "date=%", "date=%00", "start=&end=", "date", "=&=&=", &"a=b&".repeat(2_000)] {
        for path in ["/sales/daily", "/orders/daily", "/bff/sales", "/stores/check", "/categories/"] {
            let answer = till.get(&format!("{path}?{query}"));
            assert!(answer.status < 500, "{path}?{query}: {}", answer.text());
        }
    }
}

#[test]
fn a_body_of_100_megabytes_is_413_and_takes_no_memory() {
    let server = Server::start();
    let till = server.cafe(&[("라떼", 5500)]);
    let before = server.peak_memory_kilobytes();
    let huge = vec![b' '; 100 << 20];
    for (method, path) in [("POST", "/orders/"), ("POST", "/stores/login"), ("PUT", "/categories/1")] {
        let answer = till.send(method, path, Some(&huge));
        let problem = answer.refused(413, "body-too-large");
        assert_eq!((&problem["limit"], &problem["maximum"]), (&json!("body_bytes"), &json!(2 << 20)));
    }
    let grown = server.peak_memory_kilobytes() - before;
    assert!(grown < 40_000, "{grown} kB more");
    till.get("/categories/").is(200);
}

/// A body in chunks, of which nobody says how many will come.
fn chunked(till: &Till, megabytes: usize) -> String {
    let mut stream = TcpStream::connect(till.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /orders/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        till.token()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    for _ in 0..megabytes {
        // The server may have had enough and closed.
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_body_in_endless_chunks_is_413_too() {
    let till = SERVER.sign_up();
    let answer = chunked(&till, 100);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("body-too-large"));
}

#[test]
fn a_body_just_below_the_limit_is_read_to_its_end() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let mut body = json!({"table_no": 1, "carts": [{"item_id": 1, "quantity": 1}]}).to_string();
    body.push_str(&" ".repeat((2 << 20) - body.len()));
    till.send("POST", "/orders/", Some(body.as_bytes())).is(200);
    body.push(' ');
    till.send("POST", "/orders/", Some(body.as_bytes())).refused(413, "body-too-large");
    assert_eq!(till.table(1), (vec![(1, 1)], 5500));
}

#[test]
fn many_lines_in_two_megabytes_are_a_limit_and_no_work() {
    let till = SERVER.cafe(&[("라떼", 5500)]);
    let entries = vec![r#"{"item_id":1,"quantity":1}"#; 70_000].join(",");
    let body = format!("{{\"table_no\":1,\"carts\":[{entries}]}}");
    assert_eq!(till.send("POST", "/orders/", Some(body.as_bytes())).refused(422, "invalid-field")["limit"], "lines");
    let entries = vec![r#"{"item_id":1,"cost":1}"#; 70_000].join(",");
    let body = format!("{{\"items\":[{entries}]}}");
    let refused = till.send("POST", "/categories/items/costs", Some(body.as_bytes())).refused(422, "invalid-field");
    assert_eq!(refused["limit"], "costs");
}

#[test]
fn what_is_no_request_ends_its_connection_and_nothing_else() {
    let till = SERVER.sign_up();
    for bytes in [
        b"\r\n\r\n\r\n".as_slice(),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"POST /orders/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /orders/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(till.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let status = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || status.starts_with("HTTP/1.1 4"), "{status}");
        till.get("/categories/").is(200);
    }
    let many = (0..500).fold(till.clone(), |till, nth| till.with(&format!("X-{nth}"), "y"));
    assert!(many.get("/categories/").status < 500);
}

#[test]
fn a_page_of_nothing_but_headers_is_refused() {
    let till = SERVER.sign_up();
    let answer = till.with("X-Long", &"x".repeat(200_000)).try_raw_get("/categories/");
    assert!(answer.is_none_or(|status| (400..500).contains(&status)), "{answer:?}");
    till.get("/categories/").is(200);
}

impl Till {
    /// The status, or none if the server hung up without one.
    fn try_raw_get(&self, path: &str) -> Option<u16> {
        let mut bytes = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        for (name, value) in &self.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        self.try_raw((bytes + "\r\n").as_bytes()).ok().map(|answer| answer.status)
    }
}
