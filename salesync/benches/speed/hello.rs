//! What the queries are held against: an axum handler that answers `hello`.

use axum::Router;
use axum::routing::get;

/// Serves until killed; says where it listens as the real server does.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let hello =
            Router::new().route("/hello", get(|| async { "hello" })).route("/health/ready", get(|| async { "" }));
        #[allow(clippy::print_stderr, reason = "this is how the parent learns the address")]
        {
            eprintln!("{{\"listen\":\"{address}\"}}");
        }
        axum::serve(listener, hello).await.expect("serving");
    });
}
