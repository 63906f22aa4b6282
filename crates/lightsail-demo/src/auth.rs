//! Who asks, and which region: both stand in the SigV4 Authorization header. The signature's shape is checked, not
//! its value: the endpoint has no secrets to check it with.

use std::time::{Duration, SystemTime};

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, DATE};

use super::error::Error;
use super::random::{hash, mix};

/// The keys that AssumeRole gives begin like this, as AWS's do, and go on with their account.
const TEMPORARY: &str = "ASIA";

/// What the Authorization header says.
#[derive(Debug)]
pub(super) struct Caller {
    /// The access key id, which stands for the account.
    pub(super) access_key: String,
    /// The region of the credential scope.
    pub(super) region: String,
}

/// The caller of a service, or the error that AWS gives for such a header. The region is any text: whether the endpoint has it is
/// not checked here.
pub(super) fn caller(headers: &HeaderMap, wanted: &'static str) -> Result<Caller, Error> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        let message = "Request is missing Authentication Token";
        return Err(Error::common(400, "MissingAuthenticationTokenException", message));
    };
    let parameters = header.to_str().ok().and_then(|text| text.strip_prefix("AWS4-HMAC-SHA256 "));
    let parameters = parameters
        .ok_or_else(|| incomplete("Authorization header requires 'AWS4-HMAC-SHA256' as its algorithm."))?;

    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for part in parameters.split(',').map(str::trim) {
        match part.split_once('=') {
            Some(("Credential", value)) => credential = Some(value),
            Some(("SignedHeaders", value)) => signed_headers = Some(value),
            Some(("Signature", value)) => signature = Some(value),
            Some(_) => (),
            None => {
                let message = format!(
                    "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header."
                );
                return Err(incomplete(message));
            }
        }
    }
    let required = |name| move || incomplete(format!("Authorization header requires '{name}' parameter."));
    let credential = credential.ok_or_else(required("Credential"))?;
    signed_headers.ok_or_else(required("SignedHeaders"))?;
    let signature = signature.ok_or_else(required("Signature"))?;
    if !headers.contains_key("x-amz-date") && !headers.contains_key(DATE) {
        return Err(incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        ));
    }

    let [access_key, date, region, service, terminator] = credential.split('/').collect::<Vec<_>>()[..]
    else {
        let message =
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term";
        return Err(incomplete(format!("{message}, got '{credential}'")));
    };
    if date.len() != 8 || date.bytes().any(|byte| !byte.is_ascii_digit()) {
        return Err(invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: '{date}'."
        )));
    }
    if terminator != "aws4_request" {
        let message = format!(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'."
        );
        return Err(invalid(message));
    }
    if service != wanted {
        return Err(invalid(format!("Credential should be scoped to correct service: '{wanted}'.")));
    }
    if signature.len() != 64 || signature.bytes().any(|byte| !byte.is_ascii_hexdigit()) {
        return Err(invalid(
            "The request signature we calculated does not match the signature you provided.",
        ));
    }
    if access_key.is_empty() {
        let message = "The security token included in the request is invalid.";
        return Err(Error::common(400, "UnrecognizedClientException", message));
    }
    check_temporary(access_key, headers)?;
    Ok(Caller { access_key: access_key.to_owned(), region: region.to_owned() })
}

/// Keys of an account that are good until `expiry`, and the session token that says so.
pub(super) fn temporary(account: &str, expiry: SystemTime) -> (String, String) {
    let ms = expiry.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    (format!("{TEMPORARY}{account}{:04X}", ms & 0xFFFF), format!("demo.{account}.{ms}"))
}

/// The account of keys that AssumeRole gave.
fn temporary_account(access_key: &str) -> Option<&str> {
    let account = access_key.strip_prefix(TEMPORARY)?.get(..12)?;
    (access_key.len() == 20 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// Refuses keys that AssumeRole gave without their session token, or after their time.
fn check_temporary(access_key: &str, headers: &HeaderMap) -> Result<(), Error> {
    let Some(account) = temporary_account(access_key) else { return Ok(()) };
    let token = headers.get("x-amz-security-token").and_then(|token| token.to_str().ok());
    let expiry =
        token.and_then(|token| token.strip_prefix("demo.")?.strip_prefix(account)?.strip_prefix('.'));
    let expiry = expiry.and_then(|ms| ms.parse().ok()).map(Duration::from_millis).ok_or_else(|| {
        let message = "The security token included in the request is invalid.";
        Error::common(400, "UnrecognizedClientException", message)
    })?;
    if SystemTime::UNIX_EPOCH + expiry <= SystemTime::now() {
        let message = "The security token included in the request is expired";
        return Err(Error::common(400, "ExpiredTokenException", message));
    }
    Ok(())
}

/// What a request to a region that the endpoint does not have gets.
pub(super) fn unknown_region(region: &str) -> Error {
    invalid(format!("Credential should be scoped to a valid region, not '{region}'."))
}

/// The twelve digits of the account that an access key belongs to.
pub(super) fn account(access_key: &str) -> String {
    if access_key == super::ACCESS_KEY {
        return "123456789012".to_owned();
    }
    if let Some(account) = temporary_account(access_key) {
        return account.to_owned();
    }
    (100_000_000_000 + mix(hash(access_key)) % 900_000_000_000).to_string()
}

fn incomplete(message: impl Into<String>) -> Error {
    Error::common(400, "IncompleteSignatureException", message)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::common(400, "InvalidSignatureException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/lightsail/aws4_request, \
        SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn ask(authorization: Option<&str>) -> Result<Caller, Error> {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-date", "20260101T000000Z".parse().unwrap());
        if let Some(text) = authorization {
            headers.insert(AUTHORIZATION, text.parse().unwrap());
        }
        caller(&headers, "lightsail")
    }

    #[test]
    fn a_good_header_names_key_and_region() {
        let caller = ask(Some(GOOD)).unwrap();
        assert_eq!((caller.access_key.as_str(), caller.region.as_str()), ("KEY", "us-east-1"));
    }

    #[test]
    fn a_bad_header_gets_the_error_that_aws_gives() {
        assert_eq!(ask(None).unwrap_err().code, "MissingAuthenticationTokenException");
        let cases = [
            ("AWS4-HMAC-SHA256", "Bearer", "IncompleteSignatureException"),
            ("SignedHeaders=", "Headers=", "IncompleteSignatureException"),
            ("Signature=", "", "IncompleteSignatureException"),
            ("/us-east-1", "", "IncompleteSignatureException"),
            ("lightsail", "ec2", "InvalidSignatureException"),
            ("20260101", "today", "InvalidSignatureException"),
            ("aws4_request", "aws5_request", "InvalidSignatureException"),
            ("0123", "", "InvalidSignatureException"),
            ("KEY", "", "UnrecognizedClientException"),
        ];
        for (from, to, code) in cases {
            assert_eq!(ask(Some(&GOOD.replacen(from, to, 1))).unwrap_err().code, code, "{from} -> {to}");
        }
        let undated = HeaderMap::from_iter([(AUTHORIZATION, GOOD.parse().unwrap())]);
        assert_eq!(caller(&undated, "lightsail").unwrap_err().code, "IncompleteSignatureException");
    }

    #[test]
    fn every_key_has_its_account() {
        assert_eq!(account(super::super::ACCESS_KEY), "123456789012");
        assert_eq!((account("A").len(), account("A")), (12, account("A")));
        assert_ne!(account("A"), account("B"));
    }
}
