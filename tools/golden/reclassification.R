# Net reclassification and integrated discrimination improvement from Hmisc's improveProb.
#
# Writes crates/diagstat/tests/it/golden/reclassification.jsonl: the first line says what made the file, each further line
# is a case with its data. improveProb compares probabilities; across thresholds it is given the categories' places
# instead. Run from the root of the repository.

suppressPackageStartupMessages(library(Hmisc))

number <- function(x) ifelse(is.na(x) | !is.finite(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")

case <- function(name, labels, old, new, thresholds) {
  any_change <- improveProb(old, new, labels)
  place <- function(x) findInterval(x, thresholds) / length(thresholds)
  across <- improveProb(place(old), place(new), labels)
  nri <- function(x) array_of(c(x$nri, x$se.nri, x$nri.ev, x$se.nri.ev, x$nri.ne, x$se.nri.ne))
  paste0(
    '{"name":"', name, '","labels":', array_of(labels), ',"old":', array_of(old), ',"new":', array_of(new),
    ',"thresholds":', array_of(thresholds), ',"any":', nri(any_change), ',"across":', nri(across), ',"idi":',
    array_of(c(any_change$idi, any_change$se.idi, any_change$improveSens, any_change$improveSpec)), "}"
  )
}

set.seed(20240207)
out <- c(
  case("two of each", c(1, 1, 0, 0), c(0.5, 0.6, 0.4, 0.2), c(0.7, 0.5, 0.3, 0.3), 0.5),
  case("at the thresholds", c(1, 0, 1, 0, 1), c(0.2, 0.2, 0.5, 0.5, 0.1), c(0.5, 0.1, 0.2, 0.6, 0.2), c(0.2, 0.5)),
  case("no change", c(1, 0, 1, 0), c(0.1, 0.2, 0.3, 0.4), c(0.1, 0.2, 0.3, 0.4), 0.25)
)
for (i in 1:30) {
  n <- sample(6:80, 1)
  labels <- sample(c(1, 1, 0, 0, rbinom(n - 4, 1, runif(1, 0.1, 0.9))))
  old <- plogis(rnorm(n) + labels)
  new <- plogis(qlogis(old) + rnorm(n, 0.3 * (labels - 0.5), 0.8))
  digits <- sample(c(1, 3, 15), 1)
  thresholds <- sort(sample(c(0.11, 0.3, 0.45, 0.5, 0.62, 0.9), sample(1:3, 1)))
  out <- c(out, case(paste("random", i), labels, round(old, digits), round(new, digits), thresholds))
}

versions <- sprintf("tools/golden/reclassification.R: Hmisc %s, R %s.%s", packageVersion("Hmisc"), R.version$major, R.version$minor)
writeLines(c(paste0('{"made_by":"', versions, '"}'), out), "crates/diagstat/tests/it/golden/reclassification.jsonl")
