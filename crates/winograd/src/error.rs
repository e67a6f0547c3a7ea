//! Why a convolution was refused: each variant names what was wrong, what was found and what was expected.

use crate::Form;

/// A call that cannot be carried out; nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A dimension of the shape is 0.
    #[error("{what} is 0, expected at least 1")]
    Zero {
        /// Which dimension.
        what: &'static str,
    },
    /// The tensors of this shape could not be addressed.
    #[error("the shape has more values than can be addressed")]
    TooLarge,
    /// A slice does not have the length that the shape asks for.
    #[error("{what} has {found} values, expected {expected}")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that the shape asks for.
        expected: usize,
    },
    /// The processor lacks the instructions of this form.
    #[error("this processor cannot run the form \"{form}\"")]
    Unavailable {
        /// The form asked for.
        form: Form,
    },
    /// Weights prepared for other channels, for another form, or for the other direction.
    #[error(
        "weights were prepared for {found_inputs} to {found_outputs} channels and the form \"{found_form}\", \
         expected {inputs} to {outputs} and \"{form}\""
    )]
    OtherWeights {
        /// Channels that the prepared weights read.
        found_inputs: usize,
        /// Channels that the prepared weights give.
        found_outputs: usize,
        /// The form that they were prepared for.
        found_form: Form,
        /// Channels that the pass reads.
        inputs: usize,
        /// Channels that the pass gives.
        outputs: usize,
        /// The form of the plan.
        form: Form,
    },
}

/// `Ok` if a slice has the length that it must have.
pub(crate) fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        Ok(())
    } else {
        Err(Error::Length {
            what,
            found,
            expected,
        })
    }
}
