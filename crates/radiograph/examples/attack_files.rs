//! Writes the known attacks on DICOM readers as named files, so that any program can be tried on them.
//!
//! `cargo run -p radiograph --example attack_files -- FOLDER`; what `radiograph` says of each is in `outcomes.csv` there.

#![allow(clippy::unwrap_used)]

#[path = "../tests/it/attack_files.rs"]
mod attack_files;

use std::io::Write;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("name a folder")?.into();
    std::fs::create_dir_all(&folder)?;
    let mut outcomes = String::from("file,bytes,outcome of radiograph\n");
    for attack in attack_files::attacks() {
        let (name, length) = (&attack.name, attack.bytes.len());
        outcomes += &format!("{name},{length},{}\n", attack.outcome);
        std::fs::write(folder.join(name), attack.bytes)?;
    }
    std::fs::write(folder.join("outcomes.csv"), outcomes)?;
    writeln!(
        std::io::stdout(),
        "wrote the attacks to {}",
        folder.display()
    )?;
    Ok(())
}
