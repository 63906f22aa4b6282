//! `blueprints`.

use aws_sdk_lightsail::types::{AppCategory, Blueprint};

use crate::catalog::asks::each_category;
use crate::catalog::column::{flag, int, text};
use crate::catalog::operation::{Items, Operation, Parameters, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetBlueprints: those of Lightsail for Research are listed only if they are asked for, so that all there is takes two
/// requests. Asked in each region, for what is offered differs among them.
pub static GET_BLUEPRINTS: Operation = Operation {
    asks: |known| each_category(known, Some("app_category")),
    ..Operation::new(
        "GetBlueprints",
        call!(|request| get_blueprints
            .set_include_inactive(request.parameters.flag("includeInactive"))
            .set_app_category(request.name("appCategory"))
            .set_page_token(request.token)
            => |output| output.blueprints.map(|items| of_one_listing(&request.parameters, items, is_for_research)),
            output.next_page_token),
    )
};

/// What the listing that was asked for has and the other one has not: should the one without a category tell of
/// research, too, then the other one has it as well.
pub(super) fn of_one_listing<T: Send + Sync + 'static>(
    asked: &Parameters,
    mut items: Vec<T>,
    is_for_research: fn(&T) -> bool,
) -> Items {
    items.retain(|item| asked.text("appCategory").is_some() || !is_for_research(item));
    Items::new(items)
}

fn is_for_research(item: &Blueprint) -> bool {
    item.app_category() == Some(&AppCategory::LfR)
}

resource!(Blueprint);

/// `blueprints`.
pub static BLUEPRINTS: TableSpec<Plain<Blueprint>> = TableSpec {
    name: "blueprints",
    group: Group::Servers,
    description: "Images that instances can be made from, one row for each in each region.",
    feeds: &[Feed::of::<Blueprint>(&GET_BLUEPRINTS)],
    key: None,
    examples: &[
        "SELECT DISTINCT platform, blueprint_id, name, version FROM blueprints WHERE type = 'os' \
         ORDER BY platform, blueprint_id",
        "SELECT DISTINCT blueprint_id, name, version FROM blueprints WHERE NOT is_active ORDER BY blueprint_id",
    ],
    columns: &[
        text("blueprint_id", "The id of the image, to join with instances.blueprint_id.", |b| {
            b.blueprint_id()
        }),
        text("name", "The name of the image for people.", |b| b.name()),
        text("group", "The family of images that it belongs to, such as ubuntu.", |b| b.group()),
        text("type", "What it is: os, an operating system, or app, with software on it.", |b| {
            Some(b.r#type()?.as_str())
        }),
        text("description", "What is on it.", |b| b.description()),
        flag(
            "is_active",
            "Whether new instances can be made from it; a predicate on it is asked of the API.",
            |b| b.is_active(),
        ),
        int("min_power", "The least power that a bundle must have to run it.", |b| b.min_power()),
        text("version", "The version of the software.", |b| b.version()),
        text("version_code", "The version of the image.", |b| b.version_code()),
        text("product_url", "Where to read more about it.", |b| b.product_url()),
        text("license_url", "Where its license is.", |b| b.license_url()),
        text("platform", "LINUX_UNIX or WINDOWS.", |b| Some(b.platform()?.as_str())),
        text(
            "app_category",
            "LfR for those of Lightsail for Research; a predicate on it is asked of the API.",
            |b| Some(b.app_category()?.as_str()),
        ),
    ],
};
