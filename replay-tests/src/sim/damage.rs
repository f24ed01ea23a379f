//! What is done to the files of a ledger that is not running: bytes that rot, and older files put back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ledger_log::embedded::simulated::{FaultKind, SECTOR_BYTES, SimulatedDisk};

use crate::chance::Chance;

/// Files and what they held.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The files in the folder of the log.
pub fn files(disk: &SimulatedDisk, log: &Path) -> Files {
    let inside = disk.names().into_iter().filter(|path| path.starts_with(log));
    inside.map(|path| (path.clone(), disk.read(&path))).collect()
}

/// Puts these files in place of those in the folder of the log.
pub fn put_back(disk: &SimulatedDisk, log: &Path, files: &Files) {
    for path in disk.names().iter().filter(|path| path.starts_with(log)) {
        disk.forget(path);
    }
    for (path, bytes) in files {
        disk.put(path, bytes.clone());
    }
}

/// The segment files, in order.
pub fn segments(disk: &SimulatedDisk) -> Vec<PathBuf> {
    let is_segment = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("segment-") && name.ends_with(".log")
    };
    disk.names().into_iter().filter(is_segment).collect()
}

/// Where the frames of a segment start, and how long they are.
pub fn frames(bytes: &[u8], data_offset: usize) -> Vec<(usize, usize)> {
    let mut at = data_offset;
    let mut frames = Vec::new();
    while bytes.get(at..at + 8) == Some(b"DEEDBAT\x01") {
        let length = u32::from_be_bytes(bytes[at + 28..at + 32].try_into().unwrap());
        let length = 96 + usize::try_from(length).unwrap() + 32;
        if at + length > bytes.len() {
            break;
        }
        frames.push((at, length));
        at += length;
    }
    frames
}

/// Flips a bit of the newest frame of a ledger. Its mirror must heal it. `false`: there is no frame.
pub fn flip_newest(disk: &SimulatedDisk, data_offset: usize, chance: &mut Chance) -> bool {
    let Some(path) = segments(disk).pop() else { return false };
    let Some((at, length)) = frames(&disk.read(&path), data_offset).pop() else { return false };
    let bit = below(chance, length * 8);
    disk.rot(FaultKind::BitFlip, &path, |bytes| bytes[at + bit / 8] ^= 1 << (bit % 8));
    true
}

/// Zeros the newest frame and its mirror, as two bad sectors would: nobody can heal that.
pub fn lose_newest(disk: &SimulatedDisk, data_offset: usize, chance: &mut Chance) {
    let Some(path) = segments(disk).pop() else { return };
    let bytes = disk.read(&path);
    let Some((at, length)) = frames(&bytes, data_offset).pop() else { return };
    let from = below(chance, length);
    let gone = bytes[at..at + length].to_vec();
    disk.rot(FaultKind::SectorZeros, &path, |bytes| {
        bytes[at + from..at + length].fill(0);
        let copy = bytes[..data_offset].windows(length).position(|window| window == gone);
        if let Some(copy) = copy {
            bytes[copy + from..copy + length].fill(0);
        }
    });
}

/// Does something to one of the segments: a bit, a sector, or two of them.
pub fn rot(disk: &SimulatedDisk, data_offset: usize, chance: &mut Chance) {
    let paths = segments(disk);
    if paths.is_empty() {
        return;
    }
    let path = chance.pick(&paths).clone();
    let bytes = disk.read(&path);
    let end = frames(&bytes, data_offset).last().map_or(data_offset, |(at, length)| at + length);
    // Mostly where the events are.
    let from = if chance.one_in(3) || end == data_offset { 0 } else { data_offset };
    let at = from + below(chance, end - from);
    let sector = at / SECTOR_BYTES * SECTOR_BYTES;
    // Never a frame and its own mirror: those are two faults.
    let (first, last) =
        if at < data_offset { (0, data_offset) } else { (data_offset, bytes.len()) };
    let other = first + below(chance, (last - first) / SECTOR_BYTES) * SECTOR_BYTES;
    match chance.below(6) {
        0 => disk.rot(FaultKind::SectorZeros, &path, |b| b[sector..sector + SECTOR_BYTES].fill(0)),
        1 => disk.rot(FaultKind::SectorOnes, &path, |b| b[sector..sector + SECTOR_BYTES].fill(255)),
        2 => disk.rot(FaultKind::SectorDuplicate, &path, |b| {
            b.copy_within(other..other + SECTOR_BYTES, sector);
        }),
        3 => disk.rot(FaultKind::SectorSwap, &path, |b| {
            let kept = b[sector..sector + SECTOR_BYTES].to_vec();
            b.copy_within(other..other + SECTOR_BYTES, sector);
            b[other..other + SECTOR_BYTES].copy_from_slice(&kept);
        }),
        _ => disk.rot(FaultKind::BitFlip, &path, |b| b[at] ^= 1 << chance.below(8)),
    }
}

/// A number below this bound, as a place in memory.
pub fn below(chance: &mut Chance, bound: usize) -> usize {
    usize::try_from(chance.below(bound as u64)).unwrap()
}
