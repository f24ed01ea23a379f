//! Counts the tokens and the nesting of a document before anything parses it, in one pass and
//! without memory.

use crate::limits::Limits;
use crate::refusal::Refusal;

/// Refuses a document that is too long or too deep to be parsed.
///
/// # Errors
/// When it has more tokens, or deeper brackets, than the limits allow.
pub fn measure(text: &str, limits: &Limits) -> Result<(), Refusal> {
    let mut rest = text.as_bytes();
    let mut tokens = 0_usize;
    let mut depth = 0_usize;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' | 0xEF | 0xBB | 0xBF => continue,
            b'#' => {
                rest = skip_until(rest, |byte| byte == b'\n' || byte == b'\r');
                continue;
            }
            b'"' => rest = skip_string(rest),
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ if is_word(byte) => rest = skip_until(rest, |byte| !is_word(byte)),
            _ => {}
        }
        tokens += 1;
        if tokens > limits.tokens_max {
            return Err(Refusal::TooManyTokens { tokens_max: limits.tokens_max });
        }
        if depth > limits.brackets_depth_max {
            return Err(Refusal::TooDeep { depth_max: limits.depth_max });
        }
    }
    Ok(())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn skip_until(bytes: &[u8], stop: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|byte| stop(*byte)).unwrap_or(bytes.len());
    bytes.get(end..).unwrap_or_default()
}

/// What follows the string whose opening quote was just read.
fn skip_string(bytes: &[u8]) -> &[u8] {
    if let Some(mut block) = bytes.strip_prefix(b"\"\"") {
        while let Some((_, after)) = block.split_first() {
            if let Some(escaped) = block.strip_prefix(b"\\\"\"\"") {
                block = escaped;
            } else if let Some(end) = block.strip_prefix(b"\"\"\"") {
                return end;
            } else {
                block = after;
            }
        }
        return block;
    }
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' => rest = rest.get(1..).unwrap_or_default(),
            b'"' | b'\n' | b'\r' => return rest,
            _ => {}
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(tokens_max: usize) -> Limits {
        Limits { tokens_max, ..Limits::portal() }
    }

    #[test]
    fn strings_and_comments_count_once_and_not_at_all() {
        let text = "{ a(b: \"x { y } \\\" z\", c: \"\"\"{ \\\"\"\" {\"\"\") # { { {\n }";
        assert!(measure(text, &limits(11)).is_ok());
        assert!(matches!(measure(text, &limits(10)), Err(Refusal::TooManyTokens { .. })));
    }

    #[test]
    fn ten_thousand_braces_are_refused_before_they_are_parsed() {
        let text = "{a".repeat(10_000);
        assert!(matches!(measure(&text, &Limits::portal()), Err(Refusal::TooDeep { .. })));
    }
}
