//! A standard output that the program was started without.

use std::io::{self, Write};

/// Standard output, or a writer that says that there is none.
pub(super) fn stdout() -> Box<dyn Write + Send> {
    if is_closed() { Box::new(Closed) } else { Box::new(io::stdout()) }
}

/// Whether nothing can be written to standard output. What is closed at the start is open for reading alone:
/// src/closed_output.c sees to it.
fn is_closed() -> bool {
    #[cfg(unix)]
    {
        use nix::fcntl::{FcntlArg, OFlag, fcntl};
        let flags = fcntl(io::stdout(), FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
        flags.map_or(true, |flags| flags & OFlag::O_ACCMODE == OFlag::O_RDONLY)
    }
    #[cfg(not(unix))]
    false
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("it is closed"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
