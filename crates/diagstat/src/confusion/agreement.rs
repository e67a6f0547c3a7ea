//! F1, Matthews's correlation and Cohen's kappa with intervals.
//!
//! In: [`Confusion`] of patients drawn together, whatever their class: all three depend on the prevalence, and the
//! intervals take it as drawn too. Out: [`Measured`].
//! F1 is a rising function of the part of true positives among those positive or called positive, so it gets the limits of
//! that proportion. In 200,000 simulated samples of each of eight designs (30 to 500 patients, the paper's among them)
//! Wilson's limits covered 94.6 to 95.4 % and the delta method (Takahashi et al. 2022) 91.2 to 94.0 %, at widths from 13 %
//! less to 5 % more. Fisher's z covered Matthews's correlation with 94.4 to 96.3 % and the plain delta method with 90.8 to
//! 94.0 %, reaching above 1 in up to one sample of eight; so Fisher's z it is. Samples without an interval, at most 0.7 %
//! of a design, are left out.
//!
//! Source: Takahashi et al. 2022, Applied Intelligence 52:4961; Itaya et al. 2024, arXiv:2405.12622; Fleiss, Cohen and
//! Everitt 1969, Psychol Bull 72:323. Checked against: statsmodels and psych for kappa, 50-digit numerical
//! derivatives for Matthews's correlation (tools/golden/counts.py, tools/golden/counts.R).

use super::Confusion;
use crate::delta::standard_error;
use crate::interval::{Interval, IntervalMethod, Level, Proportion, ProportionInterval};
use crate::measured::Measured;
use crate::multiclass::{KappaWeights, kappa_of};
use crate::undefined::{Group, Undefined};

impl Confusion {
    /// [`Confusion::f1`] with the limits of the proportion that it follows from, by `method`.
    ///
    /// # Undefined when
    /// nobody is positive or called positive.
    ///
    /// # References
    /// Takahashi, Yamamoto, Kuchiba and Koyama 2022, Applied Intelligence 52:4961, doi:10.1007/s10489-021-02635-5, for
    /// the delta method that this interval was compared with.
    #[must_use]
    pub fn f1_with_interval(&self, method: ProportionInterval, level: Level) -> Measured {
        let [tp, fn_, fp, _] = self.wide();
        match Proportion::of(Group::PositiveOrCalledPositive, tp, fn_ + fp) {
            Ok(found) => f1_of(found, method, level),
            Err(reason) => Measured::undefined(reason),
        }
    }

    /// [`Confusion::mcc`] with an interval by the delta method on Fisher's z.
    ///
    /// # Undefined when
    /// a class has no patient, or nobody is called positive, or nobody negative. No interval where all calls are right or
    /// all are wrong.
    ///
    /// # References
    /// Itaya, Tamura, Hayashi and Yamamoto 2024, Asymptotic Properties of Matthews Correlation Coefficient,
    /// arXiv:2405.12622.
    #[must_use]
    pub fn mcc_with_interval(&self, level: Level) -> Measured {
        match self.mcc() {
            Ok(mcc) => Measured::new(mcc, self.fisher_z(mcc, level)),
            Err(reason) => Measured::undefined(reason),
        }
    }

    /// Cohen's kappa of call and truth, at most 1: the agreement beyond that of chance, over the most that is possible.
    /// With Fleiss, Cohen and Everitt's interval; a limit beyond -1 or 1 is cut and the method says so.
    ///
    /// # Undefined when
    /// there is no patient, or all are of one class and called so. No interval where the standard error is 0: all calls
    /// are right, or all are wrong in equal numbers, or all calls are the same.
    ///
    /// # References
    /// Cohen 1960, Educational and Psychological Measurement 20:37, doi:10.1177/001316446002000104; Fleiss, Cohen and
    /// Everitt 1969, Psychological Bulletin 72:323, doi:10.1037/h0028106.
    #[must_use]
    pub fn kappa(&self, level: Level) -> Measured {
        kappa_of(&self.table(), KappaWeights::Unweighted, level)
    }

    fn fisher_z(&self, mcc: f64, level: Level) -> Result<Interval, Undefined> {
        let counts = self.wide();
        let [tp, fn_, fp, tn] = counts;
        if (fn_ == 0 && fp == 0) || (tp == 0 && tn == 0) {
            return Err(Undefined::StandardErrorZero);
        }
        let patients = (tp + fn_ + fp + tn) as f64;
        let [a, b, c, d] = counts.map(|count| count as f64 / patients);
        let (positive, negative) = (a + b, c + d);
        let (called_positive, called_negative) = (a + c, b + d);
        let scale = (positive * negative * called_positive * called_negative).sqrt();
        let slope = |opposite: f64, class: f64, called: f64| {
            opposite / scale - mcc / 2.0 * (1.0 / class + 1.0 / called)
        };
        let slopes = [
            slope(d, positive, called_positive),
            slope(-c, positive, called_negative),
            slope(-b, negative, called_positive),
            slope(a, negative, called_negative),
        ];
        let half_width = level.z() * standard_error(&counts, &slopes) / ((1.0 - mcc) * (1.0 + mcc));
        Ok(Interval {
            low: (mcc.atanh() - half_width).tanh(),
            high: (mcc.atanh() + half_width).tanh(),
            level,
            method: IntervalMethod::FisherZ,
        })
    }
}

/// F1 and its limits from the part of true positives among those positive or called positive.
fn f1_of(found: Proportion, method: ProportionInterval, level: Level) -> Measured {
    let f1 = |part: f64| 2.0 * part / (1.0 + part);
    let interval = found.interval(method, level);
    let (successes, trials) = (found.successes() as f64, found.trials() as f64);
    Measured::new(
        2.0 * successes / (trials + successes),
        Ok(Interval {
            low: f1(interval.low),
            high: f1(interval.high),
            ..interval
        }),
    )
}
