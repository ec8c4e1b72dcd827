//! The table that a run prints: ours, the limit, the ratio.

/// Collects the rows.
pub struct Table {
    missed: u32,
}

impl Table {
    /// Prints the head.
    pub fn begin() -> Self {
        println!("\n{:<62} {:>14} {:>16} {:>7}", "", "ours", "limit", "ratio");
        Self { missed: 0 }
    }

    /// A figure that should be at least its limit.
    pub fn at_least(&mut self, what: &str, ours: f64, limit: f64, unit: &str) {
        self.row(what, ours, &format!("≥ {}", shown(limit)), ours / limit, ours >= limit, unit);
    }

    /// A figure that should be at most its limit.
    pub fn at_most(&mut self, what: &str, ours: f64, limit: f64, unit: &str) {
        self.row(what, ours, &format!("≤ {}", shown(limit)), ours / limit, ours <= limit, unit);
    }

    /// A figure without a limit, for context.
    pub fn note(&self, what: &str, ours: f64, unit: &str) {
        println!("{what:<62} {:>14} {unit}", shown(ours));
    }

    /// Says how many limits were missed.
    pub fn end(self) {
        println!("\n{} limits missed", self.missed);
    }

    fn row(&mut self, what: &str, ours: f64, limit: &str, ratio: f64, held: bool, unit: &str) {
        self.missed += u32::from(!held);
        let mark = if held { "" } else { "  MISSED" };
        println!("{what:<62} {:>14} {limit:>16} {ratio:>7.2} {unit}{mark}", shown(ours));
    }
}

fn shown(number: f64) -> String {
    if number >= 100.0 {
        let whole = (number.round() as i64).to_string();
        let groups: Vec<&str> =
            whole.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits")).collect();
        groups.join(",")
    } else {
        format!("{number:.3}")
    }
}
