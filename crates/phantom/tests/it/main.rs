//! Behaviour of the cohort as a user meets it.

#[cfg(test)]
mod attenuation;
#[cfg(test)]
mod files;
mod gates;
#[cfg(test)]
mod geometry;
#[cfg(test)]
mod landmarks;
#[cfg(test)]
mod quality;
#[cfg(test)]
mod shortcuts;
