//! Where rows go. A file is written aside and takes its place when it is whole.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::aside::{self, Staging};
use super::closed;
use super::compress::Compressor;
use super::pager::Screen;
use super::{Codec, Options, Pager};
use datafusion_lightsail::error::{Error, Kind, Result};

/// Where a result goes: a stream, or a file that is replaced in one step by [`commit`](Self::commit).
///
/// A destination that is dropped uncommitted leaves nothing behind: the old file is untouched, the new one is gone.
pub struct Destination {
    name: String,
    out: Out,
    is_stdout: bool,
    compressor: Option<Compressor>,
}

/// The name of standard output and input, wherever a file is named. `./-` is a file of that name.
pub fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

enum Out {
    Stream(Box<dyn Write + Send>),
    Screen(Screen),
    Aside {
        file: NamedTempFile,
        target: PathBuf,
    },
    /// A folder whose files are written by [`Partitions`](super::partitions::Partitions).
    Folder {
        aside: Staging,
        target: PathBuf,
    },
}

impl Destination {
    /// Any writer; `name` says in an error what could not be written.
    pub fn stream(name: impl Into<String>, out: impl Write + Send + 'static) -> Self {
        Self { name: name.into(), out: Out::Stream(Box::new(out)), is_stdout: false, compressor: None }
    }

    /// Standard output.
    pub fn stdout() -> Self {
        Self { is_stdout: true, ..Self::stream("standard output", closed::stdout()) }
    }

    /// The screen, or whatever standard output is: what does not fit into a terminal goes through the pager.
    pub fn screen(options: &Options) -> Self {
        match options.pager.clone().zip(Pager::screen()) {
            Some((pager, size)) => Self { out: Out::Screen(Screen::new(pager, size)), ..Self::stdout() },
            None => Self::stdout(),
        }
    }

    /// True once a pager shows what is written.
    pub fn is_paged(&self) -> bool {
        matches!(&self.out, Out::Screen(screen) if screen.is_paged())
    }

    /// True once the reader has left the pager before the end.
    pub fn is_left(&self) -> bool {
        matches!(&self.out, Out::Screen(screen) if screen.is_left())
    }

    /// True if a person sees what is written as it comes.
    pub fn is_terminal(&self) -> bool {
        self.is_stdout && io::stdout().is_terminal()
    }

    /// The file as it was named; `None` for a stream.
    pub fn file(&self) -> Option<&str> {
        match self.out {
            Out::Aside { .. } | Out::Folder { .. } => Some(&self.name),
            Out::Stream(_) | Out::Screen(_) => None,
        }
    }

    /// Where the files of a folder are written until it is whole; `None` of anything else.
    pub(super) fn aside(&self) -> Option<&Path> {
        match &self.out {
            Out::Folder { aside, .. } => Some(aside.path()),
            _ => None,
        }
    }

    /// A new folder, for files that are written by the values of columns.
    ///
    /// # Errors
    /// If it could not be written, or has something in it: what is there is never replaced.
    pub fn folder(path: &Path) -> Result<Self> {
        check_local(path)?;
        let name = path.display().to_string();
        let fail = |error| Error::io(Kind::Output, format!("cannot write {name}"), error);
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Ok(true) => {
                let what = format!("cannot write {name}: the folder is not empty");
                return Err(Error::new(Kind::Output, what).with_hint("name a new one, or remove it first"));
            }
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(fail(error)),
        }
        let target = std::path::absolute(path).map_err(fail)?;
        let target: PathBuf = target.components().collect();
        let parent = target.parent().unwrap_or(Path::new("."));
        let aside = Staging::made(parent).map_err(fail)?;
        Ok(Self {
            name: name.clone(),
            out: Out::Folder { aside, target },
            is_stdout: false,
            compressor: None,
        })
    }

    /// Compresses what is written, whatever the suffix says.
    ///
    /// # Errors
    /// When the compression cannot be started.
    pub fn compressed(self, codec: Codec) -> Result<Self> {
        let compressor = Compressor::new(codec)
            .map_err(|error| Error::io(Kind::Output, format!("cannot compress {}", self.name), error))?;
        Ok(Self { compressor: Some(compressor), ..self })
    }

    /// A file, or standard output if it is called `-`: a new file, or one that keeps its permissions and is replaced on commit. Of a symbolic link it is the
    /// target that is replaced. A device or a FIFO is written directly.
    ///
    /// # Errors
    /// If the file could not be written: its directory is missing, it is a directory, or permission is lacking.
    pub fn create(path: &Path) -> Result<Self> {
        if is_standard(path) {
            return Ok(Self::stdout());
        }
        check_local(path)?;
        let name = path.display().to_string();
        // Opened as a file it would be written from its beginning, over what `>>` has kept there.
        if path == Path::new("/dev/stdout") {
            return Ok(Self { name, ..Self::stdout() });
        }
        let fail = |error| Error::io(Kind::Output, format!("cannot write {name}"), error);
        let out = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(fail(io::ErrorKind::IsADirectory.into())),
            Ok(found) => {
                let existing = OpenOptions::new().write(true).open(path).map_err(fail)?;
                if found.is_file() {
                    let target = path.canonicalize().map_err(fail)?;
                    let file = aside::file(&target).map_err(fail)?;
                    file.as_file().set_permissions(found.permissions()).map_err(fail)?;
                    Out::Aside { file, target }
                } else {
                    Out::Stream(Box::new(existing))
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let target = resolved(path);
                Out::Aside { file: aside::file(&target).map_err(fail)?, target }
            }
            Err(error) => return Err(fail(error)),
        };
        let file = Self { name, out, is_stdout: false, compressor: None };
        match Codec::from_path(path) {
            Some(codec) => file.compressed(codec),
            None => Ok(file),
        }
    }

    /// Writes the bytes through to the reader or the disk's cache.
    ///
    /// # Errors
    /// [`Kind::ClosedPipe`] where nobody reads any more, otherwise [`Kind::Output`].
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let sent = match &mut self.compressor {
            Some(compressor) => compressor.write(bytes).and_then(|bytes| self.out.write(&bytes)),
            None => self.out.write(bytes),
        };
        sent.map_err(|error| Error::io(Kind::Output, format!("cannot write {}", self.name), error))
    }

    /// Puts the file in its place, as `aside` says.
    ///
    /// # Errors
    /// If the disk refuses; the old file is then untouched, or the new one is whole and may not survive a power cut.
    pub fn commit(mut self) -> Result<()> {
        let fail = |error| Error::io(Kind::Output, format!("cannot write {}", self.name), error);
        if let Some(compressor) = self.compressor.take() {
            compressor.finish().and_then(|bytes| self.out.write(&bytes)).map_err(fail)?;
        }
        match self.out {
            Out::Aside { file, target } => aside::put_file(file, &target),
            Out::Folder { aside, target } => aside.put(&target),
            Out::Stream(_) | Out::Screen(_) => Ok(()),
        }
        .map_err(fail)
    }
}

impl Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(out) => out.write_all(bytes).and_then(|()| out.flush()),
            Self::Screen(screen) => screen.write_all(bytes),
            Self::Aside { file, .. } => file.as_file_mut().write_all(bytes),
            Self::Folder { .. } if bytes.is_empty() => Ok(()),
            Self::Folder { .. } => Err(io::ErrorKind::IsADirectory.into()),
        }
    }
}

/// Refuses the address of a store of objects: it would become a folder of that name.
fn check_local(path: &Path) -> Result<()> {
    let text = path.to_string_lossy();
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(()) };
    let file = rest.rsplit('/').next().filter(|name| name.contains('.')).unwrap_or("result.parquet");
    let command = match scheme {
        "s3" => "aws s3 cp",
        "gs" => "gcloud storage cp",
        _ => "curl -T",
    };
    Err(Error::new(Kind::Usage, format!("{text} is not a file: only local files are written")).with_hint(format!(
        "write a file and copy it, so that nothing half-written is ever seen there: -o {file} … && {command} {file} {text}"
    )))
}

/// Where a symbolic link that leads nowhere yet would put the file. Links in a circle are another error by then.
fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    while let Ok(target) = fs::read_link(&path) {
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in a directory, hidden ones included.
    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(path: &Path, text: &str) -> Destination {
        let mut out = Destination::create(path).unwrap();
        out.send(text.as_bytes()).unwrap();
        out
    }

    #[test]
    fn a_file_appears_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new.csv");
        let out = write(&path, "rows");
        assert!(!path.exists());
        assert!(names(directory.path())[0].starts_with(".lightsail-sql-"));
        out.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "rows");
        assert_eq!(names(directory.path()), ["new.csv"]);
    }

    #[test]
    fn uncommitted_it_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("old.csv");
        fs::write(&path, "old").unwrap();
        drop(write(&path, "half a ro"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(directory.path()), ["old.csv"]);
        write(&path, "new").commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn what_cannot_be_written_is_an_error_before_anything_is_asked() {
        let directory = tempfile::tempdir().unwrap();
        let error = |path: &Path| {
            let error = Destination::create(path).err().unwrap();
            assert_eq!(error.kind(), Kind::Output);
            error.to_string().replace(&directory.path().display().to_string(), "D")
        };
        assert_eq!(error(directory.path()), "cannot write D: is a directory");
        assert_eq!(error(&directory.path().join("sub/")), "cannot write D/sub/: is a directory");
        assert_eq!(
            error(&directory.path().join("sub/x.csv")),
            "cannot write D/sub/x.csv: there is no directory D/sub"
        );
        assert!(names(directory.path()).is_empty());
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{PermissionsExt, symlink};
        use std::process::Command;

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o7777
        }

        #[test]
        fn permissions_are_kept_or_those_of_any_new_file() {
            let directory = tempfile::tempdir().unwrap();
            let (old, new, plain) =
                (directory.path().join("old"), directory.path().join("new"), directory.path().join("plain"));
            fs::write(&old, "old").unwrap();
            fs::set_permissions(&old, PermissionsExt::from_mode(0o640)).unwrap();
            write(&old, "new").commit().unwrap();
            assert_eq!(mode(&old), 0o640);
            fs::write(&plain, "").unwrap();
            write(&new, "new").commit().unwrap();
            assert_eq!(mode(&new), mode(&plain));
        }

        #[test]
        fn a_file_or_directory_without_permission_is_an_error() {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("old.csv");
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
            if OpenOptions::new().write(true).open(&path).is_ok() {
                return; // root may write anything
            }
            assert!(Destination::create(&path).is_err());
            fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o555)).unwrap();
            let error = Destination::create(&directory.path().join("new.csv")).err().unwrap().to_string();
            fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
            assert!(error.ends_with("permission denied"), "{error}");
        }

        #[test]
        fn a_link_stays_and_its_target_is_replaced() {
            let directory = tempfile::tempdir().unwrap();
            let at = |name: &str| directory.path().join(name);
            fs::create_dir(at("data")).unwrap();
            fs::write(at("data/real.csv"), "old").unwrap();
            symlink("data/real.csv", at("link.csv")).unwrap();
            symlink("data/later.csv", at("dangling.csv")).unwrap();
            write(&at("link.csv"), "new").commit().unwrap();
            write(&at("dangling.csv"), "first").commit().unwrap();
            assert_eq!(fs::read_to_string(at("data/real.csv")).unwrap(), "new");
            assert_eq!(fs::read_to_string(at("data/later.csv")).unwrap(), "first");
            assert!(at("link.csv").is_symlink() && at("dangling.csv").is_symlink());
            symlink("circle", at("circle")).unwrap();
            assert!(Destination::create(&at("circle")).is_err());
        }

        #[test]
        fn devices_and_fifos_are_written_directly() {
            write(Path::new("/dev/null"), "gone").commit().unwrap();
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("fifo");
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            let reader = std::thread::spawn({
                let path = path.clone();
                move || fs::read_to_string(path).unwrap()
            });
            write(&path, "rows").commit().unwrap();
            assert_eq!(reader.join().unwrap(), "rows");
            assert_eq!(names(directory.path()), ["fifo"]);
        }

        #[test]
        fn a_full_disk_is_named() {
            let full = Path::new("/dev/full");
            if full.exists() {
                let error = Destination::create(full).unwrap().send(b"rows").unwrap_err();
                assert_eq!(error.kind(), Kind::Output);
                assert!(error.to_string().starts_with("cannot write /dev/full: No space left"), "{error}");
            }
        }
    }

    #[test]
    fn a_store_of_objects_is_out_of_scope_with_the_command_that_does_it() {
        let error = Destination::create(Path::new("s3://bucket/a/x.parquet")).err().unwrap();
        assert_eq!(error.kind(), Kind::Usage);
        let text = error.to_string();
        assert!(text.contains("-o x.parquet … && aws s3 cp x.parquet s3://bucket/a/x.parquet"), "{text}");
    }

    #[test]
    fn the_suffix_compresses() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.csv.gz");
        write(&path, "a\n1\n").commit().unwrap();
        assert_eq!(&fs::read(&path).unwrap()[..2], b"\x1f\x8b");
        let path = directory.path().join("x.ndjson.zst");
        write(&path, "{}\n").commit().unwrap();
        assert_eq!(zstd::decode_all(fs::File::open(&path).unwrap()).unwrap(), b"{}\n");
    }

    #[test]
    fn a_closed_pipe_is_told_apart() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let error = Destination::stream("standard output", writer).send(b"rows").unwrap_err();
        assert_eq!(error.kind(), Kind::ClosedPipe);
    }
}
