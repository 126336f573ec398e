//! Work on many threads, results in the order of the input.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, mpsc};

/// Items in flight for each thread: enough to keep all busy while one takes longer.
const IN_FLIGHT: usize = 3;

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
    mut sink: impl FnMut(R) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    if threads <= 1 {
        return in_place(source, state(), work, sink);
    }
    let source = Mutex::new(source.enumerate());
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
            let (send, next_item, state, work) = (send.clone(), &next_item, &state, &work);
            scope.spawn(move || {
                let mut state = state();
                while let Some((number, item)) = next_item() {
                    if send.send((number, work(&mut state, item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        // `give` is owned here, so that every way out of this closure lets the threads end.
        in_order(&results, give, &mut sink)
    })
}

/// Hands results on in the order of their numbers, and gives a ticket back for each.
fn in_order<R, E>(
    results: &mpsc::Receiver<(usize, R)>,
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

/// The same on the calling thread: for one thread, and where there are no others.
fn in_place<T, R, S, E>(
    source: impl Iterator<Item = T>,
    mut state: S,
    work: impl Fn(&mut S, T) -> R,
    mut sink: impl FnMut(R) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    for item in source {
        if sink(work(&mut state, item))?.is_break() {
            break;
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
}
