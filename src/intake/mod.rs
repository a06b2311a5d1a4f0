//! Translators from the outside into reports. They trust nothing.
