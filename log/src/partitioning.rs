//! Which partition a key is on: what Kafka's Java client would choose, so that any Kafka tool agrees.

use events::{Partition, StoreId, Subject};

/// The partition of a key in a log of so many: murmur2 of its bytes, without the sign, modulo the number of partitions
/// (the Java client's `DefaultPartitioner`; librdkafka's own default is another hash).
pub fn partition_of(key: &str, partitions: u32) -> Partition {
    Partition((murmur2(key.as_bytes()) & 0x7fff_ffff) % partitions.max(1))
}

/// The partition that a store's history is on, in a log of so many: that of its subject, which is its records' key.
pub fn partition_of_store(store: StoreId, partitions: u32) -> Partition {
    match partitions {
        1 => Partition(0),
        many => partition_of(&Subject::Store(store).to_string(), many),
    }
}

/// Austin Appleby's `MurmurHash2` in 32 bits with the seed that Kafka's `Utils.murmur2` takes.
fn murmur2(bytes: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let (words, tail) = bytes.as_chunks::<4>();
    let mut hash = words.iter().fold(SEED ^ length, |hash, word| {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash.wrapping_mul(M) ^ k.wrapping_mul(M)
    });
    if !tail.is_empty() {
        hash ^= tail.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of Kafka's own test of its hash, `UtilsTest.testMurmur2`.
    #[test]
    fn the_hash_is_kafkas() {
        for (key, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn a_log_of_one_partition_has_everything_on_it() {
        assert_eq!(partition_of("store/b9978827-018f-53c2-847b-28bec9dc3a3c", 1), Partition(0));
        assert_eq!(partition_of_store(StoreId::of_username("demostore"), 1), Partition(0));
    }
}
