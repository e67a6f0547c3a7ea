//! Each VGG16 layer and pass: milliseconds, operations a second as the plain method counts them, share of the peak.
//!
//! `cargo bench -p winograd -- [--form avx512] [--threads 2] [--batch 8] [--repeat 7] [--size 224]
//! [--pass "weight gradient"] [--json]`; without
//! `--form` or `--threads` all forms and 1 and all threads. The share counts the products that are carried out, edge
//! tiles included; 100 % would leave no time for transforms, memory and threads. Times are the least of the repeats;
//! the network's are their sums, pooled where the network pools.

#![allow(clippy::print_stdout)]

use serde_json::{Value, json};
use std::error::Error;
use std::time::Instant;
use winograd::{
    Activation, Form, OutputGradient, Plan, PreparedWeights, Scratch, Shape, peak_operations,
};

/// Layers of VGG16: divisor of the image's side, inputs, outputs, how often, and whether pooling follows.
const LAYERS: [(usize, usize, usize, usize, bool); 9] = [
    (1, 3, 64, 1, false),
    (1, 64, 64, 1, true),
    (2, 64, 128, 1, false),
    (2, 128, 128, 1, true),
    (4, 128, 256, 1, false),
    (4, 256, 256, 2, true),
    (8, 256, 512, 1, false),
    (8, 512, 512, 2, true),
    (16, 512, 512, 3, true),
];

/// What is measured; "weights" makes them ready for the forward pass.
const PASSES: [&str; 7] = [
    "forward",
    "data gradient",
    "weight gradient",
    "weights",
    "pooled forward",
    "pooled data gradient",
    "pooled weight gradient",
];

/// What the command line asked for.
struct Options {
    forms: Vec<Form>,
    threads: Vec<usize>,
    batches: Vec<usize>,
    size: usize,
    repeat: usize,
    pass: Option<String>,
    json: bool,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let most = std::thread::available_parallelism()?.get();
        let mut options = Self {
            forms: Form::ALL
                .into_iter()
                .rev()
                .filter(|form| form.is_available())
                .collect(),
            threads: if most > 1 { vec![1, most] } else { vec![1] },
            batches: vec![1, 8],
            size: 224,
            repeat: 7,
            pass: None,
            json: false,
        };
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(flag) = arguments.next() {
            if flag == "--json" {
                options.json = true;
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{flag} needs a value"))?;
            match flag.as_str() {
                "--form" => options.forms.retain(|form| form.name() == value),
                "--threads" => options.threads = vec![value.parse()?],
                "--batch" => options.batches = vec![value.parse()?],
                "--size" => options.size = value.parse()?,
                "--pass" => options.pass = Some(value),
                "--repeat" => options.repeat = value.parse()?,
                _ => return Err(format!("unknown flag {flag}").into()),
            }
        }
        Ok(options)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut rows = Vec::new();
    for &form in &options.forms {
        for &threads in &options.threads {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()?;
            for &batch in &options.batches {
                rows.extend(pool.install(|| measure(&options, form, threads, batch))?);
            }
        }
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    }
    Ok(())
}

/// All layers and passes of one form.
fn measure(
    options: &Options,
    form: Form,
    threads: usize,
    batch: usize,
) -> Result<Vec<Value>, winograd::Error> {
    let peak = peak_operations(form, threads)?;
    if !options.json {
        println!(
            "\n{form}, {threads} threads, batch {batch}, peak {:.0} GFLOP/s",
            peak / 1e9
        );
        println!(
            "{:>16} {:>22} {:>9} {:>9} {:>6}",
            "layer", "pass", "ms", "GFLOP/s", "share"
        );
    }
    let mut rows = Vec::new();
    let mut sums = [
        ("forward", 0.0),
        ("data gradient", 0.0),
        ("weight gradient", 0.0),
        ("weights", 0.0),
    ];
    for (divisor, inputs, outputs, times, pooled) in LAYERS {
        let side = options.size / divisor;
        let shape = Shape {
            batch,
            height: side,
            width: side,
            inputs,
            outputs,
        };
        let scratch_bytes = Plan::with(shape, form, threads)?.scratch_bytes();
        let passes = passes(options, shape, form, threads, pooled)?;
        for (name, sum) in &mut sums {
            let seconds = |wanted: &str| {
                passes
                    .iter()
                    .find(|pass| pass.0 == wanted)
                    .map(|pass| pass.1)
            };
            let plain = seconds(name).unwrap_or(0.0);
            *sum += plain * (times - usize::from(pooled)) as f64;
            if pooled {
                *sum += seconds(&format!("pooled {name}")).unwrap_or(plain);
            }
        }
        for (pass, seconds) in passes {
            let operations = shape.direct_operations();
            let share = products(shape, pass) / seconds / peak;
            let layer = format!("{side} {inputs}->{outputs}");
            if !options.json {
                let (milliseconds, rate) = (seconds * 1e3, operations / seconds / 1e9);
                println!(
                    "{layer:>16} {pass:>22} {milliseconds:9.3} {rate:9.0} {:5.1}%",
                    share * 100.0
                );
            }
            rows.push(json!({
                "form": form.name(), "threads": threads, "batch": batch, "peak_operations": peak,
                "height": side, "width": side, "inputs": inputs, "outputs": outputs, "layers": times,
                "pass": pass, "seconds": seconds, "scratch_bytes": scratch_bytes, "direct_operations_per_second": operations / seconds,
                "share_of_peak": share,
            }));
        }
    }
    if !options.json {
        for (pass, seconds) in sums {
            println!("{:>16} {pass:>22} {:9.3}", "network", seconds * 1e3);
        }
    }
    Ok(rows)
}

/// Operations that a pass carries out in its products.
fn products(shape: Shape, pass: &str) -> f64 {
    if pass == "weights" {
        return 0.0;
    }
    if shape.inputs <= 4 {
        return shape.direct_operations();
    }
    let tiles = (shape.batch * shape.height.div_ceil(4) * shape.width.div_ceil(4)) as f64;
    2.0 * 36.0 * tiles * (shape.inputs * shape.outputs) as f64
}

/// The least seconds of each pass.
fn passes(
    options: &Options,
    shape: Shape,
    form: Form,
    threads: usize,
    pooled: bool,
) -> Result<Vec<(&'static str, f64)>, winograd::Error> {
    let plan = Plan::with(shape, form, threads)?;
    let values = |len: usize| -> Vec<f32> {
        (0..len)
            .map(|index| (index * 37 % 101) as f32 / 50.0 - 1.0)
            .collect()
    };
    let (input, gradient, weights) = (
        values(shape.input_len()),
        values(shape.output_len()),
        values(shape.weight_len()),
    );
    let prepare =
        |backward| PreparedWeights::new(&weights, shape.inputs, shape.outputs, form, backward);
    let (mut there, back) = (prepare(false)?, prepare(true)?);
    let bias = values(shape.outputs);
    let mut scratch = Scratch::new();
    let mut output = vec![0.0; shape.output_len()];
    let mut input_gradient = vec![0.0; shape.input_len()];
    let mut weight_gradient = vec![0.0; shape.weight_len()];
    let mut bias_gradient = vec![0.0; shape.outputs];
    let mut choice = vec![0; shape.pooled_len()];
    let mut found = Vec::new();
    for pass in PASSES {
        let wanted = options.pass.as_deref().is_none_or(|only| only == pass);
        let first_layer = shape.inputs == 3 && pass.ends_with("data gradient");
        if !wanted || first_layer || (pass.starts_with("pooled") && !pooled) {
            continue;
        }
        let mut seconds = f64::INFINITY;
        for _ in 0..options.repeat {
            let scratch = &mut scratch;
            let start = Instant::now();
            let (plain, bias) = (OutputGradient::Plain(&gradient), Some(&bias[..]));
            let spread = OutputGradient::Pooled {
                values: &gradient[..shape.pooled_len()],
                choice: &choice,
            };
            let mask = Some(&input[..]);
            let bias_gradient = Some(&mut bias_gradient[..]);
            match pass {
                "forward" => {
                    plan.forward(&input, &there, bias, Activation::Relu, &mut output, scratch)?
                }
                "data gradient" => {
                    plan.data_gradient(plain, &back, mask, &mut input_gradient, scratch)?
                }
                "weight gradient" => {
                    plan.weight_gradient(
                        &input,
                        plain,
                        &mut weight_gradient,
                        bias_gradient,
                        scratch,
                    )?;
                }
                "weights" => there.update(&weights)?,
                "pooled forward" => {
                    let output = &mut output[..shape.pooled_len()];
                    plan.forward_pooled(&input, &there, bias, output, Some(&mut choice), scratch)?;
                }
                "pooled data gradient" => {
                    plan.data_gradient(spread, &back, mask, &mut input_gradient, scratch)?;
                }
                _ => plan.weight_gradient(
                    &input,
                    spread,
                    &mut weight_gradient,
                    bias_gradient,
                    scratch,
                )?,
            }
            seconds = seconds.min(start.elapsed().as_secs_f64());
        }
        found.push((pass, seconds));
    }
    Ok(found)
}
