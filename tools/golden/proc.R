# AUC, DeLong's variance and interval, and Youden's threshold from pROC.
#
# Writes crates/diagstat/tests/it/golden/proc.jsonl: the first line says what made the file, each further line is a case
# with its data. pROC has no logit interval; it is computed here from pROC's variance. Run from the root of the repository.

suppressPackageStartupMessages(library(pROC))
options(warn = 2)

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")

expected <- function(labels, scores, level) {
  curve <- roc(labels, scores, levels = c(0, 1), direction = "<", quiet = TRUE)
  area <- as.numeric(auc(curve))
  variance <- suppressWarnings(as.numeric(var(curve, method = "delong")))
  limits <- suppressWarnings(as.numeric(ci.auc(curve, conf.level = level, method = "delong")))
  z <- qnorm(1 - (1 - level) / 2)
  logit <- plogis(qlogis(area) + c(-1, 1) * z * sqrt(variance) / (area * (1 - area)))
  cuts <- coords(curve, "all", ret = c("threshold", "youden"), transpose = FALSE)
  cuts$index <- cuts$youden - 1
  best <- cuts$threshold[cuts$index > max(cuts$index) - 1e-12]
  youden <- if (max(cuts$index) > 1e-12) min(best) else NA
  paste0(
    '"level":', level, ',"auc":', number(area), ',"variance":', number(variance),
    ',"wald":', array_of(limits[c(1, 3)]), ',"logit":', array_of(logit),
    ',"youden_threshold":', number(youden)
  )
}

stored <- function(name, labels, scores, level = 0.95) {
  paste0(
    '{"name":"', name, '","labels":', array_of(labels), ',"scores":', array_of(scores), ",",
    expected(labels, scores, level), "}"
  )
}

normal <- function(positives, negatives, shift) {
  labels <- sample(rep(c(1, 0), c(positives, negatives)))
  list(labels = labels, scores = rnorm(length(labels)) + shift * labels)
}

set.seed(20240207)
cases <- c(
  stored("the paper's calls", rep(c(1, 1, 0, 0), c(22, 7, 1, 32)), rep(c(1, 0, 1, 0), c(22, 7, 1, 32))),
  stored("separated", c(0, 0, 0, 1, 1), c(1, 2, 3, 4, 5)),
  stored("separated the wrong way", c(1, 1, 0, 0), c(1, 2, 3, 4)),
  stored("all tied", c(1, 0, 1, 0), rep(0.3, 4)),
  stored("two of each", c(1, 0, 1, 0), c(0.9, 0.1, 0.2, 0.3)),
  stored("two of each with a tie", c(1, 0, 1, 0), c(0.9, 0.1, 0.1, 0.3)),
  stored("near the largest double", c(0, 1, 0, 1, 1, 0), c(-1.7e308, 1.7e308, 1e308, 1.1e308, -1e308, 0))
)
d <- normal(29, 33, 1.5)
for (level in c(0.8, 0.9, 0.95, 0.99)) {
  cases <- c(cases, stored(paste("the paper's sizes at", level), d$labels, d$scores, level))
}
d <- normal(60, 70, 1)
cases <- c(
  cases,
  stored("untied", d$labels, d$scores),
  stored("tied at one digit", d$labels, round(d$scores, 1)),
  stored("tied at no digit", d$labels, round(d$scores))
)
d <- normal(3, 297, 1)
cases <- c(cases, stored("three positives", d$labels, d$scores))
d <- normal(150, 2, 0.5)
cases <- c(cases, stored("two negatives", d$labels, d$scores))
# From 1 to 2 the doubles are 2^-52 apart.
d <- normal(20, 20, 1)
cases <- c(cases, stored("one ulp apart", d$labels, 1 + (rank(d$scores) - 1) * 2^-52))
for (i in 1:40) {
  d <- normal(sample(2:30, 1), sample(2:30, 1), runif(1, -1, 2.5))
  cases <- c(cases, stored(paste("random", i), d$labels, round(d$scores, sample(0:3, 1))))
}

# Too large to store: the test makes the same patients from the same whole numbers.
patient <- 0:99999
scores <- (patient * 7919) %% 1009
labels <- as.numeric((patient * 104729) %% 1000 + scores / 4 > 600)
large <- paste0('{"name":"100000 patients","labels":null,"scores":null,', expected(labels, scores, 0.95), "}")

versions <- sprintf("tools/golden/proc.R: pROC %s, R %s.%s", packageVersion("pROC"), R.version$major, R.version$minor)
writeLines(
  c(paste0('{"made_by":"', versions, '"}'), cases, large),
  "crates/diagstat/tests/it/golden/proc.jsonl"
)
