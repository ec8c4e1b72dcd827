//! What the command line takes, and what it does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use clap::CommandFactory as _;

use super::*;

#[test]
fn the_definition_of_the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_flag_and_its_variable_stand_in_the_operating_guide() {
    let guide = include_str!("../../../docs/OPERATING.md");
    let command = Cli::command();
    let arguments = command.get_arguments().chain(command.get_subcommands().flat_map(clap::Command::get_arguments));
    for argument in arguments.filter(|argument| argument.get_id() != "help" && argument.get_id() != "version") {
        let flag = argument.get_long().unwrap();
        assert!(guide.contains(&format!("`--{flag}")), "docs/OPERATING.md does not explain --{flag}");
        if let Some(variable) = argument.get_env() {
            let variable = variable.to_str().unwrap();
            assert!(guide.contains(variable), "docs/OPERATING.md does not name {variable}");
        }
    }
}

#[test]
fn no_flag_takes_a_secret() {
    let help = Cli::command().render_long_help().to_string();
    for word in ["--token", "--secret", "--password"] {
        assert!(!help.contains(word), "{word} would show in the list of processes");
    }
}

#[test]
fn an_origin_is_scheme_and_host() {
    for good in ["*", "https://salesync.site", "http://localhost:3000", "http://[::1]:3000"] {
        assert_eq!(origin(good).as_deref(), Ok(good));
    }
    for bad in ["", "salesync.site", "https://", "https://salesync.site/", "https://a b", "ftp://salesync.site"] {
        assert!(origin(bad).is_err(), "{bad}");
    }
}
