//! What a panic says, one line with the place in the source and without a machine's paths, and what a crash leaves.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};

use datafusion_lightsail::panics::is_too_large;

use crate::say::say;

/// What stands in the path of a library before its name and version.
const LIBRARIES: &str = "/registry/src/";

thread_local! {
    /// Whether a panic of this thread is what a library says of bad input.
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// What comes of work that panics at bad input; nobody is told of that but the caller.
///
/// # Errors
/// What it panics with.
pub fn quietly<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    IS_EXPECTED.set(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_EXPECTED.set(false);
    done
}

/// Has every panic told in one line. Whoever runs the work that panics makes an error of it.
pub fn tell() {
    set_hook(Box::new(|panic| {
        let words = panic.payload_as_str().unwrap_or("a panic");
        // Arrow's way to say what an error says better; and what gathers the tasks of a statement that has ended, where its
        // runtime ends before it has.
        let is_told = is_too_large(words) || panic.location().is_some_and(|at| is_ending(words, at.file()));
        if !is_told && !IS_EXPECTED.get() {
            say(format_args!("bug: {words} ({})", place(panic)));
        }
    }));
}

/// Whether a panic is that of a tokio `JoinSet` one of whose tasks was cancelled with its runtime.
fn is_ending(words: &str, file: &str) -> bool {
    file.ends_with("task/join_set.rs") && words.starts_with("task ") && words.ends_with(" was cancelled")
}

/// Has a crash leave no core: it would have the memory of this process in it, and with it the keys that sign.
pub fn leave_no_core() {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_CORE) {
            // As far as the system lets it.
            let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
        }
    }
}

fn place(panic: &PanicHookInfo) -> String {
    let Some(at) = panic.location() else { return "nowhere".to_owned() };
    format!("{}:{}", within(at.file()), at.line())
}

/// The part of a path that is the same on all machines.
fn within(path: &str) -> &str {
    let library = path.split_once(LIBRARIES).and_then(|(_, rest)| Some(rest.split_once('/')?.1));
    library.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_that_ends_is_no_bug() {
        let file = "/registry/src/index.crates.io-0/tokio-1.54.1/src/task/join_set.rs";
        assert!(is_ending("task 24 was cancelled", file));
        assert!(!is_ending("task 24 panicked", file));
        assert!(!is_ending("task 24 was cancelled", "src/main.rs"));
    }

    #[test]
    fn a_place_is_one_of_the_source() {
        let path = "/home/me/.cargo/registry/src/index.crates.io-0/tokio-1.54.1/src/sync/batch_semaphore.rs";
        assert_eq!(within(path), "tokio-1.54.1/src/sync/batch_semaphore.rs");
        assert_eq!(within("src/main.rs"), "src/main.rs");
    }
}
