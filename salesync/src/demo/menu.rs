//! The menu: what the café sells, at what price and cost, and who likes it when.

use domain::{AddCategory, AddItem, ChangeItem, Command, ItemCost, RemoveItem, SetCosts};
use events::{CategoryId, ItemId, Money};

use self::Liked::{Always, InCold, InSummer, InWarmth};

/// When something is liked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Liked {
    Always,
    InCold,
    InWarmth,
    /// On the menu from June to August alone.
    InSummer,
}

/// Something that the café makes: category, name, price, cost, how well it is liked, when.
type Dish = (usize, &'static str, i64, Option<i64>, u32, Liked);

const CATEGORIES: [&str; 4] = ["커피", "논커피", "티", "디저트"];
const DISHES: [Dish; 17] = [
    (0, "아메리카노", 4_000, Some(520), 200, InCold),
    (0, "아이스 아메리카노", 4_500, Some(600), 250, InWarmth),
    (0, "카페라떼", 5_000, Some(1_150), 120, InCold),
    (0, "아이스 라떼", 5_500, Some(1_250), 110, InWarmth),
    (0, "바닐라라떼", 5_500, Some(1_400), 70, Always),
    (0, "에스프레소", 3_500, Some(450), 15, Always),
    (0, "콜드브루", 5_000, Some(900), 60, InWarmth),
    (1, "초콜릿라떼", 5_500, Some(1_500), 45, InCold),
    (1, "딸기라떼", 6_000, Some(1_900), 40, Always),
    (1, "자몽에이드", 6_000, Some(1_700), 45, InWarmth),
    (2, "캐모마일", 5_000, Some(700), 25, Always),
    (2, "얼그레이", 5_000, Some(750), 25, Always),
    (2, "유자차", 5_500, Some(1_200), 35, InCold),
    (3, "치즈케이크", 6_500, Some(2_600), 55, Always),
    (3, "크루아상", 4_200, Some(1_500), 60, Always),
    (3, "쿠키", 3_000, None, 40, Always),
    (3, "햄치즈 샌드위치", 7_500, Some(3_400), 35, Always),
];
/// The one that comes and goes.
const BINGSU: Dish = (3, "팥빙수", 12_000, Some(4_200), 60, InSummer);

/// Per mille of the usual wish for something warm, from January to December; for something cold the other way round.
const COLD_MONTHS: [u32; 12] = [1_500, 1_450, 1_200, 1_000, 800, 600, 500, 500, 700, 1_000, 1_250, 1_450];

/// What happens to the menu in the course of a history.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// Another price for these dishes, by so much.
    Dearer(&'static [usize], i64),
    /// Another cost for these dishes, by so many per mille.
    Costlier(&'static [usize], i64),
    /// Another name for a dish.
    Renamed(usize, &'static str),
}

/// What the menu says today.
#[derive(Debug)]
pub(super) struct Menu {
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    dish: Dish,
    name: &'static str,
    price: i64,
    cost: Option<i64>,
    on_menu: bool,
}

impl Menu {
    pub(super) fn new() -> Self {
        Self { items: Vec::new() }
    }

    /// How the menu is first written: categories, items, costs.
    pub(super) fn write(&mut self) -> Vec<Command> {
        let categories = CATEGORIES.iter().map(|name| Command::AddCategory(AddCategory { name: (*name).to_owned() }));
        let mut commands: Vec<Command> = categories.collect();
        commands.extend(DISHES.iter().map(|dish| self.add(*dish)));
        commands.push(self.costs(0..self.items.len()));
        commands
    }

    /// What is to be done to the menu in this month (0 is January).
    pub(super) fn turn_to(&mut self, month0: u32) -> Vec<Command> {
        let summer = (5..=7).contains(&month0);
        let there = self.items.iter().position(|item| item.on_menu && item.dish.5 == InSummer);
        match there {
            None if summer => vec![self.add(BINGSU), self.costs(self.items.len() - 1..self.items.len())],
            Some(at) if !summer => {
                self.items[at].on_menu = false;
                vec![Command::RemoveItem(RemoveItem { item_id: id(at) })]
            }
            _ => Vec::new(),
        }
    }

    /// What is to be done for this change.
    pub(super) fn change(&mut self, change: Change) -> Vec<Command> {
        match change {
            Change::Dearer(dishes, by) => dishes.iter().map(|at| self.alter(*at, |item| item.price += by)).collect(),
            Change::Renamed(dish, name) => vec![self.alter(dish, |item| item.name = name)],
            Change::Costlier(dishes, by) => {
                for at in dishes {
                    let item = &mut self.items[*at];
                    // Costs are known to ten won.
                    item.cost = item.cost.map(|cost| (cost + cost * by / 1_000) / 10 * 10);
                }
                vec![self.costs(dishes.iter().copied())]
            }
        }
    }

    /// How much each item is wished for in this month (0 is January), in the order of the items' ids.
    pub(super) fn wishes(&self, month0: u32) -> Vec<u32> {
        let cold = COLD_MONTHS[month0 as usize];
        let wish = |item: &Item| match item.dish.5 {
            _ if !item.on_menu => 0,
            Always | InSummer => item.dish.4 * 1_000,
            InCold => item.dish.4 * cold,
            InWarmth => item.dish.4 * (2_000 - cold),
        };
        self.items.iter().map(wish).collect()
    }

    /// What one sells for today.
    pub(super) fn price(&self, item: ItemId) -> i64 {
        let at = usize::try_from(item.0 - 1).ok();
        at.and_then(|at| self.items.get(at)).map_or(0, |item| item.price)
    }

    fn add(&mut self, dish: Dish) -> Command {
        let (category, name, price, cost, ..) = dish;
        self.items.push(Item { dish, name, price, cost, on_menu: true });
        let category_id = CategoryId(category as i64 + 1);
        Command::AddItem(AddItem { category_id, name: name.to_owned(), price: Money(price) })
    }

    fn alter(&mut self, at: usize, how: impl FnOnce(&mut Item)) -> Command {
        let item = &mut self.items[at];
        how(item);
        Command::ChangeItem(ChangeItem { item_id: id(at), name: item.name.to_owned(), price: Money(item.price) })
    }

    /// Costs are sent as the page sends them: for every item, with none where none is known.
    fn costs(&self, items: impl IntoIterator<Item = usize>) -> Command {
        let cost = |at: usize| ItemCost { item_id: id(at), cost: self.items[at].cost.map(Money) };
        Command::SetCosts(SetCosts { items: items.into_iter().map(cost).collect() })
    }
}

/// The id of the item that was added at this place: 1, 2, 3 … as the store counts.
pub(super) fn id(at: usize) -> ItemId {
    ItemId(at as i64 + 1)
}
