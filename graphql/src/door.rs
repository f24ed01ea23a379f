//! One door into the ledger: a schema, who may pass, and what one request may cost. The two doors,
//! portal and console, share this code and nothing else.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::parser::types::OperationType;
use async_graphql::{
    ObjectType, Request, Response, Schema, SchemaBuilder, ServerError, SubscriptionType,
    ValidationMode, ValidationResult, Variables,
};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use projections::Changes;
use tokio::sync::Semaphore;
use tracing::Instrument;
use uuid::Uuid;

use crate::answer::Answer;
use crate::documents::{Document, Documents};
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::request_id::RequestId;
use crate::vain::{Counting, Vain};

/// Who came through the door, and who that is to the ledger.
#[derive(Debug, Clone)]
pub struct Pass<V> {
    /// What resolvers see.
    pub viewer: V,
    /// Whose subscriptions are counted together.
    pub principal: Uuid,
    /// From where it came, where that is known.
    pub from: Option<IpAddr>,
}

/// Why somebody does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// The token is not accepted now.
    Unknown,
    /// It is, but the organization demands a second factor and the person has none.
    SecondFactorMissing,
}

/// Decides who passes. Written by the service: it knows the tokens.
pub trait Gatekeeper<V>: Send + Sync + 'static {
    /// The principal whose bearer token this is, for who comes from this address; `None`: nobody knows from where.
    fn admit<'a>(
        &'a self,
        bearer: &'a str,
        from: Option<IpAddr>,
    ) -> BoxFuture<'a, Result<Pass<V>, Denial>>;

    /// Takes what an operation costs from whoever asks.
    ///
    /// # Errors
    /// How long to wait, when too much was asked for lately.
    fn charge(&self, pass: &Pass<V>, cost: u64) -> Result<(), Duration>;

    /// Somebody asked for something in vain.
    fn in_vain(&self, pass: &Pass<V>, vain: Vain);

    /// Tells of each change of the ledger once the views know it: somebody may no longer be
    /// admitted.
    fn changes(&self) -> Changes;
}

/// One operation to execute.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub name: Option<String>,
    /// The variables: an object, or null.
    pub variables: serde_json::Value,
}

/// How the operation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// By GET: queries only.
    Get,
    /// By POST.
    Post,
}

/// What an operation costs that was not seen before, until that is known: it is parsed and checked for it.
const UNKNOWN_COST: u64 = 20;
/// What a mutation costs beside its fields: it is written to the disk.
const WRITE_COST: u64 = 20;
/// What a subscription costs when it is opened.
const SUBSCRIPTION_COST: u64 = 20;

/// What a new operation turns out to cost, as its validation tells.
#[derive(Debug, Clone, Default)]
struct Cost(Arc<AtomicU64>);

/// Tells what an operation costs, once it is known to be valid.
struct Costing;

impl ExtensionFactory for Costing {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Costing {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let valid = next.run(ctx).await?;
        if let Some(Cost(told)) = ctx.data_opt() {
            told.store(u64::try_from(valid.complexity).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        Ok(valid)
    }
}

trait Engine: Send + Sync + 'static {
    fn execute(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response>;
    fn stream(&self, request: Request) -> BoxStream<'static, Response>;
}

impl<Q, M, S> Engine for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move { Self::execute(&self, request).await })
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.execute_stream(request)
    }
}

/// One door.
pub struct Door<V> {
    /// Executes what was not seen valid before.
    strict: Arc<dyn Engine>,
    /// Executes what was.
    fast: Arc<dyn Engine>,
    documents: Documents,
    limits: Limits,
    gatekeeper: Arc<dyn Gatekeeper<V>>,
    pub(crate) connections: Arc<Semaphore>,
    subscriptions: Mutex<HashMap<Uuid, usize>>,
}

impl<V: Clone + Send + Sync + 'static> Door<V> {
    /// A door with these bounds. `schema` builds the schema: it is called twice, since an engine
    /// that checks everything and one that trusts what was checked are two values in the library.
    #[must_use]
    pub fn new<Q, M, S>(
        schema: impl Fn() -> SchemaBuilder<Q, M, S>,
        limits: Limits,
        gatekeeper: Arc<dyn Gatekeeper<V>>,
    ) -> Arc<Self>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let build = |mode: ValidationMode| -> Arc<dyn Engine> {
            let mut builder = schema()
                .validation_mode(mode)
                .limit_complexity(limits.complexity_max)
                .limit_directives(limits.directives_max)
                .disable_suggestions();
            if matches!(mode, ValidationMode::Strict) {
                builder = builder.extension(Costing);
            }
            if !limits.introspection {
                builder = builder.disable_introspection();
            }
            Arc::new(builder.finish())
        };
        Arc::new(Self {
            strict: build(ValidationMode::Strict),
            fast: build(ValidationMode::Fast),
            documents: Documents::new(&limits),
            connections: Arc::new(Semaphore::new(limits.connections_max)),
            subscriptions: Mutex::default(),
            gatekeeper,
            limits,
        })
    }

    /// The bounds of this door.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Moves whenever it may be that somebody is no longer admitted.
    pub(crate) fn changes(&self) -> Changes {
        self.gatekeeper.changes()
    }

    /// The principal who sends this `Authorization` header from this address.
    ///
    /// # Errors
    /// When there is none, or it is not accepted.
    pub async fn admit(
        &self,
        authorization: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<Pass<V>, Refusal> {
        let bearer = authorization.and_then(bearer_of).ok_or(Refusal::Unauthenticated)?;
        self.gatekeeper.admit(bearer, from).await.map_err(|denial| match denial {
            Denial::Unknown => Refusal::Unauthenticated,
            Denial::SecondFactorMissing => Refusal::SecondFactorRequired,
        })
    }

    /// Executes a query or a mutation.
    ///
    /// # Errors
    /// When it is turned away before it is executed, or takes too long.
    pub async fn execute(
        &self,
        pass: Pass<V>,
        operation: Operation,
        came: Came,
        request_id: &RequestId,
    ) -> Result<Answer, Refusal> {
        let document = match self.documents.get(&operation.query, &self.limits) {
            Ok(document) => document,
            Err(refusal) => {
                // It was read for nothing, which is owed too.
                self.charge(&pass, UNKNOWN_COST)?;
                return Err(refusal);
            }
        };
        let kind = document.operation(operation.name.as_deref());
        match (kind, came) {
            (Some(OperationType::Subscription), _) => return Err(Refusal::SubscriptionOverHttp),
            (Some(OperationType::Mutation), Came::Get) => return Err(Refusal::MutationByGet),
            (Some(OperationType::Mutation), Came::Post)
            | (Some(OperationType::Query) | None, Came::Get | Came::Post) => {}
        }
        let is_mutation = kind == Some(OperationType::Mutation);
        let asked = document.asked(operation.name.as_deref(), &operation.variables);
        let known = self.documents.cost_of(&asked);
        self.charge(
            &pass,
            known.unwrap_or(UNKNOWN_COST) + if is_mutation { WRITE_COST } else { 0 },
        )?;
        let span = tracing::info_span!("graphql", %request_id);
        let counting = Counting::default();
        let request = request_of(&document, operation, pass.clone(), request_id);
        let request = request.data(counting.clone());
        if known.is_some() {
            let execution = Arc::clone(&self.fast).execute(request).instrument(span);
            let response = self.bounded(is_mutation, execution).await?;
            self.tell_of_vain(&pass, counting.told(&response));
            return Ok(Answer::from_response(response, request_id));
        }
        let cost = Cost::default();
        let request = request.data(cost.clone());
        let execution = Arc::clone(&self.strict).execute(request).instrument(span);
        let answered = self.bounded(is_mutation, execution).await;
        let cost = cost.0.load(Ordering::Relaxed);
        // What it turned out to cost is owed by now, whether or not there was room for it.
        let _ = self.gatekeeper.charge(&pass, cost.saturating_sub(UNKNOWN_COST));
        let response = answered?;
        self.tell_of_vain(&pass, counting.told(&response));
        let answer = Answer::from_response(response, request_id);
        if answer.executed {
            self.documents.remember_valid(asked, cost);
        }
        Ok(answer)
    }

    fn tell_of_vain(&self, pass: &Pass<V>, vain: Vain) {
        if vain != Vain::default() {
            self.gatekeeper.in_vain(pass, vain);
        }
    }

    fn charge(&self, pass: &Pass<V>, cost: u64) -> Result<(), Refusal> {
        let charged = self.gatekeeper.charge(pass, cost);
        charged.map_err(Refusal::rate_limited)
    }

    /// Waits for an execution, but not for ever. A query is stopped then; a mutation goes on by
    /// itself, since a command that was handed to the log cannot be called back.
    async fn bounded(
        &self,
        is_mutation: bool,
        execution: impl Future<Output = Response> + Send + 'static,
    ) -> Result<Response, Refusal> {
        let time_max = self.limits.operation_time_max;
        let seconds = time_max.as_secs();
        if !is_mutation {
            let answered = tokio::time::timeout(time_max, execution).await;
            return answered.map_err(|_| Refusal::QueryTimeout { seconds });
        }
        match tokio::time::timeout(time_max, tokio::spawn(execution)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                tracing::error!(%error, "a mutation broke off");
                Err(Refusal::MutationTimeout { seconds })
            }
            Err(_) => Err(Refusal::MutationTimeout { seconds }),
        }
    }

    /// Subscribes.
    ///
    /// # Errors
    /// When the operation is turned away before it is executed.
    pub fn subscribe(
        self: &Arc<Self>,
        pass: Pass<V>,
        operation: Operation,
        request_id: &RequestId,
    ) -> Result<(BoxStream<'static, Response>, Counted<V>), Refusal> {
        let document = self.documents.get(&operation.query, &self.limits)?;
        match document.operation(operation.name.as_deref()) {
            Some(OperationType::Subscription) | None => {}
            Some(OperationType::Query | OperationType::Mutation) => {
                return Err(Refusal::SubscriptionsOnly);
            }
        }
        self.charge(&pass, SUBSCRIPTION_COST)?;
        let counted = self.count(pass.principal)?;
        Ok((self.strict.stream(request_of(&document, operation, pass, request_id)), counted))
    }

    fn count(self: &Arc<Self>, principal: Uuid) -> Result<Counted<V>, Refusal> {
        let mut all = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        let open = all.entry(principal).or_default();
        if *open >= self.limits.subscriptions_per_principal_max {
            return Err(Refusal::TooManySubscriptions);
        }
        *open += 1;
        Ok(Counted { door: Arc::clone(self), principal })
    }
}

/// One open subscription of a principal; it is no longer counted when this is dropped.
pub struct Counted<V> {
    door: Arc<Door<V>>,
    principal: Uuid,
}

impl<V> Drop for Counted<V> {
    fn drop(&mut self) {
        let mut all = self.door.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = all.get_mut(&self.principal) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                all.remove(&self.principal);
            }
        }
    }
}

fn request_of<V: Send + Sync + 'static>(
    document: &Document,
    operation: Operation,
    pass: Pass<V>,
    request_id: &RequestId,
) -> Request {
    let mut request = Request::new(operation.query)
        .variables(Variables::from_json(operation.variables))
        .data(pass.viewer)
        .data(request_id.clone());
    request.operation_name = operation.name;
    request.set_parsed_query(document.parsed.clone());
    request
}

fn bearer_of(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
