//! Which columns of a table are shown, and how wide, so that it fits into a terminal.
//!
//! What gives way, in this order: prose is wrapped between its words; a column that is the same in all rows moves to a line
//! above the table; columns go, lists and structures first, then arns and the like, what tells a state last, each from the
//! middle outwards; long words are cut. What does not fit even so is better read as records.

/// Prose is not wrapped to less than this while words are whole.
const PROSE: usize = 16;

/// Words are cut to this first, and then to what is just readable.
const CUTS: [usize; 2] = [24, 8];

/// A column whose words are longer is one of arns or codes, or has a name that takes the room of three others.
const LONG: usize = 30;

/// A value that is longer stays in its column, even if it is the same in all rows.
const LONGEST_CONSTANT: usize = 40;

/// So many of the first columns that are easily read stay to the end, and so many of the last go before states alone.
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
    /// Whether it holds lists, maps or structures.
    pub(super) is_nested: bool,
    /// Whether it tells what a row is, or its state.
    pub(super) is_telling: bool,
    /// Whether all rows so far have none.
    pub(super) is_null: bool,
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
    /// How many of these stand before each gap, from the left.
    pub(super) gaps: Vec<usize>,
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
    let laid = |shown: &[usize], gaps: usize, least: &dyn Fn(&Measure) -> usize| {
        let frames = frame.ends + frame.between * (shown.len() + gaps).saturating_sub(1) + gaps;
        widths(shown.iter().map(|&index| &measures[index]), room.checked_sub(frames)?, least)
    };
    let whole = |measure: &Measure| measure.word.max(measure.widest.min(PROSE));
    if let Some(widths) = laid(&all, 0, &whole) {
        return Some(Layout { columns: all.into_iter().zip(widths).collect(), ..Layout::default() });
    }
    let above = above(measures, room, name_width);
    let shown: Vec<usize> = all.into_iter().filter(|index| !above.contains(index)).collect();
    let cut = |measure: &Measure, to: usize| match measure.is_number {
        true => measure.widest,
        false => measure.word.max(measure.widest.min(PROSE)).min(to),
    };
    // Words are not cut to the utmost for the sake of a few of the columns.
    let steps: [(Least<'_>, usize); 3] = [
        (&whole, KEPT.0 + KEPT.1),
        (&|measure| cut(measure, CUTS[0]), KEPT.0 + KEPT.1),
        (&|measure| cut(measure, CUTS[1]), shown.len()),
    ];
    let leaving = leaving(measures, &shown);
    for (least, fewest) in steps {
        let most = if may_hide { leaving.len().min(shown.len().saturating_sub(fewest)) } else { 0 };
        for count in 0..=most {
            let mut is_hidden = vec![false; measures.len()];
            leaving[..count].iter().for_each(|&index| is_hidden[index] = true);
            let (mut kept, mut gaps) = parts(&shown, &is_hidden);
            let Some(mut widths) = laid(&kept, gaps.len(), least) else { continue };
            // Those that went before a wide one did may fit again, where they need no gap of their own.
            for &index in leaving[..count].iter().rev() {
                is_hidden[index] = false;
                let (more, marks) = parts(&shown, &is_hidden);
                match laid(&more, marks.len(), least).filter(|_| marks.len() <= gaps.len()) {
                    Some(laid) => (kept, gaps, widths) = (more, marks, laid),
                    None => is_hidden[index] = true,
                }
            }
            let hidden = shown.into_iter().filter(|&index| is_hidden[index]).collect();
            return Some(Layout { columns: kept.into_iter().zip(widths).collect(), gaps, hidden, above });
        }
    }
    None
}

/// The columns that may go, the first to go first: all but the first ones that are easily read.
fn leaving(measures: &[Measure], shown: &[usize]) -> Vec<usize> {
    // Of arns and codes there is room for few.
    let is_long = |measure: &Measure| measure.word > LONG;
    let is_easy = |index: &usize| {
        let measure = &measures[*index];
        !measure.is_nested && !measure.is_null && !is_long(measure)
    };
    let easy: Vec<usize> = shown.iter().copied().filter(is_easy).collect();
    let (first, rest) = easy.split_at(KEPT.0.min(easy.len()));
    let last = &rest[rest.len().saturating_sub(KEPT.1)..];
    let rank = |index: usize| match &measures[index] {
        measure if measure.is_telling => 4,
        measure if measure.is_nested || measure.is_null => 0,
        measure if is_long(measure) => 1,
        _ if last.contains(&index) => 3,
        _ => 2,
    };
    let mut leaving: Vec<_> = shown.iter().enumerate().filter(|(_, index)| !first.contains(index)).collect();
    leaving.sort_by_key(|&(place, &index)| (rank(index), (2 * place).abs_diff(shown.len())));
    leaving.into_iter().map(|(_, index)| *index).collect()
}

/// The columns that stay, and how many of them stand before each run of those that go.
fn parts(shown: &[usize], is_hidden: &[bool]) -> (Vec<usize>, Vec<usize>) {
    let (mut kept, mut gaps) = (Vec::new(), Vec::new());
    for &index in shown {
        if !is_hidden[index] {
            kept.push(index);
        } else if gaps.last() != Some(&kept.len()) {
            gaps.push(kept.len());
        }
    }
    (kept, gaps)
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
    if wanted.iter().map(|(least, _)| least).sum::<usize>() > room {
        return None;
    }
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
        assert_eq!((layout.gaps, layout.hidden), (vec![3], vec![3, 4, 5, 6]));
    }

    #[test]
    fn lists_go_first_and_states_last() {
        let nested = Measure { is_nested: true, ..prose(60) };
        let state = Measure { is_telling: true, ..word(10) };
        let mut measures = vec![word(12); 9];
        measures.insert(1, nested.clone());
        measures[5] = state;
        measures.push(nested.clone());
        let layout = fitted(&measures, 80).unwrap();
        assert_eq!(layout.columns.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 2, 5, 9]);
        assert_eq!((layout.gaps, layout.hidden), (vec![1, 2, 3, 4], vec![1, 3, 4, 6, 7, 8, 10]));
        let alone = fitted(&[nested.clone(), nested.clone(), nested.clone(), nested], 70).unwrap();
        assert_eq!(alone.columns.len(), 3, "of lists alone some stay");
    }

    #[test]
    fn a_narrow_column_comes_back_where_a_wide_one_went() {
        let layout = fitted(&[word(12), word(12), word(8), word(60), word(8), word(12)], 80).unwrap();
        assert_eq!(layout.columns.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1, 2, 4, 5]);
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
