//! The operations that all endpoints of a run of tests were asked for, in one file, whichever process they are in.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// The file, if this is built for such a run: the gate says so, and compares it with what may be asked for.
///
/// Known since the build and not from the environment, which the tests of the program clear.
const FILE: Option<&str> = option_env!("LIGHTSAIL_DEMO_HEARD");

/// Takes note of an operation, as IAM names it. This package's own tests ask for what there is not.
pub(super) fn note(service: &str, operation: &str) {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let Some(file) = FILE.filter(|_| !cfg!(test)) else { return };
    let line = format!("{service}:{operation}\n");
    if SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(line.clone()) {
        // What cannot be written is missing there, and the gate says so.
        let _ = OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
