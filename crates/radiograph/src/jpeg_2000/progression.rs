//! In which order the packets of a tile follow each other.
//!
//! In: the resolutions of all components and a progression. Out: component, resolution, precinct and layer of each
//! packet. A packet that an earlier progression had is left out, by the layers that its precinct has.
//!
//! Source: ITU-T T.800 B.12. All components have the size of the picture, so positions are those of the reference grid.

use super::header::{Progression, Style};
use super::tile::{Area, Resolution};

/// Which precinct, and where it starts on the reference grid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub component: u16,
    pub resolution: u8,
    pub precinct: u32,
    x: u32,
    y: u32,
}

/// Precincts in the order of one progression, and whether each has its layers one after the other.
pub(super) struct Order {
    pub places: Vec<Place>,
    pub rounds: Rounds,
}

/// How layers are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounds {
    /// All places for a layer, then for the next.
    Picture,
    /// All places of a resolution for a layer, then for the next.
    Resolution,
    /// All layers of a place.
    Place,
}

/// The whole of a style without progression changes.
pub(super) fn progressions(style: &Style) -> Vec<Progression> {
    if !style.progressions.is_empty() {
        return style.progressions.clone();
    }
    vec![Progression {
        order: style.order,
        layers: style.layers,
        resolutions: (0, 33),
        components: (0, u16::MAX),
    }]
}

pub(super) fn order(
    tile: Area,
    components: &[Vec<Resolution>],
    progression: &Progression,
) -> Order {
    let mut places = Vec::new();
    let (first, end) = progression.components;
    for (component, resolutions) in components.iter().enumerate() {
        if component < first.into() || component >= end.into() {
            continue;
        }
        for (number, resolution) in resolutions.iter().enumerate() {
            let (lowest, above) = progression.resolutions;
            if number < lowest.into() || number >= above.into() {
                continue;
            }
            let scale = resolutions.len() - 1 - number;
            places.extend((0..resolution.precincts.len()).map(|precinct| {
                let (x, y) = resolution.corner(precinct);
                Place {
                    component: component as u16,
                    resolution: number as u8,
                    precinct: precinct as u32,
                    x: (x << scale).max(tile.left.into()) as u32,
                    y: (y << scale).max(tile.top.into()) as u32,
                }
            }));
        }
    }
    let rounds = match progression.order {
        0 => Rounds::Picture,
        1 => Rounds::Resolution,
        _ => Rounds::Place,
    };
    match progression.order {
        0 | 1 => places.sort_by_key(|at| (at.resolution, at.component, at.precinct)),
        2 => places.sort_by_key(|at| (at.resolution, at.y, at.x, at.component, at.precinct)),
        3 => places.sort_by_key(|at| (at.y, at.x, at.component, at.resolution, at.precinct)),
        _ => places.sort_by_key(|at| (at.component, at.y, at.x, at.resolution, at.precinct)),
    }
    Order { places, rounds }
}
