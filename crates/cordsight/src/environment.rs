//! The machine and the program, as a bug report or a methods section needs them.
//!
//! In: nothing but the machine. Out: [`Environment`], which is `environment.json` and what `doctor` prints. No user
//! name, no host name, no path.

use serde::{Deserialize, Serialize};

/// Program and machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of the program.
    pub cordsight: String,
    /// "release", or "debug" for a build without optimisation.
    pub build: String,
    /// Operating system and processor family, for example `linux x86_64`.
    pub platform: String,
    /// The processor's name, where the system tells.
    pub cpu: String,
    /// Threads that the program uses.
    pub threads: usize,
    /// Vector instructions found, widest last.
    pub instructions: Vec<String>,
    /// Main memory in mebibytes, where the system tells.
    pub memory_mb: Option<u64>,
    /// The learning framework and its device.
    pub framework: String,
}

impl Environment {
    /// What this process runs on.
    pub fn here() -> Self {
        Environment {
            cordsight: env!("CARGO_PKG_VERSION").to_string(),
            build: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_string(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu: proc_field("/proc/cpuinfo", "model name")
                .unwrap_or_else(|| "not known".to_string()),
            threads: rayon::current_num_threads(),
            instructions: instructions(),
            memory_mb: proc_kb("/proc/meminfo", "MemTotal").map(|kb| kb / 1024),
            framework: "Burn 0.22, flex (CPU)".to_string(),
        }
    }
}

/// Largest memory that this process has held, in mebibytes, where the system tells.
pub fn peak_memory_mb() -> Option<u64> {
    proc_kb("/proc/self/status", "VmHWM").map(|kb| kb / 1024)
}

fn proc_field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

fn proc_kb(file: &str, name: &str) -> Option<u64> {
    proc_field(file, name)?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<String> {
    let found = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    found
        .into_iter()
        .filter(|(_, is)| *is)
        .map(|(name, _)| name.to_string())
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> Vec<String> {
    Vec::new()
}
