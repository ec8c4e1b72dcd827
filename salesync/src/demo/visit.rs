//! A visit: a party comes in, orders, perhaps changes its mind, pays and goes.

use std::collections::BTreeMap;

use domain::{CancelTab, CartItem, Command, PayTab, PlaceOrder, UpdateCart};
use events::{ItemId, Money, TableNo};

use super::chance::Chance;
use super::menu::{Menu, id};

/// Per mille of the parties that take it away.
const TAKE_AWAY: u32 = 550;
/// Per mille of the parties at a table that order once more.
const SECOND_ORDER: u32 = 200;
/// Per mille of the parties at a table whose order is corrected.
const CORRECTED: u32 = 60;
/// Per mille of the payments at which the till believes in another total, as after a discount told by word of mouth.
const MISSTATED: u32 = 3;
/// Lines of an order: one, two, three, four.
const LINES: [u32; 4] = [450, 330, 150, 70];
/// Pieces on a line: one, two, three.
const PIECES: [u32; 3] = [800, 170, 30];
/// How people pay, as the tills call it.
const PAYMENTS: [(&str, u32); 3] = [("카드", 780), ("현금", 120), ("카카오페이", 100)];

/// How a visit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a payment.
    Paid,
    /// With a cancelled table.
    Cancelled,
    /// Not yet: the history ends before.
    Open,
}

/// A party, from one second of the day to another.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) arrives: i64,
    pub(super) leaves: i64,
    pub(super) takes_away: bool,
    pub(super) ending: Ending,
}

/// What a party has done at a second of the day.
#[derive(Debug)]
pub(super) enum Deed {
    Ask(Command),
    Pay(PayTab),
}

/// What is on a party's table.
type Cart = BTreeMap<ItemId, i64>;

impl Visit {
    pub(super) fn draw(arrives: i64, ending: Ending, chance: &mut Chance) -> Self {
        let takes_away = ending == Ending::Paid && chance.permille(TAKE_AWAY);
        let minutes = match ending {
            Ending::Paid if takes_away => 1,
            Ending::Paid => chance.between(25, 70),
            Ending::Cancelled => chance.between(5, 15),
            Ending::Open => 60,
        };
        Self { arrives, leaves: arrives + minutes * 60, takes_away, ending }
    }

    /// What the party does, in order, and when.
    pub(super) fn deeds(&self, table: TableNo, menu: &Menu, wishes: &[u32], chance: &mut Chance) -> Vec<(i64, Deed)> {
        let mut cart = basket(wishes, chance);
        let ordered = self.arrives + if self.takes_away { 0 } else { chance.between(60, 180) };
        let mut deeds = vec![(ordered, Deed::Ask(place(table, &cart)))];
        match self.ending {
            Ending::Open => {}
            Ending::Cancelled => deeds.push((self.leaves, Deed::Ask(cancel(table, chance)))),
            Ending::Paid => {
                if !self.takes_away {
                    deeds.extend(self.meanwhile(table, ordered, &mut cart, wishes, chance));
                }
                deeds.push((self.leaves - chance.between(5, 40), Deed::Pay(pay(table, &cart, menu, chance))));
            }
        }
        deeds
    }

    fn meanwhile(
        &self,
        table: TableNo,
        ordered: i64,
        cart: &mut Cart,
        wishes: &[u32],
        chance: &mut Chance,
    ) -> Vec<(i64, Deed)> {
        let mut deeds = Vec::new();
        if chance.permille(CORRECTED) {
            correct(cart, wishes, chance);
            deeds.push((ordered + chance.between(30, 300), Deed::Ask(replace(table, cart))));
        }
        if chance.permille(SECOND_ORDER) {
            let more = basket(wishes, chance);
            deeds.push((chance.between(ordered + 400, self.leaves - 300), Deed::Ask(place(table, &more))));
            for (item, pieces) in more {
                *cart.entry(item).or_default() += pieces;
            }
        }
        deeds
    }
}

fn basket(wishes: &[u32], chance: &mut Chance) -> Cart {
    let mut cart = Cart::new();
    for _ in 0..=chance.weighted(&LINES) {
        let item = id(chance.weighted(wishes));
        *cart.entry(item).or_default() += chance.weighted(&PIECES) as i64 + 1;
    }
    cart
}

/// One more of something, or none of it if something else is left.
fn correct(cart: &mut Cart, wishes: &[u32], chance: &mut Chance) {
    if cart.len() > 1 && chance.permille(500) {
        cart.pop_last();
    } else {
        *cart.entry(id(chance.weighted(wishes))).or_default() += 1;
    }
}

fn carts(cart: &Cart) -> Vec<CartItem> {
    cart.iter().map(|(item, pieces)| CartItem { item_id: *item, quantity: *pieces }).collect()
}

fn place(table_no: TableNo, cart: &Cart) -> Command {
    Command::PlaceOrder(PlaceOrder { table_no, carts: carts(cart), occurred_at: None })
}

fn replace(table_no: TableNo, cart: &Cart) -> Command {
    Command::UpdateCart(UpdateCart { table_no, carts: carts(cart) })
}

/// Tills cancel in two ways: by the table, or by an empty cart.
fn cancel(table_no: TableNo, chance: &mut Chance) -> Command {
    if chance.permille(500) {
        Command::CancelTab(CancelTab { table_no })
    } else {
        Command::UpdateCart(UpdateCart { table_no, carts: Vec::new() })
    }
}

fn pay(table_no: TableNo, cart: &Cart, menu: &Menu, chance: &mut Chance) -> PayTab {
    let total: i64 = cart.iter().map(|(item, pieces)| menu.price(*item) * pieces).sum();
    let stated = if chance.permille(MISSTATED) { total - 500 } else { total };
    let (payment_type, _) = PAYMENTS[chance.weighted(&PAYMENTS.map(|(_, share)| share))];
    PayTab {
        table_no,
        payment_type: payment_type.to_owned(),
        stated_total: Some(Money(stated)),
        strict_total: false,
        occurred_at: None,
    }
}
