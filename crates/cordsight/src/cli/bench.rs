//! `cordsight bench`: how fast this machine scores and trains a network.

use std::time::Instant;

use burn::tensor::Device;
use cordsight::adam::Adam;
use cordsight::block::{Conv, Kernels};
use cordsight::environment::{Environment, peak_memory_mb};
use cordsight::network::{Architecture, Body, Network};
use cordsight::prepare::{Fit, Grey, Preparation, Prepared};
use cordsight::score::logits;
use cordsight::train::step::{Batch, step};
use cordsight::weights::{Init, Weights};
use serde::Serialize;
use winograd::Form;

use super::progress::duration;
use super::{Failure, print, print_json};

/// Pictures of the paper's training part.
const PAPER_PICTURES: usize = 145;
/// Largest batch that is tried.
const BATCH_MAX: usize = 256;

/// Time one inference and one training step on this machine
#[derive(clap::Args)]
pub struct Bench {
    #[arg(long, value_name = "BODY", default_value = "vgg16", help = format!("Body of the network: {}", Body::names()))]
    network: Body,
    /// Factor on the body's channels
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    width: f64,
    /// Rows and columns of the input in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 224)]
    image_size: usize,
    /// Pictures of a training step, and of an inference of many
    #[arg(long, value_name = "PICTURES", default_value_t = 8)]
    batch: usize,
    /// Threads; by default as many as the processor has
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// How convolutions are computed: winograd, or direct, which is Burn's own
    #[arg(long, value_name = "WAY", default_value_t, hide_possible_values = true)]
    conv: Conv,
    /// Instructions of winograd instead of the fastest: portable, neon, avx2 or avx512
    #[arg(long, value_name = "NAME")]
    instructions: Option<String>,
    /// Repetitions, of which the fastest counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Times {
    network: String,
    width: f64,
    image_size: usize,
    batch: usize,
    parameters: usize,
    convolutions: String,
    infer_b1_ms: f64,
    infer_batch_ms: f64,
    train_step_s: f64,
    peak_memory_mb: Option<u64>,
    paper_epoch_s: f64,
    environment: Environment,
}

impl Bench {
    pub fn run(self) -> Result<(), Failure> {
        if !(0.01..=2.0).contains(&self.width)
            || !(32..=1024).contains(&self.image_size)
            || !(1..=BATCH_MAX).contains(&self.batch)
            || self.repeats == 0
            || self.threads == Some(0)
        {
            return Err(Failure::WrongUse(format!(
                "expected --width 0.01 to 2, --image-size 32 to 1024, --batch 1 to {BATCH_MAX}, --repeats and --threads at least 1"
            )));
        }
        if let Some(threads) = self.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build_global()?;
        }
        let times = self.measure()?;
        if self.json {
            return print_json(&times);
        }
        let memory = times
            .peak_memory_mb
            .map_or_else(|| "not known".to_string(), |mb| format!("{mb} MB"));
        print(&format!(
            "{} width {} at {}×{}: {} parameters\n\
             convolutions             {}\n\
             inference, 1 picture     {:.1} ms\n\
             inference, {:<12}  {:.1} ms\n\
             training step, {:<8}  {:.3} s\n\
             peak memory              {memory}\n\
             the paper's training     {} an epoch of {} pictures, {} for 30 epochs\n\
             on                       {}, {} threads\n",
            times.network,
            times.width,
            times.image_size,
            times.image_size,
            times.parameters,
            times.convolutions,
            times.infer_b1_ms,
            format!("{} pictures", times.batch),
            times.infer_batch_ms,
            format!("{}", times.batch),
            times.train_step_s,
            duration(times.paper_epoch_s),
            PAPER_PICTURES,
            duration(30.0 * times.paper_epoch_s),
            times.environment.cpu,
            times.environment.threads,
        ))
    }

    fn measure(&self) -> Result<Times, Failure> {
        let architecture = Architecture {
            body: self.network,
            width: self.width,
            image_size: self.image_size,
            outputs: 1,
            covariates: 0,
        };
        let preparation = Preparation::plain(self.image_size, Fit::Squash, Grey::Stored);
        let pixels = self.image_size * self.image_size;
        let picture = |at: usize| {
            Prepared::of(
                (0..pixels)
                    .map(|i| ((i * 31 + at * 17) % 256) as f32 / 255.0)
                    .collect(),
            )
        };
        let weights = Weights::random(&architecture, Init::Glorot, 1);
        let plain = Device::flex();

        let pictures: Vec<Prepared> = (0..self.batch).map(picture).collect();
        let kernels = || self.kernels(&plain);
        let still = Network::with_kernels(&architecture, &weights, kernels()?, &plain)?;
        let convolutions = still.kernels().name();
        let infer = |pictures: &[Prepared]| {
            self.fastest(|| {
                logits(&still, &preparation, pictures, &plain);
            })
        };
        let (infer_one, infer_all) = (infer(&pictures[..1]), infer(&pictures));
        drop(still);

        let device = plain.clone().autodiff();
        let mut network = Some(Network::with_kernels(
            &architecture,
            &weights,
            kernels()?,
            &device,
        )?);
        drop(weights);
        let zeros = Weights::zeros(&architecture);
        let mut adam = Adam::new(0, &zeros, &zeros, &plain);
        drop(zeros);
        let batch = Batch {
            pictures: &pictures,
            labels: (0..self.batch).map(|at| (at % 2) as f32).collect(),
            weights: vec![1.0; self.batch],
            dropout: None,
        };
        let train = self.fastest(|| {
            network = network
                .take()
                .map(|network| step(network, &batch, &preparation, &mut adam, 1e-5, &device).0);
        });
        Ok(Times {
            network: self.network.to_string(),
            width: self.width,
            image_size: self.image_size,
            parameters: architecture.parameter_count(),
            convolutions,
            batch: self.batch,
            infer_b1_ms: 1e3 * infer_one,
            infer_batch_ms: 1e3 * infer_all,
            train_step_s: train,
            peak_memory_mb: peak_memory_mb(),
            paper_epoch_s: PAPER_PICTURES.div_ceil(self.batch) as f64 * train,
            environment: Environment::here(),
        })
    }

    fn kernels(&self, device: &Device) -> Result<Kernels, Failure> {
        let kernels = Kernels::choose(self.conv, device);
        let Some(name) = &self.instructions else {
            return Ok(kernels);
        };
        let form = Form::ALL.into_iter().find(|form| form.name() == name);
        form.and_then(|form| kernels.on(form)).ok_or_else(|| {
            let available = Form::ALL.into_iter().filter(|form| form.is_available());
            let names: Vec<&str> = available.map(Form::name).collect();
            Failure::WrongUse(format!(
                "--instructions: found \"{name}\", expected what this processor has: {}",
                names.join(", ")
            ))
        })
    }

    /// Seconds of the fastest of several runs, after one that does not count.
    fn fastest(&self, mut work: impl FnMut()) -> f64 {
        work();
        let once = |_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        };
        (0..self.repeats).map(once).fold(f64::INFINITY, f64::min)
    }
}
