/// libFuzzer's Rust layer aborts at every panic. Those of str0m that the node catches are no findings; the others
/// still end the run, once they leave the target.
pub fn tolerate_caught_panics() {
    drop(std::panic::take_hook());
}
