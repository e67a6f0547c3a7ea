# Calibration, maps and decision curves from R: glm, survey::svyglm, rms::val.prob, and formulas written out.
#
# Writes crates/diagstat/tests/it/golden/calibration.jsonl (a case is a set of patients with all results),
# logistic.jsonl (regressions on several covariates) and subgroups.jsonl, beside it. glm runs to a deviance that no longer
# moves (epsilon 1e-15). rms stops at a change of its deviance of 0.025, so the tests allow more for its slope. Where the classes
# are separated glm has no answer; such results are null. Run from the root of the repository.

suppressPackageStartupMessages({
  library(rms)
  library(survey)
  library(pROC)
})
control <- glm.control(epsilon = 1e-15, maxit = 200)
fitted <- function(formula, family) suppressWarnings(glm(formula, family = family, control = control))

number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "null")
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
field <- function(name, x, one = length(x) == 1) {
  paste0('"', name, '":', if (one) number(x) else array_of(x))
}
object <- function(...) paste0("{", paste(c(...), collapse = ","), "}")

separated <- function(labels, x) {
  one <- x[labels == 1]
  zero <- x[labels == 0]
  length(one) == 0 || length(zero) == 0 || min(one) >= max(zero) || max(one) <= min(zero)
}

# Not cut() at unique quantiles, as some do: it puts the lowest score into one bin with higher ones where its ties span
# several quantiles. The inner edges alone decide, as in scikit-learn.
bins_of <- function(scores, count, wide) {
  edges <- if (wide) (0:count) / count else quantile(scores, (0:count) / count, type = 7)
  factor(rowSums(outer(scores, edges[2:count], ">")))
}

binned <- function(labels, scores, count, wide) {
  bin <- bins_of(scores, count, wide)
  n <- as.vector(table(bin))
  part <- as.vector(tapply(labels, bin, mean))
  score <- as.vector(tapply(scores, bin, mean))
  inside <- scores - score[bin]
  list(
    n = n, part = part, score = score,
    ece = sum(n * abs(part - score)) / sum(n), mce = max(abs(part - score)),
    parts = c(
      sum(n * (score - part)^2), sum(n * (part - mean(labels))^2), sum(n) * mean(labels) * (1 - mean(labels)),
      sum(inside^2), 2 * sum((labels - part[bin]) * inside)
    ) / sum(n),
    hosmer = sum(n * (part - score)^2 / (score * (1 - score)))
  )
}

# summary.glm takes the weights of the last step but one, which leaves about nine digits: here those of the end.
errors_of <- function(fit) {
  weight <- fitted.values(fit) * (1 - fitted.values(fit))
  sqrt(diag(chol2inv(qr.R(qr(model.matrix(fit) * sqrt(weight), LAPACK = FALSE)))))
}
coefficients_of <- function(fit) as.vector(rbind(coef(fit), errors_of(fit)))

calibrated <- function(labels, scores, prevalence) {
  n <- length(labels)
  logit <- qlogis(scores)
  errors <- (scores - labels)^2
  brier <- mean(errors)
  se <- sd(errors) / sqrt(n)
  brier_interval <- plogis(qlogis(brier) + c(-1, 1) * qnorm(0.975) * se / (brier * (1 - brier)))
  offset <- if (any(labels == 1) && any(labels == 0)) fitted(labels ~ 1 + offset(logit), family = binomial) else NULL
  usable <- !separated(labels, logit)
  slope <- if (usable) fitted(labels ~ logit, family = binomial) else NULL
  own <- sum(labels * plogis(logit, log.p = TRUE) + (1 - labels) * plogis(-logit, log.p = TRUE))
  rms <- if (length(unique(scores)) > 1) {
    tryCatch(suppressWarnings(val.prob(scores, labels, pl = FALSE)), error = function(e) NULL)
  }
  target <- ifelse(labels == 1, (sum(labels) + 1) / (sum(labels) + 2), 1 / (n - sum(labels) + 2))
  platt <- if (length(unique(scores)) > 1) fitted(target ~ scores, family = quasibinomial) else NULL
  wrong_side <- any((2 * labels - 1) * logit < 0)
  helps <- sum((labels - 0.5) * logit) > 1e-9
  heat <- if (wrong_side && helps) fitted(labels ~ 0 + logit, family = binomial) else NULL
  wide <- binned(labels, scores, 10, TRUE)
  equal <- binned(labels, scores, 10, FALSE)
  groups <- length(equal$n)
  weighted <- rep(NA, 6)
  brier_weighted <- rep(NA, 2)
  if (sum(labels) > 1 && sum(1 - labels) > 1) {
    class_mean <- function(class) mean(errors[labels == class])
    class_variance <- function(class) var(errors[labels == class]) / sum(labels == class)
    brier_weighted <- c(
      prevalence * class_mean(1) + (1 - prevalence) * class_mean(0),
      sqrt(prevalence^2 * class_variance(1) + (1 - prevalence)^2 * class_variance(0))
    )
    weight <- ifelse(labels == 1, prevalence / mean(labels), (1 - prevalence) / mean(1 - labels))
    design <- svydesign(~1, strata = ~labels, weights = ~weight, data = data.frame(labels, logit, weight))
    # Started at the unweighted fit: with its own start glm runs away to 1e15 on the scores near the ends.
    of_survey <- function(formula, start) {
      fit <- suppressWarnings(svyglm(formula, design, family = quasibinomial, start = start, epsilon = 1e-15, maxit = 200))
      # svyglm too takes the weights of the last step but one; the same estimator with those of the end.
      x <- model.matrix(fit)
      chance <- plogis(as.vector(x %*% coef(fit)) + if (ncol(x) == 1) logit else 0)
      influence <- (x * weight * (labels - chance)) %*% solve(crossprod(x * sqrt(weight * chance * (1 - chance))))
      by_class <- function(class) sum(labels == class) * var(influence[labels == class, , drop = FALSE])
      errors <- sqrt(diag(by_class(1) + by_class(0)))
      # Where each class has one score the estimate does not vary, and rounding makes errors of 1e-17.
      if (any(errors < 1e-12)) return(rep(NA, 2 * ncol(x)))
      survey_gap <<- max(survey_gap, abs(sqrt(diag(vcov(fit))) / errors - 1))
      as.vector(rbind(coef(fit), errors))
    }
    weighted[1:2] <- of_survey(labels ~ 1 + offset(logit), coef(offset))
    if (usable) weighted[3:6] <- of_survey(labels ~ logit, coef(slope))
  }
  c(
    field("prevalence", prevalence),
    field("brier", brier), field("brier_interval", if (se > 1e-12) brier_interval else c(NA, NA)),
    field("scaled_brier", 1 - brier / (mean(labels) * (1 - mean(labels)))),
    field("intercept", if (is.null(offset)) c(NA, NA) else coefficients_of(offset)),
    field("slope", if (is.null(slope)) rep(NA, 4) else coefficients_of(slope)),
    field("diagonal", if (is.null(slope)) NA else as.numeric(2 * (logLik(slope) - own))),
    field("rms", if (is.null(rms)) rep(NA, 8) else unname(rms[c("Brier", "Intercept", "Slope", "U:Chi-sq", "U:p", "S:z", "S:p", "C (ROC)")])),
    field("platt", if (is.null(platt)) c(NA, NA) else unname(coef(platt))),
    field("inverse_temperature", if (is.null(heat)) NA else unname(coef(heat))),
    field("wide", c(wide$ece, wide$mce, wide$parts)), field("equal", c(equal$ece, equal$mce, equal$parts)),
    field("wide_bins", c(wide$n, wide$part, wide$score), FALSE),
    field("equal_bins", c(equal$n, equal$part, equal$score), FALSE),
    field("hosmer", c(
      equal$hosmer, if (groups > 2) pchisq(equal$hosmer, groups - 2, lower.tail = FALSE) else NA,
      pchisq(equal$hosmer, groups, lower.tail = FALSE)
    )),
    field("brier_weighted", brier_weighted), field("weighted", weighted),
    field("shifted", {
      shifted <- plogis(logit + qlogis(prevalence) - qlogis(0.3))
      shifted[seq_len(min(5, n))]
    }, FALSE)
  )
}

# Net benefit by its definition; its variance from the gradient by the cell probabilities (multinomial, or binomial in
# each class), the gradient by central differences of a function of the cells.
decided <- function(labels, scores, prevalence) {
  rows <- sapply(c(0.05, 0.25, 0.5, 0.8), function(threshold) {
    call <- scores >= threshold
    cells <- c(sum(call & labels == 1), sum(!call & labels == 1), sum(call & labels == 0), sum(!call & labels == 0))
    n <- sum(cells)
    odds <- threshold / (1 - threshold)
    class_size <- c(sum(cells[1:2]), sum(cells[3:4]))
    of_all <- list(
      benefit = function(p) p[1] - odds * p[3],
      standardized = function(p) (p[1] - odds * p[3]) / (p[1] + p[2]),
      avoided = function(p) p[4] - p[2] / odds
    )
    at <- function(q) c(prevalence * q[1:2], (1 - prevalence) * q[3:4])
    result <- c()
    for (f in of_all) {
      p <- cells / n
      gradient <- sapply(1:4, function(j) { h <- 1e-4; e <- (1:4 == j) * h; (8 * (f(p + e) - f(p - e)) - (f(p + 2 * e) - f(p - 2 * e))) / (12 * h) })
      covariance <- (diag(p) - p %*% t(p)) / n
      result <- c(result, f(p), sqrt(max(0, t(gradient) %*% covariance %*% gradient)))
      if (all(class_size > 0)) {
        q <- cells / rep(class_size, each = 2)
        fq <- function(q) f(at(q))
        gradient <- sapply(1:4, function(j) { h <- 1e-4; e <- (1:4 == j) * h; (8 * (fq(q + e) - fq(q - e)) - (fq(q + 2 * e) - fq(q - 2 * e))) / (12 * h) })
        block <- function(q, m) (diag(q) - q %*% t(q)) / m
        covariance <- rbind(cbind(block(q[1:2], class_size[1]), matrix(0, 2, 2)), cbind(matrix(0, 2, 2), block(q[3:4], class_size[2])))
        # With the prevalence known the standardised benefit is the benefit divided by it.
        if (identical(f, of_all$standardized)) {
          fs <- function(q) of_all$benefit(at(q)) / prevalence
          gradient <- c(1, 0, -odds * (1 - prevalence) / prevalence, 0)
          result <- c(result, fs(q), sqrt(max(0, t(gradient) %*% covariance %*% gradient)))
        } else {
          result <- c(result, fq(q), sqrt(max(0, t(gradient) %*% covariance %*% gradient)))
        }
      } else {
        result <- c(result, NA, NA)
      }
    }
    result
  })
  field("decision", as.vector(rows))
}

survey_gap <- 0
set.seed(19730601)
cases <- c()
add <- function(name, labels, scores, prevalence = 0.1, store = TRUE) {
  stopifnot(all(scores > 0 & scores < 1))
  data <- if (store) c(field("labels", labels, FALSE), field("scores", scores, FALSE)) else c('"labels":null', '"scores":null')
  cases <<- c(cases, object(paste0('"name":"', name, '"'), data, calibrated(labels, scores, prevalence), decided(labels, scores, prevalence)))
}
drawn <- function(n, centre, slope, shift, digits) {
  truth <- plogis(rnorm(n, centre, 1.5))
  labels <- rbinom(n, 1, truth)
  scores <- round(plogis(slope * qlogis(truth) + shift), digits)
  list(labels = labels, scores = pmin(pmax(scores, 0.001), 0.999))
}
add("three patients", c(0, 1, 0), c(0.2, 0.7, 0.4))
add("three patients that overlap", c(1, 0, 1), c(0.2, 0.5, 0.7))
add("separated", c(0, 0, 0, 1, 1, 1), c(0.1, 0.2, 0.3, 0.6, 0.7, 0.9))
add("separated the wrong way", c(1, 1, 0, 0), c(0.1, 0.2, 0.6, 0.7))
add("separated with a tie", c(0, 0, 1, 1), c(0.2, 0.4, 0.4, 0.8))
add("all tied", c(0, 1, 1, 0, 1), rep(0.4, 5))
add("two scores", rep(c(1, 0, 1, 0), c(20, 5, 9, 30)), rep(c(0.75, 0.75, 0.25, 0.25), c(20, 5, 9, 30)))
add("positive patients only", rep(1, 5), c(0.2, 0.6, 0.7, 0.8, 0.9))
add("scores near the ends", c(0, 0, 1, 1, 0, 1), c(1e-9, 0.3, 0.6, 1 - 1e-9, 0.7, 0.2))
for (i in 1:12) {
  d <- drawn(62, 0, runif(1, 0.4, 2.5), rnorm(1), 4)
  add(paste("the paper's size", i), d$labels, d$scores, runif(1, 0.02, 0.6))
}
for (i in 1:10) {
  d <- drawn(sample(8:25, 1), 0, runif(1, 0.4, 2), rnorm(1), 3)
  add(paste("few", i), d$labels, d$scores, runif(1, 0.02, 0.6))
}
for (i in 1:10) {
  d <- drawn(sample(40:90, 1), 0, 1, 0, 1)
  add(paste("tied", i), d$labels, d$scores, runif(1, 0.02, 0.6))
}
for (i in 1:8) {
  d <- drawn(150, -3.2, 1.5, -0.5, 4)
  add(paste("rare", i), d$labels, d$scores, 0.01)
}
for (i in 1:6) {
  d <- drawn(60, 0.5, 0.5, 0, 16)
  add(paste("full digits", i), d$labels, d$scores, 0.3)
}
# Too large to store: the test makes the same patients from the same whole numbers.
patient <- 0:99999
scores <- ((patient * 7919) %% 1009 + 0.5) / 1010
labels <- as.numeric((patient * 104729) %% 1000 + 300 * scores > 700)
add("100000 patients", labels, scores, 0.05, store = FALSE)

message("largest relative difference to svyglm's standard errors: ", signif(survey_gap, 3))
stopifnot(survey_gap < 1e-6)

versions <- function(script) {
  sprintf(
    '{"made_by":"tools/golden/%s: rms %s, survey %s, pROC %s, R %s.%s"}', script, packageVersion("rms"),
    packageVersion("survey"), packageVersion("pROC"), R.version$major, R.version$minor
  )
}
folder <- "crates/diagstat/tests/it/golden/"
writeLines(c(versions("calibration.R"), cases), paste0(folder, "calibration.jsonl"))

# Regressions on several covariates, with and without an offset.
regressions <- c()
for (i in 1:40) {
  n <- sample(30:90, 1)
  width <- sample(1:4, 1)
  x <- matrix(round(rnorm(n * width), 2), n)
  if (i %% 3 == 0) x[, 1] <- rbinom(n, 1, 0.4)
  if (i %% 7 == 0) x[, width] <- 1e6 + 100 * x[, width]
  labels <- rbinom(n, 1, plogis(scale(x) %*% rnorm(width) * 0.7 + rnorm(1)))
  offset <- if (i %% 2 == 0) round(rnorm(n), 2) else rep(0, n)
  fit <- fitted(labels ~ x + offset(offset), family = binomial)
  if (!fit$converged || max(abs(coef(summary(fit))[, 2])) > 50) next
  errors <- errors_of(fit)
  regressions <- c(regressions, object(
    field("labels", labels), field("columns", as.vector(x), FALSE), field("offset", offset),
    field("coefficients", coef(fit)), field("errors", errors), field("p", 2 * pnorm(-abs(coef(fit) / errors))), field("log_likelihood", as.numeric(logLik(fit)))
  ))
}
writeLines(c(versions("calibration.R"), regressions), paste0(folder, "logistic.jsonl"))

# Subgroups: Cochran's Q of pROC's variances, likelihood-ratio chi-squared of the table, interaction by anova of two fits.
groups <- c()
while (length(groups) < 40) {
  count <- sample(2:4, 1)
  n <- sample(50:120, 1)
  group <- sample(letters[seq_len(count)], n, replace = TRUE)
  truth <- plogis(rnorm(n, 0, 1.5))
  labels <- rbinom(n, 1, truth)
  scores <- round(plogis(qlogis(truth) * ifelse(group == "a", runif(1, 0.2, 1), 1) + rnorm(n)), 3)
  if (any(scores <= 0 | scores >= 1)) next
  parts <- split(seq_len(n), group)
  curves <- lapply(parts, function(rows) if (length(unique(labels[rows])) == 2) roc(labels[rows], scores[rows], levels = c(0, 1), direction = "<", quiet = TRUE) else NULL)
  if (any(sapply(curves, is.null)) || any(table(group, labels) < 3)) next
  area <- sapply(curves, function(curve) as.numeric(auc(curve)))
  variance <- suppressWarnings(sapply(curves, function(curve) as.numeric(var(curve))))
  if (any(variance <= 0)) next
  w <- 1 / variance
  q <- sum(w * (area - sum(w * area) / sum(w))^2)
  ratio <- function(class) {
    table <- table(group[labels == class], factor(scores[labels == class] >= 0.5, c(FALSE, TRUE)))
    expected <- outer(rowSums(table), colSums(table)) / sum(table)
    if (any(colSums(table) == 0)) NA else 2 * sum(ifelse(table > 0, table * log(table / expected), 0))
  }
  logit <- qlogis(scores)
  if (any(sapply(parts, function(rows) separated(labels[rows], logit[rows])))) next
  apart <- fitted(labels ~ logit * group, family = binomial)
  together <- fitted(labels ~ logit + group, family = binomial)
  statistics <- c(q, ratio(1), ratio(0), deviance(together) - deviance(apart))
  groups <- c(groups, object(
    field("labels", labels), field("scores", scores), paste0('"groups":["', paste(group, collapse = '","'), '"]'),
    field("areas", area), field("statistics", statistics),
    field("p", pchisq(statistics, count - 1, lower.tail = FALSE))
  ))
}
writeLines(c(versions("calibration.R"), groups), paste0(folder, "subgroups.jsonl"))
