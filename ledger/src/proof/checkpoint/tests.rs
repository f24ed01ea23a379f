use super::*;
use proptest::prelude::*;

fn checkpoint() -> Checkpoint {
    let origin = "ledger.orbit/v1/0198".to_owned();
    Checkpoint { origin, size: 70_000, root: TreeHash([5; 32]) }
}

#[test]
fn a_checkpoint_is_three_lines_and_reads_back() {
    let text = checkpoint().to_text();
    assert_eq!(text, "ledger.orbit/v1/0198\n70000\nBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=\n");
    assert_eq!(Checkpoint::parse(&text), Ok(checkpoint()));
    let extended = format!("{text}an extension\nanother\n");
    assert_eq!(Checkpoint::parse(&extended), Ok(checkpoint()));
}

#[test]
fn a_checkpoint_is_opened_with_the_key_that_signed_it() {
    let key = SignerKey::from_seed("ledger.orbit/v1/0198", &[1; 32]).unwrap();
    let signed = checkpoint().sign(&[&key]).unwrap();
    let (read, keys) = Checkpoint::open(&signed, &[key.verifier()]).unwrap();
    assert_eq!((read, keys), (checkpoint(), vec![key.verifier()]));
    let stranger = SignerKey::from_seed("ledger.orbit/v1/0198", &[2; 32]).unwrap();
    let refused = Checkpoint::open(&signed, &[stranger.verifier()]);
    assert_eq!(refused, Err(CheckpointError::Note(NoteError::Unsigned)));
    let bad = Checkpoint { origin: "two\nlines".to_owned(), ..checkpoint() };
    assert!(bad.sign(&[&key]).is_err());
}

#[test]
fn another_spelling_of_a_checkpoint_is_refused() {
    let root = TreeHash([5; 32]);
    let read = |size: &str, root: &str| Checkpoint::parse(&format!("origin\n{size}\n{root}\n"));
    for size in ["", "-1", "+1", "01", "1.0", "9223372036854775808", "18446744073709551616", " 1"] {
        let refused = read(size, &root.to_string()).unwrap_err();
        let expected = if size.is_empty() { CheckpointError::Lines } else { CheckpointError::Size };
        assert_eq!(refused, expected, "{size}");
    }
    assert!(read("9223372036854775807", &root.to_string()).is_ok());
    assert_eq!(read("1", "AAAA"), Err(CheckpointError::Root));
    assert_eq!(read("1", &format!("{root}=")), Err(CheckpointError::Root));
    assert_eq!(Checkpoint::parse("origin\n1\n"), Err(CheckpointError::Lines));
    assert_eq!(Checkpoint::parse(&format!("origin\n1\n{root}")), Err(CheckpointError::Lines));
    assert_eq!(
        Checkpoint::parse(&format!("origin\n1\n{root}\n\nmore\n")),
        Err(CheckpointError::Lines)
    );
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "[a-z0-9\n=+/]{0,120}") {
        let _ = Checkpoint::parse(&text);
        let _ = Checkpoint::open(&text, &[]);
    }
}
