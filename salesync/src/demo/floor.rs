//! The floor: which table is free, so that no two parties sit on one tab.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use events::TableNo;

/// Between two parties at one table.
const CLEARING_SECONDS: i64 = 60;
/// Where one orders and pays at once, and takes it away.
const KIOSK: TableNo = TableNo(0);

/// A day's floor. There are as many tables as the busiest moment needs.
#[derive(Debug, Default)]
pub(super) struct Floor {
    kiosk_free_at: i64,
    free: BTreeSet<i64>,
    taken: BinaryHeap<Reverse<(i64, i64)>>,
    tables: i64,
}

impl Floor {
    /// A place from one second of the day to another. To be asked in the order of arrival.
    pub(super) fn seat(&mut self, arrives: i64, leaves: i64, takes_away: bool) -> TableNo {
        if takes_away && self.kiosk_free_at <= arrives {
            self.kiosk_free_at = leaves;
            return KIOSK;
        }
        while let Some(Reverse((until, table))) = self.taken.peek().copied()
            && until <= arrives
        {
            self.taken.pop();
            self.free.insert(table);
        }
        let table = self.free.pop_first().unwrap_or_else(|| {
            self.tables += 1;
            self.tables
        });
        self.taken.push(Reverse((leaves + CLEARING_SECONDS, table)));
        TableNo(table)
    }
}
