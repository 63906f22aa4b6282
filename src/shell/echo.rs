//! The terminal's echo, which is off while a statement runs: what is typed then waits for the prompt and does not stand in
//! the table.

/// Reads keys one by one, Ctrl-C among them, until it is dropped.
#[cfg(unix)]
pub(super) struct Raw(Option<nix::sys::termios::Termios>);

#[cfg(unix)]
impl Raw {
    pub(super) fn begin() -> Self {
        use nix::sys::termios::LocalFlags;
        Self(without(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG))
    }
}

#[cfg(unix)]
impl Drop for Raw {
    fn drop(&mut self) {
        restore(self.0.as_ref());
    }
}

/// Sets the terminal to do without some of what it does, and gives what it was set to; `None` if there is none.
#[cfg(unix)]
fn without(flags: nix::sys::termios::LocalFlags) -> Option<nix::sys::termios::Termios> {
    changed(|all| all.remove(flags))
}

/// Changes what the terminal does, and gives what it was set to; `None` if there is none.
#[cfg(unix)]
fn changed(change: impl FnOnce(&mut nix::sys::termios::LocalFlags)) -> Option<nix::sys::termios::Termios> {
    use nix::sys::termios::{SetArg, tcgetattr, tcsetattr};
    let before = tcgetattr(std::io::stdin()).ok()?;
    let mut changed = before.clone();
    change(&mut changed.local_flags);
    tcsetattr(std::io::stdin(), SetArg::TCSANOW, &changed).ok()?;
    Some(before)
}

#[cfg(unix)]
fn restore(before: Option<&nix::sys::termios::Termios>) {
    use nix::sys::termios::{SetArg, tcsetattr};
    if let Some(before) = before {
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, before);
    }
}

/// Keeps the echo off until it is dropped.
#[cfg(unix)]
pub(super) struct Quiet(Option<nix::sys::termios::Termios>);

#[cfg(unix)]
impl Quiet {
    /// Turns the echo off, if standard input is a terminal and this program has it.
    pub(super) fn begin() -> Self {
        use nix::sys::termios::LocalFlags;
        Self(without(LocalFlags::ECHO | LocalFlags::ECHONL))
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        restore(self.0.as_ref());
    }
}

/// Keeps the echo on until it is dropped: for another program, which a person may answer.
#[cfg(unix)]
pub(super) struct Loud(Option<nix::sys::termios::Termios>);

#[cfg(unix)]
impl Loud {
    pub(super) fn begin() -> Self {
        use nix::sys::termios::LocalFlags;
        Self(changed(|flags| flags.insert(LocalFlags::ECHO)))
    }
}

#[cfg(unix)]
impl Drop for Loud {
    fn drop(&mut self) {
        restore(self.0.as_ref());
    }
}

/// Nothing: the echo is never off.
#[cfg(not(unix))]
pub(super) struct Loud;

#[cfg(not(unix))]
impl Loud {
    pub(super) fn begin() -> Self {
        Self
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

/// Nothing: a line is read instead of a key.
#[cfg(not(unix))]
pub(super) struct Raw;

#[cfg(not(unix))]
impl Raw {
    pub(super) fn begin() -> Self {
        Self
    }
}
