//! The mark of a drill's book: what is in it is made up, and nothing real is ever written beside it.

use std::path::Path;

use super::StoreError;

/// That a book is a drill's, and of which drill.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DrillMark {
    /// The scenario's id.
    pub scenario: String,
    /// What was drawn followed from it.
    pub seed: u64,
    /// How many reports were asked for, where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<u64>,
    /// How good the automatic dispatcher was, 0 to 1; `None` where a trainee sat at the desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<f64>,
}

impl DrillMark {
    /// Whether a book that has `there` and so many entries can get this mark: an empty one, or one that has it already.
    ///
    /// # Errors
    /// [`StoreError::RealBook`] where the book has real cases, [`StoreError::OtherDrill`] where it has another drill's.
    pub fn may_be_set(
        there: Option<&Self>,
        mark: &Self,
        entries: i64,
        path: &Path,
    ) -> Result<(), StoreError> {
        match there {
            _ if entries == 0 => Ok(()),
            None => Err(StoreError::RealBook {
                path: path.to_owned(),
            }),
            Some(there) if there == mark => Ok(()),
            Some(there) => Err(StoreError::OtherDrill {
                path: path.to_owned(),
                theirs: there.to_string(),
            }),
        }
    }
}

impl std::fmt::Display for DrillMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (seed {}", self.scenario, self.seed)?;
        if let Some(cases) = self.cases {
            write!(f, ", {cases} cases")?;
        }
        match self.skill {
            Some(skill) => write!(f, ", skill {skill})"),
            None => write!(f, ", trainee)"),
        }
    }
}
