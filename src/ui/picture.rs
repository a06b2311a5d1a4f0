//! stub
// PLACEHOLDER so that the tree builds: whoever owns this module replaces the whole file.
