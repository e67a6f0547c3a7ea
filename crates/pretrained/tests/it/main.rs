//! Weights files against the frameworks that write them.

mod keras;
mod keras_hostile;
