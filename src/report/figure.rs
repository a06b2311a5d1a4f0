//! A plot as plain data: what is shown, in words that are ready to be read. It is drawn by [`super::draw`], on the screen and
//! in files alike, and given as a table by [`Figure::table`].
//!
//! Every plot has its data in one order; a [`super::Spot`] of the drawing names its datum by its place in that order.

use chrono::NaiveDate;

/// A plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it shows, with its unit.
    pub title: String,
    /// Of what: the period, the filter.
    pub subtitle: String,
    /// What it rests on, until when, and how it is to be read.
    pub note: String,
    /// What is said where there are no data.
    pub empty: String,
    /// The data.
    pub plot: Plot,
}

/// The data of a plot, by its form.
#[derive(Clone, Debug, PartialEq)]
pub enum Plot {
    /// A line over time, with another period's as a fainter one.
    Trend(Trend),
    /// Counts by classes of a measure, in order.
    Histogram(Histogram),
    /// Bars, the longest first, with their cumulative share.
    Pareto(Pareto),
    /// Counts by two keys.
    Matrix(Matrix),
    /// Counts by day, in weeks.
    Calendar(Calendar),
    /// Counts from one key to another.
    Flow(Flow),
    /// Values with their intervals.
    Ranking(Ranking),
    /// Values by area.
    Map(AreaMap),
}

/// A line over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trend {
    /// Heading of the parts of time.
    pub parts_name: String,
    /// Name of the line.
    pub name: String,
    /// Name of the other period's line.
    pub before_name: String,
    /// Name of the counts.
    pub n_name: String,
    /// The parts of time, in order.
    pub points: Vec<TrendPoint>,
    /// Decimals of the axis.
    pub decimals: u8,
}

/// One part of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrendPoint {
    /// Its name.
    pub label: String,
    /// Its name where there is little room.
    pub short: String,
    /// The value; a gap where there is none.
    pub value: Option<f64>,
    /// The value of the other period.
    pub before: Option<f64>,
    /// How many cases the value counts.
    pub n: u64,
    /// What is said of it.
    pub tip: String,
}

/// Counts by classes of a measure, such as times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Heading of the classes.
    pub classes_name: String,
    /// Name of the counts.
    pub n_name: String,
    /// The classes, in order.
    pub bars: Vec<Bar>,
    /// Values that are marked: their place in units of bars (1.5 is the middle of the second bar), and their words.
    pub marks: Vec<(f64, String)>,
}

/// One bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    /// What it counts.
    pub label: String,
    /// How many.
    pub n: u64,
    /// What is said of it.
    pub tip: String,
}

/// Bars, the longest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pareto {
    /// Heading of the bars.
    pub bars_name: String,
    /// Name of the counts.
    pub n_name: String,
    /// Name of the cumulative share.
    pub share_name: String,
    /// The bars.
    pub bars: Vec<Bar>,
    /// All cases, of which the shares are.
    pub all: u64,
}

/// Counts by two keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// Heading of the rows.
    pub rows_name: String,
    /// The rows.
    pub rows: Vec<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// The counts, row by row.
    pub cells: Vec<u64>,
    /// What is said of each cell.
    pub tips: Vec<String>,
    /// Name of the counts.
    pub n_name: String,
}

/// Counts by day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar {
    /// Heading of the days.
    pub days_name: String,
    /// Name of the counts.
    pub n_name: String,
    /// The days, one after the other without gaps.
    pub days: Vec<Day>,
    /// The weekdays from Monday on, briefly.
    pub weekdays: Vec<String>,
    /// The months from January on, briefly.
    pub months: Vec<String>,
}

/// One day.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Which.
    pub date: NaiveDate,
    /// How many; `None` for days that have not come yet.
    pub n: Option<u64>,
    /// Whether it lies in the period that is looked at.
    pub within: bool,
    /// What is said of it.
    pub tip: String,
}

/// Counts from one key to another, drawn as bands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    /// Heading of where they come from.
    pub from_name: String,
    /// Heading of where they go.
    pub to_name: String,
    /// Name of the counts.
    pub n_name: String,
    /// The keys, the same on both sides, from the top.
    pub keys: Vec<String>,
    /// The bands.
    pub bands: Vec<Band>,
}

/// One band.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    /// From which key.
    pub from: usize,
    /// To which key.
    pub to: usize,
    /// How many.
    pub n: u64,
    /// What is said of it.
    pub tip: String,
}

/// Values with their intervals, the best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking {
    /// Heading of the rows.
    pub rows_name: String,
    /// Name of the values.
    pub value_name: String,
    /// Name of the ranks.
    pub rank_name: String,
    /// Names of the two ends of the intervals.
    pub interval_names: (String, String),
    /// Name of the counts.
    pub n_name: String,
    /// The rows.
    pub rows: Vec<RankRow>,
    /// The value of all together, and its words.
    pub all: Option<(f64, String)>,
    /// Decimals of the axis.
    pub decimals: u8,
}

/// One row of a ranking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RankRow {
    /// Whose value it is.
    pub label: String,
    /// Between which places it can stand: "2–5".
    pub rank: String,
    /// The value.
    pub value: f64,
    /// The value in words.
    pub text: String,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// How many cases it counts.
    pub n: u64,
    /// Whether it differs from all together by more than chance.
    pub apart: bool,
    /// Whether it is out of order.
    pub out: bool,
    /// What is said of it.
    pub tip: String,
}

/// Values by area.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AreaMap {
    /// Heading of the areas.
    pub areas_name: String,
    /// Name of the values.
    pub value_name: String,
    /// Name of the counts.
    pub n_name: String,
    /// The areas.
    pub areas: Vec<Area>,
    /// The smallest and the largest value in words, for the legend.
    pub ends: (String, String),
    /// What an area without a value is called.
    pub none: String,
}

/// One area.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Area {
    /// What it is called.
    pub label: String,
    /// Its outer rings: WGS-84 longitude and latitude, degrees.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// Where its name stands: WGS-84 longitude and latitude, degrees.
    pub label_at: [f64; 2],
    /// The value.
    pub value: Option<f64>,
    /// The value in words.
    pub text: String,
    /// How many cases it counts.
    pub n: u64,
    /// What is said of it.
    pub tip: String,
}

/// The data of a plot as rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The headings.
    pub columns: Vec<String>,
    /// The rows, as wide as the headings.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A number; always finite.
    Number(f64),
    /// Words.
    Text(String),
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value
            .filter(|value| value.is_finite())
            .map_or(Self::Empty, Self::Number)
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Self {
        Self::Number(n as f64)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Figure {
    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        match &self.plot {
            Plot::Trend(p) => p.points.iter().all(|point| point.value.is_none()),
            Plot::Histogram(p) => p.bars.iter().all(|bar| bar.n == 0),
            Plot::Pareto(p) => p.bars.is_empty(),
            Plot::Matrix(p) => p.cells.iter().all(|n| *n == 0),
            Plot::Calendar(p) => p.days.iter().all(|day| day.n.unwrap_or(0) == 0),
            Plot::Flow(p) => p.bands.iter().all(|band| band.n == 0),
            Plot::Ranking(p) => p.rows.is_empty(),
            Plot::Map(p) => p.areas.iter().all(|area| area.value.is_none()),
        }
    }

    /// What is said of each datum, in order.
    pub fn tips(&self) -> Vec<&str> {
        match &self.plot {
            Plot::Trend(p) => p.points.iter().map(|point| point.tip.as_str()).collect(),
            Plot::Histogram(p) => p.bars.iter().map(|bar| bar.tip.as_str()).collect(),
            Plot::Pareto(p) => p.bars.iter().map(|bar| bar.tip.as_str()).collect(),
            Plot::Matrix(p) => p.tips.iter().map(String::as_str).collect(),
            Plot::Calendar(p) => p.days.iter().map(|day| day.tip.as_str()).collect(),
            Plot::Flow(p) => p.bands.iter().map(|band| band.tip.as_str()).collect(),
            Plot::Ranking(p) => p.rows.iter().map(|row| row.tip.as_str()).collect(),
            Plot::Map(p) => p.areas.iter().map(|area| area.tip.as_str()).collect(),
        }
    }

    /// Its data as rows, for CSV and workbooks.
    pub fn table(&self) -> Table {
        match &self.plot {
            Plot::Trend(p) => p.table(),
            Plot::Histogram(p) => bars(&[&p.classes_name, &p.n_name], &p.bars),
            Plot::Pareto(p) => p.table(),
            Plot::Matrix(p) => p.table(),
            Plot::Calendar(p) => p.table(),
            Plot::Flow(p) => p.table(),
            Plot::Ranking(p) => p.table(),
            Plot::Map(p) => p.table(),
        }
    }
}

fn table(columns: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Table {
    Table {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows: rows.collect(),
    }
}

fn bars(columns: &[&str], bars: &[Bar]) -> Table {
    let row = |bar: &Bar| vec![bar.label.as_str().into(), bar.n.into()];
    table(columns, bars.iter().map(row))
}

impl Trend {
    fn table(&self) -> Table {
        let row = |point: &TrendPoint| {
            let (now, before) = (point.value.into(), point.before.into());
            vec![point.label.as_str().into(), now, before, point.n.into()]
        };
        let columns = [
            self.parts_name.as_str(),
            &self.name,
            &self.before_name,
            &self.n_name,
        ];
        table(&columns, self.points.iter().map(row))
    }
}

impl Pareto {
    /// The share of all cases that the first `count` bars have, in percent.
    pub fn cumulative(&self, count: usize) -> f64 {
        let sum: u64 = self.bars.iter().take(count).map(|bar| bar.n).sum();
        100.0 * sum as f64 / self.all.max(1) as f64
    }

    fn table(&self) -> Table {
        let row = |(i, bar): (usize, &Bar)| {
            let share = Cell::Number(self.cumulative(i + 1));
            vec![bar.label.as_str().into(), bar.n.into(), share]
        };
        let columns = [self.bars_name.as_str(), &self.n_name, &self.share_name];
        table(&columns, self.bars.iter().enumerate().map(row))
    }
}

impl Matrix {
    fn table(&self) -> Table {
        let mut columns = vec![self.rows_name.as_str()];
        columns.extend(self.columns.iter().map(String::as_str));
        let wide = self.columns.len().max(1);
        let row = |(name, cells): (&String, &[u64])| {
            let cells = cells.iter().map(|n| (*n).into());
            std::iter::once(name.as_str().into()).chain(cells).collect()
        };
        table(&columns, self.rows.iter().zip(self.cells.chunks(wide)).map(row))
    }
}

impl Calendar {
    fn table(&self) -> Table {
        let row = |day: &Day| {
            let n = day.n.map(|n| n as f64);
            vec![Cell::Text(day.date.to_string()), n.into()]
        };
        table(&[&self.days_name, &self.n_name], self.days.iter().map(row))
    }
}

impl Flow {
    /// What a key is called.
    pub fn key(&self, key: usize) -> &str {
        self.keys.get(key).map_or("", String::as_str)
    }

    fn table(&self) -> Table {
        let row = |band: &Band| {
            vec![
                self.key(band.from).into(),
                self.key(band.to).into(),
                band.n.into(),
            ]
        };
        let columns = [self.from_name.as_str(), &self.to_name, &self.n_name];
        table(&columns, self.bands.iter().map(row))
    }
}

impl Ranking {
    fn table(&self) -> Table {
        let row = |row: &RankRow| {
            let (low, high) = row.interval.unzip();
            vec![
                row.rank.as_str().into(),
                row.label.as_str().into(),
                Some(row.value).into(),
                low.into(),
                high.into(),
                row.n.into(),
            ]
        };
        let columns = [
            self.rank_name.as_str(),
            &self.rows_name,
            &self.value_name,
            &self.interval_names.0,
            &self.interval_names.1,
            &self.n_name,
        ];
        table(&columns, self.rows.iter().map(row))
    }
}

impl AreaMap {
    fn table(&self) -> Table {
        let row = |area: &Area| vec![area.label.as_str().into(), area.value.into(), area.n.into()];
        let columns = [self.areas_name.as_str(), &self.value_name, &self.n_name];
        table(&columns, self.areas.iter().map(row))
    }
}
