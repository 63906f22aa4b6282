//! What others wrote, changed at random, for everything that reads it: no panic, no endless loop, and what the target
//! itself demands.
//!
//! A target is a test whose name begins with `fuzz_`, beside the code that it is for, so that it is built with the rest and
//! sees what is private. Its corpus is in `fuzz/corpus/TARGET`, a file for each input: all of it is read by every `cargo
//! test`, then a few hundred inputs that are made of it. `LIGHTSAIL_SQL_FUZZ_SECONDS=1200 cargo test fuzz_` goes on for so
//! long. What fails is written below `target/fuzz`; mended, it goes into the corpus.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long an input is at most, in bytes.
const LONGEST: usize = 16 << 10;

/// What readers stumble over.
const WORDS: [&[u8]; 24] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\x1b[2J",
    "\u{202e}".as_bytes(),
    "ä".as_bytes(),
    "日本".as_bytes(),
    b"'",
    b"\"",
    b";",
    b"--",
    b"/*",
    b"$$",
    b"{",
    b"}",
    b"[",
    b",",
    b"null",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"\r\n",
    b"\\",
    b"!*?@",
];

/// Numbers that depend on one number: splitmix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if there is none.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or_default()
    }
}

/// Hands the corpus of a target to `read`, and so many inputs that are made of it, or as many as there is time for.
///
/// # Panics
/// When `read` does, with the place of the file that has the input.
pub fn fuzz(target: &str, rounds: usize, mut read: impl FnMut(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = root.ancestors().find(|folder| folder.join("fuzz/corpus").is_dir()).unwrap();
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("fuzz/corpus").join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(!corpus.is_empty(), "{target} has no corpus");
    for input in &corpus {
        attempt(root, target, input, &mut read);
    }
    let seconds = std::env::var("LIGHTSAIL_SQL_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let (begun, time) = (Instant::now(), seconds.map(Duration::from_secs));
    let mut chance = Chance(time.map_or(0, |_| u64::from(std::process::id())));
    let mut tried = 0;
    while time.map_or(tried < rounds, |time| begun.elapsed() < time) {
        let input = changed(&corpus, &mut chance);
        if time.is_some() {
            // What overflows the stack ends the process, and leaves nothing else.
            fs::create_dir_all(root.join("target/fuzz")).unwrap();
            fs::write(root.join("target/fuzz").join(format!("{target}-now")), &input).unwrap();
        }
        attempt(root, target, &input, &mut read);
        tried += 1;
    }
    if time.is_some() {
        let _ = fs::remove_file(root.join("target/fuzz").join(format!("{target}-now")));
        let note = format!("{target}: {tried} inputs in {} s\n", begun.elapsed().as_secs());
        fs::write(root.join("target/fuzz").join(target), note).unwrap();
    }
}

fn attempt(root: &Path, target: &str, input: &[u8], read: &mut impl FnMut(&[u8])) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| read(input))) {
        let folder = root.join("target/fuzz").join(format!("{target}-found"));
        fs::create_dir_all(&folder).unwrap();
        let mut hash = Chance(0);
        input.iter().for_each(|byte| hash.0 = hash.next() ^ u64::from(*byte));
        let file = folder.join(format!("{:016x}", hash.0));
        fs::write(&file, input).unwrap();
        #[expect(clippy::print_stderr, reason = "a test that fails says what it failed at")]
        {
            eprintln!("{target} fails at {}", file.display());
        }
        resume_unwind(panic);
    }
}

/// An input of the corpus, changed in a few places.
fn changed(corpus: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = corpus[chance.below(corpus.len())].clone();
    for _ in 0..=chance.below(6) {
        let at = chance.below(input.len() + 1);
        let end = at + chance.below((input.len() - at).min(64) + 1);
        match chance.below(8) {
            0 => input.truncate(at),
            1 => drop(input.drain(at..end)),
            2 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            3 => {
                let other = &corpus[chance.below(corpus.len())];
                let from = chance.below(other.len() + 1);
                let part = other[from..(from + chance.below(256)).min(other.len())].to_vec();
                input.splice(at..end, part);
            }
            4 => {
                let word = WORDS[chance.below(WORDS.len())].repeat(1 + chance.below(3));
                input.splice(at..at, word);
            }
            5 => {
                let many =
                    [WORDS[chance.below(WORDS.len())], &input[at..end]].concat().repeat(chance.below(300));
                input.splice(at..end, many);
            }
            _ => {
                let change = u8::try_from(chance.below(256)).unwrap_or_default();
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= change;
                }
            }
        }
        input.truncate(LONGEST);
    }
    input
}
