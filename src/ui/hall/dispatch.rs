//! The assignment panel: whom to send, with duty, load and distance. Street chiefs and party-grid teams stand first.

use eframe::egui::{self, Align2, FontId, Key, Modifiers, Pos2, ScrollArea, Sense, TextEdit, Ui, Vec2};
use fluent_bundle::FluentValue;

use crate::board::Live;
use crate::town::{Handler, PlaceId, PlaceKind, Role, TeamKind, Wgs84};
use crate::ui::{Intent, Scene, theme};

use super::Draft;

/// Somebody who could be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Who.
    pub handler: Handler,
    /// 0 answers for the case's block or party grid, 1 for its community or grid, 2 for the whole town, 3 for elsewhere.
    pub duty: u8,
    /// Open cases in hand.
    pub load: u32,
    /// How many it can have in hand; `None` for posts.
    pub capacity: Option<u16>,
    /// Metres to the case, where its point is known.
    pub distance_m: Option<f64>,
    /// The place it answers for.
    pub place: PlaceId,
}

const ROW: f32 = 44.0;

/// Everybody who could be sent to this case: by duty, then street chiefs and party-grid teams first, then distance.
pub fn candidates(scene: Scene<'_>, live: &Live) -> Vec<Candidate> {
    let at = live.case.place.point();
    let candidate = |handler: Handler, place, from: Wgs84, capacity| Candidate {
        duty: duty(scene, live, place),
        load: scene.board.load(&handler),
        capacity,
        distance_m: at.map(|at| at.distance_m(from)),
        place,
        handler,
    };
    let posts = scene.town.posts.iter().filter(|p| {
        let sent_anywhere = matches!(p.role, Role::StreetChief | Role::CommunityOfficer);
        // Grid officers work in their own grid only; the town has many, so only the answerable one is offered.
        let own_grid = p.role == Role::GridOfficer && live.answerable.base_grid == Some(p.place);
        sent_anywhere || own_grid
    });
    let mut found: Vec<(bool, Candidate)> = posts
        .map(|p| {
            let from = scene.town.places.get(p.place).label_at;
            let first = p.role == Role::StreetChief;
            (
                !first,
                candidate(Handler::Post(p.code.as_str().into()), p.place, from, None),
            )
        })
        .chain(scene.town.teams.iter().map(|t| {
            let first = t.kind == TeamKind::PartyGridTeam;
            (
                !first,
                candidate(
                    Handler::Team(t.code.as_str().into()),
                    t.place,
                    t.station,
                    Some(t.capacity),
                ),
            )
        }))
        .collect();
    let metres = |c: &Candidate| c.distance_m.unwrap_or(f64::MAX);
    found.sort_by(|(a_later, a), (b_later, b)| {
        let by_duty = a.duty.cmp(&b.duty).then(a_later.cmp(b_later));
        by_duty
            .then(metres(a).total_cmp(&metres(b)))
            .then(a.load.cmp(&b.load))
    });
    found.into_iter().map(|(_, c)| c).collect()
}

fn duty(scene: Scene<'_>, live: &Live, place: PlaceId) -> u8 {
    let found = &live.answerable;
    let place = Some(place);
    if place == found.block || place == found.party_grid {
        0
    } else if place == found.community || place == found.base_grid {
        1
    } else if place.is_some_and(|p| scene.town.places.get(p).kind == PlaceKind::SubDistrict) {
        2
    } else {
        3
    }
}

/// Draws the list. Arrows choose, Enter sends.
pub fn show(ui: &mut Ui, scene: Scene<'_>, live: &Live, draft: &mut Draft, intents: &mut Vec<Intent>) {
    let lang = scene.words.lang;
    let narrow = draft.narrow.trim().to_lowercase();
    let listed: Vec<Candidate> = candidates(scene, live)
        .into_iter()
        .filter(|c| {
            let name = scene.town.handler_name(&c.handler, lang).to_lowercase();
            narrow.is_empty()
                || name.contains(&narrow)
                || c.handler.to_string().to_lowercase().contains(&narrow)
        })
        .collect();
    let chosen = listed.iter().position(|c| draft.to.as_ref() == Some(&c.handler));
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
            draft.to = listed.get(index).map(|c| c.handler.clone());
            intents.push(Intent::Submit(live.case.id));
        }
    }
    draft.to = listed.get(index).map(|c| c.handler.clone());
    if listed.is_empty() {
        ui.label(scene.words.t("dispatch-nobody"));
        return;
    }
    let height = (listed.len() as f32 * ROW).min(5.5 * ROW);
    ScrollArea::vertical()
        .id_salt(("candidates", live.case.id.0))
        .max_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, ROW, listed.len(), |ui, rows| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for i in rows {
                if row(ui, scene, &listed[i], i == index) {
                    draft.to = Some(listed[i].handler.clone());
                }
            }
        });
}

fn row(ui: &mut Ui, scene: Scene<'_>, c: &Candidate, chosen: bool) -> bool {
    let colors = scene.colors;
    let size = Vec2::new(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let painter = ui.painter();
    if chosen || response.hovered() {
        let ground = if chosen {
            colors.accent_ground
        } else {
            colors.panel
        };
        painter.rect_filled(rect.shrink(1.0), 4.0, ground);
    }
    let name = scene.town.handler_name(&c.handler, scene.words.lang);
    let why = reasons(scene, c);
    let font = FontId::proportional(theme::BODY);
    let left = rect.left() + 8.0;
    let painter = painter.with_clip_rect(rect);
    painter.text(
        Pos2::new(left, rect.top() + 13.0),
        Align2::LEFT_CENTER,
        name,
        font.clone(),
        colors.text,
    );
    painter.text(
        Pos2::new(left, rect.top() + 32.0),
        Align2::LEFT_CENTER,
        &why,
        font,
        colors.weak,
    );
    response.widget_info(|| {
        let spoken = format!("{name}, {why}");
        egui::WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, true, chosen, spoken)
    });
    response.clicked()
}

/// Why this one: duty, distance, load.
fn reasons(scene: Scene<'_>, c: &Candidate) -> String {
    let place = scene.town.places.get(c.place).name.get(scene.words.lang);
    let place = [("place", FluentValue::from(place))];
    let mut parts = vec![match c.duty {
        0 | 1 => scene.words.f("dispatch-duty", &place),
        2 => scene.words.t("dispatch-town").to_owned(),
        _ => scene.words.f("dispatch-elsewhere", &place),
    }];
    parts.extend(c.distance_m.map(|m| scene.words.distance(m)));
    parts.push(match c.capacity {
        Some(capacity) => {
            let args = [
                ("n", FluentValue::from(c.load)),
                ("of", FluentValue::from(capacity)),
            ];
            scene.words.f("dispatch-load-of", &args)
        }
        None => scene.words.n("dispatch-load", c.load as usize),
    });
    if c.capacity.is_some_and(|capacity| c.load >= u32::from(capacity)) {
        parts.push(scene.words.t("dispatch-full").to_owned());
    }
    parts.join(" · ")
}
