//! A small blocking HTTP/1.1 client, so that the tests speak to the service as any stranger does.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// Longer than any answer takes; reached only when the service hangs.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in answer {}: {}", self.status, self.text()))
    }
}

/// One door of the service, and who knocks.
#[derive(Debug)]
pub struct Door {
    address: SocketAddr,
    token: Option<String>,
    connection: Option<BufReader<TcpStream>>,
}

impl Door {
    /// The door at this address, for somebody without a name.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, token: None, connection: None }
    }

    /// The same door for the bearer of this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { address: self.address, token: Some(token.to_owned()), connection: None }
    }

    /// A GraphQL request.
    ///
    /// # Errors
    /// When no whole answer comes back: then nobody knows what the service did.
    pub fn graphql(&mut self, query: &str, variables: &Value) -> io::Result<Answer> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        self.send("POST", "/graphql", &[("content-type", "application/json")], body.as_bytes())
    }

    /// A GET request.
    ///
    /// # Errors
    /// When no whole answer comes back.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, &[], &[])
    }

    /// Any request.
    ///
    /// # Errors
    /// When no whole answer comes back.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if let Some(token) = &self.token {
            request.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);

        let mut connection = match self.connection.take() {
            Some(open) => open,
            None => self.connect()?,
        };
        connection.get_mut().write_all(&bytes)?;
        let answer = read_answer(&mut connection)?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.address, ANSWER_TIMEOUT)?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    }
}

fn read_answer(from: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let first = line(from)?;
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
    let mut headers = Vec::new();
    loop {
        let header = line(from)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or_else(broken)?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = read_chunks(from)?;
    } else {
        let length = answer.header("content-length").map_or(Ok(0), str::parse);
        answer.body = exactly(from, length.map_err(|_| broken())?)?;
    }
    Ok(answer)
}

fn read_chunks(from: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(&line(from)?, 16).map_err(|_| broken())?;
        body.extend(exactly(from, length)?);
        line(from)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn exactly(from: &mut BufReader<TcpStream>, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn line(from: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut text = String::new();
    if from.read_line(&mut text)? == 0 || !text.ends_with("\r\n") {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    text.truncate(text.len() - 2);
    Ok(text)
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not an HTTP/1.1 answer")
}
