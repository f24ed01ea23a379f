//! The published form of the schemas.

/// The text of a schema as it is published: lines without blanks at their end, and a line break at
/// the end.
#[must_use]
pub fn print(sdl: &str) -> String {
    let mut text = String::with_capacity(sdl.len() + 1);
    for line in sdl.trim_end().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
