//! The search for a VGG body among named tensors.
//!
//! The number of 3×3 convolutions tells the depth, their channels must follow each other as in a VGG of some width,
//! and names matter only for the order, so a file of any framework is read alike.
//! A kernel of `[3, 3, 3, 3]` fits both layouts: the others decide, and the format where they don't.

use super::layout::{hwio_to_oihw, transpose};
use super::order::{self, Shape};
use super::{Body, Depth, HEAD, Layout, NotVgg, Order, Report, pairs};
use crate::tensor::{Format, Tensor};

/// Our name of the head's last matrix.
const LAST: &str = "dense3.weight";

/// Recognises VGG11, 13, 16 or 19 of any width, and the head 128-64-1 if it is there; one of several
/// outputs only under our own names.
///
/// # Errors
///
/// One line: batch normalisation, another number of convolutions, other channels, a missing bias, damaged values.
pub fn find_body(tensors: &[Tensor], format: Format) -> Result<Body, NotVgg> {
    refuse_normalised(tensors)?;
    let layout = layout(tensors, format);
    let places: Vec<usize> = (0..tensors.len())
        .filter(|place| fits(&tensors[*place].shape, layout))
        .collect();
    let shapes: Vec<Shape<'_>> = places
        .iter()
        .map(|place| shape(&tensors[*place], layout))
        .collect();
    let depth = depth(shapes.len())?;
    let (sequence, order) = order::forward(&shapes, depth)?;
    let convolutions: Vec<usize> = sequence.iter().map(|place| places[*place]).collect();
    let shapes: Vec<Shape<'_>> = sequence.iter().map(|place| shapes[*place]).collect();
    let features = shapes.last().map_or(0, |shape| shape.outputs);
    let head = head(tensors, features);

    let mut kernels: Vec<(&str, usize)> = shapes.iter().map(|s| (s.name, s.outputs)).collect();
    if let Some(head) = &head {
        let dense = head.places.iter().zip([HEAD[0], HEAD[1], head.outputs]);
        kernels.extend(dense.map(|(place, outputs)| (tensors[*place].name.as_str(), outputs)));
    }
    let biases = pairs::biases(&kernels, tensors, order == Order::Names);

    let mut taking = Taking::new(tensors);
    for (at, (block, within)) in depth.places().enumerate() {
        let Shape {
            name,
            inputs,
            outputs,
        } = shapes[at];
        let bias = biases[at].ok_or_else(|| NotVgg::Bias {
            name: name.to_string(),
            outputs,
        })?;
        let ours = format!("block{}.conv{}", block + 1, within + 1);
        taking.take(
            convolutions[at],
            &ours,
            vec![outputs, inputs, 3, 3],
            |values| match layout {
                Layout::Hwio => hwio_to_oihw(values, inputs, outputs),
                Layout::Oihw => values.to_vec(),
            },
        )?;
        taking.take_bias(bias, &ours, outputs)?;
    }
    refuse_uncounted(tensors, &taking, &shapes)?;

    let outputs = head.as_ref().map_or(HEAD[2], |head| head.outputs);
    let head_shapes = head_shapes(features, outputs);
    let head_biases: Option<Vec<usize>> = biases[shapes.len()..].iter().copied().collect();
    let mut missing = Vec::new();
    match (head, head_biases) {
        (Some(head), Some(biases)) => {
            for (layer, [inputs, outputs]) in head_shapes.into_iter().enumerate() {
                let ours = format!("dense{}", layer + 1);
                let place = head.places[layer];
                taking.take(place, &ours, vec![inputs, outputs], |values| {
                    match head.outputs_first {
                        true => transpose(values, outputs, inputs),
                        false => values.to_vec(),
                    }
                })?;
                taking.take_bias(biases[layer], &ours, outputs)?;
            }
        }
        _ => {
            for (layer, [inputs, outputs]) in head_shapes.into_iter().enumerate() {
                missing.push((format!("dense{}.weight", layer + 1), vec![inputs, outputs]));
                missing.push((format!("dense{}.bias", layer + 1), vec![outputs]));
            }
        }
    }
    Ok(Body {
        depth,
        channels: channels(depth, &shapes),
        report: Report {
            left_out: taking.left_out(),
            taken: taking.taken,
            missing,
            layout,
            order,
        },
        parameters: taking.parameters,
    })
}

/// Normalisation that shows by names: at least two tensors for each convolution; fewer belong to somebody's head.
fn refuse_normalised(tensors: &[Tensor]) -> Result<(), NotVgg> {
    const MARKS: [&str; 6] = [
        "running_mean",
        "running_var",
        "moving_mean",
        "moving_variance",
        "batch_normalization",
        "batchnorm",
    ];
    let convolutions = tensors.iter().filter(|t| t.shape.len() == 4).count();
    let is_marked = |tensor: &&Tensor| {
        let name = tensor.name.to_ascii_lowercase();
        MARKS.iter().any(|mark| name.contains(mark))
    };
    let normalised: Vec<&Tensor> = tensors.iter().filter(is_marked).collect();
    match normalised.first() {
        Some(first) if convolutions > 0 && normalised.len() >= 2 * convolutions => {
            Err(NotVgg::BatchNormalisation {
                name: first.name.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// Normalisation without names: vectors of the convolutions' lengths are left, four or at least two for each.
fn refuse_uncounted(
    tensors: &[Tensor],
    taking: &Taking<'_>,
    shapes: &[Shape<'_>],
) -> Result<(), NotVgg> {
    let left: Vec<&Tensor> = tensors
        .iter()
        .zip(&taking.used)
        .filter(|(tensor, used)| {
            !**used
                && tensor.shape.len() == 1
                && shapes.iter().any(|shape| shape.outputs == tensor.shape[0])
        })
        .map(|(tensor, _)| tensor)
        .collect();
    match left.first() {
        Some(first) if left.len() >= 2 * shapes.len() => Err(NotVgg::BatchNormalisation {
            name: first.name.clone(),
        }),
        _ => Ok(()),
    }
}

fn fits(shape: &[usize], layout: Layout) -> bool {
    shape.len() == 4
        && match layout {
            Layout::Hwio => shape[..2] == [3, 3],
            Layout::Oihw => shape[2..] == [3, 3],
        }
}

fn layout(tensors: &[Tensor], format: Format) -> Layout {
    let only = |one, other| {
        let kernels = tensors.iter();
        let decided = kernels.filter(|t| fits(&t.shape, one) && !fits(&t.shape, other));
        decided.count()
    };
    let (hwio, oihw) = (
        only(Layout::Hwio, Layout::Oihw),
        only(Layout::Oihw, Layout::Hwio),
    );
    match (hwio.cmp(&oihw), format) {
        (std::cmp::Ordering::Greater, _) => Layout::Hwio,
        (std::cmp::Ordering::Less, _) => Layout::Oihw,
        (_, Format::KerasH5 | Format::KerasWeightsH5 | Format::Keras) => Layout::Hwio,
        (_, Format::Torch | Format::Safetensors | Format::Onnx) => Layout::Oihw,
    }
}

fn shape(tensor: &Tensor, layout: Layout) -> Shape<'_> {
    let (inputs, outputs) = match layout {
        Layout::Hwio => (tensor.shape[2], tensor.shape[3]),
        Layout::Oihw => (tensor.shape[1], tensor.shape[0]),
    };
    Shape {
        name: &tensor.name,
        inputs,
        outputs,
    }
}

fn depth(convolutions: usize) -> Result<Depth, NotVgg> {
    Depth::ALL
        .into_iter()
        .find(|depth| depth.places().count() == convolutions)
        .ok_or(NotVgg::Count {
            found: convolutions,
        })
}

fn channels(depth: Depth, shapes: &[Shape<'_>]) -> [usize; 5] {
    let mut channels = [0; 5];
    for ((block, _), shape) in depth.places().zip(shapes) {
        channels[block] = shape.outputs;
    }
    channels
}

/// Places of the head's matrices, and whether they are `[out, in]`.
struct Head {
    places: [usize; 3],
    outputs_first: bool,
    outputs: usize,
}

/// `[in, out]` of the head's layers.
fn head_shapes(features: usize, outputs: usize) -> [[usize; 2]; 3] {
    [[features, HEAD[0]], [HEAD[0], HEAD[1]], [HEAD[1], outputs]]
}

/// The second layer, 128 by 64, tells the layout even where the first is square.
fn head(tensors: &[Tensor], features: usize) -> Option<Head> {
    let one = head_of(tensors, features, HEAD[2]);
    // A layer of several outputs could be anything; only our own name says that it is the last of the head.
    let named = tensors.iter().find(|tensor| tensor.name == LAST);
    one.or_else(|| match named?.shape[..] {
        [inputs, outputs] if inputs == HEAD[1] => head_of(tensors, features, outputs),
        _ => None,
    })
}

fn head_of(tensors: &[Tensor], features: usize, outputs: usize) -> Option<Head> {
    [false, true].into_iter().find_map(|outputs_first| {
        let place = |[inputs, outputs]: [usize; 2]| {
            let wanted = match outputs_first {
                true => [outputs, inputs],
                false => [inputs, outputs],
            };
            tensors.iter().position(|tensor| tensor.shape == wanted)
        };
        let [first, second, third] = head_shapes(features, outputs).map(place);
        Some(Head {
            places: [first?, second?, third?],
            outputs_first,
            outputs,
        })
    })
}

/// What has been taken so far.
struct Taking<'a> {
    tensors: &'a [Tensor],
    used: Vec<bool>,
    parameters: Vec<Tensor>,
    taken: Vec<(String, String)>,
}

impl<'a> Taking<'a> {
    fn new(tensors: &'a [Tensor]) -> Self {
        Taking {
            tensors,
            used: vec![false; tensors.len()],
            parameters: Vec::new(),
            taken: Vec::new(),
        }
    }

    fn take(
        &mut self,
        place: usize,
        layer: &str,
        shape: Vec<usize>,
        turned: impl Fn(&[f32]) -> Vec<f32>,
    ) -> Result<(), NotVgg> {
        self.add(place, format!("{layer}.weight"), shape, turned)
    }

    fn take_bias(&mut self, place: usize, layer: &str, outputs: usize) -> Result<(), NotVgg> {
        self.add(
            place,
            format!("{layer}.bias"),
            vec![outputs],
            <[f32]>::to_vec,
        )
    }

    fn add(
        &mut self,
        place: usize,
        name: String,
        shape: Vec<usize>,
        turned: impl Fn(&[f32]) -> Vec<f32>,
    ) -> Result<(), NotVgg> {
        let tensor = &self.tensors[place];
        let expected = shape.iter().fold(1, |a: usize, b| a.saturating_mul(*b));
        if tensor.values.len() != expected {
            return Err(NotVgg::Values {
                name: tensor.name.clone(),
                found: tensor.values.len(),
                expected,
            });
        }
        self.used[place] = true;
        self.taken.push((tensor.name.clone(), name.clone()));
        self.parameters.push(Tensor {
            name,
            shape,
            values: turned(&tensor.values),
        });
        Ok(())
    }

    fn left_out(&self) -> Vec<(String, String)> {
        let imagenet = self
            .tensors
            .iter()
            .any(|tensor| matches!(tensor.shape.len(), 2 | 4) && tensor.shape.contains(&1000));
        let left = self
            .tensors
            .iter()
            .zip(&self.used)
            .filter(|(_, used)| !**used);
        left.map(|(tensor, _)| {
            let reason = match imagenet {
                true => format!("{:?}, of the classifier of 1000 classes", tensor.shape),
                false => format!("{:?}, of neither the body nor the head", tensor.shape),
            };
            (tensor.name.clone(), reason)
        })
        .collect()
    }
}
