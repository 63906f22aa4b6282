//! Names of profiles that no AWS configuration file has.

use aws_config::profile;
use aws_types::os_shim_internal::{Env, Fs};

use super::client::Clients;

impl Clients {
    /// Those of `names` that are no profile of the AWS configuration files, and the profiles that are there; nothing if the
    /// files are not read. Patterns, exclusions and files of names are passed over.
    pub async fn stray_profiles<'a>(&self, names: &'a [String]) -> (Vec<&'a str>, Vec<String>) {
        if !self.has_profiles() {
            return Default::default();
        }
        let Ok(files) = profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await else {
            // The next query says why they cannot be read.
            return Default::default();
        };
        let is_stray =
            |name: &&String| !name.contains(['*', '?', '!', '@']) && files.get_profile(name).is_none();
        let strays = names.iter().filter(is_stray).map(String::as_str).collect();
        (strays, files.profiles().map(ToOwned::to_owned).collect())
    }
}
