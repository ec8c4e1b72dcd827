//! A client in the words of the trade, each request on a connection of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::answer::Answer;
use super::bodies::table_of;
use super::server::Server;
use super::{ASKED_AGAIN, PATIENCE};

/// A client: the headers that it sends with everything, and whose it is.
#[derive(Clone)]
pub(crate) struct Till {
    pub(crate) address: SocketAddr,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) store_id: String,
    pub(crate) username: String,
    /// The position of the last write, which every GET asks to see: how fast the machine is shows nothing here.
    wrote: Arc<Mutex<Option<(u64, String)>>>,
}

impl Till {
    /// A client without a token.
    pub(super) fn nobodys(address: SocketAddr) -> Self {
        let (store_id, username, wrote) = (String::new(), String::new(), Arc::default());
        Self { address, headers: Vec::new(), store_id, username, wrote }
    }

    /// As the client of this store.
    pub(super) fn of(mut self, store_id: &str, username: &str) -> Self {
        (self.store_id, self.username) = (store_id.to_owned(), username.to_owned());
        self
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// Asks until the answer is of this kind, or patience ends: for what happens in the background. Who says 503 is asked
    /// again.
    #[expect(
        clippy::disallowed_methods,
        reason = "another process is asked again and again, which must not take the machine away from it"
    )]
    pub(crate) fn until(&self, path: &str, kind: impl Fn(&Value) -> bool) -> Value {
        let begun = std::time::Instant::now();
        loop {
            let answer = self.get(path);
            let said = if answer.status == 503 { answer.json() } else { answer.is(200) };
            if answer.status == 200 && kind(&said) {
                return said;
            }
            assert!(begun.elapsed() < PATIENCE, "{path} never became so: {said}");
            std::thread::sleep(ASKED_AGAIN);
        }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body.to_string().as_bytes()))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(body.to_string().as_bytes()))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// With this header instead of any of its name.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut till = self.without(name);
        till.headers.push((name.to_owned(), value.to_owned()));
        till
    }

    /// Without the header.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut till = self.clone();
        till.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        till
    }

    /// With this token.
    pub(crate) fn bearer(&self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    /// With this idempotency key.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.with("Idempotency-Key", key)
    }

    /// The token that it sends.
    pub(crate) fn token(&self) -> &str {
        let header = self.headers.iter().find(|(name, _)| name == "Authorization").expect("a token");
        header.1.strip_prefix("Bearer ").unwrap()
    }

    /// The same client after the server moved.
    pub(crate) fn at(&self, server: &Server) -> Self {
        Self { address: server.address(), ..self.clone() }
    }

    /// A request with any bytes as body, of JSON by its headers.
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let after = self.wrote.lock().unwrap().as_ref().filter(|_| method == "GET").map(|(_, stamp)| stamp.clone());
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = after.map_or_else(|| path.to_owned(), |stamp| format!("{path}{mark}after={stamp}"));
        let mut bytes = format!("{method} {path} HTTP/1.1\r\nHost: api.salesync.site\r\nConnection: close\r\n");
        for (name, value) in &self.headers {
            bytes += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = body {
            let typed = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            bytes += if typed { "" } else { "Content-Type: application/json\r\n" };
            bytes += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut bytes = (bytes + "\r\n").into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        let answer = self.raw(&bytes);
        self.remember(&answer);
        answer
    }

    /// Keeps the position of a write.
    pub(super) fn remember(&self, answer: &Answer) {
        let Some(stamp) = answer.header("salesync-position") else { return };
        let position = stamp.rsplit('-').next().unwrap().parse().unwrap();
        let mut wrote = self.wrote.lock().unwrap();
        if wrote.as_ref().is_none_or(|(known, _)| *known < position) {
            *wrote = Some((position, stamp.to_owned()));
        }
    }

    /// These bytes on a connection of their own, and what comes back on it.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        self.try_raw(bytes).expect("an answer")
    }

    /// The same, where the server may be gone in between.
    pub(crate) fn try_raw(&self, bytes: &[u8]) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        // Who refuses a long body may close before its end; then the answer is there all the same.
        let sent = stream.write_all(bytes);
        let mut received = Vec::new();
        let read = stream.read_to_end(&mut received);
        if received.is_empty() {
            sent?;
            read?;
        }
        Answer::parse(&received).ok_or_else(|| std::io::Error::other("no whole answer"))
    }

    /// The menu's one category with items of these names and prices, whose ids are 1, 2, 3 … in a new store.
    pub(crate) fn menu(&self, items: &[(&str, i64)]) {
        let category = &self.post("/categories/", &json!({"name": "음료"})).is(201)["id"];
        for (name, price) in items {
            let path = format!("/categories/{category}/items");
            self.post(&path, &json!({"name": name, "price": price})).is(201);
        }
    }

    /// So many of an item on a table.
    pub(crate) fn order(&self, table: i64, carts: &[(i64, i64)]) -> Answer {
        self.post("/orders/", &table_of(table, carts))
    }

    /// All that is to be on a table.
    pub(crate) fn reorder(&self, table: i64, carts: &[(i64, i64)]) -> Answer {
        self.put("/orders/", &table_of(table, carts))
    }

    /// A payment by card without a stated total.
    pub(crate) fn pay(&self, table: i64) -> Answer {
        self.post("/sales/", &json!({"table_no": table, "payment_type": "카드"}))
    }

    /// What an item costs the store.
    pub(crate) fn cost(&self, item: i64, cost: i64) {
        self.put(&format!("/categories/items/costs/{item}"), &json!({"cost": cost})).is(200);
    }

    /// What is on a table, as `(item, quantity)` and the total.
    pub(crate) fn table(&self, table: i64) -> (Vec<(i64, i64)>, i64) {
        let shown = self.get(&format!("/orders/unpaids/{table}")).is(200);
        let line = |line: &Value| (line["item_id"].as_i64().unwrap(), line["quantity"].as_i64().unwrap());
        (shown["carts"].as_array().unwrap().iter().map(line).collect(), shown["total_price"].as_i64().unwrap())
    }
}
