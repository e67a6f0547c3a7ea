# Quantiles of the beta distribution behind Clopper-Pearson's and Jeffreys's intervals, from R's qbeta.
#
# Writes crates/diagstat/tests/it/golden/beta_quantiles.jsonl: the first line says what made the file, each further line is
# a proportion with its limits before the conventions at no and at all successes. Run from the root of the repository.

options(warn = 2)

limits <- function(low, high) sprintf("[%.17g,%.17g]", low, high)

case <- function(successes, trials, level) {
  failures <- trials - successes
  tail <- (1 - level) / 2
  exact <- c(
    if (successes == 0) 0 else qbeta(tail, successes, failures + 1),
    if (failures == 0) 1 else qbeta(tail, successes + 1, failures, lower.tail = FALSE)
  )
  jeffreys <- c(
    if (successes == 0) 0 else qbeta(tail, successes + 0.5, failures + 0.5),
    if (failures == 0) 1 else qbeta(tail, successes + 0.5, failures + 0.5, lower.tail = FALSE)
  )
  sprintf(
    '{"successes":%.0f,"trials":%.0f,"level":%s,"clopper_pearson":%s,"jeffreys":%s}',
    successes, trials, format(level, digits = 15), limits(exact[1], exact[2]), limits(jeffreys[1], jeffreys[2])
  )
}

trials <- c(1, 2, 3, 12, 29, 33, 62, 1000, 1e5, 100001, 1e6, 1e7, 1e9, 4e9, 8e9)
cases <- unlist(lapply(trials, function(n) {
  successes <- unique(round(pmin(n, c(0, 1, 3, 0.003 * n, 0.1 * n, 0.5 * n, 0.76 * n, n - 2, n - 1, n))))
  # The tests count successes and failures in 32 bits.
  successes <- successes[successes >= 0 & successes < 2^32 & n - successes < 2^32]
  levels <- if (n >= 1e7) c(0.95, 0.99) else c(0.8, 0.95, 0.999)
  unlist(lapply(successes, function(k) sapply(levels, function(level) case(k, n, level))))
}))
header <- sprintf('{"made_by":"tools/golden/proportions.R: R %s"}', getRversion())
writeLines(c(header, cases), "crates/diagstat/tests/it/golden/beta_quantiles.jsonl")
