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
/// How far back a terminal may say that something occurred.
pub const OCCURRED_BACK_DAYS: i64 = 7;
/// How far ahead a terminal's clock may be; what it says then is taken as now.
pub const OCCURRED_AHEAD_MINUTES: i64 = 5;
/// Messages that a store may have in a business day, whatever for.
pub const MESSAGES_PER_STORE_DAY: u32 = 20;
/// Totals told by hand that are remembered per business date, so that none is told twice.
pub const TOTALS_TOLD: usize = 64;
/// Requests for advice of a store that may be pending at once.
pub const ADVICE_PENDING: usize = 16;
/// Periods of a store whose last request for advice is remembered, so that an unchanged one is not made anew.
pub const ADVICE_REMEMBERED: usize = 64;
/// Days that a question for advice may span.
pub const ADVICE_DAYS: i64 = 3_660;
