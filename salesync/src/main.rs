//! The program: reads the settings, runs the command, says how it ended.

use std::io::Write as _;
use std::process::ExitCode;

use salesync::cli::{Cli, Command};
use salesync::places::Places;
use salesync::settings::SettingsError;
use salesync::{demo, exporting, logging, moving, rebuild, serve, settings, topic, verifying};

/// Tills send many small things at once; the system's allocator gives memory back late and takes longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match settings::read(std::env::args_os()) {
        Ok(cli) => match run(&cli) {
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

fn run(cli: &Cli) -> anyhow::Result<()> {
    logging::start(cli.shared.log_format, &cli.shared.log_filter)?;
    let places = Places::of(&cli.shared)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match &cli.command {
        Command::Serve(options) => runtime.block_on(serve::run(places, options)),
        Command::Demo(options) => runtime.block_on(demo::running::run(&places, &cli.shared.data, options)),
        Command::Log(options) => runtime.block_on(exporting::run(&places, options)),
        Command::Verify => runtime.block_on(verifying::run(&places)),
        Command::Rebuild => runtime.block_on(rebuild::run(places)),
        Command::Move(options) => runtime.block_on(moving::run(&cli.shared, options)),
        Command::Topic(action) => runtime.block_on(topic::run(&places, action)),
    }
}

/// Tells the person at the terminal, in a sentence, why there is nothing more to wait for.
fn said(sentence: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "salesync: {sentence}");
    ExitCode::FAILURE
}
