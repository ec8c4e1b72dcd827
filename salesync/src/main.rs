//! The program: reads the settings, runs the command, says how it ended.

use std::io::Write as _;
use std::process::ExitCode;

use salesync::settings::{self, SettingsError};

/// Tills send many small things at once; the system's allocator gives memory back late and takes longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match settings::read(std::env::args_os()) {
        Ok(cli) => match salesync::run(&cli) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => said(&format!("{error:#}")),
        },
        Err(SettingsError::CommandLine(error)) => {
            // Help and version come this way too, and are no failure.
            let printed = error.print();
            ExitCode::from(u8::from(error.use_stderr() || printed.is_err()) * 2)
        }
        Err(error) => said(&error.to_string()),
    }
}

/// Tells the person at the terminal, in a sentence, why there is nothing more to wait for.
fn said(sentence: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "salesync: {sentence}");
    ExitCode::FAILURE
}
