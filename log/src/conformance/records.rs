//! Cases: what a provider does with the records it is sent.

use bytes::Bytes;
use events::{Partition, Position};
use uuid::Uuid;

use super::Failure;
use super::scene::{HERE, Scene, equal};
use crate::port::Report;
use crate::record::{Kind, Record, WriterId};

pub(super) async fn positions_have_no_gaps(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    let mut next = 0;
    for size in [1, 3, 100, 1] {
        let batch: Vec<_> = (0..size).flat_map(|_| writer.events(["e"])).collect();
        let positions = writer.send(batch).await?;
        let expected: Vec<_> = (next..next + size).map(Position).collect();
        equal("the positions of a batch", &positions, &expected)?;
        next += size;
        equal("the end behind a batch", &scene.log.current_end(HERE).await?, &Position(next))?;
    }
    Ok(())
}

pub(super) async fn a_reported_record_stands_where_it_was_reported(scene: &Scene<'_>) -> Result<(), Failure> {
    let (mut one, mut two) = (scene.writer().await?, scene.writer().await?);
    let mut reported = Vec::new();
    for round in 0..5 {
        for writer in [&mut one, &mut two] {
            let mut batch = writer.events(["a", "b"]);
            batch.truncate(1 + round % 2);
            let positions = writer.send(batch.clone()).await?;
            reported.extend(positions.into_iter().zip(batch));
        }
    }
    for (position, record) in reported {
        equal("the record at a reported position", &scene.log.read(HERE, position).await?, &Some(record))?;
    }
    Ok(())
}

pub(super) async fn a_reported_record_is_seen_by_another_process(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    for _ in 0..3 {
        let batch = writer.events(["a", "b"]);
        for (position, record) in writer.send(batch.clone()).await?.into_iter().zip(batch) {
            let found = scene.beside.read(HERE, position).await?;
            equal("a reported record, read by another process", &found, &Some(record))?;
        }
    }
    Ok(())
}

pub(super) async fn a_record_reads_back_as_it_was_sent(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut writer = scene.writer().await?;
    let mut batch = vec![writer.claim(1, scene.home())];
    let values = [Bytes::new(), Bytes::from_static(b"\0\xff\xfe'\"\n"), Bytes::from(vec![7; 300_000])];
    for (n, value) in (1..).zip(values) {
        let key = "store/\u{ce74}\u{d398} '\" \u{1f375}".to_owned();
        batch.push(Record { kind: Kind::Event, writer: writer.id, n, key, value });
    }
    let answers = WriterId(Uuid::from_u128(u128::MAX));
    let (n, value) = (u64::from(u32::MAX) + 1, Bytes::from_static(b"[]"));
    batch.push(Record { kind: Kind::Answers, writer: answers, n, key: String::new(), value });
    writer.send(batch.clone()).await?;

    let mut reader = scene.log.reader(HERE, Position(0)).await?;
    let mut found = Vec::new();
    while found.len() < batch.len() {
        found.extend(reader.next(usize::MAX).await?.into_iter().map(|stored| stored.record));
    }
    for (found, sent) in found.iter().zip(&batch) {
        equal("the digest of a record that was read", &found.digest(), &sent.digest())?;
        equal("the length of a value that was read", &found.value.len(), &sent.value.len())?;
    }
    Ok(())
}

pub(super) async fn nothing_stands_beyond_the_end(scene: &Scene<'_>) -> Result<(), Failure> {
    equal("the end of an empty partition", &scene.log.current_end(HERE).await?, &Position(0))?;
    equal("the record at 0 of an empty partition", &scene.log.read(HERE, Position(0)).await?, &None)?;
    let mut writer = scene.writer().await?;
    let batch = writer.events(["a"]);
    writer.send(batch).await?;
    for beyond in [1, 2, 1_000_000] {
        equal("a record beyond the end", &scene.log.read(HERE, Position(beyond)).await?, &None)?;
    }
    Ok(())
}

pub(super) async fn partitions_do_not_touch_each_other(scene: &Scene<'_>) -> Result<(), Failure> {
    for partition in (0..scene.log.partitions()).map(Partition) {
        equal("the end of an untouched partition", &scene.log.current_end(partition).await?, &Position(0))?;
        let mut writer = scene.writer().await?;
        let mut handle = scene.log.reign(partition, writer.id).await?;
        let batch = writer.events(["a", "b"]);
        let reports = handle.send(batch.clone()).await;
        let expected: Vec<_> = (0..2).map(|at| Report::At(Position(at))).collect();
        equal("the reports on the first batch of a partition", &reports, &expected)?;
        let found = scene.log.read(partition, Position(1)).await?;
        equal("a record of the partition", &found.as_ref(), &batch.get(1))?;
    }
    Ok(())
}
