//! Working memory of one network's blocks, lent and given back, so that no step asks the system for pages again.
//!
//! In: lengths. Out: loans, which come back when they are dropped. A step of the paper's network writes 0.5 GB of
//! features and gradients that nothing outside of the blocks sees; fresh pages for them would cost a tenth of its time.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use winograd::{Form, PreparedWeights, Scratch};

/// What was given back and waits for the next loan.
#[derive(Default)]
pub(super) struct Memory {
    features: Mutex<Vec<Vec<f32>>>,
    gradients: Mutex<Vec<Vec<f32>>>,
    scratch: Mutex<Vec<Scratch>>,
    weights: Mutex<Vec<(Key, PreparedWeights)>>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

/// What prepared weights serve: form, inputs, outputs, whether for the way back.
pub(super) type Key = (Form, usize, usize, bool);

/// What floats are for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    /// Features, which stay until the way back: each convolution's find the memory of their own size again.
    Features,
    /// Gradients, of which two are alive at a time: the largest that waits is taken, and grows if it must.
    Gradients,
}

impl Memory {
    /// `len` floats of unknown contents.
    pub(super) fn floats(self: &Arc<Self>, purpose: Use, len: usize) -> Floats {
        let values = match purpose {
            Use::Features => {
                let mut waiting = lock(&self.features);
                let fitting = (0..waiting.len()).filter(|&at| waiting[at].len() >= len);
                let smallest = fitting.min_by_key(|&at| waiting[at].len());
                smallest.map(|at| waiting.swap_remove(at))
            }
            Use::Gradients => {
                let mut waiting = lock(&self.gradients);
                let largest = (0..waiting.len()).max_by_key(|&at| waiting[at].len());
                let largest = largest.map(|at| waiting.swap_remove(at));
                largest.filter(|own| own.len() >= len)
            }
        };
        Floats {
            len,
            values: values.unwrap_or_else(|| vec![0.0; len]),
            purpose,
            home: self.clone(),
        }
    }

    /// Calls with the kernels' scratch.
    pub(super) fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let waiting = lock(&self.scratch).pop();
        let mut scratch = waiting.unwrap_or_default();
        let outcome = work(&mut scratch);
        lock(&self.scratch).push(scratch);
        outcome
    }

    /// Calls with weights `[3][3][in][out]` made ready in memory that earlier ones left.
    pub(super) fn with_weights<T>(
        &self,
        key: Key,
        weights: &[f32],
        work: impl FnOnce(&PreparedWeights) -> T,
    ) -> Result<T, winograd::Error> {
        let waiting = {
            let mut waiting = lock(&self.weights);
            let found = waiting.iter().position(|(own, _)| *own == key);
            found.map(|at| waiting.swap_remove(at).1)
        };
        let (form, inputs, outputs, backward) = key;
        let prepared = match waiting {
            Some(mut prepared) => {
                prepared.update(weights)?;
                prepared
            }
            None => PreparedWeights::new(weights, inputs, outputs, form, backward)?,
        };
        let outcome = work(&prepared);
        lock(&self.weights).push((key, prepared));
        Ok(outcome)
    }
}

/// Floats on loan.
pub(super) struct Floats {
    len: usize,
    values: Vec<f32>,
    purpose: Use,
    home: Arc<Memory>,
}

impl fmt::Debug for Floats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} floats", self.len)
    }
}

impl Deref for Floats {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[..self.len]
    }
}

impl DerefMut for Floats {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.len]
    }
}

impl Drop for Floats {
    fn drop(&mut self) {
        let waiting = match self.purpose {
            Use::Features => &self.home.features,
            Use::Gradients => &self.home.gradients,
        };
        lock(waiting).push(std::mem::take(&mut self.values));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
