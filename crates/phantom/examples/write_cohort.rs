//! Writes a cohort, as PNG unless told otherwise, for trials outside of this program:
//! OUT [SEED [dicom|png [PATIENTS WIDTH HEIGHT]]], with half of the patients positive where their number is given.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("name a folder")?;
    let seed = arguments.next().map_or(Ok(1), |s| s.parse())?;
    let format = match arguments.next().as_deref() {
        Some("dicom") => phantom::Format::Dicom,
        _ => phantom::Format::Png,
    };
    let mut plan = phantom::CohortPlan {
        seed,
        ..Default::default()
    };
    if let Some(patients) = arguments.next() {
        plan.patients = patients.parse()?;
        plan.positives = plan.patients / 2;
        plan.width = arguments.next().ok_or("name a width")?.parse()?;
        plan.height = arguments.next().ok_or("name a height")?.parse()?;
    }
    let started = std::time::Instant::now();
    let summary = phantom::write_cohort(&plan, out.as_ref(), format, &|_| {})?;
    #[allow(clippy::print_stderr)]
    {
        eprintln!("{summary:?} in {:.2} s", started.elapsed().as_secs_f64());
    }
    Ok(())
}
