//! Classes of values, for maps that colour areas: by what rule, and which value falls into which.

use serde::{Deserialize, Serialize};

/// How values are divided into classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// 分位数: about as many values in each.
    #[default]
    Quantiles,
    /// 等距: steps of the same width from the least to the most.
    EqualSteps,
    /// 自然断点: values in a class are as near to each other as can be (Fisher 1958; on maps after Jenks).
    NaturalBreaks,
}

impl Rule {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 3] = [Self::Quantiles, Self::EqualSteps, Self::NaturalBreaks];
}

/// Classes of values, the lowest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classes {
    /// The least value of each class but the first, rising.
    from: Vec<f64>,
}

impl Classes {
    /// Divides values into at most `most` classes. Equal values are in one class, so that there may be fewer. Values that
    /// are not finite are left out.
    pub fn of(values: &[f64], rule: Rule, most: usize) -> Self {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
            return Self::default();
        };
        let most = most.max(1);
        let mut from: Vec<f64> = match rule {
            Rule::Quantiles => quantiles(&sorted, most),
            Rule::EqualSteps => {
                let step = (high - low) / most as f64;
                (1..most).map(|i| low + step * i as f64).collect()
            }
            Rule::NaturalBreaks => natural_breaks(&sorted, most),
        };
        from.retain(|v| *v > low && *v <= high);
        from.dedup();
        Self { from }
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.from.len() + 1
    }

    /// Never: there is at least one class.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The class of a value, counted from 0.
    pub fn class(&self, value: f64) -> usize {
        self.from.partition_point(|from| *from <= value)
    }
}

/// The least value of each class but the first, so that each has its share of the values. Equal values stay together: a
/// class that they make larger leaves the others even shares of what is left.
fn quantiles(sorted: &[f64], most: usize) -> Vec<f64> {
    let mut from = Vec::new();
    let mut start = 0;
    for classes_left in (2..=most).rev() {
        let mut end = start + (sorted.len() - start) / classes_left;
        end = end.max(start + 1);
        while end < sorted.len() && sorted[end] == sorted[end - 1] {
            end += 1;
        }
        let Some(next) = sorted.get(end) else { break };
        from.push(*next);
        start = end;
    }
    from
}

/// The least value of each class but the first, so that the squares of the distances to the means of the classes are least
/// in sum.
fn natural_breaks(sorted: &[f64], most: usize) -> Vec<f64> {
    // Equal values once, with how many there are.
    let mut values: Vec<(f64, f64)> = Vec::new();
    for v in sorted {
        match values.last_mut() {
            Some((last, n)) if last == v => *n += 1.0,
            _ => values.push((*v, 1.0)),
        }
    }
    let most = most.min(values.len());
    let spread = Spread::of(&values);
    // cost[i]: of the first i values in so many classes; start[k][i]: where the last class begins then.
    let mut cost: Vec<f64> = (0..=values.len()).map(|i| spread.within(0, i)).collect();
    let mut starts: Vec<Vec<usize>> = Vec::new();
    for k in 2..=most {
        let mut next = vec![f64::INFINITY; values.len() + 1];
        let mut start = vec![0; values.len() + 1];
        for end in k..=values.len() {
            for begin in k - 1..end {
                let sum = cost[begin] + spread.within(begin, end);
                if sum < next[end] {
                    (next[end], start[end]) = (sum, begin);
                }
            }
        }
        cost = next;
        starts.push(start);
    }
    let mut from = Vec::new();
    let mut end = values.len();
    for start in starts.iter().rev() {
        end = start[end];
        from.push(values[end].0);
    }
    from.reverse();
    from
}

/// Sums of the first values, from which those of any part follow.
struct Spread(Vec<[f64; 3]>);

impl Spread {
    fn of(values: &[(f64, f64)]) -> Self {
        // Near their middle, squares lose no digits.
        let middle = values.get(values.len() / 2).map_or(0.0, |v| v.0);
        let mut sums = vec![[0.0; 3]];
        let mut sum = [0.0; 3];
        for (v, n) in values {
            let v = v - middle;
            sum = [sum[0] + n, sum[1] + n * v, sum[2] + n * v * v];
            sums.push(sum);
        }
        Self(sums)
    }

    /// The sum of the squares of the distances to the mean, of the values from `begin` to before `end`.
    fn within(&self, begin: usize, end: usize) -> f64 {
        let part = |i: usize| self.0[end][i] - self.0[begin][i];
        if part(0) == 0.0 {
            return 0.0;
        }
        (part(2) - part(1) * part(1) / part(0)).max(0.0)
    }
}

/// Where five classes of a density begin, each twice as high as the one before, the last not above `peak`: 5, 10, 20, 40
/// and 80 for a peak of 100. Empty where nothing is dense.
pub fn doubling(peak: f64) -> Vec<f64> {
    const CLASSES: i32 = 5;
    let first = peak / 2.0_f64.powi(CLASSES - 1);
    if !first.is_finite() || first <= 0.0 {
        return Vec::new();
    }
    let power = 10.0_f64.powf(first.log10().floor());
    let first = [5.0, 2.0, 1.0]
        .into_iter()
        .map(|n| n * power)
        .find(|n| *n <= first)
        .unwrap_or(power);
    (0..CLASSES).map(|i| first * 2.0_f64.powi(i)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn classes_of_ten_values() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let of = |rule| Classes::of(&values, rule, 5).from;
        assert_eq!(of(Rule::Quantiles), [3.0, 5.0, 7.0, 9.0]);
        assert_eq!(of(Rule::EqualSteps), [2.8, 4.6, 6.4, 8.2]);
        let gaps = [1.0, 2.0, 2.5, 40.0, 41.0, 90.0];
        assert_eq!(Classes::of(&gaps, Rule::NaturalBreaks, 3).from, [40.0, 90.0]);
    }

    #[test]
    fn equal_values_are_one_class_and_none_is_one_too() {
        for rule in Rule::ALL {
            assert_eq!(Classes::of(&[7.0; 9], rule, 5).len(), 1);
            assert_eq!(Classes::of(&[], rule, 5).len(), 1);
            assert_eq!(Classes::of(&[f64::NAN], rule, 5).class(3.0), 0);
        }
        let many_zeros = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 5.0];
        let classes = Classes::of(&many_zeros, Rule::Quantiles, 5);
        assert_eq!(classes.from, [3.0, 5.0]);
    }

    #[test]
    fn densities_double() {
        assert_eq!(doubling(100.0), [5.0, 10.0, 20.0, 40.0, 80.0]);
        assert_eq!(doubling(16.0), [1.0, 2.0, 4.0, 8.0, 16.0]);
        assert!(doubling(0.0).is_empty() && doubling(f64::NAN).is_empty());
    }

    fn cost(values: &[f64], classes: &Classes) -> f64 {
        let mut all = vec![Vec::new(); classes.len()];
        for v in values {
            all[classes.class(*v)].push(*v);
        }
        let one = |class: &Vec<f64>| {
            let mean = class.iter().sum::<f64>() / class.len().max(1) as f64;
            class.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        };
        all.iter().map(one).sum()
    }

    proptest! {
        #[test]
        fn every_value_has_its_class(
            values in prop::collection::vec(-1e6..1e6, 1..60),
            most in 1_usize..8,
        ) {
            for rule in Rule::ALL {
                let classes = Classes::of(&values, rule, most);
                prop_assert!(classes.len() <= most);
                let mut sorted = values.clone();
                sorted.sort_by(f64::total_cmp);
                let found: Vec<usize> = sorted.iter().map(|v| classes.class(*v)).collect();
                prop_assert!(found.is_sorted());
                prop_assert_eq!(found[0], 0);
                if rule != Rule::EqualSteps {
                    let mut used = found.clone();
                    used.dedup();
                    prop_assert_eq!(used.len(), classes.len(), "no class is empty");
                }
            }
        }

        #[test]
        fn natural_breaks_are_better_than_any_two_others(
            values in prop::collection::vec((0_i32..200).prop_map(f64::from), 3..25),
            a in 0_usize..25,
            b in 0_usize..25,
        ) {
            let best = Classes::of(&values, Rule::NaturalBreaks, 3);
            let mut from = vec![values[a % values.len()], values[b % values.len()]];
            from.sort_by(f64::total_cmp);
            from.dedup();
            let other = Classes { from };
            prop_assert!(cost(&values, &best) <= cost(&values, &other) + 1e-6);
        }
    }
}
