//! Cases: which records count.

use super::Failure;
use super::scene::{Scene, equal};
use crate::cursor::Cursor;
use crate::record::Home;

pub(super) async fn only_the_claim_in_force_counts(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.claimed(1).await?;
    let (a, b) = (one.events(["one a"]), one.events(["one b"]));
    one.send(a).await?;
    let mut two = scene.claimed(2).await?;
    let c = two.events(["two a"]);
    two.send(c).await?;
    one.send(b).await?;
    let d = two.events(["two b"]);
    two.send(d).await?;
    equal("the events that count", &scene.events().await?, &owned(["one a", "two a", "two b"]))
}

pub(super) async fn a_claim_that_comes_late_is_void(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut late = scene.writer().await?;
    let claim = late.claim(1, scene.home());
    let mut one = scene.claimed(1).await?;
    let a = one.events(["one a"]);
    one.send(a).await?;
    let mut two = scene.claimed(2).await?;
    late.send(vec![claim]).await?;
    let (b, c) = (late.events(["late a"]), two.events(["two a"]));
    late.send(b).await?;
    two.send(c).await?;
    equal("the events that count", &scene.events().await?, &owned(["one a", "two a"]))
}

pub(super) async fn a_claim_made_for_another_log_is_void(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.claimed(1).await?;
    let home = scene.home();
    let others = [
        Home { partitions: home.partitions + 1, ..home },
        Home { log: events::LogId(uuid::Uuid::from_u128(0xbad)), ..home },
    ];
    for other in others {
        let mut stranger = scene.writer().await?;
        let claim = stranger.claim(2, other);
        stranger.send(vec![claim]).await?;
        let a = stranger.events(["stranger"]);
        stranger.send(a).await?;
    }
    let a = one.events(["one a"]);
    one.send(a).await?;
    equal("the events that count", &scene.events().await?, &owned(["one a"]))
}

pub(super) async fn nothing_counts_after_a_seal(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.claimed(1).await?;
    let a = one.events(["one a"]);
    one.send(a).await?;
    let mut last = scene.writer().await?;
    let seal = last.seal(2, scene.home());
    last.send(vec![seal]).await?;
    let b = last.events(["behind the seal"]);
    last.send(b).await?;
    let mut three = scene.claimed(3).await?;
    let c = three.events(["three a"]);
    three.send(c).await?;
    equal("the events that count", &scene.events().await?, &owned(["one a"]))?;
    let (cursor, _) = scene.fold(Cursor::default()).await?;
    equal("the term in force behind the seal", &cursor.term, &2)?;
    equal("whether the partition is sealed", &cursor.sealed, &true)
}

pub(super) async fn a_doubled_record_counts_once(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.writer().await?;
    let claim = one.claim(1, scene.home());
    one.send(vec![claim.clone(), claim]).await?;
    let a = one.events(["a"]);
    let b = one.events(["b"]);
    one.send([a.clone(), a.clone(), b.clone(), a, b].concat()).await?;
    let (cursor, counted) = scene.fold(Cursor::default()).await?;
    equal("the events that count", &super::scene::texts(&counted), &owned(["a", "b"]))?;
    equal("how many events the cursor counted", &cursor.counted, &2)
}

pub(super) async fn nothing_counts_behind_a_hole(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.claimed(1).await?;
    let mut batch = one.events(["a", "b", "c"]);
    batch.remove(1);
    one.send(batch).await?;
    let d = one.events(["d"]);
    one.send(d).await?;
    equal("the events that count", &scene.events().await?, &owned(["a"]))
}

pub(super) async fn a_reordered_record_is_void(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.claimed(1).await?;
    let mut batch = one.events(["a", "b", "c"]);
    batch.swap(1, 2);
    one.send(batch).await?;
    equal("the events that count", &scene.events().await?, &owned(["a", "b"]))
}

pub(super) async fn a_record_before_any_claim_is_void(scene: &Scene<'_>) -> Result<(), Failure> {
    let mut one = scene.writer().await?;
    one.n = 1;
    let early = one.events(["early"]);
    one.send(early).await?;
    let claim = one.claim(1, scene.home());
    one.send(vec![claim]).await?;
    let a = one.events(["a"]);
    one.send(a).await?;
    equal("the events that count", &scene.events().await?, &owned(["a"]))
}

fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(ToOwned::to_owned).to_vec()
}
