//! `cordsight weights`: published weights listed, fetched, looked into and imported.

use std::path::{Path, PathBuf};

use cordsight::body_file;
use cordsight::preprocessing::Preprocessing;
use cordsight::run_folder::write_whole;
use cordsight::weights_source::{BUILT_IN, Source};
use pretrained::catalogue::{self, CATALOGUE};
use pretrained::fetch::{self, ProxySettings};
use pretrained::vgg::{Layout, Order};
use serde_json::json;

use super::progress::Bytes;
use super::{Failure, print, print_json};

/// List, fetch, inspect and import pre-trained weights
#[derive(clap::Args)]
pub struct Weights {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    List(List),
    Fetch(Fetch),
    Info(Info),
    Import(Import),
}

/// List the weights that can be fetched by name
#[derive(clap::Args)]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Fetch weights into the cache, check their digest, and print the file's path
#[derive(clap::Args)]
struct Fetch {
    /// A name that `weights list` shows
    name: String,
    /// Use the cached file or fail; never connect
    #[arg(long)]
    offline: bool,
    /// Folder of the cache [default: CORDSIGHT_CACHE, else the system's cache folder]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

/// Say what a weights file holds, and what of it would be used
#[derive(clap::Args)]
struct Info {
    /// Keras .h5, .weights.h5 or .keras, PyTorch .pth, .safetensors, .onnx, a cordsight model or run, a fetched name, or phantom
    file: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Write the body of a weights file in cordsight's own format, with its preprocessing
#[derive(clap::Args)]
struct Import {
    /// As for `weights info`
    file: String,
    /// The file to write
    #[arg(long, value_name = "BODY.safetensors")]
    out: PathBuf,
    /// What pictures went through when the weights were trained [default: known or guessed, see `weights info`]
    #[arg(long)]
    preprocessing: Option<Preprocessing>,
    /// Replace the file
    #[arg(long)]
    overwrite: bool,
}

impl Weights {
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::List(command) => command.run(),
            Command::Fetch(command) => command.run(),
            Command::Info(command) => command.run(),
            Command::Import(command) => command.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let named = |published| Preprocessing::of_published(published).map(|p| p.to_string());
        if self.json {
            let entries: Vec<_> = CATALOGUE
                .iter()
                .map(|entry| {
                    json!({
                        "name": entry.name,
                        "network": entry.depth.to_string(),
                        "bytes": entry.bytes,
                        "preprocessing": named(entry.preprocessing),
                        "url": entry.url,
                        "digest": entry.digest.to_string(),
                        "licence": entry.licence,
                    })
                })
                .collect();
            return print_json(&entries);
        }
        let mut text = format!(
            "{BUILT_IN:<18} vgg16  built in  plain        drawn necks only, width 0.125; no label was learnt\n"
        );
        for entry in &CATALOGUE {
            text.push_str(&format!(
                "{:<18} {}  {:>4} MB  {:<12} {}\n",
                entry.name,
                entry.depth,
                entry.bytes / 1_000_000,
                named(entry.preprocessing).unwrap_or_default(),
                entry.licence
            ));
        }
        print(&text)
    }
}

impl Fetch {
    fn run(self) -> Result<(), Failure> {
        let entry = catalogue::find(&self.name).ok_or_else(|| {
            let names: Vec<&str> = CATALOGUE.iter().map(|entry| entry.name).collect();
            Failure::WrongUse(format!(
                "weights fetch: found \"{}\", expected one of {}",
                self.name,
                names.join(", ")
            ))
        })?;
        let cache = self.cache.or_else(fetch::cache_folder).ok_or_else(|| {
            Failure::Failed(
                "cache: found no home folder, expected one; name a folder with --cache".to_string(),
            )
        })?;
        let options = fetch::Options {
            offline: self.offline,
            proxy: ProxySettings::from_env(),
            ..fetch::Options::default()
        };
        let mut bytes = Bytes::new(entry.name);
        let path = fetch::fetch(entry, &cache, &options, &mut |done, of| {
            bytes.show(done, of)
        });
        bytes.end();
        print(&format!("{}\n", path?.display()))
    }
}

impl Info {
    fn run(self) -> Result<(), Failure> {
        let source = Source::open(&self.file)?;
        match self.json {
            true => print_json(&document(&source)),
            false => print(&shown(&source)),
        }
    }
}

impl Import {
    fn run(self) -> Result<(), Failure> {
        if self.out.exists() && !self.overwrite {
            return Err(there_already(&self.out));
        }
        let source = Source::open(&self.file)?;
        let chosen = self.preprocessing;
        let (bytes, about) = body_file::encode(&source, source.width()?, chosen)?;
        write_whole(&self.out, &bytes)?;
        let head = match about.head {
            true => "with head",
            false => "no head",
        };
        print(&format!(
            "{}: {} of width {}, {head}, preprocessing {} ({})\n",
            self.out.display(),
            about.body,
            about.width,
            about.preprocessing,
            about.preprocessing_reason
        ))
    }
}

/// A file that is not to be replaced.
pub(super) fn there_already(path: &Path) -> Failure {
    Failure::Failed(format!(
        "{}: is there already; name another file, or pass --overwrite",
        path.display()
    ))
}

fn document(source: &Source) -> serde_json::Value {
    let report = &source.body.report;
    let pairs = |pairs: &[(String, String)], key: &str, value: &str| -> Vec<serde_json::Value> {
        let objects = pairs.iter().map(|(a, b)| json!({ key: a, value: b }));
        objects.collect()
    };
    let missing: Vec<_> = report
        .missing
        .iter()
        .map(|(name, shape)| json!({ "name": name, "shape": shape }))
        .collect();
    json!({
        "file": source.place,
        "source": source.origin,
        "network": source.network().to_string(),
        "channels": source.body.channels,
        "width": source.body.width(),
        "head": source.body.has_head(),
        "preprocessing": source.preprocessing,
        "preprocessing_reason": source.reason,
        "preprocessing_known": source.certain,
        "layout": layout(report.layout),
        "order": order(report.order),
        "taken": pairs(&report.taken, "file", "name"),
        "left_out": pairs(&report.left_out, "file", "reason"),
        "missing": missing,
    })
}

fn shown(source: &Source) -> String {
    let (body, report) = (&source.body, &source.body.report);
    let certainty = match source.certain {
        true => "known",
        false => "guessed",
    };
    let width = match body.width() {
        Some(width) => width.to_string(),
        None => "none; such a body cannot be trained here".to_string(),
    };
    let mut text = format!(
        "source         {} ({}), SHA-256 {}\n\
         network        {}, channels {:?}, width {width}\n\
         head           {}\n\
         preprocessing  {}, {certainty}: {}\n\
         kernels        {}; order told by {}\n",
        source.origin.file,
        source.origin.format,
        source.origin.sha256,
        body.network,
        body.channels,
        match body.has_head() {
            true => "128-64-1",
            false => "none of 128-64-1; training draws one",
        },
        source.preprocessing,
        source.reason,
        layout(report.layout),
        order(report.order),
    );
    let pairs = report
        .taken
        .iter()
        .map(|(from, to)| (from.clone(), to.clone()));
    table(&mut text, "taken", pairs.collect());
    table(&mut text, "left out", report.left_out.clone());
    let missing = report.missing.iter();
    let missing = missing.map(|(name, shape)| (name.clone(), format!("{shape:?}")));
    table(&mut text, "missing", missing.collect());
    text
}

fn table(text: &mut String, title: &str, rows: Vec<(String, String)>) {
    text.push_str(&format!("\n{title}: {}\n", rows.len()));
    let width = rows.iter().map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or_default();
    for (name, what) in rows {
        text.push_str(&format!("  {name:<width$}  {what}\n"));
    }
}

fn layout(layout: Layout) -> &'static str {
    match layout {
        Layout::Hwio => "row, column, in, out",
        Layout::Oihw => "out, in, row, column",
    }
}

fn order(order: Order) -> &'static str {
    match order {
        Order::Names => "the numbers in the names",
        Order::File => "the file",
        Order::Shapes => "the shapes alone",
    }
}
