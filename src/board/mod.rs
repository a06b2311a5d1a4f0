//! The live situation: all open cases in memory, with the indexes that the views need.
