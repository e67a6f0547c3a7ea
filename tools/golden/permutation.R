# Permutation tests by counting every arrangement, and R's exact Wilcoxon test.
#
# Writes crates/diagstat/tests/it/golden/permutation.jsonl: the first line says what made the file, each further line is a
# case with its data. Paired: all 2^n exchanges of two models' mid-ranks within patients. Labels: all choices of the
# positive patients; where no scores tie, wilcox.test(exact = TRUE) gives the same P value and the script stops if it does
# not. Run from the root of the repository.

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")

wins <- function(labels, scores) {
  sum(outer(scores[labels == 1], scores[labels == 0], function(p, n) 2 * (p > n) + (p == n)))
}

paired <- function(name, labels, first, second) {
  a <- rank(first)
  b <- rank(second)
  observed <- abs(wins(labels, a) - wins(labels, b))
  n <- length(labels)
  differences <- sapply(0:(2^n - 1), function(number) {
    turned <- bitwAnd(number, 2^(0:(n - 1))) > 0
    abs(wins(labels, ifelse(turned, b, a)) - wins(labels, ifelse(turned, a, b)))
  })
  paste0(
    '{"kind":"paired","name":"', name, '","labels":', array_of(labels), ',"first":', array_of(first),
    ',"second":', array_of(second), ',"p":', number(mean(differences >= observed)), "}"
  )
}

of_labels <- function(name, labels, scores) {
  positives <- sum(labels)
  pairs <- positives * (length(labels) - positives)
  observed <- abs(wins(labels, scores) - pairs)
  departures <- combn(length(labels), positives, function(chosen) {
    abs(wins(as.numeric(seq_along(labels) %in% chosen), scores) - pairs)
  })
  p <- mean(departures >= observed)
  if (!anyDuplicated(scores)) {
    exact <- wilcox.test(scores[labels == 1], scores[labels == 0], exact = TRUE)$p.value
    stopifnot(abs(exact - p) < 1e-12)
  }
  paste0(
    '{"kind":"labels","name":"', name, '","labels":', array_of(labels), ',"scores":', array_of(scores),
    ',"p":', number(p), "}"
  )
}

set.seed(20240419)
cases <- character()
for (i in 1:30) {
  labels <- sample(rep(c(1, 0), c(sample(1:5, 1), sample(2:5, 1))))
  shared <- rnorm(length(labels))
  digits <- sample(0:2, 1)
  first <- round(labels * runif(1, 0, 3) + shared + rnorm(length(labels)), digits)
  second <- round(labels + shared + rnorm(length(labels)), digits)
  cases <- c(cases, paired(paste("random", i), labels, first, second))
}
for (i in 1:30) {
  labels <- sample(rep(c(1, 0), c(sample(1:6, 1), sample(2:6, 1))))
  scores <- round(labels * runif(1, 0, 2) + rnorm(length(labels)), sample(0:3, 1))
  if (length(unique(scores)) == 1) next
  cases <- c(cases, of_labels(paste("random", i), labels, scores))
}

versions <- sprintf("tools/golden/permutation.R: R %s.%s", R.version$major, R.version$minor)
writeLines(c(paste0('{"made_by":"', versions, '"}'), cases), "crates/diagstat/tests/it/golden/permutation.jsonl")
