use super::*;
use graphql::notices::{advice, title};
use schemas::notices::Notice;

fn mailing() -> Mailing {
    let folder = std::env::temp_dir();
    Mailing::into_folder(folder, "Acme <licenses@acme.example>", "https://portal.acme.example/")
        .unwrap()
}

fn letter(name: &str, product: Option<&str>) -> Letter {
    let unsubscribe = product.map(|_| {
        let sign = "0123456789abcdef".repeat(4);
        format!("/unsubscribe?who=mem_01KDYD1280F68SW3BX9D02WC0Q&topics=seats&sign={sign}")
    });
    let notice = if product.is_some() { Notice::SeatGiven } else { Notice::PasswordSet };
    Letter {
        id: "00112233445566778899aabbccddeeff".to_owned(),
        name: name.to_owned(),
        address: "ann@acme.example".to_owned(),
        subject: title(notice).to_owned(),
        items: vec![Item {
            title: title(notice),
            advice: advice(notice),
            at: "10 January 2026, 09:00 CET".to_owned(),
            product: product.map(str::to_owned),
            path: product.map(|_| "/licenses/lic_01KDYD1280F68SW3BX9D02WC0Q".to_owned()),
        }],
        unsubscribe,
    }
}

fn written(letter: &Letter) -> String {
    String::from_utf8(mailing().written(letter).unwrap().formatted()).unwrap()
}

/// The headers, each on one line.
fn headers(mail: &str) -> Vec<String> {
    let head = mail.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
    head.split("\r\n").map(str::to_owned).collect()
}

#[test]
fn a_mail_about_a_topic_that_can_be_switched_off_says_how_and_one_about_security_does_not() {
    let seat = letter("Ann", Some("Orbit"));
    let told = headers(&written(&seat));
    let link = format!("<https://portal.acme.example{}>", seat.unsubscribe.clone().unwrap());
    for header in [
        "From: Acme <licenses@acme.example>",
        "To: ann@acme.example",
        "Subject: You have a seat",
        "Message-ID: <00112233445566778899aabbccddeeff@acme.example>",
        "Auto-Submitted: auto-generated",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        &format!("List-Unsubscribe: {link}"),
    ] {
        assert!(told.iter().any(|line| line == header), "{header} in {told:#?}");
    }
    let security = written(&letter("Ann", None));
    assert!(!security.contains("List-Unsubscribe") && !security.contains("/unsubscribe"));
}

#[test]
fn what_somebody_is_called_stands_as_text_and_never_in_a_header() {
    let name = "Ann\r\nBcc: all@acme.example\r\n\r\n<img src=x onerror=alert(1)>";
    let seat = letter(name, Some("<script>Orbit</script>"));
    let mail = written(&seat);
    assert!(!headers(&mail).iter().any(|line| line.contains("Bcc") || line.contains("Ann")));
    let html = mailing().filled(HTML, &seat).unwrap();
    assert!(html.contains("&lt;script&gt;Orbit") && !html.contains("<script"), "{html}");
    assert!(!html.contains("<img"), "{html}");
    let mut injected = seat.clone();
    for address in ["ann@acme.example\r\nBcc: all@acme.example", "ann", "", "a b@acme.example"] {
        address.clone_into(&mut injected.address);
        assert!(mailing().written(&injected).is_none(), "{address}");
    }
}

#[test]
fn a_mail_says_the_same_in_plain_text_and_in_html() {
    for letter in [letter("Ann", Some("Orbit")), letter("Ann", None)] {
        let [text, html] =
            [TEXT, HTML].map(|template| mailing().filled(template, &letter).unwrap());
        for said in [letter.items[0].title, "10 January 2026", "Hello Ann"] {
            assert!(text.contains(said) && html.contains(said), "{said}: {text}");
        }
        assert!(text.contains(letter.items[0].advice), "{text}");
        assert!(text.contains("https://portal.acme.example/account"), "{text}");
        assert!(html.contains("<html lang=\"en\">") && html.contains("<title>"), "{html}");
    }
}

#[test]
fn a_mail_server_is_an_address_without_a_password() {
    let server = |text: &str| MailServer::parse(text).ok();
    let found = server("smtp://licenses%40acme.example@mail.acme.example:587").unwrap();
    assert_eq!(found.user.as_deref(), Some("licenses@acme.example"));
    assert_eq!(
        (found.host.as_str(), found.port, found.encrypted),
        ("mail.acme.example", Some(587), false)
    );
    assert!(server("smtps://mail.acme.example").unwrap().encrypted);
    assert!(server("smtp://127.0.0.1:2525").unwrap().is_here());
    assert!(!server("smtp://127.0.0.1.acme.example").unwrap().is_here());
    for wrong in [
        "smtp://user:password@mail.acme.example",
        "http://mail.acme.example",
        "mail.acme.example",
        "smtp://mail.acme.example/path",
        "smtp://",
        "",
    ] {
        assert_eq!(server(wrong), None, "{wrong}");
    }
    let shown = Some(Zeroizing::new("secret".to_owned()));
    let by = |text: &str, password: Option<Zeroizing<String>>| {
        let server = server(text).unwrap();
        Mailing::by_server(&server, password, "a@acme.example", "https://acme.example").is_ok()
    };
    assert!(
        by("smtp://mail.acme.example", None) && by("smtp://u@mail.acme.example", shown.clone())
    );
    assert!(!by("smtp://u@mail.acme.example", None) && !by("smtp://mail.acme.example", shown));
}
