//! The advisor that needs nothing: findings from the table by plain rules, in Korean and in English.

use async_trait::async_trait;
use events::{Advice, Advisor as Speaker, CitedFigure, Finding, FindingKind, Language};

use super::figures::Figures;
use super::{checking, wording};
use crate::reactor::{Advisor, EffectError};

/// A margin below this, in thousandths, is worth a word.
const LOW_MARGIN_PERMILLE: i64 = 500;
/// Voids above this part of the sales, in thousandths, are worth a warning.
const MANY_VOIDS_PERMILLE: i64 = 30;
/// Items are ranked once there are so many.
const RANKED_ITEMS: usize = 3;

/// The advisor.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbeddedAdvisor;

#[async_trait]
impl Advisor for EmbeddedAdvisor {
    async fn advise(&self, figures: &Figures) -> Result<Advice, EffectError> {
        let findings = findings(figures);
        Ok(wording::advice(figures, Speaker::Embedded, findings))
    }

    fn costs(&self) -> bool {
        false
    }
}

/// Everything that the rules find, most important first.
pub(super) fn findings(figures: &Figures) -> Vec<Finding> {
    let rules = [overview, change, best, low_margin, worst, weekdays, hours, voids, missing_cost];
    let found = rules.iter().filter_map(|rule| rule(figures));
    found
        .map(|mut finding| {
            finding.verified = checking::is_verified(figures, &finding);
            finding
        })
        .collect()
}

/// A finding in the making: what is written of a figure is cited.
struct Say<'a> {
    figures: &'a Figures,
    cited: Vec<CitedFigure>,
}

impl<'a> Say<'a> {
    fn of(figures: &'a Figures) -> Self {
        Self { figures, cited: Vec::new() }
    }

    /// The figure as a sentence has it.
    fn figure(&mut self, name: &str) -> String {
        let Some(figure) = self.figures.get(name) else { return String::new() };
        self.cited.push(CitedFigure { name: name.to_owned(), value: figure.value });
        wording::written(self.figures, figure)
    }

    fn item(&self, id: i64) -> &'a str {
        self.figures.items.get(&id).map_or("?", String::as_str)
    }

    fn so(self, kind: FindingKind, statement: [String; 2], action: [&str; 2]) -> Finding {
        let [korean, english] = statement;
        let (statement, action) = match self.figures.language {
            Language::Ko => (korean, action[0]),
            Language::En => (english, action[1]),
        };
        Finding { kind, statement, figures: self.cited, action: action.to_owned(), verified: false }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the rules have one form, and others find nothing")]
fn overview(figures: &Figures) -> Option<Finding> {
    let mut say = Say::of(figures);
    let (net, profit) = (say.figure("net_sales"), say.figure("profit"));
    let (sales, average) = (say.figure("sales"), say.figure("average_sale"));
    let mut korean = format!("순매출은 {net}, 이익은 {profit}이며 판매는 {sales}건입니다.");
    let mut english = format!("Net sales are {net} with a profit of {profit} from {sales} sales.");
    if !average.is_empty() {
        korean.push_str(&[" 한 건 평균은 ", &average, "입니다."].concat());
        english.push_str(&[" One sale is worth ", &average, " on average."].concat());
    }
    if figures.get("margin_permille").is_some() {
        let margin = say.figure("margin_permille");
        korean.push_str(&[" 이익률은 ", &margin, "입니다."].concat());
        english.push_str(&[" The margin is ", &margin, "."].concat());
    }
    let action = [
        "한 건 평균을 높이려면 함께 많이 팔리는 메뉴를 세트로 권해 보세요.",
        "To raise the average sale, offer what sells well together as a set.",
    ];
    Some(say.so(FindingKind::Overview, [korean, english], action))
}

fn change(figures: &Figures) -> Option<Finding> {
    let change = figures.get("change_permille")?.value;
    let mut say = Say::of(figures);
    let (net, before) = (say.figure("net_sales"), say.figure("before.net_sales"));
    let by = say.figure("change_permille").trim_start_matches('-').to_owned();
    let (korean, english, action) = if change < 0 {
        (
            "줄었습니다",
            "down",
            [
                "줄어든 요일과 시간대를 아래에서 확인하고 그때 행사를 해 보세요.",
                "Look below for the days and hours that fell behind, and run an offer then.",
            ],
        )
    } else {
        (
            "늘었습니다",
            "up",
            ["무엇이 늘었는지 확인하고 재료와 인원을 맞추세요.", "See what grew, and plan stock and staff for it."],
        )
    };
    let korean = format!("직전 같은 기간의 순매출 {before}에서 {net}으로 {by} {korean}.");
    let english = format!("Net sales went from {before} in the period before to {net}, {english} by {by}.");
    Some(say.so(FindingKind::Change, [korean, english], action))
}

fn best(figures: &Figures) -> Option<Finding> {
    let id = ranked(figures, "net_sales").first().map(|(id, _)| *id)?;
    let mut say = Say::of(figures);
    let (name, net) = (say.item(id), say.figure(&format!("item.{id}.net_sales")));
    let (share, quantity) =
        (say.figure(&format!("item.{id}.share_permille")), say.figure(&format!("item.{id}.quantity")));
    let korean = format!("가장 많이 팔린 메뉴: {name} — {quantity}개, {net}, 전체의 {share}.");
    let english = format!("The best seller is {name}: {quantity} sold for {net}, which is {share} of all.");
    let action = ["품절되지 않도록 재료를 먼저 챙기세요.", "Make sure that it is never sold out."];
    Some(say.so(FindingKind::Best, [korean, english], action))
}

fn low_margin(figures: &Figures) -> Option<Finding> {
    let (id, margin) = ranked(figures, "margin_permille").last().copied()?;
    let mut say = Say::of(figures);
    let (name, written) = (say.item(id), say.figure(&format!("item.{id}.margin_permille")));
    let profit = say.figure(&format!("item.{id}.profit"));
    let korean = format!("이익률이 가장 낮은 메뉴: {name} — 이익률 {written}, 이익 {profit}.");
    let english = format!("The lowest margin is that of {name}: {written}, a profit of {profit}.");
    let action = if margin < LOW_MARGIN_PERMILLE {
        ["가격을 올리거나 원가를 줄일 방법을 찾아 보세요.", "Raise its price, or find a way to make it for less."]
    } else {
        ["지금 가격을 유지해도 좋습니다.", "Its price is fine as it is."]
    };
    Some(say.so(FindingKind::Margin, [korean, english], action))
}

fn worst(figures: &Figures) -> Option<Finding> {
    let ranked = ranked(figures, "net_sales");
    let id = ranked.last().filter(|_| ranked.len() >= RANKED_ITEMS).map(|(id, _)| *id)?;
    let mut say = Say::of(figures);
    let (name, net) = (say.item(id), say.figure(&format!("item.{id}.net_sales")));
    let quantity = say.figure(&format!("item.{id}.quantity"));
    let korean = format!("가장 적게 팔린 메뉴: {name} — {quantity}개, {net}.");
    let english = format!("The least sold is {name}: {quantity} sold for {net}.");
    let action = [
        "메뉴판에서 자리를 바꾸거나, 계속 둘지 생각해 보세요.",
        "Give it another place on the menu, or ask yourself whether to keep it.",
    ];
    Some(say.so(FindingKind::Worst, [korean, english], action))
}

fn weekdays(figures: &Figures) -> Option<Finding> {
    const DAYS: [(&str, &str, &str); 7] = [
        ("mon", "월요일", "Monday"),
        ("tue", "화요일", "Tuesday"),
        ("wed", "수요일", "Wednesday"),
        ("thu", "목요일", "Thursday"),
        ("fri", "금요일", "Friday"),
        ("sat", "토요일", "Saturday"),
        ("sun", "일요일", "Sunday"),
    ];
    let name = |day: &str| format!("weekday.{day}.average_net_sales");
    let known = DAYS.iter().filter_map(|day| Some((day, figures.get(&name(day.0))?.value)));
    let known: Vec<_> = known.collect();
    let (strong, _) = known.iter().max_by_key(|(_, value)| *value)?;
    let (weak, _) = known.iter().min_by_key(|(_, value)| *value)?;
    let mut say = Say::of(figures);
    let (most, least) = (say.figure(&name(strong.0)), say.figure(&name(weak.0)));
    let korean =
        format!("하루 평균 순매출은 {}이 {most}으로 가장 높고 {}이 {least}으로 가장 낮습니다.", strong.1, weak.1);
    let english =
        format!("{} is the strongest day with {most} on average, {} the weakest with {least}.", strong.2, weak.2);
    let action = [
        "강한 요일에 인원을 늘리고, 약한 요일에는 할인이나 정기 행사를 해 보세요.",
        "Add staff on the strong day; try an offer on the weak one.",
    ];
    Some(say.so(FindingKind::Weekday, [korean, english], action))
}

fn hours(figures: &Figures) -> Option<Finding> {
    let value = |hour: usize| figures.get(&format!("hour.{hour}.net_sales")).map(|figure| figure.value);
    let (hour, _) = (0..24).filter_map(|hour| Some((hour, value(hour)?))).max_by_key(|(_, value)| *value)?;
    let mut say = Say::of(figures);
    let (net, share) =
        (say.figure(&format!("hour.{hour}.net_sales")), say.figure(&format!("hour.{hour}.share_permille")));
    let korean = format!("가장 바쁜 시간은 {hour}시대입니다: {net}, 전체의 {share}.");
    let english = format!("The busiest hour begins at {hour}: {net}, which is {share} of all.");
    let action = [
        "그 시간 전에 준비를 끝내고, 한가한 시간에는 쉬는 순서를 정하세요.",
        "Be ready before it, and put the breaks into the quiet hours.",
    ];
    Some(say.so(FindingKind::Hour, [korean, english], action))
}

fn voids(figures: &Figures) -> Option<Finding> {
    let permille = figures.get("voided_permille").map_or(0, |figure| figure.value);
    if figures.value("voided") == 0 {
        return None;
    }
    let mut say = Say::of(figures);
    let (voided, part) = (say.figure("voided"), say.figure("voided_permille"));
    let korean = format!("취소된 금액은 {voided}입니다 (취소 전 매출의 {part}).");
    let english = format!("Voids come to {voided}, {part} of what was sold before them.");
    let action = if permille > MANY_VOIDS_PERMILLE {
        ["취소가 잦습니다. 주문 확인 절차를 살펴보세요.", "That is a lot: look at how orders are taken."]
    } else {
        ["평소 수준인지 가끔 확인하세요.", "Have a look at it now and then."]
    };
    Some(say.so(FindingKind::Voids, [korean, english], action))
}

fn missing_cost(figures: &Figures) -> Option<Finding> {
    if figures.value("missing_cost.items") == 0 {
        return None;
    }
    let mut say = Say::of(figures);
    let (items, net) = (say.figure("missing_cost.items"), say.figure("missing_cost.net_sales"));
    let korean =
        format!("원가가 입력되지 않은 메뉴가 {items}개이고 그 매출이 {net}이어서 이익은 실제보다 크게 보입니다.");
    let english = format!("{items} items that sold for {net} have no cost, so the profit looks larger than it is.");
    let action = ["원가를 입력하세요.", "Enter their costs."];
    Some(say.so(FindingKind::MissingCost, [korean, english], action))
}

/// The named items by one of their figures, largest first.
fn ranked(figures: &Figures, by: &str) -> Vec<(i64, i64)> {
    let value = |id: &i64| Some((*id, figures.get(&format!("item.{id}.{by}"))?.value));
    let mut ranked: Vec<(i64, i64)> = figures.items.keys().filter_map(value).collect();
    ranked.sort_by_key(|(id, value)| (std::cmp::Reverse(*value), *id));
    ranked
}
