//! What layers ask of the book: each question a short job on the store's thread.

use std::any::Any;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::board::Board;
use crate::board::presence::Sightings;
use crate::store::Store;
use crate::store::worker::Keeper;
use crate::town::{Centre, Town};

use super::super::choropleth::AreaReply;
use super::super::heat::{PastReply, read_past};
use super::super::{MapView, choropleth, units};

/// What the keeper calls these jobs where one fails.
pub const WHAT: &str = "map layers";

/// Where units were, for the board.
struct PresenceReply {
    round: u64,
    sightings: Result<Sightings, String>,
}

/// Which question about units is under way.
#[derive(Default)]
pub struct PresenceAsk {
    asked: Option<u64>,
    rounds: u64,
    trouble: bool,
}

impl PresenceAsk {
    /// Whether the answer is still to come.
    pub fn is_asked(&self) -> bool {
        self.asked.is_some()
    }
}

impl MapView {
    /// Asks the book what the layers that are shown need.
    pub fn ask_layers(
        &mut self,
        keeper: &Keeper,
        town: &Arc<Town>,
        board: &Board,
        centre: Option<Centre>,
        now: DateTime<Utc>,
    ) {
        let layers = self.settings.layers;
        let generation = board.generation();
        if layers.heat
            && let Some(ask) = self.heat.ask(&self.settings.heat, now, generation)
        {
            let near = town.center;
            let job = move |store: &mut dyn Store| {
                let past = read_past(&*store, ask.since_ms, now, near).map_err(|error| error.to_string());
                Ok(Box::new(PastReply { ask, past }) as Box<dyn Any + Send>)
            };
            keeper.ask_for(0, WHAT, Box::new(job));
        }
        if layers.choropleth
            && let Some(ask) = self
                .choropleth
                .ask(&self.settings.areas, centre, town, now, generation)
        {
            let (town, known) = (town.clone(), self.choropleth.definitions.clone());
            let job = move |store: &mut dyn Store| Ok(choropleth::count(&*store, known, &town, now, ask));
            keeper.ask_for(0, WHAT, Box::new(job));
        }
        if (layers.units || layers.traces) && !board.presence().is_known() {
            self.ask_presence(keeper, town, now);
        }
    }

    fn ask_presence(&mut self, keeper: &Keeper, town: &Arc<Town>, now: DateTime<Utc>) {
        if self.presence.asked.is_some() || self.presence.trouble {
            return;
        }
        self.presence.rounds += 1;
        let round = self.presence.rounds;
        self.presence.asked = Some(round);
        let town = town.clone();
        let job = move |store: &mut dyn Store| {
            let sightings = units::read(&*store, &town, now).map_err(|error| error.to_string());
            Ok(Box::new(PresenceReply { round, sightings }) as Box<dyn Any + Send>)
        };
        keeper.ask_for(0, WHAT, Box::new(job));
    }

    /// Takes in an answer of the store, if it is one for the layers; gives it back where it is not.
    ///
    /// # Errors
    /// The answer, where it is for somebody else.
    pub fn layers_answered(
        &mut self,
        answer: Box<dyn Any + Send>,
        board: &mut Board,
        now: DateTime<Utc>,
    ) -> Result<(), Box<dyn Any + Send>> {
        let answer = match answer.downcast::<AreaReply>() {
            Ok(reply) => {
                self.choropleth.arrived(*reply);
                return Ok(());
            }
            Err(other) => other,
        };
        let answer = match answer.downcast::<PastReply>() {
            Ok(reply) => {
                self.heat.arrived(*reply, now);
                return Ok(());
            }
            Err(other) => other,
        };
        let reply = answer.downcast::<PresenceReply>()?;
        if self
            .presence
            .asked
            .take_if(|asked| *asked == reply.round)
            .is_some()
        {
            match reply.sightings {
                Ok(sightings) => board.begin_presence(sightings),
                Err(why) => {
                    tracing::warn!("where units were can't be read: {why}");
                    self.presence.trouble = true;
                }
            }
        }
        Ok(())
    }

    /// Whether a layer that is shown is still being read or worked out.
    pub(in crate::ui::map) fn layers_are_busy(&self) -> bool {
        let layers = self.settings.layers;
        layers.heat && self.heat.is_busy()
            || layers.choropleth && self.choropleth.is_busy()
            || self.presence.asked.is_some()
            || self.panel.cards_moved
    }

    /// A job of the layers failed as a whole.
    pub fn layers_failed(&mut self, why: &str) {
        self.heat.failed(why);
        self.choropleth.failed(why);
        self.presence.trouble = self.presence.asked.take().is_some();
    }

    /// Another book: nothing of what the layers have read holds.
    pub fn other_book(&mut self) {
        self.heat.other_book();
        self.choropleth.other_book();
        self.presence = PresenceAsk {
            rounds: self.presence.rounds,
            ..PresenceAsk::default()
        };
    }
}
