//! VGG bodies.

/// x
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// a
    Vgg11,
    /// b
    Vgg13,
    /// c
    Vgg16,
    /// d
    Vgg19,
}
