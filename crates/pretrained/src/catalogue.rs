//! Published VGG weights that can be fetched by name, each pinned by what is known of its bytes.
//!
//! Out: for each name the address, the digest, the size, the licence and the preprocessing that belongs to the
//! weights. Nothing else is ever fetched.
//! A digest is pinned as far as it is known, no further:
//! - SHA-256 where several independent projects record the same value for the file (and where it begins with the
//!   eight digits that PyTorch writes into the file's name).
//! - PyTorch's eight digits of the SHA-256, as `torch.hub` itself checks them, for the files that few record in full.
//!   They find accidents; against intent only the connection's certificate protects.
//! - MD5 from Keras's source, as Keras itself checks it. No file with a given MD5 can be made to this day, though two
//!   files with the same one can.
//!
//! Sources: Keras 3.15 `applications/vgg16.py`, `vgg19.py`; torchvision 0.29 `models/vgg.py` (digits, sizes);
//! the model card of `timm/vgg16.tv_in1k`; the page of the very deep networks at Oxford (licence).

use crate::preprocessing::Preprocessing;
use crate::vgg::Depth;

/// What is known of a file's bytes, in lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// The whole SHA-256, 64 digits.
    Sha256(&'static str),
    /// The first digits of the SHA-256.
    Sha256Prefix(&'static str),
    /// The MD5, 32 digits.
    Md5(&'static str),
}

/// One published file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// What the user types.
    pub name: &'static str,
    /// Where it is published.
    pub url: &'static str,
    /// The name in the cache folder.
    pub file: &'static str,
    /// What is known of its bytes.
    pub digest: Digest,
    /// Size in bytes, to within [`SIZE_SLACK`].
    pub bytes: u64,
    /// Under which terms it is published.
    pub licence: &'static str,
    /// What pictures must go through before the first layer.
    pub preprocessing: Preprocessing,
    /// Which body it holds, at full width.
    pub depth: Depth,
    /// True when the classifier of 1000 classes is in the file, which is then most of its size.
    pub with_top: bool,
}

/// How far a file's size may be from the catalogue's: sizes that nobody publishes are counted from the parameters, to
/// which a file adds names and offsets.
pub const SIZE_SLACK: u64 = 64 * 1024;

const OXFORD: &str = "Creative Commons Attribution, Visual Geometry Group, University of Oxford (converted for Keras)";
const TORCHVISION: &str =
    "BSD-3-Clause, torchvision; trained on ImageNet, whose terms may bind some uses";

/// Every file that can be fetched, the paper's first.
pub const CATALOGUE: [Entry; 7] = [
    Entry {
        name: "keras-vgg16",
        url: "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        file: "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        digest: Digest::Sha256("bfe5187d0a272bed55ba430631598124cff8e880b98d38c9e56c8d66032abdc1"),
        bytes: 58_889_256,
        licence: OXFORD,
        preprocessing: Preprocessing::KERAS_CAFFE,
        depth: Depth::Vgg16,
        with_top: false,
    },
    Entry {
        name: "keras-vgg19",
        url: "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        file: "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        digest: Digest::Md5("253f8cb515780f3b799900260a226db6"),
        bytes: 80_134_624,
        licence: OXFORD,
        preprocessing: Preprocessing::KERAS_CAFFE,
        depth: Depth::Vgg19,
        with_top: false,
    },
    torchvision(
        "torchvision-vgg11",
        "https://download.pytorch.org/models/vgg11-8a719046.pth",
        "vgg11-8a719046.pth",
        Digest::Sha256Prefix("8a719046"),
        531_460_260,
        Depth::Vgg11,
    ),
    torchvision(
        "torchvision-vgg13",
        "https://download.pytorch.org/models/vgg13-19584684.pth",
        "vgg13-19584684.pth",
        Digest::Sha256Prefix("19584684"),
        532_199_506,
        Depth::Vgg13,
    ),
    torchvision(
        "torchvision-vgg16",
        "https://download.pytorch.org/models/vgg16-397923af.pth",
        "vgg16-397923af.pth",
        Digest::Sha256("397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
        553_433_881,
        Depth::Vgg16,
    ),
    torchvision(
        "torchvision-vgg19",
        "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        "vgg19-dcbb9e9d.pth",
        Digest::Sha256("dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"),
        574_673_361,
        Depth::Vgg19,
    ),
    torchvision(
        "timm-vgg16",
        "https://huggingface.co/timm/vgg16.tv_in1k/resolve/b8d8aa2dd860af9233c8c67385a8097fd6c35d3f/model.safetensors",
        "timm-vgg16.tv_in1k.safetensors",
        Digest::Sha256("57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8"),
        553_434_000,
        Depth::Vgg16,
    ),
];

/// The entry of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

const fn torchvision(
    name: &'static str,
    url: &'static str,
    file: &'static str,
    digest: Digest,
    bytes: u64,
    depth: Depth,
) -> Entry {
    Entry {
        name,
        url,
        file,
        digest,
        bytes,
        licence: TORCHVISION,
        preprocessing: Preprocessing::TORCHVISION,
        depth,
        with_top: true,
    }
}
