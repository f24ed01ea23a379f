//! The pages that a browser gets: the built applications, and those that work without them.

use std::path::Path;

use crate::support::{Answer, Home, Service, exchange, get};

/// Whether the application of a side was built before the program was.
fn is_built(side: &str) -> bool {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal/dist");
    dist.join(side).join("index.html").exists()
}

fn get_with(address: &str, path: &str, headers: &str) -> Answer {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\n\r\n");
    exchange(address, &request)
}

/// What a browser sends for an address that was typed.
const PAGE: &str = "Accept: text/html,application/xhtml+xml;q=0.9\r\n";

#[test]
fn every_address_of_an_application_gives_its_first_page_or_says_how_to_build_it() {
    let home = Home::new();
    let service = Service::start(home.data());
    for (side, name) in [(&service.portal, "customer"), (&service.console, "console")] {
        let start = get(side, "/");
        assert_eq!(start.header("content-type"), Some("text/html; charset=utf-8"));
        let deep = get_with(side, "/licenses/lic_unheard_of", PAGE);
        assert_eq!((deep.status, &deep.body), (200, &start.body));
        if is_built(name) {
            assert!(start.body.contains("<script type=\"module\""), "{}", start.body);
            assert_eq!(start.header("cache-control"), Some("no-cache"));
        } else {
            assert!(start.body.contains("make build"), "{}", start.body);
        }
        // A program that asks for what is not there is not given a page.
        let nothing = get_with(side, "/nothing-here", "Accept: application/json\r\n");
        assert_eq!((nothing.status, nothing.code().as_str()), (404, "NOT_FOUND"));
        let posted = crate::support::post(side, "/nothing-here", None, &serde_json::json!({}));
        assert_eq!((posted.status, posted.code().as_str()), (404, "NOT_FOUND"));
        let asset = get_with(side, "/assets/nothing.js", PAGE);
        assert_eq!((asset.status, asset.code().as_str()), (404, "NOT_FOUND"));
    }
}

#[test]
fn built_files_are_kept_for_ever_and_the_first_page_is_asked_for_again() {
    let home = Home::new();
    let service = Service::start(home.data());
    let sides = [(&service.portal, "customer"), (&service.console, "console")];
    // The test above holds what is so where they are not built.
    for (side, _) in sides.into_iter().filter(|(_, name)| is_built(name)) {
        let start = get(side, "/");
        let script = start.body.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(script.starts_with("/assets/"), "{script}");
        let plain = get(side, script);
        assert_eq!(plain.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(plain.header("content-encoding"), None);
        let icon = start.body.split("rel=\"icon\" href=\"").nth(1).unwrap();
        let icon = get(side, icon.split('"').next().unwrap());
        assert_eq!(icon.header("content-type"), Some("image/svg+xml; charset=utf-8"));
        let tag = start.header("etag").unwrap();
        let again = get_with(side, "/", &format!("If-None-Match: {tag}\r\n"));
        assert_eq!((again.status, again.body.as_str()), (304, ""));
        let changed = get_with(side, "/", "If-None-Match: \"another\"\r\n");
        assert_eq!(changed.status, 200);
    }
}

#[test]
fn the_pages_without_an_application_are_there() {
    let home = Home::new();
    let service = Service::start(home.data());
    for (side, name) in [(&service.portal, "customer portal"), (&service.console, "vendor console")]
    {
        for path in ["/sign-in", "/queries"] {
            let page = get(side, path);
            assert_eq!(page.status, 200);
            assert_eq!(page.header("cache-control"), Some("no-store"));
            assert!(page.body.contains(name), "{path}: {}", page.body);
        }
        assert_eq!(get(side, "/page.css").header("content-type"), Some("text/css; charset=utf-8"));
        assert_eq!(get(side, "/queries.js").status, 200);
    }
}
