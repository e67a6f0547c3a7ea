//! The body that is built into the program: what it is, what the guide says of it, and half precision.

use cordsight::body_file::{self, About, Origin};
use cordsight::network::{Architecture, Body};
use cordsight::preprocessing::Preprocessing;
use cordsight::tensor_file;
use cordsight::weights::{Init, Weights};
use cordsight::weights_source::{BUILT_IN, Source};
use phantom::{CohortPlan, Format, PRETRAINING_SEED, PhantomError, write_cohort};

#[test]
fn the_built_in_body_is_the_one_that_the_guide_describes() {
    let source = Source::open(BUILT_IN).unwrap();
    assert_eq!(source.network(), Body::Vgg16);
    assert_eq!(source.width().unwrap(), 0.125);
    assert_eq!(source.preprocessing, Preprocessing::Plain);
    let guide = include_str!("../../../../docs/guide/weights.md");
    assert!(
        guide.contains(&source.origin.sha256),
        "{}",
        source.origin.sha256
    );
    let file = include_bytes!("../../weights/phantom.safetensors");
    assert!(file.len() < 4 << 20);
}

#[test]
fn a_body_in_half_precision_comes_back_within_a_thousandth() {
    let architecture = Architecture {
        body: Body::Vgg11,
        width: 0.05,
        image_size: 32,
        outputs: 1,
        covariates: 0,
    };
    let weights = Weights::random(&architecture, Init::He, 3);
    let about = About {
        kind: body_file::KIND.to_string(),
        format: body_file::FORMAT,
        cordsight: "test".to_string(),
        body: Body::Vgg11,
        width: 0.05,
        head: false,
        preprocessing: Preprocessing::Plain,
        preprocessing_reason: "test".to_string(),
        source: Origin {
            file: "test".to_string(),
            sha256: String::new(),
            format: "test".to_string(),
        },
    };
    let bytes = body_file::encode_half(&about, &weights).unwrap();
    let (said, tensors) = tensor_file::decode::<About>(&bytes).unwrap();
    assert_eq!(said, about);
    let mut compared = 0;
    for tensor in tensor_file::group(&tensors, body_file::GROUP) {
        let own = weights
            .tensors()
            .iter()
            .find(|own| own.name == tensor.name)
            .unwrap();
        assert_eq!(own.shape, tensor.shape);
        for (own, half) in own.values.iter().zip(&tensor.values) {
            assert!(
                (own - half).abs() <= own.abs() * 1e-3 + 1e-7,
                "{own} and {half}"
            );
            compared += 1;
        }
    }
    assert!(compared > 1000);
    assert!(tensors.iter().all(|tensor| !tensor.name.contains("dense")));
}

#[test]
fn no_cohort_has_the_seed_that_the_body_learnt_from() {
    let folder = tempfile::tempdir().unwrap();
    let plan = CohortPlan {
        seed: PRETRAINING_SEED,
        ..CohortPlan::default()
    };
    let refused = write_cohort(&plan, folder.path(), Format::Png, &|_| {});
    assert!(matches!(refused, Err(PhantomError::ReservedSeed)));
}
