//! Behaviour of the cohort as a user meets it.

#[cfg(test)]
mod attenuation;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod files;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod geometry;
#[cfg(test)]
mod landmarks;
#[cfg(test)]
mod quality;
#[cfg(test)]
mod shortcuts;
