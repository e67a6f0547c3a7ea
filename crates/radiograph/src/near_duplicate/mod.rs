//! Pictures that are copies of each other: the same film encoded again, cut, brightened, turned a little or mirrored.
//!
//! In: pictures, one by one. Out: a [`Fingerprint`] of each (about 2 KB), and among any number of them all pairs that are
//! alike ([`near_pairs`]), the same whatever the number of threads. Exact copies are found by [`pixel_digest`].
//! `docs/audit.md` has recall, false alarms, time and memory, beside those of other programs.

mod align;
mod code;
mod index;
mod probe;
mod search;
mod sieve;
mod thumbnail;

use sha2::{Digest, Sha256};

use crate::grey::GreyImage;

use thumbnail::Thumbnail;

pub use search::{NearPair, NearPairs, near_pairs};

/// What is kept of a picture to recognise a copy of it: a thumbnail.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint {
    thumbnail: Box<Thumbnail>,
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Fingerprint")
    }
}

impl Fingerprint {
    /// The fingerprint of a picture of any size.
    pub fn of(image: &GreyImage) -> Fingerprint {
        Fingerprint {
            thumbnail: thumbnail::thumbnail(image),
        }
    }
}

/// SHA-256 of size and pixels: equal for the same pixels in whichever container and header.
pub fn pixel_digest(image: &GreyImage) -> [u8; 32] {
    let mut hash = Sha256::new();
    for side in [image.width, image.height] {
        hash.update((side as u64).to_le_bytes());
    }
    let mut bytes = Vec::with_capacity(4 * image.width);
    for line in image.pixels.chunks(image.width.max(1)) {
        bytes.clear();
        bytes.extend(line.iter().flat_map(|grey| grey.to_le_bytes()));
        hash.update(&bytes);
    }
    hash.finalize().into()
}
