//! What is signed about the log, for whoever wants to check it: `/tlog/checkpoint`, `/tlog/log.vkey`, how keys follow each
//! other at `/tlog/keys`, tiles and entry bundles at the paths of tlog-tiles, and proofs on request. Nothing here shows an event: an entry is its hash.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ledger::proof::checkpoint::Checkpoint;
use ledger::proof::leaf::leaf_entry;
use ledger::proof::tile::{TILE_WIDTH, Tile, push_entry};
use ledger::proof::tree::root_of;
use ledger_log::embedded::SystemDisk;
use ledger_log::sealing::{ProveError, Prover, TileFolder};
use schemas::{LogPosition, StoredEvent, StreamName};

use super::refusal::Refusal;
use crate::engine::Engine;

/// A tile never changes; the checkpoint changes every second.
const FOREVER: &str = "public, max-age=31536000, immutable";
const NOT_KEPT: &str = "no-cache";

/// The addresses under `/tlog`.
pub fn router() -> Router<Engine> {
    Router::new()
        .route("/tlog/checkpoint", get(checkpoint))
        .route("/tlog/log.vkey", get(public_key))
        .route("/tlog/keys", get(keys))
        .route("/tlog/tile/{*path}", get(tile))
        .route("/tlog/proof/{position}", get(inclusion))
        .route("/tlog/consistency/{size}", get(consistency))
}

async fn checkpoint(State(engine): State<Engine>) -> Result<Response, Refusal> {
    let prover = prover(&engine).await?;
    Ok(text(prover.newest().note.clone()))
}

async fn public_key(State(engine): State<Engine>) -> Result<Response, Refusal> {
    let prover = prover(&engine).await?;
    Ok(text(format!("{}\n", prover.key())))
}

/// How the present key follows those before it, for whoever kept one of them.
async fn keys(State(engine): State<Engine>) -> Result<Response, Refusal> {
    let prover = prover(&engine).await?;
    let facts = engine.ledger().log().read_stream(StreamName::ledger(), None, usize::MAX).await;
    let facts = facts.map_err(|error| broke(&error))?;
    let proof = off_the_loop(move || prover.key_changes(&facts)).await?;
    proof.map(|proof| text(proof.to_text())).map_err(|error| unproven(&error))
}

async fn tile(State(engine): State<Engine>, Path(path): Path<String>) -> Result<Response, Refusal> {
    let size = prover(&engine).await?.newest().checkpoint.size;
    if let Some(entries) = path.strip_prefix("entries/") {
        let wanted: Tile = format!("tile/0/{entries}").parse().map_err(|_| Refusal::NOT_FOUND)?;
        return Ok(bytes(entry_bundle(&engine, wanted, size).await?));
    }
    let wanted: Tile = format!("tile/{path}").parse().map_err(|_| Refusal::NOT_FOUND)?;
    let folder = engine.folder().ok_or(Refusal::NOT_FOUND)?.proofs();
    let read = off_the_loop(move || TileFolder::new(Arc::new(SystemDisk), &folder).read(wanted));
    match read.await? {
        Ok(tile) => Ok(bytes(tile)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Refusal::NOT_FOUND),
        Err(error) => Err(broke(&error)),
    }
}

/// The entries of a level-0 tile, from the log.
async fn entry_bundle(engine: &Engine, tile: Tile, size: u64) -> Result<Vec<u8>, Refusal> {
    let first = tile.index.saturating_mul(u64::from(TILE_WIDTH));
    let width = u64::from(tile.width);
    if first.saturating_add(width) > size {
        return Err(Refusal::NOT_FOUND);
    }
    let mut bundle = Vec::new();
    for event in events(engine, first, usize::from(tile.width)).await? {
        push_entry(&mut bundle, &leaf_entry(event.position, &event.content_root));
    }
    Ok(bundle)
}

async fn inclusion(
    State(engine): State<Engine>,
    Path(position): Path<u64>,
) -> Result<Response, Refusal> {
    let prover = prover(&engine).await?;
    if position >= prover.newest().checkpoint.size {
        return Err(Refusal::NOT_FOUND);
    }
    let event = events(&engine, position, 1).await?.pop().ok_or(Refusal::NOT_FOUND)?;
    let proof = off_the_loop(move || prover.inclusion(&event)).await?;
    proof.map(|proof| text(proof.to_text())).map_err(|error| unproven(&error))
}

/// The proof that the newest checkpoint goes on from the one of this size. Whoever holds that one compares the roots.
async fn consistency(
    State(engine): State<Engine>,
    Path(size): Path<u64>,
) -> Result<Response, Refusal> {
    let prover = prover(&engine).await?;
    let newest = prover.newest().checkpoint.clone();
    if size == 0 || size > newest.size {
        return Err(Refusal::NOT_FOUND);
    }
    let folder = engine.folder().ok_or(Refusal::NOT_FOUND)?.proofs();
    let proof = off_the_loop(move || {
        let tiles = TileFolder::new(Arc::new(SystemDisk), &folder);
        let root = root_of(&tiles.nodes(newest.size), size).map_err(ProveError::Unreadable)?;
        prover.consistency(&Checkpoint { origin: newest.origin, size, root })
    });
    proof.await?.map(|proof| text(proof.to_text())).map_err(|error| unproven(&error))
}

async fn prover(engine: &Engine) -> Result<Prover, Refusal> {
    let folder = engine.folder().ok_or(Refusal::NOT_FOUND)?.proofs();
    let opened = off_the_loop(move || Prover::open(Arc::new(SystemDisk), &folder)).await?;
    opened.map_err(|error| unproven(&error))
}

async fn events(engine: &Engine, first: u64, count: usize) -> Result<Vec<StoredEvent>, Refusal> {
    let after = first.checked_sub(1).map(LogPosition);
    let read = engine.ledger().log().read_all(after, count).await;
    read.map_err(|error| broke(&error))
}

async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| broke(&error))
}

fn unproven(error: &ProveError) -> Refusal {
    match error {
        ProveError::NotSealed | ProveError::NotYet { .. } => Refusal::NOT_FOUND,
        ProveError::OtherLog { .. }
        | ProveError::Fork(_)
        | ProveError::Tiles(_)
        | ProveError::Unreadable(_)
        | ProveError::Folder { .. } => broke(error),
    }
}

fn broke(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(%error, cause = error.source(), "what is signed about the log cannot be shown");
    Refusal::INTERNAL
}

fn text(body: String) -> Response {
    kept(NOT_KEPT, "text/plain; charset=utf-8", body)
}

fn bytes(body: Vec<u8>) -> Response {
    kept(FOREVER, "application/octet-stream", body)
}

fn kept(how: &'static str, kind: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(how));
    response
}
