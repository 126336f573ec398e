//! `tilecast man`: one page with all commands, made of what `--help` says.

use super::args::{Args, EXAMPLES, EXIT_STATUS};
use super::exit::{Exit, Failure};
use crate::media::output::OutputError;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io::Write;

const DESCRIPTION: &str = "\
tilecast draws a file as frames of coloured tiles, or makes a page, an animation, a video or a \
document for printers that shows them, and turns screenshots, copied frames, photos, scans or \
recordings of them back into the file, verified by its digest. Where frames are missing it says \
which of them to take again.";

/// Writes the page.
pub(super) fn run() -> Result<Exit, Failure> {
    let page = page(Args::command()).map_err(anyhow::Error::new)?;
    std::io::stdout().lock().write_all(&page).map_err(OutputError::stdout)?;
    Ok(Exit::Success)
}

/// The page of a command and those in it.
fn page(command: Command) -> std::io::Result<Vec<u8>> {
    let mut command = command.disable_help_subcommand(true).disable_version_flag(true);
    command = command.mut_subcommands(|command| command.disable_help_flag(true));
    command.build();
    let usages: Vec<String> = command.get_subcommands().map(usage).collect();
    let subcommands: Vec<Command> = command.get_subcommands().cloned().collect();
    // An empty date would be no argument at all.
    let man = Man::new(command.override_usage(usages.join("\n"))).date(" ").manual("User commands");

    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    let mut description = Roff::new();
    description.control("SH", ["DESCRIPTION"]).text([roman(DESCRIPTION)]);
    description.to_writer(&mut page)?;
    for command in subcommands {
        section(command, &mut page)?;
    }
    ending().to_writer(&mut page)?;
    Ok(page)
}

/// A command with what is required, as it is typed.
fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.trim_start_matches("Usage:").trim().to_owned()
}

/// One of the commands: what it does, its options.
fn section(command: Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    let name = command.get_bin_name().unwrap_or_default().to_uppercase();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut head = Roff::new();
    head.control("SH", [name.as_str()]).text([roman(about)]);
    if let Some(further) = command.get_after_help() {
        table(&further.to_string(), head.control("PP", []));
    }
    head.to_writer(page)?;
    if command.get_arguments().next().is_some() {
        let mut options = Vec::new();
        Man::new(command).render_options_section(&mut options)?;
        let options = String::from_utf8_lossy(&options);
        // They stand under the command, not beside it.
        let under = options.split_once(".SH OPTIONS\n").map_or(&*options, |(_, options)| options);
        page.extend(under.as_bytes());
    }
    Ok(())
}

/// What follows all commands.
fn ending() -> Roff {
    let mut ending = Roff::new();
    table(EXAMPLES, ending.control("SH", ["EXAMPLES"]));
    ending.control("SH", ["EXIT STATUS"]).text([roman(EXIT_STATUS)]);
    ending
}

/// Lines that stay as they are.
fn table(lines: &str, roff: &mut Roff) {
    roff.control("nf", []);
    for line in lines.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_command_and_every_option() {
        let page = String::from_utf8(page(Args::command()).unwrap()).unwrap();
        for command in Args::command().get_subcommands() {
            let name = command.get_name().to_uppercase();
            assert!(page.contains(&format!("\n.SH \"TILECAST {name}\"\n")), "{name}");
            for long in command.get_arguments().filter_map(clap::Arg::get_long) {
                let option = format!("\\fB\\-\\-{}\\fR", long.replace('-', "\\-"));
                assert!(page.contains(&option), "{name} {option}");
            }
        }
        assert_eq!(page.matches("SH \"EXIT STATUS\"").count(), 1);
        assert!(!page.contains("OPTIONS\n") && !page.contains("SH EXTRA"));
    }
}
