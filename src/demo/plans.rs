//! What an instance is made from: blueprints and bundles after Lightsail's. They are to be believed in a demonstration,
//! not a price list: sizes are those of the Linux bundles in AWS's samples, carried on to the others.

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

const fn blueprint(id: &'static str, name: &'static str, username: &'static str) -> Blueprint {
    Blueprint { id, name, username, platform: Platform::Linux }
}

pub(super) static UBUNTU_24: Blueprint = blueprint("ubuntu_24_04", "Ubuntu", "ubuntu");
pub(super) static UBUNTU_22: Blueprint = blueprint("ubuntu_22_04", "Ubuntu", "ubuntu");
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

/// A size: what it is called and what it holds.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) id: &'static str,
    pub(super) cpus: u32,
    /// Memory in GB.
    pub(super) ram: f64,
    /// System disk in GB.
    pub(super) disk: u32,
    /// Transfer a month in GB.
    pub(super) transfer: u32,
}

const fn bundle(id: &'static str, cpus: u32, ram: f64, disk: u32, transfer: u32) -> Bundle {
    Bundle { id, cpus, ram, disk, transfer }
}

static LINUX: [Bundle; 7] = [
    bundle("nano_3_0", 2, 0.5, 20, 1024),
    bundle("micro_3_0", 2, 1.0, 40, 2048),
    bundle("small_3_0", 2, 2.0, 60, 3072),
    bundle("medium_3_0", 2, 4.0, 80, 4096),
    bundle("large_3_0", 2, 8.0, 160, 5120),
    bundle("xlarge_3_0", 4, 16.0, 320, 6144),
    bundle("2xlarge_3_0", 8, 32.0, 640, 7168),
];

static LINUX_IPV6: [Bundle; 4] = [
    bundle("nano_ipv6_3_0", 2, 0.5, 20, 1024),
    bundle("micro_ipv6_3_0", 2, 1.0, 40, 2048),
    bundle("small_ipv6_3_0", 2, 2.0, 60, 3072),
    bundle("medium_ipv6_3_0", 2, 4.0, 80, 4096),
];

static WINDOWS: [Bundle; 5] = [
    bundle("nano_win_3_0", 2, 0.5, 30, 1024),
    bundle("micro_win_3_0", 2, 1.0, 40, 2048),
    bundle("small_win_3_0", 2, 2.0, 60, 3072),
    bundle("medium_win_3_0", 2, 4.0, 80, 4096),
    bundle("large_win_3_0", 2, 8.0, 160, 5120),
];

static RESEARCH: [Bundle; 2] =
    [bundle("app_standard_xl_1_0", 4, 8.0, 50, 512), bundle("gpu_nvidia_xl_1_0", 4, 16.0, 50, 1024)];

/// The bundles that a blueprint can be had in, the smallest first.
pub(super) fn bundles(platform: Platform, ipv6_only: bool) -> &'static [Bundle] {
    match platform {
        Platform::Linux if ipv6_only => &LINUX_IPV6,
        Platform::Linux => &LINUX,
        Platform::Windows => &WINDOWS,
        Platform::Research => &RESEARCH,
    }
}
