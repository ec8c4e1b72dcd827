//! `salesync serve`: HTTP in front of a data folder, or of one instance's share of a chain, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use command_api::{CommandState, Relay, Writers};
use events::StoreId;
use migrations::Views;
use projectors::Handle;
use query_api::{Parts, QueryState};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};
use web::{
    Clock, EdgeOptions, Freshness, Gate, Ids, Passwords, ServerLimits, Sessions, Throttle, ThrottleLimits, Tokens,
    TrustedProxies,
};

use crate::ambient::{SystemClock, SystemIds};
use crate::chain::Chain;
use crate::cli::{Role, Serve};
use crate::consequences::{Consequences, Others, Reactors, Services};
use crate::folder::Folder;
use crate::health::{ShopCondition, Watched};
use crate::places::{ChainPlaces, Places};
use crate::secret::TokenSecret;
use crate::shop::Shop;
use crate::{admin, api};

/// Passwords hashed at once: each takes 19 MiB.
const HASHES_AT_ONCE: usize = 2;
/// How long requests under way may take to finish when the process is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// What stands behind the HTTP, as far as that must know it.
struct Behind {
    writers: Writers,
    views: Views,
    sessions: Arc<dyn Sessions>,
    freshness: Arc<dyn Freshness>,
    watched: Watched,
    log: Arc<dyn log::Log>,
    projector: Option<Handle>,
    roles: Vec<Role>,
    /// Whether commands of others' partitions are passed on to those.
    shared: bool,
}

/// What every part is given.
struct Ambient {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    proxies: TrustedProxies,
    signals: Signals,
    listener: TcpListener,
}

struct Signals {
    terminated: Signal,
    interrupted: Signal,
}

/// Serves until SIGTERM or SIGINT, then answers what is under way and ends.
pub async fn run(places: Places, options: &Serve) -> anyhow::Result<()> {
    match places {
        Places::Folder(folder) => embedded(folder, options).await,
        Places::Chain(chain) => shared(&chain, options).await,
    }
}

/// One process with all roles on a data folder.
async fn embedded(folder: Folder, options: &Serve) -> anyhow::Result<()> {
    ensure!(
        [Role::Command, Role::Project, Role::Query].iter().all(|role| options.roles.contains(role)),
        "a data folder is served by one process that does everything: leave --roles out, or name a chain with --log and --views"
    );
    let folder = folder.hold()?;
    let secret = TokenSecret::of_installation(&folder)?;
    let ambient = Ambient::new(options).await?;
    let meters = admin::install_metrics()?;
    let shop = Shop::open(&folder, Arc::clone(&ambient.clock), Arc::clone(&ambient.ids)).await?;
    let around = (Arc::clone(&ambient.clock), Arc::clone(&ambient.ids));
    let services = (Services::of(&options.consequences).await, Others::Dead);
    let parts = (shop.log.clone() as Arc<dyn log::Log>, shop.views.clone(), shop.writers.clone());
    let reactors = Reactors::start(&Consequences::of(parts, services, &options.consequences, around));
    let behind = Behind {
        writers: shop.writers.clone(),
        views: shop.views.clone(),
        sessions: shop.sessions.clone(),
        freshness: Arc::clone(&shop.freshness),
        watched: Watched::of(Arc::new(ShopCondition::of(&shop).with_reactors(reactors.status()))),
        log: shop.log.clone(),
        projector: Some(shop.projector.clone()),
        roles: options.roles.clone(),
        shared: false,
    };
    let door = admin::start(Some(&folder), options.admin_listen, &behind.for_operators(), meters).await?;
    let place = folder.root().display().to_string();
    ambient.serve(options, &behind, &secret, (door.address, place), async {}).await?;
    door.stop().await;
    reactors.stop().await;
    shop.close().await?;
    info!("stopped");
    Ok(())
}

/// One instance of a chain.
async fn shared(places: &ChainPlaces, options: &Serve) -> anyhow::Result<()> {
    let secret = TokenSecret::of_environment()?.context(
        "the instances of a chain share one token secret: give it to each by SALESYNC_TOKEN_SECRET_FILE or SALESYNC_TOKEN_SECRET (openssl rand -hex 32)",
    )?;
    let ambient = Ambient::new(options).await?;
    let advertised = advertised(options, ambient.listener.local_addr()?)?;
    let meters = admin::install_metrics()?;
    let around = (Arc::clone(&ambient.clock), Arc::clone(&ambient.ids));
    let mut chain = Chain::open(places, (&options.roles, &advertised), around, Some(&options.consequences)).await?;
    let behind = Behind {
        writers: chain.writers.clone(),
        views: chain.views.clone(),
        sessions: chain.sessions.clone(),
        freshness: chain.announced.clone(),
        watched: chain.watched.clone(),
        log: chain.log.clone(),
        projector: None,
        roles: options.roles.clone(),
        shared: true,
    };
    let door = admin::start(None, options.admin_listen, &behind.for_operators(), meters).await?;
    let place = places.log.address.to_string();
    // While the partitions go to others, requests still come here and are passed on to those.
    ambient.serve(options, &behind, &secret, (door.address, place), chain.hand_over()).await?;
    door.stop().await;
    chain.close().await;
    info!("stopped");
    Ok(())
}

/// Where the other instances reach this one.
fn advertised(options: &Serve, listens: SocketAddr) -> anyhow::Result<String> {
    if let Some(url) = &options.advertise {
        return Ok(url.clone());
    }
    if listens.ip().is_unspecified() {
        bail!(
            "{listens} is no address at which other instances reach this one: say which is with --advertise http://HOST:PORT"
        );
    }
    Ok(format!("http://{listens}"))
}

impl Behind {
    fn for_operators(&self) -> admin::Behind {
        admin::Behind { projector: self.projector.clone(), watched: self.watched.clone() }
    }
}

impl Ambient {
    async fn new(options: &Serve) -> anyhow::Result<Self> {
        let signals = Signals {
            terminated: signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?,
            interrupted: signal(SignalKind::interrupt()).context("SIGINT cannot be heard")?,
        };
        let listener = TcpListener::bind(options.listen).await.with_context(|| {
            format!("{} is not free: stop what listens there, or choose another --listen", options.listen)
        })?;
        let proxies = options.trusted_proxies.join(",").parse().context("--trusted-proxies")?;
        Ok(Self { clock: Arc::new(SystemClock), ids: Arc::new(SystemIds), proxies, signals, listener })
    }

    /// Serves until a signal comes and what is to be done then, before the door is closed, is done.
    async fn serve(
        self,
        options: &Serve,
        behind: &Behind,
        secret: &TokenSecret,
        (operators, place): (SocketAddr, String),
        before_the_end: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let Self { clock, ids, proxies, mut signals, listener } = self;
        let tokens =
            Tokens::new(secret.as_bytes(), Arc::clone(&clock), Arc::clone(&ids)).context("the token secret")?;
        let (router, queries) = router(behind, options, &tokens, (clock, Arc::clone(&ids)));
        let service = web::edge(
            router,
            EdgeOptions { origins: options.cors_origins.join(",").parse()?, ..EdgeOptions::new(ids) },
        );
        let address = listener.local_addr().context("the address that is listened at")?;
        info!(listen = %address, admin.listen = %operators, data = place, "serving");
        let stop = async {
            tokio::select! { _ = signals.terminated.recv() => {}, _ = signals.interrupted.recv() => {} }
            info!("stopping: what is under way is answered first");
            queries.close();
            before_the_end.await;
        };
        let limits = ServerLimits { drain: DRAIN, ..ServerLimits::default() };
        web::serve(listener, service, limits, proxies, stop).await;
        Ok(())
    }
}

fn router(
    behind: &Behind,
    options: &Serve,
    tokens: &Tokens,
    (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>),
) -> (axum::Router, QueryState) {
    let demonstration = options.demonstration_store.as_deref().map(StoreId::of_username);
    if let Some(store) = demonstration {
        warn!(store.id = %store, "requests without a token are served as this demonstration store: never do this with a real one");
    }
    let gate = Arc::new(Gate::new(tokens.clone(), Arc::clone(&behind.sessions), demonstration));
    let freshness = Arc::clone(&behind.freshness);
    let passwords = Arc::new(Passwords::new(HASHES_AT_ONCE));
    let throttle = Arc::new(Throttle::new(ThrottleLimits::default()));
    let commands = CommandState {
        writers: behind.writers.clone(),
        gate: Arc::clone(&gate),
        tokens: tokens.clone(),
        passwords: Arc::clone(&passwords),
        throttle: Arc::clone(&throttle),
        freshness: Arc::clone(&freshness),
        ids,
        clock,
    };
    let relay = behind.shared.then(|| Relay::new(commands.clone()));
    let (log, views) = (Arc::clone(&behind.log), behind.views.clone());
    let queries = QueryState::new(Parts { gate, log, views, freshness, passwords, tokens: tokens.clone(), throttle });
    let serves = |role| behind.roles.contains(&role);
    let sides = api::Sides {
        commands: (serves(Role::Command) || serves(Role::Query)).then_some((commands, relay)),
        queries: serves(Role::Query).then(|| queries.clone()),
    };
    (api::router(sides, behind.watched.clone()).0, queries)
}
