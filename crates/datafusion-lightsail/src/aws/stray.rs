//! Names of profiles that no AWS configuration file has.

use super::client::Clients;
use super::selection::is_profile_name;

impl Clients {
    /// Finds the names that no AWS configuration file has as a profile.
    ///
    /// Returns those of `names`, and the profiles that there are; two empty lists if the files are not read. Patterns,
    /// exclusions and files of names are passed over.
    pub fn stray_profiles<'a>(&self, names: &'a [String]) -> (Vec<&'a str>, Vec<String>) {
        if !self.has_profiles() {
            return Default::default();
        }
        // If they cannot be read, the next query says why.
        let Ok(profiles) = self.files() else { return Default::default() };
        let files = &profiles.files;
        let is_stray = |name: &&String| is_profile_name(name) && !files.has(name);
        let strays = names.iter().filter(is_stray).map(String::as_str).collect();
        (strays, files.names().map(ToOwned::to_owned).collect())
    }
}
