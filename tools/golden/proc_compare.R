# Several areas from pROC: covariances, paired and unpaired DeLong tests; and Obuchowski's variance by double loops.
#
# Writes crates/diagstat/tests/it/golden/proc_compare.jsonl: the first line says what made the file, each further line is
# a case with its data. Three things are not in pROC and are computed here, each in the plainest way: the chi-squared test
# of all areas (from pROC's covariances, with R's solve), the variances of images of patients (Obuchowski 1997, all pairs
# of images), and their covariances. Run from the root of the repository.

suppressPackageStartupMessages(library(pROC))

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
rows_of <- function(x) paste0("[", paste(apply(x, 1, array_of), collapse = ","), "]")
curve_of <- function(labels, scores) {
  suppressWarnings(roc(labels, scores, levels = c(0, 1), direction = "<", quiet = TRUE))
}

covariances <- function(curves) {
  k <- length(curves)
  matrix <- diag(k)
  for (i in 1:k) for (j in 1:k) {
    matrix[i, j] <- suppressWarnings(
      if (i == j) var(curves[[i]], method = "delong") else cov(curves[[i]], curves[[j]], method = "delong")
    )
  }
  matrix
}

# Chi-squared of the differences from the first model, NA where the matrix has no inverse.
overall <- function(areas, covariance) {
  k <- length(areas)
  contrast <- cbind(1, -diag(k - 1))
  difference <- contrast %*% areas
  spread <- contrast %*% covariance %*% t(contrast)
  if (rcond(spread) < 1e-9 || any(diag(spread) < 1e-14)) return(c(NA, NA))
  statistic <- as.numeric(t(difference) %*% solve(spread, difference))
  c(statistic, pchisq(statistic, k - 1, lower.tail = FALSE))
}

paired <- function(name, labels, scores, level = 0.95, data = TRUE) {
  curves <- lapply(scores, function(s) curve_of(labels, s))
  areas <- sapply(curves, function(c) as.numeric(auc(c)))
  covariance <- covariances(curves)
  test <- suppressWarnings(roc.test(curves[[1]], curves[[2]], method = "delong", paired = TRUE, conf.level = level))
  spread <- covariance[1, 1] + covariance[2, 2] - 2 * covariance[1, 2]
  alike <- spread < 1e-16
  limits <- areas[1] - areas[2] + c(-1, 1) * qnorm(1 - (1 - level) / 2) * sqrt(max(spread, 0))
  if (!alike && !is.null(test$conf.int)) stopifnot(max(abs(test$conf.int - limits)) < 1e-9)
  paste0(
    '{"kind":"paired","name":"', name, '",',
    if (data) paste0('"labels":', array_of(labels), ',"models":', rows_of(do.call(rbind, scores)), ","),
    '"level":', level, ',"areas":', array_of(areas), ',"covariance":', rows_of(covariance),
    ',"z":', number(if (alike) NA else test$statistic), ',"p":', number(if (alike) NA else test$p.value),
    ',"limits":', array_of(if (alike) c(NA, NA) else limits), ',"overall":', array_of(overall(areas, covariance)), "}"
  )
}

unpaired <- function(name, first, second, data = TRUE) {
  a <- curve_of(first$labels, first$scores)
  b <- curve_of(second$labels, second$scores)
  test <- suppressWarnings(roc.test(a, b, method = "delong", paired = FALSE))
  none <- is.nan(test$statistic) || is.infinite(test$statistic)
  values <- if (none) c(NA, NA, NA) else c(test$statistic, test$parameter, test$p.value)
  paste0(
    '{"kind":"unpaired","name":"', name, '",',
    if (data) {
      paste0(
        '"labels":', array_of(first$labels), ',"scores":', array_of(first$scores),
        ',"other_labels":', array_of(second$labels), ',"other_scores":', array_of(second$scores), ","
      )
    },
    '"t_df_p":', array_of(values), "}"
  )
}

# Obuchowski 1997: the components of each image by all pairs, their sums for each patient, and the three sums of squares.
components <- function(labels, scores) {
  won <- function(p, n) (p > n) + 0.5 * (p == n)
  positive <- scores[labels == 1]
  negative <- scores[labels == 0]
  list(
    area = mean(outer(positive, negative, won)),
    of = sapply(seq_along(labels), function(i) {
      if (labels[i] == 1) mean(won(scores[i], negative)) else mean(won(positive, scores[i]))
    })
  )
}
obuchowski <- function(labels, scores, patients) {
  models <- lapply(scores, function(s) components(labels, s))
  names <- unique(patients)
  m <- sum(labels == 1)
  n <- sum(labels == 0)
  departures <- function(model, label) sapply(names, function(patient) {
    mine <- patients == patient & labels == label
    sum(model$of[mine]) - sum(mine) * model$area
  })
  with_positive <- length(unique(patients[labels == 1]))
  with_negative <- length(unique(patients[labels == 0]))
  all <- length(names)
  k <- length(models)
  covariance <- diag(k)
  for (r in 1:k) for (s in 1:k) {
    x_r <- departures(models[[r]], 1)
    x_s <- departures(models[[s]], 1)
    y_r <- departures(models[[r]], 0)
    y_s <- departures(models[[s]], 0)
    s10 <- with_positive / ((with_positive - 1) * m) * sum(x_r * x_s)
    s01 <- with_negative / ((with_negative - 1) * n) * sum(y_r * y_s)
    s11 <- all / (all - 1) * sum(x_r * y_s)
    s11_turned <- all / (all - 1) * sum(x_s * y_r)
    covariance[r, s] <- s10 / m + s01 / n + s11 / (m * n) + s11_turned / (m * n)
  }
  list(areas = sapply(models, function(model) model$area), covariance = covariance)
}
clustered <- function(name, labels, scores, patients) {
  of <- obuchowski(labels, scores, patients)
  paste0(
    '{"kind":"clustered","name":"', name, '","labels":', array_of(labels), ',"models":',
    rows_of(do.call(rbind, scores)), ',"patients":', array_of(patients), ',"areas":', array_of(of$areas),
    ',"covariance":', rows_of(of$covariance), "}"
  )
}

models_of <- function(labels, count, digits) {
  shared <- rnorm(length(labels))
  lapply(1:count, function(i) {
    round(runif(1, 0, 2) * labels + runif(1, 0, 1.5) * shared + rnorm(length(labels)), digits)
  })
}
labels_of <- function(positives, negatives) sample(rep(c(1, 0), c(positives, negatives)))

set.seed(20240311)
data(aSAH)
poor <- as.numeric(aSAH$outcome == "Poor")
markers <- list(aSAH$s100b, aSAH$ndka, as.numeric(aSAH$wfns))
women <- aSAH$gender == "Female"
cases <- c(
  paired("aSAH: S100B, NDKA and WFNS", poor, markers),
  unpaired(
    "aSAH: S100B of women and men",
    list(labels = poor[women], scores = aSAH$s100b[women]), list(labels = poor[!women], scores = aSAH$s100b[!women])
  ),
  paired("two models alike", c(0, 1, 0, 1, 1, 0), list(c(1, 2, 3, 4, 5, 1), c(10, 20, 30, 40, 50, 10))),
  paired("separated and not", c(0, 0, 0, 1, 1, 1), list(1:6, c(1, 4, 2, 3, 5, 6))),
  paired("tied and not", c(0, 0, 0, 1, 1, 1), list(rep(1, 6), c(1, 4, 2, 3, 5, 6))),
  paired("two of each", c(0, 1, 0, 1), list(c(1, 2, 3, 4), c(2, 1, 2, 3))),
  paired("three patients of one class", c(0, 0, 0, 1, 1), list(c(1, 5, 3, 4, 6), c(2, 1, 2, 3, 2)))
)
for (i in 1:60) {
  labels <- labels_of(sample(2:16, 1), sample(2:16, 1))
  scores <- models_of(labels, sample(2:4, 1), sample(0:3, 1))
  cases <- c(cases, paired(paste("random", i), labels, scores, sample(c(0.8, 0.9, 0.95, 0.99), 1)))
}
labels <- labels_of(3, 197)
cases <- c(cases, paired("three positives of 200", labels, models_of(labels, 2, 2)))
for (i in 1:40) {
  first <- labels_of(sample(2:14, 1), sample(2:14, 1))
  second <- labels_of(sample(2:14, 1), sample(2:14, 1))
  digits <- sample(0:2, 1)
  cases <- c(cases, unpaired(
    paste("random", i),
    list(labels = first, scores = models_of(first, 1, digits)[[1]]),
    list(labels = second, scores = models_of(second, 1, digits)[[1]])
  ))
}
for (i in 1:40) {
  count <- sample(4:12, 1)
  patients <- rep(sample(1:99, count), sample(1:4, count, replace = TRUE))
  by_patient <- i %% 2 == 0
  labels <- if (by_patient) {
    as.numeric(match(patients, unique(patients)) %% 2)
  } else {
    c(1, 0, sample(0:1, length(patients) - 2, replace = TRUE))
  }
  if (length(unique(patients[labels == 1])) < 2 || length(unique(patients[labels == 0])) < 2) next
  scores <- lapply(models_of(labels, 2, 1), function(s) round(s + 0.8 * (patients %% 7 - 3) / 3, 1))
  cases <- c(cases, clustered(paste("random", i), labels, scores, patients))
}

# Too large to store: the test makes the same patients from the same whole numbers.
patient <- 0:99999
scores <- (patient * 7919) %% 1009
labels <- as.numeric((patient * 104729) %% 1000 + scores / 4 > 600)
other <- scores + (patient * 15485863) %% 401
cases <- c(
  cases,
  paired("100000 patients", labels, list(scores, other), data = FALSE),
  unpaired(
    "100000 patients and the first 60000", list(labels = labels, scores = scores),
    list(labels = labels[1:60000], scores = other[1:60000]),
    data = FALSE
  )
)

versions <- sprintf("tools/golden/proc_compare.R: pROC %s, R %s.%s", packageVersion("pROC"), R.version$major, R.version$minor)
writeLines(
  c(paste0('{"made_by":"', versions, '"}'), cases),
  "crates/diagstat/tests/it/golden/proc_compare.jsonl"
)
