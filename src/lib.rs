//! SQL over the Amazon Lightsail API.

pub mod aws;
pub mod catalog;
pub mod error;
pub mod options;
pub mod output;
pub mod scan;
