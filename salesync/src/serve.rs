//! `salesync serve`: HTTP in front of a data folder, until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use command_api::CommandState;
use events::StoreId;
use query_api::{Parts, QueryState};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};
use web::{
    Clock, EdgeOptions, Freshness, Gate, Ids, Passwords, ServerLimits, Sessions, Throttle, ThrottleLimits, Tokens,
    TrustedProxies,
};

use crate::ambient::{SystemClock, SystemIds};
use crate::cli::Serve;
use crate::consequences::Consequences;
use crate::folder::Held;
use crate::freshness::OwnProgress;
use crate::health::Watched;
use crate::secret::TokenSecret;
use crate::shop::{PARTITION, Shop};
use crate::{admin, api};

/// Passwords hashed at once: each takes 19 MiB.
const HASHES_AT_ONCE: usize = 2;
/// How long requests under way may take to finish when the process is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or SIGINT, then answers what is under way and ends.
pub async fn run(folder: Held, options: &Serve) -> anyhow::Result<()> {
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let secret = TokenSecret::of_installation(&folder)?;
    let proxies: TrustedProxies = options.trusted_proxies.join(",").parse().context("--trusted-proxies")?;
    let mut terminated = signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("SIGINT cannot be heard")?;
    let listener = TcpListener::bind(options.listen).await.with_context(|| {
        format!("{} is not free: stop what listens there, or choose another --listen", options.listen)
    })?;
    let meters = admin::install_metrics()?;
    let shop = Shop::open(&folder, Arc::clone(&clock), Arc::clone(&ids)).await?;
    let tokens = Tokens::new(secret.as_bytes(), Arc::clone(&clock), Arc::clone(&ids)).context("the token secret")?;
    let consequences = Consequences::start(&shop, &options.consequences, Arc::clone(&clock), Arc::clone(&ids)).await;
    let watched = Watched::of(&shop).with_reactors(consequences.status());
    let (router, queries) = router(&shop, options, &tokens, (Arc::clone(&clock), Arc::clone(&ids)), watched.clone());
    let service =
        web::edge(router, EdgeOptions { origins: options.cors_origins.join(",").parse()?, ..EdgeOptions::new(ids) });
    let admin = admin::start(&folder, options.admin_listen, (&shop, watched), meters).await?;
    let address = listener.local_addr().context("the address that is listened at")?;
    info!(listen = %address, admin.listen = %admin.address, data = %folder.root().display(), "serving");
    let stop = async {
        tokio::select! { _ = terminated.recv() => {}, _ = interrupted.recv() => {} }
        info!("stopping: what is under way is answered first");
        queries.close();
    };
    let limits = ServerLimits { drain: DRAIN, ..ServerLimits::default() };
    web::serve(listener, service, limits, proxies, stop).await;
    admin.stop().await;
    consequences.stop().await;
    shop.close().await?;
    info!("stopped");
    Ok(())
}

fn router(
    shop: &Shop,
    options: &Serve,
    tokens: &Tokens,
    (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>),
    watched: Watched,
) -> (axum::Router, QueryState) {
    let demonstration = options.demonstration_store.as_deref().map(StoreId::of_username);
    if let Some(store) = demonstration {
        warn!(store.id = %store, "requests without a token are served as this demonstration store: never do this with a real one");
    }
    let sessions: Arc<dyn Sessions> = shop.sessions.clone();
    let gate = Arc::new(Gate::new(tokens.clone(), sessions, demonstration));
    let end = log::Log::end(shop.log.as_ref(), PARTITION);
    let freshness: Arc<dyn Freshness> =
        Arc::new(OwnProgress::new(shop.projector.progress(), end, shop.writer.status()));
    let passwords = Arc::new(Passwords::new(HASHES_AT_ONCE));
    let throttle = Arc::new(Throttle::new(ThrottleLimits::default()));
    let commands = CommandState {
        writer: shop.writer.clone(),
        partition: PARTITION,
        gate: Arc::clone(&gate),
        tokens: tokens.clone(),
        passwords: Arc::clone(&passwords),
        throttle: Arc::clone(&throttle),
        freshness: Arc::clone(&freshness),
        ids,
        clock,
    };
    let log: Arc<dyn log::Log> = shop.log.clone();
    let parts = Parts { gate, log, views: shop.views.clone(), freshness, passwords, tokens: tokens.clone(), throttle };
    let queries = QueryState::new(parts);
    (api::router(commands, queries.clone(), watched).0, queries)
}
