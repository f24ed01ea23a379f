use super::*;
use crate::proof::leaf::leaf_hash;
use crate::proof::tree::{Frontier, NodeSource, root_of};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn a_tree_of_70_000_leaves_has_the_published_tiles() {
    let tiles = tiles_for(0, 70_000);
    let at = |level: u8| tiles.iter().filter(move |tile| tile.level == level);
    assert_eq!(at(0).filter(|tile| tile.width == TILE_WIDTH).count(), 273);
    let partial: Vec<_> = at(0).filter(|tile| tile.width < TILE_WIDTH).map(Tile::path).collect();
    assert_eq!(partial, ["tile/0/273.p/112"]);
    let above: Vec<_> = at(1).chain(at(2)).map(Tile::path).collect();
    assert_eq!(above, ["tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert_eq!(tiles.len(), 277);
}

#[test]
fn a_path_names_one_tile_and_a_tile_has_one_path() {
    let tile = Tile { level: 0, index: 1_234_067, width: TILE_WIDTH };
    assert_eq!(tile.path(), "tile/0/x001/x234/067");
    assert_eq!(tile.entries_path(), "tile/entries/x001/x234/067");
    for text in ["tile/0/x001/x234/067", "tile/0/000", "tile/5/x001/000.p/255", "tile/1/999.p/1"] {
        assert_eq!(text.parse::<Tile>().unwrap().path(), text);
    }
    let bad = [
        "",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/x000/001",
        "tile/00/000",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001/",
        "tile/64/000",
        "tile/0/../000",
        "tile/0/+01",
        "tile/entries/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "/tile/0/000",
    ];
    for text in bad {
        assert_eq!(text.parse::<Tile>(), Err(TileError::Path), "{text}");
    }
    let entries = Tile::parse_entries_path("tile/entries/x001/067.p/3").unwrap();
    assert_eq!((entries.level, entries.index, entries.width), (0, 1067, 3));
    assert!(Tile::parse_entries_path("tile/0/067").is_err());
}

/// Tiles in memory, written as a growing log writes them.
#[derive(Default)]
struct Kept {
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    size: u64,
}

impl Kept {
    fn of(size: u64) -> (Self, Frontier) {
        let (mut kept, mut frontier) = (Self { size, ..Self::default() }, Frontier::default());
        let mut hashes: Vec<TreeHash> = Vec::new();
        for number in 0..size {
            hashes.push(leaf_hash(&number.to_be_bytes()));
            frontier.append(leaf_hash(&number.to_be_bytes()));
        }
        for level in 0_u8..8 {
            for (index, chunk) in (0_u64..).zip(hashes.chunks(256)) {
                let bytes = chunk.iter().flat_map(|hash| hash.0).collect();
                kept.tiles.insert((level, index), bytes);
            }
            let full = hashes.chunks_exact(256);
            hashes = full
                .map(|chunk| {
                    let bytes: Vec<u8> = chunk.iter().flat_map(|hash| hash.0).collect();
                    node_in_tile(&bytes, 8, 0).unwrap()
                })
                .collect();
        }
        (kept, frontier)
    }
}

impl NodeSource for Kept {
    type Error = String;

    fn node(&self, level: u8, index: u64) -> Result<TreeHash, String> {
        let (tile, inner, place) = tile_of_node(level, index, self.size);
        let bytes = self.tiles.get(&(tile.level, tile.index)).ok_or_else(|| tile.path())?;
        assert_eq!(bytes.len(), 32 * usize::from(tile.width), "{tile}");
        node_in_tile(bytes, inner, place).ok_or_else(|| tile.path())
    }
}

#[test]
fn the_root_and_every_earlier_root_come_from_tiles() {
    let (kept, frontier) = Kept::of(70_000);
    assert_eq!(root_of(&kept, 70_000).unwrap(), frontier.root());
    let expected = tiles_for(0, 70_000);
    assert_eq!(kept.tiles.len(), expected.len());
    for tile in expected {
        let bytes = &kept.tiles[&(tile.level, tile.index)];
        assert_eq!(bytes.len(), 32 * usize::from(tile.width), "{tile}");
    }
    for size in [1, 255, 256, 257, 511, 65_535, 65_536, 65_537] {
        let (_, earlier) = Kept::of(size);
        assert_eq!(root_of(&kept, size).unwrap(), earlier.root(), "{size}");
    }
}

#[test]
fn a_bundle_holds_exactly_its_entries() {
    let mut bundle = Vec::new();
    for entry in [&[1; 41][..], &[2; 41], &[]] {
        push_entry(&mut bundle, entry);
    }
    assert_eq!(parse_bundle(&bundle, 3).unwrap(), [&[1; 41][..], &[2; 41], &[]]);
    assert_eq!(parse_bundle(&bundle, 2), Err(TileError::BundleWidth));
    assert_eq!(parse_bundle(&bundle, 4), Err(TileError::BundleWidth));
    assert_eq!(parse_bundle(&bundle[..bundle.len() - 3], 3), Err(TileError::BundleTruncated));
    assert_eq!(parse_bundle(&bundle[..bundle.len() - 1], 3), Err(TileError::BundleTruncated));
}

proptest! {
    #[test]
    fn growing_in_steps_writes_the_tiles_of_the_whole(first in 0_u64..200_000, more in 0_u64..200_000) {
        let end = first + more;
        let mut by_place: BTreeMap<(u8, u64), u16> = BTreeMap::new();
        for tile in tiles_for(0, first).into_iter().chain(tiles_for(first, end)) {
            by_place.insert((tile.level, tile.index), tile.width);
        }
        let whole: BTreeMap<_, _> =
            tiles_for(0, end).into_iter().map(|tile| ((tile.level, tile.index), tile.width)).collect();
        prop_assert_eq!(by_place, whole);
    }

    #[test]
    fn any_text_and_bytes_are_read_without_a_panic(text in ".{0,80}", bytes: Vec<u8>, width: u16, level: u8, index: u64) {
        if let Ok(tile) = text.parse::<Tile>() {
            prop_assert_eq!(tile.path(), text);
        }
        let _ = parse_bundle(&bytes, width);
        let _ = node_in_tile(&bytes, level, index);
    }
}
