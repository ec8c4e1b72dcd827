//! Planted canaries: nothing that is logged, at any level, shows a secret or what a person typed.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use crate::fixture::serve;

/// Everything that is logged by this process's tests.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn planted_canaries_never_appear_in_the_logs() {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false).with_writer(kept.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let served = serve().await;
    let bearer = "Authorization: Bearer canary-token";
    served.send("GET", "/owner?name=canary-query", &[bearer, "X-Forwarded-For: canary-address"], "").await;
    served.send("GET", "/canary-path/canary-path", &[bearer, "Cookie: canary-cookie"], "").await;
    served.send_signed("GET", "/items/canary-id", "").await;
    served.send_signed("GET", "/days?start=canary-date&after=canary-after", "").await;
    served.send_signed("PUT", "/items/1", r#"{"price":"canary-price","canary-field":1}"#).await;
    served.send_signed("PUT", "/items/1", "canary-body").await;
    served.send("POST", "/login", &["Idempotency-Key: canary key"], r#"{"password":"canary-password"}"#).await;
    served.send("POST", "/login", &[], r#"{"password":"canary"}"#).await;
    served.send("GET", "/panic", &["X-Request-Id: canary id"], "").await;
    served.exchange(b"canary-method canary-uri canary\r\n\r\n").await;

    let token = served.token();
    let logged = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    for line in ["request answered", "request failed", "/items/{id}", "unmatched", "fields and secrets"] {
        assert!(logged.contains(line), "the log is not being read: no {line:?} in it");
    }
    assert!(!logged.contains("canary"), "{logged}");
    assert!(!logged.contains(token.split('.').nth(1).unwrap()), "{logged}");
}
