//! Any size of batch, any point of restart, any subset of snapshots: the same digests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_log::{Codec, EventLog};
use projections::digest::Digests;
use projections::replay::{Until, replay};
use projections::{Options, Projections};
use replay_tests::chance::Chance;
use replay_tests::curtain::Curtain;
use schemas::LogPosition;

use crate::laws::House;

/// The story that is folded again and again: its log, and its digests at every position that was looked at.
struct Story {
    log: Arc<dyn EventLog>,
    codec: Arc<Codec>,
    last: LogPosition,
    positions: Vec<LogPosition>,
    chance: Chance,
}

impl Story {
    async fn play(chance: Chance, commands: u32) -> Self {
        let mut house = House::build(chance, 5, 8).await;
        for _ in 0..commands {
            house.play().await;
        }
        let log = Arc::clone(&house.log);
        let codec = Arc::clone(house.orbit.ledger.codec());
        let all = log.read_all(None, 100_000).await.unwrap();
        let positions: Vec<_> = all.iter().map(|event| event.position).collect();
        let last = *positions.last().unwrap();
        let story = Self { log, codec, last, positions, chance: house.orbit.chance.clone() };
        assert_same(&house.projections.digests(), &story.digests_at(last).await, "live");
        story
    }

    /// The digests of a plain replay, in the order of the log, in one go.
    async fn digests_at(&self, position: LogPosition) -> Digests {
        let views = replay(&*self.log, &self.codec, Until::Position(position), |_| {}).await;
        views.unwrap().digests()
    }

    fn up_to(&mut self, position: LogPosition) -> Arc<Curtain> {
        let chance = Chance::new(self.chance.bits());
        Arc::new(Curtain::before(Arc::clone(&self.log), Some(position), chance))
    }

    async fn start(&self, curtain: &Arc<Curtain>, options: Options) -> Projections {
        let log = Arc::clone(curtain) as Arc<dyn EventLog>;
        Projections::start(log, Arc::clone(&self.codec), options).await.unwrap()
    }

    fn some_position(&mut self) -> LogPosition {
        *self.chance.pick(&self.positions)
    }
}

#[track_caller]
fn assert_same(found: &Digests, expected: &Digests, how: &str) {
    let by_view = |digests: &Digests| -> BTreeMap<String, String> {
        let one = |view: &projections::digest::ViewDigest| {
            (view.view.to_string(), format!("{} rows {}", view.rows, view.digest))
        };
        digests.views.iter().map(one).collect()
    };
    assert_eq!(found.position, expected.position, "{how}");
    assert_eq!(by_view(found), by_view(expected), "{how}, at {:?}", expected.position);
}

#[tokio::test]
async fn any_size_of_batch_gives_the_same_digests() {
    let mut story = Story::play(Chance::printed("batches"), 600).await;
    let expected = story.digests_at(story.last).await;
    for round in 0..12 {
        let curtain = story.up_to(story.last);
        let views = replay(&*curtain, &story.codec, Until::Tail, |_| {}).await.unwrap();
        assert_same(&views.digests(), &expected, &format!("replay in pages, round {round}"));
        let projections = story.start(&curtain, Options::in_memory()).await;
        assert_same(&projections.digests(), &expected, &format!("start in pages, round {round}"));
    }
}

#[tokio::test]
async fn views_that_follow_the_log_have_the_digests_of_a_replay_at_every_stop() {
    let mut story = Story::play(Chance::printed("stops"), 600).await;
    let first = story.positions[0];
    let curtain = story.up_to(first);
    let projections = story.start(&curtain, Options::in_memory()).await;
    let mut stops: Vec<_> = (0..40).map(|_| story.some_position()).collect();
    stops.push(story.last);
    stops.sort_unstable();
    for stop in stops {
        curtain.show(stop);
        let token = projections.token(Some(stop));
        projections.at_least(&token).await.unwrap();
        assert_same(&projections.digests(), &story.digests_at(stop).await, "following");
    }
    projections.scrub().unwrap();
}

#[tokio::test]
async fn any_point_of_restart_gives_the_same_digests() {
    let mut story = Story::play(Chance::printed("restarts"), 600).await;
    let expected = story.digests_at(story.last).await;
    for _ in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let mut stops: Vec<_> = (0..3).map(|_| story.some_position()).collect();
        stops.sort_unstable();
        for stop in stops {
            let curtain = story.up_to(stop);
            let projections =
                story.start(&curtain, Options::in_folder(folder.path().to_path_buf())).await;
            assert_same(&projections.digests(), &story.digests_at(stop).await, "after a restart");
            projections.close().await.unwrap();
        }
        let curtain = story.up_to(story.last);
        let projections =
            story.start(&curtain, Options::in_folder(folder.path().to_path_buf())).await;
        assert_same(&projections.digests(), &expected, "after the last restart");
        let from = projections.health().snapshot;
        assert!(from.is_some(), "no snapshot was used: {:?}", projections.health().discarded);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[tokio::test]
async fn any_subset_of_snapshots_whole_or_damaged_gives_the_same_digests() {
    let mut story = Story::play(Chance::printed("snapshots"), 600).await;
    let expected = story.digests_at(story.last).await;
    let mut discarded = 0;
    for round in 0..16 {
        let folder = tempfile::tempdir().unwrap();
        let curtain = story.up_to(story.positions[0]);
        let projections =
            story.start(&curtain, Options::in_folder(folder.path().to_path_buf())).await;
        let mut stops: Vec<_> = (0..4).map(|_| story.some_position()).collect();
        stops.sort_unstable();
        for stop in stops {
            curtain.show(stop);
            projections.at_least(&projections.token(Some(stop))).await.unwrap();
            projections.snapshot_now().await.unwrap();
        }
        drop(projections);
        let snapshots = files(folder.path());
        assert!(!snapshots.is_empty(), "no snapshot was written");
        for snapshot in snapshots {
            match story.chance.below(3) {
                0 => fs::remove_file(snapshot).unwrap(),
                1 => damage(&snapshot, &mut story.chance),
                _ => {}
            }
        }
        let curtain = story.up_to(story.last);
        let projections =
            story.start(&curtain, Options::in_folder(folder.path().to_path_buf())).await;
        assert_same(&projections.digests(), &expected, &format!("round {round}"));
        discarded += projections.health().discarded.len();
    }
    assert!(discarded > 0, "no damaged snapshot was ever met");
}

fn damage(file: &Path, chance: &mut Chance) {
    let mut bytes = fs::read(file).unwrap();
    let place = usize::try_from(chance.below(u64::try_from(bytes.len()).unwrap())).unwrap();
    bytes[place] ^= 1 << chance.below(8);
    fs::write(file, bytes).unwrap();
}
