//! Text that the terminal pastes, kept together until its end, so that its lines get the [gutter](super::gutter).
//!
//! rustyline would put the text into the buffer as it is: its lines would stand without `...>`. And it would keep control
//! characters that nobody sees.

use std::sync::{Arc, Mutex, PoisonError};

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use super::command::Text;
use super::gutter::{added, removed};

/// What has come of a paste that has not ended; `None` while nothing is pasted.
#[derive(Clone, Default)]
pub(super) struct Paste(Arc<Mutex<Option<String>>>);

/// The key that a terminal sends before what it pastes.
pub(super) const START: KeyEvent = KeyEvent(KeyCode::BracketedPasteStart, Modifiers::NONE);

impl Paste {
    /// Takes a key that belongs to a paste; `None` if nothing is pasted.
    fn take(&self, key: &KeyEvent, before: &str) -> Option<Cmd> {
        let mut paste = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *key == START {
            *paste = Some(String::new());
            return Some(Cmd::Noop);
        }
        let text = paste.as_mut()?;
        match *key {
            KeyEvent(KeyCode::BracketedPasteEnd, _) => {
                let text = paste.take().unwrap_or_default();
                return Some(Cmd::Insert(1, inserted(&text, before)));
            }
            KeyEvent(KeyCode::Char(c), Modifiers::NONE) if !c.is_control() => text.push(c),
            KeyEvent(KeyCode::Tab, _) => text.push('\t'),
            KeyEvent(KeyCode::Enter, _) => text.push('\r'),
            key if key == KeyEvent::ctrl('J') => text.push('\n'),
            _ => {}
        }
        Some(Cmd::Noop)
    }
}

/// A pasted text as the buffer gets it behind `before`. The end of its last line is Enter's to give when the entry would
/// be complete: nothing runs that was not looked at.
fn inserted(text: &str, before: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let line = text.trim_end();
    let is_entry = text.ends_with('\n') && Text::is_complete(&format!("{}{line}", removed(before)));
    added(if is_entry { line } else { &text })
}

/// What a key does, unless it is part of a paste.
pub(super) struct UnlessPasted<H> {
    pub(super) paste: Paste,
    pub(super) handler: H,
}

impl<H: ConditionalEventHandler> ConditionalEventHandler for UnlessPasted<H> {
    fn handle(
        &self,
        event: &Event,
        count: RepeatCount,
        is_positive: bool,
        context: &EventContext,
    ) -> Option<Cmd> {
        let before = context.line().get(..context.pos()).unwrap_or_default();
        let pasted = event.get(0).and_then(|key| self.paste.take(key, before));
        pasted.or_else(|| self.handler.handle(event, count, is_positive, context))
    }
}

/// A key that does what rustyline has it do.
pub(super) struct Plain;

impl ConditionalEventHandler for Plain {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_has_its_gutter_and_runs_with_enter_alone() {
        for (before, text, expected) in [
            ("", "SELECT a,\r  b\rFROM c", "SELECT a,\n\t  b\n\tFROM c"),
            ("", "SELECT a\r\nFROM b;\r\n", "SELECT a\n\tFROM b;"),
            ("SELECT a\n\t", "FROM b;\n", "FROM b;"),
            ("SELECT a\n\t", "FROM b\n", "FROM b\n\t"),
            ("SELECT '", "a;\n", "a;\n\t"),
            ("", "\\d\n", "\\d"),
        ] {
            assert_eq!(inserted(text, before), expected, "{before:?} {text:?}");
        }
    }

    #[test]
    fn keys_are_taken_from_the_start_to_the_end_of_a_paste_and_control_characters_dropped() {
        let paste = Paste::default();
        assert_eq!(paste.take(&KeyEvent::ctrl('c'), ""), None);
        assert_eq!(paste.take(&START, ""), Some(Cmd::Noop));
        for c in ['a', '\x03', '\t', '\r', '\n', '\x1b', 'é'] {
            assert_eq!(paste.take(&KeyEvent::from(c), ""), Some(Cmd::Noop));
        }
        let end = KeyEvent(KeyCode::BracketedPasteEnd, Modifiers::NONE);
        assert_eq!(paste.take(&end, ""), Some(Cmd::Insert(1, "a\t\n\té".to_owned())));
        assert_eq!(paste.take(&end, ""), None);
    }
}
