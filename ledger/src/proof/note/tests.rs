use super::*;
use proptest::prelude::*;

const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

fn key(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, &[seed; 32]).unwrap()
}

#[test]
fn the_published_key_reads_back_with_its_number() {
    let key: VerifierKey = VKEY.parse().unwrap();
    assert_eq!(
        (key.name(), key.key_id(), key.to_string()),
        ("example.com/foo", 0x530d_903a, VKEY.to_owned())
    );
}

#[test]
fn a_note_is_signed_and_verified_and_no_changed_byte_is() {
    let (ours, theirs) = (key("ledger.orbit/v1/x", 1), key("witness", 2));
    let signed = sign("one\ntwo\n", &[&ours, &theirs]).unwrap();
    let known = [ours.verifier(), theirs.verifier()];
    let note = Note::parse(&signed).unwrap();
    assert_eq!(note.text, "one\ntwo\n");
    assert_eq!(note.verify(&known).unwrap(), known);
    assert_eq!(note.verify(&known[..1]).unwrap(), known[..1]);
    assert_eq!(note.verify(&[key("witness", 3).verifier()]), Err(NoteError::Unsigned));
    assert_eq!(note.verify(&[]), Err(NoteError::Unsigned));
    let mut bytes = signed.clone().into_bytes();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            bytes[place] ^= 1 << bit;
            if let Ok(text) = std::str::from_utf8(&bytes)
                && let Ok(changed) = Note::parse(text)
            {
                // Changed is the text, a signature, or who is said to have signed: never are both still believed.
                let both = changed.verify(&known).is_ok_and(|keys| keys.len() == 2);
                assert!(!both, "byte {place} bit {bit}");
            }
            bytes[place] ^= 1 << bit;
        }
    }
}

#[test]
fn a_wrong_signature_of_a_known_key_is_never_ignored() {
    let (ours, theirs) = (key("ours", 1), key("theirs", 2));
    let signed = sign("text\n", &[&ours, &theirs]).unwrap();
    let other = sign("other\n", &[&ours]).unwrap();
    let line = |note: &str| note.lines().find(|line| line.contains("ours")).unwrap().to_owned();
    let forged = signed.replace(&line(&signed), &line(&other));
    let refused = Note::parse(&forged).unwrap().verify(&[ours.verifier(), theirs.verifier()]);
    assert_eq!(refused, Err(NoteError::SignatureWrong));
}

#[test]
fn the_texts_of_keys_read_back_and_wrong_ones_are_told() {
    let ours = key("ledger.orbit/v1/x", 9);
    let back = SignerKey::from_text(&ours.to_text()).unwrap();
    assert_eq!(back.verifier(), ours.verifier());
    assert!(!format!("{ours:?}").contains(ours.to_text().rsplit('+').next().unwrap()));
    let refused = |text: &str| text.parse::<VerifierKey>().unwrap_err();
    assert_eq!(
        refused("a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        NoteError::KeyName
    );
    assert_eq!(refused(&VKEY.replace("foo", "bar")), NoteError::KeyId);
    assert_eq!(refused(&VKEY.replace("530d903a", "530D903A")), NoteError::KeyText);
    assert_eq!(refused(&VKEY.replace("+Ae", "+Be")), NoteError::KeyType);
    assert_eq!(refused("nothing"), NoteError::KeyText);
    assert_eq!(SignerKey::from_text(VKEY).err(), Some(NoteError::KeyText));
    assert_eq!(SignerKey::from_seed("", &[0; 32]).err(), Some(NoteError::KeyName));
}

#[test]
fn what_is_too_much_or_malformed_is_refused() {
    let ours = key("ours", 1);
    assert_eq!(sign("no newline", &[&ours]), Err(NoteError::TextNotEnded));
    assert_eq!(sign("tab\t\n", &[&ours]), Err(NoteError::ControlCharacter));
    assert_eq!(sign("text\n", &[]), Err(NoteError::NoSignatures));
    let long = format!("{}\n", "x".repeat(NOTE_BYTES_MAX));
    assert_eq!(Note::parse(&long), Err(NoteError::TooLong));
    let signed = sign("text\n", &[&ours]).unwrap();
    let line = signed.lines().last().unwrap();
    let many = |count: usize| format!("text\n\n{}", format!("{line}\n").repeat(count));
    assert_eq!(Note::parse(&many(SIGNATURES_MAX)).unwrap().signatures.len(), SIGNATURES_MAX);
    assert_eq!(Note::parse(&many(SIGNATURES_MAX + 1)), Err(NoteError::TooManySignatures));
    assert_eq!(Note::parse("text\n"), Err(NoteError::NoSignatures));
    assert_eq!(Note::parse("text\n\n"), Err(NoteError::NoSignatures));
    assert_eq!(Note::parse("text\n\nour name AAAA\n"), Err(NoteError::SignatureLine));
    assert_eq!(Note::parse(signed.trim_end()), Err(NoteError::SignatureLine));
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,200}", lines in "(— [a-z]{0,5} [A-Za-z0-9+/=]{0,20}\n){0,4}") {
        let _ = Note::parse(&text);
        let _ = Note::parse(&format!("{text}\n\n{lines}"));
        let _ = text.parse::<VerifierKey>();
        let _ = SignerKey::from_text(&text);
    }
}
