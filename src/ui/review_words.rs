//! A drill's review in words, for the window and the shell.

use crate::drill::Review;
use crate::drill::review::Minutes;

use super::Words;

/// The rows of a review: what was measured, and what it came to.
pub fn rows<'w>(words: &'w Words, review: &Review) -> Vec<(&'w str, String)> {
    let part = |part: u64, whole: u64, share: Option<f64>| match share {
        Some(share) => words.f(
            "review-part",
            &[
                ("share", format!("{:.1}", share * 100.0).into()),
                ("part", part.into()),
                ("whole", whole.into()),
            ],
        ),
        None => words.t("figures-none").to_owned(),
    };
    vec![
        (words.t("review-cases"), review.cases.to_string()),
        (words.t("review-waiting"), review.waiting.to_string()),
        (words.t("review-accept"), minutes(words, &review.accept)),
        (words.t("review-dispatch"), minutes(words, &review.dispatch)),
        (words.t("review-arrive"), minutes(words, &review.arrive)),
        (
            words.t("review-first-right"),
            part(review.first_right, review.dispatched, review.first_right_share()),
        ),
        (
            words.t("review-late"),
            part(review.late, review.due, review.late_share()),
        ),
        (
            words.t("review-overrun"),
            part(review.overrun, review.limits, review.overrun_share()),
        ),
        (
            words.t("review-missed"),
            part(review.missed, review.alarms, review.missed_share()),
        ),
    ]
}

/// The middle and nine in ten, in minutes.
fn minutes(words: &Words, time: &Minutes) -> String {
    match (time.median, time.p90) {
        (Some(median), Some(p90)) => words.f(
            "review-minutes",
            &[
                ("median", format!("{median:.1}").into()),
                ("most", format!("{p90:.1}").into()),
            ],
        ),
        _ => words.t("figures-none").to_owned(),
    }
}
