//! The store itself, and its log-in, as the clients read them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The caller's own store.
#[derive(Serialize, ToSchema)]
pub struct OwnStore {
    /// The store.
    pub store: StoreDetails,
}

/// What a store said of itself when it signed up. No `Debug`: personal data.
#[derive(Serialize, ToSchema)]
pub struct StoreDetails {
    /// Its id.
    pub store_id: Uuid,
    /// The name it logs in with.
    pub username: String,
    /// Who it belongs to.
    pub owner_name: String,
    /// The owner's telephone.
    pub phone: String,
    /// What its sign says.
    pub store_name: String,
    /// Where it is.
    pub address: String,
    /// The trade it is in.
    pub store_type: String,
    /// The currency of all its money (ISO 4217).
    pub currency: String,
    /// Its time zone (IANA).
    pub time_zone: String,
    /// The local time at which its business day begins.
    #[schema(example = "00:00:00")]
    pub day_begins: String,
    /// The language it is spoken to in: `ko` or `en`.
    pub language: String,
}

/// What a log-in gives. No `Debug`: it is a secret.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// The token to send as `Authorization: Bearer …`, for 30 days.
    pub access_token: String,
    /// A string that older clients send back; nothing depends on it.
    pub csrf_token: &'static str,
    /// The store.
    pub store_id: Uuid,
}
