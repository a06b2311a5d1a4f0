//! The assignment panel: whom to send, each with the reasons and what they weigh, and who can't be sent and why.

use eframe::egui::{
    self, Align2, FontId, Galley, Key, Modifiers, Pos2, Rect, ScrollArea, Sense, TextEdit, Ui, Vec2,
    text::{LayoutJob, TextFormat, TextWrapping},
};
use fluent_bundle::FluentValue;

use crate::board::Live;
use crate::case::Duty;
use crate::desk::suggest::{Cannot, Proposal, Reason, ReasonKind, suggest};
use crate::town::{Body, Lang, Role, TeamKind};
use crate::ui::{Intent, Scene, icons, theme};

use super::Draft;

/// Height of a proposal, in points: its name and two lines of reasons.
const ROW: f32 = 66.0;
/// Height of somebody who can't be sent, in points.
const CANNOT_ROW: f32 = 46.0;
/// Width of the bar that shows a score, in points.
const BAR: f32 = 56.0;

/// Draws the list. Arrows choose, Enter sends; the first is proposed.
pub fn show(
    ui: &mut Ui,
    scene: Scene<'_>,
    live: &Live,
    duty: &Duty,
    draft: &mut Draft,
    intents: &mut Vec<Intent>,
) {
    let id = live.case.id;
    let narrow = draft.narrow.trim().to_lowercase();
    let all = suggest(scene.town, scene.board, duty, live, scene.now);
    let (can, cannot): (Vec<Proposal>, Vec<Proposal>) = all
        .into_iter()
        .filter(|proposal| fits(scene, proposal, &narrow))
        // Whoever has nothing to do with the case is looked for by name, if at all.
        .filter(|proposal| !narrow.is_empty() || !proposal.is_far_from_it())
        .partition(|proposal| proposal.cannot.is_none());
    let open_id = egui::Id::unique(("cannot", id.0));
    let opened: bool = ui.data(|d| d.get_temp(open_id)).unwrap_or(false);
    // What was looked for by name is shown at once.
    let open = opened || (!narrow.is_empty() && can.is_empty());
    let overruled = |proposal: &&Proposal| open && proposal.cannot.is_some_and(Cannot::may_be_overruled);
    let listed: Vec<&Proposal> = can.iter().chain(cannot.iter().filter(overruled)).collect();
    let index = choose(ui, scene, live, draft, &listed, intents);
    draft.to = listed.get(index).map(|proposal| proposal.handler.clone());
    let chosen = draft.to.clone();
    let is_chosen = |proposal: &Proposal| chosen.as_ref() == Some(&proposal.handler);
    if can.is_empty() {
        ui.label(scene.words.t("dispatch-nobody"));
    } else {
        let most = can.first().map_or(1, |first| first.score.max(1));
        let height = (can.len() as f32 * ROW).min(3.6 * ROW);
        ScrollArea::vertical()
            .id_salt(("proposals", id.0))
            .max_height(height)
            .auto_shrink([false, true])
            .show_rows(ui, ROW, can.len(), |ui, rows| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for proposal in &can[rows] {
                    if row(ui, scene, live, proposal, most, is_chosen(proposal)) {
                        draft.to = Some(proposal.handler.clone());
                    }
                }
            });
    }
    if cannot.is_empty() {
        return;
    }
    let sign = if open { icons::UNFOLDED } else { icons::FOLDED };
    let title = scene.words.n("dispatch-cannot", cannot.len());
    let fold = egui::Button::image_and_text(icons::icon(sign, scene.colors.weak), title).frame(false);
    if ui.add(fold).clicked() {
        ui.data_mut(|d| d.insert_temp(open_id, !open));
    }
    if !open {
        return;
    }
    let height = (cannot.len() as f32 * CANNOT_ROW).min(3.5 * CANNOT_ROW);
    ScrollArea::vertical()
        .id_salt(("not sent", id.0))
        .max_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, CANNOT_ROW, cannot.len(), |ui, rows| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for proposal in &cannot[rows] {
                if cannot_row(ui, scene, live, proposal, is_chosen(proposal)) {
                    draft.to = Some(proposal.handler.clone());
                }
            }
        });
}

fn fits(scene: Scene<'_>, proposal: &Proposal, narrow: &str) -> bool {
    let name = scene.town.handler_name(&proposal.handler, scene.words.lang);
    narrow.is_empty()
        || name.to_lowercase().contains(narrow)
        || proposal.handler.to_string().to_lowercase().contains(narrow)
}

/// The field that narrows the list, and the keys that go up and down in it. Answers which one is chosen.
fn choose(
    ui: &mut Ui,
    scene: Scene<'_>,
    live: &Live,
    draft: &mut Draft,
    listed: &[&Proposal],
    intents: &mut Vec<Intent>,
) -> usize {
    let chosen = listed.iter().position(|p| draft.to.as_ref() == Some(&p.handler));
    // The first one is proposed; Enter takes it.
    let mut index = chosen.unwrap_or(0);
    let field = TextEdit::singleline(&mut draft.narrow)
        .id(egui::Id::unique(("narrow", live.case.id.0)))
        .hint_text(scene.words.t("dispatch-narrow"))
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| {
        egui::WidgetInfo::text_edit(true, "", &draft.narrow, scene.words.t("dispatch-narrow"))
    });
    if draft.fresh {
        response.request_focus();
    }
    if response.has_focus() || response.lost_focus() {
        let key = |ui: &Ui, key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        if key(ui, Key::ArrowDown) {
            index = (index + 1).min(listed.len().saturating_sub(1));
        }
        if key(ui, Key::ArrowUp) {
            index = index.saturating_sub(1);
        }
        let entered = ui.input(|i| i.key_pressed(Key::Enter));
        if entered && !listed.is_empty() {
            draft.to = listed.get(index).map(|p| p.handler.clone());
            intents.push(Intent::Submit(live.case.id));
        }
    }
    index
}

/// Text of at most `lines` lines within `width` points.
fn layout(ui: &Ui, text: &str, width: f32, lines: usize, color: egui::Color32) -> std::sync::Arc<Galley> {
    let format = TextFormat::simple(FontId::proportional(theme::BODY), color);
    let mut job = LayoutJob::single_section(text.to_owned(), format);
    job.wrap = TextWrapping {
        max_width: width,
        max_rows: lines,
        break_anywhere: false,
        ..TextWrapping::default()
    };
    ui.painter().layout_job(job)
}

/// Room for a row, with its ground.
fn space(ui: &mut Ui, scene: Scene<'_>, height: f32, chosen: bool) -> (Rect, egui::Response) {
    let size = Vec2::new(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if chosen || response.hovered() {
        let ground = if chosen {
            scene.colors.accent_ground
        } else {
            scene.colors.panel
        };
        ui.painter().rect_filled(rect.shrink(1.0), 4.0, ground);
    }
    (rect, response)
}

fn row(ui: &mut Ui, scene: Scene<'_>, live: &Live, proposal: &Proposal, most: i32, chosen: bool) -> bool {
    let colors = scene.colors;
    let (rect, response) = space(ui, scene, ROW, chosen);
    let name = scene.town.handler_name(&proposal.handler, scene.words.lang);
    let reasons = reasons(scene, live, proposal);
    let why = reasons.join(" · ");
    let (left, right) = (rect.left() + 8.0, rect.right() - 10.0);
    let painter = ui.painter().with_clip_rect(rect);
    let score = painter.text(
        Pos2::new(right, rect.top() + 13.0),
        Align2::RIGHT_CENTER,
        proposal.score,
        FontId::proportional(theme::BODY),
        colors.weak,
    );
    let bar = Rect::from_center_size(
        Pos2::new(right - 34.0 - BAR / 2.0, rect.top() + 13.0),
        Vec2::new(BAR, 4.0),
    );
    painter.rect_filled(bar, 2.0, colors.line);
    let share = (proposal.score as f32 / most as f32).clamp(0.0, 1.0);
    let filled = Rect::from_min_size(bar.min, Vec2::new(BAR * share, bar.height()));
    painter.rect_filled(filled, 2.0, colors.weak);
    let width = (bar.left().min(score.left()) - 8.0 - left).max(40.0);
    let galley = layout(ui, name, width, 1, colors.text);
    painter.galley(
        Pos2::new(left, rect.top() + 13.0 - galley.size().y / 2.0),
        galley,
        colors.text,
    );
    let galley = layout(ui, &why, right - left, 2, colors.weak);
    painter.galley(Pos2::new(left, rect.top() + 24.0), galley, colors.weak);
    response.widget_info(|| {
        let spoken = format!("{name}, {why}");
        egui::WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, true, chosen, spoken)
    });
    let clicked = response.clicked();
    let total = scene
        .words
        .f("dispatch-score", &[("n", FluentValue::from(proposal.score))]);
    response.on_hover_ui(|ui| {
        for reason in &reasons {
            ui.label(reason);
        }
        ui.label(total);
    });
    clicked
}

fn cannot_row(ui: &mut Ui, scene: Scene<'_>, live: &Live, proposal: &Proposal, chosen: bool) -> bool {
    let colors = scene.colors;
    let overruled = proposal.cannot.is_some_and(Cannot::may_be_overruled);
    let (rect, response) = space(ui, scene, CANNOT_ROW, chosen);
    let name = scene.town.handler_name(&proposal.handler, scene.words.lang);
    let why = obstacle(scene, live, proposal);
    let (left, width) = (rect.left() + 8.0, rect.width() - 18.0);
    let painter = ui.painter().with_clip_rect(rect);
    for (text, y, color) in [(name, 13.0, colors.weak), (why.as_str(), 33.0, colors.amber_text)] {
        let galley = layout(ui, text, width, 1, color);
        let at = Pos2::new(left, rect.top() + y - galley.size().y / 2.0);
        painter.galley(at, galley, color);
    }
    response.widget_info(|| {
        let spoken = format!("{name}, {why}");
        egui::WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, overruled, chosen, spoken)
    });
    let clicked = response.clicked() && overruled;
    let hint = scene.words.t(if overruled {
        "dispatch-overrule"
    } else {
        "dispatch-not-at-all"
    });
    response.on_hover_text(format!("{why}\n{hint}"));
    clicked
}

/// The reasons of a proposal in words, each with its points where it has some.
pub fn reasons(scene: Scene<'_>, live: &Live, proposal: &Proposal) -> Vec<String> {
    proposal
        .reasons
        .iter()
        .map(|reason| {
            let points = points(scene, reason.points);
            format!("{}{points}", reason_words(scene, live, reason))
        })
        .collect()
}

/// ` +40`, ` −6`, or nothing.
pub fn points(scene: Scene<'_>, points: i32) -> String {
    let n = [("n", FluentValue::from(points.abs()))];
    match points {
        0 => String::new(),
        1.. => format!(" {}", scene.words.f("points-for", &n)),
        _ => format!(" {}", scene.words.f("points-against", &n)),
    }
}

fn reason_words(scene: Scene<'_>, live: &Live, reason: &Reason) -> String {
    let words = scene.words;
    let place = |place| {
        let name = scene.town.places.get(place).name.get(words.lang);
        [("place", FluentValue::from(name))]
    };
    match reason.kind {
        ReasonKind::Duty(at) => words.f("dispatch-duty", &place(at)),
        ReasonKind::Town => words.t("dispatch-town").to_owned(),
        ReasonKind::Elsewhere(at) => words.f("dispatch-elsewhere", &place(at)),
        ReasonKind::Listed(level) => {
            let level = FluentValue::from(words.level(level));
            words.f("dispatch-listed", &[("level", level)])
        }
        ReasonKind::Risen(level) => {
            let level = FluentValue::from(words.level(level));
            words.f("dispatch-risen", &[("level", level)])
        }
        ReasonKind::LeadDepartment => words.t("dispatch-lead").to_owned(),
        ReasonKind::CommunityForce => words.t("dispatch-force").to_owned(),
        ReasonKind::Skill => {
            let item = live.item.map(|item| scene.town.catalogue.get(item));
            let domain = item.map_or("", |item| words.domain(&item.domain));
            words.f("dispatch-skill", &[("domain", domain.into())])
        }
        ReasonKind::Distance(metres) => words.distance(metres),
        ReasonKind::Load { n, of } => words.f(
            "dispatch-load-of",
            &[("n", FluentValue::from(n)), ("of", FluentValue::from(of))],
        ),
        ReasonKind::OnShift => words.t("dispatch-on-shift").to_owned(),
    }
}

/// What stands in somebody's way, in words.
pub fn obstacle(scene: Scene<'_>, live: &Live, proposal: &Proposal) -> String {
    let words = scene.words;
    let place = scene.town.places.get(proposal.place).name.get(words.lang);
    match proposal.cannot {
        None => String::new(),
        Some(Cannot::AlreadyThere) => words.t("cannot-already-there").to_owned(),
        Some(Cannot::Unavailable) => words.t("cannot-unavailable").to_owned(),
        Some(Cannot::NotEntitled) => {
            let whose = whose_matter(scene, live);
            words.f("cannot-not-entitled", &[("whose", whose.into())])
        }
        Some(Cannot::Elsewhere) => words.f("cannot-elsewhere", &[("place", place.into())]),
        Some(Cannot::HandedBack) => words.t("cannot-handed-back").to_owned(),
        Some(Cannot::OffShift) => words.t("cannot-off-shift").to_owned(),
        Some(Cannot::Full) => {
            let load = proposal.reasons.iter().find_map(|reason| match reason.kind {
                ReasonKind::Load { n, of } => Some((n, of)),
                _ => None,
            });
            let (n, of) = load.unwrap_or_default();
            words.f(
                "cannot-full",
                &[("n", FluentValue::from(n)), ("of", FluentValue::from(of))],
            )
        }
    }
}

/// Where a case is refused or handed back: whose matter it is by the list of powers and duties.
pub fn say_whose(ui: &mut Ui, scene: Scene<'_>, live: &Live) {
    let whose = whose_matter(scene, live);
    if !whose.is_empty() {
        let text = scene.words.f("powers-whose", &[("whose", whose.into())]);
        ui.add(egui::Label::new(egui::RichText::new(text).color(scene.colors.weak)).wrap());
    }
}

/// Whose matter the case is by the list of powers and duties, in words; empty where the town has no list.
pub fn whose_matter(scene: Scene<'_>, live: &Live) -> String {
    let Some(item) = live.item.map(|item| scene.town.catalogue.get(item)) else {
        return String::new();
    };
    let bodies = scene.town.powers.of(item).iter().map(|power| match &power.body {
        Body::Role(role) => role_words(scene, *role).to_owned(),
        Body::Team(kind) => team_words(scene, *kind).to_owned(),
        Body::LeadDepartment => department(scene, &item.lead_department),
        Body::Department(name) => department(scene, name),
    });
    bodies.collect::<Vec<_>>().join(scene.words.t("settings-comma"))
}

/// A department by its Chinese name, in the interface's language where the town has a team of that name.
fn department(scene: Scene<'_>, zh: &str) -> String {
    let team = scene.town.teams.iter().find(|team| team.name.zh == zh);
    match scene.words.lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => team.map_or(zh, |team| team.name.get(Lang::En)).to_owned(),
    }
}

fn role_words(scene: Scene<'_>, role: Role) -> &str {
    scene.words.t(match role {
        Role::Dispatcher => "body-dispatcher",
        Role::DutyLeader => "body-duty-leader",
        Role::CommunityOfficer => "body-community-officer",
        Role::StreetChief => "body-street-chief",
        Role::PartyGridChief => "body-party-grid-chief",
        Role::PartyInstructor => "body-party-instructor",
        Role::PartyGridLiaison => "body-party-grid-liaison",
        Role::PartyGridMember => "body-party-grid-member",
        Role::GridOfficer => "body-grid-officer",
        Role::DepartmentOfficer => "body-department-officer",
        Role::Presenter => "body-presenter",
        Role::Inspector => "body-inspector",
        Role::Administrator => "body-administrator",
    })
}

fn team_words(scene: Scene<'_>, kind: TeamKind) -> &str {
    scene.words.t(match kind {
        TeamKind::PartyGridTeam => "body-party-grid-team",
        TeamKind::CityManagement => "body-city-management",
        TeamKind::Safety => "body-safety",
        TeamKind::PublicOrder => "body-public-order",
        TeamKind::Department => "body-department",
        TeamKind::Emergency => "body-emergency",
        TeamKind::Maintenance => "body-maintenance",
        TeamKind::Volunteers => "body-volunteers",
    })
}
