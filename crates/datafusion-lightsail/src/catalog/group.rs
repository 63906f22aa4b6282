//! The groups in which tables are listed.

/// Where a table is listed: what of Lightsail it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the name of each says it")]
pub enum Group {
    Servers,
    Storage,
    Network,
    Databases,
    Containers,
    Cdn,
    Accounts,
    Views,
    System,
}

impl Group {
    /// All groups, in the order in which they are listed.
    pub const ALL: [Self; 9] = [
        Self::Servers,
        Self::Storage,
        Self::Network,
        Self::Databases,
        Self::Containers,
        Self::Cdn,
        Self::Accounts,
        Self::Views,
        Self::System,
    ];

    /// Its heading.
    pub fn name(self) -> &'static str {
        match self {
            Self::Servers => "servers",
            Self::Storage => "storage",
            Self::Network => "network",
            Self::Databases => "databases",
            Self::Containers => "containers",
            Self::Cdn => "CDN",
            Self::Accounts => "accounts",
            Self::Views => "views",
            Self::System => "system",
        }
    }
}
