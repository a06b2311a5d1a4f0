//! Views. A view reads the board and the town and answers with [`Intent`]s; it holds only what is of the screen.

pub mod app;
pub mod bell;
pub mod boundaries;
pub mod briefing_window;
pub mod calendar_window;
pub mod catalogue_window;
pub mod choose;
pub mod command_line;
pub mod drill_bar;
pub mod figures_window;
pub mod find;
pub mod flat;
pub mod hall;
pub mod handover_window;
pub mod icons;
pub mod import;
pub mod indicator;
pub mod keys;
pub mod line_words;
pub mod many;
pub mod many_bar;
pub mod map;
pub mod meshes;
pub mod pass;
pub mod picture;
pub mod refusal_words;
pub mod report_form;
pub mod review_window;
pub mod review_words;
pub mod seat_window;
pub mod settings;
pub mod settings_window;
pub mod shift_window;
pub mod theme;
pub mod time_bar;
pub mod warm;
pub mod welcome;

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::board::Board;
use crate::case::{CaseId, Duty, DutyAction, PhotoPhase};
use crate::desk::NewReport;
use crate::report::Figure;
use crate::store::PhotoFile;
use crate::town::{Calendar, Centre, PlaceId, Town, Wgs84};

use indicator::export::FileKind;
use keys::Deed;
use many::Many;

pub use crate::words::Words;
pub use theme::Palette;

/// What every view reads in one frame.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The standing world.
    pub town: &'a Town,
    /// The live situation.
    pub board: &'a Board,
    /// The hall beside its cases.
    pub duty: &'a Duty,
    /// The words of the chosen language.
    pub words: &'a Words,
    /// The colours of the chosen theme.
    pub colors: &'a Palette,
    /// The time of this frame.
    pub now: DateTime<Utc>,
    /// What is selected, everywhere.
    pub selection: &'a Selection,
    /// Whether all of this is a moment of the past: then it can be looked at, and no command can be given.
    pub past: bool,
}

/// What is selected. Every view shows the same selection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The case whose sheet is shown.
    pub case: Option<CaseId>,
    /// The place that is highlighted on the map.
    pub place: Option<PlaceId>,
    /// The case under the pointer, on the map or in a queue.
    pub hovered: Option<CaseId>,
    /// Only cases of this centre are shown.
    pub centre: Option<Centre>,
    /// Cases that are selected together, so that something can be done with all of them.
    pub many: Many,
}

/// What a view asks of the window. Views never act themselves.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Show this case, or none.
    Select(Option<CaseId>),
    /// Select these cases together, in place of those before.
    SelectMany(Many),
    /// Do something with all cases that are selected together.
    Many(many_bar::ManyDo),
    /// Highlight this place, or none.
    SelectPlace(Option<PlaceId>),
    /// The pointer is over this case.
    Hover(CaseId),
    /// Bring this point into the middle of the map.
    LookAt(Wgs84),
    /// A form that asked for a point on the map gets this one.
    PickedPoint(Wgs84),
    /// Do what a key would do.
    Do(Deed),
    /// Send the draft of a step with this case.
    Submit(CaseId),
    /// Open this case, with these photos.
    Report(Box<NewReport>, Vec<PhotoFile>),
    /// Read photos from these files into the open form.
    AddPhotos(PhotoTarget, Vec<PathBuf>),
    /// Let the system's dialog choose photos for the open form.
    ChoosePhotos(PhotoTarget),
    /// The next click on the map is wanted (or no longer).
    PickPoint(bool),
    /// Open the import with this file.
    ImportFile(PathBuf),
    /// Let the system's dialog choose a file to import.
    ChooseImport,
    /// Cases were imported: look at them.
    Imported,
    /// Work with the sample day, or go back to the real book.
    SampleDay(bool),
    /// Begin this drill, in a new book.
    BeginDrill(Box<app::DrillStart>),
    /// Let the drill's clock run so fast.
    DrillSpeed(f64),
    /// End the drill and go back to the real book.
    LeaveDrill,
    /// Give these commands of the hall itself, together.
    Duty(Vec<DutyAction>),
    /// This post is to sit here.
    TakeSeat(String),
    /// Something of the editor of boundaries.
    Boundary(boundaries::BoundaryDo),
    /// Write the catalogue to a file that the system's dialog chooses.
    ExportCatalogue,
    /// Make this briefing.
    MakeBriefing(Box<briefing_window::BriefingOrder>),
    /// Let the system's dialog choose the folder for briefings.
    ChooseBriefingFolder,
    /// Write the calendar: as it was read, and as it was edited.
    WriteCalendar(Box<(Calendar, Calendar)>),
    /// Leave the page of indicators, and show this case.
    OpenCase(CaseId),
    /// Write a plot to a file that the system's dialog chooses.
    SaveFigure(Box<Figure>, FileKind),
    /// Something of finding.
    Find(find::FindDo),
    /// An area was drawn on the map, or not.
    DrawnZone(Box<map::Drawn>),
    /// Say this at the window's foot for a moment.
    Say(String),
    /// Something of the command line or the palette.
    Line(command_line::LineDo),
    /// Something of the time machine.
    Past(time_bar::PastDo),
}

/// Which form photos go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoTarget {
    /// The draft of a step with this case.
    Step(CaseId, PhotoPhase),
    /// The form that opens a case.
    Report,
}
