//! The two listeners.
pub mod observe;
pub mod pages;
pub mod refusal;
