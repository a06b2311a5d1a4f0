//! Seeded numbers: the same seed gives the same numbers, on every machine and in every version of the program.
//!
//! Every matter of a drill has dice of its own ([`Dice::of`]), so that what happens to one does not depend on the order in
//! which others were thrown for: the trainee and the automatic dispatcher meet the same town.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// What dice are thrown for. Each topic has its own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// When matters come up.
    Times,
    /// What a matter is.
    Matter,
    /// The weather of a day.
    Weather,
    /// What the dispatcher makes of a matter.
    Dispatcher,
    /// How a unit answers.
    Unit,
    /// What the verifier says, and whoever reported it.
    Verifier,
    /// Which matters of a quota are settled, and how long each takes.
    Quota,
}

/// Dice with a seed.
#[derive(Clone, Debug)]
pub struct Dice(Pcg64Mcg);

impl Dice {
    /// The dice of one matter of a topic; `n` tells matters of a topic apart.
    pub fn of(seed: u64, topic: Topic, n: u64) -> Self {
        let mixed = mix(mix(seed ^ mix(topic as u64 + 1)) ^ n);
        Self(Pcg64Mcg::seed_from_u64(mixed))
    }

    /// 0 or more, less than 1.
    pub fn unit(&mut self) -> f64 {
        // The 53 bits that a float of less than 1 has.
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether something happens that happens in so large a share of cases.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// 0 or more, less than `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// One of them; `None` of nothing.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// Between the two, all alike.
    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + self.unit() * (to - from)
    }

    /// A waiting time whose mean is 1.
    pub fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }

    /// A number around 0 with deviation 1, as Box and Muller draw it.
    pub fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.unit(), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    /// A positive number, half of the time below `median`; the larger `spread`, the longer the tail (log-normal).
    pub fn around(&mut self, median: f64, spread: f64) -> f64 {
        median * (self.normal() * spread).exp()
    }
}

/// Spreads the bits of a number (the finaliser of SplitMix64).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

/// Weights of things that are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// Sums up to and with each of them.
    sums: Vec<f64>,
}

impl Weights {
    /// Weights that are finite and not below zero; others count as zero.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let sums = weights.into_iter().map(|weight| {
            sum += if weight.is_finite() { weight.max(0.0) } else { 0.0 };
            sum
        });
        Self { sums: sums.collect() }
    }

    /// All of them together.
    pub fn sum(&self) -> f64 {
        self.sums.last().copied().unwrap_or_default()
    }

    /// Which one stands where the sum of weights passes `part` of the whole (0 to 1); `None` where all are zero.
    pub fn at(&self, part: f64) -> Option<usize> {
        let sum = self.sum();
        if sum <= 0.0 {
            return None;
        }
        let target = part * sum;
        let index = self.sums.partition_point(|up_to| *up_to <= target);
        Some(index.min(self.sums.len() - 1))
    }

    /// Draws one; `None` where all are zero.
    pub fn draw(&self, dice: &mut Dice) -> Option<usize> {
        self.at(dice.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dice(n: u64) -> Dice {
        Dice::of(7, Topic::Matter, n)
    }

    /// Drills of earlier versions must come out the same: these numbers never change.
    #[test]
    fn numbers_stay_what_they_are() {
        let mut dice = dice(3);
        let first: Vec<u64> = (0..3).map(|_| (dice.unit() * 1e9) as u64).collect();
        assert_eq!(first, [262_005_550, 502_336_644, 950_818_551]);
        assert_ne!(
            Dice::of(7, Topic::Unit, 3).unit(),
            Dice::of(7, Topic::Matter, 3).unit()
        );
        assert_ne!(
            Dice::of(8, Topic::Matter, 3).unit(),
            Dice::of(7, Topic::Matter, 3).unit()
        );
    }

    #[test]
    fn draws_are_as_likely_as_they_say() {
        let (mut sum, mut normal, mut below) = (0.0, 0.0, 0);
        const N: u64 = 20_000;
        for n in 0..N {
            let mut dice = dice(n);
            sum += dice.exponential();
            normal += dice.normal();
            below += u64::from(dice.around(10.0, 0.7) < 10.0);
        }
        let n = N as f64;
        assert!((sum / n - 1.0).abs() < 0.03, "{}", sum / n);
        assert!((normal / n).abs() < 0.03, "{}", normal / n);
        assert!((below as f64 / n - 0.5).abs() < 0.02, "{below}");
    }

    #[test]
    fn weights_are_kept() {
        let weights = Weights::new([1.0, 0.0, f64::NAN, 3.0]);
        let mut drawn = [0; 4];
        let mut dice = dice(1);
        for _ in 0..8000 {
            drawn[weights.draw(&mut dice).unwrap()] += 1;
        }
        assert_eq!((drawn[1], drawn[2]), (0, 0));
        assert!((1800..2200).contains(&drawn[0]), "{drawn:?}");
        assert_eq!(Weights::new([0.0]).draw(&mut dice), None);
        assert_eq!(Weights::new([]).draw(&mut dice), None);
        assert_eq!(weights.at(1.0), Some(3));
    }

    #[test]
    fn nothing_is_picked_of_nothing() {
        assert_eq!(dice(1).pick::<u8>(&[]), None);
        assert_eq!(dice(1).below(0), 0);
        assert_eq!(dice(1).pick(&[5]), Some(&5));
    }
}
