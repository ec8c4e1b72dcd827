//! The floor as it stands: the state's section of the tables, and what follows for it from events.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use events::{Amounts, CartUpdated, OrderId, OrderPlaced, Overflow, TabCancelled, TabNo, TableNo};
use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::order::line::{self, TabLine};
use crate::state::EvolveError;

/// Every table that ever had a tab, and how many orders have been placed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Floor {
    tables: OrdMap<TableNo, Table>,
    orders_placed: i64,
}

/// One table: how many tabs it has had, and what is open on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Table {
    tabs: i64,
    open: Option<Arc<Tab>>,
}

/// What a table holds until it is paid or cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tab {
    pub(crate) no: TabNo,
    /// How many orders went on it.
    pub(crate) orders: u64,
    /// The oldest of them: its number, when and on which business date it was placed.
    pub(crate) order_id: OrderId,
    pub(crate) placed_at: DateTime<Utc>,
    pub(crate) business_date: NaiveDate,
    /// The first of them, as many as a cancellation names.
    pub(crate) first_orders: Vec<OrderId>,
    /// Everything on it, oldest first.
    pub(crate) lines: Vec<TabLine>,
    /// What the lines add up to.
    pub(crate) total: Amounts,
}

impl Floor {
    pub(crate) fn next_order(&self) -> OrderId {
        OrderId(self.orders_placed + 1)
    }

    pub(crate) fn open_tab(&self, table_no: TableNo) -> Option<&Tab> {
        self.tables.get(&table_no)?.open.as_deref()
    }

    /// The tab that an order at the table goes on: the open one, or the next.
    pub(crate) fn tab_no(&self, table_no: TableNo) -> TabNo {
        self.tables.get(&table_no).map_or(TabNo(1), Table::tab_no)
    }

    pub(crate) fn order_placed(&mut self, event: &OrderPlaced, at: DateTime<Utc>) -> Result<(), EvolveError> {
        if event.order_id != self.next_order() {
            return Err(EvolveError::Impossible("an order takes a number out of turn"));
        }
        let table = self.tables.entry(event.table_no).or_default();
        if event.tab != table.tab_no() {
            return Err(EvolveError::Impossible("an order goes on a tab that is not the table's"));
        }
        if let Some(tab) = &mut table.open {
            Arc::make_mut(tab).grow(event)?;
        } else {
            table.open = Some(Arc::new(Tab::begun_by(event, at)?));
            table.tabs = event.tab.0;
        }
        self.orders_placed += 1;
        Ok(())
    }

    pub(crate) fn cart_updated(&mut self, event: &CartUpdated) -> Result<(), EvolveError> {
        let lines: Vec<TabLine> = event.lines.iter().map(TabLine::from).collect();
        *self.open_tab_mut(event.table_no, event.tab)? = Some(Arc::new(Tab {
            no: event.tab,
            orders: 1,
            order_id: event.order_id,
            placed_at: event.placed_at,
            business_date: event.business_date,
            first_orders: vec![event.order_id],
            total: line::total(&lines)?,
            lines,
        }));
        Ok(())
    }

    /// A tab was paid or cancelled.
    pub(crate) fn tab_closed(&mut self, table_no: TableNo, tab: TabNo) -> Result<(), EvolveError> {
        *self.open_tab_mut(table_no, tab)? = None;
        Ok(())
    }

    fn open_tab_mut(&mut self, table_no: TableNo, tab: TabNo) -> Result<&mut Option<Arc<Tab>>, EvolveError> {
        let table = self.tables.get_mut(&table_no);
        let open = table.map(|table| &mut table.open).filter(|open| open.as_ref().is_some_and(|open| open.no == tab));
        open.ok_or(EvolveError::Impossible("an event names a tab that is not open"))
    }
}

impl Table {
    fn tab_no(&self) -> TabNo {
        TabNo(if self.open.is_some() { self.tabs } else { self.tabs + 1 })
    }
}

impl Tab {
    fn begun_by(event: &OrderPlaced, at: DateTime<Utc>) -> Result<Self, Overflow> {
        let lines = line::merged(Vec::new(), event.lines.iter().map(TabLine::from))?;
        Ok(Self {
            no: event.tab,
            orders: 1,
            order_id: event.order_id,
            placed_at: at,
            business_date: event.business_date,
            first_orders: vec![event.order_id],
            total: line::total(&lines)?,
            lines,
        })
    }

    fn grow(&mut self, event: &OrderPlaced) -> Result<(), Overflow> {
        self.orders += 1;
        if self.first_orders.len() < TabCancelled::NAMED {
            self.first_orders.push(event.order_id);
        }
        self.lines = line::merged(std::mem::take(&mut self.lines), event.lines.iter().map(TabLine::from))?;
        self.total = line::total(&self.lines)?;
        Ok(())
    }
}
