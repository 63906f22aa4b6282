//! What values mean to a person: which states are good, and which columns are money.

/// What a value says of the thing that it is a state of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It works, or is used.
    Good,
    /// It is under way, or does not work on purpose.
    Warn,
    /// It has failed, or is a risk.
    Bad,
}

/// The columns that tell a state are those with one of these names, alone or behind `_`.
const STATES: &[&str] = &["state", "status", "health"];

/// The columns whose every value is a risk.
const FINDINGS: &[&str] = &["finding", "findings"];

/// What the states of Lightsail say, in lower case and without `-` and `_`. One that is not listed says neither: that a port
/// is open is good or bad only in the light of which port it is.
const TONES: &[(Tone, &[&str])] = &[
    (
        Tone::Good,
        &[
            "active",
            "applied",
            "attached",
            "available",
            "completed",
            "deployed",
            "enabled",
            "healthy",
            "insync",
            "inuse",
            "issued",
            "mounted",
            "ok",
            "passed",
            "ready",
            "running",
            "success",
            "succeeded",
            "valid",
        ],
    ),
    (
        Tone::Warn,
        &[
            "activating",
            "backingup",
            "creating",
            "defaulted",
            "deploying",
            "detached",
            "disabled",
            "draining",
            "inactive",
            "initial",
            "initializing",
            "inprogress",
            "insufficientdata",
            "maintenance",
            "modifying",
            "neversynced",
            "notmounted",
            "notstarted",
            "pending",
            "pendingautorenewal",
            "pendingvalidation",
            "pendingverification",
            "provisioning",
            "rebooting",
            "shuttingdown",
            "started",
            "starting",
            "stopped",
            "stopping",
            "unknown",
            "unused",
            "updating",
            "upgrading",
        ],
    ),
    (
        Tone::Bad,
        &[
            "activeimpaired",
            "alarm",
            "deleting",
            "error",
            "expired",
            "failed",
            "impaired",
            "incompatiblenetwork",
            "invalid",
            "revoked",
            "storagefull",
            "suspended",
            "terminated",
            "unavailable",
            "unhealthy",
            "validationtimedout",
        ],
    ),
];

/// The columns of amounts of money are those with this name, alone or behind `_`, and have this sign: Lightsail's prices
/// are US dollars.
const MONEY: (&str, &str) = ("price", "$");

/// What a value of a column says; `None` if the column tells no state, or the value is not known.
///
/// ```
/// use datafusion_lightsail::catalog::meaning::{Tone, tone};
/// assert_eq!(tone("state", "running"), Some(Tone::Good));
/// assert_eq!(tone("name", "running"), None);
/// ```
pub fn tone(column: &str, value: &str) -> Option<Tone> {
    let last = column.rsplit('_').next().unwrap_or(column);
    if FINDINGS.contains(&last) {
        return (!value.is_empty()).then_some(Tone::Bad);
    }
    if !STATES.contains(&last) {
        return None;
    }
    let value: String =
        value.chars().filter(|c| !matches!(c, '-' | '_')).collect::<String>().to_ascii_lowercase();
    TONES.iter().find(|(_, values)| values.contains(&value.as_str())).map(|(tone, _)| *tone)
}

/// Whether a column of this name tells the state of what its row is, and not that of a part of it.
pub fn tells_state(column: &str) -> bool {
    STATES.contains(&column) || FINDINGS.contains(&column)
}

/// The sign of the currency of a column's amounts; `None` if it has no amounts of money.
pub fn currency(column: &str) -> Option<&'static str> {
    let (name, sign) = MONEY;
    (column.rsplit('_').next() == Some(name)).then_some(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_tone() {
        let mut values: Vec<&str> = TONES.iter().flat_map(|(_, values)| values.iter().copied()).collect();
        let count = values.len();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), count);
        assert!(values.iter().all(|value| value.chars().all(|c| c.is_ascii_lowercase())));
        assert_eq!(tone("state", "active_impaired"), Some(Tone::Bad));
        assert_eq!(tone("system_status", "Impaired"), Some(Tone::Bad));
        assert_eq!(tone("findings", "SSH 22 is open"), Some(Tone::Bad));
        assert_eq!(tone("state", "who knows"), None);
    }
}
