//! A radiograph with what is known of it beside its pixels, and what is looked for in the pixels where nothing is.
//!
//! In: a file's header, or the cohort. Out: [`Source`]; the exposed field; the side that the patient faces.

use radiograph::{Facing, GreyImage, Radiograph, quality};
use serde::{Deserialize, Serialize};

use super::geometry::Crop;

/// Which side the patient is made to face.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FacingRule {
    /// Pictures stay as they are.
    #[default]
    AsIs,
    /// Pictures of patients who face right are mirrored.
    Left,
    /// Pictures of patients who face left are mirrored.
    Right,
}

/// Which part of a picture is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum CropRule {
    /// All of it.
    #[default]
    None,
    /// The exposed field inside even borders.
    Field,
}

/// How it was told which side the patient faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FacingOrigin {
    /// Nobody asked.
    NotAsked,
    /// Patient Orientation (0020,0020) says so.
    Header,
    /// The picture's own pixels look so.
    Pixels,
    /// Neither says; the picture stays as it is.
    Unclear,
}

impl FacingOrigin {
    /// The word that files use.
    pub fn name(self) -> &'static str {
        match self {
            FacingOrigin::NotAsked => "not-asked",
            FacingOrigin::Header => "header",
            FacingOrigin::Pixels => "pixels",
            FacingOrigin::Unclear => "unclear",
        }
    }
}

/// A picture, and what its file or the cohort says of it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The picture.
    pub image: &'a GreyImage,
    /// Millimetres from one row to the next and from one column to the next.
    pub spacing_mm: Option<[f64; 2]>,
    /// The side that the patient faces by the header.
    pub facing: Option<Facing>,
}

impl<'a> From<&'a GreyImage> for Source<'a> {
    fn from(image: &'a GreyImage) -> Self {
        Source {
            image,
            spacing_mm: None,
            facing: None,
        }
    }
}

impl<'a> Source<'a> {
    /// A radiograph; `spacing_mm` is what is known where its file has no spacing.
    pub fn of(radiograph: &'a Radiograph, spacing_mm: Option<f64>) -> Self {
        let stated = radiograph
            .spacing
            .map(|spacing| [spacing.row_mm, spacing.column_mm]);
        Source {
            image: &radiograph.image,
            spacing_mm: stated.or(spacing_mm.map(|mm| [mm, mm])),
            facing: quality::stated_facing(&radiograph.facts),
        }
    }

    /// The part that a rule keeps.
    pub(super) fn part(&self, rule: CropRule) -> Crop {
        match rule {
            CropRule::None => Crop {
                left: 0,
                top: 0,
                width: self.image.width,
                height: self.image.height,
            },
            CropRule::Field => {
                let area = quality::exposed_field(self.image).area;
                Crop {
                    left: area.left,
                    top: area.top,
                    width: area.width(),
                    height: area.height(),
                }
            }
        }
    }

    /// Whether a rule mirrors the picture, and how that was told.
    pub(super) fn mirrored(&self, rule: FacingRule) -> (bool, FacingOrigin) {
        let wanted = match rule {
            FacingRule::AsIs => return (false, FacingOrigin::NotAsked),
            FacingRule::Left => Facing::Left,
            FacingRule::Right => Facing::Right,
        };
        if let Some(facing) = self.facing {
            return (facing != wanted, FacingOrigin::Header);
        }
        let area = quality::exposed_field(self.image).area;
        match quality::seen_facing(self.image, area) {
            Some(facing) => (facing != wanted, FacingOrigin::Pixels),
            None => (false, FacingOrigin::Unclear),
        }
    }
}
