//! The terminal's echo, which is off while a statement runs: what is typed then waits for the prompt and does not stand in
//! the table.

/// Keeps the echo off until it is dropped.
#[cfg(unix)]
pub(super) struct Quiet(Option<nix::sys::termios::Termios>);

#[cfg(unix)]
impl Quiet {
    /// Turns the echo off, if standard input is a terminal and this program has it.
    pub(super) fn begin() -> Self {
        use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
        let Ok(before) = tcgetattr(std::io::stdin()) else { return Self(None) };
        let mut quiet = before.clone();
        quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL);
        let is_set = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &quiet).is_ok();
        Self(is_set.then_some(before))
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        use nix::sys::termios::{SetArg, tcsetattr};
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, before);
        }
    }
}

/// Nothing: the terminals of other systems do not echo before they are asked to.
#[cfg(not(unix))]
pub(super) struct Quiet;

#[cfg(not(unix))]
impl Quiet {
    pub(super) fn begin() -> Self {
        Self
    }
}
