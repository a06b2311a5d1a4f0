//! The hall in a drill: a book of its own, a clock of its own, and simulated people who answer as units and reporters do.
//! They give their commands to the desk and to the journal's keeper as everybody does.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use eframe::egui::{self, Frame, Margin, Panel};

use crate::case::{Case, CaseId, Entry};
use crate::desk::{self, Refusal, Situation};
use crate::drill::clock::DrillClock;
use crate::drill::review::Reviewer;
use crate::drill::run::{self, AtHand, Settings};
use crate::drill::{Act, People, Review, Scenario, World, book_beside};
use crate::store::memory::MemoryStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{DrillMark, Store, StoreError, TownMark};
use crate::town::{Name, Standing, Town};
use crate::ui::drill_bar::{self, BarState, ClockState};
use crate::ui::keys::Deed;
use crate::ui::review_window::{self, ReviewState};
use crate::ui::{Intent, Palette, Scene, flat};

use super::{Answer, Hall, Overlay, Pending};

/// The drill that the hall offers.
const ORDINARY: &str = "ordinary-day";
/// How fast it runs at first.
const SPEED: f64 = 10.0;
/// So many commands of simulated people are given in one frame at most, and wait for the journal.
const PER_FRAME: usize = 16;
const WAITING_MAX: usize = 64;

/// A drill that is to begin.
#[derive(Clone, Debug, PartialEq)]
pub struct DrillStart {
    /// What happens.
    pub scenario: Arc<Scenario>,
    /// What is drawn follows from it.
    pub seed: u64,
    /// So many reports, where somebody asked for a number.
    pub cases: Option<u64>,
    /// Minutes of the drill in a minute.
    pub speed: f64,
    /// How good the dispatcher is that the trainee is compared with, 0 to 1.
    pub skill: f64,
    /// The book, where it is not the one beside the real one.
    pub book: Option<PathBuf>,
}

/// A drill's book that is open.
pub(super) struct Drilling {
    /// What it is called.
    pub name: Name,
    /// What is being played; `None` for a book that is only looked at.
    pub play: Option<Play>,
}

impl Drilling {
    /// A drill's book that is only looked at, as for a picture.
    pub fn looked_at(mark: &DrillMark) -> Self {
        let name = mark.to_string();
        Self {
            name: Name {
                zh: name.clone(),
                en: name,
            },
            play: None,
        }
    }
}

/// A drill that is being played.
pub(super) struct Play {
    start: DrillStart,
    people: People,
    clock: DrillClock,
    /// The cases that people look at: the board's, and those that have ended a short while ago.
    cases: AtHand,
    /// Commands that the journal has not answered yet, by their tickets.
    acts: HashMap<u64, Act>,
    reviewer: Reviewer,
    /// How the automatic dispatcher did up to the moment of the review.
    automatic: Option<Result<Review, String>>,
    /// The trainee's figures at that moment.
    own: Review,
    over: bool,
    /// Stops the thread that works out the automatic dispatcher's figures.
    stop: Arc<AtomicBool>,
}

impl Drop for Play {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Play {
    fn new(start: DrillStart, town: &Town, real: DateTime<Utc>) -> Self {
        let scenario = &start.scenario;
        Self {
            people: People::new(scenario.clone(), town, start.seed, start.cases, None),
            clock: DrillClock::new(scenario.from, real, start.speed),
            cases: AtHand::default(),
            acts: HashMap::new(),
            reviewer: Reviewer::default(),
            automatic: None,
            own: Review::default(),
            over: false,
            stop: Arc::default(),
            start,
        }
    }

    fn clock_state(&self) -> ClockState {
        ClockState {
            speed: self.clock.speed(),
            paused: self.clock.is_paused(),
            over: self.over,
        }
    }
}

impl Hall {
    /// Whether this is a drill's book.
    pub fn is_drill(&self) -> bool {
        self.drill.is_some()
    }

    /// The book of the drill that is being played.
    pub(super) fn drill_book(&self) -> Option<PathBuf> {
        let play = self.drill.as_ref()?.play.as_ref()?;
        let own = play.start.book.clone();
        Some(own.unwrap_or_else(|| book_beside(&self.paths.book)))
    }

    /// Begins a drill, as its button would.
    pub fn begin_drill(&mut self, start: DrillStart) {
        self.intents.push(Intent::BeginDrill(Box::new(start)));
    }

    /// The time of the hall's clocks: the machine's, or the drill's.
    pub(super) fn look_at_the_clock(&mut self) {
        self.real = (self.clock)();
        self.now = match self.drill.as_mut().and_then(|drill| drill.play.as_mut()) {
            Some(play) => play.clock.look(self.real, play.start.scenario.until),
            None => self.real,
        };
    }

    fn playing(&mut self) -> Option<&mut Play> {
        self.drill.as_mut()?.play.as_mut()
    }

    /// What the keys of a drill do.
    pub(super) fn drill_deed(&mut self, deed: Deed) {
        if deed == Deed::Drill && self.playing().is_none() {
            return self.begin_ordinary_drill();
        }
        let Some(play) = self.playing() else {
            let text = self.words.t("said-no-drill").to_owned();
            return self.say(text, true);
        };
        match deed {
            Deed::DrillPause if !play.over => {
                let paused = play.clock.is_paused();
                play.clock.pause(!paused);
                if paused && self.overlay == Overlay::DrillReview {
                    self.overlay = Overlay::None;
                }
            }
            Deed::DrillFaster | Deed::DrillSlower => {
                let speed = play.clock.other_speed(deed == Deed::DrillFaster);
                self.set_drill_speed(speed);
            }
            Deed::Drill | Deed::DrillReview => self.review_drill(),
            _ => {}
        }
    }

    pub(super) fn set_drill_speed(&mut self, speed: f64) {
        if let Some(play) = self.playing().filter(|play| !play.over) {
            play.clock.set_speed(speed);
            let text = self.words.f("said-drill-speed", &[("speed", speed.into())]);
            self.say(text, false);
        }
    }

    fn begin_ordinary_drill(&mut self) {
        let town = self.town_of_file();
        let loaded = match Scenario::find(ORDINARY) {
            Some(path) => Scenario::load(&path, &town).map_err(|error| error.to_string()),
            None => Err(self.words.f("said-no-scenario", &[("name", ORDINARY.into())])),
        };
        match loaded {
            Ok(scenario) => self.start_drill(DrillStart {
                skill: scenario.skill,
                scenario: Arc::new(scenario),
                // Every drill is another one.
                seed: self.real.timestamp().unsigned_abs(),
                cases: None,
                speed: SPEED,
                book: None,
            }),
            Err(error) => self.say(error, true),
        }
    }

    /// The town with the catalogue and the ground of its files: what the hall of another book has changed does not hold in
    /// a drill.
    pub(super) fn town_of_file(&self) -> Arc<Town> {
        let mut town = self.ground.of_file().unwrap_or_else(|| self.town.clone());
        Arc::make_mut(&mut town).catalogue = self.catalogue_of_file.clone();
        town
    }

    /// Makes a new book for a drill and begins it.
    pub(super) fn start_drill(&mut self, start: DrillStart) {
        let book = start
            .book
            .clone()
            .unwrap_or_else(|| book_beside(&self.paths.book));
        let mark = DrillMark {
            scenario: start.scenario.id.clone(),
            seed: start.seed,
            cases: start.cases,
            skill: None,
        };
        match new_book(&book, &self.town_of_file(), &mark, &self.paths.book) {
            Ok(store) => {
                let name = start.scenario.name.clone();
                let play = Play::new(start, &self.town_of_file(), self.real);
                let drilling = Drilling {
                    name,
                    play: Some(play),
                };
                self.use_book(Box::new(store), false, Some(drilling));
            }
            Err(error) => {
                let text = self.store_words(&error);
                self.say(text, true);
            }
        }
    }

    /// Takes in what the journal has, for those who play.
    pub(super) fn drill_hears(&mut self, entry: &Entry) {
        let Some(play) = self.drill.as_mut().and_then(|drill| drill.play.as_mut()) else {
            return;
        };
        if entry.case == CaseId::HALL {
            return;
        }
        if let Err(error) = play.cases.apply(entry, &self.town) {
            let text = error.to_string();
            return self.say(text, true);
        }
        if let Some(case) = desk::Cases::case(&play.cases, entry.case) {
            play.reviewer.hear(&self.town, entry, case);
        }
        let world = World {
            town: &self.town,
            board: &play.cases.board,
            cases: &play.cases,
            duty: &self.duty,
            now: entry.at,
        };
        play.people.hear(&world, entry);
    }

    /// Simulated people do what their time has come for.
    pub(super) fn play(&mut self) {
        if !self.loaded || !self.seats.door.duty_known {
            return;
        }
        for _ in 0..PER_FRAME {
            if !self.play_once() {
                break;
            }
        }
        let now = self.now;
        let Some(play) = self.playing() else { return };
        if now >= play.start.scenario.until && !play.over {
            play.over = true;
            play.clock.pause(true);
            self.review_drill();
        } else if !play.clock.is_paused() {
            // Faster clocks are looked at more often.
            let wait = (1.0 / play.clock.speed()).clamp(0.05, 1.0);
            self.ctx
                .request_repaint_after(std::time::Duration::from_secs_f64(wait));
        }
    }

    /// One command of one of them. False where nobody wants to do anything now.
    fn play_once(&mut self) -> bool {
        let now = self.now;
        let Some(play) = self.drill.as_mut().and_then(|drill| drill.play.as_mut()) else {
            return false;
        };
        let due = play
            .people
            .next_at()
            .is_some_and(|at| at <= now && at < play.start.scenario.until);
        if !due || play.acts.len() >= WAITING_MAX {
            return false;
        }
        let world = World {
            town: &self.town,
            board: &play.cases.board,
            cases: &play.cases,
            duty: &self.duty,
            now,
        };
        let Some(act) = play.people.act(&world) else {
            return true;
        };
        let situation = Situation {
            town: &self.town,
            cases: &play.cases,
            duty: &self.duty,
            now,
        };
        match desk::decide(&situation, act.command.clone()) {
            Ok(drafts) => {
                let ticket = self.next_ticket;
                self.next_ticket += 1;
                let photos = act.photos.clone();
                play.acts.insert(ticket, act);
                self.pending.insert(ticket, Pending::Drill);
                self.keeper.append(ticket, drafts, photos);
            }
            // The trainee was faster, and the journal has not said so yet.
            Err(Refusal::NotNow { .. } | Refusal::MovedOn { .. } | Refusal::NotOpen { .. }) => {
                play.people.failed(&act, now);
            }
            Err(refusal) => {
                tracing::warn!("a command of the drill was refused: {refusal}");
                play.people.refused(&act);
            }
        }
        true
    }

    /// The journal has answered a command of the drill.
    pub(super) fn drill_appended(&mut self, ticket: u64, error: Option<&StoreError>) {
        let now = self.now;
        let Some(play) = self.playing() else { return };
        let Some(act) = play.acts.remove(&ticket) else {
            return;
        };
        match error {
            None => {}
            Some(StoreError::Conflict { .. }) => play.people.failed(&act, now),
            Some(error) => {
                play.people.failed(&act, now);
                let text = self.store_words(error);
                self.say(text, true);
            }
        }
    }

    /// Lets the drill stand and opens the review of it up to now.
    fn review_drill(&mut self) {
        let now = self.now;
        let Some(play) = self.playing() else { return };
        play.clock.pause(true);
        play.own = play.reviewer.review(now);
        play.automatic = None;
        play.stop.store(true, Ordering::Relaxed);
        play.stop = Arc::default();
        let (start, stop) = (play.start.clone(), play.stop.clone());
        self.overlay = Overlay::DrillReview;
        let (town, send, ctx) = (self.town.clone(), self.answers.0.clone(), self.ctx.clone());
        self.spawn("drill-review", move || {
            let review = automatic(&town, &start, now, &stop);
            if !stop.load(Ordering::Relaxed) {
                send.send(Answer::DrillReviewed(stop, Box::new(review))).ok();
                ctx.request_repaint();
            }
        });
    }

    /// The automatic dispatcher's figures are worked out.
    pub(super) fn drill_reviewed(&mut self, stop: &Arc<AtomicBool>, review: Result<Review, String>) {
        // Of another drill, or of an earlier moment.
        if let Some(play) = self.playing().filter(|play| Arc::ptr_eq(&play.stop, stop)) {
            play.automatic = Some(review);
        }
    }

    /// Draws the band that marks a drill, if this is one.
    pub(super) fn drill_band(&self, ui: &mut egui::Ui, locked: bool, intents: &mut Vec<Intent>) {
        let Some(drill) = &self.drill else { return };
        let state = BarState {
            name: drill.name.get(self.words.lang),
            clock: drill.play.as_ref().map(Play::clock_state),
        };
        let colors = Palette::of(self.settings.dark);
        let frame = Frame::new().inner_margin(Margin::symmetric(12, 0));
        let band = Panel::top("drill")
            .exact_size(drill_bar::HEIGHT)
            .resizable(false)
            .frame(frame);
        let scene = self.scene();
        flat::below(ui, colors.panel, |ui| {
            let band = band.show(ui, |ui| drill_bar::show(ui, scene, &state, locked, intents));
            band.response.rect
        });
    }

    pub(super) fn drill_review_window(&mut self, ctx: &egui::Context, intents: &mut Vec<Intent>) {
        let Some(Drilling {
            name,
            play: Some(play),
        }) = &self.drill
        else {
            self.overlay = Overlay::None;
            return;
        };
        let state = ReviewState {
            name: name.get(self.words.lang),
            seed: play.start.seed,
            own: &play.own,
            automatic: play.automatic.as_ref(),
            skill: play.start.skill,
            over: play.over,
        };
        let scene: Scene<'_> = self.scene();
        if !review_window::show(ctx, scene, &state, intents) {
            self.overlay = Overlay::None;
        }
    }

    /// A case that has ended a short while ago in a drill.
    pub fn drill_case(&self, id: CaseId) -> Option<&Case> {
        let play = self.drill.as_ref()?.play.as_ref()?;
        desk::Cases::case(&play.cases, id)
    }
}

/// How the automatic dispatcher would have done with the same town life up to `until`.
fn automatic(
    town: &Town,
    start: &DrillStart,
    until: DateTime<Utc>,
    stop: &AtomicBool,
) -> Result<Review, String> {
    let settings = Settings {
        seed: start.seed,
        cases: start.cases,
        skill: Some(start.skill),
        until: Some(until),
    };
    let mut store = MemoryStore::new();
    let mut go_on = |_| match stop.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let outcome = run::run(town, &start.scenario, &settings, &mut store, &mut go_on);
    let outcome = outcome.map_err(|error| error.to_string())?;
    outcome
        .review
        .ok_or_else(|| format!("more than {} cases", run::REVIEWED))
}

/// Makes a new book for a drill. The book of the drill before is put aside; a real one is left alone.
fn new_book(book: &Path, town: &Town, mark: &DrillMark, real: &Path) -> Result<SqliteStore, StoreError> {
    if book == real {
        return Err(StoreError::RealBook {
            path: book.to_owned(),
        });
    }
    if book.exists() {
        let there = SqliteStore::open(book)?;
        if there.drill()?.is_none() && there.last_seq()? > 0 {
            return Err(StoreError::RealBook {
                path: book.to_owned(),
            });
        }
        // Closed first, so that nothing of it is left in a log beside it.
        drop(there);
        put_aside(book)?;
    }
    let mut store = SqliteStore::open(book)?;
    store.set_drill(mark)?;
    store.set_town(&TownMark::of(town))?;
    store.set_standing(&Arc::new(Standing::of(town)))?;
    Ok(store)
}

/// Renames `NAME.db` to `NAME.old.db`; one that was put aside before is replaced.
fn put_aside(book: &Path) -> Result<(), StoreError> {
    let old = book.with_extension("old.db");
    let beside = |path: &Path, ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    for ending in ["-wal", "-shm"] {
        std::fs::remove_file(beside(&old, ending)).ok();
        std::fs::rename(beside(book, ending), beside(&old, ending)).ok();
    }
    std::fs::rename(book, &old).map_err(|error| StoreError::ReadOnly {
        path: book.to_owned(),
        reason: error.to_string(),
    })
}
