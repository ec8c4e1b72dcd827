//! Log lines: to standard error, as text for people or as one JSON object a line for collectors.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::LogFormat;

/// Sends log lines to standard error from here on; standard output belongs to what a command was asked for.
pub fn start(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let json = match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    subscriber(json, filter, std::io::stderr)?.try_init().context("log lines cannot be written")?;
    std::panic::set_hook(Box::new(|panic| {
        // Where, and never what: a panic's words may hold what a client sent.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a defect stopped a piece of work");
    }));
    Ok(())
}

fn subscriber<W>(json: bool, filter: &str, writer: W) -> anyhow::Result<Box<dyn tracing::Subscriber + Send + Sync>>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).with_context(|| format!("--log-filter {filter:?} is no filter"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(true);
    Ok(if json {
        Box::new(builder.json().flatten_event(true).with_current_span(true).with_span_list(false).finish())
    } else {
        Box::new(builder.with_ansi(std::io::stderr().is_terminal()).finish())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(json: bool, filter: &str) -> String {
        let lines = Lines::default();
        let sink = lines.clone();
        tracing::subscriber::with_default(subscriber(json, filter, move || sink.clone()).unwrap(), || {
            tracing::info!(store.id = 7, "store signed up");
            tracing::debug!("nobody asked for this");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_json_line_has_the_message_and_its_fields_at_the_top() {
        let line: serde_json::Value = serde_json::from_str(&written(true, "info")).unwrap();
        assert_eq!(line["message"], "store signed up");
        assert_eq!(line["store.id"], 7);
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn the_filter_decides_what_is_written() {
        assert_eq!(written(false, "info").lines().count(), 1);
        assert_eq!(written(false, "debug").lines().count(), 2);
        assert_eq!(written(false, "off").lines().count(), 0);
    }

    #[test]
    fn a_filter_that_is_none_is_named() {
        let error = subscriber(true, "info,=what", std::io::sink).err().unwrap();
        assert!(error.to_string().contains("info,=what"), "{error}");
    }
}
