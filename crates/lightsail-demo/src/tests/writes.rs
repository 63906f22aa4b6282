//! What is no reading does not pass unseen.

use super::super::{Config, LOOPBACK, Server};
use super::wire::Client;

/// A server that was asked for an operation.
async fn asked(operation: &str, takes_writes: bool) -> Server {
    let server = Server::start(Config { takes_writes, ..Config::default() }, LOOPBACK).await.unwrap();
    Client::to(&server).await.send(&Client::request("us-east-1", operation, "{}")).await;
    server
}

#[tokio::test]
#[should_panic(expected = "[\"DeleteInstance\"]: only what reads may be asked for")]
async fn a_write_fails_the_test_that_makes_it() {
    drop(asked("DeleteInstance", false).await);
}

#[tokio::test]
async fn reading_is_well_and_a_server_may_be_told_to_take_anything() {
    drop(asked("GetInstances", false).await);
    drop(asked("IsVpcPeered", false).await);
    drop(asked("DeleteInstance", true).await);
}
