//! The totals of an open business date, moved by every sale and every void that is booked on it.

use chrono::{DateTime, Utc};
use events::{Amounts, DayTotals, Money, Overflow, PaymentTotals, PaymentType, SaleCompleted, SaleVoided};
use serde::{Deserialize, Serialize};

/// What ways of paying beyond the named ones are summed under.
const OTHER: &str = "other";

/// The totals so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    totals: DayTotals,
    /// The cost side of the sales, voided ones included; the price side is `totals.gross`.
    gross_cost: Money,
}

impl Running {
    pub(crate) fn totals(&self) -> &DayTotals {
        &self.totals
    }

    /// The sales, voided ones included: what the limit holds, so that neither they nor their voids leave it.
    pub(crate) fn gross(&self) -> Amounts {
        Amounts { price: self.totals.gross, cost: self.gross_cost }
    }

    pub(crate) fn sell(&mut self, sale: &SaleCompleted, at: DateTime<Utc>) -> Result<(), Overflow> {
        let totals = &mut self.totals;
        totals.gross = totals.gross.plus(sale.total.price)?;
        totals.sales = totals.sales.checked_add(1).ok_or(Overflow)?;
        totals.first_sale = Some(totals.first_sale.map_or(at, |first| first.min(at)));
        totals.last_sale = totals.last_sale.max(Some(at));
        self.gross_cost = self.gross_cost.plus(sale.total.cost)?;
        self.book(sale.total, (&sale.payment_type, 1), (sale.sold_on.is_some(), sale.late))
    }

    pub(crate) fn take_back(&mut self, void: &SaleVoided) -> Result<(), Overflow> {
        let totals = &mut self.totals;
        totals.voids = totals.voids.plus(void.total.price)?;
        totals.voided = totals.voided.checked_add(1).ok_or(Overflow)?;
        self.book(void.total, (&void.payment_type, -1), (void.sold_on != void.business_date, void.late))
    }

    fn book(
        &mut self,
        amounts: Amounts,
        (payment_type, sales): (&PaymentType, i64),
        (correction, late): (bool, bool),
    ) -> Result<(), Overflow> {
        let totals = &mut self.totals;
        totals.net = totals.net.plus(amounts.price)?;
        totals.cost = totals.cost.plus(amounts.cost)?;
        totals.profit = totals.net.minus(totals.cost)?;
        if correction {
            totals.corrections = totals.corrections.plus(amounts.price)?;
        }
        if late {
            totals.late = totals.late.plus(amounts.price)?;
        }
        let payment = payment(&mut totals.payments, payment_type);
        payment.net = payment.net.plus(amounts.price)?;
        payment.sales = payment.sales.checked_add(sales).ok_or(Overflow)?;
        Ok(())
    }
}

/// The way of paying among the named ones, which it joins while there is room; else what is left over for all others.
fn payment<'a>(payments: &'a mut Vec<PaymentTotals>, payment_type: &PaymentType) -> &'a mut PaymentTotals {
    let at = |payments: &[PaymentTotals], name: &str| payments.binary_search_by(|p| p.payment_type.as_str().cmp(name));
    let named = at(payments, payment_type.as_str());
    let place = match named {
        Err(place) if payments.len() < DayTotals::NAMED_PAYMENTS => Err((place, payment_type.clone())),
        Err(_) => at(payments, OTHER).map_err(|place| (place, PaymentType::of(OTHER))),
        Ok(place) => Ok(place),
    };
    let place = match place {
        Ok(place) => place,
        Err((place, payment_type)) => {
            payments.insert(place, PaymentTotals { payment_type, net: Money::ZERO, sales: 0 });
            place
        }
    };
    &mut payments[place]
}
