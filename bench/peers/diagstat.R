# Times of pROC for the tasks of crates/diagstat/benches/speed.rs, on the same patients; diagstat.sh runs both.
#
# Out: a line for each task, tab between: program, task, patients, seconds, value. The bootstrap runs as many replicates as
# its budget allows and its time is scaled to 2,000; the task says so.

suppressPackageStartupMessages(library(pROC))

unit <- function(patient, factor, modulus) (patient * factor) %% modulus / modulus
cohort <- function(patients) {
  patient <- seq(0, patients - 1)
  score <- unit(patient, 2654435761, 4294967296)
  list(
    labels = as.numeric(unit(patient, 25717, 65521) < score),
    first = score,
    second = score + unit(patient, 1103515245, 2147483648)
  )
}
line <- function(task, patients, seconds, value) {
  cat(sprintf("pROC\t%s\t%d\t%.6f\t%.10f\n", task, as.integer(patients), seconds, value))
}
fastest <- function(run) {
  best <- Inf
  for (i in 1:4) {
    start <- as.numeric(Sys.time())
    value <- run()
    seconds <- as.numeric(Sys.time()) - start
    best <- min(best, seconds)
    if (seconds > 2) break
  }
  list(seconds = best, value = value)
}
curve_of <- function(d, scores) roc(d$labels, scores, levels = c(0, 1), direction = "<", quiet = TRUE)

replicates <- c("1000" = 2000, "1e+05" = 20, "1e+06" = 4)
for (patients in c(1e3, 1e5, 1e6)) {
  d <- cohort(patients)
  of <- fastest(function() {
    limits <- ci.auc(curve_of(d, d$first), method = "delong")
    (limits[3] - limits[1]) / 2 / qnorm(0.975)
  })
  line("delong", patients, of$seconds, of$value)
  of <- fastest(function() {
    as.numeric(roc.test(curve_of(d, d$first), curve_of(d, d$second), method = "delong", paired = TRUE)$statistic)
  })
  line("delong paired", patients, of$seconds, of$value)
  count <- replicates[[as.character(patients)]]
  set.seed(1)
  curve <- curve_of(d, d$first)
  start <- as.numeric(Sys.time())
  limits <- ci.auc(curve, method = "bootstrap", boot.n = count, boot.stratified = TRUE, progress = "none")
  seconds <- (as.numeric(Sys.time()) - start) * 2000 / count
  line(
    if (count == 2000) "bootstrap 2000" else paste("bootstrap 2000, scaled from", count), patients, seconds,
    (limits[3] - limits[1]) / 2 / qnorm(0.975)
  )
}
