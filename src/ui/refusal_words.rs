//! Refusals in the words of the interface: what is wrong, and what would be right.

use fluent_bundle::FluentValue;

use crate::case::Step;
use crate::desk::{DutyFault, Need, Refusal};
use crate::town::{Handler, Lang, Town};

use super::Words;

/// What the refusal says.
pub fn refusal_words(w: &Words, town: &Town, refusal: &Refusal) -> String {
    let one = |key: &str, name: &'static str, value: FluentValue<'_>| w.f(key, &[(name, value)]);
    match refusal {
        Refusal::UnknownPost { actor } => one("refusal-unknown-post", "actor", actor.as_str().into()),
        Refusal::NotAllowed { level, .. } => one("refusal-not-allowed", "level", w.level(*level).into()),
        Refusal::NotYourArea { .. } => w.t("refusal-not-your-area").to_owned(),
        Refusal::NotOpen { case } => one("refusal-not-open", "case", case.to_string().into()),
        Refusal::MovedOn { .. } => w.t("refusal-moved-on").to_owned(),
        Refusal::NotNow {
            step,
            stage,
            possible,
        } => {
            let args = [
                ("step", w.step(*step).into()),
                ("stage", w.stage(*stage).into()),
                ("possible", steps(w, possible).into()),
            ];
            w.f("refusal-not-now", &args)
        }
        Refusal::NotAsked { step, possible } => {
            let args = [
                ("step", w.step(*step).into()),
                ("possible", steps(w, possible).into()),
            ];
            w.f("refusal-not-asked", &args)
        }
        Refusal::AskedYourself => w.t("refusal-asked-yourself").to_owned(),
        Refusal::WordsMissing { step } => one("refusal-words-missing", "step", w.step(*step).into()),
        Refusal::WordsTooLong { chars, max } => w.f(
            "refusal-words-too-long",
            &[("chars", (*chars).into()), ("max", (*max).into())],
        ),
        Refusal::Missing { need, .. } => w.t(need_key(*need)).to_owned(),
        Refusal::NobodyToSend => w.t("refusal-nobody").to_owned(),
        Refusal::UnknownHandler { handler } => {
            one("refusal-unknown-handler", "handler", handler.as_str().into())
        }
        Refusal::AlreadyThere { .. } => w.t("refusal-already-there").to_owned(),
        Refusal::NotEntitled { handler, item } => {
            let who = Handler::try_from(handler.clone());
            let who = who
                .as_ref()
                .map_or(handler.as_str(), |who| town.handler_name(who, w.lang));
            let args = [
                ("who", who.into()),
                ("item", item_name(town, item, w.lang).into()),
            ];
            w.f("refusal-not-entitled", &args)
        }
        Refusal::UnknownItem { item } => one("refusal-unknown-item", "item", item.as_str().into()),
        Refusal::RetiredItem { item } => one(
            "refusal-retired-item",
            "item",
            item_name(town, item, w.lang).into(),
        ),
        Refusal::SameItem { item } => one("refusal-same-item", "item", item_name(town, item, w.lang).into()),
        Refusal::CantMergeInto { other } => one("refusal-cant-merge-into", "other", other.to_string().into()),
        Refusal::StandsForOthers { twins } => w.n("refusal-stands-for-others", *twins),
        Refusal::NotHigher { level } => one("refusal-not-higher", "level", w.level(*level).into()),
        Refusal::NotYours { by } => {
            let name = town.post(by).map_or(by.as_str(), |post| post.title.get(w.lang));
            one("refusal-not-yours", "by", name.into())
        }
        Refusal::TooLate { .. } => w.t("refusal-too-late").to_owned(),
        Refusal::CantUndo { why } => w
            .t(match *why {
                "import" => "refusal-undo-import",
                "split" => "refusal-undo-split",
                "answered" => "refusal-undo-answered",
                _ => "refusal-undo-merge",
            })
            .to_owned(),
        Refusal::HistoryMissing { .. } => w.t("refusal-history-missing").to_owned(),
        Refusal::PlaceMissing => w.t("refusal-place-missing").to_owned(),
        Refusal::PlaceWrong { place } => one("refusal-place-wrong", "place", place.as_str().into()),
        Refusal::InTheFuture => w.t("refusal-future").to_owned(),
        Refusal::Duty { duty } => w.t(duty_key(*duty)).to_owned(),
    }
}

fn steps(w: &Words, possible: &[Step]) -> String {
    possible
        .iter()
        .map(|s| w.step(*s))
        .collect::<Vec<_>>()
        .join(" / ")
}

fn item_name<'a>(town: &'a Town, code: &'a str, lang: Lang) -> &'a str {
    town.catalogue
        .by_code(code)
        .map_or(code, |item| item.name.get(lang))
}

fn need_key(need: Need) -> &'static str {
    match need {
        Need::Item => "refusal-needs-item",
        Need::OtherCase => "refusal-needs-other-case",
        Need::Until => "refusal-needs-until",
        Need::Hours => "refusal-needs-hours",
        Need::Mark => "refusal-needs-mark",
        Need::Parts => "refusal-needs-parts",
        Need::Helpers => "refusal-needs-helpers",
    }
}

fn duty_key(fault: DutyFault) -> &'static str {
    match fault {
        DutyFault::NotSeated => "refusal-duty-not-seated",
        DutyFault::Until => "refusal-duty-until",
        DutyFault::WordsMissing => "refusal-duty-words-missing",
        DutyFault::Handover => "refusal-duty-handover",
        DutyFault::ItemVersion => "refusal-duty-item-version",
        DutyFault::Item => "refusal-duty-item",
        DutyFault::BoundaryVersion => "refusal-duty-boundary-version",
        DutyFault::BoundaryWaits => "refusal-duty-boundary-waits",
        DutyFault::BoundaryNothing => "refusal-duty-boundary-nothing",
        DutyFault::BoundaryDate => "refusal-duty-boundary-date",
        DutyFault::BoundaryUnsound => "refusal-duty-boundary-unsound",
        DutyFault::BoundaryGaps => "refusal-duty-boundary-gaps",
    }
}
