//! The seat: who sits here, signing in and out, the lock, passphrases.
//!
//! A book without passphrases opens at once. Where the seat's post has one, it is asked for at the start, after a time
//! without a hand (the idle lock), and when another post takes over. A locked seat shows nothing of any case. See
//! [`crate::store::secret`] for what this protects against, and what not.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::{
    self, Align, Align2, Button, ComboBox, Frame, Id, Layout, Margin, RichText, TextEdit, Ui, WidgetInfo,
};

use crate::case::Duty;
use crate::store::secret::{MAX_CHARS, MIN_CHARS};
use crate::town::{Post, Role};

use super::keys::{self, Deed};
use super::{Intent, Scene, theme};

/// Roles whose posts work at a seat of the hall, in the order of the menu.
pub const SEATED: [Role; 7] = [
    Role::Dispatcher,
    Role::DutyLeader,
    Role::Inspector,
    Role::CommunityOfficer,
    Role::StreetChief,
    Role::PartyGridChief,
    Role::Administrator,
];

/// The longest wait after wrong passphrases, in seconds.
const WAIT_MAX_SECS: i64 = 60;
/// Width of the window, in points.
const WIDTH: f32 = 440.0;
/// Width of the lock's column: that of the menu of posts, in points.
const LOCK_WIDTH: f32 = 340.0;

/// What a view asks of the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Sign in what [`SignIn`] holds.
    SignIn,
    /// Leave the seat.
    SignOut,
    /// Lock it.
    Lock,
    /// Set what [`Change`] holds.
    Change,
    /// Take away the passphrase of the post that [`Change`] holds.
    Remove,
}

/// Who wants to sit here.
#[derive(Default)]
pub struct SignIn {
    /// The post's code; the seat's own where empty.
    pub post: String,
    /// What was typed.
    pub passphrase: String,
    /// Why it was not let in.
    pub refused: Option<String>,
}

/// A new passphrase.
#[derive(Default)]
pub struct Change {
    /// The post's code; the seat's own where empty.
    pub post: String,
    /// The passphrase until now.
    pub old: String,
    /// The new one.
    pub new: String,
    /// The new one once more.
    pub again: String,
    /// What became of it, and whether it went wrong.
    pub said: Option<(String, bool)>,
}

/// The door of the seat.
pub struct Door {
    /// Hashes by post. Those of the real book, also while the sample day is open.
    pub secrets: HashMap<String, String>,
    /// The post that signed in since this program began.
    pub who: Option<String>,
    /// Whether the hall's own entries have been read: who sits where.
    pub duty_known: bool,
    /// The last time a hand was seen.
    pub touched: DateTime<Utc>,
    /// The form to sign in.
    pub sign_in: SignIn,
    /// The form of passphrases.
    pub change: Change,
    /// What a view asked for.
    pub wish: Option<Wish>,
    /// Whether a passphrase is being hashed, or a sign-in is on its way to the journal.
    pub busy: bool,
    /// The field of the passphrase wants the focus.
    pub fresh: bool,
    locked: bool,
    wrong: u32,
    wait_until: Option<DateTime<Utc>>,
}

impl Door {
    /// An open door of a book without passphrases.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            secrets: HashMap::new(),
            who: None,
            duty_known: false,
            touched: now,
            sign_in: SignIn::default(),
            change: Change::default(),
            wish: None,
            busy: false,
            fresh: false,
            locked: false,
            wrong: 0,
            wait_until: None,
        }
    }

    /// Whether the seat shows nothing and does nothing until somebody signs in.
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// Whether the post has a passphrase.
    pub fn guards(&self, post: &str) -> bool {
        self.secrets.contains_key(post)
    }

    /// Locks the seat of `post`; a post without a passphrase has nothing to lock it with, and false is answered.
    pub fn lock(&mut self, post: &str) -> bool {
        if !self.guards(post) {
            return false;
        }
        self.locked = true;
        self.fresh = true;
        self.forget_typed();
        self.sign_in.post = post.to_owned();
        true
    }

    /// Opens the seat to `post`.
    pub fn open(&mut self, post: &str, now: DateTime<Utc>) {
        self.locked = false;
        self.who = Some(post.to_owned());
        self.touched = now;
        self.wrong = 0;
        self.wait_until = None;
        self.busy = false;
        self.forget_typed();
    }

    /// Opens the seat without asking anybody: for pictures, whose maker has the book's file anyway.
    pub fn open_unasked(&mut self) {
        self.locked = false;
    }

    /// Forgets every typed passphrase.
    pub fn forget_typed(&mut self) {
        self.sign_in = SignIn::default();
        self.change = Change::default();
    }

    /// Locks the seat of `post` where no hand was seen for so many minutes; 0 is never.
    pub fn lock_if_idle(&mut self, post: &str, minutes: u32, now: DateTime<Utc>) {
        let idle = minutes > 0 && now - self.touched >= TimeDelta::minutes(i64::from(minutes));
        if idle && !self.locked {
            self.lock(post);
        }
    }

    /// A wrong passphrase: the next try has to wait, each time twice as long.
    pub fn was_wrong(&mut self, now: DateTime<Utc>) {
        self.wrong += 1;
        let secs = (1_i64 << (self.wrong - 1).min(10)).min(WAIT_MAX_SECS);
        self.wait_until = Some(now + TimeDelta::seconds(secs));
        self.busy = false;
        self.fresh = true;
    }

    /// How many seconds the next try has to wait; 0 where it need not.
    pub fn wait_secs(&self, now: DateTime<Utc>) -> i64 {
        self.wait_until.map_or(0, |until| {
            (until - now).num_milliseconds().max(0).div_euclid(1000) + i64::from(until > now)
        })
    }

    /// What is wrong with the new passphrase, as a key of the words; `None` where nothing is.
    pub fn change_fault(&self) -> Option<&'static str> {
        let chars = self.change.new.chars().count();
        if chars < MIN_CHARS {
            Some("seat-too-short")
        } else if self.change.new != self.change.again {
            Some("seat-not-alike")
        } else {
            None
        }
    }
}

/// What the window and the lock show beside the door.
pub struct SeatState<'a> {
    /// The hall beside its cases.
    pub duty: &'a Duty,
    /// Name of the seat.
    pub seat: &'a str,
    /// The post that acts here.
    pub post: Option<&'a Post>,
}

/// "早班 1 号席 · 综治调度席".
pub fn seat_line(scene: Scene<'_>, state: &SeatState<'_>) -> String {
    let shift = scene.town.roster.current(scene.now, scene.town.timezone);
    let shift = shift.map_or("", |span| span.shift.name.get(scene.words.lang));
    let post = state.post.map_or("", |post| post.title.get(scene.words.lang));
    let args = [("seat", state.seat.into()), ("post", post.into())];
    format!("{shift} {}", scene.words.f("strip-seat", &args))
        .trim_start()
        .to_owned()
}

/// Draws the locked seat: a clock, and who may unlock it.
pub fn show_locked(ui: &mut Ui, scene: Scene<'_>, door: &mut Door, state: &SeatState<'_>) {
    let frame = Frame::new().fill(scene.colors.panel);
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            let height = ui.available_height();
            ui.add_space((height * 0.16).max(24.0));
            let now = scene.now.with_timezone(&scene.town.timezone);
            let clock = RichText::new(now.format("%H:%M:%S").to_string()).font(theme::strong_font(56.0));
            ui.label(clock.color(scene.colors.text));
            ui.label(RichText::new(now.format("%Y-%m-%d").to_string()).color(scene.colors.weak));
            ui.add_space(6.0 * theme::GRID);
            let title = RichText::new(scene.words.t("seat-locked")).font(theme::strong_font(theme::LARGE));
            ui.label(title);
            ui.label(RichText::new(seat_line(scene, state)).color(scene.colors.weak));
            ui.add_space(4.0 * theme::GRID);
            let column = egui::vec2(LOCK_WIDTH, 160.0);
            ui.allocate_ui_with_layout(column, Layout::top_down(Align::Min), |ui| {
                sign_in(ui, scene, door, state, true);
            });
        });
    });
}

/// Draws the window of the seat; false where it is closed.
pub fn show(
    ctx: &egui::Context,
    scene: Scene<'_>,
    door: &mut Door,
    state: &SeatState<'_>,
    intents: &mut Vec<Intent>,
) -> bool {
    let mut open = true;
    let title = RichText::new(scene.words.t("deed-seat")).font(theme::strong_font(theme::TITLE));
    egui::Window::new(title)
        .id(Id::unique("seat window"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, egui::Vec2::ZERO)
        .show(ctx, |ui| {
            ui.set_width(WIDTH);
            Frame::new().inner_margin(Margin::same(4)).show(ui, |ui| {
                here(ui, scene, door, state, intents);
                heading(ui, scene, "seat-take");
                sign_in(ui, scene, door, state, false);
                heading(ui, scene, "seat-passphrase-title");
                change(ui, scene, door, state);
            });
        });
    open
}

fn heading(ui: &mut Ui, scene: Scene<'_>, key: &str) {
    ui.add_space(2.0 * theme::GRID);
    ui.separator();
    ui.label(RichText::new(scene.words.t(key)).font(theme::strong_font(theme::BODY)));
}

fn weak(ui: &mut Ui, scene: Scene<'_>, text: &str) {
    ui.add(egui::Label::new(RichText::new(text).color(scene.colors.weak)).wrap());
}

/// Who sits here, and the ways to leave.
fn here(ui: &mut Ui, scene: Scene<'_>, door: &mut Door, state: &SeatState<'_>, intents: &mut Vec<Intent>) {
    ui.label(seat_line(scene, state));
    let (words, code) = (scene.words, state.post.map_or("", |post| post.code.as_str()));
    let seated = state
        .duty
        .seats
        .get(state.seat)
        .filter(|seated| *seated.post == *code);
    let since = match seated.filter(|_| door.who.is_some()) {
        Some(seated) => {
            let since = words.moment(seated.since, scene.now, scene.town.timezone);
            words.f("seat-since", &[("since", since.into())])
        }
        None => words.t("seat-not-signed-in").to_owned(),
    };
    weak(ui, scene, &since);
    let guarded = door.guards(code);
    if !guarded {
        weak(ui, scene, words.t("seat-no-passphrase"));
    }
    ui.horizontal(|ui| {
        let lock = format!("{}  {}", words.t("deed-lock"), keys::key_name(Deed::Lock));
        let lock = ui
            .add_enabled(guarded, Button::new(lock))
            .on_disabled_hover_text(words.t("seat-no-passphrase"));
        if lock.clicked() {
            intents.push(Intent::Do(Deed::Lock));
        }
        let out = ui
            .add_enabled(
                seated.is_some() && !door.busy,
                Button::new(words.t("seat-sign-out")),
            )
            .on_disabled_hover_text(words.t("seat-not-signed-in"));
        if out.clicked() {
            door.wish = Some(Wish::SignOut);
        }
    });
}

fn posts<'a>(scene: Scene<'a>) -> impl Iterator<Item = &'a Post> {
    let posts = &scene.town.posts;
    SEATED
        .iter()
        .flat_map(move |role| posts.iter().filter(move |post| post.role == *role))
}

/// A menu of posts; `only` says which.
fn post_menu(
    ui: &mut Ui,
    scene: Scene<'_>,
    (id, name): (&str, &str),
    chosen: &mut String,
    only: impl Fn(&Post) -> bool,
) -> bool {
    let line = |post: &Post| {
        let lang = scene.words.lang;
        format!("{} · {}", post.title.get(lang), post.holder.get(lang))
    };
    let shown = scene.town.post(chosen).map(line).unwrap_or_default();
    let mut changed = false;
    let menu = ComboBox::from_id_salt(id).width(LOCK_WIDTH).selected_text(&shown);
    let response = menu.show_ui(ui, |ui| {
        for post in posts(scene).filter(|post| only(post)) {
            if ui.selectable_label(post.code == *chosen, line(post)).clicked() {
                chosen.clone_from(&post.code);
                changed = true;
            }
        }
    });
    response.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, name);
        info.current_text_value = Some(shown.clone());
        info
    });
    changed
}

/// A field whose characters nobody sees. True where Enter was pressed in it.
fn secret_field(
    ui: &mut Ui,
    scene: Scene<'_>,
    (id, key): (&str, &str),
    text: &mut String,
    focus: bool,
) -> bool {
    ui.horizontal(|ui| {
        let name = ui.scope(|ui| {
            ui.set_min_width(104.0);
            ui.label(RichText::new(scene.words.t(key)).color(scene.colors.weak))
                .id
        });
        let field = TextEdit::singleline(text)
            .id(Id::unique(id))
            .password(true)
            .char_limit(MAX_CHARS)
            .desired_width(220.0);
        let response = ui.add(field).labelled_by(name.inner);
        if focus {
            response.request_focus();
        }
        response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter))
    })
    .inner
}

/// The form to sign in. On a locked seat only posts with a passphrase can: any other would open the lock to everybody.
fn sign_in(ui: &mut Ui, scene: Scene<'_>, door: &mut Door, state: &SeatState<'_>, locked: bool) {
    let words = scene.words;
    if door.sign_in.post.is_empty() {
        door.sign_in.post = state.post.map(|post| post.code.clone()).unwrap_or_default();
    }
    let secrets = &door.secrets;
    let changed = post_menu(
        ui,
        scene,
        ("seat post", words.t("settings-post")),
        &mut door.sign_in.post,
        |post| !locked || secrets.contains_key(&post.code),
    );
    if changed {
        door.sign_in.passphrase.clear();
        door.sign_in.refused = None;
        door.fresh = true;
    }
    let guarded = door.guards(&door.sign_in.post);
    let mut entered = false;
    let ready = !door.busy;
    if guarded {
        let focus = std::mem::take(&mut door.fresh) && ready;
        let names = ("seat passphrase", "seat-passphrase");
        entered = secret_field(ui, scene, names, &mut door.sign_in.passphrase, focus);
    } else {
        weak(ui, scene, words.t("seat-free"));
    }
    let wait = door.wait_secs(scene.now);
    let empty = guarded && door.sign_in.passphrase.is_empty();
    ui.horizontal(|ui| {
        let key = if locked { "seat-unlock" } else { "seat-sign-in" };
        let can = ready && wait == 0 && !empty;
        let button = Button::new(RichText::new(words.t(key)).color(scene.colors.on_accent))
            .fill(scene.colors.accent)
            .min_size(egui::vec2(0.0, 32.0));
        let pressed = ui.add_enabled(can, button).clicked();
        if can && (pressed || entered) {
            door.wish = Some(Wish::SignIn);
        } else if entered {
            door.fresh = true;
        }
        if door.busy {
            ui.spinner();
        }
    });
    if let Some(refused) = &door.sign_in.refused {
        ui.label(RichText::new(refused).color(scene.colors.red_text));
    }
    if wait > 0 {
        ui.label(RichText::new(words.n("seat-wait", wait as usize)).color(scene.colors.amber_text));
    }
}

/// The form of passphrases: everybody of one's own, an administrator of all.
fn change(ui: &mut Ui, scene: Scene<'_>, door: &mut Door, state: &SeatState<'_>) {
    let words = scene.words;
    let Some(own) = state.post else { return };
    if door.change.post.is_empty() {
        door.change.post.clone_from(&own.code);
    }
    let administrator = own.role == Role::Administrator;
    if administrator {
        let names = ("passphrase post", words.t("seat-passphrase-of"));
        post_menu(ui, scene, names, &mut door.change.post, |_| true);
    } else {
        door.change.post.clone_from(&own.code);
    }
    let has = door.guards(&door.change.post);
    let needs_old = has && (!administrator || door.change.post == own.code);
    if needs_old {
        secret_field(
            ui,
            scene,
            ("old passphrase", "seat-old"),
            &mut door.change.old,
            false,
        );
    }
    secret_field(
        ui,
        scene,
        ("new passphrase", "seat-new"),
        &mut door.change.new,
        false,
    );
    let entered = secret_field(
        ui,
        scene,
        ("passphrase again", "seat-again"),
        &mut door.change.again,
        false,
    );
    ui.horizontal(|ui| {
        let wait = door.wait_secs(scene.now) > 0;
        let fault = door.change_fault();
        let can = fault.is_none() && !door.busy && !wait;
        let set = ui
            .add_enabled(can, Button::new(words.t("seat-set")))
            .on_disabled_hover_text(words.n(fault.unwrap_or("seat-too-short"), MIN_CHARS));
        if can && (set.clicked() || entered) {
            door.wish = Some(Wish::Change);
        }
        if has {
            let can = !door.busy && !wait && (!needs_old || !door.change.old.is_empty());
            let remove = ui
                .add_enabled(can, Button::new(words.t("seat-remove")))
                .on_disabled_hover_text(words.t("seat-old"));
            if remove.clicked() {
                door.wish = Some(Wish::Remove);
            }
        }
    });
    if let Some((said, bad)) = &door.change.said {
        let color = if *bad {
            scene.colors.red_text
        } else {
            scene.colors.text
        };
        ui.label(RichText::new(said).color(color));
    }
    weak(ui, scene, words.t("seat-what-for"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        let mut door = Door::new(DateTime::UNIX_EPOCH);
        door.secrets.insert("A".into(), "hash".into());
        door
    }

    #[test]
    fn each_wrong_passphrase_waits_twice_as_long() {
        let (mut door, now) = (door(), DateTime::UNIX_EPOCH);
        let waits: Vec<i64> = (0..8)
            .map(|_| {
                door.was_wrong(now);
                (door.wait_until.unwrap() - now).num_seconds()
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(door.wait_secs(now) > 0);
        assert_eq!(door.wait_secs(now + TimeDelta::seconds(60)), 0);
        door.open("A", now);
        assert_eq!(door.wait_secs(now), 0);
    }

    #[test]
    fn only_a_post_with_a_passphrase_is_locked_out() {
        let (mut door, now) = (door(), DateTime::UNIX_EPOCH);
        let later = now + TimeDelta::minutes(15);
        door.lock_if_idle("B", 15, later);
        assert!(!door.is_locked(), "a post without a passphrase");
        door.lock_if_idle("A", 0, later);
        assert!(!door.is_locked(), "switched off");
        door.lock_if_idle("A", 15, later - TimeDelta::seconds(1));
        assert!(!door.is_locked());
        door.lock_if_idle("A", 15, later);
        assert!(door.is_locked());
    }
}
