//! The owner: signs up, writes the menu, and changes it as prices of beans and milk go up.

use domain::{Command, RegisterStore};
use events::Owner;

use super::menu::{Change, Menu};

/// What happens when so many per mille of the history have passed. The numbers are places on the first menu.
const CHANGES: [(u32, Change); 7] = [
    (150, Change::Costlier(&[14], 100)),
    (220, Change::Dearer(&[14], 300)),
    (380, Change::Costlier(&[0, 1, 2, 3, 4, 5, 6], 80)),
    (500, Change::Renamed(15, "수제 쿠키")),
    (610, Change::Dearer(&[0, 1, 2, 3], 300)),
    (740, Change::Costlier(&[2, 3, 4, 7, 8], 60)),
    (830, Change::Dearer(&[13, 16], 500)),
];

/// The name that the nth demo store logs in with: `demostore`, `demostore2`, `demostore3` …
pub(super) fn username(nth: u32) -> String {
    if nth == 0 { "demostore".to_owned() } else { format!("demostore{}", nth + 1) }
}

/// What the owner does before the first day: sign up, write the menu.
pub(super) fn begin(nth: u32, password_hash: &str, menu: &mut Menu) -> Vec<Command> {
    let mut commands = vec![Command::RegisterStore(RegisterStore {
        username: username(nth),
        store_name: if nth == 0 { "카페 온도".to_owned() } else { format!("카페 온도 {}호점", nth + 1) },
        store_type: "일반음식점".to_owned(),
        currency: None,
        time_zone: None,
        day_begins: None,
        language: None,
        personal: Owner {
            owner_name: "김온도".to_owned(),
            phone: format!("010{:08}", 12_345_678 + nth),
            address: format!("서울시 마포구 온도로 {}", nth + 1),
            password_hash: password_hash.to_owned(),
        },
    })];
    commands.extend(menu.write());
    commands
}

/// What the owner does on a morning: the nth of so many, in this month (0 is January).
pub(super) fn morning(day: u32, days: u32, month0: u32, menu: &mut Menu) -> Vec<Command> {
    let mut commands = menu.turn_to(month0);
    for (permille, change) in CHANGES {
        if u64::from(days) * u64::from(permille) / 1_000 == u64::from(day) {
            commands.extend(menu.change(change));
        }
    }
    commands
}
