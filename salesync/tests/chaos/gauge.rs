//! How hard a run was: appends that ended unknown, reigns, and what stands in the log and does not count.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use events::Partition;
use log::{Cursor, KafkaLog, Kind, Log as _, Record};

/// The counter of appends that were not reported whole, as /metrics names it.
const FAILED: &str = "salesync_log_failed_commits_total";
/// How long an instance's metrics are waited for: it may stand still.
const SCRAPE: Duration = Duration::from_secs(2);

/// Appends that ended unknown, over all lives of all instances, as far as they lived to say so.
pub(crate) struct Appends {
    before: u64,
    now: Vec<u64>,
}

/// What stands in the log and does not count, and how often it changed hands.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sum {
    pub(crate) reigns: u64,
    /// Behind something of the same reign that is missing.
    pub(crate) holes: u64,
    /// Of the same reign once more.
    pub(crate) doubles: u64,
    /// Of a reign that was over.
    pub(crate) late: u64,
    /// Claims with a term that had passed.
    pub(crate) beaten: u64,
}

/// The log as far as it was read.
pub(crate) struct Tide {
    cursors: Vec<Cursor>,
    pub(crate) sum: Sum,
}

impl Appends {
    pub(crate) fn of(instances: usize) -> Self {
        Self { before: 0, now: vec![0; instances] }
    }

    /// Asks an instance; one that stands still keeps what it said before.
    pub(crate) fn read(&mut self, instance: usize, admin: SocketAddr) {
        if let Some(failed) = scraped(admin) {
            self.now[instance] = failed;
        }
    }

    /// The instance counts from nothing again.
    pub(crate) fn begin_anew(&mut self, instance: usize) {
        self.before += std::mem::take(&mut self.now[instance]);
    }

    /// All of them so far.
    pub(crate) fn unknown(&self) -> u64 {
        self.before + self.now.iter().sum::<u64>()
    }
}

fn scraped(admin: SocketAddr) -> Option<u64> {
    let mut stream = TcpStream::connect(admin).ok()?;
    stream.set_read_timeout(Some(SCRAPE)).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n").ok()?;
    let mut said = String::new();
    stream.read_to_string(&mut said).ok()?;
    let line = said.lines().find_map(|line| line.strip_prefix(FAILED));
    // A counter that never counted is not shown.
    line.map_or(Some(0), |count| count.trim().parse().ok())
}

impl Tide {
    pub(crate) fn out() -> Self {
        Self { cursors: Vec::new(), sum: Sum::default() }
    }

    /// Reads on to the end.
    pub(crate) async fn rise(&mut self, log: &KafkaLog) {
        self.cursors.resize(log.partitions() as usize, Cursor::default());
        for (partition, cursor) in (0..).map(Partition).zip(&mut self.cursors) {
            let end = log.current_end(partition).await.unwrap();
            let mut reader = log.reader(partition, cursor.next).await.unwrap();
            while cursor.next < end {
                for stored in reader.next(10_000).await.unwrap() {
                    self.sum.take(cursor, &stored.record);
                }
            }
        }
    }
}

impl Sum {
    /// Records of a reign in force that are void: the network, the broker or the client library tore an append.
    pub(crate) fn torn(&self) -> u64 {
        self.holes + self.doubles
    }

    fn take(&mut self, cursor: &mut Cursor, record: &Record) {
        let (writer, n) = (cursor.writer, cursor.n);
        let counts = cursor.admit(record).unwrap();
        let count = match (counts, record.kind) {
            (true, Kind::Claim) => &mut self.reigns,
            (true, _) => return,
            (false, Kind::Claim) => &mut self.beaten,
            (false, _) if writer != Some(record.writer) => &mut self.late,
            (false, _) if record.n > n => &mut self.holes,
            (false, _) => &mut self.doubles,
        };
        *count += 1;
    }
}
