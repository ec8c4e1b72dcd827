//! Which database the read models are in.

use tokio_postgres::Config;

use crate::error::ViewsError;

/// How to reach the database. It may hold a password, so it shows nothing of itself but the place.
#[derive(Clone)]
pub struct PostgresOptions {
    pub(super) config: Config,
}

impl PostgresOptions {
    /// Reads `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE`, or the `key=value` form of libpq. The error quotes
    /// nothing of it.
    pub fn new(url: &str) -> Result<Self, ViewsError> {
        let config = url.parse::<Config>().map_err(|_| {
            ViewsError::Refused("the database's address is not of the form postgres://USER@HOST/DATABASE".to_owned())
        })?;
        Ok(Self { config })
    }
}

/// Host, port and database, for an operator's eyes.
impl std::fmt::Display for PostgresOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            tokio_postgres::config::Host::Tcp(name) => name.clone(),
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        });
        f.write_str(&hosts.collect::<Vec<_>>().join(","))?;
        if let Some(port) = self.config.get_ports().first() {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl std::fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PostgresOptions({self})")
    }
}
