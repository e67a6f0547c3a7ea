//! `cordsight explain`: heatmaps over radiographs.
//!
//! A file that cannot be used does not stop the others: it gets its own line, and the exit code is 1. Of each other the
//! folder gets `NAME.png` (the radiograph at its own size, heat over it), `NAME.csv` (the map as computed, a line a row of
//! the grid) and `NAME.json` (what was done, and the checks).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cordsight::block::Conv;
use cordsight::cohort::plain_reason;
use cordsight::explain::check::{Cascade, Check, check};
use cordsight::explain::{Explainer, Heatmap, Layer, Method, Request, Target, overlay};
use cordsight::model_file::{INTENDED_USE, Model};
use cordsight::prepare::{Prepared, Record};
use cordsight::run_folder::write_whole;
use cordsight::seal;
use radiograph::Radiograph;
use serde::Serialize;

use super::explain_check::{Regions, Twins, curves, summary};
use super::{Failure, looked, print, tell};

/// Lay a heatmap over radiographs: which places moved the score
#[derive(clap::Args)]
pub struct Explain {
    /// model.safetensors, or the folder of a finished run
    model: PathBuf,
    /// Radiographs: PNG, JPEG, TIFF or DICOM
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How: grad-cam, grad-cam++ or hirescam of a layer; integrated-gradients or occlusion of the picture
    #[arg(
        long,
        value_name = "METHOD",
        default_value = "grad-cam",
        hide_possible_values = true
    )]
    method: Method,
    /// Layer that the first three look at: a convolution such as block5.conv3, or a block such as block4 [default: the last convolution]
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Whose evidence: what raises the score (positive), or what lowers it (negative)
    #[arg(
        long,
        value_name = "CLASS",
        default_value = "positive",
        hide_possible_values = true
    )]
    target: Target,
    /// Which finding or class, for a model of several
    #[arg(long, value_name = "NAME")]
    finding: Option<String>,
    /// Folder for pictures and numbers
    #[arg(long, value_name = "FOLDER", default_value = "explained")]
    out: PathBuf,
    /// Also test the maps: layers made random, pixels deleted and inserted; on synthetic radiographs, where the heat lies
    #[arg(long)]
    check: bool,
    /// Seed of what is random in the checks
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Millimetres between pixels of files that do not say, for models trained with --mm-per-pixel
    #[arg(long, value_name = "MM")]
    spacing: Option<f64>,
    /// What a model with --head-covariates takes besides: columns image (a path relative to this CSV) and those covariates
    #[arg(long, value_name = "CSV")]
    covariates: Option<PathBuf>,
    /// How convolutions are computed: winograd, or direct, which is Burn's own
    #[arg(long, value_name = "WAY", default_value_t, hide_possible_values = true)]
    conv: Conv,
}

/// What is written of one file, and shown of it.
#[derive(Serialize)]
pub struct Explained {
    intended_use: &'static str,
    synthetic_training_data: bool,
    file: String,
    score: f64,
    class: String,
    threshold: f64,
    method: Method,
    layer: Option<String>,
    target: String,
    /// Networks whose maps were averaged, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<usize>,
    /// Rows and columns of the map in the CSV file.
    grid: [usize; 2],
    /// Its largest value: where the colour bar ends.
    largest: f32,
    empty: bool,
    /// How far integrated gradients miss the difference of logits that they should add up to, as a share of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed: Option<f64>,
    record: Record,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Regions>,
}

/// What all files share.
struct Bench {
    model: Model,
    /// The model of several findings or classes, and the place of the one that is explained.
    whole: Option<(Model, usize)>,
    explainer: Explainer,
    request: Request,
    checks: Option<(Cascade, Twins)>,
}

impl Explain {
    pub fn run(self) -> Result<(), Failure> {
        let mut model = Model::load(&self.model, self.conv)?;
        tell(&mut model, &self.model, self.covariates.as_deref())?;
        let (model, whole) = self.of_finding(model)?;
        if let Some(mm) = self.spacing.filter(|mm| !(0.01..=5.0).contains(mm)) {
            return Err(Failure::WrongUse(format!(
                "--spacing: found {mm}, expected millimetres between pixels, 0.01 to 5"
            )));
        }
        let explainer = model.explainer()?;
        let request = self.request(&explainer)?;
        let paths: Vec<&Path> = self.files.iter().map(PathBuf::as_path).collect();
        looked(&self.model, seal::By::Explain, &paths)?;
        std::fs::create_dir_all(&self.out).map_err(|error| {
            Failure::Failed(format!("{}: {}", self.out.display(), plain_reason(&error)))
        })?;
        let checks = match self.check {
            true => Some((
                Cascade::new(&explainer, self.seed)?,
                Twins::new(&explainer, self.seed)?,
            )),
            false => None,
        };
        let bench = Bench {
            model,
            whole,
            explainer,
            request,
            checks,
        };

        let width = self.files.iter().map(|file| shown(file).chars().count());
        let width = width.max().unwrap_or(0).max("file".len());
        print(&format!(
            "{:<width$}  score   call        picture\n",
            "file"
        ))?;
        let (mut names, mut done, mut failed) = (BTreeSet::new(), Vec::new(), false);
        for file in &self.files {
            let name = free_name(file, &mut names);
            match self.one(&bench, file, &name) {
                Ok(explained) => {
                    let note = if explained.empty { "  (no heat)" } else { "" };
                    print(&format!(
                        "{:<width$}  {:.4}  {:<10}  {}{note}\n",
                        shown(file),
                        explained.score,
                        explained.class,
                        self.out.join(format!("{name}.png")).display()
                    ))?;
                    done.push(explained);
                }
                Err(reason) => {
                    failed = true;
                    eprintln!("error: {}: {reason}", shown(file));
                }
            }
        }
        if !done.is_empty() {
            print(&meaning(&bench))?;
            if self.check {
                print(&summary(&done, self.seed))?;
                let path = self.out.join("deletion-insertion.svg");
                std::fs::write(&path, curves(&done)).map_err(|error| {
                    Failure::Failed(format!("{}: {}", path.display(), plain_reason(&error)))
                })?;
                print(&format!("  {}\n", path.display()))?;
            }
        }
        match failed {
            true => Err(Failure::Said),
            false => Ok(()),
        }
    }

    /// The model of the finding that is asked for, beside the whole one; a model for two classes is its own.
    fn of_finding(&self, model: Model) -> Result<(Model, Option<(Model, usize)>), Failure> {
        let Some(answers) = &model.manifest.answers else {
            return match &self.finding {
                None => Ok((model, None)),
                Some(name) => Err(Failure::WrongUse(format!(
                    "--finding: found \"{name}\" with a model for two classes; leave --finding out"
                ))),
            };
        };
        let names = answers.task.names().join(", ");
        let wrong = |found: &str| {
            Failure::WrongUse(format!("--finding: found {found}, expected one of {names}"))
        };
        let name = self.finding.as_ref().ok_or_else(|| wrong("none"))?;
        let place = answers.task.place(name);
        let place = place.ok_or_else(|| wrong(&format!("\"{name}\"")))?;
        Ok((model.only(place)?, Some((model, place))))
    }

    fn request(&self, explainer: &Explainer) -> Result<Request, Failure> {
        let layer = match &self.layer {
            Some(_) if !self.method.has_layer() => {
                return Err(Failure::WrongUse(format!(
                    "--layer: {} looks at the picture, not at a layer; leave --layer out",
                    self.method
                )));
            }
            Some(name) => Layer::named(name, &explainer.architecture)
                .map_err(|error| Failure::WrongUse(format!("--layer: {error}")))?,
            None => Layer::last(&explainer.architecture),
        };
        Ok(Request {
            method: self.method,
            layer,
            target: self.target,
        })
    }

    fn one(&self, bench: &Bench, file: &Path, name: &str) -> Result<Explained, String> {
        let (radiograph, picture, record) = bench.model.read(file, self.spacing)?;
        let (score, positive) = bench.score(&picture);
        let (heatmap, missed) = heatmap(bench, &picture);
        let shown = heatmap.shown(bench.explainer.preparation.image_size);
        let mut explained = bench.explained(file, (score, positive), &heatmap, missed, record);
        if let Some((cascade, twins)) = &bench.checks {
            let (explainer, request) = (&bench.explainer, &bench.request);
            let checked = check(explainer, &picture, request, cascade, self.seed);
            explained.check = Some(checked.map_err(|error| error.to_string())?);
            explained.regions = twins.regions(file, &picture, request, &record.geometry, &shown)?;
        }
        self.write(bench, name, &radiograph, &heatmap, &shown, &explained)?;
        Ok(explained)
    }

    fn write(
        &self,
        bench: &Bench,
        name: &str,
        radiograph: &Radiograph,
        heatmap: &Heatmap,
        shown: &[f32],
        explained: &Explained,
    ) -> Result<(), String> {
        let geometry = &explained.record.geometry;
        let lines = [
            format!("{}, score {:.3}", bench.subject(), explained.score),
            "Where the network looked, not why, and not where disease is".to_string(),
        ];
        let png = overlay::large(&radiograph.image, geometry, shown, &lines);
        let png = png.map_err(|error| error.to_string())?;
        let json = serde_json::to_vec_pretty(explained).map_err(|error| error.to_string())?;
        for (ending, content) in [
            ("png", png),
            ("csv", table(heatmap).into_bytes()),
            ("json", json),
        ] {
            let path = self.out.join(format!("{name}.{ending}"));
            write_whole(&path, &content).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

fn heatmap(bench: &Bench, picture: &Prepared) -> (Heatmap, Option<f64>) {
    let Request { method, target, .. } = bench.request;
    if method != Method::IntegratedGradients {
        return (bench.explainer.explain(picture, &bench.request), None);
    }
    let (map, missed) = bench.explainer.integrated_gradients(picture, target);
    (Heatmap { method, map }, Some(missed))
}

impl Bench {
    /// A picture's score, and whether it is called so.
    fn score(&self, picture: &Prepared) -> (f64, bool) {
        let picture = std::slice::from_ref(picture);
        if let Some((whole, place)) = &self.whole
            && let Some(answers) = &whole.manifest.answers
        {
            let scores = whole.answers(picture).concat();
            let called = answers.called(&scores);
            let score = scores.get(*place).copied().unwrap_or(f64::NAN);
            return (score, called.get(*place).copied().unwrap_or_default());
        }
        let score = self.model.scores(picture)[0];
        (score, self.model.is_positive(score))
    }

    /// Method, layer and class in words.
    fn subject(&self) -> String {
        let class = &self.model.manifest.classes[self.request.target.class()];
        let of = match self.layer() {
            Some(layer) => format!("{} of {layer}", self.request.method),
            None => self.request.method.to_string(),
        };
        match self.explainer.members() {
            1 => format!("{of}, for {class}"),
            members => format!("{of}, mean of {members} networks, for {class}"),
        }
    }

    fn layer(&self) -> Option<String> {
        let Request { method, layer, .. } = self.request;
        method.has_layer().then(|| layer.to_string())
    }

    fn explained(
        &self,
        file: &Path,
        (score, positive): (f64, bool),
        heatmap: &Heatmap,
        missed: Option<f64>,
        record: Record,
    ) -> Explained {
        let manifest = &self.model.manifest;
        Explained {
            intended_use: INTENDED_USE,
            synthetic_training_data: manifest.cohort.synthetic,
            file: shown(file),
            score,
            class: manifest.classes[usize::from(positive)].clone(),
            threshold: manifest.threshold.value,
            method: self.request.method,
            layer: self.layer(),
            target: manifest.classes[self.request.target.class()].clone(),
            members: Some(self.explainer.members()).filter(|members| *members > 1),
            grid: [heatmap.map.rows, heatmap.map.columns],
            largest: heatmap.map.largest(),
            empty: heatmap.is_empty(),
            missed,
            record,
            check: None,
            regions: None,
        }
    }
}

fn meaning(bench: &Bench) -> String {
    let manifest = &bench.model.manifest;
    let class = &manifest.classes[bench.request.target.class()];
    let mut text = format!(
        "\nheat: {}; places that speak for \"{class}\", the most in each picture in pale yellow\n\
         it shows where the network looked; it does not show why, nor where disease is, nor that the score is right\n\
         {INTENDED_USE}\n",
        bench.subject()
    );
    if bench.checks.is_some() && bench.explainer.members() > 1 {
        text.push_str("the checks are of the first network alone\n");
    }
    if manifest.cohort.synthetic {
        text.push_str("The model was trained on synthetic radiographs: its scores say nothing about patients\n");
    }
    text
}

fn table(heatmap: &Heatmap) -> String {
    let line = |values: &[f32]| {
        let cells: Vec<String> = values.iter().map(|value| format!("{value:e}")).collect();
        cells.join(",") + "\n"
    };
    heatmap
        .map
        .values
        .chunks(heatmap.map.columns)
        .map(line)
        .collect()
}

/// The file's own name without ending, with a number where an earlier file has it already.
fn free_name(file: &Path, taken: &mut BTreeSet<String>) -> String {
    let stem = file.file_stem().unwrap_or(file.as_os_str());
    let stem = stem.to_string_lossy().into_owned();
    let numbered = (2..).map(|number| format!("{stem}_{number}"));
    let mut names = std::iter::once(stem.clone()).chain(numbered);
    let name = names.find(|name| !taken.contains(name)).unwrap_or(stem);
    taken.insert(name.clone());
    name
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}
