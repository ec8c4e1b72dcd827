//! Settings: the command line, over the environment, over a file, over the defaults.
//!
//! A file's entry becomes its flag's default, so that clap weighs it against flag and environment and reads it with the
//! same rules as these.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::OsStr;
use clap::parser::ValueSource;
use clap::{Arg, CommandFactory as _, FromArgMatches as _};

use crate::cli::Cli;
use crate::places::ViewsUrl;

/// Why there are no settings to run with.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The command line is wrong, or asked for help.
    #[error(transparent)]
    CommandLine(#[from] clap::Error),
    /// A password stands where others see it.
    #[error(
        "--views holds a password, which a command line and a settings file show to others: give the address by SALESYNC_VIEWS or SALESYNC_VIEWS_FILE"
    )]
    PasswordShown,
    /// The settings file cannot be read.
    #[error("the settings file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The settings file is not TOML.
    #[error("the settings file {path} is not TOML: {source}")]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// The settings file has an entry that is no setting.
    #[error(
        "the settings file {path} has {key:?}, which is no setting; settings are named as the flags are (salesync serve --help), and secrets are not among them"
    )]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: String,
    },
    /// The settings file has an entry of another form than a text, a number or a list of them.
    #[error(
        "the settings file {path} has for {key:?} neither a text nor a number nor true or false nor a list of these"
    )]
    NotPlain {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: String,
    },
}

/// Reads the settings for this command line. The environment is read by clap.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, SettingsError> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = Cli::command().try_get_matches_from(&arguments)?;
    let plain = checked(&matches)?;
    let Some(path) = plain.shared.config else {
        return Ok(plain);
    };
    let command = with_file(Cli::command(), &path)?;
    checked(&command.try_get_matches_from(&arguments)?)
}

/// The settings, unless they show a password.
fn checked(matches: &clap::ArgMatches) -> Result<Cli, SettingsError> {
    let cli = Cli::from_arg_matches(matches)?;
    let of_variable = |matches: &clap::ArgMatches| matches.value_source("views") == Some(ValueSource::EnvVariable);
    let hidden = of_variable(matches) || matches.subcommand().is_some_and(|(_, matches)| of_variable(matches));
    let secret = cli.shared.views.as_ref().is_some_and(ViewsUrl::has_password);
    if secret && !hidden { Err(SettingsError::PasswordShown) } else { Ok(cli) }
}

/// The command whose defaults are the file's.
fn with_file(mut command: clap::Command, path: &Path) -> Result<clap::Command, SettingsError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    let table: toml::Table =
        text.parse().map_err(|source| SettingsError::NotToml { path: path.to_owned(), source: Box::new(source) })?;
    for (key, value) in table {
        let Some(values) = plain(&value) else {
            return Err(SettingsError::NotPlain { path: path.to_owned(), key });
        };
        command = with_default(command, &key, &values)
            .ok_or_else(|| SettingsError::UnknownKey { path: path.to_owned(), key: key.clone() })?;
    }
    Ok(command)
}

fn with_default(command: clap::Command, key: &str, values: &[String]) -> Option<clap::Command> {
    if let Some(id) = setting(&command, key) {
        return Some(command.mut_arg(id, |arg| defaulting(arg, values)));
    }
    let owner = command.get_subcommands().find(|sub| setting(sub, key).is_some())?.get_name().to_owned();
    Some(command.mut_subcommand(owner, |sub| match setting(&sub, key) {
        Some(id) => sub.mut_arg(id, |arg| defaulting(arg, values)),
        None => sub,
    }))
}

/// The flag of this name, if it is a setting: one that the environment can give too, and not the file's own place.
fn setting(command: &clap::Command, key: &str) -> Option<clap::Id> {
    let arg = command.get_arguments().find(|arg| arg.get_long() == Some(key))?;
    (arg.get_env().is_some() && key != "config").then(|| arg.get_id().clone())
}

fn defaulting(arg: Arg, values: &[String]) -> Arg {
    arg.default_values(values.iter().map(|value| OsStr::from(value.clone())))
}

fn plain(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text.clone()]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Boolean(truth) => Some(vec![truth.to_string()]),
        toml::Value::Datetime(date) => Some(vec![date.to_string()]),
        toml::Value::Array(values) => {
            let each: Option<Vec<Vec<String>>> = values.iter().map(plain).collect();
            each.map(|each| each.concat())
        }
        toml::Value::Float(_) | toml::Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use super::*;
    use crate::cli::{Command, Demo, Serve};

    fn serve(flags: &[&str], file: &str) -> Result<Serve, SettingsError> {
        match run("serve", flags, file)?.command {
            Command::Serve(serve) => Ok(serve),
            other => panic!("{other:?}"),
        }
    }

    fn demo(flags: &[&str], file: &str) -> Result<Demo, SettingsError> {
        match run("demo", flags, file)?.command {
            Command::Demo(demo) => Ok(demo),
            other => panic!("{other:?}"),
        }
    }

    fn run(command: &str, flags: &[&str], file: &str) -> Result<Cli, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("salesync.toml");
        std::fs::write(&path, file).unwrap();
        let before = ["salesync".into(), command.into(), "--config".into(), path.into_os_string()];
        read(before.into_iter().chain(flags.iter().map(OsString::from)))
    }

    #[test]
    fn a_flag_goes_before_the_file_and_the_file_before_the_default() {
        let file = "listen = \"0.0.0.0:9000\"";
        assert_eq!(serve(&[], "").unwrap().listen.to_string(), "127.0.0.1:8080");
        assert_eq!(serve(&[], file).unwrap().listen.to_string(), "0.0.0.0:9000");
        assert_eq!(serve(&["--listen", "127.0.0.1:7000"], file).unwrap().listen.to_string(), "127.0.0.1:7000");
    }

    #[test]
    fn a_file_sets_what_holds_for_every_command() {
        let cli = run("verify", &[], "data = \"/var/lib/salesync\"\nlisten = \"0.0.0.0:9000\"").unwrap();
        assert_eq!(cli.shared.data, PathBuf::from("/var/lib/salesync"));
    }

    #[test]
    fn a_switch_is_true_or_false_in_a_file() {
        assert!(run("verify", &[], "allow-single-replica = true").unwrap().shared.allow_single_replica);
        assert!(!run("verify", &[], "allow-single-replica = false").unwrap().shared.allow_single_replica);
    }

    #[test]
    fn a_list_and_a_number_and_a_date_may_stand_in_a_file() {
        let origins = serve(&[], "cors-origins = [\"https://a.example\", \"https://b.example\"]").unwrap().cors_origins;
        assert_eq!(origins, ["https://a.example", "https://b.example"]);
        let cafe = demo(&[], "sales = 12\nuntil = 2026-11-20").unwrap();
        assert_eq!((cafe.sales, cafe.until), (12, chrono::NaiveDate::from_ymd_opt(2026, 11, 20)));
    }

    #[test]
    fn what_is_no_setting_is_refused_by_its_name() {
        for (file, named) in [
            ("lisen = \"0.0.0.0:9000\"", "lisen"),
            ("token-secret = \"x\"", "token-secret"),
            ("config = \"other.toml\"", "config"),
            ("follow = 1", "follow"),
            ("[serve]\nlisten = \"x\"", "serve"),
        ] {
            let error = serve(&[], file).unwrap_err().to_string();
            assert!(error.contains(&format!("{named:?}")), "{error}");
        }
    }

    #[test]
    fn a_wrong_value_in_a_file_is_refused_as_a_wrong_flag_is() {
        assert!(matches!(serve(&[], "listen = \"nowhere\""), Err(SettingsError::CommandLine(_))));
        assert!(matches!(demo(&[], "sales = 0"), Err(SettingsError::CommandLine(_))));
        assert!(matches!(serve(&[], "listen = "), Err(SettingsError::NotToml { .. })));
    }

    #[test]
    fn a_password_is_refused_where_others_see_it() {
        let shown = serve(&["--views", "postgres://shop:hunter2@127.0.0.1/shop"], "").unwrap_err();
        assert!(matches!(shown, SettingsError::PasswordShown) && !shown.to_string().contains("hunter2"));
        let shown = serve(&[], "views = \"postgres://shop:hunter2@127.0.0.1/shop\"").unwrap_err();
        assert!(matches!(shown, SettingsError::PasswordShown));
        assert!(serve(&["--views", "postgres://shop@127.0.0.1/shop"], "").is_ok());
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read(["salesync", "verify", "--config", "nowhere.toml"].map(OsString::from)).unwrap_err();
        assert!(error.to_string().contains("nowhere.toml"), "{error}");
    }
}
