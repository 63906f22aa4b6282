//! The pictures of the documents: terminals of 80x24 that people type at, drawn as SVG. `scripts/screens` writes them.

use std::process::Command;

use tempfile::TempDir;

use crate::support::documents::check;
use crate::support::screen::{PALETTES, Screen, contrast, svg};
use crate::support::shell::{Shell, on_terminal};
use crate::support::{command, documents};

/// What is typed at a terminal.
enum Typed {
    /// A line, and Enter; its answer ends with the next prompt.
    Line(&'static str),
    /// Keys, and what is seen one after the other when they have done their work.
    Keys(&'static str, &'static [&'static str]),
}

/// A picture: the name of its file, what it shows, and what is typed for it.
struct Picture {
    name: &'static str,
    title: &'static str,
    typed: &'static [Typed],
}

const PICTURES: [Picture; 4] = [
    Picture {
        name: "shell",
        title: "How many instances there are in each region, as a table and as a chart",
        typed: &[
            Typed::Line("SELECT region, count(*) AS instances FROM instances GROUP BY 1 ORDER BY 2 DESC;"),
            Typed::Line("\\chart"),
        ],
    },
    Picture {
        name: "findings",
        title: "A saved query: failed health checks",
        typed: &[Typed::Line("\\run failed_health_checks")],
    },
    Picture {
        name: "typing",
        title: "Tables to choose from, with what they hold",
        typed: &[Typed::Keys("SELECT name, state FROM inst\t\t", &["instance_metrics", "m instance\r"])],
    },
    Picture {
        name: "errors",
        title: "Slips of the pen, and what is said about them",
        typed: &[
            Typed::Line("SELECT nme FROM instances;"),
            Typed::Line("SELECT name FROM instances WHERE state = 'stoped';"),
        ],
    },
];

/// A shell on the demo fleet, with the colours of most terminals.
fn open(state: &TempDir) -> Shell {
    let program = env!("CARGO_BIN_EXE_lightsail-sql");
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("stty rows 24 cols 80; exec {program} --demo")]).env_clear();
    let clean = command(&[], &[]);
    shell.envs(clean.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("XDG_STATE_HOME", state.path()).env("TERM", "xterm-256color");
    on_terminal(shell, false)
}

/// The screen after all that is typed.
fn recorded(typed: &[Typed]) -> Screen {
    let state = tempfile::tempdir().unwrap();
    let mut shell = open(&state);
    let mut written = shell.written();
    for typed in typed {
        match typed {
            Typed::Line(line) => {
                shell.enter(line);
                written += &shell.written();
            }
            Typed::Keys(keys, seen) => {
                shell.keys(keys);
                for seen in *seen {
                    written += &shell.expect(seen);
                    written += seen;
                }
            }
        }
    }
    Screen::of(&written)
}

#[test]
fn the_pictures_are_what_a_terminal_shows() {
    for Picture { name, title, typed } in &PICTURES {
        let picture = svg(&recorded(typed), title);
        assert!(!picture.contains("unknown"), "{name}: a colour that is in no palette");
        check(&format!("docs/screens/{name}.svg"), |_| picture.clone());
    }
    if !documents::blesses() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(std::fs::read_dir(root.join("docs/screens")).unwrap().count(), PICTURES.len());
    }
}

/// As the guidelines for accessible documents have it: 4.5 to 1.
#[test]
fn the_pictures_can_be_read_on_light_and_dark() {
    for palette in PALETTES {
        for (name, color) in palette.colors() {
            let contrast = contrast(color, palette.background);
            assert!(contrast >= 4.5, "{name} on {}: {contrast:.1}", palette.background);
        }
    }
}
