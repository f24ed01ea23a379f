//! Tells cargo to look at the built pages: they are embedded. It builds none, that is `make`'s to do.

fn main() {
    println!("cargo::rerun-if-changed=../portal/dist");
}
