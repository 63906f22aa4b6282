//! Who gives credentials, on this machine: STS, SSO and its tokens, a container's credentials. Each secret that it gives has
//! [`CANARY`] in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// What each secret has in it, and nothing else has.
pub const CANARY: &str = "CANARY";

/// An issuer on a port of its own, until the process ends.
pub struct Issuer {
    url: String,
}

impl Issuer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                std::thread::spawn(|| answer(stream.unwrap()));
            }
        });
        Self { url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Answers one request, and closes.
fn answer(stream: TcpStream) {
    let mut reader = BufReader::new(&stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or_default() == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let (kind, text) = credentials(&head, &String::from_utf8_lossy(&body));
    let length = text.len();
    let _ = write!(
        &stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    );
}

fn credentials(head: &str, body: &str) -> (&'static str, String) {
    const KEY: &str = "AKIAISSUED0000000000";
    let expiry = "2099-01-01T00:00:00Z";
    let json = "application/json";
    if head.starts_with("GET /federation/credentials") {
        let text = format!(
            r#"{{"roleCredentials":{{"accessKeyId":"{KEY}","secretAccessKey":"{CANARY}secret","sessionToken":"{CANARY}token","expiration":4070908800000}}}}"#
        );
        return (json, text);
    }
    if head.starts_with("POST /token") {
        let text = format!(
            r#"{{"accessToken":"{CANARY}access","tokenType":"Bearer","expiresIn":28800,"refreshToken":"{CANARY}refresh"}}"#
        );
        return (json, text);
    }
    if head.starts_with("GET /container") {
        let text = format!(
            r#"{{"AccessKeyId":"{KEY}","SecretAccessKey":"{CANARY}secret","Token":"{CANARY}token","Expiration":"{expiry}"}}"#
        );
        return (json, text);
    }
    let action = if body.contains("WithWebIdentity") { "AssumeRoleWithWebIdentity" } else { "AssumeRole" };
    let text = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><AssumedRoleUser>\
         <Arn>arn:aws:sts::123456789012:assumed-role/Audit/test</Arn><AssumedRoleId>AROA:test</AssumedRoleId>\
         </AssumedRoleUser><Credentials><AccessKeyId>{KEY}</AccessKeyId><SecretAccessKey>{CANARY}secret\
         </SecretAccessKey><SessionToken>{CANARY}token</SessionToken><Expiration>{expiry}</Expiration></Credentials>\
         </{action}Result></{action}Response>"
    );
    ("text/xml", text)
}
