//! The door by which a command reaches the server that holds the data folder: where it is, and the lines that come back.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use axum::body::Bytes;
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};

use crate::folder::Folder;
use crate::whole_file;

/// Where the running server takes operators' requests, and the token they need: `DATA/admin`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Door {
    /// The address.
    pub address: SocketAddr,
    /// The token, anew at each start.
    pub token: String,
}

/// One line of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// On the way.
    Progress {
        /// Records read so far.
        records: u64,
        /// Records in the log.
        records_total: u64,
    },
    /// Done; in words.
    Done(Vec<String>),
    /// Come to nothing; why.
    Failed(String),
}

impl Door {
    /// Writes down where it is.
    pub fn write(&self, file: &Path) -> std::io::Result<()> {
        whole_file::write(file, &serde_json::to_vec(self)?)
    }

    /// The door of the server that holds the folder.
    pub fn of(folder: &Folder) -> anyhow::Result<Self> {
        let door = std::fs::read(folder.admin()).context("the running process takes no operators' requests")?;
        serde_json::from_slice(&door).context("DATA/admin is not what a server leaves")
    }

    /// Asks for something and waits until it is done; what it came to, in lines. `progress` is told how many records are
    /// read, and of how many.
    pub async fn ask(
        &self,
        path: &str,
        question: &impl Serialize,
        mut progress: impl FnMut(u64, u64),
    ) -> anyhow::Result<Vec<String>> {
        let request = Request::post(format!("http://{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Full::<Bytes>::from(serde_json::to_vec(question)?))?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request).await.context("the running server cannot be reached")?;
        if !response.status().is_success() {
            bail!("the running server refuses: {}", response.status());
        }
        let mut frames = response.into_body().into_data_stream();
        let mut buffer = Vec::new();
        while let Some(data) = frames.next().await {
            buffer.extend_from_slice(&data.context("the running server ended")?);
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                match serde_json::from_slice(&line)? {
                    Line::Progress { records, records_total } => progress(records, records_total),
                    Line::Done(lines) => return Ok(lines),
                    Line::Failed(why) => return Err(anyhow!(why)),
                }
            }
        }
        bail!("the running server ended before it was done")
    }
}
