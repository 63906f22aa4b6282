//! Rows flattened out of an operation's items.

/// How an operation's items become the rows of a table: one each, or one for each element of a list inside.
pub trait Rows: 'static {
    /// What the operation lists.
    type Item: Send + Sync + 'static;
    /// What a getter sees: references into the page.
    type Row<'a>;

    /// The rows of one item.
    fn rows(item: &Self::Item) -> impl Iterator<Item = Self::Row<'_>>;
    /// The arn that says whose account it is: the row's own or its parent's.
    fn arn<'r>(row: &'r Self::Row<'_>) -> Option<&'r str>;
    /// The region that the row says it is in.
    fn region<'r>(row: &'r Self::Row<'_>) -> Option<&'r str>;
}
