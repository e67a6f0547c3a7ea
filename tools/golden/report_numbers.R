# The numbers of a run's report, from its files alone: predictions, robustness, cohort, split: measures, robustness, subgroups, patients.
#
# Takes the folder of a run on drawn patients (80 of seed 3, 96 by 120 pixels, half of them tested; the test
# `the_numbers_of_a_report_are_those_of_r` makes the same), keeps who is tested and replaces all scores by drawn ones, so that a network that learns otherwise changes nothing here. Writes
# crates/cordsight/tests/it/golden/report/: the files with these scores, and numbers.csv: name, value, low, high, one
# row each, as printed before rounding. Areas and their comparisons are pROC's, proportions binom.test's and prop.test's, the
# calibration line glm's, tests of two groups R's own; the other intervals are their formulas, written out here.
# Run from the root of the repository: Rscript tools/golden/report_numbers.R RUN COHORT.csv

suppressPackageStartupMessages(library(pROC))

arguments <- commandArgs(trailingOnly = TRUE)
run <- arguments[1]
out <- "crates/cordsight/tests/it/golden/report"
dir.create(out, showWarnings = FALSE)
set.seed(11)
z <- qnorm(0.975)
numbers <- data.frame(name = character(), value = numeric(), low = numeric(), high = numeric())
add <- function(name, value, low = NA, high = NA) {
  numbers[nrow(numbers) + 1, ] <<- list(name, value, low, high)
}
curve_of <- function(d) roc(d$label, d$score, levels = c(0, 1), direction = "<", quiet = TRUE)
add_area <- function(name, d) {
  curve <- curve_of(d)
  a <- as.numeric(auc(curve))
  reach <- z * sqrt(var(curve, method = "delong")) / (a * (1 - a))
  add(name, a, plogis(qlogis(a) - reach), plogis(qlogis(a) + reach))
}
add_share <- function(name, hits, of) {
  limits <- binom.test(hits, of)$conf.int
  add(name, hits / of, limits[1], limits[2])
}
add_difference <- function(name, a, b) {
  test <- roc.test(curve_of(a), curve_of(b), paired = TRUE, method = "delong", conf.level = 0.95)
  d <- as.numeric(test$estimate[1] - test$estimate[2])
  reach <- z * abs(d / test$statistic)
  add(name, d, d - reach, d + reach)
}

# Scores with some use, with two decimals so that there are ties.
scores <- function(label, shift) round(plogis(rnorm(length(label), (label - 0.5) * shift)), 2)
read <- function(file) read.csv(file.path(run, file), colClasses = "character")
predictions <- read("predictions.csv")
label <- as.integer(predictions$label)
predictions$score <- scores(label, 1.6)
robustness <- read("robustness.csv")
robustness$score <- round(plogis(qlogis(pmin(pmax(
  predictions$score[match(robustness$patient, predictions$patient)], 0.01), 0.99)) +
  rnorm(nrow(robustness), 0, 0.8)), 2)
write <- function(d, file) write.csv(d, file.path(out, file), row.names = FALSE, quote = FALSE)
write(predictions, "predictions.csv")
write(robustness, "robustness.csv")
predictions$label <- label
robustness$label <- as.integer(robustness$label)

# All measures.
call <- as.integer(predictions$score >= 0.5)
tp <- sum(call & label); fn <- sum(!call & label); fp <- sum(call & !label); tn <- sum(!call & !label)
n <- length(label)
add_area("AUC", predictions)
# Average precision: precision over the steps of recall, equal scores together (scikit-learn's definition).
cuts <- sort(unique(predictions$score), decreasing = TRUE)
hits <- sapply(cuts, function(c) sum(label[predictions$score >= c]))
called <- sapply(cuts, function(c) sum(predictions$score >= c))
ap <- sum(diff(c(0, hits)) / sum(label) * hits / called)
reach <- z / sqrt(sum(label) * ap * (1 - ap))
add("Average precision", ap, plogis(qlogis(ap) - reach), plogis(qlogis(ap) + reach))
add_share("Sensitivity", tp, tp + fn)
add_share("Specificity", tn, tn + fp)
add_share("Positive predictive value", tp, tp + fp)
add_share("Negative predictive value", tn, tn + fn)
ratio <- function(name, value, error) add(name, value, exp(log(value) - z * error), exp(log(value) + z * error))
sens <- tp / (tp + fn); spec <- tn / (tn + fp)
ratio("Positive likelihood ratio", sens / (1 - spec), sqrt(1 / tp - 1 / (tp + fn) + 1 / fp - 1 / (fp + tn)))
ratio("Negative likelihood ratio", (1 - sens) / spec, sqrt(1 / fn - 1 / (tp + fn) + 1 / tn - 1 / (fp + tn)))
ratio("Diagnostic odds ratio", tp * tn / (fp * fn), sqrt(1 / tp + 1 / fn + 1 / fp + 1 / tn))
add_share("Accuracy", tp + tn, n)
wilson <- function(k, m) prop.test(k, m, correct = FALSE)$conf.int
a <- wilson(tp, tp + fn); b <- wilson(tn, tn + fp)
balanced <- (sens + spec) / 2
add("Balanced accuracy", balanced,
  balanced - 0.5 * sqrt((sens - a[1])^2 + (spec - b[1])^2), balanced + 0.5 * sqrt((a[2] - sens)^2 + (b[2] - spec)^2))
# F1 rises with the share of hits among all that are positive or called so.
share <- binom.test(tp, tp + fp + fn)$conf.int
f1 <- function(p) 2 * p / (1 + p)
add("F1", f1(tp / (tp + fp + fn)), f1(share[1]), f1(share[2]))
phi <- cor(call, label)
# Its variance by the delta method for four counts of n patients, on Fisher's z.
phi_of <- function(p) (p[1] * p[4] - p[2] * p[3]) / sqrt((p[1] + p[2]) * (p[3] + p[4]) * (p[1] + p[3]) * (p[2] + p[4]))
shares <- c(tp, fn, fp, tn) / n
slopes <- sapply(1:4, function(i) {
  h <- replace(numeric(4), i, 1e-6)
  (phi_of(shares + h) - phi_of(shares - h)) / 2e-6
})
error <- sqrt((sum(shares * slopes^2) - sum(shares * slopes)^2) / n) / (1 - phi^2)
add("Matthews correlation", phi, tanh(atanh(phi) - z * error), tanh(atanh(phi) + z * error))
# Cohen's kappa with the variance of Fleiss, Cohen and Everitt 1969.
p <- matrix(c(tp, fp, fn, tn), 2) / n
rows <- rowSums(p); columns <- colSums(p)
po <- sum(diag(p)); pe <- sum(rows * columns)
kappa <- (po - pe) / (1 - pe)
v <- sum(diag(p) * (1 - (rows + columns) * (1 - kappa))^2)
for (i in 1:2) for (j in 1:2) if (i != j) v <- v + (1 - kappa)^2 * p[i, j] * (columns[i] + rows[j])^2
v <- (v - (kappa - pe * (1 - kappa))^2) / (n * (1 - pe)^2)
add("Cohen's kappa", kappa, kappa - z * sqrt(v), kappa + z * sqrt(v))
square <- (predictions$score - label)^2
brier <- mean(square)
reach <- z * sd(square) / sqrt(n) / (brier * (1 - brier))
add("Brier score", brier, plogis(qlogis(brier) - reach), plogis(qlogis(brier) + reach))
logit <- qlogis(predictions$score)
wald <- function(name, model, at) {
  e <- coef(summary(model))[at, 1:2]
  add(name, e[1], e[1] - z * e[2], e[1] + z * e[2])
}
wald("Calibration intercept", glm(label ~ offset(logit), family = binomial), 1)
wald("Calibration slope", glm(label ~ logit, family = binomial), 2)

# Under changes of the pictures.
for (kind in unique(robustness$change)) for (strength in unique(robustness$strength[robustness$change == kind])) {
  changed <- robustness[robustness$change == kind & robustness$strength == strength, ]
  changed <- changed[match(predictions$patient, changed$patient), ]
  name <- paste("robustness", kind, strength)
  add_area(name, changed)
  add_difference(paste(name, "difference"), changed, predictions)
  add(paste(name, "sensitivity"), 100 * mean(changed$score[label == 1] >= 0.5))
  add(paste(name, "specificity"), 100 * mean(changed$score[label == 0] < 0.5))
  add(paste(name, "other calls"), sum((changed$score >= 0.5) != (predictions$score >= 0.5)))
}

# Table of patients.
cohort <- read.csv(arguments[2])
split <- read("split.csv")
cohort$part <- split$split[match(cohort$patient, split$patient)]
standardised <- function(x, y) (mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2)
of_shares <- function(x, y) (mean(x) - mean(y)) / sqrt((mean(x) * (1 - mean(x)) + mean(y) * (1 - mean(y))) / 2)
groups <- list(classes = cohort$label == 1, parts = cohort$part == "train")
for (g in names(groups)) {
  first <- groups[[g]]
  compare <- function(name, x) {
    add(paste(name, g, "P"), chisq.test(x, first, correct = FALSE)$p.value)
    add(paste(name, g, "difference"), of_shares(x[first], x[!first]))
  }
  add(paste("age", g, "P"), t.test(cohort$age[first], cohort$age[!first])$p.value)
  add(paste("age", g, "difference"), standardised(cohort$age[first], cohort$age[!first]))
  compare("sex", as.integer(cohort$sex == "F"))
  if (g == "parts") compare("label", cohort$label)
}
for (class in 0:1) {
  of <- cohort$age[cohort$label == class]
  add(paste("age mean class", class), mean(of), sd(of))
  add(paste("women class", class), sum(cohort$sex[cohort$label == class] == "F"), 100 * mean(cohort$sex[cohort$label == class] == "F"))
}

# Subgroups of the test patients: sex, and age cut at the training patients' median (of an even number the upper one).
of_test <- cohort[match(predictions$patient, cohort$patient), ]
learners <- sort(cohort$age[cohort$part == "train"])
cut <- learners[floor(length(learners) / 2) + 1]
of_test$old <- ifelse(of_test$age < cut, paste("below", cut), paste(cut, "and above"))
for (column in c("sex", "old")) for (group in sort(unique(of_test[[column]]))) {
  members <- predictions[of_test[[column]] == group, ]
  name <- paste("subgroup", if (column == "old") "age" else column, gsub(" ", "_", group))
  add_area(name, members)
  add_share(paste(name, "sensitivity"), sum(members$score >= 0.5 & members$label == 1), sum(members$label == 1))
  add_share(paste(name, "specificity"), sum(members$score < 0.5 & members$label == 0), sum(members$label == 0))
}

made <- sprintf("# report_numbers.R, R %s.%s, pROC %s", R.version$major, R.version$minor, packageVersion("pROC"))
file <- file(file.path(out, "numbers.csv"), "w")
writeLines(made, file)
numbers[-1] <- lapply(numbers[-1], function(x) ifelse(is.na(x), "", sprintf("%.9g", x)))
write.csv(numbers, file, row.names = FALSE, quote = FALSE)
close(file)
