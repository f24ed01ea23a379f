use super::*;
use proptest::prelude::*;

const NOTE: &str = "origin\n9\nBQUF\n\n\u{2014} origin AAAAAAAA\n";

fn path(length: u8) -> Vec<TreeHash> {
    (0..length).map(|number| TreeHash([number; 32])).collect()
}

#[test]
fn proofs_read_back_as_they_were_written() {
    for length in [0, 1, 64] {
        let inclusion =
            InclusionProof { index: 3, path: path(length), checkpoint: NOTE.to_owned() };
        assert_eq!(InclusionProof::parse(&inclusion.to_text()), Ok(inclusion));
        let (old_size, old_root) = (7, TreeHash([8; 32]));
        let consistency = ConsistencyProof {
            old_size,
            old_root,
            path: path(length),
            checkpoint: NOTE.to_owned(),
        };
        assert_eq!(ConsistencyProof::parse(&consistency.to_text()), Ok(consistency));
    }
}

#[test]
fn the_form_is_that_of_the_specification() {
    let proof = InclusionProof { index: 3, path: path(1), checkpoint: NOTE.to_owned() };
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!(proof.to_text(), format!("c2sp.org/tlog-proof@v1\nindex 3\n{hash}\n\n{NOTE}"));
    let extra = proof.to_text().replacen("index", "extra AAAA\nindex", 1);
    assert_eq!(InclusionProof::parse(&extra), Ok(proof));
}

#[test]
fn what_is_malformed_or_too_long_is_refused() {
    let whole = InclusionProof { index: 3, path: path(2), checkpoint: NOTE.to_owned() };
    let text = whole.to_text();
    let read = |text: &str| InclusionProof::parse(text).unwrap_err();
    assert_eq!(read(&text.replace("@v1", "@v2")), ProofFileError::Magic);
    assert_eq!(read(&text.replace("index 3", "index 03")), ProofFileError::Index);
    assert_eq!(read(&text.replace("index 3\n", "")), ProofFileError::Index);
    assert_eq!(read(&text.replacen("index", "extra !\nindex", 1)), ProofFileError::Extra);
    assert_eq!(read(&text.replacen("AAAA", "AAA", 1)), ProofFileError::Hash);
    assert_eq!(read(text.split("\n\n").next().unwrap()), ProofFileError::Checkpoint);
    let headless = InclusionProof { checkpoint: String::new(), ..whole.clone() };
    assert_eq!(read(&headless.to_text()), ProofFileError::Checkpoint);
    let long = InclusionProof { path: path(65), ..whole.clone() };
    assert_eq!(read(&long.to_text()), ProofFileError::PathTooLong);
    let huge = InclusionProof { checkpoint: "x".repeat(NOTE_BYTES_MAX + 1), ..whole.clone() };
    assert_eq!(read(&huge.to_text()), ProofFileError::Checkpoint);
    let larger = InclusionProof { checkpoint: "x".repeat(PROOF_BYTES_MAX), ..whole };
    assert_eq!(read(&larger.to_text()), ProofFileError::TooLong);
    assert_eq!(ConsistencyProof::parse(&text), Err(ProofFileError::Magic));
    let old = format!("{CONSISTENCY_MAGIC}\nold x y\n\n{NOTE}");
    assert_eq!(ConsistencyProof::parse(&old), Err(ProofFileError::Old));
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "[a-z0-9\n =+/]{0,200}") {
        let _ = InclusionProof::parse(&text);
        let _ = InclusionProof::parse(&format!("{INCLUSION_MAGIC}\n{text}"));
        let _ = ConsistencyProof::parse(&format!("{CONSISTENCY_MAGIC}\n{text}"));
    }
}
