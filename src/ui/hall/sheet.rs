//! The case sheet: what it is, where, who answers, what can be done now, what happened, photos.

use eframe::egui::{self, Align, Button, Layout, Rect, RichText, ScrollArea, TextEdit, Ui, Vec2};
use fluent_bundle::FluentValue;

use crate::board::Live;
use crate::case::{Case, CaseId, Duty, Entry, PhotoPhase, Stage, Step, TimeLeft, Whereabouts};
use crate::desk::decide::{UNDO_SECS, needs_words};
use crate::desk::{PhotoDraft, permission};
use crate::town::{Lang, PlaceId, PostId, Role};
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, PhotoTarget, Scene, choose, icons, theme};

use super::draft::is_plain;
use super::{Draft, Drafts, alarms, clock_view, dispatch, marks, queue, sides, step_form, timeline};

/// What the sheet reads beside the scene.
pub struct SheetState<'a> {
    /// Entries of the selected case, once the journal has given them.
    pub history: Option<(&'a Case, &'a [Entry])>,
    /// Drafts of steps.
    pub drafts: &'a mut Drafts,
    /// Pictures of photos.
    pub photos: &'a mut dyn timeline::Pictures,
    /// The role of the post at this seat.
    pub role: Role,
    /// The code of that post.
    pub post: &'a str,
    /// Whether the case's clock explains itself.
    pub explain_clock: bool,
    /// Who is on shift, and who can't be had.
    pub duty: &'a Duty,
}

/// Draws the sheet of the selected case.
pub fn show(ui: &mut Ui, scene: Scene<'_>, state: &mut SheetState<'_>, intents: &mut Vec<Intent>) {
    let Some(id) = scene.selection.case else {
        nothing_selected(ui, scene);
        return;
    };
    match scene.board.get(id) {
        Some(live) => open_case(ui, scene, live, state, intents),
        None => ended_case(ui, scene, id, state, intents),
    }
}

fn nothing_selected(ui: &mut Ui, scene: Scene<'_>) {
    ui.add_space(12.0 * theme::GRID);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(scene.words.t("sheet-nothing")).color(scene.colors.text));
        ui.label(RichText::new(scene.words.t("sheet-nothing-hint")).color(scene.colors.weak));
    });
}

fn open_case(
    ui: &mut Ui,
    scene: Scene<'_>,
    live: &Live,
    state: &mut SheetState<'_>,
    intents: &mut Vec<Intent>,
) {
    header(
        ui,
        scene,
        &live.case,
        &Head {
            title: queue::title(scene, live),
            time: live.time_left(scene.now),
            explained: state.explain_clock,
        },
        intents,
    );
    ui.add_space(theme::GRID);
    let id = live.case.id;
    let typing = state.drafts.get(&id).is_some_and(|d| d.open && !is_plain(d.step));
    if let Some(request) = &live.case.life.request {
        let line = step_form::request_line(scene, request);
        ui.label(RichText::new(line).color(scene.colors.amber_text));
    }
    steps(ui, scene, &live.case, state, intents);
    if let Some(draft) = state.drafts.get_mut(&id).filter(|d| d.open && !scene.past) {
        form(ui, scene, &live.case, Some((live, state.duty)), draft, intents);
    }
    ui.separator();
    ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt(("sheet", id.0))
        .show(ui, |ui| {
            explanation(ui, scene, &live.case, state.explain_clock);
            facts(ui, scene, &live.case, live, intents);
            ui.add_space(2.0 * theme::GRID);
            answerable(ui, scene, live, intents);
            sides::other_sides(ui, scene, live, intents);
            ui.add_space(2.0 * theme::GRID);
            if !typing {
                timeline::photos(ui, scene, state.history.map(|h| h.1), state.photos);
            }
            timeline::show(ui, scene, state.history.map(|h| h.1));
        });
}

fn ended_case(
    ui: &mut Ui,
    scene: Scene<'_>,
    id: CaseId,
    state: &mut SheetState<'_>,
    intents: &mut Vec<Intent>,
) {
    let Some((case, entries)) = state.history.filter(|(case, _)| case.id == id) else {
        ui.add_space(12.0 * theme::GRID);
        ui.vertical_centered(|ui| match scene.past {
            true => ui.label(RichText::new(scene.words.t("past-not-yet")).color(scene.colors.weak)),
            false => ui.spinner(),
        });
        return;
    };
    let head = Head {
        title: queue::item_name(scene, case),
        time: case.time_left(scene.now),
        explained: state.explain_clock,
    };
    header(ui, scene, case, &head, intents);
    steps(ui, scene, case, state, intents);
    if let Some(draft) = state.drafts.get_mut(&id).filter(|d| d.open && !scene.past) {
        form(ui, scene, case, None, draft, intents);
    }
    ui.separator();
    ScrollArea::vertical()
        .auto_shrink(false)
        .id_salt(("sheet", id.0))
        .show(ui, |ui| {
            explanation(ui, scene, case, state.explain_clock);
            plain_facts(ui, scene, case, "", intents);
            ui.add_space(2.0 * theme::GRID);
            timeline::photos(ui, scene, Some(entries), state.photos);
            timeline::show(ui, scene, Some(entries));
        });
}

/// Why the clock of the case stands where it stands, where somebody wants to know.
fn explanation(ui: &mut Ui, scene: Scene<'_>, case: &Case, wanted: bool) {
    if wanted && clock_view::has_clock(scene, case) {
        clock_view::of_case(ui, scene, case);
        ui.separator();
    }
}

/// What the sheet's head says beside the case's own facts.
struct Head<'a> {
    title: &'a str,
    time: TimeLeft,
    explained: bool,
}

fn header(ui: &mut Ui, scene: Scene<'_>, case: &Case, head: &Head<'_>, intents: &mut Vec<Intent>) {
    let Head {
        title,
        time,
        explained,
    } = *head;
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(30.0), egui::Sense::hover());
        let letter = marks::letter_on(scene.colors);
        marks::class_mark(
            ui.painter(),
            rect.center(),
            26.0,
            case.class,
            scene.colors.clock(time.state),
            letter,
        );
        ui.vertical(|ui| {
            let heading = format!("{} · {title}", case.id);
            ui.label(
                RichText::new(heading)
                    .font(theme::strong_font(theme::TITLE))
                    .color(scene.colors.text),
            );
            ui.horizontal(|ui| {
                marks::stage_chip(ui, scene.words.stage(case.stage), case.stage, scene.colors);
                if case.stage.is_open() {
                    let text = scene.words.time_left(&time);
                    let hint = due_hint(scene, case);
                    ui.label(RichText::new(text).color(scene.colors.clock_text(time.state)))
                        .on_hover_text(hint);
                }
                if clock_view::has_clock(scene, case) {
                    explain_button(ui, scene, explained, intents);
                }
            });
        });
    });
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(Vec2::new(width, 6.0), egui::Sense::hover());
    let bar = Rect::from_center_size(rect.center(), Vec2::new(width, 4.0));
    marks::clock_bar(ui.painter(), bar, &time, scene.colors);
}

/// Opens and closes the explanation of the clock.
fn explain_button(ui: &mut Ui, scene: Scene<'_>, explained: bool, intents: &mut Vec<Intent>) {
    let deed = Deed::ExplainClock;
    let text = format!("{}  {}", scene.words.t("clock-explain"), keys::key_name(deed));
    let button = ui.add(Button::selectable(explained, text));
    if button.on_hover_text(keys::hint(scene.words, deed)).clicked() {
        intents.push(Intent::Do(deed));
    }
}

/// Where the deadline comes from, in words.
fn due_hint(scene: Scene<'_>, case: &Case) -> String {
    let Some(due) = case.due_at else {
        return scene.words.t("time-no-limit").to_owned();
    };
    let tz = scene.town.timezone;
    let due_text = scene.words.moment(due, scene.now, tz);
    let Some(item) = queue::item(scene, case) else {
        return due_text;
    };
    if case.origin.is_some() {
        return scene.words.f("due-imported", &[("due", due_text.into())]);
    }
    let key = if item.working_time {
        "due-working"
    } else {
        "due-wall"
    };
    let args = [
        ("hours", FluentValue::from(item.limit_hours)),
        ("due", due_text.into()),
    ];
    let mut text = scene.words.f(key, &args);
    if item.working_time && !scene.town.calendar.knows(due.with_timezone(&tz).date_naive()) {
        text.push('\n');
        text.push_str(scene.words.t("due-year-unknown"));
    }
    text
}

/// The step of the straight way from here.
pub fn next_step(case: &Case) -> Option<Step> {
    use crate::case::Stage;
    Some(match case.stage {
        Stage::Reported => Step::Accept,
        Stage::Accepted => Step::Dispatch,
        Stage::Dispatched => Step::Arrive,
        Stage::InHand => Step::Rectify,
        Stage::Rectified => Step::Verify,
        Stage::Verified => Step::Close,
        Stage::Suspended => Step::Resume,
        Stage::Merged => Step::Unmerge,
        Stage::Closed | Stage::Refused | Stage::Withdrawn => return None,
    })
}

/// Steps that stand behind a button of their own, because they are not part of the straight way.
const MORE: [Step; 7] = [
    Step::Reclassify,
    Step::Split,
    Step::Merge,
    Step::AskSuspend,
    Step::AskExtend,
    Step::CoHandle,
    Step::Escalate,
];

fn steps(ui: &mut Ui, scene: Scene<'_>, case: &Case, state: &SheetState<'_>, intents: &mut Vec<Intent>) {
    let next = next_step(case);
    let open_form = state.drafts.get(&case.id).filter(|d| d.open).map(|d| d.step);
    let allowed = |step| permission::may(scene.town, state.role, step, case.level());
    let (more, shown): (Vec<Step>, Vec<Step>) = case
        .steps()
        .filter(|step| *step != Step::Undo)
        .partition(|step| MORE.contains(step));
    ui.horizontal_wrapped(|ui| {
        for step in shown {
            let text = format!("{}  {}", scene.words.step(step), keys::key_name(Deed::Step(step)));
            let primary = next == Some(step) && open_form.is_none();
            let button = if primary {
                Button::new(RichText::new(text).color(scene.colors.on_accent)).fill(scene.colors.accent)
            } else {
                Button::selectable(open_form == Some(step), text)
            };
            step_button(ui, scene, step, allowed(step), button, intents);
        }
        if let Some(secs) = undo_secs(scene, case, state).filter(|_| !scene.past) {
            let text = format!(
                "{}  {}",
                scene.words.n("step-undo-secs", secs),
                keys::key_name(Deed::Step(Step::Undo))
            );
            let button = Button::selectable(false, text);
            step_button(ui, scene, Step::Undo, true, button, intents);
        }
        alarms::watch_button(ui, scene, case.id, state.role, intents);
        if !more.is_empty() {
            ui.menu_button(scene.words.t("steps-more"), |ui| {
                for step in more {
                    let text = format!("{}  {}", scene.words.step(step), keys::key_name(Deed::Step(step)));
                    let button = Button::selectable(open_form == Some(step), text);
                    step_button(ui, scene, step, allowed(step), button, intents);
                }
            });
        }
    });
}

fn step_button(
    ui: &mut Ui,
    scene: Scene<'_>,
    step: Step,
    allowed: bool,
    button: Button<'_>,
    intents: &mut Vec<Intent>,
) {
    let why = if scene.past { "past-bars" } else { "step-not-yours" };
    let response = ui
        .add_enabled(allowed && !scene.past, button.min_size(Vec2::new(0.0, 32.0)))
        .on_hover_text(keys::hint(scene.words, Deed::Step(step)))
        .on_disabled_hover_text(scene.words.t(why));
    if response.clicked() {
        intents.push(Intent::Do(Deed::Step(step)));
    }
}

/// For how many seconds more the last command with the case can be undone at this seat.
fn undo_secs(scene: Scene<'_>, case: &Case, state: &SheetState<'_>) -> Option<usize> {
    let (_, entries) = state.history.filter(|(told, _)| told.version == case.version)?;
    let last = entries.last().filter(|last| &*last.actor == state.post)?;
    let left = UNDO_SECS - (scene.now - last.at).num_seconds();
    let way_back = last
        .action
        .step()
        .is_none_or(|step| !matches!(step, Step::Merge | Step::Unmerge | Step::Split | Step::Answer));
    (case.allows(Step::Undo) && way_back && left > 0).then_some(left as usize)
}

fn form(
    ui: &mut Ui,
    scene: Scene<'_>,
    case: &Case,
    live: Option<(&Live, &Duty)>,
    draft: &mut Draft,
    intents: &mut Vec<Intent>,
) {
    let id = case.id;
    let frame = egui::Frame::new()
        .fill(scene.colors.raised)
        .corner_radius(6)
        .inner_margin(3.0 * theme::GRID);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        if let Some(refused) = &draft.refused {
            ui.label(RichText::new(refused).color(scene.colors.red_text));
        }
        if is_plain(draft.step) && draft.refused.is_none() {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(scene.words.t("form-writing"));
            });
            return;
        }
        match (draft.step, live) {
            (Step::Dispatch | Step::SendOn, Some((live, duty))) => {
                dispatch::show(ui, scene, live, duty, draft, intents);
            }
            (Step::Refuse | Step::HandBack, Some((live, _))) => dispatch::say_whose(ui, scene, live),
            _ => {}
        }
        step_form::show(ui, scene, case, draft);
        note_field(ui, scene, draft, id);
        if draft.step == Step::Rectify {
            photo_rows(ui, scene, draft, id, intents);
        }
        ui.horizontal(|ui| {
            let ready = draft.sent.is_none();
            let text = format!(
                "{}  {}",
                scene.words.step(draft.step),
                keys::key_name(Deed::Confirm)
            );
            let button = Button::new(RichText::new(text).color(scene.colors.on_accent))
                .fill(scene.colors.accent)
                .min_size(Vec2::new(0.0, 32.0));
            if ui.add_enabled(ready, button).clicked() {
                intents.push(Intent::Submit(id));
            }
            let back = format!("{}  {}", scene.words.t("form-cancel"), keys::key_name(Deed::Back));
            if ui
                .add_enabled(ready, Button::new(back).min_size(Vec2::new(0.0, 32.0)))
                .clicked()
            {
                intents.push(Intent::Do(Deed::Back));
            }
            if !ready {
                ui.spinner();
            }
        });
    });
    draft.fresh = false;
}

fn note_field(ui: &mut Ui, scene: Scene<'_>, draft: &mut Draft, id: CaseId) {
    let hint = match draft.step {
        Step::Refuse => "form-hint-refuse",
        Step::SendBack => "form-hint-send-back",
        Step::Rectify => "form-hint-rectify",
        Step::Answer => "form-hint-answer",
        step if needs_words(step) => "form-hint-reason",
        _ => "form-hint-note",
    };
    let one_line = matches!(draft.step, Step::Dispatch | Step::SendOn | Step::CoHandle);
    let rows = if one_line { 1 } else { 3 };
    let field = TextEdit::multiline(&mut draft.note)
        .id(egui::Id::unique(("note", id.0)))
        .hint_text(scene.words.t(hint))
        .desired_rows(rows)
        .char_limit(crate::desk::decide::NOTE_MAX_CHARS)
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    choose::name_field(&response, &draft.note, scene.words.t(hint));
    let first = matches!(
        draft.step,
        Step::Refuse
            | Step::HandBack
            | Step::Rectify
            | Step::SendBack
            | Step::Unmerge
            | Step::Suspend
            | Step::Extend
            | Step::Deny
            | Step::Escalate
            | Step::Reopen
            | Step::Answer
    );
    if draft.fresh && first {
        response.request_focus();
    }
}

fn photo_rows(ui: &mut Ui, scene: Scene<'_>, draft: &mut Draft, id: CaseId, intents: &mut Vec<Intent>) {
    for (phase, key) in [
        (PhotoPhase::Before, "photos-before"),
        (PhotoPhase::After, "photos-after"),
    ] {
        ui.horizontal_wrapped(|ui| {
            let add =
                Button::image_and_text(icons::icon(icons::CAMERA, scene.colors.text), scene.words.t(key));
            if ui.add(add).on_hover_text(scene.words.t("photos-hint")).clicked() {
                intents.push(Intent::ChoosePhotos(PhotoTarget::Step(id, phase)));
            }
            let mut dropped = None;
            for (index, photo) in draft.photos.iter().enumerate().filter(|(_, p)| p.phase == phase) {
                if photo_chip(ui, scene, photo) {
                    dropped = Some(index);
                }
            }
            if let Some(index) = dropped {
                draft.photos.remove(index);
            }
        });
    }
}

/// One chosen photo with its size; true where it is to be taken out again.
pub fn photo_chip(ui: &mut Ui, scene: Scene<'_>, photo: &PhotoDraft) -> bool {
    let size = format!("{} × {}", photo.file.width, photo.file.height);
    let text = format!("{size}  ×");
    ui.button(text)
        .on_hover_text(scene.words.t("photos-remove"))
        .clicked()
}

/// Room for the names of facts, in points.
fn label_width(scene: Scene<'_>) -> f32 {
    match scene.words.lang {
        Lang::Zh => 84.0,
        Lang::En => 116.0,
    }
}

fn fact(ui: &mut Ui, scene: Scene<'_>, key: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::new(label_width(scene), 20.0), egui::Sense::hover());
        let font = egui::FontId::proportional(theme::BODY);
        let at = rect.left_center();
        ui.painter().text(
            at,
            egui::Align2::LEFT_CENTER,
            scene.words.t(key),
            font,
            scene.colors.weak,
        );
        ui.add(egui::Label::new(value).wrap());
    });
}

/// Facts of any case; the stated place is left out where `told` says it already.
fn plain_facts(ui: &mut Ui, scene: Scene<'_>, case: &Case, told: &str, intents: &mut Vec<Intent>) {
    let tz = scene.town.timezone;
    let moment = |at| scene.words.moment(at, scene.now, tz);
    fact(ui, scene, "fact-text", &case.text);
    if !told.contains(case.place.stated()) {
        fact(ui, scene, "fact-stated", case.place.stated());
    }
    fact(ui, scene, "fact-reported", &moment(case.reported_at));
    fact(
        ui,
        scene,
        "fact-due",
        &case.due_at.map(moment).unwrap_or_default(),
    );
    fact(
        ui,
        scene,
        "fact-ended",
        &case.ended_at.map(moment).unwrap_or_default(),
    );
    fact(ui, scene, "fact-source", scene.words.source(case.source));
    if let Some(item) = queue::item(scene, case) {
        let domain = scene.words.domain(&item.domain);
        let line = format!("{} {domain} · {}", item.code, item.lead_department);
        fact(ui, scene, "fact-item", &line);
    }
    if let Some(handler) = &case.handler {
        fact(
            ui,
            scene,
            "fact-handler",
            scene.town.handler_name(handler, scene.words.lang),
        );
    }
    life_facts(ui, scene, case, intents);
    if let Some(origin) = &case.origin {
        fact(
            ui,
            scene,
            "fact-origin",
            &format!("{} · {}", origin.profile, origin.key),
        );
    }
}

/// What its life has added: its level, who helps, other cases that belong to it.
fn life_facts(ui: &mut Ui, scene: Scene<'_>, case: &Case, intents: &mut Vec<Intent>) {
    let lang = scene.words.lang;
    let life = &case.life;
    fact(ui, scene, "fact-level", scene.words.level(case.level()));
    let helpers: Vec<&str> = life
        .helpers
        .iter()
        .map(|helper| scene.town.handler_name(helper, lang))
        .collect();
    fact(
        ui,
        scene,
        "fact-helpers",
        &helpers.join(scene.words.t("settings-comma")),
    );
    if let Some(pause) = life.pauses.last().filter(|_| case.stage == Stage::Suspended) {
        let until = scene.words.moment(pause.until, scene.now, scene.town.timezone);
        fact(
            ui,
            scene,
            "fact-suspended",
            &format!("{until} · {}", pause.reason),
        );
    }
    let hours: f64 = life.extensions.iter().map(|e| e.hours).sum();
    if hours > 0.0 {
        let text = scene.words.f("fact-hours", &[("hours", hours.into())]);
        fact(ui, scene, "fact-extended", &text);
    }
    if let Some(mark) = life.appraisal {
        fact(ui, scene, "fact-appraisal", &format!("{mark} / 5"));
    }
    linked(
        ui,
        scene,
        "fact-merged-into",
        life.merged_into.as_slice(),
        intents,
    );
    linked(ui, scene, "fact-twins", &life.twins, intents);
    linked(ui, scene, "fact-split-from", life.split_from.as_slice(), intents);
}

/// Other cases, each a button that leads to it.
fn linked(ui: &mut Ui, scene: Scene<'_>, key: &str, cases: &[CaseId], intents: &mut Vec<Intent>) {
    if cases.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(scene.words.t(key)).color(scene.colors.weak));
        for id in cases {
            let button = Button::new(id.to_string()).min_size(Vec2::new(0.0, theme::HIT));
            if ui.add(button).clicked() {
                intents.push(Intent::Select(Some(*id)));
            }
        }
    });
}

fn facts(ui: &mut Ui, scene: Scene<'_>, case: &Case, live: &Live, intents: &mut Vec<Intent>) {
    let place = match &case.place {
        Whereabouts::Point { at, .. } => {
            format!(
                "{} ({:.5}, {:.5})",
                queue::place_line(scene, live),
                at.lat,
                at.lon
            )
        }
        Whereabouts::Area { .. } | Whereabouts::Elsewhere { .. } => {
            format!(
                "{} · {}",
                queue::place_line(scene, live),
                scene.words.t("place-area-only")
            )
        }
        Whereabouts::Stated { .. } => scene.words.t("place-words-only").to_owned(),
    };
    fact(ui, scene, "fact-place", &place);
    plain_facts(ui, scene, case, &place, intents);
}

fn answerable(ui: &mut Ui, scene: Scene<'_>, live: &Live, intents: &mut Vec<Intent>) {
    let found = &live.answerable;
    ui.label(RichText::new(scene.words.t("answerable-title")).font(theme::strong_font(theme::BODY)));
    if found.community.is_none() {
        ui.label(RichText::new(scene.words.t("answerable-none")).color(scene.colors.weak));
        return;
    }
    let rows: [(&str, Option<PlaceId>, Option<PostId>); 4] = [
        ("answerable-block", found.block, found.street_chief),
        ("answerable-party-grid", found.party_grid, found.party_grid_chief),
        ("answerable-base-grid", found.base_grid, found.grid_officer),
        ("answerable-community", found.community, found.community_officer),
    ];
    let lang = scene.words.lang;
    for (key, place, post) in rows {
        let Some(place) = place else { continue };
        let name = scene.town.places.get(place).name.get(lang);
        let chosen = scene.selection.place == Some(place);
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = theme::HIT;
            let label = ui.add(Button::selectable(
                chosen,
                format!("{} · {name}", scene.words.t(key)),
            ));
            if label.on_hover_text(scene.words.t("answerable-show")).clicked() {
                intents.push(Intent::SelectPlace(if chosen { None } else { Some(place) }));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(post) = post.map(|p| &scene.town.posts[p.0 as usize]) {
                    let text = RichText::new(post.holder.get(lang)).color(scene.colors.weak);
                    let hint = format!("{}\n{}", post.title.get(lang), scene.words.t("sample-person"));
                    ui.add(egui::Label::new(text).truncate())
                        .on_hover_text(if post.sample {
                            hint
                        } else {
                            post.title.get(lang).to_owned()
                        });
                }
            });
        });
    }
}
