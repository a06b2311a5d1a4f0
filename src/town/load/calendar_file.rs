//! Writes the calendar that was edited in the hall back into its file: comments and untouched rows stay as they are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use csv::StringRecord;

use crate::town::Calendar;
use crate::town::calendar::DayKind;

use super::{Faults, TownError, read_text, tables};

/// What stands as the source of a day that was edited in the hall.
pub const HALL_SOURCE: &str = "hall";

/// Why a calendar was not written. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// It was not read from a file.
    #[error("the calendar was not read from a file")]
    NoFile,
    /// The file can no longer be read.
    #[error("{0}")]
    Unreadable(#[from] TownError),
    /// Somebody changed the file meanwhile.
    #[error("{}: was changed meanwhile", .0.display())]
    Changed(PathBuf),
    /// The file or its folder can't be written.
    #[error("{}: {error}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Writes `edited` into the file that `read` came from, and answers which file that is. It is written beside itself
/// first, so that a power cut leaves the old one or the new one.
///
/// # Errors
/// Where the file can't be read or written, or no longer holds what was read.
pub fn write(read: &Calendar, edited: &Calendar) -> Result<PathBuf, CalendarError> {
    let named = read.file.as_ref().ok_or(CalendarError::NoFile)?;
    let unwritable = |path: &Path, error| CalendarError::Unwritable {
        path: path.to_owned(),
        error,
    };
    // A link stays a link.
    let path = std::fs::canonicalize(named).map_err(|error| unwritable(named, error))?;
    let mut faults = Faults::default();
    let text = read_text(&path, &mut faults);
    let now = text
        .as_ref()
        .and_then(|text| tables::calendar_of(&path, text, read.hours.clone(), &mut faults));
    let (Some(text), Some(now)) = (text, now.filter(|_| faults.list.is_empty())) else {
        return Err(TownError(faults.list).into());
    };
    if now.days != read.days || now.years != read.years {
        return Err(CalendarError::Changed(path));
    }
    let text = with_edits(&text, read, edited);
    replace(&path, text.as_bytes()).map_err(|error| unwritable(&path, error))?;
    Ok(path)
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.set_permissions(std::fs::metadata(path)?.permissions())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        // What is left of a failed attempt is of no use.
        std::fs::remove_file(&beside).ok();
    })
}

/// The file's text after the edits.
fn with_edits(text: &str, read: &Calendar, edited: &Calendar) -> String {
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| line.starts_with('#')) {
        lines.push(with_years(line, read, edited));
    }
    if edited.years.is_some() && read.years.is_none() {
        lines.insert(0, format!("# years: {}", years(edited)));
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut records = reader.records().filter_map(Result::ok);
    let header = records
        .next()
        .unwrap_or_else(|| StringRecord::from(tables::CALENDAR.to_vec()));
    let column = |name: &str| header.iter().position(|column| column.trim() == name);
    let known: BTreeMap<NaiveDate, StringRecord> = records
        .filter_map(|record| {
            let date = record.get(column("date")?)?.trim();
            Some((NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?, record))
        })
        .collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    // Writing into memory can't fail.
    table.write_record(&header).ok();
    for (day, entry) in &edited.days {
        let kept = known.get(day).filter(|_| read.days.get(day) == Some(entry));
        let record = kept.cloned().unwrap_or_else(|| row(&header, *day, entry));
        table.write_record(&record).ok();
    }
    let table = table.into_inner().unwrap_or_default();
    lines.push(String::from_utf8_lossy(&table).into_owned());
    lines.join("\n")
}

fn row(header: &StringRecord, day: NaiveDate, (kind, name): &(DayKind, String)) -> StringRecord {
    let kind = match kind {
        DayKind::Holiday => "holiday",
        DayKind::Workday => "workday",
    };
    let day = day.format("%Y-%m-%d").to_string();
    header
        .iter()
        .map(|column| match column.trim() {
            "date" => day.as_str(),
            "kind" => kind,
            "name_zh" => name.as_str(),
            "source" => HALL_SOURCE,
            _ => "",
        })
        .collect()
}

/// The comment with the years, where they have changed.
fn with_years(line: &str, read: &Calendar, edited: &Calendar) -> String {
    let is_years = line
        .strip_prefix('#')
        .is_some_and(|rest| rest.trim_start().starts_with("years:"));
    if !is_years || edited.years == read.years {
        return line.to_owned();
    }
    let rest = line.split_once(';').map(|(_, rest)| rest);
    let rest = rest.map(|rest| format!(";{rest}")).unwrap_or_default();
    format!("# years: {}{rest}", years(edited))
}

fn years(calendar: &Calendar) -> String {
    match &calendar.years {
        Some(years) => format!("{}-{}", years.start(), years.end()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# years: 2025-2026; source: a notice\n# second line\ndate,kind,name_zh,source,more\n\
                        2026-10-01,holiday,国庆节,notice,\"a, b\"\n2026-10-10,workday,国庆节调休,notice,\n";

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    fn read(path: &Path) -> Calendar {
        let mut faults = Faults::default();
        let calendar = tables::calendar(path, Vec::new(), &mut faults).unwrap();
        assert_eq!(faults.list, []);
        calendar
    }

    fn on_disk() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("calendar.csv");
        std::fs::write(&path, FILE).unwrap();
        (dir, path)
    }

    #[test]
    fn edits_leave_comments_and_other_rows_as_they_are() {
        let (_dir, path) = on_disk();
        let before = read(&path);
        assert_eq!(before.source, "a notice");
        let mut after = before.clone();
        after.days.remove(&day(10, 10));
        after
            .days
            .insert(day(10, 2), (DayKind::Holiday, "国庆,节".into()));
        after.years = Some(2025..=2027);
        assert_eq!(write(&before, &after).unwrap(), path.canonicalize().unwrap());
        let expected = "# years: 2025-2027; source: a notice\n# second line\ndate,kind,name_zh,source,more\n\
                        2026-10-01,holiday,国庆节,notice,\"a, b\"\n2026-10-02,holiday,\"国庆,节\",hall,\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(read(&path).days, after.days);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_was_changed_meanwhile_is_left_alone() {
        let (_dir, path) = on_disk();
        let before = read(&path);
        let other = FILE.replace("2026-10-10,workday", "2026-10-11,workday");
        std::fs::write(&path, &other).unwrap();
        let mut after = before.clone();
        after.days.clear();
        assert!(matches!(write(&before, &after), Err(CalendarError::Changed(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), other);
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(
            write(&before, &after),
            Err(CalendarError::Unwritable { .. })
        ));
    }
}
