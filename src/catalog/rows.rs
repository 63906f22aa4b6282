//! Rows flattened out of an operation's items.

/// The rows of a table, whichever operation they come from.
pub trait Rows: 'static {
    /// What a getter sees: references into the page.
    type Row<'a>;

    /// The arn that says whose account it is: the row's own or its parent's.
    fn arn<'r>(row: &'r Self::Row<'_>) -> Option<&'r str>;
    /// The region that the row says it is in.
    fn region<'r>(row: &'r Self::Row<'_>) -> Option<&'r str>;
}

/// How the items that an operation lists become rows: one each, or one for each element of a list inside.
pub trait FromItem<T: Send + Sync + 'static>: Rows {
    /// The rows of one item.
    fn rows(item: &T) -> impl Iterator<Item = Self::Row<'_>>;
}
