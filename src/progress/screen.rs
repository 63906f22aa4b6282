//! The terminal as the progress line sees it.

use std::io::{self, Write, stderr};
use std::sync::{Mutex, PoisonError};

use indicatif::TermLike;

/// What a terminal echoes at Ctrl-C. A line that fills the screen, as indicatif pads it, would be left behind by it: the cursor
/// would be on the next one, which is then the one that is wiped out.
const ECHO: &str = "^C";

/// Standard error, a little narrower than it is. What is written is sent in one piece.
#[derive(Debug, Default)]
pub(super) struct Screen(Mutex<String>);

impl Screen {
    fn push(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    }

    fn go(&self, distance: usize, direction: char) {
        if distance > 0 {
            self.push(&format!("\x1b[{distance}{direction}"));
        }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        let width = terminal_size::terminal_size_of(stderr()).map_or(80, |(width, _)| width.0);
        width.saturating_sub(u16::try_from(ECHO.len()).unwrap_or_default())
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.go(lines, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.go(lines, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.go(columns, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.go(columns, 'D');
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.push(text);
        self.push("\r\n");
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.push(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("\r\x1b[2K");
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let text = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut out = stderr().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}
