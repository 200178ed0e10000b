//! The network of a host.

use std::future::Future;
use std::io::{self, Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use loop_api::net::error::cannot;
use loop_api::net::{Net, TcpOptions, UdpOptions};

use super::descriptors::expect_descriptor;
use super::stream::Socket;
use super::{TcpListener, TcpStream, UdpSocket};
use crate::net::end::{End, State};
use crate::net::network::failed;
use crate::state::SimHandle;

/// Waits until a connection is there or has failed.
async fn connected(socket: &Socket, addr: SocketAddr) -> io::Result<()> {
    let settled = |end: &End| end.state != State::Connecting;
    socket.until(settled, |net, id| net.ends.get_mut(&id).map(|end| &mut end.writers)).await?;
    match socket.end(|end| end.state)? {
        State::Failed(kind) => Err(failed(kind, "connect to", addr)),
        State::Connecting | State::Open => Ok(()),
    }
}

impl Net for SimHandle {
    type TcpStream = TcpStream;
    type TcpListener = TcpListener;
    type UdpSocket = UdpSocket;

    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: TcpOptions,
    ) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static {
        let host = self.clone();
        async move {
            expect_descriptor(&host, "connect to", addr)?;
            let id = host.0.world.net(|net, core| net.connect(core, host.0.id, addr, &options))?;
            let socket = Socket { host, id };
            connected(&socket, addr).await?;
            Ok(TcpStream(Arc::new(socket)))
        }
    }

    fn listen_tcp(&self, addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
        expect_descriptor(self, "listen on", addr)?;
        let id = self.0.world.net(|net, core| net.listen(core, self.0.id, addr, options))?;
        Ok(TcpListener { host: self.clone(), id })
    }

    fn bind_udp(&self, addr: SocketAddr, options: &UdpOptions) -> io::Result<UdpSocket> {
        expect_descriptor(self, "bind", addr)?;
        let id = self.0.world.net(|net, core| net.bind_udp(core, self.0.id, addr, options))?;
        Ok(UdpSocket { host: self.clone(), id })
    }

    /// The world's hosts and the names that were given to them.
    fn lookup_host(
        &self,
        host: String,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static {
        let world = self.0.world.clone();
        async move {
            let ips = world.net(|net, _| {
                if net.failing_names.contains(&host) {
                    return Err(Error::new(ErrorKind::TimedOut, "the name server does not answer"));
                }
                if let Ok(ip) = host.parse::<IpAddr>() {
                    return Ok(vec![ip]);
                }
                if host == "localhost" {
                    return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
                }
                let none = || Error::new(ErrorKind::NotFound, "the world has no host of that name");
                net.names.get(&host).cloned().ok_or_else(none)
            });
            let ips = ips.map_err(|error| cannot("resolve host", format_args!("{host:?}"), error))?;
            Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
        }
    }
}
