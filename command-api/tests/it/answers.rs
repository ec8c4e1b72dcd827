//! The answer to an event is a function of the event alone, the same bytes for ever: one golden file per event version.

use std::fs;
use std::path::{Path, PathBuf};

use command_api::answers;
use events::Envelope;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "adding a golden file is asked for where the test is started")]
fn every_version_of_every_event_is_answered_as_its_golden_file_says() {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/golden");
    let mut tried = 0;
    for entry in fs::read_dir(events).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let event = Envelope::decode(&fs::read(&path).unwrap()).unwrap();
        let answer = answers::of_event(&event);
        let shown = format!("{} {}\n", answer.status, String::from_utf8(answer.body.to_vec()).unwrap());
        let file = golden().join(path.with_extension("answer").file_name().unwrap());
        if !file.exists() && std::env::var_os("GOLDEN_ADD").is_some() {
            fs::write(&file, &shown).unwrap();
        }
        let kept = fs::read_to_string(&file)
            .unwrap_or_else(|e| panic!("{} has no golden answer ({e}); GOLDEN_ADD=1 writes a new one", file.display()));
        assert_eq!(shown, kept, "a retry would be answered otherwise than the first attempt was");
        tried += 1;
    }
    assert!(tried >= events::Event::TYPES.len());
}
