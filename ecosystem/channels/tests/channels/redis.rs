//! Groups that several processes share by Redis: here, each has channels of its own.

use std::time::Duration;

use anyloop::time::timeout;
use anyloop_channels::{Channels, ErrorKind, Event, Member, Redis};
use anyloop_web::BoxError;

use crate::groups::text;

fn channels(server: &outside::Redis) -> Result<Channels, BoxError> {
    expiring(server, Duration::from_secs(30))
}

fn expiring(server: &outside::Redis, expiry: Duration) -> Result<Channels, BoxError> {
    let layer = Redis::new(&server.url())?.prefix("test").expiry(expiry);
    Ok(Channels::builder().layer(layer).history(3).build())
}

/// Waits for an event, and gives those that came before.
async fn until(member: &mut Member, wanted: &Event) -> Result<Vec<Event>, BoxError> {
    let mut before = Vec::new();
    let waiting = async {
        loop {
            match member.recv().await? {
                event if event == *wanted => return Ok::<_, BoxError>(()),
                event => before.push(event),
            }
        }
    };
    timeout(Duration::from_secs(30), waiting).await.map_err(|_| format!("no {wanted:?}"))??;
    Ok(before)
}

fn said(message: &'static str) -> Event {
    Event::Message(message.into())
}

#[anyloop::test]
async fn processes_share_groups() -> Result<(), BoxError> {
    let Some(server) = outside::Redis::start() else { return Ok(()) };
    let (here, there) = (channels(&server)?, channels(&server)?);
    here.send("tea", "to none yet")?;
    let mut anna = here.join("coffee", "anna").await?;
    let mut bruno = there.join("coffee", "bruno").await?;
    assert_eq!(bruno.present.join(" "), "anna bruno");
    assert!(until(&mut anna.member, &Event::Joined("bruno".into())).await?.is_empty());
    for n in 0..10 {
        here.send("coffee", n.to_string())?;
    }
    bruno.member.send("ciao")?;
    // Each hears all, in the sender's order, and its own words once.
    let heard = until(&mut bruno.member, &said("9")).await?;
    let numbers: Vec<_> = heard.into_iter().filter(|event| *event != said("ciao")).map(text).collect();
    assert_eq!(numbers.join(""), "012345678");
    let heard = until(&mut anna.member, &said("ciao")).await?;
    assert_eq!(heard.len(), 10, "{heard:?}");
    // One that comes later has the last of them, and those that were in when it came.
    let carla = channels(&server)?.join("coffee", "carla").await?;
    assert_eq!(carla.history.len(), 3);
    assert_eq!(carla.present.join(" "), "anna bruno carla");
    assert_eq!(here.join("tea", "anna").await?.history, ["to none yet"]);
    drop(bruno);
    until(&mut anna.member, &Event::Left("bruno".into())).await?;
    Ok(())
}

#[anyloop::test]
async fn what_a_redis_that_goes_away_loses_is_told() -> Result<(), BoxError> {
    let Some(mut server) = outside::Redis::start() else { return Ok(()) };
    let (here, there) = (channels(&server)?, channels(&server)?);
    let mut anna = here.join("coffee", "anna").await?.member;
    let mut bruno = there.join("coffee", "bruno").await?.member;
    anna.send("one")?;
    until(&mut bruno, &said("one")).await?;
    until(&mut anna, &said("one")).await?;

    server.kill();
    until(&mut anna, &Event::Away).await?;
    until(&mut bruno, &Event::Away).await?;
    // Those of one process hear each other, and joining waits for nothing.
    let mut carla = here.join("coffee", "carla").await?.member;
    carla.send("two")?;
    assert_eq!(until(&mut anna, &said("two")).await?, [Event::Joined("carla".into())]);
    assert!(until(&mut carla, &said("two")).await?.is_empty());
    // What would have to wait for too long is refused, and its own process has it.
    let mut refused = None;
    for _ in 0..2000 {
        refused = refused.or(there.send("tea", "again").err());
    }
    assert_eq!(refused.expect("it is too much").kind(), ErrorKind::Layer);

    server.restart();
    // Whether others said something that was lost with it is not known.
    until(&mut anna, &Event::Gap(None)).await?;
    let heard = until(&mut bruno, &said("two")).await?;
    assert_eq!(heard.iter().filter(|event| **event == Event::Gap(None)).count(), 1, "{heard:?}");
    assert!(heard.contains(&Event::Back), "{heard:?}");
    bruno.send("three")?;
    until(&mut anna, &said("three")).await?;
    assert_eq!(here.present("coffee")?.join(" "), "anna bruno carla");
    Ok(())
}

/// Redis takes no expiry that is beyond its numbers.
#[anyloop::test]
async fn members_may_be_present_for_as_long_as_times_go() -> Result<(), BoxError> {
    let Some(server) = outside::Redis::start() else { return Ok(()) };
    let (here, there) = (expiring(&server, Duration::MAX)?, expiring(&server, Duration::MAX)?);
    let mut anna = here.join("coffee", "anna").await?.member;
    let bruno = there.join("coffee", "bruno").await?;
    assert_eq!(bruno.present.join(" "), "anna bruno");
    assert!(until(&mut anna, &Event::Joined("bruno".into())).await?.is_empty());
    Ok(())
}

#[test]
fn what_is_no_redis_is_told() {
    for url in ["nonsense", "http://127.0.0.1/", "redis://", "unix:/run/redis"] {
        match Redis::new(url) {
            Ok(layer) => panic!("{url}: {layer:?}"),
            Err(error) => assert!(error.to_string().contains("is no redis://"), "{error}"),
        }
    }
}
