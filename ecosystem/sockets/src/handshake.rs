//! The answer to a client that asks for a web socket.

use async_tungstenite::tungstenite::handshake::derive_accept_key;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The answer that switches protocols, or what the client has done wrong.
pub(crate) fn handshake(headers: &HeaderMap) -> Result<Response, (StatusCode, &'static str)> {
    let has = |name, value: &str| {
        let values = headers.get(name).and_then(|values: &HeaderValue| values.to_str().ok());
        values.is_some_and(|values| values.split(',').any(|one| one.trim().eq_ignore_ascii_case(value)))
    };
    if !has(header::UPGRADE, "websocket") || !has(header::CONNECTION, "upgrade") {
        return Err((StatusCode::UPGRADE_REQUIRED, "this page is a web socket\n"));
    }
    if !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err((StatusCode::BAD_REQUEST, "version 13 of web sockets is spoken here\n"));
    }
    let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else {
        return Err((StatusCode::BAD_REQUEST, "a web socket needs sec-websocket-key\n"));
    };
    let accept = derive_accept_key(key.as_bytes());
    let fields = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "upgrade"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, fields).into_response())
}
