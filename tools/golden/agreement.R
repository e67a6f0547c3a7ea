# Limits of agreement, concordance and intraclass correlations from R, epiR and psych.
#
# Writes crates/diagstat/tests/it/golden/agreement.jsonl: the first line says what made the file, each further line is a
# case with its data. R has no function for limits of agreement: the mean is t.test's, the slope is lm's, and the limits are
# written out from Bland and Altman 1999. Run from the root of the repository.

suppressPackageStartupMessages({
  library(epiR)
  library(psych)
})

number <- function(x) ifelse(is.na(x) | !is.finite(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")

pair <- function(name, x, y, level = 0.95, agreement = 0.95) {
  d <- x - y
  n <- length(d)
  mean_test <- t.test(d, conf.level = level)
  z <- qnorm((1 + agreement) / 2)
  margin <- qt((1 + level) / 2, n - 1) * sd(d) * sqrt(1 / n + z^2 / (2 * (n - 1)))
  lower <- mean(d) - z * sd(d) + c(0, -1, 1) * margin
  upper <- mean(d) + z * sd(d) + c(0, -1, 1) * margin
  line <- lm(d ~ m, data.frame(d = d, m = (x + y) / 2))
  slope <- summary(line)$coefficients[2, ]
  concordance <- unlist(epi.ccc(x, y, ci = "z-transform", conf.level = level)$rho.c)
  paste0(
    '{"kind":"pair","name":"', name, '","first":', array_of(x), ',"second":', array_of(y),
    ',"level":', level, ',"agreement":', agreement,
    ',"mean":', array_of(c(mean(d), mean_test$conf.int)), ',"sd":', number(sd(d)),
    ',"lower":', array_of(lower), ',"upper":', array_of(upper),
    ',"slope":', array_of(c(slope[1], confint(line, 2, level))), ',"slope_t":', number(slope[3]),
    ',"slope_p":', number(slope[4]), ',"concordance":', array_of(concordance), "}"
  )
}

intraclass <- function(name, x, level = 0.95) {
  found <- ICC(x, lmer = FALSE, alpha = 1 - level)$results
  row <- function(i) array_of(as.numeric(found[i, c("ICC", "lower bound", "upper bound")]))
  paste0(
    '{"kind":"intraclass","name":"', name, '","raters":[', paste(apply(x, 2, array_of), collapse = ","), ']',
    ',"level":', level, ',"random":', row(2), ',"fixed":', row(3), ',"f":', number(found[3, "F"]), "}"
  )
}

set.seed(20240207)
cases <- c(
  pair("three patients", c(1, 2, 4), c(1.5, 1.75, 5)),
  pair("a constant shift and noise", 1:20, 1:20 + 5 + rnorm(20, 0, 0.1)),
  pair("twice as high", (1:20) + rnorm(20, 0, 0.2), 2 * (1:20)),
  pair("negatively related", 1:15 + rnorm(15), 15:1 + rnorm(15)),
  pair("large numbers with a small spread", 1e6 + rnorm(30), 1e6 + rnorm(30))
)
for (i in 1:30) {
  n <- sample(3:60, 1)
  truth <- rnorm(n, 10, runif(1, 0.5, 4))
  x <- round(truth + rnorm(n, runif(1, -1, 1), runif(1, 0.2, 2)), sample(1:6, 1))
  y <- round(truth * runif(1, 0.8, 1.2) + rnorm(n, 0, runif(1, 0.2, 2)), sample(1:6, 1))
  cases <- c(cases, pair(paste("random", i), x, y, sample(c(0.8, 0.9, 0.95, 0.99), 1), sample(c(0.9, 0.95), 1)))
}
# Six patients by four raters: the worked example of Shrout and Fleiss 1979.
example <- matrix(
  c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), 6, 4, byrow = TRUE
)
cases <- c(
  cases,
  intraclass("Shrout and Fleiss 1979", example),
  intraclass("three patients", matrix(c(1, 2, 4, 1.5, 1.75, 5), 3)),
  intraclass("raters apart by much", outer(rnorm(12), c(0, 10, 20), "+") + rnorm(36, 0, 0.5)),
  intraclass("patients alike", matrix(rnorm(40), 10))
)
for (i in 1:25) {
  n <- sample(3:50, 1)
  k <- sample(2:6, 1)
  x <- outer(rnorm(n, 0, runif(1, 0, 3)), rnorm(k, 0, runif(1, 0, 2)), "+") + rnorm(n * k)
  cases <- c(cases, intraclass(paste("random", i), round(x, sample(1:5, 1)), sample(c(0.9, 0.95, 0.99), 1)))
}

versions <- sprintf(
  "tools/golden/agreement.R: epiR %s, psych %s, R %s.%s",
  packageVersion("epiR"), packageVersion("psych"), R.version$major, R.version$minor
)
writeLines(c(paste0('{"made_by":"', versions, '"}'), cases), "crates/diagstat/tests/it/golden/agreement.jsonl")
