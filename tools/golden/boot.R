# Percentile and BCa limits from R's boot, given the replicates, and the acceleration of AUCs by the jackknife.
#
# Writes crates/diagstat/tests/it/golden/boot.jsonl: the first line says what made the file, each further line is a case.
# boot.ci gets replicates and influence values, so that its quantiles and its BCa are compared and not its random numbers.
# Its limits outside all replicates (a warning there) are null here. Replicates that equal the estimate: boot counts none
# of them as below, diagstat one half; such cases ("ties") come from the formula with one half, written out below. Run
# from the root of the repository.

suppressPackageStartupMessages(library(boot))

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")

# boot.ci of given replicates; NA where it warns that a limit is outside them.
limits <- function(estimate, replicates, influence, level, type) {
  of <- list(t0 = estimate, t = matrix(replicates), R = length(replicates), call = quote(boot(data, statistic, R)),
             data = seq_along(influence), sim = "ordinary", weights = rep(1 / length(influence), length(influence)),
             stype = "i", strata = rep(1, length(influence)))
  class(of) <- "boot"
  outside <- FALSE
  found <- withCallingHandlers(
    tryCatch(
      boot.ci(of, conf = level, type = type, t0 = estimate, t = replicates, L = influence),
      error = function(e) NULL
    ),
    warning = function(w) { outside <<- TRUE; invokeRestart("muffleWarning") }
  )
  if (outside || is.null(found)) return(c(NA, NA))
  values <- if (type == "perc") found$percent else found$bca
  values[4:5]
}

case <- function(name, estimate, replicates, influence, level) {
  paste0(
    '{"kind":"limits","name":"', name, '","estimate":', number(estimate), ',"replicates":', array_of(replicates),
    ',"acceleration":', number(sum(influence^3) / (6 * sum(influence^2)^1.5)), ',"level":', level,
    ',"percentile":', array_of(limits(estimate, replicates, influence, level, "perc")),
    ',"bca":', array_of(limits(estimate, replicates, influence, level, "bca")), "}"
  )
}

# As boot's BCa, with one half of the replicates that equal the estimate; the quantiles are boot's own.
tied <- function(name, estimate, replicates, acceleration, level) {
  bias <- qnorm(mean(replicates < estimate) + 0.5 * mean(replicates == estimate))
  z <- qnorm(c((1 - level) / 2, (1 + level) / 2))
  at <- pnorm(bias + (bias + z) / (1 - acceleration * (bias + z)))
  outside <- FALSE
  found <- withCallingHandlers(
    boot:::norm.inter(replicates, at)[, 2],
    warning = function(w) { outside <<- TRUE; invokeRestart("muffleWarning") }
  )
  if (outside) found <- c(NA, NA)
  paste0(
    '{"kind":"limits","name":"', name, '","estimate":', number(estimate), ',"replicates":', array_of(replicates),
    ',"acceleration":', number(acceleration), ',"level":', level, ',"percentile":null,"bca":', array_of(found), "}"
  )
}

auc_of <- function(labels, scores) {
  pairs <- outer(scores[labels == 1], scores[labels == 0], function(p, n) (p > n) + 0.5 * (p == n))
  mean(pairs)
}

# Each stratum's jackknife values on the scale of its size, as the variances of the strata add up (boot.ci left to itself
# takes them unscaled). NA where a stratum has one patient.
acceleration <- function(labels, scores, patients, stratified) {
  names <- unique(patients)
  without <- sapply(names, function(p) auc_of(labels[patients != p], scores[patients != p]))
  stratum <- if (stratified) sapply(names, function(p) max(labels[patients == p])) else rep(0, length(names))
  if (any(table(stratum) < 2)) return(NA)
  influence <- unlist(lapply(unique(stratum), function(s) {
    mine <- without[stratum == s]
    (length(mine) - 1) / length(mine) * (mean(mine) - mine)
  }))
  sum(influence^3) / (6 * sum(influence^2)^1.5)
}
jackknife <- function(name, labels, scores, patients) {
  paste0(
    '{"kind":"jackknife","name":"', name, '","labels":', array_of(labels), ',"scores":', array_of(scores),
    ',"patients":', array_of(patients), ',"stratified":', number(acceleration(labels, scores, patients, TRUE)),
    ',"simple":', number(acceleration(labels, scores, patients, FALSE)), "}"
  )
}

set.seed(20240402)
cases <- character()
for (i in 1:40) {
  n <- sample(c(99, 199, 200, 250), 1)
  skew <- runif(1, 0.2, 1)
  replicates <- signif(exp(skew * rnorm(n)), 9)
  estimate <- as.numeric(quantile(replicates, runif(1, 0.3, 0.7))) * (1 + 1e-6)
  influence <- rnorm(30) + runif(1, -1, 1) * rexp(30)
  level <- sample(c(0.8, 0.9, 0.95), 1)
  cases <- c(cases, case(paste("random", i), estimate, replicates, influence, level))
}
cases <- c(cases, case("too few replicates", 1, signif(rnorm(30, 1), 9), rnorm(20), 0.95))
cases <- c(cases, case("estimate above all replicates", 9, signif(rnorm(99, 1), 9), rnorm(20), 0.9))
for (i in 1:12) {
  replicates <- rbinom(199, 20, 0.7) / 20
  cases <- c(cases, tied(paste("ties", i), 0.7, replicates, runif(1, -0.1, 0.1), sample(c(0.8, 0.9), 1)))
}
for (i in 1:30) {
  positives <- sample(3:12, 1)
  negatives <- sample(3:12, 1)
  labels <- sample(rep(c(1, 0), c(positives, negatives)))
  scores <- round(rnorm(length(labels)) + labels, sample(0:2, 1))
  cases <- c(cases, jackknife(paste("patients", i), labels, scores, seq_along(labels)))
}
for (i in 1:30) {
  patients <- rep(1:10, sample(1:3, 10, replace = TRUE))
  labels <- if (i %% 2 == 0) patients %% 2 else c(1, 0, sample(0:1, length(patients) - 2, replace = TRUE))
  if (length(unique(patients[labels == 1])) < 3 || length(unique(patients[labels == 0])) < 3) next
  scores <- round(rnorm(length(labels)) + labels + (patients %% 3) / 2, 1)
  cases <- c(cases, jackknife(paste("images", i), labels, scores, patients))
}

versions <- sprintf("tools/golden/boot.R: boot %s, R %s.%s", packageVersion("boot"), R.version$major, R.version$minor)
writeLines(c(paste0('{"made_by":"', versions, '"}'), cases), "crates/diagstat/tests/it/golden/boot.jsonl")
