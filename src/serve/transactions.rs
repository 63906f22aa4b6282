//! Transactions, in which nothing is written: what they hold are their savepoints, and the settings that end with them.

use pgwire::error::PgWireResult;
use pgwire::messages::response::TransactionStatus;

use super::conversation::Conversation;
use super::errors::state;
use super::request::Transaction;

/// What a transaction has done that its end may undo.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Names, each with how many settings had been changed before.
    savepoints: Vec<(String, usize)>,
    changes: Vec<Change>,
}

/// A setting that was set in a transaction.
#[derive(Debug)]
struct Change {
    name: String,
    /// What it was.
    before: String,
    /// Whether it ends with the transaction in any case.
    is_local: bool,
}

impl Block {
    fn find(&self, name: &str) -> PgWireResult<usize> {
        let found = self.savepoints.iter().rposition(|(known, _)| known == name);
        found.ok_or_else(|| state("3B001", format!("savepoint \"{name}\" does not exist")))
    }

    /// Remembers what a setting was.
    fn note(&mut self, name: String, before: String, is_local: bool) {
        if !is_local {
            // What it is now outlives the transaction, whatever it was for a part of it.
            let same = self.changes.iter_mut().filter(|change| change.name == name);
            same.for_each(|change| change.is_local = false);
        }
        self.changes.push(Change { name, before, is_local });
    }
}

impl Conversation {
    /// Takes a step of a transaction.
    pub(super) async fn transaction(&mut self, step: &Transaction) -> PgWireResult<()> {
        let tag = match step {
            Transaction::Begin(tag) => {
                self.status = TransactionStatus::Transaction;
                tag
            }
            // That of a failed one is a rollback, and says so.
            Transaction::Commit if self.status != TransactionStatus::Error => {
                self.undo(0, |change| change.is_local).await?;
                "COMMIT"
            }
            Transaction::Commit | Transaction::Rollback => {
                self.undo(0, |_| true).await?;
                "ROLLBACK"
            }
            Transaction::Savepoint(name) => {
                self.check_block("SAVEPOINT")?;
                self.block.savepoints.push((name.clone(), self.block.changes.len()));
                "SAVEPOINT"
            }
            Transaction::Release(name) => {
                self.check_block("RELEASE SAVEPOINT")?;
                let at = self.block.find(name)?;
                self.block.savepoints.truncate(at);
                "RELEASE"
            }
            Transaction::RollbackTo(name) => {
                self.check_block("ROLLBACK TO SAVEPOINT")?;
                let at = self.block.find(name)?;
                self.undo(self.block.savepoints[at].1, |_| true).await?;
                self.block.savepoints.truncate(at + 1);
                self.status = TransactionStatus::Transaction;
                "ROLLBACK"
            }
        };
        if matches!(step, Transaction::Commit | Transaction::Rollback) {
            self.status = TransactionStatus::Idle;
            self.block = Block::default();
            self.portals.retain(|_, portal| portal.is_held);
        }
        self.done(tag).await
    }

    fn check_block(&self, what: &str) -> PgWireResult<()> {
        match self.status {
            TransactionStatus::Idle => {
                Err(state("25P01", format!("{what} can only be used in transaction blocks")))
            }
            _ => Ok(()),
        }
    }

    /// Sets the settings back that were changed since so many changes, the last one first.
    async fn undo(&mut self, since: usize, is_undone: impl Fn(&Change) -> bool) -> PgWireResult<()> {
        let mut undone = Ok(());
        for change in self.block.changes.split_off(since).iter().rev().filter(|change| is_undone(change)) {
            let set = self.set(&change.name, Some(&change.before)).await;
            undone = undone.and(set);
        }
        undone
    }

    /// Sets a setting, for the transaction alone if it `is_local`; in one, it is set back if that fails.
    pub(super) async fn change(
        &mut self,
        name: &str,
        value: Option<&str>,
        is_local: bool,
    ) -> PgWireResult<()> {
        if self.status == TransactionStatus::Idle {
            return match is_local {
                true => self.warn("SET LOCAL can only be used in transaction blocks").await,
                false => self.set(name, value).await,
            };
        }
        let name = name.to_ascii_lowercase();
        let before = self.shown(&name);
        self.set(&name, value).await?;
        self.block.note(name, before?, is_local);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_outlives_its_transaction_is_no_longer_local() {
        let mut block = Block::default();
        block.note("a".into(), "0".into(), true);
        block.note("b".into(), "0".into(), true);
        block.note("a".into(), "1".into(), false);
        let local: Vec<_> = block.changes.iter().map(|change| change.is_local).collect();
        assert_eq!(local, [false, true, false]);
    }
}
