//! How long requests took, by route, method and kind of status: one histogram, whose counts are the requests.

use std::array;
use std::sync::OnceLock;

use axum::http::{Method, StatusCode};
use metrics::Histogram;

/// The methods that routes have; what else comes is counted under one name, for a client may invent any.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "HEAD", "other"];
/// The kinds of status.
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// One route's histograms, each looked up at its first use and kept.
pub(super) struct Meters([[OnceLock<Histogram>; STATUSES.len()]; METHODS.len()]);

impl Default for Meters {
    fn default() -> Self {
        Self(array::from_fn(|_| array::from_fn(|_| OnceLock::new())))
    }
}

impl Meters {
    /// The histogram of these requests, in seconds.
    pub(super) fn of(&self, method: &Method, path: &str, status: StatusCode) -> &Histogram {
        let method = METHODS.iter().position(|known| *known == method.as_str()).unwrap_or(METHODS.len() - 1);
        let status = (usize::from(status.as_u16()) / 100).clamp(1, STATUSES.len()) - 1;
        self.0[method][status].get_or_init(|| {
            let labels = [
                ("path", path.to_owned()),
                ("method", METHODS[method].to_owned()),
                ("status", STATUSES[status].to_owned()),
            ];
            metrics::histogram!("http_request_duration_seconds", &labels)
        })
    }
}
