//! What comes with the command where it is installed: completions, the manual.

use crate::support::Workdir;
use predicates::prelude::*;
use predicates::str::{contains, starts_with};
use std::io::Read;
use std::process::Stdio;

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn every_shell_completes_commands_options_and_values() {
    let dir = Workdir::new();
    for shell in SHELLS {
        let words = ["encode", "decode", "max-size", "colours", "receiver"];
        let mut script = dir.tilecast(&["completions", shell]).assert().success().stderr("");
        for word in words {
            script = script.stdout(contains(word));
        }
        // PowerShell and Elvish complete no values.
        if ["bash", "fish", "zsh"].contains(&shell) {
            script.stdout(contains("lossless"));
        }
    }
    dir.tilecast(&["completions", "tcsh"]).assert().code(2).stderr(contains("powershell"));
}

#[cfg(target_os = "linux")]
#[test]
fn bash_takes_its_completions() {
    let dir = Workdir::new();
    let script = dir.tilecast(&["completions", "bash"]).assert().success();
    dir.write("tilecast.bash", &script.get_output().stdout);
    let typed = "source ./tilecast.bash
        COMP_WORDS=(tilecast encode --profile los) COMP_CWORD=3
        _tilecast tilecast los --profile; echo \"${COMPREPLY[@]}\"
        COMP_WORDS=(tilecast decode --max) COMP_CWORD=2
        _tilecast tilecast --max decode; echo \"${COMPREPLY[@]}\"";
    assert_cmd::Command::new("bash")
        .args(["--norc", "-ec", typed])
        .current_dir(dir.path(""))
        .assert()
        .success()
        .stdout("lossless\n--max-size\n");
}

#[test]
fn the_manual_is_one_page() {
    let manual = Workdir::new().tilecast(&["man"]).assert().success().stderr("");
    let version = format!("\"tilecast {}\"", env!("CARGO_PKG_VERSION"));
    manual
        .stdout(contains(".TH tilecast 1").count(1).and(contains(version).count(1)))
        .stdout(contains("--\\-").not().and(contains("tilecast \\- Carry a file")))
        .stdout(starts_with(".ie"));
}

#[test]
fn a_reader_who_has_enough_is_no_error() {
    let dir = Workdir::new();
    for words in [&["man"][..], &["completions", "bash"]] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_tilecast"))
            .args(words)
            .current_dir(dir.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(child.wait().unwrap().success(), "{words:?}: {told}");
        assert_eq!(told, "", "{words:?}");
    }
}
