//! In the past nothing can be commanded: what stops it, and says why.

use crate::ui::Intent;
use crate::ui::app::{Hall, Overlay};
use crate::ui::keys::Deed;
use crate::ui::many_bar::ManyDo;

impl Hall {
    /// Why nothing can be commanded, where the past is looked at.
    pub(in crate::ui::app) fn past_bars(&self) -> Option<String> {
        self.past.shown().map(|_| self.words.t("past-bars").to_owned())
    }

    /// Says why nothing can be commanded, and answers true, where the past is looked at and a key asks for what commands, or for
    /// a window of what is now.
    pub(in crate::ui::app) fn past_bars_deed(&mut self, deed: Deed) -> bool {
        let commands = matches!(
            deed,
            Deed::Step(_)
                | Deed::NextStep
                | Deed::Confirm
                | Deed::NewReport
                | Deed::Import
                | Deed::Acknowledge
                | Deed::Watch
                | Deed::Seat
                | Deed::Shifts
                | Deed::Handover
                | Deed::Alarms
                | Deed::Catalogue
                | Deed::Calendar
                | Deed::Boundaries
                | Deed::Figures
                | Deed::Briefing
                | Deed::Indicators
                | Deed::PeriodBefore
                | Deed::PeriodAfter
                | Deed::ClearFilters
                | Deed::DrillReview
        );
        let why = self.past_bars().filter(|_| commands);
        self.say_why(why)
    }

    /// The same for what a view asks.
    pub(in crate::ui::app) fn past_bars_intent(&mut self, intent: &Intent) -> bool {
        let commands = matches!(
            intent,
            Intent::Submit(_)
                | Intent::Report(..)
                | Intent::Duty(_)
                | Intent::Boundary(_)
                | Intent::TakeSeat(_)
                | Intent::WriteCalendar(_)
                | Intent::ImportFile(_)
                | Intent::ChooseImport
                | Intent::ChoosePhotos(_)
                | Intent::AddPhotos(..)
                | Intent::MakeBriefing(_)
                | Intent::Many(
                    ManyDo::Accept | ManyDo::DispatchFirst | ManyDo::Dispatch(_) | ManyDo::Watch(_)
                )
        );
        let why = self.past_bars().filter(|_| commands);
        self.say_why(why)
    }

    fn say_why(&mut self, why: Option<String>) -> bool {
        let barred = why.is_some();
        // Once is enough, however often a key is pressed.
        if let Some(why) = why
            && self.toasts.last().is_none_or(|toast| toast.text != why)
        {
            self.say(why, true);
        }
        barred
    }

    /// Whether the time machine has its keys: not while a window lies over it, or boundaries are drawn with the same keys.
    pub(in crate::ui::app) fn past_has_keys(&self) -> bool {
        let is_free = self.overlay == Overlay::None && self.import.is_none() && !self.page.is_open();
        self.past.open && is_free && !self.boundaries.is_open()
    }
}
