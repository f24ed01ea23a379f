//! Real input: what `deedbook import` takes and refuses, what a second and an interrupted run do, what the sample
//! vendor is, and what `deedbook export` writes.

mod broken;
mod export;
mod files;
mod repeat;
mod sample;
mod vendor;
