use super::*;
use crate::proof::leaf::leaf_hash;
use proptest::prelude::*;
use schemas::Digest;

/// Leaves in memory, and every node by the definition of RFC 6962: nothing of the code under test but the hashes.
struct Naive(Vec<TreeHash>);

impl Naive {
    fn of(leaves: u64) -> Self {
        Self((0..leaves).map(|number| leaf_hash(&number.to_be_bytes())).collect())
    }

    fn root(leaves: &[TreeHash]) -> TreeHash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            more => {
                let left = more.len().next_power_of_two() / 2;
                node_hash(&Self::root(&more[..left]), &Self::root(&more[left..]))
            }
        }
    }
}

impl NodeSource for Naive {
    type Error = std::convert::Infallible;

    fn node(&self, level: u8, index: u64) -> Result<TreeHash, Self::Error> {
        let width = 1_usize << level;
        let first = usize::try_from(index).unwrap() * width;
        Ok(Self::root(&self.0[first..first + width]))
    }
}

/// A tree whose leaves are all the same, so that trees of any size can be had.
struct Uniform;

impl NodeSource for Uniform {
    type Error = std::convert::Infallible;

    fn node(&self, level: u8, _: u64) -> Result<TreeHash, Self::Error> {
        let leaf = leaf_hash(b"the same");
        Ok((0..level).fold(leaf, |node, _| node_hash(&node, &node)))
    }
}

fn hex(hash: TreeHash) -> String {
    Digest(hash.0).to_string()
}

/// The leaves of the test vectors that implementations of RFC 6962 share.
const LEAVES: [&[u8]; 8] = [
    b"",
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_roots_are_the_published_ones() {
    let mut frontier = Frontier::default();
    assert_eq!(hex(frontier.root()), ROOTS[0]);
    for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
        frontier.append(leaf_hash(leaf));
        assert_eq!(hex(frontier.root()), *root, "{} leaves", frontier.size());
    }
}

#[test]
fn paths_are_the_published_ones() {
    let tree = Naive(LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect());
    let path = inclusion_path(&tree, 5, 8).unwrap();
    let expected = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(path.into_iter().map(hex).collect::<Vec<_>>(), expected);
    let path = consistency_path(&tree, 6, 8).unwrap();
    let expected = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(path.into_iter().map(hex).collect::<Vec<_>>(), expected);
}

/// Every change of one hash, and every path that is shorter or longer by one.
fn wrong_paths(path: &[TreeHash]) -> Vec<Vec<TreeHash>> {
    let mut wrong = Vec::new();
    for place in 0..path.len() {
        let mut changed = path.to_vec();
        changed[place].0[place % 32] ^= 1 << (place % 8);
        wrong.push(changed);
        let mut without = path.to_vec();
        without.remove(place);
        wrong.push(without);
        let mut twice = path.to_vec();
        twice.insert(place, path[place]);
        wrong.push(twice);
    }
    wrong.push([path, &[TreeHash([7; 32])]].concat());
    wrong
}

#[test]
fn every_leaf_of_every_small_tree_is_proven_and_nothing_else_is() {
    let tree = Naive::of(128);
    let mut refused = 0_u64;
    for size in 1..=128_u64 {
        let root = Naive::root(&tree.0[..usize::try_from(size).unwrap()]);
        assert_eq!(root_of(&tree, size).unwrap(), root);
        for index in 0..size {
            let path = inclusion_path(&tree, index, size).unwrap();
            let leaf = tree.0[usize::try_from(index).unwrap()];
            verify_inclusion(&leaf, index, size, &path, &root).unwrap();
            for wrong in wrong_paths(&path) {
                let verified = verify_inclusion(&leaf, index, size, &wrong, &root);
                assert!(verified.is_err(), "leaf {index} of {size}: {wrong:?}");
                refused += 1;
            }
            // The same path for another place.
            if size > 1 {
                let other = (index + 1) % size;
                assert!(verify_inclusion(&leaf, other, size, &path, &root).is_err());
            }
        }
        let outside = verify_inclusion(&tree.0[0], size, size, &[], &root);
        assert_eq!(outside, Err(ProofError::IndexOutside));
    }
    assert!(refused > 100_000);
}

#[test]
fn every_small_tree_is_proven_to_begin_with_every_smaller_one() {
    let tree = Naive::of(128);
    let root = |size: u64| Naive::root(&tree.0[..usize::try_from(size).unwrap()]);
    let mut refused = 0_u64;
    for new in 1..=128 {
        for old in 1..=new {
            let path = consistency_path(&tree, old, new).unwrap();
            verify_consistency(old, &root(old), new, &root(new), &path).unwrap();
            for wrong in wrong_paths(&path) {
                let verified = verify_consistency(old, &root(old), new, &root(new), &wrong);
                assert!(verified.is_err(), "{old} of {new}: {wrong:?}");
                refused += 1;
            }
            let stranger = TreeHash([3; 32]);
            assert!(verify_consistency(old, &stranger, new, &root(new), &path).is_err());
            assert!(verify_consistency(old, &root(old), new, &stranger, &path).is_err());
        }
    }
    assert!(refused > 100_000);
}

#[test]
fn another_implementation_agrees() {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    let mut theirs: MemoryBackedTree<sha2::Sha256, Vec<u8>> = MemoryBackedTree::new();
    let mut ours = Frontier::default();
    let mut leaves = Vec::new();
    for number in 0..300_u64 {
        theirs.push(number.to_be_bytes().to_vec());
        leaves.push(leaf_hash(&number.to_be_bytes()));
        ours.append(leaves[leaves.len() - 1]);
        let root = theirs.root();
        assert_eq!(root.as_bytes()[..], ours.root().0, "{number}");
    }
    let tree = Naive(leaves);
    for index in 0..300_u64 {
        let proof = theirs.prove_inclusion(usize::try_from(index).unwrap());
        let path: Vec<u8> =
            inclusion_path(&tree, index, 300).unwrap().iter().flat_map(|h| h.0).collect();
        assert_eq!(proof.as_bytes(), path, "leaf {index}");
    }
}

#[test]
fn what_proves_nothing_is_refused() {
    let (root, leaf) = (Uniform.node(3, 0).unwrap(), Uniform.node(0, 0).unwrap());
    let refused = |old, new, path: &[TreeHash]| verify_consistency(old, &root, new, &root, path);
    assert_eq!(refused(0, 8, &[]), Err(ProofError::NoEvidence));
    assert_eq!(refused(9, 8, &[]), Err(ProofError::Shrunk));
    assert_eq!(refused(8, 8, &[leaf]), Err(ProofError::WrongLength));
    assert_eq!(refused(3, 8, &[]), Err(ProofError::WrongLength));
    assert_eq!(refused(1, 1 << 63, &[]), Err(ProofError::SizeTooLarge));
    let long = vec![leaf; 65];
    assert_eq!(refused(3, 8, &long), Err(ProofError::PathTooLong));
    assert_eq!(verify_inclusion(&leaf, 0, 8, &long, &root), Err(ProofError::PathTooLong));
    assert_eq!(verify_inclusion(&leaf, 0, 0, &[], &root), Err(ProofError::IndexOutside));
    assert_eq!(verify_inclusion(&leaf, 0, 1 << 63, &[], &root), Err(ProofError::SizeTooLarge));
}

#[test]
fn a_frontier_is_taken_up_where_it_was_left() {
    let tree = Naive::of(200);
    let mut grown = Frontier::default();
    for size in 0..200_u64 {
        let kept = frontier_of(&tree, size).unwrap();
        assert_eq!(kept, grown);
        let again = Frontier::from_nodes(size, kept.nodes().to_vec()).unwrap();
        assert_eq!((again.root(), again.size()), (grown.root(), size));
        grown.append(tree.0[usize::try_from(size).unwrap()]);
    }
    assert_eq!(Frontier::from_nodes(3, vec![tree.0[0]]), None);
    assert_eq!(Frontier::from_nodes(1 << 63, vec![tree.0[0]]), None);
}

proptest! {
    #[test]
    fn trees_of_any_size_are_proven(size in 1_u64..1 << 40, at: u64, old: u64) {
        let root = root_of(&Uniform, size).unwrap();
        let index = at % size;
        let leaf = Uniform.node(0, 0).unwrap();
        let path = inclusion_path(&Uniform, index, size).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &path, &root), Ok(()));
        let old = 1 + old % size;
        let old_root = root_of(&Uniform, old).unwrap();
        let path = consistency_path(&Uniform, old, size).unwrap();
        prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &path), Ok(()));
        if let Some(shorter) = path.split_last().map(|(_, rest)| rest) {
            prop_assert!(verify_consistency(old, &old_root, size, &root, shorter).is_err());
        }
    }

    #[test]
    fn a_hash_has_one_text(bytes: [u8; 32], other in ".{0,60}") {
        let hash = TreeHash(bytes);
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
        if let Ok(read) = other.parse::<TreeHash>() {
            prop_assert_eq!(read.to_string(), other);
        }
    }
}
