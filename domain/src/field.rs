//! What a client may send in one field, whatever the edge has checked before.

use events::{Money, TableNo};

use crate::limits::{AMOUNT_MINOR_UNITS, NAME_CHARS, TABLE_NO};
use crate::rejection::Rejection;

/// A field of a command, by its name in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the requests and speak for themselves")]
pub enum Field {
    Username,
    StoreName,
    StoreType,
    OwnerName,
    Phone,
    Address,
    Name,
    Price,
    Cost,
    TableNo,
    Quantity,
    PaymentType,
    TotalPrice,
    End,
}

impl Field {
    /// The name in requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::StoreName => "store_name",
            Self::StoreType => "store_type",
            Self::OwnerName => "owner_name",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::Name => "name",
            Self::Price => "price",
            Self::Cost => "cost",
            Self::TableNo => "table_no",
            Self::Quantity => "quantity",
            Self::PaymentType => "payment_type",
            Self::TotalPrice => "total_price",
            Self::End => "end",
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One line of text, without the blanks around it.
pub(crate) fn text(field: Field, sent: &str, limit_chars: usize) -> Result<String, Rejection> {
    let text = text_or_nothing(field, sent, limit_chars)?;
    if text.is_empty() {
        return Err(Rejection::Blank { field });
    }
    Ok(text)
}

/// One line of text, which may be empty.
pub(crate) fn text_or_nothing(field: Field, sent: &str, limit_chars: usize) -> Result<String, Rejection> {
    let text = sent.trim();
    if text.chars().nth(limit_chars).is_some() {
        return Err(Rejection::TooLong { field, limit: limit_chars });
    }
    if text.chars().any(char::is_control) {
        return Err(Rejection::Unprintable { field });
    }
    Ok(text.to_owned())
}

/// A username exactly as typed, since the store's id was derived from that.
pub(crate) fn username(sent: &str) -> Result<String, Rejection> {
    let name = text(Field::Username, sent, NAME_CHARS)?;
    if sent.chars().any(char::is_whitespace) {
        return Err(Rejection::UsernameHasBlanks);
    }
    Ok(name)
}

/// A price, a cost or a stated total.
pub(crate) fn amount(field: Field, sent: Money) -> Result<Money, Rejection> {
    if sent < Money::ZERO {
        return Err(Rejection::Negative { field });
    }
    if sent > Money(AMOUNT_MINOR_UNITS) {
        return Err(Rejection::TooLarge { field, limit: AMOUNT_MINOR_UNITS });
    }
    Ok(sent)
}

/// A table's number.
pub(crate) fn table(sent: TableNo) -> Result<TableNo, Rejection> {
    if sent.0 < 0 {
        return Err(Rejection::Negative { field: Field::TableNo });
    }
    if sent.0 > TABLE_NO {
        return Err(Rejection::TooLarge { field: Field::TableNo, limit: TABLE_NO });
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_loses_the_blanks_around_it_and_counts_characters_not_bytes() {
        assert_eq!(text(Field::Name, "  아메리카노\u{3000}", 5), Ok("아메리카노".to_owned()));
        assert_eq!(text(Field::Name, "아메리카노", 4), Err(Rejection::TooLong { field: Field::Name, limit: 4 }));
        assert_eq!(text(Field::Name, " \t ", 5), Err(Rejection::Blank { field: Field::Name }));
        assert_eq!(text_or_nothing(Field::Address, "  ", 5), Ok(String::new()));
        for hidden in ["a\0b", "a\nb", "a\u{1b}b", "a\u{85}b"] {
            assert_eq!(text(Field::Name, hidden, 5), Err(Rejection::Unprintable { field: Field::Name }), "{hidden:?}");
        }
    }

    #[test]
    fn a_username_stays_as_typed_so_blanks_in_or_around_it_are_refused() {
        assert_eq!(username("DemoStore"), Ok("DemoStore".to_owned()));
        for blank in [" demostore", "demo store", "demostore\u{a0}"] {
            assert_eq!(username(blank), Err(Rejection::UsernameHasBlanks), "{blank:?}");
        }
        assert_eq!(username(""), Err(Rejection::Blank { field: Field::Username }));
    }

    #[test]
    fn numbers_end_where_their_limits_say() {
        assert_eq!(amount(Field::Price, Money(AMOUNT_MINOR_UNITS)), Ok(Money(AMOUNT_MINOR_UNITS)));
        assert_eq!(amount(Field::Price, Money(-1)), Err(Rejection::Negative { field: Field::Price }));
        let limit = AMOUNT_MINOR_UNITS;
        assert_eq!(amount(Field::Cost, Money(limit + 1)), Err(Rejection::TooLarge { field: Field::Cost, limit }));
        assert_eq!(table(TableNo(0)), Ok(TableNo(0)));
        assert_eq!(table(TableNo(TABLE_NO)), Ok(TableNo(TABLE_NO)));
        assert_eq!(table(TableNo(-1)), Err(Rejection::Negative { field: Field::TableNo }));
        let limit = TABLE_NO;
        assert_eq!(table(TableNo(limit + 1)), Err(Rejection::TooLarge { field: Field::TableNo, limit }));
    }
}
