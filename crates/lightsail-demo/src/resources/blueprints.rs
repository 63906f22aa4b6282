//! Blueprints of instances and of databases.

use crate::call::Operation;
use crate::input::{flag, one_of, text};
use crate::json::Json;
use crate::page;
use crate::plans::{
    ALMA, AMAZON_LINUX, Blueprint, DEBIAN, GITLAB, JUPYTER, LAMP, NGINX, NODE, Platform, UBUNTU_20,
    UBUNTU_22, UBUNTU_24, WINDOWS_19, WINDOWS_22, WORDPRESS, blueprint,
};
use crate::rates::ENGINES;

use super::bundles::APP_CATEGORIES;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "GetBlueprints",
        members: &[flag("includeInactive"), text("pageToken"), one_of("appCategory", APP_CATEGORIES)],
        answer: |call| {
            let (inactive, research) = (call.flag("includeInactive"), call.text("appCategory").is_some());
            let wanted = move |(_, image): &(u64, &'static Image)| {
                image.is_for_research() == research && (image.active || inactive)
            };
            let all = |start| (0..).zip(&IMAGES).skip(start as usize).filter(wanted);
            page::list(call, "blueprints", all, |json, image| image.write(json))
        },
    },
    Operation {
        name: "GetRelationalDatabaseBlueprints",
        members: &[text("pageToken")],
        answer: |call| {
            let all = |start| (0..).zip(&ENGINES).skip(start as usize);
            page::list(call, "blueprints", all, |json, engine| {
                let name = if engine.engine == "mysql" { "MySQL" } else { "PostgreSQL" };
                json.text("blueprintId", engine.id);
                json.text("engine", engine.engine);
                json.text("engineVersion", engine.version);
                json.text("engineDescription", name);
                json.text("engineVersionDescription", &format!("{name} {}", engine.version));
                json.plain("isEngineDefault", engine.default);
            })
        },
    },
];

/// A blueprint as it is offered.
struct Image {
    blueprint: &'static Blueprint,
    group: &'static str,
    version: &'static str,
    /// What it is good for; some have nothing to say.
    description: Option<&'static str>,
    /// The least power of a bundle that it runs on.
    least_power: u32,
    /// An application, not a mere operating system.
    app: bool,
    active: bool,
}

const fn os(blueprint: &'static Blueprint, group: &'static str, version: &'static str) -> Image {
    Image { blueprint, group, version, description: None, least_power: 0, app: false, active: true }
}

const fn app(
    blueprint: &'static Blueprint,
    group: &'static str,
    version: &'static str,
    description: &'static str,
) -> Image {
    Image { description: Some(description), app: true, ..os(blueprint, group, version) }
}

/// Some that nothing in the fleet was made from.
static DEBIAN_11: Blueprint = blueprint("debian_11", "Debian", "admin");
static AMAZON_LINUX_2: Blueprint = blueprint("amazon_linux_2", "Amazon Linux 2", "ec2-user");
static CENTOS: Blueprint = blueprint("centos_stream_9", "CentOS Stream 9", "ec2-user");
static SUSE: Blueprint = blueprint("opensuse_15", "openSUSE", "ec2-user");
static FREEBSD: Blueprint = blueprint("freebsd_13", "FreeBSD", "ec2-user");
static MULTISITE: Blueprint = blueprint("wordpress_multisite", "WordPress Multisite", "bitnami");
static JOOMLA: Blueprint = blueprint("joomla", "Joomla!", "bitnami");
static DRUPAL: Blueprint = blueprint("drupal", "Drupal", "bitnami");
static GHOST: Blueprint = blueprint("ghost_bitnami", "Ghost", "bitnami");
static REDMINE: Blueprint = blueprint("redmine", "Redmine", "bitnami");
static DJANGO: Blueprint = blueprint("django", "Django", "bitnami");
static RSTUDIO: Blueprint =
    Blueprint { platform: Platform::Research, ..blueprint("rstudio", "RStudio", "lightsail-user") };

static IMAGES: [Image; 26] = [
    os(&UBUNTU_24, "ubuntu_24", "24.04 LTS"),
    os(&UBUNTU_22, "ubuntu_22", "22.04 LTS"),
    Image { active: false, ..os(&UBUNTU_20, "ubuntu_20", "20.04 LTS") },
    os(&DEBIAN, "debian_12", "12.8"),
    Image { active: false, ..os(&DEBIAN_11, "debian_11", "11.4") },
    os(&AMAZON_LINUX, "amazon_linux_2023", "2023.6"),
    os(&AMAZON_LINUX_2, "amazon_linux_2", "2.0"),
    os(&ALMA, "almalinux_9", "9.4"),
    os(&CENTOS, "centos_stream_9", "Stream 9"),
    os(&SUSE, "opensuse_15", "15.6"),
    Image { active: false, ..os(&FREEBSD, "freebsd_13", "13.2") },
    Image { least_power: 500, ..os(&WINDOWS_22, "windows_server_2022", "2024.12.11") },
    Image { least_power: 500, ..os(&WINDOWS_19, "windows_server_2019", "2024.12.11") },
    app(&WORDPRESS, "wordpress", "6.7.1", "The most popular way to make a web site."),
    app(&MULTISITE, "wordpress_multisite", "6.7.1", "Many WordPress sites on one instance."),
    app(&NGINX, "nginx", "1.27.3", "Nginx, PHP and MariaDB."),
    app(&LAMP, "lamp_8", "8.3.14", "Linux, Apache, MariaDB and PHP 8."),
    app(&NODE, "node", "22.12.0", "A runtime for JavaScript on the server."),
    Image {
        least_power: 1000,
        ..app(&GITLAB, "gitlab", "17.6.1", "Source code, reviews and builds in one place.")
    },
    app(&JOOMLA, "joomla", "5.2.2", "A content management system."),
    app(&DRUPAL, "drupal", "11.0.9", "A content management system."),
    app(&GHOST, "ghost", "5.105.0", "A blogging platform."),
    app(&REDMINE, "redmine", "6.0.1", "Issues and projects."),
    app(&DJANGO, "django", "5.1.4", "A web framework for Python."),
    Image { least_power: 2500, ..app(&JUPYTER, "jupyter", "4.3", "Notebooks for research.") },
    Image { least_power: 2500, ..app(&RSTUDIO, "rstudio", "2024.09", "R for research.") },
];

impl Image {
    fn is_for_research(&self) -> bool {
        self.blueprint.platform == Platform::Research
    }

    fn write(&self, json: &mut Json) {
        let id = self.blueprint.id;
        json.text("blueprintId", id);
        json.text("name", self.blueprint.name);
        json.text("group", self.group);
        json.text("type", if self.app { "app" } else { "os" });
        json.some_text("description", self.description);
        json.plain("isActive", self.active);
        json.plain("minPower", self.least_power);
        json.text("version", self.version);
        json.text("versionCode", "1");
        json.text("productUrl", &format!("https://aws.amazon.com/marketplace/pp/{id}"));
        json.some_text(
            "licenseUrl",
            self.app.then(|| format!("https://aws.amazon.com/marketplace/pp/{id}/license")).as_deref(),
        );
        let windows = self.blueprint.platform == Platform::Windows;
        json.text("platform", if windows { "WINDOWS" } else { "LINUX_UNIX" });
        json.some_text("appCategory", self.is_for_research().then_some("LfR"));
    }
}
