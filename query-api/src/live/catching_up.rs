//! From the last event that a client has up to where it joined the tail.
//!
//! Who reads in the middle must know the claim in force there. The client's last event was given out as counted, so its
//! record names the writer and `n`; the term follows from the claims between it and the tail, whose term is known: of the
//! terms that it can have had, the right one leads to the tail's own claim.

use events::{Partition, Position, Subject};
use log::{Admitted, Claim, Cursor, Kind, Log, LogError, WriterId};

/// Records read at a time.
const READ_RECORDS: usize = 4_096;

/// A reader behind the record at `last`; `None` if that is not an event of the subject that can have counted.
pub(super) async fn behind(
    log: &dyn Log,
    (partition, subject): (Partition, Subject),
    last: Position,
    joined: &Cursor,
) -> Result<Option<Admitted>, LogError> {
    let Some(record) = log.read(partition, last).await? else { return Ok(None) };
    if record.kind != Kind::Event || record.key != subject.to_string() {
        return Ok(None);
    }
    let claims = claims(log, partition, last.next(), joined.next).await?;
    let Some(term) = term_before(&claims, record.writer, joined) else { return Ok(None) };
    let cursor = Cursor {
        home: joined.home,
        next: last.next(),
        term,
        writer: Some(record.writer),
        n: record.n,
        sealed: false,
        counted: 0,
        last: Some(record.digest()),
    };
    Admitted::open(log, partition, cursor).await.map(Some)
}

/// The claims from a place up to another.
async fn claims(
    log: &dyn Log,
    partition: Partition,
    from: Position,
    until: Position,
) -> Result<Vec<(WriterId, Claim)>, LogError> {
    let mut claims = Vec::new();
    if from >= until {
        return Ok(claims);
    }
    let mut reader = log.reader(partition, from).await?;
    loop {
        for stored in reader.next(READ_RECORDS).await? {
            if stored.position >= until {
                return Ok(claims);
            }
            if stored.record.kind == Kind::Claim {
                let unreadable = |source| LogError::Unreadable { at: stored.position, source };
                claims.push((stored.record.writer, stored.record.as_claim().map_err(unreadable)?));
            }
            if stored.position.next() >= until {
                return Ok(claims);
            }
        }
    }
}

/// The term in force before the claims, if `writer` reigned then and they lead to the claim in force at `joined`.
fn term_before(claims: &[(WriterId, Claim)], writer: WriterId, joined: &Cursor) -> Option<u64> {
    let leads_there = |begin: u64| {
        let (mut term, mut reigning) = (begin, writer);
        for (writer, claim) in claims {
            if claim.term == term + 1 && Some(claim.home) == joined.home {
                (term, reigning) = (claim.term, *writer);
            }
        }
        (term, Some(reigning)) == (joined.term, joined.writer)
    };
    (0..=claims.len() as u64).filter_map(|back| joined.term.checked_sub(back)).find(|begin| leads_there(*begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::LogId;
    use log::Home;
    use uuid::Uuid;

    fn home(n: u128) -> Home {
        Home { log: LogId(Uuid::from_u128(n)), partitions: 1 }
    }

    fn writer(n: u128) -> WriterId {
        WriterId(Uuid::from_u128(n))
    }

    fn claim(by: u128, term: u64) -> (WriterId, Claim) {
        (writer(by), Claim { term, home: home(1), sealed: false })
    }

    #[test]
    fn the_term_is_the_one_that_leads_to_the_claim_in_force() {
        let joined = |term, by| Cursor { home: Some(home(1)), term, writer: Some(writer(by)), ..Cursor::default() };
        assert_eq!(term_before(&[], writer(1), &joined(7, 1)), Some(7));
        assert_eq!(term_before(&[], writer(2), &joined(7, 1)), None, "nobody of that name reigns");
        assert_eq!(term_before(&[claim(2, 8)], writer(1), &joined(8, 2)), Some(7));
        let late = [claim(9, 7), claim(2, 8), claim(3, 8), claim(4, 9)];
        assert_eq!(term_before(&late, writer(1), &joined(9, 4)), Some(7), "claims that came late are void");
        let foreign = (writer(9), Claim { term: 8, home: home(2), sealed: false });
        assert_eq!(term_before(&[foreign], writer(1), &joined(7, 1)), Some(7));
    }
}
