//! What an instance is made from: blueprints and bundles after Lightsail's. They are to be believed in a demonstration,
//! not a price list: sizes are those of the Linux bundles in AWS's samples, carried on to the others, and prices are
//! about what Lightsail asks.

/// An operating system or application image.
#[derive(Debug)]
pub(super) struct Blueprint {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) username: &'static str,
    pub(super) platform: Platform,
}

/// What kind of bundle a blueprint runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Platform {
    /// Linux and its applications.
    Linux,
    /// Windows Server.
    Windows,
    /// Lightsail for Research.
    Research,
}

pub(super) const fn blueprint(id: &'static str, name: &'static str, username: &'static str) -> Blueprint {
    Blueprint { id, name, username, platform: Platform::Linux }
}

pub(super) static UBUNTU_24: Blueprint = blueprint("ubuntu_24_04", "Ubuntu", "ubuntu");
pub(super) static UBUNTU_22: Blueprint = blueprint("ubuntu_22_04", "Ubuntu", "ubuntu");
pub(super) static UBUNTU_20: Blueprint = blueprint("ubuntu_20_04", "Ubuntu", "ubuntu");
pub(super) static DEBIAN: Blueprint = blueprint("debian_12", "Debian", "admin");
pub(super) static AMAZON_LINUX: Blueprint = blueprint("amazon_linux_2023", "Amazon Linux 2023", "ec2-user");
pub(super) static ALMA: Blueprint = blueprint("almalinux_9", "AlmaLinux OS 9", "ec2-user");
pub(super) static WORDPRESS: Blueprint = blueprint("wordpress", "WordPress", "bitnami");
pub(super) static NGINX: Blueprint = blueprint("nginx", "Nginx", "bitnami");
pub(super) static LAMP: Blueprint = blueprint("lamp_8_bitnami", "LAMP (PHP 8)", "bitnami");
pub(super) static NODE: Blueprint = blueprint("nodejs", "Node.js", "bitnami");
pub(super) static GITLAB: Blueprint = blueprint("gitlab", "GitLab CE", "bitnami");
pub(super) static WINDOWS_22: Blueprint = Blueprint {
    platform: Platform::Windows,
    ..blueprint("windows_server_2022", "Windows Server 2022", "Administrator")
};
pub(super) static WINDOWS_19: Blueprint = Blueprint {
    platform: Platform::Windows,
    ..blueprint("windows_server_2019", "Windows Server 2019", "Administrator")
};
pub(super) static JUPYTER: Blueprint =
    Blueprint { platform: Platform::Research, ..blueprint("jupyter", "JupyterLab", "lightsail-user") };

/// A size: what it is called, what it holds and what it costs.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) cpus: u32,
    /// Memory in GB.
    pub(super) ram: f64,
    /// System disk in GB.
    pub(super) disk: u32,
    /// Transfer a month in GB.
    pub(super) transfer: u32,
    /// US dollars a month.
    pub(super) price: f64,
    /// Lightsail's own measure of size.
    pub(super) power: u32,
}

/// Names, powers, memory and so on of the sizes that nearly every family has.
const NANO: Bundle = size("Nano", 300, 2, 0.5, 20, 1024);
const MICRO: Bundle = size("Micro", 500, 2, 1.0, 40, 2048);
const SMALL: Bundle = size("Small", 1000, 2, 2.0, 60, 3072);
const MEDIUM: Bundle = size("Medium", 2000, 2, 4.0, 80, 4096);
const LARGE: Bundle = size("Large", 3000, 2, 8.0, 160, 5120);
const XLARGE: Bundle = size("Xlarge", 4000, 4, 16.0, 320, 6144);
const DOUBLE_XLARGE: Bundle = size("2Xlarge", 5000, 8, 32.0, 640, 7168);

const fn size(name: &'static str, power: u32, cpus: u32, ram: f64, disk: u32, transfer: u32) -> Bundle {
    Bundle { id: "", name, cpus, ram, disk, transfer, price: 0.0, power }
}

const fn bundle(id: &'static str, price: f64, size: Bundle) -> Bundle {
    Bundle { id, price, ..size }
}

pub(super) static LINUX: [Bundle; 7] = [
    bundle("nano_3_0", 5.0, NANO),
    bundle("micro_3_0", 7.0, MICRO),
    bundle("small_3_0", 12.0, SMALL),
    bundle("medium_3_0", 24.0, MEDIUM),
    bundle("large_3_0", 44.0, LARGE),
    bundle("xlarge_3_0", 84.0, XLARGE),
    bundle("2xlarge_3_0", 164.0, DOUBLE_XLARGE),
];

pub(super) static LINUX_IPV6: [Bundle; 4] = [
    bundle("nano_ipv6_3_0", 3.5, NANO),
    bundle("micro_ipv6_3_0", 5.0, MICRO),
    bundle("small_ipv6_3_0", 10.0, SMALL),
    bundle("medium_ipv6_3_0", 20.0, MEDIUM),
];

pub(super) static WINDOWS: [Bundle; 5] = [
    bundle("nano_win_3_0", 9.5, Bundle { disk: 30, ..NANO }),
    bundle("micro_win_3_0", 14.0, MICRO),
    bundle("small_win_3_0", 22.0, SMALL),
    bundle("medium_win_3_0", 44.0, MEDIUM),
    bundle("large_win_3_0", 74.0, LARGE),
];

pub(super) static RESEARCH: [Bundle; 2] = [
    bundle("app_standard_xl_1_0", 90.0, size("Standard XL", 2500, 4, 8.0, 50, 512)),
    bundle("gpu_nvidia_xl_1_0", 295.0, size("GPU XL", 4500, 4, 16.0, 50, 1024)),
];

/// The generation before: nothing new can be made of it.
pub(super) static RETIRED: [Bundle; 6] = [
    bundle("nano_2_0", 3.5, Bundle { cpus: 1, ..NANO }),
    bundle("micro_2_0", 5.0, Bundle { cpus: 1, ..MICRO }),
    bundle("small_2_0", 10.0, Bundle { cpus: 1, ..SMALL }),
    bundle("medium_2_0", 20.0, MEDIUM),
    bundle("large_2_0", 40.0, LARGE),
    bundle("2xlarge_2_0", 160.0, DOUBLE_XLARGE),
];

/// The bundles that a blueprint can be had in, the smallest first.
pub(super) fn bundles(platform: Platform, ipv6_only: bool) -> &'static [Bundle] {
    match platform {
        Platform::Linux if ipv6_only => &LINUX_IPV6,
        Platform::Linux => &LINUX,
        Platform::Windows => &WINDOWS,
        Platform::Research => &RESEARCH,
    }
}
