//! The connection to Redis, which is made again after a pause whenever it is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{
    AsyncConnectionConfig, ConnectionAddr, ErrorKind, Msg, ProtocolVersion, PushInfo, PushKind, RedisResult,
    cmd, pipe,
};
use anyloop::net::TcpStream;
use anyloop::sync::mpsc;
use anyloop::task::JoinSet;
use anyloop::time::{interval, sleep, timeout};

use super::frame::{Frame, Message, names};
use super::shared::{Outgoing, Settings, Shared};
use crate::feed::Feed;

/// How long Redis has for an answer, before it counts as away.
const LIMIT: Duration = Duration::from_secs(2);
/// How long to wait after a first failure, and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];
/// How many messages are published at once.
const BATCH: usize = 64;
/// How many frames of Redis may wait for the link. What is more is missing in the numbers.
const FRAMES: usize = 4096;
/// How many seconds a group's history is kept after its last use.
const KEPT: u64 = 24 * 60 * 60;

/// Numbers a message, keeps it and publishes it.
const PUBLISH: &str = "
local time = redis.call('TIME')
redis.call('HSETNX', KEYS[1], 'epoch', time[1] .. time[2])
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
local entry = ARGV[2] .. ' ' .. epoch .. ' ' .. number .. ' ' .. ARGV[3]
if tonumber(ARGV[4]) > 0 then
  redis.call('RPUSH', KEYS[2], entry)
  redis.call('LTRIM', KEYS[2], -tonumber(ARGV[4]), -1)
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('PUBLISH', ARGV[1], 'm ' .. entry)
return number";

/// Tells who is in a process, forgets processes that have not told for too long, and gives those of
/// all others.
const BEAT: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[2])
else
  redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f ', now + ARGV[4]) .. ARGV[3])
end
local others, all = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local till, names = string.match(all[i + 1], '^(%d+) (.*)$')
  if tonumber(till) <= now then
    redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] ~= ARGV[2] then
    others[#others + 1] = all[i]
    others[#others + 1] = names
  end
end
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[6])
redis.call('EXPIRE', KEYS[3], ARGV[6])
if ARGV[5] == '1' then redis.call('PUBLISH', ARGV[1], 'p ' .. ARGV[2] .. ' ' .. ARGV[3]) end
return others";

pub(super) struct Link {
    settings: Settings,
    shared: Arc<Shared>,
    feed: Feed,
    messages: mpsc::Receiver<Outgoing>,
    /// This process, for the others.
    origin: String,
    groups: BTreeMap<Arc<str>, Known>,
    /// Which run of Redis was last talked to.
    run: Option<String>,
    /// How many messages to a group may not have been published.
    lost: BTreeMap<Arc<str>, u64>,
    away: bool,
    pause: Duration,
}

/// What is known of a group that has members here.
#[derive(Default)]
struct Known {
    /// On this connection.
    subscribed: bool,
    /// Whether Redis was started anew since it was last asked.
    restarted: bool,
    epoch: Option<String>,
    /// The number of the last message.
    number: u64,
    /// Who is in which other process.
    others: BTreeMap<String, Vec<Arc<str>>>,
}

struct Wire {
    commands: MultiplexedConnection,
    pushes: mpsc::Receiver<PushInfo>,
    /// Ended with this.
    _driving: JoinSet<()>,
}

impl Link {
    pub(super) fn new(
        settings: Settings,
        shared: Arc<Shared>,
        feed: Feed,
        messages: mpsc::Receiver<Outgoing>,
    ) -> Link {
        let origin = format!("{:x}-{:x}", std::process::id(), RandomState::new().hash_one(0));
        let [pause, _] = PAUSES;
        Link {
            settings,
            shared,
            feed,
            messages,
            origin,
            groups: BTreeMap::new(),
            run: None,
            lost: BTreeMap::new(),
            away: false,
            pause,
        }
    }

    /// Ends with the channels.
    pub(super) async fn run(mut self) {
        loop {
            let talked = match bounded(self.connect()).await {
                Ok(wire) => self.talk(wire).await,
                Err(error) => Err(error),
            };
            let Err(error) = talked else { return };
            (self.settings.on_error)(&error.to_string());
            for known in self.groups.values_mut() {
                known.subscribed = false;
            }
            if !mem::replace(&mut self.away, true) {
                self.feed.reachable(false);
            }
            let release = async {
                loop {
                    // Those that join meanwhile do not wait; all groups are asked for then.
                    self.shared.lock().clear();
                    self.shared.news.notified().await;
                }
            };
            anyloop::select! {
                () = sleep(self.pause) => {}
                () = release => {}
            }
            if self.messages.is_closed() {
                return;
            }
            self.pause = (2 * self.pause).min(PAUSES[1]);
        }
    }

    async fn connect(&self) -> RedisResult<Wire> {
        let ConnectionAddr::Tcp(host, port) = self.settings.info.addr() else {
            unreachable!("other addresses are refused")
        };
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        stream.set_nodelay(true)?;
        let (push, pushes) = mpsc::channel(FRAMES);
        // Time limits of the crate's own would need a runtime that it knows.
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_push_sender(move |info| push.try_send(info));
        let info = self.settings.info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let (commands, driver) = MultiplexedConnection::new_with_config(&info, stream, config).await?;
        let mut driving = JoinSet::new();
        driving.spawn(driver);
        Ok(Wire { commands, pushes, _driving: driving })
    }

    /// Ends well with the channels.
    async fn talk(&mut self, mut wire: Wire) -> RedisResult<()> {
        if mem::take(&mut self.away) {
            self.feed.reachable(true);
        }
        let info: String = bounded(cmd("INFO").arg("server").query_async(&mut wire.commands)).await?;
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).map(str::to_owned);
        if run != self.run {
            self.groups.values_mut().for_each(|known| known.restarted = true);
            self.run = run;
        }
        let open = self.feed.groups().into_iter().chain(self.groups.keys().cloned());
        for group in open.collect::<BTreeSet<_>>() {
            self.ask(&mut wire, &group).await?;
        }
        while let Some((group, count)) = self.lost.first_key_value() {
            let frame = format!("l {} {count}", self.origin);
            bounded(cmd("PUBLISH").arg(self.channel(group)).arg(frame).exec_async(&mut wire.commands))
                .await?;
            self.lost.pop_first();
        }
        [self.pause, _] = PAUSES;
        let mut beats = interval(self.settings.expiry / 3);
        let mut batch = Vec::new();
        loop {
            anyloop::select! {
                push = wire.pushes.recv() => match push {
                    Some(push) if push.kind != PushKind::Disconnection => self.hear(push),
                    _ => return Err((ErrorKind::Io, "Redis has closed the connection").into()),
                },
                () = self.shared.news.notified() => {
                    let changed = mem::take(&mut *self.shared.lock());
                    for (group, waiting) in changed {
                        self.ask(&mut wire, &group).await?;
                        for done in waiting {
                            // It may have given up.
                            let _gone = done.send(());
                        }
                    }
                }
                count = self.messages.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return self.leave(&mut wire).await;
                    }
                    self.publish(&mut wire, mem::take(&mut batch)).await?;
                }
                _ = beats.tick() => {
                    for group in self.groups.keys().cloned().collect::<Vec<_>>() {
                        self.beat(&mut wire, &group, false).await?;
                    }
                }
            }
        }
    }

    /// Brings a group up to date, in this process and for the others.
    async fn ask(&mut self, wire: &mut Wire, group: &Arc<str>) -> RedisResult<()> {
        if self.feed.local(group).is_none() {
            if !self.groups.contains_key(group) {
                return Ok(());
            }
            bounded(wire.commands.unsubscribe(self.channel(group))).await?;
            self.beat(wire, group, true).await?;
            self.groups.remove(group);
            return Ok(());
        }
        let subscribed = self.groups.get(group).is_some_and(|known| known.subscribed);
        if !subscribed {
            // What is published from here on comes, or is in the history; what is both has a
            // number.
            bounded(wire.commands.subscribe(self.channel(group))).await?;
            let mut both = pipe();
            both.atomic().cmd("HMGET").arg(self.key(group, "number")).arg(&["epoch", "number"]);
            both.cmd("LRANGE").arg(self.key(group, "history")).arg(0).arg(-1);
            type Kept = ((Option<String>, Option<u64>), Vec<Vec<u8>>);
            let (last, kept): Kept = bounded(both.query_async(&mut wire.commands)).await?;
            let kept = kept.iter().filter_map(|entry| Message::parse(entry));
            match self.groups.get_mut(group) {
                None => {
                    self.feed.restore(group, kept.map(|message| message.body).collect());
                    let (epoch, number) = (last.0, last.1.unwrap_or_default());
                    let known = Known { subscribed: true, epoch, number, ..Known::default() };
                    self.groups.insert(Arc::clone(group), known);
                }
                Some(known) => {
                    known.subscribed = true;
                    // One that starts anew may have lost what was not heard of here.
                    let is_told = known.epoch.is_some() && known.epoch != last.0;
                    if mem::take(&mut known.restarted) && !is_told {
                        self.feed.gap(group, None);
                    }
                    for message in kept {
                        known.take(&self.feed, &self.origin, group, message);
                    }
                    known.reach(&self.feed, group, last.0, last.1.unwrap_or_default());
                }
            }
        }
        self.beat(wire, group, true).await
    }

    /// Tells who is in a group here, at once if that has changed, and asks who is elsewhere.
    async fn beat(&mut self, wire: &mut Wire, group: &Arc<str>, changed: bool) -> RedisResult<()> {
        let here = self.feed.local(group).unwrap_or_default().join("\n");
        let mut beat = cmd("EVAL");
        beat.arg(BEAT).arg(3);
        for key in ["present", "number", "history"] {
            beat.arg(self.key(group, key));
        }
        beat.arg(self.channel(group)).arg(&self.origin).arg(here);
        let expiry = u64::try_from(self.settings.expiry.as_millis()).unwrap_or(u64::MAX);
        beat.arg(expiry).arg(u8::from(changed)).arg(KEPT);
        let others: Vec<String> = bounded(beat.query_async(&mut wire.commands)).await?;
        if let Some(known) = self.groups.get_mut(group) {
            let pairs = others.chunks_exact(2).map(|pair| (pair[0].clone(), names(&pair[1])));
            known.others = pairs.collect();
            known.tell_present(&self.feed, group);
        }
        Ok(())
    }

    /// Publishes messages. If that fails, some may be published: they are not tried again, as none
    /// is to be heard twice, and count as lost.
    async fn publish(&mut self, wire: &mut Wire, batch: Vec<Outgoing>) -> RedisResult<()> {
        let mut all = pipe();
        for (group, message) in &batch {
            let publish = all.cmd("EVAL").arg(PUBLISH).arg(2);
            publish.arg(self.key(group, "number")).arg(self.key(group, "history"));
            publish.arg(self.channel(group)).arg(&self.origin).arg(&message[..]);
            publish.arg(self.feed.history()).arg(KEPT).ignore();
        }
        let published = bounded(all.exec_async(&mut wire.commands)).await;
        if published.is_err() {
            for (group, _) in batch {
                *self.lost.entry(group).or_default() += 1;
            }
        }
        published
    }

    /// Takes what a process has published.
    fn hear(&mut self, push: PushInfo) {
        let Some(message) = Msg::from_push_info(push) else { return };
        let group = message.get_channel_name().strip_prefix(&*self.settings.prefix);
        let Some(group) = group.and_then(|group| group.strip_prefix(':')) else { return };
        let Some(known) = self.groups.get_mut(group) else { return };
        match Frame::parse(message.get_payload_bytes()) {
            Some(Frame::Message(message)) => known.take(&self.feed, &self.origin, group, message),
            Some(Frame::Present { origin, names }) if origin != self.origin => {
                known.others.insert(origin, names);
                known.tell_present(&self.feed, group);
            }
            Some(Frame::Lost { origin, count }) if origin != self.origin => {
                self.feed.gap(group, Some(count));
            }
            _ => {}
        }
    }

    /// The members are gone with the channels.
    async fn leave(&mut self, wire: &mut Wire) -> RedisResult<()> {
        for group in self.groups.keys().cloned().collect::<Vec<_>>() {
            self.beat(wire, &group, true).await?;
        }
        Ok(())
    }

    fn channel(&self, group: &str) -> String {
        format!("{}:{group}", self.settings.prefix)
    }

    /// The braces keep a group's keys on one node of a cluster.
    fn key(&self, group: &str, what: &str) -> String {
        format!("{}:{{{group}}}:{what}", self.settings.prefix)
    }
}

impl Known {
    /// Takes a message that is new; members are told of what is missing before it.
    fn take(&mut self, feed: &Feed, own: &str, group: &str, message: Message) {
        if self.epoch.as_ref() == Some(&message.epoch) && message.number <= self.number {
            return;
        }
        self.reach(feed, group, Some(message.epoch), message.number - 1);
        self.number = message.number;
        if message.origin != own {
            feed.deliver(group, message.body);
        }
    }

    /// All messages up to this number have been published: those that did not come are lost.
    fn reach(&mut self, feed: &Feed, group: &str, epoch: Option<String>, number: u64) {
        let lost = match &self.epoch {
            // Those of the last epoch that did not come are not known.
            Some(last) if Some(last) != epoch.as_ref() => None,
            _ => Some(number.saturating_sub(self.number)),
        };
        if lost != Some(0) {
            feed.gap(group, lost);
        }
        self.epoch = epoch;
        self.number = number;
    }

    fn tell_present(&self, feed: &Feed, group: &str) {
        feed.present(group, self.others.values().flatten().cloned());
    }
}

/// What Redis answers, if it does in time.
async fn bounded<T>(asked: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    timeout(LIMIT, asked)
        .await
        .unwrap_or_else(|_| Err((ErrorKind::Io, "Redis does not answer in time").into()))
}

#[cfg(test)]
mod tests;
