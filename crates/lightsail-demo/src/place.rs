//! Where a request is answered: one account in one region of a fleet of some size.

use super::random::{Random, hash};
use super::regions::{REGIONS, Region};

/// The seed of every fleet. Another one gives another fleet, and tests pin this one's checksum.
pub(super) const SEED: u64 = 0x5eed_0000_0000_0003;

/// How large the fleet is, where and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// How many of [`REGIONS`] there are.
    pub(super) regions: usize,
    /// Instances over all regions; `None` for the standard fleet.
    pub(super) instances: Option<u64>,
    /// Items on a page of a listing.
    pub(super) page: u64,
    /// The start of the day that it is there, in ms since 1970. All ages and ends are counted from it.
    pub(super) today: u64,
}

impl Extent {
    /// The regions there are.
    pub(super) fn regions(self) -> &'static [Region] {
        &REGIONS[..self.regions.clamp(1, REGIONS.len())]
    }

    /// The region of this name and its number.
    pub(super) fn region(self, name: &str) -> Option<(usize, &'static Region)> {
        self.regions().iter().enumerate().find(|(_, region)| region.name == name)
    }

    /// How many instances region number `region` has.
    pub(super) fn size(self, region: usize) -> u64 {
        let (all, number) = (self.regions(), region as u64);
        match self.instances {
            None => all[region].standard,
            Some(total) => total / all.len() as u64 + u64::from(number < total % all.len() as u64),
        }
    }
}

/// An account in a region. Every resource there is a pure function of this and a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) extent: Extent,
    /// The twelve digits.
    pub(super) account: &'a str,
    /// The region's number in [`Extent::regions`].
    pub(super) number: usize,
}

impl Place<'_> {
    pub(super) fn region(&self) -> &'static Region {
        &self.extent.regions()[self.number]
    }

    /// The start of the day that it is, in ms since 1970.
    pub(super) fn today(&self) -> u64 {
        self.extent.today
    }

    /// How many instances there are here: the measure of all other resources.
    pub(super) fn size(&self) -> u64 {
        self.extent.size(self.number)
    }

    /// us-east-1 of the same account, where domains and distributions live.
    pub(super) fn home(&self) -> Self {
        self.in_region(0)
    }

    /// The same account in another region.
    pub(super) fn in_region(&self, number: usize) -> Self {
        Self { number, ..*self }
    }

    /// True in us-east-1.
    pub(super) fn is_home(&self) -> bool {
        self.number == 0
    }

    /// The chance that belongs to thing number `index` of this kind.
    pub(super) fn random(&self, kind: &str, index: u64) -> Random {
        Random::of(&[SEED, hash(kind), hash(self.account), hash(self.region().name), index])
    }
}

/// The one of `count` things that has this name. All of a fleet's names end with their number, from 1.
pub(super) fn named<T>(
    name: &str,
    count: u64,
    make: impl FnOnce(u64) -> T,
    name_of: impl FnOnce(&T) -> &str,
) -> Option<(u64, T)> {
    let index = index_of(name).filter(|index| *index < count)?;
    let one = make(index);
    (name_of(&one) == name).then_some((index, one))
}

/// The number that is in a name, if it is a name of this fleet's making.
pub(super) fn index_of(name: &str) -> Option<u64> {
    let (_, number) = name.rsplit_once('-')?;
    number.parse::<u64>().ok()?.checked_sub(1)
}
