//! Work on many threads, results in the order of the input.
//!
//! Items that have something in common are done one after the other where that saves work: a thread
//! that comes upon what another one is at leaves its item to that one.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError, mpsc};

/// Items in flight for each thread: enough to keep all busy while one takes longer.
const IN_FLIGHT: usize = 3;

/// An item and its number.
type Numbered<T> = (usize, T);

/// What became of an item.
pub(crate) enum Step<T, K, R> {
    /// The result; what was claimed for it is free again.
    Done(R, Option<K>),
    /// It is for the thread that claimed this, which does it next.
    Leave(T, K),
}

/// What threads are at, and the items that were left to them.
pub(crate) struct Claims<K, T>(Mutex<HashMap<K, VecDeque<Numbered<T>>>>);

impl<K: Eq + Hash, T> Claims<K, T> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Whether nobody was at `key`; from now on the caller is, until its item is done.
    pub(crate) fn claim(&self, key: K) -> bool {
        let mut claimed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = !claimed.contains_key(&key);
        claimed.entry(key).or_default();
        is_free
    }

    /// Leaves an item to whoever is at `key`; it comes back if nobody is any more.
    fn leave(&self, key: &K, item: Numbered<T>) -> Option<Numbered<T>> {
        let mut claimed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match claimed.get_mut(key) {
            Some(left) => left.push_back(item),
            None => return Some(item),
        }
        None
    }

    /// Frees `key`, and gives what was left to whoever was there.
    fn release(&self, key: &K) -> VecDeque<Numbered<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key).unwrap_or_default()
    }
}

/// Gives each item of `source` to `work` on one of `threads` threads, and the results, in the
/// order of the items, to `sink` on the calling thread.
///
/// Each thread has a state of its own, made by `state`. At most a few items a thread are between
/// source and sink at any time. Stops early, without taking further items, when `sink` breaks or
/// fails.
///
/// # Errors
/// What `sink` fails with.
pub(crate) fn ordered<T: Send, R: Send, S, E>(
    threads: usize,
    source: impl Iterator<Item = T> + Send,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> R + Sync,
    sink: impl FnMut(R) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let work = |state: &mut S, item, _: &Claims<(), T>| Step::Done(work(state, item), None);
    ordered_claiming(threads, source, state, work, sink)
}

/// The same for work that may leave an item to the thread that is at the same thing.
///
/// # Errors
/// What `sink` fails with.
pub(crate) fn ordered_claiming<T: Send, K: Eq + Hash + Send, R: Send, S, E>(
    threads: usize,
    source: impl Iterator<Item = T> + Send,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T, &Claims<K, T>) -> Step<T, K, R> + Sync,
    mut sink: impl FnMut(R) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let claims = Claims::new();
    let worker = || Worker { state: state(), work: &work, claims: &claims, left: VecDeque::new() };
    let mut source = source.enumerate();
    if threads <= 1 {
        return worker().all(|| source.next(), |(_, result)| sink(result));
    }
    let source = Mutex::new(source);
    // A thread needs a ticket for each item; the sink gives one back for each result.
    let (give, tickets) = mpsc::channel();
    for _ in 0..threads * IN_FLIGHT {
        let _ = give.send(());
    }
    let tickets = Mutex::new(tickets);
    let next_item = || {
        tickets.lock().ok()?.recv().ok()?;
        source.lock().ok()?.next()
    };
    let (send, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next_item, worker) = (send.clone(), &next_item, &worker);
            scope.spawn(move || {
                let sink = |result| send.send(result).map(ControlFlow::Continue);
                // Whoever takes the results may have gone.
                let _ = worker().all(next_item, sink);
            });
        }
        drop(send);
        // Both ends are owned there, so that every way out of it lets the threads end with what they have
        // in hand.
        in_order(results, give, &mut sink)
    })
}

/// A thread's state, what it does, and what others left to it.
struct Worker<'a, S, W, K, T> {
    state: S,
    work: &'a W,
    claims: &'a Claims<K, T>,
    left: VecDeque<Numbered<T>>,
}

impl<S, W, K: Eq + Hash, T> Worker<'_, S, W, K, T> {
    /// Does what was left to it before it takes `next`: those who left that wait for its results.
    fn all<R, E>(
        mut self,
        mut next: impl FnMut() -> Option<Numbered<T>>,
        mut sink: impl FnMut(Numbered<R>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E>
    where
        W: Fn(&mut S, T, &Claims<K, T>) -> Step<T, K, R>,
    {
        while let Some((number, item)) = self.left.pop_front().or_else(&mut next) {
            match (self.work)(&mut self.state, item, self.claims) {
                Step::Leave(item, key) => self.left.extend(self.claims.leave(&key, (number, item))),
                Step::Done(result, key) => {
                    self.left.extend(key.into_iter().flat_map(|key| self.claims.release(&key)));
                    if sink((number, result))?.is_break() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Hands results on in the order of their numbers, and gives a ticket back for each.
fn in_order<R, E>(
    results: mpsc::Receiver<(usize, R)>,
    give: mpsc::Sender<()>,
    sink: &mut impl FnMut(R) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (number, result) in results {
        waiting.insert(number, result);
        while let Some(result) = waiting.remove(&next) {
            next += 1;
            if sink(result)?.is_break() {
                return Ok(());
            }
            let _ = give.send(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn nothing_more_is_begun_once_the_sink_has_enough() {
        let (begun, has_enough) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_: &mut (), item: u64| {
            begun.fetch_add(1, Ordering::SeqCst);
            while item > 0 && has_enough.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            std::thread::sleep(std::time::Duration::from_millis(item.min(1) * 400));
        };
        let sink = |()| {
            has_enough.store(1, Ordering::SeqCst);
            Ok::<_, Infallible>(ControlFlow::Break(()))
        };
        ordered(2, 0..100, || (), work, sink).unwrap();
        let begun = begun.load(Ordering::SeqCst);
        assert!(begun < 2 * IN_FLIGHT, "{begun}");
    }

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        for threads in [1, 2, 7] {
            let mut seen = Vec::new();
            let work = |_: &mut (), item: u64| {
                std::thread::sleep(std::time::Duration::from_micros(item * 7919 % 300));
                item * 2
            };
            let sink = |result| {
                seen.push(result);
                Ok::<_, Infallible>(ControlFlow::Continue(()))
            };
            ordered(threads, 0..200, || (), work, sink).unwrap();
            assert!(seen.into_iter().eq((0..200).map(|i| i * 2)), "{threads} threads");
        }
    }

    #[test]
    fn a_break_or_an_error_stops_taking_items() {
        for fail in [false, true] {
            let taken = AtomicUsize::new(0);
            let source = (0..100_000).inspect(|_| {
                taken.fetch_add(1, Ordering::Relaxed);
            });
            let sink = |result: i32| match (result, fail) {
                (5, true) => Err("five"),
                (5, false) => Ok(ControlFlow::Break(())),
                _ => Ok(ControlFlow::Continue(())),
            };
            let outcome = ordered(3, source, || (), |_, item| item, sink);
            assert_eq!(outcome.is_err(), fail);
            assert!(taken.load(Ordering::Relaxed) <= 6 + 3 * IN_FLIGHT);
        }
    }

    #[test]
    fn one_thread_is_the_calling_one() {
        let caller = std::thread::current().id();
        let work = |count: &mut usize, _| {
            *count += 1;
            (*count, std::thread::current().id())
        };
        let mut seen = Vec::new();
        let sink = |result| {
            seen.push(result);
            let stop = seen.len() == 3;
            Ok::<_, Infallible>(if stop {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        };
        ordered(1, 0..9, || 0, work, sink).unwrap();
        assert_eq!(seen, [(1, caller), (2, caller), (3, caller)]);
    }

    #[test]
    fn what_another_thread_is_at_is_left_to_that_one() {
        for threads in [1, 2, 5] {
            // Runs of five: the first of a run takes long, whoever comes later need not wait.
            let (known, worked) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
            let work = |_: &mut (), item: usize, claims: &Claims<usize, usize>| {
                let run = item / 5;
                let is_known = |known: &Vec<usize>| known.contains(&run);
                if known.lock().is_ok_and(|known| is_known(&known)) {
                    return Step::Done(item, None);
                }
                if !claims.claim(run) {
                    return Step::Leave(item, run);
                }
                std::thread::sleep(std::time::Duration::from_millis(2));
                worked.fetch_add(1, Ordering::Relaxed);
                known.lock().unwrap().push(run);
                Step::Done(item, Some(run))
            };
            let mut seen = Vec::new();
            let sink = |item| {
                seen.push(item);
                Ok::<_, Infallible>(ControlFlow::Continue(()))
            };
            ordered_claiming(threads, 0..200, || (), work, sink).unwrap();
            assert!(seen.into_iter().eq(0..200), "{threads} threads");
            // A run may become known between a look and a claim.
            let worked = worked.into_inner();
            assert!((40..44).contains(&worked), "{threads} threads: {worked}");
        }
    }

    #[test]
    fn a_source_that_waits_for_what_was_left_gets_it() {
        // Two items have room, and the next one comes when one of them is done.
        let room = (Mutex::new(2), std::sync::Condvar::new());
        let source = (0..60).inspect(|_| {
            let free = room.1.wait_while(room.0.lock().unwrap(), |room| *room == 0);
            *free.unwrap() -= 1;
        });
        let work = |_: &mut (), item: usize, claims: &Claims<(), usize>| {
            if !claims.claim(()) {
                return Step::Leave(item, ());
            }
            std::thread::sleep(std::time::Duration::from_micros(300));
            *room.0.lock().unwrap() += 1;
            room.1.notify_all();
            Step::Done(item, Some(()))
        };
        let mut seen = Vec::new();
        let sink = |item| {
            seen.push(item);
            Ok::<_, Infallible>(ControlFlow::Continue(()))
        };
        ordered_claiming(3, source, || (), work, sink).unwrap();
        assert!(seen.into_iter().eq(0..60));
    }
}
