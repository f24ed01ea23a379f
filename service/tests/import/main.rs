//! Real input: what `deedbook import` takes and refuses, what a second and an interrupted run do, what the sample
//! vendor is, and what `deedbook export` writes.

#[cfg(test)]
mod broken;
#[cfg(test)]
mod export;
#[cfg(test)]
mod files;
#[cfg(test)]
mod persons;
#[cfg(test)]
mod repeat;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod vendor;
