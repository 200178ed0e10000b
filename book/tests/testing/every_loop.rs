#[anyloop::test]
async fn tasks_give_their_output() {
    assert_eq!(anyloop::spawn(async { 1 }).await.unwrap(), 1);
}
