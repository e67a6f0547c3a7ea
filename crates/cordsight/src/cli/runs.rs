//! `cordsight runs`: lists run folders, sets results side by side, and says in what two runs differ.

use std::path::{Path, PathBuf};

use cordsight::model_file::INTENDED_USE;
use cordsight::runs::{
    self, Change, Compared, Differences, Figure, Found, Kind, Sort, State, Summary,
};
use cordsight::statistics::layout::{p_value, short};

use super::{Failure, print, print_json};

/// List runs, set their results side by side, or say in what two differ
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Runs {
    #[command(subcommand)]
    command: Option<Inner>,
    /// Folders that are searched for runs
    #[arg(value_name = "FOLDER", default_value = "runs")]
    folders: Vec<PathBuf>,
    /// Order of the list
    #[arg(long, default_value = "name", value_name = "KEY")]
    sort: Order,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV
    #[arg(long)]
    csv: bool,
}

#[derive(clap::Subcommand)]
enum Inner {
    Compare(Compare),
    Diff(Diff),
}

/// Set the results of runs side by side, paired where they tested the same patients
#[derive(clap::Args)]
struct Compare {
    /// Finished runs or cross-validations
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Say in which settings, on which machine and on which data two runs differ
#[derive(clap::Args)]
struct Diff {
    /// The first run
    #[arg(value_name = "RUN")]
    first: PathBuf,
    /// The second run
    #[arg(value_name = "OTHER")]
    second: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The key of the order.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Order {
    /// Folder
    Name,
    /// Last changed first
    Date,
    /// Highest AUC first
    Auc,
}

impl Runs {
    pub fn run(self) -> Result<(), Failure> {
        match &self.command {
            Some(Inner::Compare(command)) => command.run(),
            Some(Inner::Diff(command)) => command.run(),
            None => self.list(),
        }
    }

    fn list(&self) -> Result<(), Failure> {
        let sort = match self.sort {
            Order::Name => Sort::Name,
            Order::Date => Sort::Date,
            Order::Auc => Sort::Auc,
        };
        let found = runs::find(&self.folders, sort)?;
        if self.json {
            return print_json(&found);
        }
        if self.csv {
            return print(&csv_of(&found)?);
        }
        if found.is_empty() {
            let folders: Vec<String> = (self.folders.iter())
                .map(|folder| folder.display().to_string())
                .collect();
            return print(&format!("no run in {}\n", folders.join(", ")));
        }
        print(&listed(&found))
    }
}

impl Compare {
    fn run(&self) -> Result<(), Failure> {
        let compared = runs::compare(&self.runs)?;
        match self.json {
            true => print_json(&compared),
            false => print(&side_by_side(&compared)),
        }
    }
}

impl Diff {
    fn run(&self) -> Result<(), Failure> {
        let differences = runs::diff(&self.first, &self.second)?;
        match self.json {
            true => print_json(&differences),
            false => print(&differing(&differences)),
        }
    }
}

/// Rows with columns of one width, and a heading.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

fn listed(found: &[Found]) -> String {
    let mut rows = vec![row(&[
        "run",
        "changed (UTC)",
        "patients",
        "network",
        "epochs",
        "state",
        "test AUC (95 % CI)",
    ])];
    let mut wrong = String::new();
    let (mut is_synthetic, mut has_figure) = (false, false);
    for one in found {
        match one {
            Found::Broken { path, error } => wrong += &broken(path, error),
            Found::Run(run) => {
                is_synthetic |= run.synthetic == Some(true);
                has_figure |= !run.figures.is_empty();
                rows.push(cells(run));
            }
        }
    }
    let mut text = match rows.len() {
        1 => String::new(),
        _ => table(&rows),
    };
    text += &wrong;
    if is_synthetic {
        text += "* synthetic radiographs: no result there is evidence about patients\n";
    }
    if has_figure {
        text += &format!("{CHOICE}{INTENDED_USE}\n");
    }
    text
}

/// What a list of test results tempts to.
const CHOICE: &str = "The best of several test AUCs is too high for the one that has it: choose by validation (cordsight tune, cv), then test once.\n";

fn broken(path: &Path, error: &str) -> String {
    // Errors of files name the file already.
    match error.starts_with(&path.display().to_string()) {
        true => format!("broken: {error}\n"),
        false => format!("broken: {}: {error}\n", path.display()),
    }
}

fn cells(run: &Summary) -> Vec<String> {
    let star = if run.synthetic == Some(true) { "*" } else { "" };
    let patients = run.patients.map_or_else(
        || "-".to_string(),
        |patients| format!("{}, {} test", patients.all, patients.test),
    );
    let (network, epochs) = (&run.network, run.epochs);
    let unit = match run.kind {
        Kind::CrossValidation { .. } => " folds",
        Kind::Search(_) => " trials",
        _ => "",
    };
    vec![
        format!("{}{star}", run.path.display()),
        run.changed.clone().unwrap_or_else(|| "-".to_string()),
        patients,
        format!(
            "{} x{} at {}",
            network.body, network.width, network.image_size
        ),
        format!("{}/{}{unit}", epochs.done, epochs.of),
        format!("{}{}", state(run.state), kind(&run.kind)),
        figures(&run.figures),
    ]
}

fn figures(figures: &[Figure]) -> String {
    let one = |figure: &Figure| match &figure.name {
        Some(name) => format!("{name} {}", short(&figure.auc)),
        None => short(&figure.auc),
    };
    match figures {
        [] => "-".to_string(),
        all => all.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Finished => "finished",
        State::Running => "running",
        State::Stopped => "stopped",
    }
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Run => String::new(),
        Kind::Findings(count) => format!(", {count} findings"),
        Kind::Classes(count) => format!(", {count} classes"),
        Kind::Search(_) => ", search".to_string(),
        Kind::CrossValidation { folds, repeats } => {
            format!(", cross-validation {folds} x {repeats}")
        }
    }
}

/// One row a figure, so that a run on several findings has several.
fn csv_of(found: &[Found]) -> Result<String, Failure> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "run",
        "kind",
        "state",
        "changed",
        "synthetic",
        "patients",
        "test_patients",
        "network",
        "width",
        "image_size",
        "done",
        "of",
        "name",
        "auc",
        "auc_low",
        "auc_high",
        "error",
    ])?;
    for one in found {
        match one {
            Found::Broken { path, error } => {
                let mut row = vec![String::new(); 17];
                row[0] = path.display().to_string();
                row[2] = "broken".to_string();
                row[16].clone_from(error);
                table.write_record(&row)?;
            }
            Found::Run(run) if run.figures.is_empty() => {
                table.write_record(csv_row(run, None))?;
            }
            Found::Run(run) => {
                for figure in &run.figures {
                    table.write_record(csv_row(run, Some(figure)))?;
                }
            }
        }
    }
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn csv_row(run: &Summary, figure: Option<&Figure>) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let count = |value: Option<usize>| value.map_or_else(String::new, |value| value.to_string());
    let interval = figure.and_then(|figure| figure.auc.interval());
    let kind = match run.kind {
        Kind::Run => "run",
        Kind::Findings(_) => "findings",
        Kind::Classes(_) => "classes",
        Kind::Search(_) => "search",
        Kind::CrossValidation { .. } => "cross-validation",
    };
    vec![
        run.path.display().to_string(),
        kind.to_string(),
        state(run.state).to_string(),
        run.changed.clone().unwrap_or_default(),
        run.synthetic
            .map_or_else(String::new, |synthetic| synthetic.to_string()),
        count(run.patients.map(|patients| patients.all)),
        count(run.patients.map(|patients| patients.test)),
        run.network.body.clone(),
        run.network.width.to_string(),
        run.network.image_size.to_string(),
        run.epochs.done.to_string(),
        run.epochs.of.to_string(),
        figure
            .and_then(|figure| figure.name.clone())
            .unwrap_or_default(),
        number(figure.and_then(|figure| figure.auc.value())),
        number(interval.map(|interval| interval.low)),
        number(interval.map(|interval| interval.high)),
        String::new(),
    ]
}

fn side_by_side(compared: &Compared) -> String {
    let name = |at: usize| {
        let entry = &compared.entries[at];
        match &entry.name {
            Some(name) => format!("{}, {name}", entry.run.display()),
            None => entry.run.display().to_string(),
        }
    };
    let mut rows = vec![row(&[
        "run",
        "test patients",
        "AUC (95 % CI)",
        "sensitivity",
        "specificity",
        "Brier",
    ])];
    for (at, entry) in compared.entries.iter().enumerate() {
        let star = if entry.synthetic { "*" } else { "" };
        rows.push(vec![
            format!("{}{star}", name(at)),
            format!("{}, {} positive", entry.patients, entry.positives),
            short(&entry.auc),
            short(&entry.sensitivity),
            short(&entry.specificity),
            short(&entry.brier),
        ]);
    }
    let mut text = table(&rows);
    if !compared.pairs.is_empty() {
        let mut rows = vec![row(&[
            "difference of the AUC",
            "first less second",
            "DeLong",
        ])];
        for pair in &compared.pairs {
            let title = format!("{} less {}", name(pair.first), name(pair.second));
            let cells = match (&pair.auc_difference, &pair.auc_test) {
                (Some(difference), Some(Ok(test))) => [short(difference), p_value(test.p_value)],
                (Some(difference), _) => [short(difference), "no test".to_string()],
                _ => [
                    "not paired".to_string(),
                    pair.not_paired.clone().unwrap_or_default(),
                ],
            };
            rows.push([title].into_iter().chain(cells).collect());
        }
        text += &format!("\n{}", table(&rows));
    }
    if compared.entries.iter().any(|entry| entry.synthetic) {
        text += "\n* synthetic radiographs: no result there is evidence about patients";
    }
    text + &format!("\n{CHOICE}{INTENDED_USE}\n")
}

fn differing(of: &Differences) -> String {
    let (first, second) = (of.first.display(), of.second.display());
    let mut text = format!("{first} -> {second}\n");
    for (title, changes) in [("settings", &of.settings), ("environment", &of.environment)] {
        text += &format!("\n{title}\n");
        text += &match changes.as_slice() {
            [] => "  the same\n".to_string(),
            changes => lines(changes),
        };
    }
    text + &format!("\ndata\n{}", lines(&of.data))
}

fn lines(changes: &[Change]) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_string());
    let of = |change: &Change| {
        let what = match change.is_same() {
            true => format!("the same: {}", shown(&change.first)),
            false => format!("{} -> {}", shown(&change.first), shown(&change.second)),
        };
        vec![format!("  {}", change.key), what]
    };
    table(&changes.iter().map(of).collect::<Vec<_>>())
}
