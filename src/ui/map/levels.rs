//! The levels of the cluster index that are at hand. A level of few cases is made at once; one of many on a thread of its
//! own, while the one before stays on the screen and follows all changes.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use eframe::egui::Context;

use super::cluster::{Level, Rule};
use super::points::{Change, Point, Points};

/// A level of so many cases is made within a frame.
const FEW: usize = 12_000;
/// So many levels are kept, so that going nearer and wider again makes none anew.
const KEPT: usize = 3;
/// So many changes are followed while a level is being made; beyond, it is made anew.
const FOLLOWED: usize = 20_000;

/// Which level: the zoom in halves, and whether cases are gathered in it.
pub type Step = (i64, bool);

/// What the thread is to make.
struct Order {
    number: u64,
    step: Step,
    points: Arc<Vec<(u32, Point)>>,
    ctx: Context,
}

/// What it has made.
struct Made {
    number: u64,
    step: Step,
    level: Level,
}

/// What is being made.
struct Awaited {
    number: u64,
    /// What has happened since it was ordered.
    since: Vec<Change>,
}

/// The levels at hand, the one that is shown first.
#[derive(Default)]
pub struct Levels {
    kept: Vec<(Step, Level)>,
    awaited: Option<Awaited>,
    next_number: u64,
    thread: Option<(Sender<Order>, Receiver<Made>)>,
}

impl Levels {
    /// Forgets all: the points were read anew. What is shown stays until its successor is there, unless that is made at once.
    pub fn forget(&mut self) {
        self.kept.clear();
        self.awaited = None;
    }

    /// Follows a change.
    pub fn follow(&mut self, change: Change) {
        for (_, level) in &mut self.kept {
            level.follow(&change);
        }
        if let Some(awaited) = &mut self.awaited {
            awaited.since.push(change);
            if awaited.since.len() > FOLLOWED {
                // Its number is no longer waited for.
                self.awaited = None;
            }
        }
    }

    /// Takes care that the level of that step is shown, now or soon. Answers whether another one is shown from now on.
    pub fn want(&mut self, step: Step, points: &Points, ctx: &Context) -> bool {
        let came = self.take_made();
        if self.kept.first().is_some_and(|(shown, _)| *shown == step) {
            return came;
        }
        if let Some(place) = self.kept.iter().position(|(kept, _)| *kept == step) {
            self.kept[..=place].rotate_right(1);
            return true;
        }
        if points.len() <= FEW {
            self.show(step, level_of(step, points));
            return true;
        }
        if self.awaited.is_none() && !self.order(step, points, ctx) {
            // No thread could be had.
            self.show(step, level_of(step, points));
            return true;
        }
        came
    }

    /// Whether a level is still being made.
    pub fn is_waiting(&self) -> bool {
        self.awaited.is_some()
    }

    /// The level that is shown.
    pub fn shown(&self) -> Option<&Level> {
        self.kept.first().map(|(_, level)| level)
    }

    fn show(&mut self, step: Step, level: Level) {
        self.kept.retain(|(kept, _)| *kept != step);
        self.kept.insert(0, (step, level));
        self.kept.truncate(KEPT);
    }

    fn order(&mut self, step: Step, points: &Points, ctx: &Context) -> bool {
        if self.thread.is_none() {
            self.thread = start();
        }
        let Some((orders, _)) = &self.thread else {
            return false;
        };
        let number = self.next_number;
        let order = Order {
            number,
            step,
            points: Arc::new(points.iter().map(|(place, point)| (place, *point)).collect()),
            ctx: ctx.clone(),
        };
        // One that was given up is still being made: the next frame asks again.
        if orders.try_send(order).is_ok() {
            self.next_number += 1;
            let since = Vec::new();
            self.awaited = Some(Awaited { number, since });
        }
        true
    }

    fn take_made(&mut self) -> bool {
        let Some((_, made)) = &self.thread else {
            return false;
        };
        let mut came = false;
        let made: Vec<Made> = made.try_iter().collect();
        for Made { number, step, level } in made {
            if self
                .awaited
                .as_ref()
                .is_none_or(|awaited| awaited.number != number)
            {
                continue;
            }
            let mut level = level;
            for change in self.awaited.take().into_iter().flat_map(|a| a.since) {
                level.follow(&change);
            }
            self.show(step, level);
            came = true;
        }
        came
    }
}

fn level_of((zoom, gather): Step, points: &Points) -> Level {
    Level::new(Rule::at(zoom, gather), points.len(), points.iter())
}

/// Starts the thread that makes levels. It ends with the map.
fn start() -> Option<(Sender<Order>, Receiver<Made>)> {
    let (orders, inbox) = bounded::<Order>(1);
    let (outbox, made) = bounded(4);
    let work = move || {
        for order in inbox {
            let points = order.points.iter().map(|(place, point)| (*place, point));
            let rule = Rule::at(order.step.0, order.step.1);
            let level = Level::new(rule, order.points.len(), points);
            let (number, step) = (order.number, order.step);
            if outbox.send(Made { number, step, level }).is_err() {
                return;
            }
            order.ctx.request_repaint();
        }
    };
    let thread = std::thread::Builder::new().name("clusters".to_owned());
    match thread.spawn(work) {
        Ok(_) => Some((orders, made)),
        Err(error) => {
            tracing::info!("levels of many cases are made within a frame: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use chrono::{DateTime, Utc};

    use crate::board::Board;
    use crate::case::{Case, CaseId};
    use crate::town::Town;
    use crate::ui::many::Many;
    use crate::ui::map::testing::{case_at, town};

    use super::*;

    fn gathered(levels: &Levels, points: &Points) -> usize {
        let all = levels
            .shown()
            .unwrap()
            .gather(([0; 2], [u32::MAX; 2]), points.list());
        all.singles.len() + all.groups.iter().map(|(_, sign)| sign.count()).sum::<usize>()
    }

    fn board(town: &Town, n: i64) -> Board {
        let cases: Vec<Case> = (1..=n)
            .map(|i| case_at(i, 114.0 + (i % 300) as f64 * 3e-4, 22.7 + (i / 300) as f64 * 3e-4))
            .collect();
        Board::new(cases, town)
    }

    /// While a level is made on the thread, the one before is shown, and what changes meanwhile is in the new one.
    #[test]
    fn a_level_of_many_cases_comes_later_and_has_missed_nothing() {
        let town = town();
        let mut board = board(&town, FEW as i64 + 50);
        let ctx = Context::default();
        let (mut points, mut levels) = (Points::default(), Levels::default());
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let update = |board: &Board, levels: &mut Levels, points: &mut Points| {
            points.update(board, None, now, &Many::default(), &mut |change| {
                levels.follow(change)
            })
        };
        assert!(!update(&board, &mut levels, &mut points));
        levels.want((28, true), &points, &ctx);
        assert!(levels.is_waiting() && levels.shown().is_none());
        for id in 1..=10 {
            board.remove(CaseId(id));
        }
        board.insert(case_at(900_000, 114.05, 22.75), &town);
        assert!(update(&board, &mut levels, &mut points));
        let until = Instant::now() + Duration::from_secs(30);
        while !levels.want((28, true), &points, &ctx) {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(gathered(&levels, &points), board.len());
        // Another one is ordered; this one stays, and follows.
        assert!(!levels.want((30, true), &points, &ctx));
        board.remove(CaseId(11));
        update(&board, &mut levels, &mut points);
        assert_eq!(gathered(&levels, &points), board.len());
    }
}
