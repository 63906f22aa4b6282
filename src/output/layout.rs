//! Which columns of a table are shown, and how wide, so that it fits into a terminal.
//!
//! What gives way, in this order: prose is wrapped between its words; a column that is the same in all rows moves to a line
//! above the table; the columns in the middle go; long words are cut. What does not fit even so is better read as records.

/// Prose is not wrapped to less than this while words are whole.
const PROSE: usize = 16;

/// Words are cut to this first, and then to what is just readable.
const CUTS: [usize; 2] = [24, 8];

/// A value that is longer stays in its column, even if it is the same in all rows.
const LONGEST_CONSTANT: usize = 40;

/// So many of the first columns stay, and so many of the last.
const KEPT: (usize, usize) = (2, 1);

/// What the cells of a column, and its name, ask for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Measure {
    /// The width of the widest.
    pub(super) widest: usize,
    /// The width of the longest word; of a number that is all of it.
    pub(super) word: usize,
    /// Whether a part of it would be another value.
    pub(super) is_number: bool,
    /// The width of the value that all rows so far have, where it is one.
    pub(super) constant: Option<usize>,
}

/// The widths that a table takes beside its columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// What stands at both ends of a line together.
    pub(super) ends: usize,
    /// What stands between two columns.
    pub(super) between: usize,
}

/// What is shown of a table.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The places of the columns that are shown, in order, and their widths.
    pub(super) columns: Vec<(usize, usize)>,
    /// How many of these stand before the columns that are left out.
    pub(super) before_gap: usize,
    /// The places of the columns that are left out.
    pub(super) hidden: Vec<usize>,
    /// The places of the columns that stand above the table.
    pub(super) above: Vec<usize>,
}

/// What a column must have at least.
type Least<'a> = &'a dyn Fn(&Measure) -> usize;

/// How the columns fit into the room; as wide as they like if there is no end to it. `None` if records read better.
///
/// `may_hide` says whether columns may be left out, and `name_width` how wide a column's name is.
pub(super) fn fit(
    measures: &[Measure],
    frame: Frame,
    room: Option<usize>,
    may_hide: bool,
    name_width: impl Fn(usize) -> usize,
) -> Option<Layout> {
    let all: Vec<usize> = (0..measures.len()).collect();
    let Some(room) = room else {
        let columns = all.iter().map(|&index| (index, measures[index].widest)).collect();
        return Some(Layout { columns, ..Layout::default() });
    };
    let laid = |shown: &[usize], gap: bool, least: &dyn Fn(&Measure) -> usize| {
        let marks = usize::from(gap);
        let frames = frame.ends + frame.between * (shown.len() + marks).saturating_sub(1) + marks;
        widths(shown.iter().map(|&index| &measures[index]), room.checked_sub(frames)?, least)
    };
    let whole = |measure: &Measure| measure.word.max(measure.widest.min(PROSE));
    if let Some(widths) = laid(&all, false, &whole) {
        return Some(Layout { columns: all.into_iter().zip(widths).collect(), ..Layout::default() });
    }
    let above = above(measures, room, name_width);
    let shown: Vec<usize> = all.into_iter().filter(|index| !above.contains(index)).collect();
    let cut = |measure: &Measure, to: usize| match measure.is_number {
        true => measure.widest,
        false => measure.word.max(measure.widest.min(PROSE)).min(to),
    };
    // Words are not cut to the utmost for the sake of a few of the columns.
    let steps: [(Least<'_>, bool); 3] = [
        (&whole, may_hide),
        (&|measure| cut(measure, CUTS[0]), may_hide),
        (&|measure| cut(measure, CUTS[1]), false),
    ];
    for (least, may_hide) in steps {
        for count in (1..=shown.len()).rev() {
            let is_cut_down = count < shown.len();
            if is_cut_down && (count < KEPT.0 + KEPT.1 || !may_hide) {
                break;
            }
            for before_gap in gaps(shown.len(), count) {
                let (first, rest) = shown.split_at(before_gap);
                let (hidden, last) = rest.split_at(shown.len() - count);
                let kept: Vec<usize> = first.iter().chain(last).copied().collect();
                if let Some(widths) = laid(&kept, is_cut_down, least) {
                    let columns = kept.into_iter().zip(widths).collect();
                    return Some(Layout { columns, before_gap, hidden: hidden.to_vec(), above });
                }
            }
        }
    }
    None
}

/// How many of `count` columns that stay can stand before those that go, in the middle first.
fn gaps(all: usize, count: usize) -> Vec<usize> {
    if count == all {
        return vec![count];
    }
    let mut gaps: Vec<usize> = (KEPT.0..=count - KEPT.1).collect();
    gaps.sort_by_key(|gap| gap.abs_diff(count.div_ceil(2)));
    gaps
}

/// The columns that stand above: those of one short value, as many as two lines take, and not all.
fn above(measures: &[Measure], room: usize, name_width: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut left = 2 * room;
    let mut above = Vec::new();
    for (index, measure) in measures.iter().enumerate() {
        let Some(value) = measure.constant.filter(|value| *value <= LONGEST_CONSTANT) else { continue };
        let needed = name_width(index) + " = ".len() + value + ", ".len();
        let Some(rest) = left.checked_sub(needed) else { continue };
        left = rest;
        above.push(index);
    }
    if above.len() == measures.len() {
        above.remove(0);
    }
    above
}

/// Widths for these columns in this room: the widest give way first, none below its least.
fn widths<'a>(
    measures: impl Iterator<Item = &'a Measure>,
    room: usize,
    least: &dyn Fn(&Measure) -> usize,
) -> Option<Vec<usize>> {
    let wanted: Vec<(usize, usize)> = measures.map(|measure| (least(measure), measure.widest)).collect();
    let capped = |cap: usize| wanted.iter().map(move |&(least, wanted)| wanted.min(cap).max(least));
    let cap = (0..=room).rev().find(|&cap| capped(cap).sum::<usize>() <= room)?;
    Some(capped(cap).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { ends: 4, between: 3 };

    fn word(width: usize) -> Measure {
        Measure { widest: width, word: width, ..Measure::default() }
    }

    fn prose(widest: usize) -> Measure {
        Measure { widest, word: 9, ..Measure::default() }
    }

    fn constant(width: usize) -> Measure {
        Measure { constant: Some(width), ..word(width) }
    }

    fn fitted(measures: &[Measure], room: usize) -> Option<Layout> {
        fit(measures, FRAME, Some(room), true, |_| 6)
    }

    #[test]
    fn what_fits_is_as_wide_as_it_likes() {
        let layout = fitted(&[word(10), constant(20), prose(30)], 80).unwrap();
        assert_eq!(layout.columns, [(0, 10), (1, 20), (2, 30)]);
        assert!(layout.hidden.is_empty() && layout.above.is_empty());
    }

    #[test]
    fn prose_gives_way_first() {
        let layout = fitted(&[word(30), prose(200), word(10), constant(8)], 80).unwrap();
        assert_eq!(layout.columns, [(0, 30), (1, 19), (2, 10), (3, 8)]);
    }

    #[test]
    fn then_columns_of_one_value_move_above() {
        let layout = fitted(&[constant(10), word(30), constant(12), word(32)], 80).unwrap();
        assert_eq!((layout.above, layout.columns), (vec![0, 2], vec![(1, 30), (3, 32)]));
    }

    #[test]
    fn then_columns_in_the_middle_go() {
        let layout = fitted(&vec![word(12); 9], 80).unwrap();
        assert_eq!(layout.columns.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1, 2, 7, 8]);
        assert_eq!((layout.before_gap, layout.hidden), (3, vec![3, 4, 5, 6]));
    }

    #[test]
    fn then_long_words_are_cut_and_at_last_there_are_records() {
        let layout = fitted(&[word(12), word(90), word(10)], 80).unwrap();
        assert_eq!(layout.columns, [(0, 12), (1, 48), (2, 10)]);
        assert_eq!(fitted(&vec![word(30); 9], 24), None);
        let all = fit(&vec![word(12); 9], FRAME, Some(80), false, |_| 6);
        assert_eq!(all, None, "nothing may be hidden");
        assert!(fit(&vec![word(90); 9], FRAME, None, true, |_| 6).unwrap().hidden.is_empty());
    }
}
