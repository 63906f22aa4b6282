//! Rows flattened out of an operation's items.

use std::marker::PhantomData;

use super::operation::{Asked, Items, Parameters};

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

/// What an item says of itself, as far as it says anything.
pub trait Resource: Send + Sync + 'static {
    /// The name that requests know it by.
    fn name(&self) -> Option<&str> {
        None
    }

    /// Its Amazon Resource Name.
    fn arn(&self) -> Option<&str> {
        None
    }

    /// The region that it is in.
    fn region(&self) -> Option<&str> {
        None
    }
}

impl<T: Resource> Resource for Asked<T> {
    fn name(&self) -> Option<&str> {
        self.item.name()
    }

    fn arn(&self) -> Option<&str> {
        self.item.arn()
    }

    fn region(&self) -> Option<&str> {
        self.item.region()
    }
}

/// The request parameters that name each item of a page.
pub fn named<T: Resource>(items: &Items, member: &'static str) -> Vec<Parameters> {
    let names = items.of::<T>().unwrap_or_default().iter().filter_map(T::name);
    names.map(|name| Parameters::default().with_text(member, name)).collect()
}

/// One row for each item.
#[derive(Debug)]
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T: Resource> Rows for Plain<T> {
    type Row<'a> = &'a T;

    fn arn<'r>(row: &'r &T) -> Option<&'r str> {
        row.arn()
    }

    fn region<'r>(row: &'r &T) -> Option<&'r str> {
        row.region()
    }
}

impl<T: Resource> FromItem<T> for Plain<T> {
    fn rows(item: &T) -> impl Iterator<Item = &T> {
        std::iter::once(item)
    }
}

/// Which members of an SDK type say what a [`Resource`] says of itself: `resource!(Disk: name, arn, location)`.
macro_rules! resource {
    ($($type:ty $(: $($member:ident),+)?);+ $(;)?) => {$(
        impl $crate::catalog::rows::Resource for $type {
            $($($crate::catalog::rows::resource!(@$member);)+)?
        }
    )+};
    (@name) => {
        fn name(&self) -> Option<&str> {
            self.name()
        }
    };
    (@arn) => {
        fn arn(&self) -> Option<&str> {
            self.arn()
        }
    };
    (@location) => {
        fn region(&self) -> Option<&str> {
            Some(self.location()?.region_name()?.as_str())
        }
    };
}
pub(super) use resource;

/// Rows for the elements of a list inside of an item: its account and region are the item's.
///
/// `each!(/// One row for each port range. pub PortRows: Instance => &'a InstancePortInfo, |instance| …)`; with
/// `at |port| …` the element's own region comes first.
macro_rules! each {
    (
        $(#[$doc:meta])*
        $visibility:vis $name:ident: $parent:ty => $element:ty, |$item:ident| $elements:expr
        $(, at |$row:pat_param| $region:expr)?
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        $visibility struct $name;

        impl $crate::catalog::rows::Rows for $name {
            type Row<'a> = (&'a $parent, $element);

            fn arn<'r>((parent, _): &'r Self::Row<'_>) -> Option<&'r str> {
                $crate::catalog::rows::Resource::arn(*parent)
            }

            fn region<'r>(row: &'r Self::Row<'_>) -> Option<&'r str> {
                $(let $row = &row.1;
                if let Some(region) = $region {
                    return Some(region);
                })?
                $crate::catalog::rows::Resource::region(row.0)
            }
        }

        impl $crate::catalog::rows::FromItem<$parent> for $name {
            fn rows($item: &$parent) -> impl Iterator<Item = Self::Row<'_>> {
                ($elements).into_iter().map(move |element| ($item, element))
            }
        }
    };
}
pub(super) use each;
