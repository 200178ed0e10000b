//! The groups of one process, on every loop and in worlds.

use std::time::Duration;

use anyloop::task::JoinSet;
use anyloop::time::{sleep, timeout};
use anyloop_channels::{Channels, Error, ErrorKind, Event, Member, Slow};

pub(crate) fn text(event: Event) -> String {
    match event {
        Event::Message(message) => String::from_utf8(message.to_vec()).expect("text"),
        other => panic!("{other:?} is no message"),
    }
}

#[anyloop::test(sim, seeds = 10)]
async fn a_message_goes_to_all_members_of_its_group() -> Result<(), Error> {
    let channels = Channels::builder().announce(false).build();
    let mut members = Vec::new();
    for n in 0..50 {
        members.push(channels.join("coffee", &format!("member {n}")).await?.member);
    }
    let mut elsewhere = channels.join("tea", "anna").await?.member;
    let mut tasks = JoinSet::new();
    for mut member in members {
        tasks.spawn(async move {
            let heard = [text(member.recv().await?), text(member.recv().await?)];
            assert_eq!(heard, ["one", "two"]);
            Ok::<_, Error>(())
        });
    }
    channels.send("coffee", "one")?;
    channels.send("coffee", "two")?;
    channels.send("tea", "for one")?;
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no panic")?;
    }
    assert_eq!(text(elsewhere.recv().await?), "for one");
    assert!(timeout(Duration::from_millis(10), elsewhere.recv()).await.is_err(), "it has no more");
    Ok(())
}

/// Reads `messages` numbers, each after a pause, and tells how many it missed.
async fn read(mut member: Member, last: u64, pause: Duration) -> Result<u64, Error> {
    let (mut missed, mut next) = (0, 0);
    while next <= last {
        match member.recv().await? {
            Event::Missed(count) => {
                missed += count;
                next += count;
            }
            message => {
                // What it missed is counted exactly, and in its place.
                assert_eq!(text(message), next.to_string());
                next += 1;
            }
        }
        sleep(pause).await;
    }
    Ok(missed)
}

#[anyloop::test(sim, seeds = 10)]
async fn a_slow_member_misses_what_it_is_told_and_delays_none() -> Result<(), Error> {
    let channels = Channels::builder().queue(8).announce(false).build();
    let quick = channels.join("coffee", "quick").await?.member;
    let slow = channels.join("coffee", "slow").await?.member;
    let asleep = channels.join("coffee", "asleep").await?.member;
    let quick = anyloop::spawn(read(quick, 99, Duration::ZERO));
    let slow = anyloop::spawn(read(slow, 99, Duration::from_millis(3)));
    for n in 0..100 {
        channels.send("coffee", n.to_string())?;
        if n % 4 == 3 {
            // The quick one keeps up: it is never more than four behind. The slow one has not even
            // read once when eight more are sent.
            sleep(Duration::from_millis(5)).await;
        }
        if n == 49 {
            channels.send("tea", "another group goes on")?;
        }
    }
    let (quick, slow) = (quick.await.expect("no panic")?, slow.await.expect("no panic")?);
    assert!(slow > 0, "the slow one misses some");
    assert!(quick < slow, "the quick one missed {quick}, the slow one {slow}");
    // One that does not read at all has the last eight.
    assert_eq!(read(asleep, 99, Duration::ZERO).await?, 92);
    Ok(())
}

#[anyloop::test(sim, seeds = 10)]
async fn a_slow_member_can_be_let_go() -> Result<(), Error> {
    let channels = Channels::builder().queue(2).slow(Slow::Disconnect).build();
    let mut anna = channels.join("coffee", "anna").await?.member;
    for n in 0..5 {
        channels.send("coffee", n.to_string())?;
    }
    for _ in 0..2 {
        let error = anna.recv().await.expect_err("it is too slow");
        assert_eq!(error.kind(), ErrorKind::Slow);
        assert_eq!(error.to_string(), "too slow: it missed 3 events, and is let go");
    }
    drop(anna);
    assert!(channels.present("coffee")?.is_empty());
    Ok(())
}

#[anyloop::test(sim, seeds = 10)]
async fn a_name_is_in_until_its_last_member_leaves() -> Result<(), Error> {
    let channels = Channels::new();
    let mut anna = channels.join("coffee", "anna").await?;
    let bruno = channels.join("coffee", "bruno").await?;
    let again = channels.join("coffee", "bruno").await?;
    assert_eq!(again.present.join(" "), "anna bruno");
    drop(bruno);
    channels.send("coffee", "still here")?;
    drop(again);
    for expected in
        [Event::Joined("bruno".into()), Event::Message("still here".into()), Event::Left("bruno".into())]
    {
        assert_eq!(anna.member.recv().await?, expected);
    }
    assert_eq!(channels.present("coffee")?.join(" "), "anna");
    assert_eq!((anna.member.group(), anna.member.name()), ("coffee", "anna"));
    // A join that is given up leaves no name behind.
    drop(channels.join("coffee", "carla"));
    assert!(timeout(Duration::from_millis(10), anna.member.recv()).await.is_err());
    Ok(())
}

#[anyloop::test(sim, seeds = 10)]
async fn history_and_what_follows_fit() -> Result<(), Error> {
    let channels = Channels::builder().history(5).queue(256).build();
    let sender = channels.clone();
    let sending = anyloop::spawn(async move {
        for n in 0..100_u32 {
            sender.send("coffee", n.to_string())?;
            anyloop::task::yield_now().await;
        }
        Ok::<_, Error>(())
    });
    let mut joiners = JoinSet::new();
    for _ in 0..10 {
        let channels = channels.clone();
        joiners.spawn(async move {
            let mut welcome = channels.join("coffee", "anna").await?;
            let mut numbers: Vec<u32> = Vec::new();
            for message in &welcome.history {
                numbers.push(std::str::from_utf8(message).expect("text").parse().expect("a number"));
            }
            assert!(numbers.len() <= 5);
            while numbers.last() != Some(&99) {
                if let event @ Event::Message(_) = welcome.member.recv().await? {
                    numbers.push(text(event).parse().expect("a number"));
                }
            }
            assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
            Ok::<_, Error>(())
        });
        anyloop::task::yield_now().await;
    }
    sending.await.expect("no panic")?;
    while let Some(ended) = joiners.join_next().await {
        ended.expect("no panic")?;
    }
    Ok(())
}

#[anyloop::test(sim, seeds = 2)]
async fn groups_are_bounded_and_names_checked() -> Result<(), Error> {
    let channels = Channels::builder().max_groups(2).max_message(4).build();
    let anna = channels.join("one", "anna").await?;
    channels.send("two", "here")?;
    // The history of the one that none is in makes way.
    channels.send("three", "here")?;
    assert!(channels.history("two")?.is_empty());
    let _bruno = channels.join("three", "bruno").await?;
    let full = channels.join("four", "carla").await.expect_err("all have members");
    assert_eq!(full.kind(), ErrorKind::Groups);
    assert_eq!(channels.send("four", "ciao").expect_err("it is full").kind(), ErrorKind::Groups);
    drop(anna);
    // With no history, nothing is left of it.
    channels.join("four", "carla").await?;

    let long = "x".repeat(101);
    for name in ["", " ", "a/b", "\u{202e}", "a\nb", &long] {
        assert_eq!(channels.send(name, "ciao").expect_err(name).kind(), ErrorKind::Name);
        assert_eq!(channels.join(name, "anna").await.expect_err(name).kind(), ErrorKind::Name);
        assert_eq!(channels.present(name).expect_err(name).kind(), ErrorKind::Name);
    }
    for name in ["", "\0", &long] {
        assert_eq!(channels.join("three", name).await.expect_err(name).kind(), ErrorKind::Name);
    }
    let error = channels.send("three", "ciao!").expect_err("it is too long");
    assert_eq!(error.to_string(), "a message of 5 bytes is longer than the 4 that are allowed");
    Ok(())
}
