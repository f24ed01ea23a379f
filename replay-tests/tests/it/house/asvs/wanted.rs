//! Which requirements OWASP ASVS 5.0.0 has in chapters 1 to 16, by number and level, and which of them are to be met.
//! Numbers only: the texts are OWASP's.

/// Each section, and the level of each of its requirements in their order.
const SECTIONS: [(&str, &str); 77] = [
    ("1.1", "22"),
    ("1.2", "1111122223"),
    ("1.3", "112222222223"),
    ("1.4", "222"),
    ("1.5", "123"),
    ("2.1", "122"),
    ("2.2", "112"),
    ("2.3", "12223"),
    ("2.4", "23"),
    ("3.1", "3"),
    ("3.2", "113"),
    ("3.3", "12223"),
    ("3.4", "11222233"),
    ("3.5", "11122333"),
    ("3.6", "3"),
    ("3.7", "22333"),
    ("4.1", "12233"),
    ("4.2", "23333"),
    ("4.3", "22"),
    ("4.4", "1222"),
    ("5.1", "2"),
    ("5.2", "112333"),
    ("5.3", "113"),
    ("5.4", "222"),
    ("6.1", "122"),
    ("6.2", "111111112222"),
    ("6.3", "11223333"),
    ("6.4", "112233"),
    ("6.5", "22222333"),
    ("6.6", "2223"),
    ("6.7", "33"),
    ("6.8", "2222"),
    ("7.1", "222"),
    ("7.2", "1111"),
    ("7.3", "22"),
    ("7.4", "11222"),
    ("7.5", "223"),
    ("7.6", "22"),
    ("8.1", "1233"),
    ("8.2", "1123"),
    ("8.3", "133"),
    ("8.4", "23"),
    ("9.1", "111"),
    ("9.2", "1222"),
    ("10.1", "22"),
    ("10.2", "223"),
    ("10.3", "22223"),
    ("10.4", "1111122222233333"),
    ("10.5", "22222"),
    ("10.6", "22"),
    ("10.7", "222"),
    ("11.1", "2233"),
    ("11.2", "22233"),
    ("11.3", "11233"),
    ("11.4", "1222"),
    ("11.5", "23"),
    ("11.6", "23"),
    ("11.7", "33"),
    ("12.1", "12233"),
    ("12.2", "11"),
    ("12.3", "22223"),
    ("13.1", "2333"),
    ("13.2", "222223"),
    ("13.3", "2233"),
    ("13.4", "1222233"),
    ("14.1", "22"),
    ("14.2", "12223333"),
    ("14.3", "122"),
    ("15.1", "12233"),
    ("15.2", "12233"),
    ("15.3", "1222222"),
    ("15.4", "3333"),
    ("16.1", "2"),
    ("16.2", "22222"),
    ("16.3", "2222"),
    ("16.4", "222"),
    ("16.5", "2223"),
];

/// Requirements of level 3 that are to be met all the same.
const ALSO: [&str; 8] = ["1.2.10", "2.3.5", "6.3.8", "8.3.2", "8.3.3", "8.4.2", "11.2.4", "16.5.4"];

/// How many requirements of levels 1 and 2 there are in each chapter: a second count, so that a section that gets lost
/// above is noticed.
pub const OF_LEVELS_1_AND_2: [usize; 16] =
    [27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16];

/// Every requirement that is to be met, with its level, in the order of the standard.
pub fn wanted() -> Vec<(String, char)> {
    let all = SECTIONS.iter().flat_map(|(section, levels)| {
        levels.chars().enumerate().map(move |(at, level)| (format!("{section}.{}", at + 1), level))
    });
    all.filter(|(id, level)| *level != '3' || ALSO.contains(&id.as_str())).collect()
}

/// The chapter of a requirement.
pub fn chapter(id: &str) -> usize {
    id.split('.').next().unwrap().parse().unwrap_or_else(|_| panic!("`{id}` is not like 6.2.1"))
}
