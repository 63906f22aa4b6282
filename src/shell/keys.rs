//! Keys that do more here than rustyline has them do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustyline::history::History;
use rustyline::{
    CharSearch, Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, Helper, KeyCode,
    KeyEvent, Modifiers, Movement, RepeatCount,
};

use super::command::Text;
use super::gutter::{BREAK, removed};
use super::paste::{self, Paste, Plain, UnlessPasted};

/// The terminals that rustyline only reads lines from.
const PLAIN_TERMINALS: [&str; 3] = ["dumb", "cons25", "emacs"];

/// Whether lines can be edited on this terminal.
pub(super) fn is_edited() -> bool {
    !std::env::var("TERM")
        .is_ok_and(|name| PLAIN_TERMINALS.iter().any(|plain| plain.eq_ignore_ascii_case(&name)))
}

/// What was in the buffer when Ctrl-C cleared it.
#[derive(Clone, Default)]
pub(super) struct GivenUp(Arc<Mutex<Option<String>>>);

impl GivenUp {
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Whether the candidates of a completion are being listed, which stops at `--More--`.
pub(super) type Listing = Arc<AtomicBool>;

/// Binds the keys, and says where Ctrl-C leaves what it clears.
pub(super) fn bind<H: Helper, I: History>(editor: &mut Editor<H, I>, listing: Listing) -> GivenUp {
    let given_up = GivenUp::default();
    let paste = Paste::default();
    bind_key(editor, &paste, paste::START, Plain);
    // All keys without a binding of their own: they may be part of a paste.
    bind_key(editor, &paste, Event::Any, Plain);
    let interrupt = Interrupt { given_up: given_up.clone(), listing: Arc::clone(&listing) };
    bind_key(editor, &paste, KeyEvent::ctrl('c'), interrupt);
    for enter in [KeyEvent(KeyCode::Enter, Modifiers::NONE), KeyEvent::ctrl('j')] {
        bind_key(editor, &paste, enter, Enter { listing: Arc::clone(&listing) });
    }
    for (key, motion) in [
        (KeyEvent(KeyCode::Backspace, Modifiers::NONE), Motion::Erase),
        (KeyEvent::ctrl('h'), Motion::Erase),
        (KeyEvent(KeyCode::Left, Modifiers::NONE), Motion::Left),
        (KeyEvent::ctrl('b'), Motion::Left),
        (KeyEvent(KeyCode::Home, Modifiers::NONE), Motion::Home),
        (KeyEvent::ctrl('a'), Motion::Home),
        (KeyEvent::ctrl('u'), Motion::EraseLine),
    ] {
        bind_key(editor, &paste, key, motion);
    }
    given_up
}

fn bind_key<H: Helper, I: History>(
    editor: &mut Editor<H, I>,
    paste: &Paste,
    key: impl Into<Event>,
    handler: impl ConditionalEventHandler + 'static,
) {
    let handler = UnlessPasted { paste: paste.clone(), handler };
    editor.bind_sequence(key, EventHandler::Conditional(Box::new(handler)));
}

/// Ctrl-C clears the buffer, or leaves a list.
struct Interrupt {
    given_up: GivenUp,
    listing: Listing,
}

impl ConditionalEventHandler for Interrupt {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        if self.listing.swap(false, Ordering::Relaxed) {
            // What `--More--` is left with; a `q` would be taken for the repetition of what was typed last.
            return Some(Cmd::Kill(Movement::BackwardChar(1)));
        }
        *self.given_up.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.line().to_owned());
        // As Enter does, it takes what is suggested off the screen.
        Some(Cmd::AcceptLine)
    }
}

/// Enter ends an entry that is complete, and a line of one that is not.
struct Enter {
    listing: Listing,
}

impl ConditionalEventHandler for Enter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        // At `--More--` it shows one more line.
        let is_complete = self.listing.load(Ordering::Relaxed) || Text::is_complete(&removed(context.line()));
        Some(if is_complete { Cmd::AcceptLine } else { Cmd::Insert(1, BREAK.to_owned()) })
    }
}

/// Keys at the beginning of a line, which the gutter is in the way of.
enum Motion {
    Erase,
    EraseLine,
    Left,
    Home,
}

impl ConditionalEventHandler for Motion {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let before = context.line().get(..context.pos())?;
        let is_at_gutter = before.ends_with(BREAK);
        let is_first_line = !before.contains(BREAK);
        // Characters are searched for: rustyline takes a number of them for that of repetitions.
        let to_line_before = || Movement::ViCharSearch(1, CharSearch::Backward('\n'));
        let to_gutter = || Movement::ViCharSearch(1, CharSearch::BackwardAfter('\t'));
        match self {
            _ if is_first_line => None,
            Self::Erase => is_at_gutter.then(|| Cmd::Kill(to_line_before())),
            Self::Left => is_at_gutter.then(|| Cmd::Move(to_line_before())),
            Self::Home | Self::EraseLine if is_at_gutter => Some(Cmd::Noop),
            Self::Home => Some(Cmd::Move(to_gutter())),
            Self::EraseLine => Some(Cmd::Kill(to_gutter())),
        }
    }
}
