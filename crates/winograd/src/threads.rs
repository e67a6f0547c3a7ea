//! Fork and join: a job of numbered items, taken one after another by as many workers as there is working memory for.
//!
//! Which worker takes an item is left to chance; what an item computes is not, so results do not depend on threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Carries out `work(item, memory)` for every item below `items`; each worker owns one `memory`.
pub(crate) fn share<M: Send>(
    items: usize,
    memories: impl Iterator<Item = M>,
    work: impl Fn(usize, &mut M) + Sync,
) {
    let next = AtomicUsize::new(0);
    let take_all = |mut memory: M| {
        loop {
            let item = next.fetch_add(1, Ordering::Relaxed);
            if item >= items {
                break;
            }
            work(item, &mut memory);
        }
    };
    let mut memories = memories.take(items);
    let Some(own) = memories.next() else {
        return;
    };
    let Some(second) = memories.next() else {
        return take_all(own);
    };
    let take_all = &take_all;
    let others: Vec<M> = std::iter::once(second).chain(memories).collect();
    rayon::scope(|scope| {
        for other in others {
            scope.spawn(move |_| take_all(other));
        }
        take_all(own);
    });
}

/// The `index`-th of `parts` nearly equal parts of `0..count`.
#[inline(always)]
pub(crate) fn part(count: usize, parts: usize, index: usize) -> std::ops::Range<usize> {
    let (size, larger) = (count / parts, count % parts);
    let start = index * size + index.min(larger);
    start..start + size + usize::from(index < larger)
}

#[cfg(test)]
mod tests {
    use super::{part, share};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn every_item_is_taken_once_by_any_number_of_workers() {
        let mut tried = 0;
        for workers in 1..5 {
            for items in 0..20 {
                let taken: Vec<AtomicU32> = (0..items).map(|_| AtomicU32::new(0)).collect();
                let mut memory = vec![0.0; workers * 16];
                share(items, memory.chunks_mut(16), |item, memory| {
                    assert_eq!(memory.len(), 16);
                    taken[item].fetch_add(1, Ordering::Relaxed);
                });
                assert!(taken.iter().all(|count| count.load(Ordering::Relaxed) == 1));
                tried += 1;
            }
        }
        assert_eq!(tried, 80);
    }

    #[test]
    fn parts_follow_each_other_and_differ_by_one_at_most() {
        let mut tried = 0;
        for count in 0..60 {
            for parts in 1..20 {
                let mut start = 0;
                for index in 0..parts {
                    let range = part(count, parts, index);
                    assert_eq!(range.start, start);
                    assert!(range.len() == count / parts || range.len() == count.div_ceil(parts));
                    start = range.end;
                    tried += 1;
                }
                assert_eq!(start, count);
            }
        }
        assert!(tried > 10_000);
    }
}
