//! One file for each resource of the API: its operation, its columns, its child tables.

pub mod add_ons;
pub mod instances;
pub mod tags;
