//! The Postgres endpoint: how it starts, whom it lets in, how it ends. `tests/conformance/serve.py` asks it with psql and
//! drivers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{command, run};

/// A running server of the demo fleet, with the addresses that it said.
struct Server {
    child: Child,
    address: String,
    metrics: String,
}

impl Server {
    fn start(flags: &[&str]) -> Self {
        let own = ["serve", "--demo", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
        let mut child = command(&[&own, flags].concat(), &[])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut word = |before: &str| {
            let line = said.next().unwrap().unwrap();
            line.strip_prefix(before).unwrap().to_owned()
        };
        let address = word("listening on ");
        let metrics = word("metrics on http://").trim_end_matches("/metrics").to_owned();
        Self { child, address, metrics }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    fn page(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.metrics).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message of the protocol: its letter, its length, its body.
fn message(letter: Option<u8>, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    letter.into_iter().chain(length).chain(body.iter().copied()).collect()
}

fn startup(parameters: &[&str]) -> Vec<u8> {
    let words: Vec<u8> = parameters.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    message(None, &[&196_608_u32.to_be_bytes()[..], &words, b"\0"].concat())
}

/// All that comes until the other side ends.
fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut part) {
        bytes.extend_from_slice(&part[..read]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn what_is_not_safe_does_not_start() {
    for (flags, said) in [
        (&["--listen", "0.0.0.0:0"][..], "--tls-cert"),
        (&["--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.pem"], "/nowhere.pem"),
        (&["--listen", "somewhere"], "127.0.0.1:5432"),
    ] {
        let run = run(&[&["serve", "--demo"], flags].concat());
        assert_eq!(run.code, Some(2), "{flags:?}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{flags:?}: {}", run.stderr);
    }
}

#[test]
fn who_has_not_said_who_he_is_is_not_answered() {
    let server = Server::start(&[]);
    let query = message(Some(b'Q'), b"SELECT name FROM instances\0");
    let sasl = |mechanism: &[u8]| message(Some(b'p'), &[mechanism, &5_u32.to_be_bytes(), b"wrong"].concat());
    for messages in [
        vec![query.clone()],
        vec![startup(&["user", "lightsail"]), query.clone()],
        vec![startup(&["user", "lightsail"]), sasl(b"PLAIN\0"), query.clone()],
        vec![startup(&["user", "lightsail"]), sasl(b"SCRAM-SHA-256\0"), query.clone(), query.clone()],
        vec![startup(&["user", "lightsail", "options", "-c lightsail.regoins=all"]), query.clone()],
        vec![startup(&["user", "lightsail", "replication", "true"]), query.clone()],
    ] {
        let mut stream = server.connect();
        for message in messages {
            // It may have been hung up on.
            let _ = stream.write_all(&message);
        }
        let answer = rest(&mut stream);
        assert!(!answer.contains("SELECT") && !answer.contains("web-"), "{answer}");
    }
    assert!(server.page("/metrics").contains("\nlightsail_sql_statements_total 0\n"));
}

#[test]
fn a_malformed_message_ends_its_connection_alone() {
    let server = Server::start(&["--max-connections", "5"]);
    let open = |count| server.page("/metrics").contains(&format!("\nlightsail_sql_connections {count}\n"));
    for letter in *b"QPBDECHSFdcfp" {
        for length in 0..6 {
            let mut stream = server.connect();
            stream.write_all(&startup(&["user", "lightsail"])).unwrap();
            // It may have been hung up on.
            let _ = stream.write_all(&message(Some(letter), &vec![0xff; length]));
            rest(&mut stream);
        }
    }
    for _ in 0..100 {
        if open(0) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(open(0), "{}", server.page("/metrics"));
    let mut stream = server.connect();
    stream.write_all(&startup(&["user", "lightsail"])).unwrap();
    let mut letter = [0];
    stream.read_exact(&mut letter).unwrap();
    assert_eq!(letter, *b"R", "the next one is asked who it is");
}

#[test]
fn it_tells_how_it_is_and_ends_when_it_is_asked_to() {
    let mut server = Server::start(&[]);
    assert!(server.page("/healthz").ends_with("ok\n"));
    assert!(server.page("/metrics").contains("\nlightsail_sql_connections 0\n"));
    assert!(server.page("/elsewhere").starts_with("HTTP/1.1 404"));
    let kill = Command::new("kill").args(["-TERM".to_owned(), server.child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
