//! How many cores a run may keep busy.

/// Gives our own threads (preparing inputs, measuring) this number; ONNX Runtime is told with each session. To be called
/// before anything runs.
pub fn limit(threads: usize) {
    // It fails only where the pool is already there, and then it has the number that was asked for first.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
}
