//! A border around libraries that panic on damaged files. What is theirs to refuse becomes an error of ours, and the
//! message that a panic prints is not printed.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Does `work`; the error is what it said as it panicked. What it was changing then must not be looked at again.
///
/// The first call puts a hook in front of the process's own, which keeps panics within such work quiet.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !WITHIN.get() {
                before(panic);
            }
        }));
    });
    let outer = WITHIN.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    WITHIN.set(outer);
    done.map_err(|panic| said(&*panic))
}

/// The first line of a panic's message.
fn said(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    message.and_then(|message| message.lines().next()).unwrap_or("it gave up").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_a_result_stays_one() {
        assert_eq!(guarded(|| 7), Ok(7));
        let index = std::hint::black_box(3);
        let message = guarded(|| [1, 2][index]).unwrap_err();
        assert!(message.contains("out of bounds"), "{message}");
        assert_eq!(guarded(|| panic!("one\ntwo")).map(|()| 0), Err("one".to_owned()));
        assert!(!WITHIN.get());
    }
}
