# Partial areas, operating points, the binormal line through the ROC points, and pointwise bands from pROC.
#
# Writes crates/diagstat/tests/it/golden/proc_curve.jsonl: the first line says what made the file, each further line is a
# case with its data. The cases "aSAH ..." are pROC's data set aSAH, outcome against a marker. Run from the root of the
# repository.

suppressPackageStartupMessages(library(pROC))
options(warn = 2)

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")

ranges <- list(c(0.8, 1), c(0.9, 1), c(0.35, 0.62), c(0, 1), c(0.05, 0.1))
rates <- c(0, 0.5, 0.8, 0.9, 0.95, 1)
weights <- list(c(1, 0.5), c(5, 0.1), c(1, 0.2), c(20, 0.02), c(0.3, 0.6))

partial <- function(curve, focus, corrected) {
  sapply(ranges, function(range) {
    suppressWarnings(as.numeric(auc(
      curve, partial.auc = rev(range), partial.auc.focus = focus, partial.auc.correct = corrected
    )))
  })
}

# The lowest cut between two scores among those that are best; NA where calling all patients alike is as good.
lowest_best <- function(thresholds, criterion) {
  best <- thresholds[criterion >= max(criterion) - 1e-12 * abs(max(criterion))]
  if (any(is.infinite(best))) NA else min(best)
}

reaching <- function(cuts, reached, kept, wanted, pick) {
  fit <- cuts[cuts[[reached]] >= wanted & is.finite(cuts$threshold), ]
  if (nrow(fit) == 0) NA else pick(fit$threshold[fit[[kept]] == max(fit[[kept]])])
}

line <- function(curve) {
  smoothed <- tryCatch(smooth(curve, method = "binormal"), error = function(problem) NULL)
  if (is.null(smoothed)) return('"line":null')
  coefficients <- as.numeric(coef(smoothed$model))
  if (!is.finite(coefficients[2]) || abs(coefficients[2]) < 1e-12) return('"line":null')
  b <- -1 / coefficients[2]
  points <- seq(2, 512, by = 73)
  paste0(
    '"line":{"a":', number(coefficients[1] * b), ',"b":', number(b), ',"auc":', number(as.numeric(auc(smoothed))),
    ',"specificities":', array_of(smoothed$specificities[points]),
    ',"sensitivities":', array_of(smoothed$sensitivities[points]), "}"
  )
}

expected <- function(labels, scores) {
  curve <- roc(labels, scores, levels = c(0, 1), direction = "<", quiet = TRUE)
  cuts <- coords(curve, "all", ret = c("threshold", "sensitivity", "specificity", "closest.topleft"), transpose = FALSE)
  by_cost <- sapply(weights, function(weight) {
    all <- coords(curve, "all", ret = c("threshold", "youden"), best.weights = weight, transpose = FALSE)
    lowest_best(all$threshold, all$youden)
  })
  inside <- cuts[is.finite(cuts$threshold), ]
  corner <- if (nrow(inside) > 0) lowest_best(inside$threshold, -inside$closest.topleft) else NA
  at_sensitivity <- sapply(rates, function(rate) reaching(cuts, "sensitivity", "specificity", rate, min))
  at_specificity <- sapply(rates, function(rate) reaching(cuts, "specificity", "sensitivity", rate, max))
  paste0(
    '"specificity_areas":', array_of(partial(curve, "specificity", FALSE)),
    ',"specificity_corrected":', array_of(partial(curve, "specificity", TRUE)),
    ',"sensitivity_areas":', array_of(partial(curve, "sensitivity", FALSE)),
    ',"sensitivity_corrected":', array_of(partial(curve, "sensitivity", TRUE)),
    ',"corner":', number(corner), ',"by_cost":', array_of(by_cost),
    ',"at_sensitivity":', array_of(at_sensitivity), ',"at_specificity":', array_of(at_specificity),
    ",", line(curve)
  )
}

band_specificities <- c(0, 0.1, 0.25, 0.5, 0.6, 0.75, 0.9, 1)
band <- function(labels, scores, replicates) {
  curve <- roc(labels, scores, levels = c(0, 1), direction = "<", quiet = TRUE)
  limits <- ci.se(curve, specificities = band_specificities, boot.n = replicates, progress = "none")
  paste0(
    ',"band":{"specificities":', array_of(band_specificities), ',"low":', array_of(limits[, 1]),
    ',"high":', array_of(limits[, 3]), "}"
  )
}

stored <- function(name, labels, scores, more = "") {
  paste0(
    '{"name":"', name, '","labels":', array_of(labels), ',"scores":', array_of(scores), ",",
    expected(labels, scores), more, "}"
  )
}

normal <- function(positives, negatives, shift) {
  labels <- sample(rep(c(1, 0), c(positives, negatives)))
  list(labels = labels, scores = rnorm(length(labels)) + shift * labels)
}

set.seed(19940313)
cases <- c(
  stored("three patients", c(1, 0, 1), c(0.9, 0.5, 0.1)),
  stored("separated", c(0, 0, 0, 1, 1), c(1, 2, 3, 4, 5)),
  stored("separated the wrong way", c(1, 1, 0, 0), c(1, 2, 3, 4)),
  stored("all tied", c(1, 0, 1, 0), rep(0.3, 4)),
  stored("two scores", rep(c(1, 1, 0, 0), c(22, 7, 1, 32)), rep(c(1, 0, 1, 0), c(22, 7, 1, 32))),
  stored("equal cuts", c(0, 1, 0, 1), c(1, 2, 3, 4)),
  stored("one tied pair", c(1, 0, 1, 0), c(0.9, 0.1, 0.1, 0.3)),
  stored("a horizontal run on normal paper", c(1, 0, 0, 0, 1, 0), c(6, 5, 4, 3, 2, 1))
)
data(aSAH)
outcome <- as.numeric(aSAH$outcome == "Poor")
cases <- c(
  cases,
  stored("aSAH s100b", outcome, aSAH$s100b, band(outcome, aSAH$s100b, 10000)),
  stored("aSAH ndka", outcome, aSAH$ndka, band(outcome, aSAH$ndka, 10000)),
  stored("aSAH wfns", outcome, as.numeric(aSAH$wfns), band(outcome, as.numeric(aSAH$wfns), 10000))
)
for (size in list(c(29, 33), c(3, 297), c(150, 2), c(20, 20))) {
  for (digits in c(0, 1, 4)) {
    d <- normal(size[1], size[2], 1.2)
    cases <- c(cases, stored(paste(size[1], "and", size[2], "at", digits, "digits"), d$labels, round(d$scores, digits)))
  }
}
for (i in 1:40) {
  d <- normal(sample(1:30, 1), sample(1:30, 1), runif(1, -0.7, 2.5))
  cases <- c(cases, stored(paste("random", i), d$labels, round(d$scores, sample(0:3, 1))))
}

# Too large to store: the test makes the same patients from the same whole numbers.
patient <- 0:99999
scores <- (patient * 7919) %% 1009
labels <- as.numeric((patient * 104729) %% 1000 + scores / 4 > 600)
large <- paste0('{"name":"100000 patients","labels":null,"scores":null,', expected(labels, scores), "}")

versions <- sprintf(
  "tools/golden/proc_curve.R: pROC %s, R %s.%s", packageVersion("pROC"), R.version$major, R.version$minor
)
header <- paste0(
  '{"made_by":"', versions, '","ranges":[', paste(sapply(ranges, array_of), collapse = ","), '],"rates":',
  array_of(rates), ',"weights":[', paste(sapply(weights, array_of), collapse = ","), "]}"
)
writeLines(c(header, cases, large), "crates/diagstat/tests/it/golden/proc_curve.jsonl")
