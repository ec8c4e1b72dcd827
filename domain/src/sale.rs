//! Money: a tab is paid and becomes a sale, a sale is voided.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use events::{Amounts, Line, Money, Overflow, Position, SaleCompleted, SaleId, SaleVoided, TableNo};
use imbl::Vector;
use serde::{Deserialize, Serialize};

use crate::decision::{Already, Context, Decided, Decision};
use crate::field::{self, Field};
use crate::limits::PAYMENT_TYPE_CHARS;
use crate::occurrence;
use crate::rejection::Rejection;
use crate::state::{EvolveError, StoreState};

/// Pay a table's tab: one sale closes all its orders.
#[derive(Debug, Clone, PartialEq)]
pub struct PayTab {
    /// The table.
    pub table_no: TableNo,
    /// How it is paid, as sent.
    pub payment_type: String,
    /// What the terminal believes the total is. Booked is what the tab comes to.
    pub stated_total: Option<Money>,
    /// Whether to book nothing if the two differ (`Prefer: handling=strict`).
    pub strict_total: bool,
    /// When, if that was earlier: the terminal was offline.
    pub occurred_at: Option<DateTime<Utc>>,
}

/// Void a sale: book its lines once more with negative quantities.
#[derive(Debug, Clone, PartialEq)]
pub struct VoidSale {
    /// The sale.
    pub sale_id: SaleId,
    /// The sale as it was recorded, once it has been read back ([`crate::Command::needs`]).
    pub sale: Option<Box<SaleCompleted>>,
}

/// Every sale of the store, in eight bytes each: sale *n* stands at index *n* − 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sales(Vector<u64>);

/// Where a sale stands in the log, and whether it is voided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sold {
    pub(crate) at: Position,
    pub(crate) voided: bool,
}

pub(crate) fn pay(state: &StoreState, command: &PayTab, context: &Context) -> Decided {
    let table_no = field::table(command.table_no)?;
    let payment_type = field::text(Field::PaymentType, &command.payment_type, PAYMENT_TYPE_CHARS)?;
    let stated = command.stated_total.map(|sent| field::amount(Field::TotalPrice, sent)).transpose()?;
    let occurred_at = occurrence::instant(command.occurred_at, context.now)?;
    let Some(tab) = state.floor.open_tab(table_no) else {
        return Err(Rejection::TableHasNoOpenOrder { table_no });
    };
    let booked = tab.total.price;
    let stated_total = stated.filter(|stated| *stated != booked);
    if let (true, Some(stated)) = (command.strict_total, stated_total) {
        return Err(Rejection::TotalsDiffer { booked, stated });
    }
    let (sold_on, today) = (state.business_date(occurred_at), state.business_date(context.now));
    let business_date = state.days.booked_on(sold_on, today);
    state.days.room_for(business_date, tab.total)?;
    let sale = SaleCompleted {
        sale_id: state.sales.next_id(),
        table_no,
        tab: tab.no,
        orders: tab.orders,
        business_date,
        sold_on: Some(sold_on).filter(|sold_on| *sold_on != business_date),
        late: today > business_date,
        payment_type: events::PaymentType::of(&payment_type),
        stated_total,
        lines: tab.lines.iter().map(Line::from).collect(),
        total: tab.total,
    };
    Ok(sale.into())
}

/// Where the sale stands whose lines a void needs, if it needs them and has them not yet.
pub(crate) fn to_read_back(state: &StoreState, command: &VoidSale) -> Option<Position> {
    let sold = state.sales.get(command.sale_id).filter(|sold| !sold.voided)?;
    command.sale.is_none().then_some(sold.at)
}

pub(crate) fn void(state: &StoreState, command: &VoidSale, context: &Context) -> Decided {
    let sale_id = command.sale_id;
    let Some(sold) = state.sales.get(sale_id) else {
        return Err(Rejection::UnknownSale { sale_id });
    };
    if sold.voided {
        return Ok(Decision::Already(Already::SaleVoided { sale_id }));
    }
    let not_read_back = Rejection::SaleNotReadBack { sale_id };
    let Some(sale) = command.sale.as_deref().filter(|sale| sale.sale_id == sale_id) else {
        return Err(not_read_back);
    };
    let Ok((lines, total)) = taken_back(sale) else {
        return Err(not_read_back);
    };
    let today = state.business_date(context.now);
    let business_date = state.days.booked_on(sale.business_date, today);
    let void = SaleVoided {
        sale_id,
        sold_on: sale.business_date,
        business_date,
        late: today > business_date,
        payment_type: sale.payment_type.clone(),
        lines,
        total,
    };
    Ok(void.into())
}

/// The sale's lines once more with negative quantities, and what they add up to.
fn taken_back(sale: &SaleCompleted) -> Result<(Vec<Line>, Amounts), Overflow> {
    let negative = |line: &Line| {
        let quantity = line.quantity.checked_neg().ok_or(Overflow)?;
        Ok(Line { quantity, ..line.clone() })
    };
    let lines: Vec<Line> = sale.lines.iter().map(negative).collect::<Result<_, Overflow>>()?;
    Ok((lines, Amounts::default().minus(sale.total)?))
}

impl Sales {
    pub(crate) fn next_id(&self) -> SaleId {
        SaleId(self.0.len() as i64 + 1)
    }

    pub(crate) fn get(&self, sale_id: SaleId) -> Option<Sold> {
        let packed = self.0.get(index(sale_id)?)?;
        Some(Sold { at: Position(packed >> 1), voided: packed & 1 == 1 })
    }

    pub(crate) fn completed(&mut self, sale: &SaleCompleted, position: Position) -> Result<(), EvolveError> {
        if sale.sale_id != self.next_id() {
            return Err(EvolveError::Impossible("a sale takes a number out of turn"));
        }
        self.0.push_back(position.0.checked_mul(2).ok_or(Overflow)?);
        Ok(())
    }

    pub(crate) fn voided(&mut self, void: &SaleVoided) -> Result<(), EvolveError> {
        match index(void.sale_id).and_then(|index| self.0.get_mut(index)) {
            Some(packed) if *packed & 1 == 0 => *packed |= 1,
            Some(_) => return Err(EvolveError::Impossible("a sale is voided twice")),
            None => return Err(EvolveError::Impossible("a void of no sale")),
        }
        Ok(())
    }
}

fn index(sale_id: SaleId) -> Option<usize> {
    usize::try_from(sale_id.0.checked_sub(1)?).ok()
}
