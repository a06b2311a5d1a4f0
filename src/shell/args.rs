//! What can be said on the shell.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::case::Stage;
use crate::indicator::{Against, Dimension};
use crate::report::briefing::Format;
use crate::report::found::FoundFile;
use crate::town::{self, Class, Datum};
use crate::ui::picture::PictureSize;

use super::drill::Until;

const EXIT_STATUS: &str = "\
Exit status: 0 done, 1 failed, 2 wrong usage, 3 done with rejected rows.
Messages go to standard error; RUST_LOG=info says more. With --json, standard output holds one JSON object.";

const IMPORT_HELP: &str = "\
Rows that can't be imported are counted and the first five are shown; --rejects FILE lists them all, with line, column
and reason, as a table that can be mended and imported again. A row that is already in the book is not added twice, so
an import that was interrupted (Ctrl-C, a power cut) is simply started again: whole batches stay, half ones don't.";

const ANCHOR_HELP: &str = "\
Sign the sheet, or keep the file where whoever can write the book can't write. yipanqi verify --anchor FILE finds in
such files the lines that begin with 'yipanqi-anchor', or JSON, and says whether the journal still is what it was then.";

const DO_HELP: &str = "\
A line is a verb, a case, what the step needs, and free words. Verbs and names are typed in Chinese, pinyin, pinyin
initials or English; '.' stands for the case of the line before:
  yipanqi do --as D-GOV 'report GL-A01 @GL03 litter by the gate' 'accept .' 'pd . 1'
  yipanqi do --as L-DUTY '挂账 17 +3d 等配件' --json
A short name that fits several teams, posts or items is refused. With -, blank lines and lines that begin with # are
left out. Exit status: 0 all done, 1 at least one refused (the others are done), 2 wrong usage.";

const DRILL_HELP: &str = "\
A drill is made-up town life, drawn from a seed: the same scenario, seed and town give the same journal. It is written
only into an empty book or into its own [default: book.drill.db beside the real one], and nothing real is ever written into
a drill's book. Without --until the hall opens, and whoever sits there trains; the book of the drill before is put aside as
NAME.old.db. --until plays it without a window, as fast as it goes: to the scenario's end, to a date (2018-06-30, 2018-06-30T12:00, by the town's clocks), or for a
span (90m, 36h, 10d, 4w). A drill that was interrupted is simply started again: it goes on where its book ends.
Scenarios are data: see assets/scenarios/README.md.";

const BOUNDARIES_HELP: &str = "\
Files are GeoJSON (.geojson) or GeoPackage (.gpkg), written in WGS-84. An import shows what is new, changed and missing; it writes
one entry with the whole change, or nothing. Overlaps, self-crossings and parts outside the parent are refused; gaps need
--gaps REASON. What was reported before keeps its grid.
  yipanqi boundaries check
  yipanqi boundaries import new.gpkg --datum gcj02 --dry-run
  yipanqi boundaries import new.gpkg --as L-DUTY --reason 'survey of 2027' --from 2027-01-01
Exit status: 0 done or sound, 1 failed, refused or not sound, 2 wrong usage.";

const INDICATOR_HELP: &str = "\
Indicators are data (assets/indicators): yipanqi indicator --list. With --json: value, unit, n, of, interval, flags, against,
change, cases (the numbers of the cases behind the figure; n of them), rule.
  yipanqi indicator disposition-rate --period 2019 --area 新澜社区 --against last-year
  yipanqi indicator mean-time-to-rectify --period 2026-11 --by community --against last-period
Exit status: 0 done, 1 failed, 2 no such indicator, period, area or value.";

const BRIEFING_HELP: &str = "\
The kind of the period chooses the template: a day daily, a week weekly, all others monthly. Templates are data
(assets/briefings). Files are named after the period and the language: briefing-2026-11.zh.pdf. Existing files stay, unless --force.
  yipanqi briefing --period 2026-11 --out /tmp
  yipanqi briefing --period 2026-W47 --area 新澜社区 --format pdf --lang en --out .
Every page bears a SHA-256 hash of the facts behind the figures; --check FILE counts them from the journal again, up to the entry
that was the last one then, and compares.
Exit status: 0 done, 1 failed or the hash differs, 2 no such period, template or area.";

const FIND_HELP: &str = "\
What is looked for is typed as in the hall: words, and filters with a colon, in Chinese, pinyin, initials or English. All words must
be in the text of a case (what was said at its report and at each later step, its place as it was stated) or in the name of its item.
  yipanqi find 垃圾 类:B 状态:超期 2026-10..2026-11
  yipanqi find --area 新澜社区 --from 2026-01-01 --to 2026-03-31 --csv found.csv
  yipanqi find 'litter \"by the gate\"' --polygon zone.geojson --out found.geojson
Areas are those of the time of the report; a polygon holds the cases whose exact point is known. With --json: count, and cases
as 'yipanqi cases --json' gives them, the one that was reported last in front.
Exit status: 0 done, 1 failed, 2 no such value, area, period or polygon.";

/// The dispatch hall of a sub-district. Without a command, opens the hall.
#[derive(Debug, Parser)]
#[command(name = "yipanqi", version, after_help = EXIT_STATUS)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do instead of opening the hall.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What holds for every command.
#[derive(Args, Debug)]
pub struct Common {
    /// Folder with the town's data [default: assets/town/guanlan]
    #[arg(long, global = true, value_name = "DIR")]
    pub town: Option<PathBuf>,
    /// The book, a database file [default: book.db in the user's data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub db: Option<PathBuf>,
    /// Language of what is shown [default: the hall's, else zh]
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Lang>,
    /// Write one JSON object to standard output
    #[arg(long, global = true)]
    pub json: bool,
}

/// A language, as it is given on the shell.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Lang {
    /// Simplified Chinese
    Zh,
    /// English
    En,
}

impl From<Lang> for town::Lang {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Zh => Self::Zh,
            Lang::En => Self::En,
        }
    }
}

/// A theme, as it is given on the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    /// Light figures on dark ground
    Dark,
    /// Dark figures on light ground
    Light,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import a CSV or XLSX file of cases
    #[command(after_help = IMPORT_HELP)]
    Import(Import),
    /// Check the book: the chain of the journal's hashes, and the case table against the journal
    Verify(Verify),
    /// Print the anchor of a day: the hash that later shows whether the journal up to then was altered
    #[command(after_help = ANCHOR_HELP)]
    Anchor(Anchor),
    /// Draw the hall into a PNG file, without a display
    Picture(Picture),
    /// List cases, newest first
    Cases(Cases),
    /// Look for cases of the whole history: by words, class, item, state, unit, period, area
    #[command(after_help = FIND_HELP)]
    Find(Find),
    /// Show one case with its history
    Show {
        /// Number of the case
        #[arg(value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        case: i64,
        /// As it was at that moment of the town's time, e.g. 2026-10-01T08:00
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
    },
    /// Give commands to the desk, as the hall's command line does
    #[command(name = "do", after_help = DO_HELP)]
    Do(DoOrders),
    /// Show first-dispatch accuracy, the shares settled near, and the days saved
    Figures(FiguresArgs),
    /// Count an indicator of a period, with the cases behind it
    #[command(after_help = INDICATOR_HELP)]
    Indicator(IndicatorArgs),
    /// Make a daily, weekly or monthly briefing as PDF and as a workbook
    #[command(after_help = BRIEFING_HELP)]
    Briefing(BriefingArgs),
    /// Show the rules: every stage and step of a case, and who may give which command
    Rules(Rules),
    /// List the catalogue of items, with what the hall has changed in it
    Catalogue(Catalogue),
    /// Export, check or import the boundaries of communities, grids and blocks
    #[command(subcommand, after_help = BOUNDARIES_HELP)]
    Boundaries(Boundaries),
    /// Play a drill: simulated town life, in a book of its own
    #[command(after_help = DRILL_HELP)]
    Drill(Drill),
    /// Copy the book to a new file, even while the hall is open
    Backup {
        /// The copy; must not exist yet
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
}

/// `yipanqi import`
#[derive(Args, Debug)]
pub struct Import {
    /// The table: CSV, TSV or XLSX; UTF-8 or GB18030
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the columns mean: the name of an import profile, or a profile's .toml file
    #[arg(long, value_name = "NAME")]
    pub profile: String,
    /// What the file's coordinates are counted from [default: the profile's]
    #[arg(long, value_name = "wgs84|gcj02|bd09|cgcs2000", value_parser = datum)]
    pub datum: Option<Datum>,
    /// Only say what would be imported
    #[arg(long)]
    pub dry_run: bool,
    /// Write rejected rows to this file
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
}

/// `yipanqi verify`
#[derive(Args, Debug)]
pub struct Verify {
    /// Compare the journal with the anchors in this file, printed or exported earlier; can be given several times
    #[arg(long = "anchor", value_name = "FILE")]
    pub anchors: Vec<PathBuf>,
}

/// `yipanqi anchor`
#[derive(Args, Debug)]
pub struct Anchor {
    /// The day in the town's time zone [default: the day of the last entry]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub day: Option<NaiveDate>,
    /// Write it to this file, which must not exist yet
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `yipanqi do`
#[derive(Args, Debug)]
pub struct DoOrders {
    /// The post that acts, by its code
    #[arg(long = "as", value_name = "POST")]
    pub post: String,
    /// The seat that stands in the journal
    #[arg(long, value_name = "NAME", default_value = "shell")]
    pub seat: String,
    /// A line each, such as 'pd 17 1'; - for lines of standard input
    #[arg(value_name = "LINE", required = true)]
    pub lines: Vec<String>,
}

/// `yipanqi figures`
#[derive(Args, Debug)]
pub struct FiguresArgs {
    /// The period, in days up to today
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
}

/// `yipanqi drill`
#[derive(Args, Debug)]
pub struct Drill {
    /// The scenario: the name of one that comes with the program, or a .toml file
    #[arg(long, value_name = "NAME", default_value = "ordinary-day")]
    pub scenario: String,
    /// What is drawn follows from it
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// So many minutes of the drill pass in a minute of the window
    #[arg(long, value_name = "X", default_value_t = 60.0, value_parser = speed)]
    pub speed: f64,
    /// Play without a window until then: end, a date, a date with a time, or a span such as 36h [default: the hall opens]
    #[arg(long, value_name = "WHEN", value_parser = Until::parse)]
    pub until: Option<Until>,
    /// So many cases are reported, however many the scenario would bring
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
    pub cases: Option<u64>,
    /// How good the automatic dispatcher is, 0 to 1 [default: the scenario's]
    #[arg(long, value_name = "X", value_parser = skill)]
    pub skill: Option<f64>,
    /// List the scenarios that come with the program
    #[arg(long)]
    pub list: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    number(text, 0.1..=3600.0)
}

fn skill(text: &str) -> Result<f64, String> {
    number(text, 0.0..=1.0)
}

fn number(text: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    let read = text.parse().ok().filter(|number| range.contains(number));
    read.ok_or_else(|| format!("expected a number from {} to {}", range.start(), range.end()))
}

/// `yipanqi indicator`
#[derive(Args, Debug)]
pub struct IndicatorArgs {
    /// The indicator, such as disposition-rate
    #[arg(value_name = "ID", required_unless_present = "list")]
    pub id: Option<String>,
    /// List all indicators
    #[arg(long, conflicts_with_all = ["id", "period", "area", "class", "centre", "item", "source", "unit", "against", "by"])]
    pub list: bool,
    /// The period: 2019, 2026-Q4, 2026-11, 2026-W47, 2026-11-25, last-30-days, 2026-01-01..2026-03-31 [default: last-30-days]
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<String>,
    /// Only cases of this community, grid or block, by name or code
    #[arg(long, value_name = "NAME")]
    pub area: Option<String>,
    /// Only cases of this class
    #[arg(long, value_name = "A-D")]
    pub class: Option<String>,
    /// Only cases of this centre: governance, emergency, grid
    #[arg(long, value_name = "CENTRE")]
    pub centre: Option<String>,
    /// Only cases of this item, by name or code
    #[arg(long, value_name = "ITEM")]
    pub item: Option<String>,
    /// Only cases that came by this way: patrol, resident, hotline, inspection, petition, media, other
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Only cases that this team or post has, or had last, by name or code
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// Compare with the period before, or with the same one of the year before
    #[arg(long, value_name = "last-period|last-year", value_parser = against)]
    pub against: Option<Against>,
    /// Also by community, base-grid, party-grid, block, centre, class, item, source or unit; then without lists of cases
    #[arg(long, value_name = "DIMENSION", value_parser = dimension)]
    pub by: Option<Dimension>,
}

fn against(text: &str) -> Result<Against, String> {
    Against::parse(text).ok_or_else(|| format!("expected {}", Against::ALL.map(Against::code).join(" or ")))
}

fn dimension(text: &str) -> Result<Dimension, String> {
    Dimension::parse(text).ok_or_else(|| {
        format!(
            "expected one of {}",
            Dimension::ALL.map(Dimension::code).join(", ")
        )
    })
}

/// `yipanqi briefing`
#[derive(Args, Debug)]
pub struct BriefingArgs {
    /// The period: 2026-11-25, 2026-W47, 2026-11, 2026-Q4, 2026, last-30-days, 2026-01-01..2026-03-31
    #[arg(long, value_name = "PERIOD", required_unless_present = "check")]
    pub period: Option<String>,
    /// The folder for the files; it is made where it does not exist
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    pub out: Option<PathBuf>,
    /// What stands in it: daily, weekly, monthly, or a .toml file [default: by the kind of the period]
    #[arg(long, value_name = "NAME")]
    pub template: Option<String>,
    /// Only cases of this community, grid or block, by name or code
    #[arg(long, value_name = "NAME")]
    pub area: Option<String>,
    /// Which files
    #[arg(long, value_name = "pdf,xlsx", value_delimiter = ',', default_value = "pdf,xlsx", value_parser = super::briefing::format)]
    pub format: Vec<Format>,
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
    /// Compare the hash that this briefing (PDF or XLSX) bears with the journal
    #[arg(long, value_name = "FILE", conflicts_with_all = ["period", "out", "template", "area", "force"])]
    pub check: Option<PathBuf>,
}

/// `yipanqi rules`
#[derive(Args, Debug)]
pub struct Rules {
    /// Write the state machine as a Graphviz graph instead
    #[arg(long)]
    pub graph: bool,
}

/// `yipanqi catalogue`
#[derive(Args, Debug)]
pub struct Catalogue {
    /// Write it to this file instead, as a table that a town can have as its catalogue
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// `yipanqi boundaries`
#[derive(Subcommand, Debug)]
pub enum Boundaries {
    /// Write the boundaries as the book has them to a file
    Export {
        /// The file, .geojson or .gpkg; an existing one is replaced
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
    /// Look for gaps, overlaps, self-crossings and the like, in the town or in a file
    Check(BoundaryCheck),
    /// Take the boundaries of a file into the book
    Import(BoundaryImport),
}

/// `yipanqi boundaries check`
#[derive(Args, Debug)]
pub struct BoundaryCheck {
    /// The file; the town as the book has it without one
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What the file's coordinates are counted from [default: wgs84]
    #[arg(long, value_name = "wgs84|gcj02|bd09|cgcs2000", value_parser = datum, requires = "file")]
    pub datum: Option<Datum>,
}

/// `yipanqi boundaries import`
#[derive(Args, Debug)]
pub struct BoundaryImport {
    /// The file, .geojson or .gpkg
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the file's coordinates are counted from [default: wgs84]
    #[arg(long, value_name = "wgs84|gcj02|bd09|cgcs2000", value_parser = datum)]
    pub datum: Option<Datum>,
    /// Only say what would become different
    #[arg(long)]
    pub dry_run: bool,
    /// The post that changes the boundaries, by code
    #[arg(long = "as", value_name = "POST", required_unless_present = "dry_run")]
    pub post: Option<String>,
    /// The seat it is done from
    #[arg(long, value_name = "NAME", default_value = "shell")]
    pub seat: String,
    /// Why
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    pub reason: Option<String>,
    /// Why gaps are left, where some are
    #[arg(long, value_name = "TEXT")]
    pub gaps: Option<String>,
    /// They hold from that day or moment on, by the town's clocks [default: now]
    #[arg(long, value_name = "YYYY-MM-DD[THH:MM]")]
    pub from: Option<String>,
    /// Take places away that are not in the file, of kinds that are
    #[arg(long)]
    pub remove_missing: bool,
}

/// `yipanqi picture`
#[derive(Args, Debug)]
pub struct Picture {
    /// The picture, a .png file; an existing one is replaced
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(png))]
    pub out: PathBuf,
    /// Width and height in pixels; from 3000 pixels across, everything is drawn larger
    #[arg(long, value_name = "WxH", default_value = "1920x1080")]
    pub size: PictureSize,
    /// The theme [default: the hall's, else dark]
    #[arg(long, value_enum)]
    pub theme: Option<Theme>,
    /// Draw the sample day instead of the book; the picture says so
    #[arg(long)]
    pub sample: bool,
    /// Select this case
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub case: Option<i64>,
    /// Look for this, as typed in the hall's box for finding
    #[arg(long, value_name = "TEXT")]
    pub find: Option<String>,
    /// Draw the page of indicators, of the last 30 days or of this period (see yipanqi indicator --help)
    #[arg(long, value_name = "PERIOD", num_args = 0..=1, default_missing_value = "last-30-days", conflicts_with = "case")]
    pub indicators: Option<String>,
    /// Draw the hall as it was at that moment of the town's time, e.g. 2026-10-01T08:00
    #[arg(long, value_name = "MOMENT", conflicts_with = "indicators")]
    pub at: Option<String>,
    /// Beside it, this moment, or now
    #[arg(long, value_name = "MOMENT", num_args = 0..=1, default_missing_value = "now", requires = "at")]
    pub beside: Option<String>,
}

/// `yipanqi cases`
#[derive(Args, Debug)]
pub struct Cases {
    /// Only cases of this class: A, B, C or D
    #[arg(long, value_parser = class)]
    pub class: Option<Class>,
    /// Only cases in this stage
    #[arg(long, value_parser = stage)]
    pub stage: Option<Stage>,
    /// Only cases that are open
    #[arg(long)]
    pub open: bool,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub limit: Option<u32>,
    /// The cases that were open at that moment of the town's time, as they were then, e.g. 2026-10-01T08:00
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
}

/// `yipanqi find`
#[derive(Args, Debug)]
pub struct Find {
    /// Words, and filters such as 类:B or state:overdue
    #[arg(value_name = "WORDS")]
    pub words: Vec<String>,
    /// Only cases of these classes
    #[arg(long, value_name = "A-D", value_delimiter = ',')]
    pub class: Vec<String>,
    /// Only cases that stand so: open, ended, overdue, or a stage
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    pub state: Vec<String>,
    /// Only cases of this item, by name or code
    #[arg(long, value_name = "ITEM")]
    pub item: Vec<String>,
    /// Only cases of this community, grid or block, by name or code
    #[arg(long, value_name = "AREA")]
    pub area: Vec<String>,
    /// Only cases that this team or post has, or had last, by name or code
    #[arg(long, value_name = "UNIT")]
    pub unit: Vec<String>,
    /// Only cases of this centre: governance, emergency, grid
    #[arg(long, value_name = "CENTRE")]
    pub centre: Vec<String>,
    /// Only cases that came by this way: patrol, resident, hotline, inspection, petition, media, other
    #[arg(long, value_name = "SOURCE")]
    pub source: Vec<String>,
    /// Only cases reported in this period: 2026, 2026-Q4, 2026-11, 2026-W47, 2026-11-25, 2026-10..2026-11
    #[arg(long, value_name = "PERIOD", conflicts_with_all = ["from", "to"])]
    pub period: Option<String>,
    /// Only cases reported on this day or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<String>,
    /// Only cases reported on this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: Option<String>,
    /// Only cases in the polygons of this file (GeoJSON, WGS-84)
    #[arg(long, value_name = "FILE")]
    pub polygon: Option<PathBuf>,
    /// Write them to this file instead, as a table
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write them to this file instead: .csv, .xlsx or .geojson
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(found_file))]
    pub out: Option<PathBuf>,
    /// List or write at most so many, the newest; all are counted
    #[arg(long, value_name = "N")]
    pub limit: Option<u32>,
}

fn found_file(path: PathBuf) -> Result<PathBuf, String> {
    match FoundFile::of(&path) {
        Some(_) => Ok(path),
        None => Err("expected a name that ends in .csv, .xlsx or .geojson".into()),
    }
}

fn datum(text: &str) -> Result<Datum, String> {
    Datum::parse(text).ok_or_else(|| "expected wgs84, gcj02, bd09 or cgcs2000".to_owned())
}

fn class(text: &str) -> Result<Class, String> {
    Class::parse(text).ok_or_else(|| "expected A, B, C or D".into())
}

fn stage(text: &str) -> Result<Stage, String> {
    Stage::parse(&text.replace('-', "_"))
        .ok_or_else(|| format!("expected one of {}", Stage::ALL.map(Stage::code).join(", ")))
}

fn png(path: PathBuf) -> Result<PathBuf, String> {
    let is_png = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    is_png
        .then_some(path)
        .ok_or_else(|| "expected a name that ends in .png".into())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn common_arguments_stand_before_or_after_the_command() {
        for line in ["yipanqi --json cases --class b", "yipanqi cases --class B --json"] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert!(cli.common.json);
            assert!(matches!(
                cli.command,
                Some(Command::Cases(Cases {
                    class: Some(Class::B),
                    ..
                }))
            ));
        }
    }
}
