//! SQL over the Amazon Lightsail API.

pub mod error;
