use std::time::Duration;

use anyloop::time::sleep;
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use opentelemetry_sdk::trace::{BatchConfigBuilder, InMemorySpanExporter, SdkTracerProvider};

use crate::support::plug;

#[anyloop::test]
async fn spans_are_sent_in_batches_by_a_task_of_the_loop() {
    let exporter = InMemorySpanExporter::default();
    let config = BatchConfigBuilder::default().with_scheduled_delay(Duration::from_millis(2)).build();
    let batches = BatchSpanProcessor::builder(exporter.clone(), plug()).with_batch_config(config).build();
    let provider = SdkTracerProvider::builder().with_span_processor(batches).build();
    let tracer = provider.tracer("test");

    tracer.in_span("by the clock", |_| ());
    while exporter.get_finished_spans().unwrap().is_empty() {
        sleep(Duration::from_millis(1)).await;
    }

    tracer.in_span("at the end", |_| ());
    let ended = provider.clone();
    anyloop::task::spawn_blocking(move || ended.force_flush()).await.unwrap().unwrap();
    let names: Vec<_> = exporter.get_finished_spans().unwrap().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["by the clock", "at the end"]);
    anyloop::task::spawn_blocking(move || provider.shutdown()).await.unwrap().unwrap();
}
