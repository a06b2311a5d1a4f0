//! What happened to a case, entry by entry, and its photos, before beside after.

use eframe::egui::{self, Image, RichText, Stroke, TextureHandle, Ui, Vec2};

use crate::case::{Action, Entry, Photo, PhotoPhase, Rise};
use crate::desk::permission;
use crate::ui::{Scene, theme};

/// Gives the picture of a photo, once it is read.
pub trait Pictures {
    /// The picture; `Ok(None)` while it is being read.
    ///
    /// # Errors
    /// In words, where the photo can't be shown.
    fn picture(&mut self, ctx: &egui::Context, photo: &Photo) -> Result<Option<TextureHandle>, String>;
}

/// Draws the entries, the last one first.
pub fn show(ui: &mut Ui, scene: Scene<'_>, entries: Option<&[Entry]>) {
    ui.label(RichText::new(scene.words.t("timeline-title")).font(theme::strong_font(theme::BODY)));
    let Some(entries) = entries else {
        ui.spinner();
        return;
    };
    for (i, entry) in entries.iter().enumerate().rev() {
        one(ui, scene, entry, i > 0);
    }
}

/// One entry; a line leads on to the one below where `leads_on`.
fn one(ui: &mut Ui, scene: Scene<'_>, entry: &Entry, leads_on: bool) {
    let colors = scene.colors;
    let top = ui.cursor().top();
    ui.horizontal_top(|ui| {
        ui.add_space(18.0);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let when = scene.words.moment(entry.at, scene.now, scene.town.timezone);
            let who = scene
                .town
                .post(&entry.actor)
                .map_or(&*entry.actor, |p| p.title.get(scene.words.lang));
            let who = if who == permission::DESK {
                scene.words.t("timeline-desk")
            } else {
                who
            };
            ui.label(RichText::new(what(scene, &entry.action)).color(colors.text));
            ui.label(RichText::new(format!("{when} · {who}")).color(colors.weak));
            let note = entry.action.note();
            if !note.is_empty() && !matches!(entry.action, Action::Report(_)) {
                ui.add(egui::Label::new(note).wrap());
            }
        });
    });
    ui.add_space(theme::GRID);
    let x = ui.min_rect().left() + 7.0;
    if leads_on {
        let line = Stroke::new(1.0, colors.line);
        ui.painter().vline(x, top + 16.0..=ui.cursor().top() + 4.0, line);
    }
    ui.painter()
        .circle_filled(egui::Pos2::new(x, top + 10.0), 4.0, colors.weak);
}

fn what(scene: Scene<'_>, action: &Action) -> String {
    match action {
        Action::Report(report) if report.origin.is_some() => scene.words.t("timeline-imported").to_owned(),
        Action::Report(_) => scene.words.t("timeline-reported").to_owned(),
        Action::Dispatch { to, .. } => {
            let name = scene.town.handler_name(to, scene.words.lang);
            scene.words.f("timeline-dispatched", &[("to", name.into())])
        }
        Action::Rectify { photos, .. } if !photos.is_empty() => {
            scene.words.n("timeline-rectified-photos", photos.len())
        }
        Action::SendOn { to, .. } => {
            let name = scene.town.handler_name(to, scene.words.lang);
            scene.words.f("timeline-sent-on", &[("to", name.into())])
        }
        other => match (detail(scene, other), other.step()) {
            (Some(detail), Some(step)) => format!("{} · {detail}", scene.words.done(step)),
            (Some(detail), None) => detail,
            (None, step) => step
                .map(|step| scene.words.done(step).to_owned())
                .unwrap_or_default(),
        },
    }
}

/// What an action did besides taking its step, in words.
fn detail(scene: Scene<'_>, action: &Action) -> Option<String> {
    let w = scene.words;
    let lang = w.lang;
    let moment = |at| w.moment(at, scene.now, scene.town.timezone);
    Some(match action {
        Action::Refuse { owner, .. } if !owner.is_empty() => {
            w.f("timeline-owner", &[("owner", owner.as_str().into())])
        }
        Action::Reclassify(to) => {
            let item = scene.town.catalogue.version(&to.item, to.item_version);
            let name = item.map_or(&*to.item, |item| item.name.get(lang));
            format!("{} {name}", to.class.letter())
        }
        Action::Split { parts, .. } => w.n("timeline-parts", usize::from(*parts)),
        Action::Merge { into, .. } => into.to_string(),
        Action::Absorb { case } => w.f("timeline-absorbed", &[("case", case.to_string().into())]),
        Action::Release { case } => w.f("timeline-released", &[("case", case.to_string().into())]),
        Action::AskSuspend { until, .. } | Action::Suspend { until, .. } => {
            w.f("form-until-is", &[("until", moment(*until).into())])
        }
        Action::AskExtend { hours, .. } | Action::Extend { hours, .. } => {
            w.f("fact-hours", &[("hours", (*hours).into())])
        }
        Action::CoHandle { helpers, .. } => helpers
            .iter()
            .map(|helper| scene.town.handler_name(helper, lang))
            .collect::<Vec<_>>()
            .join(w.t("settings-comma")),
        Action::Escalate { to, why, .. } => {
            let why = w.t(match why {
                Rise::ByHand => "rise-by-hand",
                Rise::Overdue => "rise-overdue",
                Rise::Repeated => "rise-repeated",
            });
            format!("{} · {why}", w.level(*to))
        }
        Action::Appraise { mark, .. } => format!("{mark} / 5"),
        Action::Undo {
            undone: Some(step), ..
        } => w.done(*step).to_owned(),
        _ => return None,
    })
}

/// Draws the photos of all entries: before on the left, after on the right.
pub fn photos(ui: &mut Ui, scene: Scene<'_>, entries: Option<&[Entry]>, pictures: &mut dyn Pictures) {
    let all: Vec<&Photo> = entries
        .unwrap_or_default()
        .iter()
        .flat_map(|e| e.action.photos())
        .collect();
    if all.is_empty() {
        return;
    }
    ui.label(RichText::new(scene.words.t("photos-title")).font(theme::strong_font(theme::BODY)));
    let width = (ui.available_width() - 2.0 * theme::GRID) / 2.0;
    ui.horizontal_top(|ui| {
        for (phase, key) in [
            (PhotoPhase::Before, "photos-before"),
            (PhotoPhase::After, "photos-after"),
        ] {
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.label(RichText::new(scene.words.t(key)).color(scene.colors.weak));
                for photo in all.iter().filter(|p| p.phase == phase) {
                    one_photo(ui, scene, photo, width, pictures);
                }
            });
        }
    });
    ui.add_space(2.0 * theme::GRID);
}

fn one_photo(ui: &mut Ui, scene: Scene<'_>, photo: &Photo, width: f32, pictures: &mut dyn Pictures) {
    match pictures.picture(ui.ctx(), photo) {
        Ok(Some(texture)) => {
            let image = Image::from_texture(&texture)
                .max_size(Vec2::new(width, 240.0))
                .corner_radius(4);
            let alt = format!("{} × {}", photo.width, photo.height);
            ui.add(image.alt_text(alt));
        }
        Ok(None) => {
            ui.spinner();
        }
        Err(why) => {
            ui.label(RichText::new(why).color(scene.colors.red_text));
        }
    }
}
