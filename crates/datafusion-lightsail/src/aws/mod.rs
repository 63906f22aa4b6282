//! Who answers: profiles, regions, SDK clients, and what went wrong with a call. Knows no table.

mod accounts;
pub mod calls;
pub mod client;
mod credentials;
mod descriptors;
mod discovery;
pub mod fault;
mod files;
mod identity;
mod ini;
pub(crate) mod limits;
mod outgoing;
mod profiles;
mod protocol;
mod recent;
mod remote_profiles;
mod renewal;
mod role;
mod route;
mod selection;
mod source;
mod sso;
mod stray;
pub mod target;
mod transport;
mod word;

pub use accounts::{AccountList, AssumedAccounts};
pub use client::Clients;
pub use descriptors::{raise_limit as raise_open_files, room as room_for_files};
#[cfg(feature = "cluster")]
pub(crate) use discovery::means;
pub(crate) use discovery::{is_name, is_sane, sdk_regions};
pub(crate) use files::listed;
pub use identity::Identity;
pub use limits::{DEFAULT_CONCURRENCY, Limit};
#[cfg(feature = "cluster")]
pub(crate) use profiles::region_of_environment;
pub use protocol::NULL_TEXT;
#[cfg(feature = "cluster")]
pub(crate) use remote_profiles::RemoteProfiles;
pub use route::Route;
pub use selection::is_profile_name;
pub use target::Target;
pub use transport::Settings;
pub(crate) use word::word;
