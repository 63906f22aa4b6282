//! Accounts that have no profile: a role of the same name is assumed in each of them.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_config::{Region, SdkConfig};
use aws_sdk_lightsail::config::SharedCredentialsProvider;
use aws_sdk_organizations::error::{DisplayErrorContext, ProvideErrorMetadata};

use super::client::{Clients, lock};
use super::credentials::{Renewed, Shared};
use super::files::listed;
use super::profiles::STS_REGION;
use super::role::Role;
use super::selection::names_in;
use super::target::Profile;
use crate::error::{Error, Kind, Result};

/// What stands for the account in the arn of a role.
const ACCOUNT: &str = "{account}";

/// Which accounts are asked, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedAccounts {
    /// Where the accounts are listed.
    pub list: AccountList,
    /// The arn of the role, with `{account}` for the account's id.
    pub role: String,
    /// What the role's trust policy may want to be told.
    pub external_id: Option<String>,
    /// Who assumes the role, as CloudTrail shows it.
    pub session_name: Option<String>,
    /// The profile that signs the requests for the role; `None` for the environment's.
    pub signer: Option<String>,
}

/// Where accounts are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountList {
    /// A file: an id of twelve digits in each line, and a name behind it if there is one.
    File(PathBuf),
    /// What AWS Organizations' ListAccounts answers.
    Organization,
}

/// An account that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) id: String,
    /// What rows show as its profile: its name, or its id if it has none of its own.
    pub(super) name: String,
}

/// The accounts that are asked, and the role that is assumed in them.
#[derive(Debug)]
pub(super) struct Accounts {
    /// In the order in which they are listed.
    pub(super) names: Vec<String>,
    ids: HashMap<String, String>,
    assumed: AssumedAccounts,
    /// Who signs, and how STS is asked.
    config: SdkConfig,
    signer: Mutex<Arc<Renewed>>,
    /// The region of whoever signs, which is asked unless another is said.
    home: Option<Region>,
}

impl Accounts {
    /// A part of a list with the name of the account whose id it is, so that both can be said.
    pub(super) fn by_name(&self, part: &str) -> String {
        let (mark, id) = match part.strip_prefix('!') {
            Some(id) => ("!", id),
            None => ("", part),
        };
        // An account without a name of its own is found at once.
        let of_id = || self.ids.iter().find(|(_, known)| *known == id).map(|(name, _)| name.as_str());
        let name = if is_account(id) && !self.ids.contains_key(id) { of_id() } else { None };
        format!("{mark}{}", name.unwrap_or(id))
    }

    /// The configuration of an account, whose credentials are renewed before they expire, and its id.
    ///
    /// # Errors
    /// [`Kind::Credentials`] when there is no such account, or the role cannot be assumed there.
    pub(super) async fn load(&self, name: &str) -> Result<(SdkConfig, String)> {
        let id = self.ids.get(name).ok_or_else(|| {
            let names = listed(self.names.iter().map(String::as_str));
            Error::new(Kind::Credentials, format!("there is no account {name} in the list of accounts"))
                .with_hint(format!("the accounts there are: {names}"))
        })?;
        let AssumedAccounts { role, external_id, session_name, .. } = &self.assumed;
        let arn = role.replace(ACCOUNT, id);
        let hint = format!("does {arn} exist, may it be assumed, and is its external id right?");
        let owner = if name == id { format!("account {id}") } else { format!("account {id} ({name})") };
        let signer = Arc::clone(&lock(&self.signer));
        let role = Role {
            config: self.config.clone(),
            arn,
            external_id: external_id.clone(),
            session_name: session_name.clone(),
            duration: None,
            source: Shared(Arc::clone(&signer)),
        };
        let renewed = Renewed::new(role, Some(signer), owner, hint);
        renewed.check().await?;
        let credentials = SharedCredentialsProvider::new(Shared(Arc::new(renewed)));
        let config = self.config.to_builder().region(self.home.clone()).credentials_provider(credentials);
        Ok((config.build(), id.clone()))
    }
}

impl Clients {
    /// Who signs the requests for the role.
    fn signer(&self, assumed: &AssumedAccounts) -> Profile {
        match &assumed.signer {
            Some(name) => Profile { name: name.clone(), is_explicit: true },
            None if self.reads_files() => Profile::of_environment(),
            None => Profile::of_nobody(),
        }
    }

    /// Resolves anew who signs for the accounts, if any are asked: what the files say may be other keys by now.
    pub(super) async fn renew_signer(&self) -> Result<()> {
        let Some(accounts) = self.assumed.get() else { return Ok(()) };
        let signer = self.signer(&accounts.assumed);
        let config = self.load_profile(&signer).await?;
        *lock(&accounts.signer) = Arc::new(signs(&config, &signer)?);
        Ok(())
    }

    /// Finds out which accounts are asked, if it is not profiles; what a person should know of that.
    ///
    /// # Errors
    /// When the list cannot be read or says nothing, or Organizations cannot be asked.
    pub async fn find_accounts(&self) -> Result<Option<String>> {
        let Some(assumed) = self.settings.accounts.clone() else { return Ok(None) };
        let signer = self.signer(&assumed);
        let config = self.load_profile(&signer).await?;
        let home = config.region().cloned();
        let mut sts = config.to_builder();
        if home.is_none() {
            sts.set_region(Some(Region::from_static(STS_REGION)));
        }
        if let Some(url) = &self.settings.endpoint_url {
            sts.set_endpoint_url(Some(url.clone()));
        }
        let sts = sts.build();
        let (accounts, note) = match &assumed.list {
            AccountList::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    let path = path.display();
                    Error::new(Kind::Usage, format!("cannot read the accounts in {path}: {error}"))
                        .with_hint("--accounts wants a file of account ids, one a line, or the word org")
                })?;
                let parsed = parse(&text);
                (parsed.map_err(|what| Error::new(Kind::Usage, format!("{}: {what}", path.display())))?, None)
            }
            AccountList::Organization => list(&sts, &signer).await?,
        };
        let accounts = named(accounts);
        if accounts.is_empty() {
            return Err(Error::new(Kind::Usage, "no account to ask: the list of accounts is empty"));
        }
        let signer = Mutex::new(Arc::new(signs(&config, &signer)?));
        let names = accounts.iter().map(|account| account.name.clone()).collect();
        let ids = accounts.into_iter().map(|account| (account.name, account.id)).collect();
        let accounts = Accounts { names, ids, assumed, config: sts, signer, home };
        // There is only one list in a session.
        let _ = self.assumed.set(accounts);
        Ok(note)
    }
}

/// The accounts of a file: `123456789012`, or `123456789012 name`.
fn parse(text: &str) -> Result<Vec<Account>, String> {
    let mut accounts = Vec::new();
    for line in names_in(text) {
        let (id, name) = line.split_once(|c: char| c.is_whitespace() || c == ',').unwrap_or((line, ""));
        let name = name.split(" #").next().unwrap_or_default().trim();
        if !is_account(id) {
            return Err(format!("{id:?} is no account: an id has twelve digits"));
        }
        let name = if name.is_empty() || name.starts_with('#') { id } else { name };
        accounts.push(Account { id: id.to_owned(), name: name.to_owned() });
    }
    Ok(accounts)
}

fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Each account once; two of one name go by their ids, for rows must say which is which.
fn named(mut accounts: Vec<Account>) -> Vec<Account> {
    let mut seen = HashSet::new();
    accounts.retain(|account| seen.insert(account.id.clone()));
    let mut counts: HashMap<String, usize> = HashMap::new();
    for account in &accounts {
        *counts.entry(account.name.clone()).or_default() += 1;
    }
    for account in &mut accounts {
        if counts.get(&account.name).is_some_and(|count| *count > 1) {
            account.name.clone_from(&account.id);
        }
    }
    accounts
}

/// The credentials of a configuration, as those of who signs.
fn signs(config: &SdkConfig, signer: &Profile) -> Result<Renewed> {
    let bug = || Error::bug("a configuration without credentials");
    let provider = config.credentials_provider().ok_or_else(bug)?;
    Ok(Renewed::new(provider, None, format!("profile {signer}"), String::new()))
}

/// The active accounts of the organization, and what is left out.
async fn list(config: &SdkConfig, signer: &Profile) -> Result<(Vec<Account>, Option<String>)> {
    let client = aws_sdk_organizations::Client::new(config);
    let (mut accounts, mut left_out) = (Vec::new(), Vec::new());
    let mut pages = client.list_accounts().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| {
            let code = error.code().map(|code| format!("{code}: ")).unwrap_or_default();
            let what = error.message().map_or_else(|| DisplayErrorContext(&error).to_string(), ToOwned::to_owned);
            Error::new(Kind::Api, format!("ListAccounts of AWS Organizations (profile {signer}) failed: {code}{what}"))
                .with_hint("only the management account and delegated administrators may ask; or name a file: --accounts FILE")
        })?;
        for account in page.accounts() {
            let id = account.id().unwrap_or_default().to_owned();
            let name = account.name().filter(|name| !name.trim().is_empty()).unwrap_or(&id).to_owned();
            // The status is what there was before there were states.
            let status = account.status().map(|status| status.as_str());
            match account.state().map(|state| state.as_str()).or(status) {
                None | Some("ACTIVE") => accounts.push(Account { id, name }),
                Some(state) => left_out.push(format!("{id} ({name}, {})", state.to_lowercase())),
            }
        }
    }
    let count = left_out.len();
    let note = (count > 0).then(|| {
        let first: Vec<String> = left_out.drain(..count.min(5)).collect();
        let more = if count > 5 { format!(" and {} more", count - 5) } else { String::new() };
        format!("accounts that are not active are not asked: {}{more}", first.join(", "))
    });
    Ok((accounts, note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lists_ids_and_names() {
        let text = "# ours\n111111111111\n222222222222 team b # text\n\n333333333333,team c\n444444444444  # no name\n";
        let accounts = parse(text).unwrap();
        let pairs: Vec<_> =
            accounts.iter().map(|account| (account.id.as_str(), account.name.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("111111111111", "111111111111"),
                ("222222222222", "team b"),
                ("333333333333", "team c"),
                ("444444444444", "444444444444"),
            ]
        );
        assert_eq!(parse("12345").unwrap_err(), "\"12345\" is no account: an id has twelve digits");
    }

    #[test]
    fn accounts_of_one_name_go_by_their_ids() {
        let account = |id: &str, name: &str| Account { id: id.into(), name: name.into() };
        let accounts = vec![account("1", "a"), account("2", "b"), account("3", "a"), account("2", "b")];
        let names: Vec<_> = named(accounts).into_iter().map(|account| account.name).collect();
        assert_eq!(names, ["1", "b", "3"]);
    }
}
