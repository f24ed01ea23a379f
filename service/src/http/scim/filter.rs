//! Filters as RFC 7644, 3.4.2.2, has them: read from a text, and asked of a resource. Knows nothing of what the resources
//! are.

use std::cmp::Ordering;

use serde_json::Value;

/// The longest filter, in bytes: a few names and one value each.
pub const BYTES_MAX: usize = 1_000;
/// How deep brackets may be nested; nobody nests more than two.
const DEPTH_MAX: usize = 8;
/// What a name is made of beside letters and digits. A colon stands in names that say of which schema they are.
const NAME_SIGNS: &str = "-_$:.";
/// Attributes whose letter case counts.
const EXACT: [&str; 2] = ["id", "externalid"];

/// What is asked of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Each of them.
    All(Vec<Filter>),
    /// One of them at least.
    Any(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// An attribute compared with a value.
    Compare(Attribute, Operator, Value),
    /// The attribute has a value.
    Present(Attribute),
    /// One value of the attribute is so by itself.
    Within(Attribute, Box<Filter>),
}

/// An attribute, and one of its parts; both in lower case, without the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Which.
    pub name: String,
    /// Which part of it.
    pub part: Option<String>,
}

/// How an attribute is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    Unequal,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

/// The text is no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// It is longer than [`BYTES_MAX`].
    #[error("the filter is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// Its brackets are nested deeper than anybody needs.
    #[error("the filter nests brackets deeper than {DEPTH_MAX}")]
    TooDeep,
    /// It cannot be read from here on.
    #[error(
        "the filter is not understood from byte {at} on; such as: userName eq \"ann@example.com\""
    )]
    NotUnderstood {
        /// Where, from 0.
        at: usize,
    },
}

impl Attribute {
    /// The attribute with this name, such as `name.givenName`; a schema before it is left out.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let own = if lower.starts_with("urn:") { lower.rsplit(':').next()? } else { &lower };
        let (name, part) = match own.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (own, None),
        };
        let plain = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte))
        };
        let fits = plain(name) && part.is_none_or(plain);
        fits.then(|| Self { name: name.to_owned(), part: part.map(str::to_owned) })
    }

    /// Its values in a resource.
    fn values<'a>(&self, resource: &'a Value) -> Vec<&'a Value> {
        let all = flat(get(resource, &self.name));
        match &self.part {
            Some(part) => all.into_iter().flat_map(|one| flat(get(one, part))).collect(),
            // Of many that have parts, the one called `value` is meant.
            None => all.into_iter().map(|one| get(one, "value").unwrap_or(one)).collect(),
        }
    }

    fn is_exact(&self) -> bool {
        EXACT.contains(&self.name.as_str())
    }
}

/// A member of an object, whatever the case of its name.
#[must_use]
pub fn get<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let members = object.as_object()?;
    members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn flat(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))) => {
            vec![one]
        }
    }
}

impl Filter {
    /// The filter that this text is.
    ///
    /// # Errors
    /// When it is none, too long or too deep.
    pub fn read(text: &str) -> Result<Self, FilterError> {
        let mut reader = Reader::of(text)?;
        let filter = reader.any()?;
        reader.end()?;
        Ok(filter)
    }

    /// Whether a resource is so.
    #[must_use]
    pub fn fits(&self, resource: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.fits(resource)),
            Self::Any(all) => all.iter().any(|one| one.fits(resource)),
            Self::Not(one) => !one.fits(resource),
            Self::Present(attribute) => {
                attribute.values(resource).iter().any(|value| value.as_str() != Some(""))
            }
            Self::Within(attribute, inner) => {
                flat(get(resource, &attribute.name)).into_iter().any(|one| inner.fits(one))
            }
            Self::Compare(attribute, operator, wanted) => {
                let values = attribute.values(resource);
                let exact = attribute.is_exact();
                let is =
                    |operator| values.iter().any(|value| compares(value, operator, wanted, exact));
                match (operator, wanted) {
                    (Operator::Equal, Value::Null) => values.is_empty(),
                    (Operator::Unequal, Value::Null) => !values.is_empty(),
                    (Operator::Unequal, _) => !is(Operator::Equal),
                    (operator, _) => is(*operator),
                }
            }
        }
    }

    /// The text that this attribute must equal in whatever fits; `None`: it need not equal one.
    #[must_use]
    pub fn must_equal(&self, name: &str, part: Option<&str>) -> Option<&str> {
        match self {
            Self::All(all) => all.iter().find_map(|one| one.must_equal(name, part)),
            Self::Compare(attribute, Operator::Equal, Value::String(text)) => {
                let same = attribute.name == name && attribute.part.as_deref() == part;
                same.then_some(text)
            }
            Self::Any(_)
            | Self::Not(_)
            | Self::Present(_)
            | Self::Within(..)
            | Self::Compare(..) => None,
        }
    }
}

fn compares(value: &Value, operator: Operator, wanted: &Value, exact: bool) -> bool {
    match (value, wanted) {
        (Value::String(value), Value::String(wanted)) if exact => texts(value, operator, wanted),
        (Value::String(value), Value::String(wanted)) => {
            texts(&value.to_lowercase(), operator, &wanted.to_lowercase())
        }
        (Value::Number(value), Value::Number(wanted)) => value
            .as_f64()
            .zip(wanted.as_f64())
            .and_then(|(value, wanted)| value.partial_cmp(&wanted))
            .is_some_and(|order| ordered(order, operator)),
        _ => operator == Operator::Equal && value == wanted,
    }
}

fn texts(value: &str, operator: Operator, wanted: &str) -> bool {
    match operator {
        Operator::Contains => value.contains(wanted),
        Operator::StartsWith => value.starts_with(wanted),
        Operator::EndsWith => value.ends_with(wanted),
        Operator::Equal
        | Operator::Unequal
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual => ordered(value.cmp(wanted), operator),
    }
}

const fn ordered(order: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::Unequal => order.is_ne(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}

/// Reads a filter, or the path of a change, from its beginning to its end.
pub struct Reader<'a> {
    rest: &'a str,
    bytes: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader of this text.
    ///
    /// # Errors
    /// When it is too long.
    pub fn of(text: &'a str) -> Result<Self, FilterError> {
        if text.len() > BYTES_MAX {
            return Err(FilterError::TooLong);
        }
        Ok(Self { rest: text, bytes: text.len(), depth: 0 })
    }

    /// Nothing is left.
    ///
    /// # Errors
    /// When something is.
    pub fn end(&mut self) -> Result<(), FilterError> {
        self.spaces();
        if self.rest.is_empty() { Ok(()) } else { Err(self.lost()) }
    }

    /// A filter, up to where it ends.
    ///
    /// # Errors
    /// When there is none.
    pub fn any(&mut self) -> Result<Filter, FilterError> {
        let mut all = vec![self.all()?];
        while self.word("or") {
            all.push(self.all()?);
        }
        Ok(one_or(all, Filter::Any))
    }

    fn all(&mut self) -> Result<Filter, FilterError> {
        let mut all = vec![self.one()?];
        while self.word("and") {
            all.push(self.one()?);
        }
        Ok(one_or(all, Filter::All))
    }

    fn one(&mut self) -> Result<Filter, FilterError> {
        if self.sign('(') {
            return self.inside(')');
        }
        let name = self.name();
        if name.eq_ignore_ascii_case("not") && self.sign('(') {
            return Ok(Filter::Not(Box::new(self.inside(')')?)));
        }
        let attribute = Attribute::named(name).ok_or_else(|| self.lost())?;
        if self.sign('[') {
            return Ok(Filter::Within(attribute, Box::new(self.inside(']')?)));
        }
        let operator = match self.name().to_ascii_lowercase().as_str() {
            "pr" => return Ok(Filter::Present(attribute)),
            "eq" => Operator::Equal,
            "ne" => Operator::Unequal,
            "co" => Operator::Contains,
            "sw" => Operator::StartsWith,
            "ew" => Operator::EndsWith,
            "gt" => Operator::Greater,
            "ge" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            "le" => Operator::LessOrEqual,
            _ => return Err(self.lost()),
        };
        Ok(Filter::Compare(attribute, operator, self.value()?))
    }

    /// A filter up to this bracket, which closes it.
    ///
    /// # Errors
    /// When there is none, or it is too deep.
    pub fn inside(&mut self, closing: char) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(FilterError::TooDeep);
        }
        let filter = self.any()?;
        self.depth -= 1;
        if self.sign(closing) { Ok(filter) } else { Err(self.lost()) }
    }

    /// A name; empty where there is none.
    pub fn name(&mut self) -> &'a str {
        self.spaces();
        let is_sign = |c: char| c.is_ascii_alphanumeric() || NAME_SIGNS.contains(c);
        let end = self.rest.find(|c| !is_sign(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        name
    }

    /// Whether this sign comes next; it is taken.
    pub fn sign(&mut self, sign: char) -> bool {
        self.spaces();
        let found = self.rest.strip_prefix(sign);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// What cannot be read from here on.
    #[must_use]
    pub const fn lost(&self) -> FilterError {
        FilterError::NotUnderstood { at: self.bytes - self.rest.len() }
    }

    fn word(&mut self, word: &str) -> bool {
        let before = self.rest;
        let found = self.name().eq_ignore_ascii_case(word);
        if !found {
            self.rest = before;
        }
        found
    }

    fn value(&mut self) -> Result<Value, FilterError> {
        self.spaces();
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        if let Some(Ok(text)) = values.next() {
            let (_, rest) = self.rest.split_at_checked(values.byte_offset()).unwrap_or(("", ""));
            self.rest = rest;
            return Ok(Value::String(text));
        }
        let lost = self.lost();
        let is_sign = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let end = self.rest.find(|c| !is_sign(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        serde_json::from_str(word).map_err(|_| lost)
    }

    fn spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }
}

fn one_or(mut all: Vec<Filter>, together: impl FnOnce(Vec<Filter>) -> Filter) -> Filter {
    match all.pop() {
        Some(one) if all.is_empty() => one,
        Some(last) => {
            all.push(last);
            together(all)
        }
        None => together(all),
    }
}

#[cfg(test)]
mod tests;
