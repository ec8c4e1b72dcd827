//! Tokens: what says which store a request speaks for.

mod relayed;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use events::StoreId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use self::relayed::Relayed;
use crate::ambient::{Clock, Ids};

/// For how long a token is good. Clients have no refresh: what ends earlier is a white page.
pub const TOKEN_DAYS: i64 = 30;
/// Issuer and audience of every token.
const NAME: &str = "salesync";
/// The shortest secret: as long as the hash that it keys.
const SECRET_BYTES: usize = 32;
/// Ours take about 300 bytes; what is longer is not one of them, and not worth hashing.
const TOKEN_BYTES: usize = 1024;
/// How many verified tokens are remembered, about 200 bytes each.
const VERIFIED_TOKENS: u64 = 20_000;

/// What a genuine token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is.
    pub store: StoreId,
    /// The token's own id, by which a change of password keeps one.
    pub jti: Uuid,
    /// How often the password had changed when it was minted.
    pub cv: u32,
    /// When it was minted, to the second.
    pub issued_at: DateTime<Utc>,
    /// From when on it is worth nothing, to the second.
    pub expires_at: DateTime<Utc>,
}

/// Not a token of ours that is good at present. Why is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid token")]
pub struct Unauthorized;

/// A secret that could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token secret must have at least {SECRET_BYTES} bytes")]
pub struct WeakSecret;

/// Mints and verifies tokens (JWT, HS256). Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    sign: EncodingKey,
    check: DecodingKey,
    validation: Validation,
    verified: Cache<[u8; 32], Claims>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

/// The claims as they stand in the token. `exp` and `nbf` are whole numbers: a string or a fraction is no time.
#[derive(Serialize, Deserialize)]
struct Wire {
    iss: String,
    aud: String,
    sub: Uuid,
    jti: Uuid,
    cv: u32,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

impl Tokens {
    /// Tokens under this secret.
    pub fn new(secret: &[u8], clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self, WeakSecret> {
        if secret.len() < SECRET_BYTES {
            return Err(WeakSecret);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[NAME]);
        validation.set_audience(&[NAME]);
        // Times are checked below, against the clock that was handed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self(Arc::new(Inner {
            sign: EncodingKey::from_secret(secret),
            check: DecodingKey::from_secret(secret),
            validation,
            verified: Cache::new(VERIFIED_TOKENS),
            clock,
            ids,
        })))
    }

    /// A new token for the store, good for [`TOKEN_DAYS`] from now.
    pub fn mint(&self, store: StoreId, cv: u32) -> String {
        let now = self.0.clock.now();
        let wire = Wire {
            iss: NAME.to_owned(),
            aud: NAME.to_owned(),
            sub: store.0,
            jti: self.0.ids.uuid(),
            cv,
            iat: now.timestamp(),
            exp: (now + TimeDelta::days(TOKEN_DAYS)).timestamp(),
            nbf: None,
        };
        // Fixed claims under an HMAC key always encode; an empty token would open nothing.
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &wire, &self.0.sign).unwrap_or_default()
    }

    /// What the token says, if it is ours and good at present. Whether its store has revoked it is not asked here.
    pub fn verify(&self, token: &str) -> Result<Claims, Unauthorized> {
        if token.len() > TOKEN_BYTES {
            return Err(Unauthorized);
        }
        let now = self.0.clock.now();
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = self.0.verified.get(&key);
        let claims = known.map_or_else(|| self.read(token, now), Ok)?;
        if claims.expires_at <= now {
            return Err(Unauthorized);
        }
        if known.is_none() {
            self.0.verified.insert(key, claims);
        }
        Ok(claims)
    }

    fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, Unauthorized> {
        let wire =
            jsonwebtoken::decode::<Wire>(token, &self.0.check, &self.0.validation).map_err(|_| Unauthorized)?.claims;
        if wire.nbf.is_some_and(|from| now.timestamp() < from) {
            return Err(Unauthorized);
        }
        Ok(Claims {
            store: StoreId(wire.sub),
            jti: wire.jti,
            cv: wire.cv,
            issued_at: DateTime::from_timestamp(wire.iat, 0).ok_or(Unauthorized)?,
            expires_at: DateTime::from_timestamp(wire.exp, 0).ok_or(Unauthorized)?,
        })
    }
}
