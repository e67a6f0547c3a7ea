# Figures of two-by-two tables, paired calls, and tables of more classes, from epiR, psych, pROC and R itself.
#
# Writes crates/diagstat/tests/it/golden/counts_r.jsonl: the first line says what made the file, each further line is a
# case with its counts. Intervals of predictive values at a prevalence follow from R's symbolic derivatives of the logits
# and the binomial variances. Run from the root of the repository.

suppressPackageStartupMessages({
  library(epiR)
  library(psych)
  library(pROC)
})
options(warn = 2)

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
object <- function(...) {
  fields <- list(...)
  paste0("{", paste0('"', names(fields), '":', unlist(fields), collapse = ","), "}")
}
word <- function(x) paste0('"', x, '"')

logit_predictive <- list(
  ppv = quote(log(se * p / ((1 - sp) * (1 - p)))),
  npv = quote(log(sp * (1 - p) / ((1 - se) * p)))
)

predictive <- function(which, cells, prevalence, level) {
  at <- list(se = cells[1] / sum(cells[1:2]), sp = cells[4] / sum(cells[3:4]), p = prevalence)
  logit <- logit_predictive[[which]]
  slopes <- sapply(c("se", "sp"), function(name) eval(D(logit, name), at))
  variances <- c(at$se * (1 - at$se) / sum(cells[1:2]), at$sp * (1 - at$sp) / sum(cells[3:4]))
  centre <- eval(logit, at)
  half_width <- qnorm((1 + level) / 2) * sqrt(sum(slopes^2 * variances))
  array_of(plogis(centre + c(0, -1, 1) * half_width))
}

# Cells are true positives, false negatives, false positives, true negatives; all at least 1.
two_classes <- function(cells, level) {
  wide <- matrix(c(cells[1], cells[3], cells[2], cells[4]), 2, byrow = TRUE)
  tests <- epi.tests(as.table(wide), conf.level = level)$detail
  of <- function(name) array_of(unlist(tests[tests$statistic == name, c("est", "lower", "upper")]))
  halved <- epi.tests(as.table(wide + 0.5), conf.level = level)$detail
  half <- function(name) array_of(unlist(halved[halved$statistic == name, c("est", "lower", "upper")]))
  # psych cuts limits to -1 and 1, so its variance is stored.
  agreement <- suppressWarnings(cohen.kappa(wide, alpha = 1 - level))
  object(
    kind = word("two_classes"), counts = array_of(cells), level = number(level),
    positive_likelihood_ratio = of("lr.pos"), negative_likelihood_ratio = of("lr.neg"),
    diagnostic_odds_ratio = of("diag.or"),
    positive_likelihood_ratio_haldane_anscombe = half("lr.pos"),
    negative_likelihood_ratio_haldane_anscombe = half("lr.neg"),
    diagnostic_odds_ratio_haldane_anscombe = half("diag.or"),
    youden = number(tests$est[tests$statistic == "youden"]),
    kappa = array_of(c(agreement$kappa, agreement$var.kappa)),
    ppv_at_0.05 = predictive("ppv", cells, 0.05, level), npv_at_0.05 = predictive("npv", cells, 0.05, level),
    ppv_at_0.4 = predictive("ppv", cells, 0.4, level), npv_at_0.4 = predictive("npv", cells, 0.4, level)
  )
}

paired <- function(first, second) {
  discordant <- first + second
  mid <- function(k) pbinom(k, discordant, 0.5) - dbinom(k, discordant, 0.5) / 2
  asymptotic <- mcnemar.test(matrix(c(3, second, first, 4), 2), correct = FALSE)
  object(
    kind = word("paired"), discordant = array_of(c(first, second)),
    exact = number(binom.test(first, discordant)$p.value),
    mid_p = number(min(1, 2 * mid(min(first, second)))),
    asymptotic = array_of(c(asymptotic$statistic, asymptotic$p.value))
  )
}

# The variance of psych's weighted kappa is left out: unlike Fleiss, Cohen and Everitt's it changes when the two raters
# change places. That of statsmodels does not, and is in the file of counts.py.
more_classes <- function(table, level) {
  quadratic <- 1 - outer(seq_len(nrow(table)), seq_len(nrow(table)), "-")^2 / (nrow(table) - 1)^2
  agreement <- suppressWarnings(cohen.kappa(table, w = quadratic, alpha = 1 - level))
  object(
    kind = word("more_classes"), rows = paste0("[", paste(apply(table, 1, array_of), collapse = ","), "]"),
    level = number(level), unweighted = array_of(c(agreement$kappa, agreement$var.kappa)),
    quadratic = number(agreement$weighted.kappa)
  )
}

hand_till <- function(labels, scores) {
  colnames(scores) <- seq_len(ncol(scores)) - 1
  # The controls of pROC are here the patients of the class whose scores are taken, so they score higher.
  area <- multiclass.roc(factor(labels, levels = colnames(scores)), scores, quiet = TRUE, direction = ">")$auc
  object(
    kind = word("hand_till"), classes = number(ncol(scores)), labels = array_of(labels),
    scores = paste0("[", paste(apply(scores, 1, array_of), collapse = ","), "]"), hand_till = number(as.numeric(area))
  )
}

set.seed(19910815)
tables <- c(
  list(c(22, 7, 1, 32), c(231, 32, 27, 54), c(1, 1, 1, 1), c(1, 2, 1, 900), c(99000, 1000, 2000, 98000), c(3, 90, 80, 5)),
  lapply(1:24, function(i) 1 + rpois(4, runif(4, 0, 60)))
)
cases <- unlist(lapply(seq_along(tables), function(i) two_classes(tables[[i]], c(0.95, 0.9, 0.99)[i %% 3 + 1])))
pairs <- list(c(0, 1), c(0, 2), c(1, 1), c(5, 5), c(0, 10), c(1, 7), c(12, 2), c(14, 0), c(100, 130), c(1000, 1100), c(50000, 50600), c(3, 497))
cases <- c(cases, sapply(pairs, function(pair) paired(pair[1], pair[2])))
cases <- c(cases, sapply(1:12, function(i) {
  classes <- 2 + i %% 4
  more_classes(matrix(1 + rpois(classes^2, 6) + diag(rpois(classes, 30)), classes), 0.95)
}))
cases <- c(cases, sapply(1:12, function(i) {
  classes <- 3 + i %% 3
  labels <- sample(c(seq_len(classes) - 1, sample(seq_len(classes) - 1, 40, replace = TRUE)))
  scores <- matrix(rnorm(length(labels) * classes), ncol = classes)
  scores[cbind(seq_along(labels), labels + 1)] <- scores[cbind(seq_along(labels), labels + 1)] + 1
  hand_till(labels, if (i %% 2 == 0) round(scores, 1) else scores)
}))
header <- sprintf(
  '{"made_by":"tools/golden/counts.R: epiR %s, psych %s, pROC %s, R %s"}',
  packageVersion("epiR"), packageVersion("psych"), packageVersion("pROC"), getRversion()
)
writeLines(c(header, cases), "crates/diagstat/tests/it/golden/counts_r.jsonl")
