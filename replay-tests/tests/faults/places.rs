//! The files of a data folder, by which thread of the service changes them. A fault is counted thread by thread; on the
//! files of one thread each of its calls can be reached.

use std::path::{Path, PathBuf};

/// The writer's: the segments, and the keys that it makes durable before them.
pub fn commits(data: &Path) -> Vec<PathBuf> {
    let mut paths = under(data, &["keys/subjects.a", "keys/subjects.b"]);
    paths.extend(under(data, &["log/segment-00000001.log", "log/segment-00000002.log", "log"]));
    paths
}

/// Those of the thread that prepares the next segment, keeps the reserve and writes the index of a full segment.
pub fn room(data: &Path) -> Vec<PathBuf> {
    let names = ["log/next.part", "log/next.log", "reserve.part", "reserve"];
    let index = ["log/segment-00000001.part", "log/segment-00000001.idx"];
    [under(data, &names), under(data, &index)].concat()
}

/// The sealer's: tiles and checkpoints.
pub fn proofs(data: &Path) -> Vec<PathBuf> {
    let folders = ["proofs", "proofs/tile", "proofs/tile/0", "proofs/tile/0/000.p"];
    let notes = ["proofs/checkpoint", "proofs/checkpoint.part", "keys/log.signed", "keys/log.part"];
    let mut paths = [under(data, &folders), under(data, &notes)].concat();
    paths.extend((1..256).map(|width| data.join(format!("proofs/tile/0/000.p/{width}"))));
    paths
}

fn under(data: &Path, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| data.join(name)).collect()
}
