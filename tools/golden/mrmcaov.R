# Multi-reader multi-case analyses from MRMCaov, and DeLong's paired test from pROC.
#
# Writes crates/diagstat/tests/it/golden/readers.jsonl: the first line says what made the file, each further line is a case
# with its data. MRMCaov is on GitHub (brian-j-smith/MRMCaov) and needs the package trust for curves only, which are not
# used here. Readers against a model are written out from Hillis 2014, section 2, with pROC's covariances, since no
# package offers them. Run from the root of the repository.

suppressPackageStartupMessages({
  library(pROC)
  library(MRMCaov)
})

number <- function(x) ifelse(is.na(x) | !is.finite(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
rows_of <- function(x) paste0("[", paste(apply(x, 1, array_of), collapse = ","), "]")

# ratings[patient, treatment, reader]
long <- function(labels, ratings) {
  d <- expand.grid(case = seq_along(labels), treatment = seq_len(dim(ratings)[2]), reader = seq_len(dim(ratings)[3]))
  d$truth <- labels[d$case]
  d$rating <- as.vector(ratings)
  d
}

analysis <- function(fit) {
  s <- summary(fit)
  global <- unlist(s$test_equality)
  test <- c(
    if ("F" %in% names(global)) global[c("F", "df1", "df2", "p-value")] else global[c("X2", "df", "p-value")]
  )
  differences <- cbind(s$test_diffs$Estimate, s$test_diffs$CI, s$test_diffs$`p-value`)
  means <- cbind(s$test_means$Estimate, s$test_means$CI)
  list(
    text = paste0('{"test":', array_of(test), ',"differences":', rows_of(differences), ',"means":', rows_of(means), "}"),
    components = s$vcov_comps$Estimate
  )
}

study <- function(name, labels, ratings, threshold = NA) {
  d <- long(labels, ratings)
  # mrmc looks its arguments up where no local variable is seen.
  run <- function(parts, data, covariance) {
    readings <<- data
    analysis(eval(substitute(mrmc(f, treatment, r, c, data = readings, cov = method), c(parts, list(method = covariance)))))
  }
  area <- quote(empirical_auc(truth, rating))
  random <- list(f = area, r = quote(reader), c = quote(case))
  readers <- list(f = area, r = quote(fixed(reader)), c = quote(case))
  cases <- list(f = area, r = quote(reader), c = quote(fixed(case)))
  delong <- run(random, d, quote(DeLong))
  jack <- run(random, d, quote(jackknife))
  out <- c(
    paste0('"delong":', delong$text), paste0('"delong_components":', array_of(delong$components)),
    paste0('"jackknife":', jack$text), paste0('"jackknife_components":', array_of(jack$components)),
    paste0('"fixed_readers":', run(readers, d, quote(DeLong))$text),
    paste0('"fixed_cases":', run(cases, d, quote(DeLong))$text)
  )
  if (!is.na(threshold)) {
    d$rating <- as.numeric(d$rating >= threshold)
    for (metric in c("binary_sens", "binary_spec")) {
      found <- run(modifyList(random, list(f = call(metric, quote(truth), quote(rating)))), d, quote(jackknife))
      out <- c(out, paste0('"', metric, '":', found$text))
    }
  }
  paste0(
    '{"kind":"study","name":"', name, '","labels":', array_of(labels), ',"treatments":[',
    paste(apply(ratings, 2, function(x) rows_of(t(x))), collapse = ","), '],"threshold":', number(threshold), ",",
    paste(out, collapse = ","), "}"
  )
}

curve <- function(labels, x) roc(labels, x, levels = c(0, 1), direction = "<", quiet = TRUE)

one_reader <- function(name, labels, x, y) {
  found <- suppressWarnings(roc.test(curve(labels, x), curve(labels, y), method = "delong", paired = TRUE))
  paste0(
    '{"kind":"one_reader","name":"', name, '","labels":', array_of(labels), ',"treatments":[[', array_of(x), "],[",
    array_of(y), ']],"z":', number(found$statistic), ',"p":', number(found$p.value), "}"
  )
}

# The model is the last column.
against_model <- function(name, labels, x, level = 0.95) {
  count <- ncol(x)
  curves <- lapply(seq_len(count), function(i) curve(labels, x[, i]))
  areas <- sapply(curves, auc)
  covariances <- matrix(0, count, count)
  for (i in seq_len(count)) {
    for (j in seq_len(count)) {
      covariances[i, j] <- if (i == j) var(curves[[i]]) else suppressWarnings(cov(curves[[i]], curves[[j]], method = "delong"))
    }
  }
  take <- cbind(diag(count - 1), -1)
  v <- take %*% covariances %*% t(take)
  d <- as.vector(take %*% areas)
  r <- count - 1
  shared <- max(mean(v[row(v) != col(v)]), 0)
  between <- var(d)
  error <- sqrt((between + r * shared) / r)
  df <- (between + r * shared)^2 / (between^2 / (r - 1))
  fixed <- sqrt((mean(diag(v)) + (r - 1) * shared) / r)
  q <- c(0, -1, 1)
  paste0(
    '{"kind":"against_model","name":"', name, '","labels":', array_of(labels), ',"treatments":[',
    rows_of(t(x)), '],"model":', number(areas[count]), ',"random":',
    array_of(c(mean(d) + q * qt((1 + level) / 2, df) * error, 2 * pt(-abs(mean(d) / error), df))),
    ',"fixed":', array_of(c(mean(d) + q * qnorm((1 + level) / 2) * fixed, 2 * pnorm(-abs(mean(d) / fixed)))),
    ',"each":', rows_of(cbind(d, d - qnorm((1 + level) / 2) * sqrt(diag(v)), d + qnorm((1 + level) / 2) * sqrt(diag(v)))),
    "}"
  )
}

draw <- function(positives, negatives, treatments, readers, digits, gain = 0.3, skill = 0.3) {
  labels <- sample(rep(c(1, 0), c(positives, negatives)))
  patient <- rnorm(length(labels), 0, 0.7)
  ratings <- array(0, c(length(labels), treatments, readers))
  for (i in seq_len(treatments)) {
    shared <- rnorm(length(labels), 0, 0.4)
    for (j in seq_len(readers)) {
      shift <- 1.2 + gain * (i - 1) + rnorm(1, 0, skill)
      ratings[, i, j] <- round(labels * shift + patient + shared + rnorm(length(labels), 0, 0.7), digits)
    }
  }
  list(labels = labels, ratings = ratings)
}

set.seed(20240207)
out <- c()
for (i in 1:16) {
  d <- draw(sample(8:30, 1), sample(8:34, 1), sample(2:3, 1), sample(2:5, 1), sample(0:1, 1), runif(1, -0.5, 0.5), runif(1, 0, 0.6))
  out <- c(out, study(paste("random", i), d$labels, d$ratings, if (i %% 3 == 0) 0.5 else NA))
}
d <- draw(29, 33, 2, 4, 1)
out <- c(out, study("the paper's sizes", d$labels, d$ratings, 0.5))
out <- c(out, study("calls", d$labels, (d$ratings >= 0.5) + 0, 0.5))
d <- draw(3, 60, 2, 3, 1)
out <- c(out, study("three positives", d$labels, d$ratings))
for (i in 1:12) {
  d <- draw(sample(5:40, 1), sample(5:40, 1), 2, 1, sample(0:2, 1))
  out <- c(out, one_reader(paste("random", i), d$labels, d$ratings[, 1, 1], d$ratings[, 2, 1]))
}
for (i in 1:10) {
  d <- draw(sample(8:40, 1), sample(8:40, 1), 1, sample(3:6, 1), sample(0:2, 1), 0, 0.5)
  out <- c(out, against_model(paste("random", i), d$labels, d$ratings[, 1, ]))
}

versions <- sprintf(
  "tools/golden/mrmcaov.R: MRMCaov %s, pROC %s, R %s.%s",
  packageVersion("MRMCaov"), packageVersion("pROC"), R.version$major, R.version$minor
)
writeLines(c(paste0('{"made_by":"', versions, '"}'), out), "crates/diagstat/tests/it/golden/readers.jsonl")
