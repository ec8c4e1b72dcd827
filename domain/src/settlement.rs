//! The end of a business day: its totals are fixed, and the owner is told what it, or a day so far, came to.

mod message;
mod phone;
#[cfg(test)]
mod tests;

use chrono::{Days, NaiveDate};
use events::{
    DaySettled, EffectFailure, Event, EventId, MessagePurpose, MessageRequested, NoMessage, Position, Recipient,
    SettlementNotificationFailed, SettlementNotified, StoreRegistered, Via,
};

use self::message::Wording;
use crate::decision::{Already, Context, Decided, Decision};
use crate::effect::Kind;
use crate::limits::MESSAGES_PER_STORE_DAY;
use crate::rejection::Rejection;
use crate::state::StoreState;

/// Close a business day that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct SettleDay {
    /// The day.
    pub date: NaiveDate,
    /// What was read back for it ([`crate::Command::needs`]): the sign-up, or the settlement that there is already.
    pub read_back: Option<Box<Event>>,
}

/// Tell the owner what a date has come to so far. Closes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct TellTotal {
    /// The date.
    pub date: NaiveDate,
    /// What was read back for it: the sign-up, or the settlement of a date that is settled.
    pub read_back: Option<Box<Event>>,
}

/// Send the message of a settlement once more.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatMessage {
    /// The settled date.
    pub date: NaiveDate,
    /// The settlement, once it was read back.
    pub read_back: Option<Box<Event>>,
}

/// Say what became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportMessage {
    /// The message: the event that asked for it.
    pub message: EventId,
    /// What became of it.
    pub outcome: MessageOutcome,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageOutcome {
    /// Somebody took it.
    Taken(Via),
    /// It was not sent.
    NotSent(EffectFailure),
    /// It may have been sent: the answer was lost.
    Uncertain(EffectFailure),
}

pub(crate) fn settle(state: &StoreState, command: &SettleDay, context: &Context) -> Decided {
    let date = command.date;
    if state.days.settled(date).is_some() {
        let there = settlement(command.read_back.as_deref(), date)?;
        return Ok(Decision::Already(Already::DaySettled(Box::new(there.clone()))));
    }
    let today = state.business_date(context.now);
    if date >= today {
        return Err(Rejection::DayNotEnded { date });
    }
    let registered = registration(command.read_back.as_deref())?;
    let totals = state.days.totals(date);
    let phone = phone::e164(&registered.personal.phone, registered.time_zone, registered.currency);
    let no_message = if state.effects.messages_on(today) >= MESSAGES_PER_STORE_DAY {
        Some(NoMessage::StoreLimit)
    } else {
        phone.is_none().then_some(NoMessage::NoPhone)
    };
    let message = message::compose(registered, Wording::Settled, date, &totals);
    Ok(DaySettled { business_date: date, totals, message, no_message, personal: Recipient { phone } }.into())
}

pub(crate) fn tell_total(state: &StoreState, command: &TellTotal, context: &Context) -> Decided {
    let date = command.date;
    let today = state.business_date(context.now);
    // A browser may stand a time zone ahead of its store.
    if date > today.checked_add_days(Days::new(1)).unwrap_or(today) {
        return Err(Rejection::DayNotBegun { date });
    }
    let asked = if state.days.settled(date).is_some() {
        let there = settlement(command.read_back.as_deref(), date)?;
        again(there, MessagePurpose::TotalSoFar)?
    } else {
        let registered = registration(command.read_back.as_deref())?;
        let totals = state.days.totals(date);
        let phone = phone::e164(&registered.personal.phone, registered.time_zone, registered.currency)
            .ok_or(Rejection::NoPhone)?;
        MessageRequested {
            business_date: date,
            purpose: MessagePurpose::TotalSoFar,
            net: totals.net,
            message: message::compose(registered, Wording::SoFar, date, &totals),
            personal: Recipient { phone: Some(phone) },
        }
    };
    if state.days.was_told(date, asked.net) {
        return Ok(Decision::Already(Already::TotalTold));
    }
    within_limit(state, today)?;
    Ok(asked.into())
}

pub(crate) fn repeat(state: &StoreState, command: &RepeatMessage, context: &Context) -> Decided {
    let date = command.date;
    if state.days.settled(date).is_none() {
        return Err(Rejection::DayNotSettled { date });
    }
    let there = settlement(command.read_back.as_deref(), date)?;
    let asked = again(there, MessagePurpose::SettlementAgain)?;
    within_limit(state, state.business_date(context.now))?;
    Ok(asked.into())
}

pub(crate) fn report(state: &StoreState, command: ReportMessage) -> Decision {
    let ReportMessage { message, outcome } = command;
    let pending = state.effects.get(message).map(|pending| pending.kind);
    let Some(Kind::Message(business_date)) = pending else {
        return Decision::Already(Already::EffectOver { effect: message });
    };
    let failed = |reason, uncertain| SettlementNotificationFailed { message, business_date, reason, uncertain }.into();
    match outcome {
        MessageOutcome::Taken(via) => SettlementNotified { message, business_date, via }.into(),
        MessageOutcome::NotSent(reason) => failed(reason, false),
        MessageOutcome::Uncertain(reason) => failed(reason, true),
    }
}

/// Where the event stands that has to be read back for a settlement or a total, if it has not been.
pub(crate) fn to_read_back(state: &StoreState, date: NaiveDate, there: Option<&Event>) -> Option<Position> {
    match (state.days.settled(date), there) {
        (Some(_), Some(Event::DaySettled(settled))) if settled.business_date == date => None,
        (Some(at), _) => Some(at),
        (None, Some(Event::StoreRegistered(_))) => None,
        (None, _) => state.registered_at(),
    }
}

fn settlement(read_back: Option<&Event>, date: NaiveDate) -> Result<&DaySettled, Rejection> {
    match read_back {
        Some(Event::DaySettled(settled)) if settled.business_date == date => Ok(settled),
        _ => Err(Rejection::NotReadBack),
    }
}

fn registration(read_back: Option<&Event>) -> Result<&StoreRegistered, Rejection> {
    match read_back {
        Some(Event::StoreRegistered(registered)) => Ok(registered),
        _ => Err(Rejection::NotReadBack),
    }
}

/// The settlement's message once more.
fn again(settled: &DaySettled, purpose: MessagePurpose) -> Result<MessageRequested, Rejection> {
    let phone = settled.personal.phone.clone().ok_or(Rejection::NoPhone)?;
    Ok(MessageRequested {
        business_date: settled.business_date,
        purpose,
        net: settled.totals.net,
        message: settled.message.clone(),
        personal: Recipient { phone: Some(phone) },
    })
}

fn within_limit(state: &StoreState, today: NaiveDate) -> Result<(), Rejection> {
    if state.effects.messages_on(today) < MESSAGES_PER_STORE_DAY {
        return Ok(());
    }
    Err(Rejection::TooManyMessages { limit: MESSAGES_PER_STORE_DAY })
}
