//! Columns that most resources have.

use aws_sdk_lightsail::primitives::DateTime;
use aws_sdk_lightsail::types::Tag;

use crate::catalog::column::{Column, tags, text, time};
use crate::catalog::rows::Rows;

type Text<R> = for<'r, 'a> fn(&'r <R as Rows>::Row<'a>) -> Option<&'r str>;

pub(super) const fn arn<R: Rows>(get: Text<R>) -> Column<R> {
    text("arn", "The Amazon Resource Name, unique everywhere.", get)
}

pub(super) const fn support_code<R: Rows>(get: Text<R>) -> Column<R> {
    text("support_code", "The code to quote to AWS support about it.", get)
}

pub(super) const fn created_at<R: Rows>(
    get: for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r DateTime>,
) -> Column<R> {
    time("created_at", "When it was created.", get)
}

pub(super) const fn zone<R: Rows>(get: Text<R>) -> Column<R> {
    text("availability_zone", "The zone of the region that it is in; all, if it is in none of its own.", get)
}

pub(super) const fn tag_map<R: Rows>(get: for<'r, 'a> fn(&'r R::Row<'a>) -> Option<&'r [Tag]>) -> Column<R> {
    tags("tags", "The tags by key; a tag without a value is NULL.", get)
}
