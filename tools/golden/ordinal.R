# The binormal ROC curve by maximum likelihood: a probit model of ordered categories with a scale of its own for the
# positive class, from the package ordinal.
#
# Writes crates/diagstat/tests/it/golden/ordinal.jsonl: the first line says what made the file, each further line is a
# case with its data. Neighbouring scores of one class only are merged, as clm needs a threshold for each category; where
# between them it lies changes no estimate of the curve. Run from the root of the repository.

suppressPackageStartupMessages(library(ordinal))
suppressPackageStartupMessages(library(pROC))
options(warn = 1)

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")

categories <- function(labels, scores) {
  distinct <- sort(unique(scores))
  holds <- sapply(distinct, function(score) {
    here <- labels[scores == score]
    if (all(here == 1)) "positive" else if (all(here == 0)) "negative" else "both"
  })
  starts <- c(TRUE, holds[-1] != holds[-length(holds)] | holds[-1] == "both")
  factor(cumsum(starts)[match(scores, distinct)], ordered = TRUE)
}

stored <- function(name, labels, scores, kept = TRUE) {
  category <- categories(labels, scores)
  fit <- clm(
    category ~ labels, scale = ~labels, link = "probit",
    control = clm.control(gradTol = 1e-9, relTol = 1e-12, maxIter = 1000, maxLineIter = 100)
  )
  if (fit$convergence$code != 0) stop(name, ": no convergence")
  location <- fit$beta
  log_scale <- fit$zeta
  b <- exp(-log_scale)
  a <- location * b
  last <- nrow(vcov(fit))
  of_clm <- vcov(fit)[(last - 1):last, (last - 1):last]
  jacobian <- rbind(c(b, -a), c(0, -b))
  covariance <- jacobian %*% of_clm %*% t(jacobian)
  gradient <- c(1 / sqrt(1 + b^2), -a * b / (1 + b^2)^1.5)
  error <- sqrt(drop(gradient %*% covariance %*% gradient))
  limits <- pnorm(a / sqrt(1 + b^2) + c(-1, 1) * qnorm(0.975) * error)
  data <- if (kept) c(array_of(labels), array_of(scores)) else c("null", "null")
  paste0(
    '{"name":"', name, '","labels":', data[1], ',"scores":', data[2], ',"a":', number(a), ',"b":', number(b),
    ',"variance_a":', number(covariance[1, 1]), ',"covariance":', number(covariance[1, 2]),
    ',"variance_b":', number(covariance[2, 2]), ',"area":', number(pnorm(a / sqrt(1 + b^2))),
    ',"limits":', array_of(limits), "}"
  )
}

normal <- function(positives, negatives, shift, spread) {
  labels <- sample(rep(c(1, 0), c(positives, negatives)))
  list(labels = labels, scores = rnorm(length(labels)) * ifelse(labels == 1, spread, 1) + shift * labels)
}

data(aSAH)
outcome <- as.numeric(aSAH$outcome == "Poor")
cases <- c(
  stored("aSAH s100b", outcome, aSAH$s100b),
  stored("aSAH ndka", outcome, aSAH$ndka),
  stored("aSAH wfns", outcome, as.numeric(aSAH$wfns))
)
set.seed(19690600)
for (i in 1:30) {
  d <- normal(sample(12:50, 1), sample(12:50, 1), runif(1, 0, 1.6), runif(1, 0.6, 1.8))
  cases <- c(cases, stored(paste("random", i), d$labels, round(d$scores, sample(0:2, 1))))
}
d <- normal(8, 300, 1, 1)
cases <- c(cases, stored("eight positives of 308", d$labels, round(d$scores, 1)))
d <- normal(29, 33, 1.5, 1)
cases <- c(cases, stored("29 and 33 without a tie", d$labels, d$scores))

# Too large to store: the test makes the same patients from the same whole numbers.
patient <- 0:99999
scores <- floor(((patient * 7919) %% 1009) / 20)
labels <- as.numeric((patient * 104729) %% 1000 + scores * 5 > 600)
cases <- c(cases, stored("100000 patients", labels, scores, kept = FALSE))

versions <- sprintf(
  "tools/golden/ordinal.R: ordinal %s, R %s.%s", packageVersion("ordinal"), R.version$major, R.version$minor
)
writeLines(c(paste0('{"made_by":"', versions, '"}'), cases), "crates/diagstat/tests/it/golden/ordinal.jsonl")
