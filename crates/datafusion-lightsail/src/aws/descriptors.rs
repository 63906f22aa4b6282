//! How many calls fit into what this process may have open at a time: each wants a connection.

/// What is open beside connections: files, standard streams, the runtime's own.
const OTHERS: usize = 64;

/// Hosts whose connections are kept for the next call: Lightsail's regions, STS, SSO.
const HOSTS: usize = 24;

/// What this process may have open at a time (`ulimit -n`), if there is a limit.
pub(super) fn limit() -> Option<usize> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit};
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
        usize::try_from(soft).ok()
    }
    #[cfg(not(unix))]
    None
}

/// What is open while one profile comes up with its credentials: a connection, or the pipes of a process.
const RESOLVING: usize = 4;

/// What nothing here ever needs more of.
const ENOUGH: usize = 4096;

/// Lets this process have more open than the soft limit, which on some systems is 256, as far as the hard one allows.
pub fn raise_limit() {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
            let wanted = hard.min(ENOUGH as u64);
            if wanted > soft {
                // Without it fewer calls are in flight.
                let _ = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard);
            }
        }
    }
}

/// How many files are opened to find out whether there are any left: what a process of credentials takes, and a few connections.
const TRIED: usize = 16;

/// What to do if no more files and connections can be opened, whatever was being done meanwhile: it is neither the network's
/// fault nor the credentials'. `None` if there is room.
pub fn room() -> Option<String> {
    #[cfg(unix)]
    {
        use nix::errno::Errno;
        let tried: std::io::Result<Vec<_>> = (0..TRIED).map(|_| std::fs::File::open("/dev/null")).collect();
        let error = tried.err()?.raw_os_error().map(Errno::from_raw);
        let what = match error {
            Some(Errno::EMFILE) => "this process has as many files and connections open as it may",
            Some(Errno::ENFILE) => "this machine has as many files and connections open as it may",
            _ => return None,
        };
        let limit = limit().map_or_else(String::new, |limit| format!(", {limit}"));
        Some(format!("{what}{limit}: allow more with ulimit -n"))
    }
    #[cfg(not(unix))]
    None
}

/// How many calls may be in flight, if so many are wanted.
pub(super) fn calls(wanted: usize, limit: Option<usize>) -> usize {
    let Some(limit) = limit else { return wanted };
    wanted.min(limit.saturating_sub(OTHERS) / 2).max(1)
}

/// How many profiles may come up with their credentials at the same time, beside so many calls.
pub(super) fn resolutions(calls: usize, limit: Option<usize>) -> usize {
    let room = limit.map_or(usize::MAX, |limit| limit.saturating_sub(OTHERS + calls) / 2 / RESOLVING);
    (calls / 2).clamp(4, 64).min(room).max(1)
}

/// How many connections may wait for the next call at each host. Where there is room, as many as there were calls:
/// those that end at the same moment would be made anew at once.
pub(super) fn idle(limit: Option<usize>) -> usize {
    let Some(limit) = limit.filter(|limit| *limit < ENOUGH / 2) else { return usize::MAX };
    let calls = calls(usize::MAX, Some(limit));
    let taken = OTHERS + calls + resolutions(calls, Some(limit)) * RESOLVING;
    (limit.saturating_sub(taken) / HOSTS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_fits_into_the_limit() {
        for limit in [160, 256, 1024, 2047] {
            for wanted in [1, 64, 512, 100_000] {
                let calls = calls(wanted, Some(limit));
                assert!(calls >= 1 && calls <= wanted);
                let (resolutions, idle) = (resolutions(calls, Some(limit)), idle(Some(limit)));
                let open = OTHERS + calls + resolutions * RESOLVING + idle * HOSTS;
                assert!(open <= limit, "{open} of {limit} for {wanted}");
            }
        }
        assert_eq!(calls(64, Some(256)), 64, "the default fits into what macOS allows");
        assert_eq!((calls(512, Some(256)), calls(512, None)), (96, 512));
        assert_eq!((idle(Some(4096)), idle(None)), (usize::MAX, usize::MAX));
        assert_eq!(resolutions(1, None), 4, "one that is slow does not hold up the others");
    }
}
