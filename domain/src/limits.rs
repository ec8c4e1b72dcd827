//! The limits of the trade, each named once. What is beyond one is refused with its name.

/// Characters of a name: of a user, a store, its trade, its owner, a category, an item.
pub const NAME_CHARS: usize = 100;
/// Characters of a telephone number, with whatever stands between its digits.
pub const PHONE_CHARS: usize = 40;
/// Characters of an address.
pub const ADDRESS_CHARS: usize = 300;
/// Characters of a payment type that is neither card nor cash.
pub const PAYMENT_TYPE_CHARS: usize = 200;
/// The highest number of a table. Far beyond any floor; it keeps the number exact wherever it travels.
pub const TABLE_NO: i64 = 1_000_000_000;
/// Pieces on one line of an order or a tab.
pub const QUANTITY: i64 = 1_000_000;
/// Lines of an order as sent, of an order, and of a tab.
pub const LINES: usize = 500;
/// A price, a cost, and a tab's and a sale's total on each side, in minor units.
pub const AMOUNT_MINOR_UNITS: i64 = 1_000_000_000_000;
/// What may be sold on one business date on each side, in minor units, so that a day stays below 2⁵³ and ten years
/// below 2⁶³.
pub const DAY_AMOUNT_MINOR_UNITS: i64 = 1_000_000_000_000_000;
