//! A mail server of a test: it takes mails and keeps them, or refuses whom it is told to.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it answers to whoever a mail is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Taken,
    Later,
    Refused,
}

#[derive(Debug)]
struct State {
    answer: Answer,
    asked: usize,
    mails: Vec<String>,
}

/// The server. It ends with the test.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { answer, asked: 0, mails: Vec::new() }));
        let server = Self { address, state };
        let serving = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let one = serving.clone();
                std::thread::spawn(move || one.talk(stream));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn answer(&self, answer: Answer) {
        self.state.lock().unwrap().answer = answer;
    }

    /// How often somebody asked whether a mail is taken.
    pub fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    /// The mails that were taken, with their headers on one line each and without soft line breaks.
    pub fn mails(&self) -> Vec<String> {
        let mails = self.state.lock().unwrap().mails.clone();
        mails.into_iter().map(|mail| mail.replace("\r\n ", " ").replace("=\r\n", "")).collect()
    }

    fn talk(&self, stream: TcpStream) {
        let mut out = stream.try_clone().unwrap();
        let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes()).is_ok();
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        say("220 test");
        while let Some(line) = lines.next() {
            let answered = match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
                "EHLO" => say("250 test"),
                "RCPT" => {
                    let mut state = self.state.lock().unwrap();
                    state.asked += 1;
                    match state.answer {
                        Answer::Taken => say("250 ok"),
                        Answer::Later => say("451 come back later"),
                        Answer::Refused => say("550 nobody of that name"),
                    }
                }
                "DATA" => {
                    say("354 go on");
                    let mail: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                    self.state.lock().unwrap().mails.push(mail.join("\r\n"));
                    say("250 taken")
                }
                "QUIT" => {
                    say("221 bye");
                    return;
                }
                _ => say("250 ok"),
            };
            if !answered {
                return;
            }
        }
    }
}
