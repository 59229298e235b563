//! Loops over all activations, compiled for the widest vectors that the processor has.
//!
//! Each loop is ordinary code that the compiler vectorises; all widths do the same operations on float32 in the same
//! order, so the results are the same.

/// Defines a function whose body is compiled for AVX-512, for AVX2 and for any processor, and which runs the best of them.
macro_rules! widest {
    ($(#[$doc:meta])* $visible:vis fn $name:ident [$($bound:tt)*] ($($argument:ident: $type:ty),*) $(-> $result:ty)?, $body:expr) => {
        $(#[$doc])*
        #[allow(unsafe_code, reason = "instructions that only some processors have")]
        $visible fn $name $($bound)* ($($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
                fn with_avx512 $($bound)* ($($argument: $type),*) $(-> $result)? {
                    $body
                }
                #[target_feature(enable = "avx2")]
                fn with_avx2 $($bound)* ($($argument: $type),*) $(-> $result)? {
                    $body
                }
                if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") {
                    // SAFETY: the processor was just seen to have these instructions; avx512bw implies avx512f.
                    return unsafe { with_avx512($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor was just seen to have these instructions.
                    return unsafe { with_avx2($($argument),*) };
                }
            }
            $body
        }
    };
}

pub(crate) use widest;
