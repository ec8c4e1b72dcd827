//! Everything that can be asked of a store, and the way to the part of the trade that decides it.

use chrono::{DateTime, Utc};
use events::{Event, EventId, Position};

use crate::advice::{self, CompleteConsulting, FailConsulting, RequestConsulting};
use crate::catalogue::{self, AddCategory, AddItem, ChangeItem, RemoveCategory, RemoveItem, RenameCategory, SetCosts};
use crate::decision::{Context, Decision};
use crate::effect::{self, StartEffect};
use crate::occurrence;
use crate::order::{self, CancelTab, PlaceOrder, UpdateCart};
use crate::rejection::Rejection;
use crate::sale::{self, PayTab, VoidSale};
use crate::settlement::{self, RepeatMessage, ReportMessage, SettleDay, TellTotal};
use crate::state::StoreState;
use crate::store::{self, ChangePassword, RegisterStore};

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is documented at the struct that it is named after")]
pub enum Command {
    RegisterStore(RegisterStore),
    ChangePassword(ChangePassword),
    /// Close the store for good. Its name stays taken, its history stays.
    CloseStore,
    AddCategory(AddCategory),
    RenameCategory(RenameCategory),
    RemoveCategory(RemoveCategory),
    AddItem(AddItem),
    ChangeItem(ChangeItem),
    RemoveItem(RemoveItem),
    SetCosts(SetCosts),
    PlaceOrder(PlaceOrder),
    UpdateCart(UpdateCart),
    CancelTab(CancelTab),
    PayTab(PayTab),
    VoidSale(VoidSale),
    SettleDay(SettleDay),
    TellTotal(TellTotal),
    RepeatMessage(RepeatMessage),
    ReportMessage(ReportMessage),
    RequestConsulting(RequestConsulting),
    CompleteConsulting(CompleteConsulting),
    FailConsulting(FailConsulting),
    StartEffect(StartEffect),
}

impl Command {
    /// The position of the event that has to be read back and handed over by [`Command::with_event`] before this can be
    /// decided: the state keeps where a sale, a settlement or the sign-up stands, not what it says.
    pub fn needs(&self, state: &StoreState) -> Option<Position> {
        match self {
            Self::VoidSale(void) => sale::to_read_back(state, void),
            Self::SettleDay(SettleDay { date, read_back }) | Self::TellTotal(TellTotal { date, read_back }) => {
                settlement::to_read_back(state, *date, read_back.as_deref())
            }
            Self::RepeatMessage(RepeatMessage { date, read_back }) => {
                state.days.settled(*date)?;
                settlement::to_read_back(state, *date, read_back.as_deref())
            }
            _ => None,
        }
    }

    /// The command with the event that it needed; any other command as it was.
    #[must_use]
    pub fn with_event(mut self, event: Event) -> Self {
        match (&mut self, event) {
            (Self::VoidSale(void), Event::SaleCompleted(sale)) => void.sale = Some(Box::new(sale)),
            (
                Self::SettleDay(SettleDay { read_back, .. })
                | Self::TellTotal(TellTotal { read_back, .. })
                | Self::RepeatMessage(RepeatMessage { read_back, .. }),
                event,
            ) => *read_back = Some(Box::new(event)),
            _ => {}
        }
        self
    }

    /// Forgets what was read back, since it was of a state that fell.
    pub fn forget_event(&mut self) {
        match self {
            Self::VoidSale(void) => void.sale = None,
            Self::SettleDay(SettleDay { read_back, .. })
            | Self::TellTotal(TellTotal { read_back, .. })
            | Self::RepeatMessage(RepeatMessage { read_back, .. }) => *read_back = None,
            _ => {}
        }
    }

    /// When what is asked occurred, for a command that was received at `now`: a terminal that was offline says so. Its
    /// event carries this time.
    pub fn occurred_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let (Self::PlaceOrder(PlaceOrder { occurred_at, .. }) | Self::PayTab(PayTab { occurred_at, .. })) = self else {
            return now;
        };
        occurrence::instant(*occurred_at, now).unwrap_or(now)
    }

    /// The event that this one follows from, if it is the consequence of one.
    pub fn cause(&self) -> Option<EventId> {
        match self {
            Self::StartEffect(start) => Some(start.effect),
            Self::ReportMessage(report) => Some(report.message),
            Self::CompleteConsulting(complete) => Some(complete.request),
            Self::FailConsulting(fail) => Some(fail.request),
            _ => None,
        }
    }

    /// Whether it says what became of an effect, which is worth knowing of a store that has closed meanwhile too.
    fn is_outcome(&self) -> bool {
        matches!(self, Self::ReportMessage(_) | Self::CompleteConsulting(_) | Self::FailConsulting(_))
    }
}

/// What the command comes to in this state. The same three give the same decision, whoever asks and when.
pub fn decide(state: &StoreState, command: &Command, context: &Context) -> Result<Decision, Rejection> {
    if !matches!(command, Command::RegisterStore(_)) && !command.is_outcome() {
        store::open(state)?;
    }
    match command {
        Command::RegisterStore(command) => store::register(state, command),
        Command::ChangePassword(command) => Ok(store::change_password(state, command)),
        Command::CloseStore => Ok(store::close()),
        Command::AddCategory(command) => catalogue::add_category(state, command),
        Command::RenameCategory(command) => catalogue::rename_category(state, command),
        Command::RemoveCategory(command) => catalogue::remove_category(state, command),
        Command::AddItem(command) => catalogue::add_item(state, command),
        Command::ChangeItem(command) => catalogue::change_item(state, command),
        Command::RemoveItem(command) => catalogue::remove_item(state, command),
        Command::SetCosts(command) => catalogue::set_costs(state, command),
        Command::PlaceOrder(command) => order::place(state, command, context),
        Command::UpdateCart(command) => order::update_cart(state, command),
        Command::CancelTab(command) => order::cancel(state, command),
        Command::PayTab(command) => sale::pay(state, command, context),
        Command::VoidSale(command) => sale::void(state, command, context),
        Command::SettleDay(command) => settlement::settle(state, command, context),
        Command::TellTotal(command) => settlement::tell_total(state, command, context),
        Command::RepeatMessage(command) => settlement::repeat(state, command, context),
        Command::ReportMessage(command) => Ok(settlement::report(state, *command)),
        Command::RequestConsulting(command) => advice::request(state, *command),
        Command::CompleteConsulting(command) => Ok(advice::complete(state, command)),
        Command::FailConsulting(command) => Ok(advice::fail(state, *command)),
        Command::StartEffect(command) => effect::start(state, command, context),
    }
}
