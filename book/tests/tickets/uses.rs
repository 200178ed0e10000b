use std::io::{self, ErrorKind};
use std::time::Duration;

use anyloop::fs;
use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::time::sleep;
