//! What is typed of an item: texts until they are read, and what is wrong with them.

use crate::town::catalogue::STEP_COLUMNS;
use crate::town::{Catalogue, Centre, Class, Item, ItemPart, Level, Limits, Name, Wrong};

/// A text that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The code, of a new item only.
    Code,
    /// The Chinese name.
    NameZh,
    /// The English name.
    NameEn,
    /// The domain.
    Domain,
    /// The department that leads.
    Department,
    /// Hours of the whole.
    Limit,
    /// Hours until the acceptance.
    Accept,
    /// Hours until the dispatch.
    Dispatch,
    /// Hours until the arrival.
    Arrive,
    /// Hours until the rectification.
    Rectify,
    /// Hours until the verification.
    Verify,
    /// The evidence asked for.
    Evidence,
    /// Where it comes from.
    Basis,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Code,
        Self::NameZh,
        Self::NameEn,
        Self::Domain,
        Self::Department,
        Self::Limit,
        Self::Accept,
        Self::Dispatch,
        Self::Arrive,
        Self::Rectify,
        Self::Verify,
        Self::Evidence,
        Self::Basis,
    ];

    /// Those of the five steps.
    pub const STEPS: [Self; STEP_COLUMNS.len()] = [
        Self::Accept,
        Self::Dispatch,
        Self::Arrive,
        Self::Rectify,
        Self::Verify,
    ];

    /// The key of its name.
    pub fn key(self) -> &'static str {
        [
            "catalogue-code",
            "catalogue-name-zh",
            "catalogue-name-en",
            "catalogue-domain",
            "catalogue-department",
            "catalogue-limit",
            "step-accept",
            "step-dispatch",
            "catalogue-arrive",
            "catalogue-rectify",
            "catalogue-verify",
            "catalogue-evidence",
            "catalogue-basis",
        ][self as usize]
    }

    /// The field in which a part of an item is typed; `None` where it is chosen.
    fn of(part: ItemPart) -> Option<Self> {
        Some(match part {
            ItemPart::Code => Self::Code,
            ItemPart::NameZh => Self::NameZh,
            ItemPart::NameEn => Self::NameEn,
            ItemPart::Domain => Self::Domain,
            ItemPart::Department => Self::Department,
            ItemPart::Limit => Self::Limit,
            ItemPart::Step(n) => *Self::STEPS.get(n)?,
            ItemPart::Evidence => Self::Evidence,
            ItemPart::Basis => Self::Basis,
            ItemPart::Severity => return None,
        })
    }
}

/// An item as it is typed and chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    texts: [String; Field::ALL.len()],
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// Who settles it.
    pub level: Level,
    /// Whether its hours are working hours.
    pub working: bool,
    /// 1 to 5.
    pub severity: u8,
}

impl Form {
    /// An item as it is.
    pub fn of(item: &Item) -> Self {
        let hours = |hours: Option<f64>| hours.map(|hours| hours.to_string()).unwrap_or_default();
        let [accept, dispatch, arrive, rectify, verify] = item.steps.steps().map(hours);
        Self {
            texts: [
                item.code.clone(),
                item.name.zh.clone(),
                item.name.en.clone(),
                item.domain.clone(),
                item.lead_department.clone(),
                item.limit_hours.to_string(),
                accept,
                dispatch,
                arrive,
                rectify,
                verify,
                item.evidence.clone(),
                item.basis.clone(),
            ],
            class: item.class,
            centre: item.centre,
            level: item.level,
            working: item.working_time,
            severity: item.severity,
        }
    }

    /// A new item of a class, with the next code that is free.
    pub fn new(catalogue: &Catalogue, class: Class) -> Self {
        let mut form = Self {
            texts: Default::default(),
            class,
            centre: Centre::Grid,
            level: Level::of(class),
            working: true,
            severity: 2,
        };
        *form.text_mut(Field::Code) = next_code(catalogue, class);
        form
    }

    /// Another class is chosen. The level goes along where it is the class's own, so does a code that was proposed.
    pub fn set_class(&mut self, class: Class, catalogue: &Catalogue) {
        if self.level == Level::of(self.class) {
            self.level = Level::of(class);
        }
        if self.text(Field::Code) == next_code(catalogue, self.class) {
            *self.text_mut(Field::Code) = next_code(catalogue, class);
        }
        self.class = class;
    }

    /// What is typed in a field.
    pub fn text(&self, field: Field) -> &str {
        &self.texts[field as usize]
    }

    /// What is typed in a field, to type on.
    pub fn text_mut(&mut self, field: Field) -> &mut String {
        &mut self.texts[field as usize]
    }

    /// The item that is typed.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn item(&self, version: u32, retired: bool) -> Result<Item, Vec<(Field, Wrong)>> {
        let text = |field| self.text(field).trim().to_owned();
        // What is no number is outside every range.
        let number = |field| self.text(field).trim().parse().unwrap_or(f64::NAN);
        let step = |field| (!self.text(field).trim().is_empty()).then(|| number(field));
        let item = Item {
            code: text(Field::Code),
            class: self.class,
            domain: text(Field::Domain),
            centre: self.centre,
            name: Name {
                zh: text(Field::NameZh),
                en: text(Field::NameEn),
            },
            level: self.level,
            lead_department: text(Field::Department),
            limit_hours: number(Field::Limit),
            working_time: self.working,
            severity: self.severity,
            evidence: text(Field::Evidence),
            basis: text(Field::Basis),
            steps: Limits::of_steps(Field::STEPS.map(step)),
            version,
            retired,
        };
        let faults: Vec<_> = item
            .faults()
            .into_iter()
            .filter_map(|(part, wrong)| Some((Field::of(part)?, wrong)))
            .collect();
        if faults.is_empty() { Ok(item) } else { Err(faults) }
    }

    /// Hours of the steps together, where all that is typed can be read; `None` where nothing is typed.
    pub fn steps_sum(&self) -> Option<f64> {
        let typed = Field::STEPS.map(|field| self.text(field).trim());
        let typed: Vec<&str> = typed.into_iter().filter(|text| !text.is_empty()).collect();
        if typed.is_empty() {
            return None;
        }
        let hours: Result<Vec<f64>, _> = typed.iter().map(|text| text.parse()).collect();
        hours.ok().map(|hours| hours.iter().sum())
    }

    /// What was changed since `base`, on top of `latest`.
    pub fn rebased(&self, base: &Self, latest: &Self) -> Self {
        fn pick<T: PartialEq + Clone>(mine: &T, base: &T, latest: &T) -> T {
            if mine == base {
                latest.clone()
            } else {
                mine.clone()
            }
        }
        Self {
            texts: std::array::from_fn(|i| pick(&self.texts[i], &base.texts[i], &latest.texts[i])),
            class: pick(&self.class, &base.class, &latest.class),
            centre: pick(&self.centre, &base.centre, &latest.centre),
            level: pick(&self.level, &base.level, &latest.level),
            working: pick(&self.working, &base.working, &latest.working),
            severity: pick(&self.severity, &base.severity, &latest.severity),
        }
    }
}

/// The code after the last one of a class: its letters, and one more than its number. Empty where no code of that class
/// ends in a number.
fn next_code(catalogue: &Catalogue, class: Class) -> String {
    let numbered = |item: &Item| {
        let digits = item.code.chars().rev().take_while(char::is_ascii_digit).count();
        let (head, number) = item.code.split_at(item.code.len() - digits);
        let next = number.parse::<u32>().ok()?.checked_add(1)?;
        Some((next, head.to_owned(), digits))
    };
    let of_class = catalogue
        .iter()
        .map(|(_, item)| item)
        .filter(|item| item.class == class);
    match of_class.filter_map(numbered).max() {
        Some((next, head, digits)) => format!("{head}{next:0digits$}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::town::Town;

    fn town() -> Town {
        Town::load(&crate::assets::find("assets/town/guanlan").unwrap()).unwrap()
    }

    #[test]
    fn every_item_of_the_file_is_read_back_as_it_is() {
        for (_, item) in town().catalogue.iter() {
            assert_eq!(Form::of(item).item(0, false).as_ref(), Ok(item));
        }
    }

    #[test]
    fn what_is_typed_wrong_is_named_by_its_field() {
        let town = town();
        let mut form = Form::of(town.catalogue.by_code("GL-A01").unwrap());
        *form.text_mut(Field::Limit) = "四".into();
        *form.text_mut(Field::Arrive) = "-1".into();
        *form.text_mut(Field::NameZh) = "  ".into();
        let faults = form.item(1, false).unwrap_err();
        let expected = [
            (Field::NameZh, Wrong::Empty),
            (Field::Limit, Wrong::Range),
            (Field::Arrive, Wrong::Range),
        ];
        assert_eq!(faults, expected);
        assert_eq!(form.steps_sum(), Some(0.4 + 0.4 - 1.0 + 1.6 + 0.6));
    }

    #[test]
    fn a_new_item_gets_the_next_code_of_its_class() {
        let catalogue = town().catalogue;
        let last = |class: Class| {
            let of_class = catalogue.iter().filter(|(_, item)| item.class == class);
            of_class.map(|(_, item)| item.code.clone()).max().unwrap()
        };
        let mut form = Form::new(&catalogue, Class::A);
        for class in Class::ALL {
            form.set_class(class, &catalogue);
            let code = form.text(Field::Code);
            assert!(code > last(class).as_str(), "{code}");
            assert!(catalogue.by_code(code).is_none(), "{code}");
            assert_eq!(form.level, Level::of(class));
        }
        *form.text_mut(Field::Code) = "OWN".into();
        form.set_class(Class::A, &catalogue);
        assert_eq!(form.text(Field::Code), "OWN", "a code of one's own stays");
    }

    #[test]
    fn changes_of_two_hands_are_put_together() {
        let town = town();
        let base = Form::of(town.catalogue.by_code("GL-A01").unwrap());
        let (mut mine, mut theirs) = (base.clone(), base.clone());
        *mine.text_mut(Field::Limit) = "8".into();
        *theirs.text_mut(Field::Limit) = "6".into();
        *theirs.text_mut(Field::NameZh) = "乱扔垃圾".into();
        theirs.severity = 4;
        let both = mine.rebased(&base, &theirs);
        assert_eq!(both.text(Field::Limit), "8");
        assert_eq!(both.text(Field::NameZh), "乱扔垃圾");
        assert_eq!(both.severity, 4);
    }
}
