//! Everything that can be asked of a store, and the way to the part of the trade that decides it.

use events::{Position, SaleCompleted};

use crate::catalogue::{self, AddCategory, AddItem, ChangeItem, RemoveCategory, RemoveItem, RenameCategory, SetCosts};
use crate::decision::{Context, Decision};
use crate::order::{self, CancelTab, PlaceOrder, UpdateCart};
use crate::rejection::Rejection;
use crate::sale::{self, PayTab, VoidSale};
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
}

impl Command {
    /// The position of the `SaleCompleted` that has to be read back and handed over by [`Command::with_sale`] before
    /// this can be decided: the state keeps where a sale stands, not what was sold.
    pub fn needs(&self, state: &StoreState) -> Option<Position> {
        match self {
            Self::VoidSale(void) => sale::to_read_back(state, void),
            _ => None,
        }
    }

    /// The command with the sale that it needed; any other command as it was.
    #[must_use]
    pub fn with_sale(self, sale: SaleCompleted) -> Self {
        match self {
            Self::VoidSale(void) => Self::VoidSale(VoidSale { sale: Some(Box::new(sale)), ..void }),
            other => other,
        }
    }
}

/// What the command comes to in this state. The same three give the same decision, whoever asks and when.
pub fn decide(state: &StoreState, command: &Command, context: &Context) -> Result<Decision, Rejection> {
    if !matches!(command, Command::RegisterStore(_)) {
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
    }
}
