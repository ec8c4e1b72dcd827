//! The limits of the trade as the edge names them in its refusals.

use web::Limit;

/// Characters of a name.
pub(super) const NAME_CHARS: Limit = Limit::new("name_characters", 1..=domain::limits::NAME_CHARS as i64);
/// Characters of a telephone number.
pub(super) const PHONE_CHARS: Limit = Limit::new("phone_characters", 1..=domain::limits::PHONE_CHARS as i64);
/// Characters of an address.
pub(super) const ADDRESS_CHARS: Limit = Limit::new("address_characters", 0..=domain::limits::ADDRESS_CHARS as i64);
/// Characters of a payment type.
pub(super) const PAYMENT_TYPE_CHARS: Limit =
    Limit::new("payment_type_characters", 1..=domain::limits::PAYMENT_TYPE_CHARS as i64);
/// Characters of a password: long enough to resist guessing, short enough to hash.
pub(super) const PASSWORD_CHARS: Limit = Limit::new("password_characters", 8..=128);
/// A price, a cost, a total, in minor units.
pub(super) const AMOUNT_MINOR_UNITS: Limit = Limit::new("amount_minor_units", 0..=domain::limits::AMOUNT_MINOR_UNITS);
/// A table's number.
pub(super) const TABLE_NO: Limit = Limit::new("table_no", 0..=domain::limits::TABLE_NO);
/// Pieces on a line; whether none is allowed, the command says.
pub(super) const QUANTITY: Limit = Limit::new("quantity", 0..=domain::limits::QUANTITY);
/// Lines of a cart as sent.
pub(super) const CARTS: Limit = Limit::new("lines", 0..=domain::limits::LINES as i64);
/// Entries of a list of costs.
pub(super) const COSTS: Limit = Limit::new("costs", 0..=20_000);
/// An id in a body: what JSON numbers carry exactly.
pub(super) const ID: Limit = Limit::new("id", 0..=(1 << 53) - 1);
