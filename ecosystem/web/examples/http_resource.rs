//! Twisted's resource: a thing at a path, with a method for each of HTTP's it can do.
//!
//!     cargo run --example http_resource -- --listen 127.0.0.1:8080 --backend smol
//!     curl http://127.0.0.1:8080/hello
//!     curl --data anna http://127.0.0.1:8080/hello

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyloop::net::TcpListener;
use anyloop_web::{Body, BoxError, serve, service_fn};
use clap::Parser;
use examples::{Options, Outcome};
use http_body_util::BodyExt;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

/// What a path leads to. What it does not say it can do is answered 405.
trait Resource: Send + Sync {
    fn render_get(&self) -> Option<String> {
        None
    }

    fn render_post(&self, _body: &str) -> Option<String> {
        None
    }
}

/// It greets whom it was told of last.
#[derive(Default)]
struct Hello(Mutex<Option<String>>);

impl Resource for Hello {
    fn render_get(&self) -> Option<String> {
        let name = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(format!("Ciao {}\n", name.as_deref().unwrap_or("EuroPython")))
    }

    fn render_post(&self, body: &str) -> Option<String> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body.to_owned());
        Some(format!("it greets {body} now\n"))
    }
}

/// It can be read alone.
struct About;

impl Resource for About {
    fn render_get(&self) -> Option<String> {
        Some("a resource for each path\n".to_owned())
    }
}

type Paths = HashMap<&'static str, Box<dyn Resource>>;

async fn render(paths: Arc<Paths>, request: Request<Body>) -> Result<Response<String>, BoxError> {
    let Some(resource) = paths.get(request.uri().path()) else {
        return Ok(answer(StatusCode::NOT_FOUND, "there is /hello and /about\n"));
    };
    let rendered = match *request.method() {
        Method::GET | Method::HEAD => resource.render_get(),
        Method::POST => {
            let Ok(body) = request.into_body().collect().await else {
                return Ok(answer(StatusCode::BAD_REQUEST, "the body is too long or broke off\n"));
            };
            match std::str::from_utf8(&body.to_bytes()) {
                Ok(text) => resource.render_post(text),
                Err(_) => return Ok(answer(StatusCode::BAD_REQUEST, "the body is not UTF-8\n")),
            }
        }
        _ => None,
    };
    Ok(rendered.map(Response::new).unwrap_or_else(|| {
        let mut response = answer(StatusCode::METHOD_NOT_ALLOWED, "it cannot do that\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        response
    }))
}

fn answer(status: StatusCode, text: &str) -> Response<String> {
    let mut response = Response::new(text.to_owned());
    *response.status_mut() = status;
    response
}

fn main() -> ExitCode {
    let options = Options::parse();
    examples::serve(options.backend, || run(options.listen))
}

pub(crate) async fn run(listen: String) -> Outcome {
    let listener = TcpListener::bind(&listen).await?;
    println!("http_resource on http://{}", listener.local_addr()?);
    let hello: Box<dyn Resource> = Box::new(Hello::default());
    let paths = Arc::new(Paths::from([("/hello", hello), ("/about", Box::new(About))]));
    let service = service_fn(move |request| render(Arc::clone(&paths), request));
    Ok(serve(listener, service).max_body_size(1024).await?)
}
