# Sizes, powers and expected intervals from pROC's power.roc.test and from R's quantiles and integration.
#
# Writes crates/diagstat/tests/it/golden/plan.jsonl: the first line says what made the file, each further line is a case.
# Differences use pROC's covariance of two areas, since its variance of one lacks a term (see below). pROC tests one area
# against 0.5 only; other null values are written out from Obuchowski and McClish 1997. Widths are found by counting up
# from one patient. Run from the root of the repository.

suppressPackageStartupMessages(library(pROC))
options(warn = 2)

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")

area_test <- function(area, power, significance, kappa, positives, negatives) {
  size <- power.roc.test(auc = area, power = power, sig.level = significance, kappa = kappa)
  reached <- power.roc.test(auc = area, ncases = positives, ncontrols = negatives, sig.level = significance)
  paste0(
    '{"kind":"area_test","area":', number(area), ',"null":0.5,"power":', number(power), ',"significance":',
    number(significance), ',"ratio":', number(kappa), ',"positives":', ceiling(size$ncases), ',"sizes":',
    array_of(c(positives, negatives)), ',"reached":', number(reached$power), "}"
  )
}

area_test_against <- function(area, null, power, significance, kappa, positives, negatives) {
  v <- function(theta, kappa) {
    a <- 1.414 * qnorm(theta)
    0.0099 * exp(-a^2 / 2) * (5 * a^2 + 8 + (a^2 + 8) / kappa)
  }
  z <- qnorm(1 - significance / 2)
  size <- (z * sqrt(v(null, kappa)) + qnorm(power) * sqrt(v(area, kappa)))^2 / (area - null)^2
  ratio <- negatives / positives
  reached <- pnorm((abs(area - null) * sqrt(positives) - z * sqrt(v(null, ratio))) / sqrt(v(area, ratio)))
  paste0(
    '{"kind":"area_test","area":', number(area), ',"null":', number(null), ',"power":', number(power),
    ',"significance":', number(significance), ',"ratio":', number(kappa), ',"positives":', max(2, ceiling(size)), ',"sizes":',
    array_of(c(positives, negatives)), ',"reached":', number(reached), "}"
  )
}

difference_test <- function(areas, spreads, rp, rn, power, significance, kappa, positives, negatives) {
  a <- qnorm(areas) * sqrt(1 + spreads^2)
  # power.roc.test leaves the covariance of A and B out of the variance of an area, while its covariance of two areas has
  # it, so that an area's covariance with itself is not its variance. Obuchowski and McClish's variance is the former.
  covariance <- function(i, j, rn, ra, kappa) {
    pROC:::cov.params.obuchowski(a[i], spreads[i], a[j], spreads[j], rn, ra, kappa, NULL, NULL, NULL, NULL)
  }
  unit <- function(kappa) {
    covariance(1, 1, 1, 1, kappa) + covariance(2, 2, 1, 1, kappa) - 2 * covariance(1, 2, rn, rp, kappa)
  }
  z <- qnorm(1 - significance / 2)
  delta <- abs(diff(areas))
  size <- (z + qnorm(power))^2 * unit(kappa) / delta^2
  reached <- pnorm(delta * sqrt(positives / unit(negatives / positives)) - z)
  paste0(
    '{"kind":"difference_test","areas":', array_of(areas), ',"spreads":', array_of(spreads), ',"correlations":',
    array_of(c(rp, rn)), ',"power":', number(power), ',"significance":', number(significance), ',"ratio":', number(kappa),
    ',"positives":', ceiling(size), ',"sizes":', array_of(c(positives, negatives)), ',"reached":', number(reached), "}"
  )
}

limits <- function(x, n, level, method) {
  tail <- (1 - level) / 2
  if (method == "wilson") {
    found <- suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE)$conf.int)
    return(c(if (x == 0) 0 else found[1], if (x == n) 1 else found[2]))
  }
  c(if (x == 0) 0 else qbeta(tail, x, n - x + 1), if (x == n) 1 else qbeta(1 - tail, x + 1, n - x))
}

expected_limits <- function(p, n, level, method) {
  x <- p * n
  part <- x - floor(x)
  (1 - part) * limits(floor(x), n, level, method) + part * limits(min(floor(x) + 1, n), n, level, method)
}

proportion <- function(p, width, level, method, patients) {
  n <- 1
  while (diff(expected_limits(p, n, level, method)) > width) n <- n + 1
  paste0(
    '{"kind":"proportion","expected":', number(p), ',"width":', number(width), ',"level":', number(level), ',"method":"',
    method, '","first_enough":', n, ',"patients":', patients, ',"limits":',
    array_of(expected_limits(p, patients, level, method)), "}"
  )
}

variances <- function(area, m, n, model) {
  if (model == "hanley_mcneil") {
    q <- c(area / (2 - area), 2 * area^2 / (1 + area))
  } else {
    z <- qnorm(area)
    # Given the shared score the others are independent.
    both <- integrate(function(x) dnorm(x) * pnorm(sqrt(2) * z - x)^2, -Inf, Inf, rel.tol = 1e-13)$value
    q <- c(both, both)
  }
  q <- q - area^2
  one <- area * (1 - area)
  v <- (one + (m - 1) * q[1] + (n - 1) * q[2]) / (m * n)
  c(v, v + (one - sum(q)) / (m * n))
}

area_interval <- function(area, m, n, model, level) {
  v <- variances(area, m, n, model)
  z <- qnorm((1 + level) / 2)
  paste0(
    '{"kind":"area_interval","area":', number(area), ',"sizes":', array_of(c(m, n)), ',"model":"', model, '","level":',
    number(level), ',"variance":', number(v[1]), ',"wald":',
    array_of(pmin(1, pmax(0, area + c(-1, 1) * z * sqrt(v[2])))), ',"logit":',
    array_of(plogis(qlogis(area) + c(-1, 1) * z * sqrt(v[2]) / (area * (1 - area)))), "}"
  )
}

set.seed(20240207)
any <- function(x) x[sample(length(x), 1)]
out <- c()
for (area in c(0.6, 0.7, 0.8, 0.9, 0.95)) {
  for (kappa in c(0.5, 1, 4)) {
    out <- c(out, area_test(area, any(c(0.8, 0.9)), any(c(0.01, 0.05)), kappa, sample(10:80, 1), sample(10:80, 1)))
  }
}
for (i in 1:12) {
  areas <- sample(c(0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95), 2)
  out <- c(out, area_test_against(areas[1], areas[2], 0.8, 0.05, any(c(0.5, 1, 9)), sample(10:80, 1), sample(10:80, 1)))
}
for (i in 1:20) {
  areas <- sort(sample(c(0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95), 2), decreasing = i %% 2 == 0)
  spreads <- if (i <= 8) c(1, 1) else round(runif(2, 0.5, 1.5), 2)
  correlations <- round(runif(2, 0, 0.7), 2)
  out <- c(out, difference_test(
    areas, spreads, correlations[1], correlations[2], any(c(0.8, 0.9)), any(c(0.01, 0.05)), any(c(0.5, 1, 3)),
    sample(20:200, 1), sample(20:200, 1)
  ))
}
for (p in c(0, 0.5, 0.759, 0.9, 0.97, 1)) {
  for (method in c("wilson", "clopper_pearson")) {
    out <- c(out, proportion(p, any(c(0.1, 0.2)), any(c(0.9, 0.95)), method, sample(10:300, 1)))
  }
}
out <- c(out, area_interval(0.864, 29, 33, "hanley_mcneil", 0.95), area_interval(0.864, 29, 33, "binormal", 0.95))
for (i in 1:16) {
  out <- c(out, area_interval(
    any(c(0.3, 0.5, 0.7, 0.85, 0.95, 0.99)), sample(2:200, 1), sample(2:200, 1), any(c("hanley_mcneil", "binormal")),
    any(c(0.9, 0.95))
  ))
}

versions <- sprintf("tools/golden/plan.R: pROC %s, R %s.%s", packageVersion("pROC"), R.version$major, R.version$minor)
writeLines(c(paste0('{"made_by":"', versions, '"}'), out), "crates/diagstat/tests/it/golden/plan.jsonl")
