//! `cordsight doctor`: what a bug report needs.

use cordsight::environment::Environment;

use super::{Failure, print, print_json};

/// Print what a bug report needs: version, machine, instructions
#[derive(clap::Args)]
pub struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub fn run(self) -> Result<(), Failure> {
        let here = Environment::here();
        if self.json {
            return print_json(&here);
        }
        let memory = here
            .memory_mb
            .map_or_else(|| "not known".to_string(), |mb| format!("{mb} MB"));
        print(&format!(
            "cordsight     {} ({} build)\nplatform      {}\nprocessor     {}\nthreads       {}\ninstructions  {}\nmemory        {memory}\nframework     {}\n",
            here.cordsight,
            here.build,
            here.platform,
            here.cpu,
            here.threads,
            here.instructions.join(" "),
            here.framework
        ))
    }
}
