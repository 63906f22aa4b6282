//! Who may ask: users with salted hashes of their passwords, and SCRAM-SHA-256, which never sends a password.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};

use async_trait::async_trait;
use pgwire::api::auth::sasl::scram::gen_salted_password;
use pgwire::api::auth::{AuthSource, LoginInfo, Password};
use pgwire::error::PgWireResult;

use datafusion_lightsail::error::{Error, Kind, Result};

/// What a hash begins with: the mechanism, and how often it is hashed.
const KIND: &str = "scram-sha-256$4096";
const ITERATIONS: usize = 4096;
const SALT: usize = 16;
const HASH: usize = 32;

/// A password that only its owner knows.
#[derive(Clone)]
struct Salted {
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// The users of a server.
pub struct Users {
    known: BTreeMap<String, Salted>,
    /// Makes the salt of a user that there is not: always the same, so that nobody learns who there is.
    secret: RandomState,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.known.keys()).finish()
    }
}

impl Users {
    /// Users and what [`hashed`] made of their passwords.
    ///
    /// # Errors
    /// [`Kind::Usage`] with the user whose hash is none.
    pub fn new<'a>(hashes: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let user = |(name, hash): (&str, &str)| {
            let salted = read(hash).ok_or_else(|| {
                Error::new(Kind::Usage, format!("what stands for the password of {name} is no hash of one"))
                    .with_hint("lightsail-sql serve --hash-password makes it")
            })?;
            Ok((name.to_owned(), salted))
        };
        Ok(Self { known: hashes.map(user).collect::<Result<_>>()?, secret: RandomState::new() })
    }

    /// One user, and the password that it gets.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn generated(name: &str) -> Result<(Self, String)> {
        let password = hex(&random::<12>()?);
        let hash = hashed(&password)?;
        Ok((Self::new(std::iter::once((name, hash.as_str())))?, password))
    }
}

/// What the configuration file has in place of a password.
///
/// # Errors
/// When the system has no random numbers; [`Kind::Usage`] when there is no password.
pub fn hashed(password: &str) -> Result<String> {
    if password.is_empty() {
        return Err(Error::new(Kind::Usage, "the password is empty"));
    }
    let salt = random::<SALT>()?;
    Ok(format!("{KIND}${}${}", hex(&salt), hex(&gen_salted_password(password, &salt, ITERATIONS))))
}

fn read(hash: &str) -> Option<Salted> {
    let (salt, hash) = hash.strip_prefix(KIND)?.strip_prefix('$')?.split_once('$')?;
    let (salt, hash) = (bytes(salt)?, bytes(hash)?);
    (salt.len() == SALT && hash.len() == HASH).then_some(Salted { salt, hash })
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::new(Kind::Internal, format!("the system has no random numbers: {error}")))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = (hex.is_ascii() && hex.len().is_multiple_of(2)).then_some(hex)?.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[async_trait]
impl AuthSource for Users {
    async fn get_password(&self, login: &LoginInfo) -> PgWireResult<Password> {
        let name = login.user().unwrap_or_default();
        let Salted { salt, hash } = self.known.get(name).cloned().unwrap_or_else(|| {
            let part = |number: u8| {
                let mut hasher = self.secret.build_hasher();
                hasher.write(name.as_bytes());
                hasher.write_u8(number);
                hasher.finish().to_be_bytes()
            };
            let salt = [part(0), part(1)].concat();
            // No password comes to this one but by chance.
            Salted { salt, hash: [part(2), part(3), part(4), part(5)].concat() }
        });
        Ok(Password::new(Some(salt), hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_made() {
        let hash = hashed("secret").unwrap();
        assert!(!hash.contains("secret"));
        let Salted { salt, hash: salted } = read(&hash).unwrap();
        assert_eq!(salted, gen_salted_password("secret", &salt, ITERATIONS));
        assert_ne!(hashed("secret").unwrap(), hash);
        for wrong in ["secret", "md5abc", &hash[..hash.len() - 1], &hash.replace("4096", "1")] {
            assert!(Users::new([("a", wrong)].into_iter()).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_user_that_there_is_not_has_the_same_salt_each_time() {
        let users = Users::new(std::iter::empty()).unwrap();
        let login = |name| LoginInfo::new(Some(name), None, String::new());
        let salt = async |name| users.get_password(&login(name)).await.unwrap().salt().unwrap().to_vec();
        assert_eq!(salt("a").await, salt("a").await);
        assert_ne!(salt("a").await, salt("b").await);
        assert_eq!(salt("a").await.len(), SALT);
    }
}
