#![no_main]

libfuzzer_sys::fuzz_target!(init: livehouse_fuzz::tolerate_caught_panics(), |data: &[u8]| fuzz_targets::sdp_fragment(data));
