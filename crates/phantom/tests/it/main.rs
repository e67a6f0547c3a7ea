//! Behaviour of the cohort as a user meets it.

#[cfg(test)]
mod files;
#[cfg(test)]
mod landmarks;
#[cfg(test)]
mod quality;
#[cfg(test)]
mod shortcuts;
