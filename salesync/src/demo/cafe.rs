//! One café: its days one after another, each as what its tills asked for.

use std::collections::HashMap;

use chrono::Datelike as _;
use domain::{Command, VoidSale};
use events::{SaleId, StoreId};

use super::calendar::Calendar;
use super::chance::Chance;
use super::floor::Floor;
use super::menu::Menu;
use super::visit::{Deed, Ending, Visit};
use super::{Plan, Step, instant, owner};

/// When the owner comes in, on the first day to set up the till.
const OWNER_COMES_AT_SECOND: i64 = 6 * 3_600;
/// Between two things that the owner does.
const OWNER_TAKES_SECONDS: usize = 20;
/// When yesterday's mistakes are paid back.
const PAID_BACK_AT_SECOND: i64 = 7 * 3_600 + 1_800;
/// Cancelled tables per thousand sales.
const CANCELLED: u32 = 12;
/// Voided sales per thousand.
const VOIDED: u32 = 5;
/// Of those, per thousand, the ones that come up only the next day.
const VOIDED_NEXT_DAY: u32 = 150;
/// Tables that are still open when the history ends.
const LEFT_OPEN: i64 = 3;

/// A café and how far its history has come.
#[derive(Debug)]
pub(super) struct Cafe {
    nth: u32,
    store: StoreId,
    password_hash: String,
    days: u32,
    sales: u64,
    chance: Chance,
    calendar: Calendar,
    menu: Menu,
    /// How many sales there have been: the number of the last one.
    sold: i64,
    /// Sales of the day before that are to be paid back.
    owed: Vec<SaleId>,
}

/// Something that a till asks for, at a second and a microsecond of the day.
struct Moment {
    second: i64,
    micros: i64,
    act: Act,
}

enum Act {
    Ask(Command),
    /// The visit's payment: the command, and whether it will be paid back tomorrow.
    Pay {
        visit: usize,
        command: Command,
        back_tomorrow: bool,
    },
    /// Voids the visit's sale.
    PayBack {
        visit: usize,
    },
}

impl Cafe {
    pub(super) fn new(plan: &Plan, nth: u32, password_hash: &str) -> Self {
        let mut chance = Chance::of(plan.seed, nth);
        let extra = u64::from(u64::from(nth) < plan.sales % u64::from(plan.stores));
        Self {
            nth,
            store: StoreId::of_username(&owner::username(nth)),
            password_hash: password_hash.to_owned(),
            days: plan.days,
            sales: plan.sales / u64::from(plan.stores) + extra,
            calendar: Calendar::new(plan, &mut chance),
            chance,
            menu: Menu::new(),
            sold: 0,
            owed: Vec::new(),
        }
    }

    /// What the nth day's tills asked for, in the order of time. To be asked day by day.
    pub(super) fn day(&mut self, day: u32) -> Vec<Step> {
        let mut moments = self.before_opening(day);
        let wishes = self.menu.wishes(self.calendar.date(day).month0());
        let mut floor = Floor::default();
        for (visit, party) in self.parties(day).iter().enumerate() {
            let table = floor.seat(party.arrives, party.leaves, party.takes_away);
            for (second, deed) in party.deeds(table, &self.menu, &wishes, &mut self.chance) {
                moments.extend(self.moments(day, visit, second, deed));
            }
        }
        moments.sort_by_key(|moment| (moment.second, moment.micros));
        self.number(day, moments)
    }

    /// What the owner does before the first guest.
    fn before_opening(&mut self, day: u32) -> Vec<Moment> {
        let month0 = self.calendar.date(day).month0();
        let mut commands =
            if day == 0 { owner::begin(self.nth, &self.password_hash, &mut self.menu) } else { Vec::new() };
        commands.extend(owner::morning(day, self.days, month0, &mut self.menu));
        let voids = std::mem::take(&mut self.owed).into_iter().map(void);
        let seconds = (OWNER_COMES_AT_SECOND..).step_by(OWNER_TAKES_SECONDS);
        let later = (PAID_BACK_AT_SECOND..).step_by(OWNER_TAKES_SECONDS);
        let asked = seconds.zip(commands).chain(later.zip(voids));
        asked.map(|(second, command)| self.moment(second, Act::Ask(command))).collect()
    }

    /// Who comes in on a day, in the order of arrival, with their tables.
    fn parties(&mut self, day: u32) -> Vec<Visit> {
        let date = self.calendar.date(day);
        let mut visits = Vec::new();
        for _ in 0..self.calendar.share(day, self.sales) {
            let arrives = self.calendar.arrival(date, &mut self.chance);
            visits.push(Visit::draw(arrives, Ending::Paid, &mut self.chance));
            if self.chance.permille(CANCELLED) {
                let arrives = self.calendar.arrival(date, &mut self.chance);
                visits.push(Visit::draw(arrives, Ending::Cancelled, &mut self.chance));
            }
        }
        if let Some(last) = self.calendar.last_second().filter(|_| day + 1 == self.days) {
            let arrivals = (1..=LEFT_OPEN).map(|nth| last - nth * 600);
            visits.extend(arrivals.map(|arrives| Visit::draw(arrives, Ending::Open, &mut self.chance)));
        }
        visits.sort_by_key(|visit| visit.arrives);
        visits
    }

    /// What a deed comes to: itself, and for some payments that they are paid back.
    fn moments(&mut self, day: u32, visit: usize, second: i64, deed: Deed) -> Vec<Moment> {
        let command = match deed {
            Deed::Ask(command) => return vec![self.moment(second, Act::Ask(command))],
            Deed::Pay(pay) => Command::PayTab(pay),
        };
        let voided = self.chance.permille(VOIDED);
        let back_tomorrow = voided && day + 1 < self.days && self.chance.permille(VOIDED_NEXT_DAY);
        let mut moments = vec![self.moment(second, Act::Pay { visit, command, back_tomorrow })];
        if voided && !back_tomorrow {
            let later = second + self.chance.between(120, 1_200);
            moments.push(self.moment(later, Act::PayBack { visit }));
        }
        moments
    }

    fn moment(&mut self, second: i64, act: Act) -> Moment {
        Moment { second, micros: self.chance.between(0, 999_999), act }
    }

    /// The day's steps, with the sales numbered as the store will number them: in the order of payment.
    fn number(&mut self, day: u32, moments: Vec<Moment>) -> Vec<Step> {
        let date = self.calendar.date(day);
        let mut sold = HashMap::new();
        let mut steps = Vec::with_capacity(moments.len());
        for Moment { second, micros, act } in moments {
            let command = match act {
                Act::Ask(command) => Some(command),
                Act::PayBack { visit } => sold.get(&visit).copied().map(void),
                Act::Pay { visit, command, back_tomorrow } => {
                    self.sold += 1;
                    sold.insert(visit, SaleId(self.sold));
                    self.owed.extend(back_tomorrow.then_some(SaleId(self.sold)));
                    Some(command)
                }
            };
            let at = instant(date, second, micros);
            steps.extend(command.map(|command| Step { at, store: self.store, command }));
        }
        steps
    }
}

fn void(sale_id: SaleId) -> Command {
    Command::VoidSale(VoidSale { sale_id, sale: None })
}
