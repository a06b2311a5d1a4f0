//! Cases that are selected together, so that something can be done with all of them.

use std::sync::Arc;

use crate::case::CaseId;

/// A set of cases. A copy costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Many(Option<Arc<Vec<CaseId>>>);

impl Many {
    /// The set of these cases.
    pub fn of(ids: impl IntoIterator<Item = CaseId>) -> Self {
        let mut ids: Vec<CaseId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self((!ids.is_empty()).then(|| Arc::new(ids)))
    }

    /// All of them, by number.
    pub fn ids(&self) -> &[CaseId] {
        self.0.as_ref().map_or(&[], |ids| ids.as_slice())
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ids().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the case is one of them.
    pub fn contains(&self, id: CaseId) -> bool {
        self.ids().binary_search(&id).is_ok()
    }

    /// These and those.
    #[must_use]
    pub fn with(&self, others: &[CaseId]) -> Self {
        Self::of(self.ids().iter().chain(others).copied())
    }

    /// These without those.
    #[must_use]
    pub fn without(&self, others: &[CaseId]) -> Self {
        let others = Self::of(others.iter().copied());
        Self::of(self.ids().iter().copied().filter(|id| !others.contains(*id)))
    }

    /// Whether the other one is a copy of this one, or both are empty. Looks at no case.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// The cases of one of the two sets that are not in the other one, by number.
    pub fn differing(&self, other: &Self) -> Vec<CaseId> {
        let (a, b) = (self.ids(), other.ids());
        let (mut i, mut j) = (0, 0);
        let mut found = Vec::new();
        while i < a.len() || j < b.len() {
            match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) if x == y => (i, j) = (i + 1, j + 1),
                (Some(x), y) if y.is_none_or(|y| x < y) => {
                    found.push(*x);
                    i += 1;
                }
                (_, y) => {
                    found.extend(y);
                    j += 1;
                }
            }
        }
        found
    }
}

impl PartialEq for Many {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.ids() == other.ids()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn ids(numbers: &[i64]) -> Vec<CaseId> {
        numbers.iter().copied().map(CaseId).collect()
    }

    proptest! {
        #[test]
        fn it_is_a_set(a in prop::collection::vec(0i64..30, 0..30), b in prop::collection::vec(0i64..30, 0..30)) {
            let (left, right): (BTreeSet<i64>, BTreeSet<i64>) =
                (a.iter().copied().collect(), b.iter().copied().collect());
            let (many, others) = (Many::of(ids(&a)), Many::of(ids(&b)));
            let numbers = |many: &Many| many.ids().iter().map(|id| id.0).collect::<BTreeSet<i64>>();
            prop_assert_eq!(many.len(), left.len());
            prop_assert_eq!(numbers(&many.with(&ids(&b))), &left | &right);
            prop_assert_eq!(numbers(&many.without(&ids(&b))), &left - &right);
            let differing: BTreeSet<i64> = many.differing(&others).iter().map(|id| id.0).collect();
            prop_assert_eq!(differing, &left ^ &right);
            prop_assert_eq!(many == others, left == right);
        }
    }
}
