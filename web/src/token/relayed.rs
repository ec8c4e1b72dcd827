//! What one instance tells another about a request that it passes on, signed with the secret that they share.

use std::net::IpAddr;
use std::time::Duration;

use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use super::Tokens;

/// The audience of such a word; no token has it, and no such word is a token.
const INSTANCES: &str = "salesync-instances";
/// Ours take about 150 bytes.
const WORD_BYTES: usize = 512;

/// A request that another instance took first and passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relayed {
    /// Whose request it is, as that instance saw it.
    pub client: IpAddr,
    /// How long that instance waits for the answer, from the moment it sent it.
    pub within: Duration,
}

/// How it is written. No instant: the instances' clocks need not agree.
#[derive(Serialize, Deserialize)]
struct Wire {
    aud: String,
    client: IpAddr,
    within_ms: u64,
}

impl Tokens {
    /// Signs the word that goes with a request that is passed on.
    pub fn vouch(&self, relayed: &Relayed) -> String {
        let within_ms = u64::try_from(relayed.within.as_millis()).unwrap_or(u64::MAX);
        let wire = Wire { aud: INSTANCES.to_owned(), client: relayed.client, within_ms };
        // Fixed claims under an HMAC key always encode; an empty word is believed by nobody.
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &wire, &self.0.sign).unwrap_or_default()
    }

    /// What another instance says of a request, if it is one of ours that says it.
    pub fn vouched(&self, word: &str) -> Option<Relayed> {
        if word.len() > WORD_BYTES {
            return None;
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["aud"]);
        validation.set_audience(&[INSTANCES]);
        validation.validate_exp = false;
        let wire = jsonwebtoken::decode::<Wire>(word, &self.0.check, &validation).ok()?.claims;
        Some(Relayed { client: wire.client, within: Duration::from_millis(wire.within_ms) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use events::StoreId;
    use uuid::Uuid;

    use super::*;
    use crate::ambient::{Clock, Ids};

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_790_000_000, 0).unwrap()
        }
    }

    impl Ids for Fixed {
        fn uuid(&self) -> Uuid {
            Uuid::nil()
        }

        fn salt(&self) -> [u8; 16] {
            [0; 16]
        }
    }

    fn tokens(secret: u8) -> Tokens {
        Tokens::new(&[secret; 32], Arc::new(Fixed), Arc::new(Fixed)).unwrap()
    }

    #[test]
    fn an_instance_believes_those_with_its_own_secret_alone() {
        let relayed = Relayed { client: "2001:db8::7".parse().unwrap(), within: Duration::from_millis(4_321) };
        let word = tokens(7).vouch(&relayed);
        assert_eq!(tokens(7).vouched(&word), Some(relayed));
        assert_eq!(tokens(8).vouched(&word), None);
        assert_eq!(tokens(7).vouched(""), None);
    }

    #[test]
    fn a_clients_token_vouches_for_nothing_and_a_word_opens_nothing() {
        let tokens = tokens(7);
        let relayed = Relayed { client: [192, 0, 2, 1].into(), within: Duration::from_secs(1) };
        assert_eq!(tokens.vouched(&tokens.mint(StoreId::of_username("cafe"), 0)), None);
        assert!(tokens.verify(&tokens.vouch(&relayed)).is_err());
    }
}
