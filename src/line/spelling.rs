//! The ways to type a name: as it is written, in pinyin, as pinyin initials, or any mixture of these.

use pinyin::ToPinyinMulti;

/// How well what was typed fits a name. Less is better.
pub type Rank = u8;

/// It is the whole name.
pub const EXACT: Rank = 0;
/// The name begins so.
pub const BEGINS: Rank = 1;
/// It stands within the name.
pub const WITHIN: Rank = 2;
/// Its characters stand in the name in this order, with gaps.
pub const GAPS: Rank = 3;

/// At most so many readings of a character are kept, the usual one first.
const READINGS_MAX: usize = 2;
/// Longer words fit nothing.
const TYPED_MAX: usize = 64;

/// One character of a Chinese name, and how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sound {
    written: char,
    readings: [&'static str; READINGS_MAX],
}

impl Sound {
    fn of(written: char) -> Self {
        let mut readings = [""; READINGS_MAX];
        let mut n = 0;
        for reading in written.to_pinyin_multi().into_iter().flatten() {
            let reading = reading.plain();
            if n < READINGS_MAX && !readings[..n].contains(&reading) {
                readings[n] = reading;
                n += 1;
            }
        }
        Self { written, readings }
    }

    fn readings(&self) -> impl Iterator<Item = &'static str> {
        self.readings.into_iter().filter(|reading| !reading.is_empty())
    }

    /// Which beginnings of `typed` this character can stand for, as the bits of their lengths: itself, its pinyin, or
    /// the first letters of that.
    fn lengths(&self, typed: &[char]) -> u128 {
        let mut lengths = u128::from(typed.first() == Some(&self.written)) << 1;
        for reading in self.readings() {
            let same = reading
                .chars()
                .zip(typed)
                .take_while(|(a, b)| is_typed(*a, **b))
                .count();
            lengths |= ((1 << same) - 1) << 1;
        }
        lengths
    }

    fn begins_with(&self, letter: char) -> bool {
        letter == self.written || self.readings().any(|reading| reading.starts_with(letter))
    }
}

/// What was typed, prepared to be compared with many names.
#[derive(Clone, Debug)]
pub struct Typed {
    text: String,
    chars: Vec<char>,
}

impl Typed {
    /// Prepares what was typed.
    pub fn new(text: &str) -> Self {
        let text = normal(text);
        let chars = text.chars().take(TYPED_MAX + 1).collect();
        Self { text, chars }
    }
}

/// A name, prepared so that it is found quickly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    sounds: Box<[Sound]>,
    english: Box<str>,
    code: Box<str>,
}

impl Spelling {
    /// Prepares a name in both languages, and its code.
    pub fn new(chinese: &str, english: &str, code: &str) -> Self {
        Self {
            sounds: normal(chinese).chars().map(Sound::of).collect(),
            english: normal(english).into(),
            code: normal(code).into(),
        }
    }

    /// How well `typed` fits; `None` where it does not.
    pub fn rank(&self, typed: &Typed) -> Option<Rank> {
        let text = typed.text.as_str();
        if text.is_empty() || typed.chars.len() > TYPED_MAX {
            return None;
        }
        if text == &*self.code || text == &*self.english {
            return Some(EXACT);
        }
        let by_sound = self.by_sound(&typed.chars);
        if by_sound.is_some_and(|rank| rank <= BEGINS) {
            return by_sound;
        }
        let latin = [&self.code, &self.english];
        let by_letters = if latin.iter().any(|name| name.starts_with(text)) {
            Some(BEGINS)
        } else {
            latin.iter().any(|name| name.contains(text)).then_some(WITHIN)
        };
        match (by_sound, by_letters) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn by_sound(&self, typed: &[char]) -> Option<Rank> {
        let whole: u128 = 1 << typed.len();
        // Bit i of `run`: the characters up to here end with the first i of what was typed, from the name's beginning;
        // of `inner`: from anywhere; of `loose`: with gaps between.
        let (mut run, mut inner, mut loose): (u128, u128, u128) = (1, 0, 1);
        let mut best = None;
        for (index, sound) in self.sounds.iter().enumerate() {
            let lengths = |from: u128| {
                let all = bits(from).filter_map(|at| Some((at, typed.get(at..)?)));
                all.fold(0, |to, (at, rest)| to | sound.lengths(rest) << at)
            };
            run = lengths(run);
            inner = lengths(inner | 1);
            // With gaps, a character stands for itself or its first letter only: else nearly everything would fit.
            loose = bits(loose)
                .filter(|at| typed.get(*at).is_some_and(|letter| sound.begins_with(*letter)))
                .fold(loose, |to, at| to | 1 << (at + 1));
            if run & whole != 0 {
                let rank = if index + 1 == self.sounds.len() {
                    EXACT
                } else {
                    BEGINS
                };
                best = Some(best.map_or(rank, |best: Rank| best.min(rank)));
            }
            if inner & whole != 0 {
                best = best.or(Some(WITHIN));
            }
            if run == 0 && best == Some(BEGINS) {
                break;
            }
        }
        let gaps = (loose & whole != 0 && typed.len() > 1).then_some(GAPS);
        best.or(gaps)
    }
}

/// Whether the letter of a reading is typed so: ü has no key, and is typed v.
fn is_typed(letter: char, typed: char) -> bool {
    letter == typed || (letter == 'ü' && typed == 'v')
}

/// The numbers of the bits that are set, from the lowest.
fn bits(mut set: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(lowest)
    })
}

/// Text as it is compared: lower-case, full-width letters and digits as their narrow ones, without spaces, hyphens and
/// underscores.
pub fn normal(text: &str) -> String {
    text.chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A full-width sign as its narrow one.
pub fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// All that a Chinese word can be typed as: itself, its pinyin, its initials, each character in its usual reading.
/// Letters stay.
pub fn spellings(word: &str) -> [String; 3] {
    let word = normal(word);
    let sounds: Vec<Sound> = word.chars().map(Sound::of).collect();
    let written = |sound: &Sound| sound.written.to_string();
    let full = sounds.iter().map(|sound| match sound.readings[0] {
        "" => written(sound),
        reading => reading.to_owned(),
    });
    let initials = sounds
        .iter()
        .map(|sound| sound.readings[0].chars().next().unwrap_or(sound.written));
    let (full, initials) = (full.collect(), initials.collect());
    [word, full, initials]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(name: &str, typed: &str) -> Option<Rank> {
        Spelling::new(name, "", "").rank(&Typed::new(typed))
    }

    #[test]
    fn a_name_is_found_in_every_way_of_typing_it() {
        let team = "新澜第一党建网格服务队";
        for typed in [
            "新澜第一党建网格服务队",
            "xinlandiyidangjianwanggefuwudui",
            "xldydjwgfwd",
        ] {
            assert_eq!(rank(team, typed), Some(EXACT), "{typed}");
        }
        for typed in [
            "新澜",
            "xinlan",
            "xinl",
            "xl",
            "xldy",
            "新l第yi",
            "ＸＬＤＹ",
            "Xin Lan",
        ] {
            assert_eq!(rank(team, typed), Some(BEGINS), "{typed}");
        }
        for typed in ["党建", "dangjian", "dj", "djwg"] {
            assert_eq!(rank(team, typed), Some(WITHIN), "{typed}");
        }
        assert_eq!(rank(team, "xlfwd"), Some(GAPS));
        for typed in ["dafu", "xlx", "lx", "新澜第二", ""] {
            assert_eq!(rank(team, typed), None, "{typed}");
        }
    }

    #[test]
    fn codes_and_english_names_are_found_too() {
        let team = Spelling::new("新澜社区城管队", "Xinlan City Management Team", "T-GL01-CM");
        assert_eq!(team.rank(&Typed::new("t-gl01-cm")), Some(EXACT));
        assert_eq!(team.rank(&Typed::new("T-GL01")), Some(BEGINS));
        assert_eq!(team.rank(&Typed::new("city management")), Some(WITHIN));
        assert_eq!(team.rank(&Typed::new("xinlan city")), Some(BEGINS));
    }

    #[test]
    fn a_word_is_typed_as_it_is_written_in_pinyin_and_as_initials() {
        assert_eq!(spellings("派遣"), ["派遣", "paiqian", "pq"]);
        assert_eq!(spellings("A 类队列"), ["a类队列", "aleiduilie", "aldl"]);
    }

    #[test]
    fn a_name_is_found_by_its_second_reading_too() {
        assert_eq!(rank("陂老村街长", "blcjz"), Some(EXACT));
        assert_eq!(rank("陂老村街长", "blcjc"), Some(EXACT));
        assert_eq!(rank("绿化队", "lvhuadui"), Some(EXACT));
    }

    #[test]
    fn nothing_typed_is_too_long_to_be_compared() {
        let long = "x".repeat(10_000);
        assert_eq!(rank("新澜", &long), None);
        assert_eq!(rank(&"新".repeat(200), &"x".repeat(64)), Some(BEGINS));
    }
}
