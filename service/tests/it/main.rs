//! The process from outside: the real binary, real folders, real sockets.

mod backup;
mod commands;
mod damage;
mod demo;
mod serving;
mod sign_in;
mod support;
