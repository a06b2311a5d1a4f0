//! What the window does about its seat: the door, alarms, shifts, handovers. Everything here is given to the desk as
//! commands of the hall itself, and comes back as entries for all seats.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::{self, UserAttentionType, ViewportCommand};

use crate::case::{Action, CaseId, DutyAction, Entry};
use crate::desk::alarm::Alarms;
use crate::desk::{self, Command, Order, Refusal, Situation, handover};
use crate::store::{Draft, secret};
use crate::town::{Post, Role};
use crate::ui::Intent;
use crate::ui::hall::alarms::{self, AlarmList};
use crate::ui::handover_window::{self, HandoverWindow};
use crate::ui::keys::Deed;
use crate::ui::seat_window::{self, Door, SeatState, Wish};
use crate::ui::shift_window::ShiftWindow;

use super::{Answer, Hall, Overlay, Pending};

/// How often the alarms are brought up to the time.
const LOOKS: TimeDelta = TimeDelta::seconds(1);
/// While something calls and nobody comes, attention is called for again after so long.
const CALLS_AGAIN: TimeDelta = TimeDelta::seconds(60);
/// The handover tells of so much where the roster knows no shift.
const WITHOUT_SHIFT: TimeDelta = TimeDelta::hours(8);

/// All that belongs to the seat.
pub(super) struct Seats {
    pub door: Door,
    pub alarms: Alarms,
    pub list: AlarmList,
    shifts: ShiftWindow,
    handover: HandoverWindow,
    looked: DateTime<Utc>,
    /// All open cases were read, and nobody looked yet which of them are alarms.
    pub alarms_unread: bool,
    called: Option<DateTime<Utc>>,
    /// What is to be done with a passphrase once it was looked at.
    sign_in: Option<String>,
}

impl Seats {
    /// Whether something is under way that a window waits for.
    pub fn is_waiting(&self) -> bool {
        self.alarms_unread
            || self.sign_in.is_some()
            || self.door.wish.is_some()
            || self.handover.waiting
            || self.handover.wanted
    }

    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            door: Door::new(now),
            alarms: Alarms::default(),
            list: AlarmList::default(),
            shifts: ShiftWindow::default(),
            handover: HandoverWindow::default(),
            looked: now,
            alarms_unread: false,
            called: None,
            sign_in: None,
        }
    }
}

/// What a worker found out about a passphrase.
pub(super) enum Looked {
    /// Whether it opens the door to that post.
    SignIn(String, Result<bool, String>),
    /// The hash to set for that post (none takes the passphrase away); `None` where the old passphrase was wrong.
    Change(String, Result<Option<Option<String>>, String>),
    /// What became of a file that was written, and whether it went wrong.
    Wrote(String, bool),
}

impl Hall {
    /// The hashes of the book's passphrases have come. The seat of a post that has one is locked until it was told.
    pub(super) fn secrets_came(&mut self, secrets: Vec<(String, String)>) {
        self.seats.door.secrets = secrets.into_iter().collect();
        let post = self.post().map(|post| post.code.clone()).unwrap_or_default();
        // Its passphrase was taken away elsewhere: there is nothing to ask for any more.
        if !self.seats.door.guards(&post) {
            self.seats.door.open_unasked();
        }
    }

    /// Begins with the seat locked where its post has a passphrase.
    pub(super) fn close_door(&mut self) {
        let post = self.post().map(|post| post.code.clone()).unwrap_or_default();
        self.seats.door.lock(&post);
    }

    /// Opens the seat without asking: for pictures, whose maker has the book's file anyway.
    pub fn open_door(&mut self) {
        self.seats.door.open_unasked();
    }

    /// Whether the seat is locked.
    pub fn is_locked(&self) -> bool {
        self.seats.door.is_locked()
    }

    /// The alarms of the hall.
    pub fn alarms(&self) -> &Alarms {
        &self.seats.alarms
    }

    /// The hall beside its cases.
    pub fn duty(&self) -> &crate::case::Duty {
        &self.duty
    }

    /// One round of what the seat does by itself.
    pub(super) fn mind_the_seat(&mut self, ctx: &egui::Context) {
        let hand = ctx.input(|i| !i.events.is_empty() || i.pointer.is_moving());
        if hand && !self.is_locked() {
            self.seats.door.touched = self.real;
        }
        let post = self.post().map(|post| post.code.clone()).unwrap_or_default();
        let minutes = self.settings.lock_minutes;
        self.seats.door.lock_if_idle(&post, minutes, self.real);
        if let Some(wish) = self.seats.door.wish.take() {
            self.grant(wish);
        }
        if self.seats.door.duty_known
            && let Some(post) = self.seats.sign_in.take()
        {
            self.sit_down(post);
        }
        if self.loaded && self.seats.door.duty_known {
            self.mind_the_alarms(ctx);
        }
        if std::mem::take(&mut self.seats.handover.wanted) {
            self.seats.handover.waiting = true;
            self.keeper.entries_since(self.shift_began());
        }
        if let Some(number) = self.seats.handover.export.take() {
            self.export_handover(number);
        }
    }

    fn mind_the_alarms(&mut self, ctx: &egui::Context) {
        // What was acknowledged is known by now, and a start shows its cases first.
        if self.seats.alarms_unread && (self.has_shown_cases(ctx) || self.is_locked()) {
            self.seats.alarms_unread = false;
            self.alarms_anew();
        }
        if (self.now - self.seats.looked).abs() >= LOOKS || self.seats.alarms.is_stale(&self.duty) {
            self.seats.looked = self.now;
            self.seats.alarms.pass(&self.board, &self.duty, self.now);
        }
        let calls = self
            .seats
            .alarms
            .lists()
            .new
            .iter()
            .any(|alarm| alarm.kind.calls());
        let muted = self.seats.list.muted_until.is_some_and(|until| self.now < until);
        let again = self.seats.called.is_none_or(|at| self.real - at >= CALLS_AGAIN);
        if !calls {
            self.seats.called = None;
        } else if !muted && again {
            self.seats.called = Some(self.real);
            let how = ViewportCommand::RequestUserAttention(UserAttentionType::Critical);
            ctx.send_viewport_cmd(how);
            // Nobody is in danger on a sample day, nor in a drill.
            if !self.sample && !self.is_drill() {
                self.seats.list.bell.ring();
            }
        }
    }

    /// All open cases were read anew.
    pub(super) fn alarms_anew(&mut self) {
        self.seats.alarms = Alarms::of(&self.board, &self.duty, self.now);
    }

    /// When the shift that runs began.
    fn shift_began(&self) -> DateTime<Utc> {
        let span = self.town.roster.current(self.now, self.town.timezone);
        span.map_or(self.now - WITHOUT_SHIFT, |span| span.from)
    }

    /// The entries of the shift have come: the handover is drawn up.
    pub(super) fn draw_up_handover(&mut self, from: DateTime<Utc>, entries: &[Entry]) {
        self.seats.alarms.pass(&self.board, &self.duty, self.now);
        let new = &self.seats.alarms.lists().new;
        let drawn = handover::draft(
            &self.town,
            &self.board,
            &self.duty,
            new,
            entries,
            (from, self.now),
        );
        let text = handover_window::draft_text(self.scene(), &drawn);
        self.seats.handover.drawn_up(text);
    }

    /// What an entry of the hall means for the windows of this seat.
    pub(super) fn duty_changed(&mut self, action: &DutyAction) {
        match action {
            DutyAction::Passphrase { .. } if !self.sample && !self.is_drill() => self.keeper.secrets(),
            DutyAction::Handover { .. } | DutyAction::TakeOver { .. } => self.seats.handover.signed(),
            _ => {}
        }
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Lock => self.lock_seat(),
            Wish::SignIn => self.try_to_sign_in(),
            Wish::SignOut => {
                let actor = self.acting();
                if self.order_duty(&actor, vec![DutyAction::SignOut]) {
                    self.seats.door.who = None;
                    self.lock_seat_silently();
                }
            }
            Wish::Change => self.change_passphrase(false),
            Wish::Remove => self.change_passphrase(true),
        }
    }

    /// The post that acts at this seat; empty in a town without posts.
    pub(super) fn acting(&self) -> Arc<str> {
        self.post()
            .map(|post| post.code.as_str().into())
            .unwrap_or_default()
    }

    fn lock_seat_silently(&mut self) -> bool {
        let post = self.acting();
        let locked = self.seats.door.lock(&post);
        if locked {
            self.overlay = Overlay::None;
        }
        locked
    }

    fn lock_seat(&mut self) {
        if !self.lock_seat_silently() {
            let text = self.words.t("seat-no-passphrase").to_owned();
            self.say(text, true);
        }
    }

    /// A post is to sit here: at once where it has no passphrase, else after the window has asked for it.
    pub(super) fn take_seat(&mut self, post: String) {
        let guarded = self.seats.door.guards(&post);
        self.seats.door.forget_typed();
        self.seats.door.sign_in.post = post;
        if guarded {
            self.seats.door.fresh = true;
            self.overlay = Overlay::Seat;
        } else {
            self.try_to_sign_in();
        }
    }

    fn try_to_sign_in(&mut self) {
        let door = &mut self.seats.door;
        if door.busy || door.wait_secs(self.real) > 0 {
            return;
        }
        let post = door.sign_in.post.clone();
        door.sign_in.refused = None;
        let Some(phc) = door.secrets.get(&post).cloned() else {
            // A locked seat is not opened by a post that anybody can be.
            if !door.is_locked() {
                self.seats.sign_in = Some(post);
            }
            return;
        };
        door.busy = true;
        let typed = std::mem::take(&mut door.sign_in.passphrase);
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        self.spawn("passphrase", move || {
            let looked = Looked::SignIn(post, secret::verify(&typed, &phc));
            send.send(Answer::Looked(looked)).ok();
            ctx.request_repaint();
        });
    }

    fn change_passphrase(&mut self, remove: bool) {
        let door = &mut self.seats.door;
        if door.busy || door.wait_secs(self.real) > 0 || (!remove && door.change_fault().is_some()) {
            return;
        }
        let post = door.change.post.clone();
        let own = self.town.post(&self.settings.post);
        let administrator = own.is_some_and(|own| own.role == Role::Administrator && own.code != post);
        let door = &mut self.seats.door;
        let old = door.secrets.get(&post).cloned().filter(|_| !administrator);
        door.busy = true;
        let typed = std::mem::take(&mut door.change.old);
        let new = std::mem::take(&mut door.change.new);
        door.change.again.clear();
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        self.spawn("passphrase", move || {
            let work = || {
                if let Some(old) = old
                    && !secret::verify(&typed, &old)?
                {
                    return Ok(None);
                }
                let phc = if remove { None } else { Some(secret::hash(&new)?) };
                Ok(Some(phc))
            };
            send.send(Answer::Looked(Looked::Change(post, work()))).ok();
            ctx.request_repaint();
        });
    }

    /// A worker has looked at a passphrase.
    pub(super) fn looked(&mut self, looked: Looked) {
        match looked {
            Looked::SignIn(post, Ok(true)) => self.seats.sign_in = Some(post),
            Looked::SignIn(_, Ok(false)) => {
                self.seats.door.was_wrong(self.real);
                let text = self.words.t("seat-wrong").to_owned();
                self.seats.door.sign_in.refused = Some(text);
            }
            Looked::SignIn(_, Err(error)) => {
                self.seats.door.busy = false;
                self.seats.door.sign_in.refused = Some(error);
            }
            Looked::Change(post, Ok(Some(phc))) => self.set_passphrase(post, phc),
            Looked::Change(_, Ok(None)) => {
                self.seats.door.was_wrong(self.real);
                let text = self.words.t("seat-wrong").to_owned();
                self.seats.door.change.said = Some((text, true));
            }
            Looked::Change(_, Err(error)) => {
                self.seats.door.busy = false;
                self.seats.door.change.said = Some((error, true));
            }
            Looked::Wrote(text, bad) => self.say(text, bad),
        }
    }

    /// The post takes the seat. Whoever sat there is relieved; open drafts stay.
    fn sit_down(&mut self, post: String) {
        self.seats.door.busy = false;
        let unlocks = self.is_locked() && self.seats.door.who.as_deref() == Some(&post);
        let there = self.duty.seats.get(self.settings.seat.as_str());
        let relieves = there
            .map(|seated| seated.post.clone())
            .filter(|seated| **seated != *post);
        let before = std::mem::replace(&mut self.settings.post, post.clone());
        // In the sample day nobody's work is told; its book is thrown away.
        if !unlocks && !self.order_duty(&post, vec![DutyAction::SignIn { relieves }]) {
            self.settings.post = before;
            return;
        }
        self.seats.door.open(&post, self.real);
        let name = self.post().map(|p| p.title.get(self.words.lang).to_owned());
        let args = [("post", name.unwrap_or_default().into())];
        let text = self.words.f("seat-welcome", &args);
        self.say(text, false);
    }

    fn set_passphrase(&mut self, post: String, phc: Option<String>) {
        let actor = self.acting();
        let action = DutyAction::Passphrase {
            post: post.as_str().into(),
        };
        let in_drill = self.is_drill();
        let door = &mut self.seats.door;
        door.busy = false;
        if self.sample || in_drill {
            let key = if in_drill {
                "seat-not-in-drill"
            } else {
                "seat-not-in-sample"
            };
            let text = self.words.t(key).to_owned();
            self.seats.door.change.said = Some((text, true));
            return;
        }
        match self.duty_drafts(&actor, vec![action]) {
            Ok(mut drafts) => {
                let key = if phc.is_some() {
                    "seat-was-set"
                } else {
                    "seat-was-removed"
                };
                self.seats.door.change.said = Some((self.words.t(key).to_owned(), false));
                if let Some(draft) = drafts.pop() {
                    let ticket = self.ticket(Pending::Duty);
                    self.keeper.set_secret(ticket, draft, post, phc);
                }
            }
            Err(refusal) => {
                let text = self.refusal_words(&refusal);
                self.seats.door.change.said = Some((text, true));
            }
        }
    }

    fn ticket(&mut self, pending: Pending) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.pending.insert(ticket, pending);
        ticket
    }

    /// What the desk makes of these commands of the hall, given by `actor` at this seat.
    fn duty_drafts(&self, actor: &str, actions: Vec<DutyAction>) -> Result<Vec<Draft>, Refusal> {
        let situation = Situation {
            town: &self.town,
            cases: &self.board,
            duty: &self.duty,
            now: self.now,
        };
        let mut drafts = Vec::with_capacity(actions.len());
        for action in actions {
            let command = Command {
                actor: actor.into(),
                seat: self.settings.seat.as_str().into(),
                order: Order::Duty(action),
            };
            drafts.extend(desk::decide(&situation, command)?);
        }
        Ok(drafts)
    }

    /// Gives commands of the hall to the desk, and what it allows to the journal, together. False where it was refused;
    /// the reason is said.
    pub(super) fn order_duty(&mut self, actor: &str, actions: Vec<DutyAction>) -> bool {
        match self.duty_drafts(actor, actions) {
            Ok(drafts) => {
                let ticket = self.ticket(Pending::Duty);
                self.keeper.append(ticket, drafts, Vec::new());
                true
            }
            Err(refusal) => {
                let text = self.refusal_words(&refusal);
                self.say(text, true);
                false
            }
        }
    }

    /// Does what a key asks of the seat; false where it is none of its keys.
    pub(super) fn seat_deed(&mut self, deed: Deed) -> bool {
        let overlay = match deed {
            Deed::Seat => Overlay::Seat,
            Deed::Shifts => Overlay::Shifts,
            Deed::Handover => Overlay::Handover,
            Deed::Alarms => Overlay::Alarms,
            Deed::Lock => {
                self.lock_seat();
                return true;
            }
            Deed::Acknowledge => {
                self.acknowledge_first();
                return true;
            }
            Deed::Watch => {
                self.watch_selected();
                return true;
            }
            _ => return false,
        };
        if self.overlay == overlay {
            self.overlay = Overlay::None;
            return true;
        }
        self.overlay = overlay;
        match overlay {
            Overlay::Seat => {
                self.seats.door.forget_typed();
                self.seats.door.fresh = true;
            }
            Overlay::Shifts => self.seats.shifts.open(),
            Overlay::Handover => self.seats.handover.open(&self.duty),
            _ => self.seats.list.open(),
        }
        true
    }

    fn acknowledge_first(&mut self) {
        // The same alarm is not acknowledged twice while the journal is still writing.
        if self
            .pending
            .values()
            .any(|pending| matches!(pending, Pending::Duty))
        {
            return;
        }
        match self.seats.alarms.lists().new.first().map(alarms::acknowledged) {
            Some(action) => self.duty_intent(vec![action]),
            None => {
                let text = self.words.t("alarm-none").to_owned();
                self.say(text, false);
            }
        }
    }

    fn watch_selected(&mut self) {
        let Some(case) = self.selection.case else {
            let text = self.words.t("said-select-first").to_owned();
            self.say(text, true);
            return;
        };
        let on = !self.duty.watched.contains_key(&case);
        self.duty_intent(vec![DutyAction::Watch { case, on }]);
    }

    /// A case has changed, or came to the board or left it.
    pub(super) fn alarm_of(&mut self, id: CaseId) {
        self.seats.alarms.changed(&self.board, id, self.now);
    }

    /// Draws the locked seat in place of everything; false where it is open.
    pub(super) fn draw_locked(&mut self, ui: &mut egui::Ui) -> bool {
        if !self.is_locked() {
            return false;
        }
        let scene = scene!(self);
        let state = SeatState {
            duty: &self.duty,
            seat: &self.settings.seat,
            post: sitting(&self.town, &self.settings.post),
        };
        seat_window::show_locked(ui, scene, &mut self.seats.door, &state);
        true
    }

    /// Draws the window of the seat that is open, if any.
    pub(super) fn seat_overlays(&mut self, ctx: &egui::Context, intents: &mut Vec<Intent>) {
        let scene = scene!(self);
        let post = sitting(&self.town, &self.settings.post);
        let role = post.map_or(Role::Dispatcher, |post| post.role);
        let open = match self.overlay {
            Overlay::Seat => {
                let state = SeatState {
                    duty: &self.duty,
                    seat: &self.settings.seat,
                    post,
                };
                seat_window::show(ctx, scene, &mut self.seats.door, &state, intents)
            }
            Overlay::Shifts => self.seats.shifts.show(ctx, scene, role, intents),
            Overlay::Handover => self.seats.handover.show(ctx, scene, post, intents),
            Overlay::Alarms => {
                let shown = (&self.seats.alarms, role);
                self.seats.list.show(ctx, scene, shown, intents)
            }
            _ => true,
        };
        if !open {
            self.overlay = Overlay::None;
        }
    }

    /// Writes a handover into a text file that the system's dialog names; where there is none, beside the book.
    fn export_handover(&mut self, number: u32) {
        let Some(handover) = self.duty.handovers.iter().find(|h| h.number == number) else {
            return;
        };
        let mut text = handover_window::file_text(self.scene(), handover);
        if self.is_drill() {
            text = format!("{}\n\n{text}", self.words.t("drill-mark"));
        }
        let day = handover.at.with_timezone(&self.town.timezone).format("%Y-%m-%d");
        let name = format!("{}-{number}-{day}.txt", self.words.t("handover-file"));
        let beside = self.paths.book.with_file_name(&name);
        let title = self.words.t("handover-export").to_owned();
        let wrote = self.words.f("handover-wrote", &[("path", "{}".into())]);
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        self.spawn("export", move || {
            let asked = std::time::Instant::now();
            let dialog = rfd::FileDialog::new().set_title(title).set_file_name(&name);
            // A desktop without a dialog looks like a hand that cancels, but no hand is as quick.
            let none = super::files::NO_DIALOG;
            let path = dialog
                .save_file()
                .or_else(|| (asked.elapsed() < none).then_some(beside));
            if let Some(path) = path {
                let (said, bad) = write_text(&path, &text, &wrote);
                send.send(Answer::Looked(Looked::Wrote(said, bad))).ok();
                ctx.request_repaint();
            }
        });
    }
}

fn write_text(path: &PathBuf, text: &str, wrote: &str) -> (String, bool) {
    match std::fs::write(path, text) {
        Ok(()) => (wrote.replace("{}", &path.display().to_string()), false),
        Err(error) => (format!("{}: {error}", path.display()), true),
    }
}

/// The post that acts at this seat: see [`Hall::post`], which needs the whole hall.
fn sitting<'a>(town: &'a crate::town::Town, remembered: &str) -> Option<&'a Post> {
    let dispatcher = || town.posts.iter().find(|p| p.role == Role::Dispatcher);
    town.post(remembered).or_else(dispatcher).or(town.posts.first())
}

/// The action of an entry of the hall.
pub(super) fn duty_action(entry: &Entry) -> Option<&DutyAction> {
    match &entry.action {
        Action::Duty(action) => Some(action),
        _ => None,
    }
}
