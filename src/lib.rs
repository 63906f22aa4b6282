//! SQL over the Amazon Lightsail API.

pub mod catalog;
pub mod error;
