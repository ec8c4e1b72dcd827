//! The questions whose finished answers are kept: what is asked, of which projection, and how it is read.

use chrono::NaiveDate;
use chrono_tz::Tz;
use events::{ItemId, StoreId, TableNo};
use migrations::Snapshot;
use uuid::Uuid;
use web::DateRange;

use crate::failure::ReadError;
use crate::shapes::{CategoryCosts, DaySales, ItemSales, Menu, PeriodSales, Volumes, success};
use crate::views::{catalogue, consultings, days, settlements, stores, tables};

/// Up to how many days an answer is read at once; a month of items takes about a millisecond.
const SHORT_DAYS: i64 = 31;

/// What is asked for of one store. Every parameter is an absolute one, so the same question tomorrow is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// The store itself.
    OwnStore,
    /// Its categories.
    Categories,
    /// Its categories with their items.
    Menu,
    /// Its items with their costs.
    Costs,
    /// Its categories with their items, under the name that the page of costs reads.
    CategoryCosts,
    /// One item.
    Item(ItemId),
    /// All open tables.
    OpenTables,
    /// One table.
    OpenTable(TableNo),
    /// What a day sold.
    DaySales(NaiveDate),
    /// What a period sold.
    PeriodSales(DateRange),
    /// What a period sold, by item.
    ItemSales(DateRange),
    /// What each day of a period sold.
    Volumes(DateRange),
    /// Every settled day.
    Settlements,
    /// One settled day, with its messages.
    Settlement(NaiveDate),
    /// The last messages to the owner.
    Messages,
    /// Whether advice is there.
    AdviceState(Uuid),
    /// The advice.
    Advice(Uuid),
}

impl Question {
    /// The projection whose rows answer it; always one, so that an answer has one position.
    pub(crate) fn projection(self) -> &'static str {
        match self {
            Self::OwnStore => stores::NAME,
            Self::Categories | Self::Menu | Self::Costs | Self::CategoryCosts | Self::Item(_) => catalogue::NAME,
            Self::OpenTables | Self::OpenTable(_) => tables::NAME,
            Self::DaySales(_) | Self::PeriodSales(_) | Self::ItemSales(_) | Self::Volumes(_) => days::NAME,
            Self::Settlements | Self::Settlement(_) | Self::Messages => settlements::NAME,
            Self::AdviceState(_) | Self::Advice(_) => consultings::NAME,
        }
    }

    /// Whether so many rows may answer it that reading them would keep others waiting.
    pub(crate) fn is_long(self) -> bool {
        match self {
            Self::PeriodSales(range) | Self::ItemSales(range) | Self::Volumes(range) => range.days() > SHORT_DAYS,
            _ => false,
        }
    }

    /// Reads the answer's body; `None` if there is nothing of this id.
    pub(crate) async fn read(
        self,
        snapshot: &mut Snapshot,
        store: StoreId,
        zone: Tz,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let body = match self {
            Self::OwnStore => match stores::details(snapshot, store).await? {
                Some(details) => success("매장 정보입니다.", details),
                None => return Ok(None),
            },
            Self::Categories => success("카테고리 목록입니다.", catalogue::categories(snapshot, store).await?),
            Self::Menu => success("메뉴 목록입니다.", Menu { categories: catalogue::menu(snapshot, store).await? }),
            Self::Costs => success("원가 목록입니다.", catalogue::costs(snapshot, store).await?),
            Self::CategoryCosts => {
                success("원가 목록입니다.", CategoryCosts { items: catalogue::menu(snapshot, store).await? })
            }
            Self::Item(item) => match catalogue::item(snapshot, store, item).await? {
                Some(item) => success("메뉴 정보입니다.", item),
                None => return Ok(None),
            },
            Self::OpenTables => success("미결제 주문 목록입니다.", tables::open_tables(snapshot, store, zone).await?),
            Self::OpenTable(table) => {
                success("테이블의 미결제 주문입니다.", tables::open_table(snapshot, store, table, zone).await?)
            }
            Self::DaySales(date) => success("일 매출입니다.", day_sales(snapshot, store, date).await?),
            Self::PeriodSales(range) => success("기간 매출입니다.", period_sales(snapshot, store, range).await?),
            Self::ItemSales(range) => success("메뉴별 매출입니다.", item_sales(snapshot, store, range).await?),
            Self::Settlements => success("마감 목록입니다.", settlements::all(snapshot, store, zone).await?),
            Self::Settlement(date) => match settlements::one(snapshot, store, date, zone).await? {
                Some(settled) => success("마감 내역입니다.", settled),
                None => return Ok(None),
            },
            Self::Messages => success("문자 목록입니다.", settlements::messages(snapshot, store, zone).await?),
            Self::AdviceState(request) => match consultings::state(snapshot, store, request).await? {
                Some(verdict) => serde_json::to_vec(&verdict),
                None => return Ok(None),
            },
            Self::Advice(request) => match consultings::advice(snapshot, store, request).await? {
                Some(advice) => serde_json::to_vec(&advice),
                None => return Ok(None),
            },
            Self::Volumes(DateRange { start, end }) => {
                let total = days::days(snapshot, store, DateRange { start, end }).await?;
                success("일별 매출입니다.", Volumes { start_date: start, end_date: end, total })
            }
        };
        Ok(Some(body?))
    }
}

async fn day_sales(snapshot: &mut Snapshot, store: StoreId, date: NaiveDate) -> Result<DaySales, ReadError> {
    let range = DateRange { start: date, end: date };
    let total = days::total(snapshot, store, range).await?;
    let payments = days::payments(snapshot, store, range).await?;
    Ok(DaySales { sales_volume: total.sales_volume, date, restated: total.restated, payments })
}

async fn period_sales(snapshot: &mut Snapshot, store: StoreId, range: DateRange) -> Result<PeriodSales, ReadError> {
    let total = days::total(snapshot, store, range).await?;
    let payments = days::payments(snapshot, store, range).await?;
    let DateRange { start, end } = range;
    Ok(PeriodSales {
        sales_volume: total.sales_volume,
        start_date: start,
        end_date: end,
        restated: total.restated,
        payments,
    })
}

async fn item_sales(snapshot: &mut Snapshot, store: StoreId, range: DateRange) -> Result<ItemSales, ReadError> {
    let total = days::total(snapshot, store, range).await?;
    let items = days::items(snapshot, store, range).await?;
    let DateRange { start, end } = range;
    Ok(ItemSales {
        start_date: start,
        end_date: end,
        sales_volume: total.sales_volume,
        restated: total.restated,
        items,
    })
}
