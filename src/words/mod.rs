//! The words of the interface: one Fluent file per language under `assets/words/`, Chinese first, English complete.

pub mod indicator;

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::case::{Phase, Source, Stage, Step, TimeLeft};
use crate::town::{Centre, Class, Datum, Lang, Level, Role};

const ZH: &str = include_str!("../../assets/words/zh.ftl");
const EN: &str = include_str!("../../assets/words/en.ftl");

/// The source text of a language's words.
pub fn source(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => ZH,
        Lang::En => EN,
    }
}

/// The words of one language.
pub struct Words {
    /// Which language.
    pub lang: Lang,
    /// Messages without variables that are more than one piece of text, formatted once.
    composed: HashMap<String, String>,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// Reads the words of `lang`. A line that can't be read is left out; a test finds it.
    pub fn new(lang: Lang) -> Self {
        let text = source(lang);
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(read, _)| read);
        let tag = match lang {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        };
        let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().unwrap_or_default()]);
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        let composed = message_ids(text)
            .filter_map(|id| match format_plain(&bundle, id)? {
                Cow::Borrowed(_) => None,
                Cow::Owned(text) => Some((id.to_owned(), text)),
            })
            .collect();
        Self {
            lang,
            composed,
            bundle,
        }
    }

    /// A message without variables; its key where there is none.
    pub fn t<'a>(&'a self, key: &'a str) -> &'a str {
        // Nearly all are one piece of text, which is lent as it stands in the file.
        match format_plain(&self.bundle, key) {
            Some(Cow::Borrowed(text)) => text,
            _ => self.composed.get(key).map_or(key, String::as_str),
        }
    }

    /// A datum, with who uses it.
    pub fn datum(&self, datum: Datum) -> &str {
        self.t(match datum {
            Datum::Wgs84 => "datum-wgs84",
            Datum::Gcj02 => "datum-gcj02",
            Datum::Bd09 => "datum-bd09",
            Datum::Cgcs2000 => "datum-cgcs2000",
        })
    }

    /// A message with variables; its key where there is none.
    pub fn f(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|m| m.value()) else {
            return key.to_owned();
        };
        let args: FluentArgs<'_> = args.iter().cloned().collect();
        self.bundle
            .format_pattern(pattern, Some(&args), &mut Vec::new())
            .into_owned()
    }

    /// A message with one number, called `n`.
    pub fn n(&self, key: &str, n: usize) -> String {
        self.f(key, &[("n", FluentValue::from(n))])
    }

    /// What a class is called.
    pub fn class(&self, class: Class) -> &str {
        self.t(["class-a", "class-b", "class-c", "class-d"][class as usize])
    }

    /// What a centre is called.
    pub fn centre(&self, centre: Centre) -> &str {
        self.t(["centre-governance", "centre-emergency", "centre-grid"][centre as usize])
    }

    /// What a stage is called.
    pub fn stage(&self, stage: Stage) -> &str {
        self.t([
            "stage-reported",
            "stage-accepted",
            "stage-dispatched",
            "stage-in-hand",
            "stage-rectified",
            "stage-verified",
            "stage-closed",
            "stage-refused",
            "stage-suspended",
            "stage-merged",
            "stage-withdrawn",
        ][stage as usize])
    }

    /// What one of the seven steps of digital city management is called.
    pub fn phase(&self, phase: Phase) -> &str {
        self.t([
            "phase-collect",
            "phase-open",
            "phase-dispatch",
            "phase-handle",
            "phase-report-back",
            "phase-verify-and-close",
            "phase-appraise",
        ][phase as usize])
    }

    /// What a role is called.
    pub fn role(&self, role: Role) -> &str {
        self.t(match role {
            Role::Dispatcher => "role-dispatcher",
            Role::DutyLeader => "role-duty-leader",
            Role::CommunityOfficer => "role-community-officer",
            Role::DepartmentOfficer => "role-department-officer",
            Role::StreetChief => "role-street-chief",
            Role::PartyGridChief => "role-party-grid-chief",
            Role::PartyInstructor => "role-party-instructor",
            Role::PartyGridLiaison => "role-party-grid-liaison",
            Role::PartyGridMember => "role-party-grid-member",
            Role::GridOfficer => "role-grid-officer",
            Role::Inspector => "role-inspector",
            Role::Presenter => "role-presenter",
            Role::Administrator => "role-administrator",
        })
    }

    /// What a level is called.
    pub fn level(&self, level: Level) -> &str {
        self.t(["level-grid", "level-community", "level-street", "level-joint"][level as usize])
    }

    /// What a step is called.
    pub fn step(&self, step: Step) -> &str {
        self.t([
            "step-accept",
            "step-refuse",
            "step-dispatch",
            "step-send-on",
            "step-hand-back",
            "step-arrive",
            "step-rectify",
            "step-verify",
            "step-send-back",
            "step-close",
            "step-reclassify",
            "step-split",
            "step-merge",
            "step-unmerge",
            "step-ask-suspend",
            "step-suspend",
            "step-ask-extend",
            "step-extend",
            "step-deny",
            "step-resume",
            "step-co-handle",
            "step-escalate",
            "step-reopen",
            "step-appraise",
            "step-answer",
            "step-undo",
        ][step as usize])
    }

    /// What a domain of the catalogue is called. One that a town added stands as its data has it.
    pub fn domain<'a>(&'a self, domain: &'a str) -> &'a str {
        self.t(match domain {
            "城市管理" => "domain-city",
            "消防" => "domain-fire",
            "安全生产" => "domain-work-safety",
            "住房租赁" => "domain-rental",
            "治安" => "domain-public-order",
            "环境保护" => "domain-environment",
            "社会矛盾" => "domain-disputes",
            "三防应急" => "domain-emergency",
            "公共服务" => "domain-services",
            "市政设施" => "domain-municipal",
            "劳动" => "domain-labour",
            "食药" => "domain-food",
            other => other,
        })
    }

    /// What the evidence that an item asks for is called. A word that a town added stands as its data has it.
    pub fn evidence<'a>(&'a self, evidence: &'a str) -> &'a str {
        self.t(match evidence {
            "before_after_photo" => "evidence-photo",
            "document" => "evidence-document",
            "measurement" => "evidence-measurement",
            other => other,
        })
    }

    /// What a step is called once it is taken.
    pub fn done(&self, step: Step) -> &str {
        self.t([
            "done-accept",
            "done-refuse",
            "done-dispatch",
            "done-send-on",
            "done-hand-back",
            "done-arrive",
            "done-rectify",
            "done-verify",
            "done-send-back",
            "done-close",
            "done-reclassify",
            "done-split",
            "done-merge",
            "done-unmerge",
            "done-ask-suspend",
            "done-suspend",
            "done-ask-extend",
            "done-extend",
            "done-deny",
            "done-resume",
            "done-co-handle",
            "done-escalate",
            "done-reopen",
            "done-appraise",
            "done-answer",
            "done-undo",
        ][step as usize])
    }

    /// What a source is called.
    pub fn source(&self, source: Source) -> &str {
        self.t([
            "source-patrol",
            "source-resident",
            "source-hotline",
            "source-inspection",
            "source-petition",
            "source-media",
            "source-other",
        ][source as usize])
    }

    /// A duration as it is spoken, two units at most: "1 时 20 分".
    pub fn duration(&self, span: TimeDelta) -> String {
        let minutes = span.num_minutes().unsigned_abs() as usize;
        let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
        let part = |key: &str, n: usize| self.n(key, n);
        let join = |a: String, b: String| format!("{a} {b}");
        match (days, hours, minutes) {
            (0, 0, m) => part("span-minutes", m),
            (0, h, 0) => part("span-hours", h),
            (0, h, m) => join(part("span-hours", h), part("span-minutes", m)),
            (d, 0, _) | (d @ 10.., _, _) => part("span-days", d),
            (d, h, _) => join(part("span-days", d), part("span-hours", h)),
        }
    }

    /// The time that is left, or how much a case is over: "还剩 1 时 20 分", "超 3 天".
    pub fn time_left(&self, time: &TimeLeft) -> String {
        match time.left {
            None => self.t("time-no-limit").to_owned(),
            Some(left) if left < TimeDelta::zero() => {
                self.f("time-over", &[("span", self.duration(left).into())])
            }
            Some(left) => self.f("time-left", &[("span", self.duration(left).into())]),
        }
    }

    /// A moment in the town's time: without the year where it is this year's.
    pub fn moment(&self, at: DateTime<Utc>, now: DateTime<Utc>, tz: chrono_tz::Tz) -> String {
        let (at, now) = (at.with_timezone(&tz), now.with_timezone(&tz));
        let clock = format!("{:02}:{:02}", at.hour(), at.minute());
        if at.date_naive() == now.date_naive() {
            clock
        } else if at.year() == now.year() {
            format!("{:02}-{:02} {clock}", at.month(), at.day())
        } else {
            format!("{}-{:02}-{:02} {clock}", at.year(), at.month(), at.day())
        }
    }

    /// A distance: metres below one kilometre.
    pub fn distance(&self, metres: f64) -> String {
        if metres < 995.0 {
            self.n("distance-m", (metres / 10.0).round() as usize * 10)
        } else {
            self.f("distance-km", &[("km", format!("{:.1}", metres / 1000.0).into())])
        }
    }
}

/// A message without variables; `None` where there is none, or it has some.
fn format_plain<'a>(bundle: &'a FluentBundle<FluentResource>, id: &str) -> Option<Cow<'a, str>> {
    let pattern = bundle.get_message(id)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, None, &mut errors);
    errors.is_empty().then_some(text)
}

/// The names of all messages of a Fluent source.
pub fn message_ids(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
}
