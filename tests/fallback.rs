//! What happens when a loop cannot be made. Alone in its file, as it takes the whole process's
//! descriptors.
#![cfg(all(target_os = "linux", feature = "native", feature = "tokio"))]

use anyloop::runtime::{Backend, Builder, Runtime};

#[test]
fn bak05_the_next_backend_is_tried_unless_one_was_named() {
    let mut ballast = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        ballast.push(file);
    }
    let unnamed = Runtime::new();
    let named = Builder::new().backend(Backend::Tokio).build();
    drop(ballast);

    let named = named.expect_err("no descriptor was left for it").to_string();
    assert!(!named.contains("native"), "another backend was tried: {named}");
    match unnamed {
        // No descriptor was left for any of them, and each was tried.
        Err(error) => assert!(error.to_string().contains("native could not be made either"), "{error}"),
        // One of them needed none.
        Ok(runtime) => assert_ne!(runtime.choice().backend(), Backend::Tokio, "{}", runtime.choice()),
    }
    // With descriptors there are loops again.
    assert_eq!(Runtime::new().expect("a loop").block_on(async { 1 }), 1);
}
