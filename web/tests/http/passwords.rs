//! Passwords: hashed, checked, and refused when too many wait.

use std::sync::Arc;

use web::{Busy, Passwords};

#[tokio::test]
async fn a_password_is_told_from_every_other() {
    let passwords = Passwords::new(2);
    let hash = passwords.hash("Demostore1!", [7; 16]).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_eq!(passwords.verify("Demostore1!", &hash).await, Ok(true));
    for wrong in ["demostore1!", "Demostore1! ", "", "Demostore1"] {
        assert_eq!(passwords.verify(wrong, &hash).await, Ok(false), "{wrong:?}");
    }
    assert_eq!(passwords.verify("Demostore1!", "not a hash").await, Ok(false));
}

#[tokio::test]
async fn one_password_under_two_salts_has_two_hashes_and_under_one_salt_one() {
    let passwords = Passwords::new(2);
    let (one, same, other) = tokio::join!(
        passwords.hash("Demostore1!", [1; 16]),
        passwords.hash("Demostore1!", [1; 16]),
        passwords.hash("Demostore1!", [2; 16])
    );
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_log_ins_is_refused_in_part_and_keeps_nobody_from_signing_up() {
    let passwords = Arc::new(Passwords::new(2));
    let guess = |_| {
        let passwords = Arc::clone(&passwords);
        tokio::spawn(async move { passwords.verify_nobody("guess").await })
    };
    let storm: Vec<_> = (0..500).map(guess).collect();
    assert!(passwords.hash("Demostore1!", [7; 16]).await.is_ok());
    let mut refused = 0;
    for guess in storm {
        refused += usize::from(guess.await.unwrap() == Err(Busy));
    }
    assert!((1..500).contains(&refused), "{refused} of 500 refused");
}
