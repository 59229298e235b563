//! What a session held, given back to the system.

/// Gives freed memory back at once.
///
/// The C library of Linux keeps what a session frees, and gives it back at some later call that frees anything: a tenth of a
/// second in the middle of other work, for a model of a few hundred megabytes.
#[allow(unsafe_code, reason = "a function of the C library")]
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes the allocator's own locks, and touches only memory that is free.
    unsafe {
        libc::malloc_trim(0);
    }
}
